package adminui

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

func changedForm(stored, yours Values) Form {
	stored.WebhookID, yours.WebhookID = "pay-erp", "pay-erp"
	return Form{
		Editing: "pay-erp", Values: yours, StartFrom: webhook.StartOwn, Version: 8,
		Changed: &Changed{Stored: stored, At: now.Add(-time.Minute)},
	}
}

func TestA6_Changed(t *testing.T) {
	stored := Values{EventType: "pay", URL: "https://one.example/", HTTPMethod: "POST", HeaderTemplate: "A: 1\r\nB: 2", BodyTemplate: "a\nb\nc\nd\ne\nf"}
	yours := Values{EventType: "refund", URL: "https://two.example/", HTTPMethod: "POST", HeaderTemplate: "A: 1\nB: 2", BodyTemplate: ""}
	body := show(t, changedForm(stored, yours))
	check(t, body,
		in("h1", isText("Error: Edit “pay-erp”")),
		in("h2", isText("This webhook was changed while you were editing it (23 Nov 2026, 14:02 UTC)."), has("autofocus", "")),
		count("[autofocus]", 1),
		in("form", has("action", "webhooks/pay-erp/edit"), in("[name=version]", has("value", "8")), in("#mw-save", isText("Save mine"))),
		in("section a", isText("Take what is stored"), has("href", "webhooks/pay-erp/edit")),
		in("#url", has("value", "https://two.example/")),
	)
	want := [][3]string{
		{"Event", "An order was paid (pay)", "A refund was granted (refund)"},
		{"Address", "https://one.example/", "https://two.example/"},
		{"Body", "a b c d e f", "empty"},
	}
	rows := all(body, "tbody tr")
	if len(rows) != len(want) {
		t.Fatalf("%d fields differ, want %d", len(rows), len(want))
	}
	for i, row := range rows {
		cells := all(row, "td")
		check(t, row, in("th", isText(want[i][0])))
		check(t, cells[0], isText("Now stored "+want[i][1]))
		check(t, cells[1], isText("Yours "+want[i][2]))
	}
}

func TestA6_ByLines(t *testing.T) {
	for _, c := range []struct{ stored, yours, left, right string }{
		{
			"1\n2\n3\n4\n5\n6\n7\n8\nold\n10\n11\n12\n13", "1\n2\n3\n4\n5\n6\n7\n8\nnew\nmore\n10\n11\n12\n13",
			"⋯ 7 8 [old] 10 11 ⋯", "⋯ 7 8 [new] [more] 10 11 ⋯",
		},
		{"1\n2\n3\nold\n4\n5\n6", "1\n2\n3\n4\n5\n6", "⋯ 2 3 [old] 4 5 ⋯", "⋯ 2 3 4 5 ⋯"},
		{"1\n2\n3\n4\n5\n6", "1\n2\n3\nnew\n4\n5\n6", "⋯ 2 3 4 5 ⋯", "⋯ 2 3 [new] 4 5 ⋯"},
		{"a\nb\nc", "x\nb\nz", "[a] b [c]", "[x] b [z]"},
		{"2\n3\n1", "1\n2\n3", "2 3 [1]", "[1] 2 3"},
		{"1\n2\n3", "2\n3\n1", "[1] 2 3", "2 3 [1]"},
	} {
		cells := all(show(t, changedForm(Values{BodyTemplate: c.stored}, Values{BodyTemplate: c.yours})), "tbody td")
		for i, want := range []string{c.left, c.right} {
			if got := marked(cells[i]); got != want {
				t.Errorf("a cell reads %q, want %q", got, want)
			}
		}
	}
}

// marked are a cell's lines, those that differ in brackets.
func marked(cell *html.Node) string {
	var lines []string
	for _, line := range all(cell, ".mw-line") {
		if line.Data == "mark" {
			lines = append(lines, "["+text(line)+"]")
		} else {
			lines = append(lines, text(line))
		}
	}
	return strings.Join(lines, " ")
}

