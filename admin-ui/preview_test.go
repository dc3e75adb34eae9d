package adminui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// exampleRequest has all that a preview can have.
func exampleRequest() *webhook.Preview {
	return &webhook.Preview{
		Method: "POST", URL: "https://shop:geheim@erp.example.com:8443/hook?a=<1>",
		Target: "/hook?a=<1>", Host: "erp.example.com:8443",
		Headers: []webhook.Header{
			{Name: "Authorization", Value: "Basic geheim"}, {Name: "Content-Type", Value: "application/json"}, {Name: "X-Api-Key", Value: "geheim"},
		},
		Body:     `{"a":"</pre>"}`,
		Indented: "{\n  \"a\": \"</pre>\"\n}",
		Verdict:  webhook.Say("preview.method", "method", "GET"), Sound: true,
		Remarks: []webhook.Message{webhook.Say("preview.method", "method", "HEAD")},
	}
}

func TestA3_Preview(t *testing.T) {
	form := Form{Values: Values{EventType: "pay", HTTPMethod: "POST", BodyTemplate: "x"}, Preview: exampleRequest()}
	ui := newUI(t, Options{})
	page, body := render(t, ui, request(ui), form)
	if want := "Preview: New webhook – Webhooks"; page.Title != want {
		t.Errorf("the title is %q, want %q", page.Title, want)
	}
	check(t, body,
		in("h1", isText("Preview: New webhook")),
		in("#mw-preview", lacksText("geheim"),
			in("h2", isText("With example data this would be sent to erp.example.com:8443:"), has("tabindex", "-1"), has("autofocus", "")),
			in("#mw-verdict", isText(form.Preview.Verdict.English())),
			in(".mw-good"), in(".mw-warns", isText(form.Preview.Remarks[0].English())),
			in("details", in("summary", isText("The same, indented")), in("pre", has("dir", "ltr")))),
		count("[autofocus]", 1),
		in("details#mw-texts", has("open", "")),
	)
	blocks := all(body, "#mw-preview pre")
	want := []string{
		"POST /hook?a=<1> HTTP/1.1\nHost: erp.example.com:8443\nAuthorization: •••\nContent-Type: application/json\nX-Api-Key: •••\n" +
			"webhook-id: added when sent\nwebhook-timestamp: added when sent\nwebhook-signature: added when sent\nwebhook-event-time: added when sent\n",
		form.Preview.Body, form.Preview.Indented,
	}
	if len(blocks) != len(want) {
		t.Fatalf("there are %d blocks, want %d", len(blocks), len(want))
	}
	for i, block := range blocks {
		if got := rawText(block); got != want[i] {
			t.Errorf("a block reads\n%s\nwant\n%s", got, want[i])
		}
	}
}

func TestA8_PreviewHidesSecrets(t *testing.T) {
	preview := exampleRequest()
	for _, name := range []string{"Authorization", "proxy-authorization", "Cookie", "X-Token", "X-Shared-Secret", "X-Api-Key", "X-Pass"} {
		preview.Headers = append(preview.Headers, webhook.Header{Name: name, Value: "Bearer geheim"})
	}
	body := show(t, Form{Values: Values{BodyTemplate: "x"}, Preview: preview})
	check(t, body, in("#mw-preview", lacksText("geheim"), hasText("Authorization: •••"), hasText("X-Pass: •••"), hasText("Content-Type: application/json")))
}

func TestA3_PreviewOfWhatIsRefused(t *testing.T) {
	problems := webhook.Problems{{Code: webhook.CodeJSONInvalid, Field: "url", Message: webhook.Say("url.missing")}}
	body := show(t, Form{Preview: &webhook.Preview{Method: "GET", Target: "/", Sound: true}, Problems: problems})
	check(t, body,
		in("#mw-preview", in("h2", isText("With example data this would be sent:")), hasText("GET / HTTP/1.1"), lacksText("Host:"), hasText("Nothing is sent in the body.")),
		in("#url-message", isText(webhook.Say("url.missing").English())),
		none("[role=region]"), count("[autofocus]", 1))
	body = show(t, Form{Values: Values{BodyTemplate: "{{#a}}"}, Preview: &webhook.Preview{Method: "POST"}})
	check(t, body, in("#mw-preview", lacksText("Nothing is sent")))
}

func TestA3_LongBodiesFold(t *testing.T) {
	lines := make([]string, 41)
	for i := range lines {
		lines[i] = fmt.Sprint("line ", i+1)
	}
	for _, test := range []struct {
		name, body, start, open string
	}{
		{"40 lines are shown", strings.Join(lines[:40], "\n") + "\n", "", ""},
		{"41 lines are folded", strings.Join(lines, "\n"), strings.Join(lines[:40], "\n"), "The whole text, 41 lines"},
		{"a very long line is folded", strings.Repeat("ä", longBytes), strings.Repeat("ä", longBytes/2), "The whole text, 1 line"},
	} {
		t.Run("A3 "+test.name, func(t *testing.T) {
			preview := &webhook.Preview{Method: "POST", Body: test.body}
			body := show(t, Form{Values: Values{BodyTemplate: "x"}, Preview: preview})
			if test.start == "" {
				check(t, body, none("#mw-preview details"))
				return
			}
			check(t, body, in("#mw-preview .mw-start", isText(strings.Join(strings.Fields(test.start+"\n…"), " "))),
				in("#mw-preview details", lacks("open"), in("summary", isText(test.open))))
			if got := rawText(all(body, "#mw-preview details pre")[0]); got != test.body {
				t.Error("the folded text is not the whole")
			}
		})
	}
}