func TestA6_NoSecretInClear(t *testing.T) {
	for _, test := range []struct {
		name          string
		stored, yours Values
		left, right   string
	}{
		{
			"a password alone",
			Values{URL: "https://a:geheim1@c.example/"},
			Values{URL: "https://a:geheim2@c.example/"},
			"[https://a:differs (hidden)@c.example/]", "[https://a:differs (hidden)@c.example/]",
		},
		{
			"a password and more",
			Values{URL: "https://a:geheim1@c.example/"},
			Values{URL: "https://a:geheim2@d.example/"},
			"[https://a:differs (hidden)@c.example/]", "[https://a:differs (hidden)@d.example/]",
		},
		{
			"not the password",
			Values{URL: "https://a:geheim@c.example/"},
			Values{URL: "https://a:geheim@d.example/"},
			"[https://a:•••@c.example/]", "[https://a:•••@d.example/]",
		},
		{
			"a password where there is none now",
			Values{URL: "https://a:geheim@c.example/"},
			Values{URL: "https://c.example/"},
			"[https://a:•••@c.example/]", "[https://c.example/]",
		},
		{
			"an event that is no more",
			Values{EventType: "order.gone"},
			Values{EventType: "pay"},
			"[order.gone]", "[An order was paid (pay)]",
		},
		{
			"a secret header",
			Values{HeaderTemplate: "A: 1\nX-Token: geheim1"},
			Values{HeaderTemplate: "A: 1\nX-Token: geheim2"},
			"A: 1 [X-Token: differs (hidden)]", "A: 1 [X-Token: differs (hidden)]",
		},
		{
			"beside a secret header",
			Values{HeaderTemplate: "A: 1\nX-Token: geheim"},
			Values{HeaderTemplate: "A: 2\nX-Token: geheim"},
			"[A: 1] X-Token: •••", "[A: 2] X-Token: •••",
		},
		{
			"a secret header more",
			Values{HeaderTemplate: "A: 1"},
			Values{HeaderTemplate: "A: 1\nCookie: geheim"},
			"A: 1", "A: 1 [Cookie: •••]",
		},
		{
			"a name over two lines",
			Values{HeaderTemplate: "X-{{a\n}}: geheim1"},
			Values{HeaderTemplate: "X-{{a\n}}: geheim2"},
			"X-{{a [}}: differs (hidden)]", "X-{{a [}}: differs (hidden)]",
		},
	} {
		t.Run("A6 "+test.name, func(t *testing.T) {
			body := show(t, changedForm(test.stored, test.yours))
			check(t, body, in("table", lacksText("geheim")))
			cells := all(body, "tbody td")
			if got := marked(cells[0]); got != test.left {
				t.Errorf("what is stored reads %q, want %q", got, test.left)
			}
			if got := marked(cells[1]); got != test.right {
				t.Errorf("what is typed reads %q, want %q", got, test.right)
			}
		})
	}
}

// TestA6_LongTexts: two texts of the greatest length that have no line in
// common are compared without measure.
func TestA6_LongTexts(t *testing.T) {
	a, b := strings.Repeat("a\n", webhook.MaxBodyTemplateBytes/2), strings.Repeat("b\n", webhook.MaxBodyTemplateBytes/2)
	inA, inB := common(lines("x\n"+a+"y"), lines("x\n"+b+"y"))
	if !inA[0] || !inB[0] || !inA[len(inA)-1] || inA[1] || inB[1] {
		t.Error("beginning, middle or end is not told apart")
	}
	body := show(t, changedForm(Values{BodyTemplate: a}, Values{BodyTemplate: b}))
	for _, cell := range all(body, "tbody td") {
		if n := len(all(cell, ".mw-line")); n != 501 {
			t.Errorf("%d lines are shown", n)
		}
	}
}

func TestA6_Deleted(t *testing.T) {
	body := show(t, Form{Editing: "a b", Values: Values{WebhookID: "a b", BodyTemplate: "typed"}, Version: 3, Deleted: true})
	check(t, body,
		in("h1", isText("Error: Edit “a b”")),
		in(".mw-notice", isText("“a b” was deleted while you were editing it. Your text is below."), has("autofocus", "")),
		in("form", has("action", "webhooks"), in("[name=webhook_id]", has("value", "a b")), in("#mw-save", isText("Create it anew"))),
		in(".mw-buttons a", has("href", "webhooks")),
		none("[name=version]"), in("#body_template", isText("typed")))
}
