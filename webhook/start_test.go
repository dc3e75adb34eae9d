package webhook

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostEvents are events as hosts may register them.
func hostEvents() []EventType {
	return []EventType{
		{Name: "bare"},
		{Name: "titled", Title: `{{{json}}} "quoted" \ </textarea> 😀`},
		{Name: "stock.taken", Title: "Stock was taken", Variables: []Variable{{Name: "shelf"}, {Name: "count"}}},
		{Name: "visit", Variables: []Variable{{Name: "visit_id"}, {Name: "who"}}, Example: json.RawMessage(`{"visit_id":7,"who":{"name":"a"}}`)},
		{Name: "described", Variables: []Variable{{Name: "description"}}, Example: json.RawMessage(`{"description":"a"}`)},
		{Name: "odd", Variables: []Variable{
			{Name: "a b"},
			{Name: `"`},
			{Name: "{{x}}"},
			{Name: "json"},
			{Name: "form.x"},
			{Name: "a.b"},
			{Name: "a.b"},
			{Name: ""},
			{Name: "."},
			{Name: "webhook_type"},
			{Name: "ü"},
			{Name: strings.Repeat("a.", 20) + "a"},
		}},
		{Name: "typed", Example: json.RawMessage(`{"webhook_type":1,"order_id":{"a":1}}`)},
	}
}

func TestV8_Starters(t *testing.T) {
	p := policy(t, hostEvents()...)
	for _, event := range p.EventTypes.All() {
		starters := event.Starters()
		if len(starters) != 4 {
			t.Fatalf("%s has %d starters", event.Name, len(starters))
		}
		for i, name := range []string{StartAll, StartID, StartChat, StartForm} {
			s := starters[i]
			t.Run("V8 "+event.Name+" "+name, func(t *testing.T) {
				if s.Name != name {
					t.Fatalf("it is called %q", s.Name)
				}
				in := valid()
				in.EventType.Text, in.HeaderTemplate.Text, in.BodyTemplate.Text = event.Name, s.HeaderTemplate, s.BodyTemplate
				strict := p
				strict.RefuseBreakable = true
				if _, problems := Validate(in, strict); len(problems) > 0 {
					t.Errorf("refused: %s\n%s", problems.First().Detail(), s.BodyTemplate)
				}
				preview := MakePreview(in, p)
				want := "preview.sound"
				if name == StartForm {
					want = "preview.unchecked"
				}
				if preview.Verdict.Key != want || len(preview.Remarks) > 0 {
					t.Errorf("%s %v\n%s", preview.Verdict.English(), preview.Remarks, s.BodyTemplate)
				}
				switch {
				case name == StartForm:
					fields, err := url.ParseQuery(preview.Body)
					if err != nil || fields.Get("webhook_type") != event.Name {
						t.Errorf("%v, %s", err, preview.Body)
					}
				case name != StartChat:
					var object map[string]any
					if err := json.Unmarshal([]byte(preview.Body), &object); err != nil || object["webhook_type"] != event.Name {
						t.Errorf("%v, %s", err, preview.Body)
					}
				}
			})
		}
	}
}

func TestA2_Starters(t *testing.T) {
	const head = "{\n  \"webhook_type\": "
	c := newCatalogue(t, hostEvents()...)
	for name, want := range map[string][4]string{
		"pay": {
			head + `"pay",` + "\n" + `  "contract_terms": {{{json.contract_terms}}},` + "\n" + `  "order_id": {{{json.order_id}}}` + "\n}",
			head + `"pay",` + "\n" + `  "order_id": {{{json.order_id}}}` + "\n}",
			"{\n" + `  "text": "An order was paid: {{{form.order_id}}}",` + "\n" + `  "content": "An order was paid: {{{form.order_id}}}",` + "\n" +
				`  "embeds": [{"title": "An order was paid", "description": {{{json.contract_terms.summary}}}}]` + "\n}",
			"webhook_type=pay&contract_terms={{{form.contract_terms}}}&order_id={{{form.order_id}}}",
		},
		"category_deleted": {
			head + `"category_deleted",` + "\n" + `  "category_serial": {{{json.category_serial}}},` + "\n" + `  "category_name": {{{json.category_name}}}` + "\n}",
			head + `"category_deleted",` + "\n" + `  "category_serial": {{{json.category_serial}}}` + "\n}",
			"{\n" + `  "text": "A category was deleted: {{{form.category_serial}}}",` + "\n" + `  "content": "A category was deleted: {{{form.category_serial}}}",` + "\n" +
				`  "embeds": [{"title": "A category was deleted", "description": {{{json.category_name}}}}]` + "\n}",
			"webhook_type=category_deleted&category_serial={{{form.category_serial}}}&category_name={{{form.category_name}}}",
		},
		"bare": {
			head + `"bare",` + "\n" + `  "data": {{{json}}}` + "\n}",
			head + `"bare"` + "\n}",
			"{\n" + `  "text": "bare",` + "\n" + `  "content": "bare"` + "\n}",
			"webhook_type=bare&data={{{form}}}",
		},
		"odd": {
			head + `"odd",` + "\n" + `  "a.b": {{{json.a.b}}}` + "\n}",
			head + `"odd",` + "\n" + `  "a.b": {{{json.a.b}}}` + "\n}",
			"{\n" + `  "text": "odd: {{{form.a.b}}}",` + "\n" + `  "content": "odd: {{{form.a.b}}}"` + "\n}",
			"webhook_type=odd&a.b={{{form.a.b}}}",
		},
	} {
		event, _ := c.Lookup(name)
		for i, s := range event.Starters() {
			if s.BodyTemplate != want[i] {
				t.Errorf("A2 %s %s is\n%s\nwant\n%s", name, s.Name, s.BodyTemplate, want[i])
			}
		}
	}
	for name, id := range map[string]string{
		"order_created": "order_id", "pay": "order_id", "refund": "order_id", "order_settled": "order_id", "category_added": "category_serial",
		"category_updated": "category_serial", "category_deleted": "category_serial", "inventory_added": "product_id",
		"inventory_updated": "product_id", "inventory_deleted": "product_id", "stock.taken": "shelf", "visit": "visit_id",
	} {
		event, _ := c.Lookup(name)
		if got := event.Starters()[1].BodyTemplate; !strings.Contains(got, "{{{json."+id+"}}}") || strings.Count(got, "{{{") != 1 {
			t.Errorf("A2 the ID of %s: %s", name, got)
		}
	}
	t.Run("A2 a chat message is read by its service", func(t *testing.T) {
		event, _ := c.Lookup("titled")
		in := jsonInput("titled", event.Starters()[2].BodyTemplate)
		var message struct{ Text, Content string }
		body := MakePreview(in, Policy{EventTypes: c}).Body
		if err := json.Unmarshal([]byte(body), &message); err != nil || message.Text != event.Title || message.Content != event.Title {
			t.Errorf("%v: %s", err, body)
		}
	})
}

func TestA2_Complete(t *testing.T) {
	c := newCatalogue(t, hostEvents()...)
	offered := func(event string, i int) (headers, body string) {
		e, _ := c.Lookup(event)
		return e.Starters()[i].HeaderTemplate, e.Starters()[i].BodyTemplate
	}
	payHeaders, payAll := offered("pay", 0)
	_, payID := offered("pay", 1)
	refundHeaders, refundForm := offered("refund", 3)
	_, refundAll := offered("refund", 0)
	_, bareChat := offered("bare", 2)
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

	tests := []struct {
		name, event, start, headers, body string
		wantStart, wantHeaders, wantBody  string
	}{
		{"A2 a program's post stays", "pay", "", "", "", "", "", ""},
		{"A2 a program's post with an offered text stays", "pay", "", payHeaders, crlf(refundAll), "", payHeaders, crlf(refundAll)},
		{"A2 empty texts", "pay", StartAll, "", "", StartAll, payHeaders, payAll},
		{"A2 another start", "pay", StartID, payHeaders, payAll, StartID, payHeaders, payID},
		{"A2 another event", "pay", StartAll, payHeaders, refundAll, StartAll, payHeaders, payAll},
		{"A2 another event and start", "refund", StartForm, payHeaders, payID, StartForm, refundHeaders, refundForm},
		{"A2 a host's event", "bare", StartChat, refundHeaders, refundForm, StartChat, payHeaders, bareChat},
		{"A2 from a host's event", "pay", StartAll, "", bareChat, StartAll, payHeaders, payAll},
		{"A2 as browsers send line breaks", "pay", StartAll, payHeaders, crlf(refundAll), StartAll, payHeaders, payAll},
		{"A2 a typed body makes it own", "pay", StartAll, payHeaders, refundAll + " ", StartOwn, payHeaders, refundAll + " "},
		{"A2 a typed body keeps empty headers", "pay", StartAll, "", "x", StartOwn, "", "x"},
		{"A2 typed headers keep an offered body", "pay", StartAll, "X: 1", refundAll, StartOwn, "X: 1", refundAll},
		{"A2 typed headers keep an empty body", "pay", StartForm, "X: 1", "", StartOwn, "X: 1", ""},
		{"A2 a body typed as headers", "pay", StartAll, payAll, payAll, StartOwn, payAll, payAll},
		{"A2 own text stays", "pay", StartOwn, payHeaders, refundAll, StartOwn, payHeaders, refundAll},
		{"A2 own text may be empty", "pay", StartOwn, "", "", StartOwn, "", ""},
		{"A2 an unknown start", "pay", "nonsense", "", "", StartOwn, "", ""},
		{"A2 an unknown event", "none", StartAll, "", refundAll, StartAll, "", refundAll},
		{"A2 an unknown event, typed", "none", StartAll, "", "x", StartOwn, "", "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := valid()
			in.EventType.Text, in.HeaderTemplate.Text, in.BodyTemplate.Text = test.event, test.headers, test.body
			got, start := c.Complete(in, test.start)
			want := in
			want.HeaderTemplate.Text, want.BodyTemplate.Text = test.wantHeaders, test.wantBody
			if start != test.wantStart || got != want {
				t.Errorf("start %q, %q, %q", start, got.HeaderTemplate.Text, got.BodyTemplate.Text)
			}
		})
	}
}

func TestA2_EmptyID(t *testing.T) {
	c := newCatalogue(t)
	for _, test := range []struct{ name, event, url, want string }{
		{"A2 event and host", "pay", "https://erp.example.com/hook?a=1", "pay-erp.example.com"},
		{"A2 no port, no password", "refund", "http://u:p@Erp.Example.COM:8080", "refund-erp.example.com"},
		{"A2 an international name as typed", "pay", "https://Bücher.example/", "pay-bücher.example"},
		{"A2 an address of IPv6", "pay", "https://[2001:DB8::1]:443/", "pay-2001:db8::1"},
		{"A2 a host of 253 characters", "pay", "https://" + strings.Repeat("ü", 253) + "/", "pay-" + strings.Repeat("ü", 124)},
		{"A2 what no ID can have", "pay", "https://a%E2%80%8B%C2%A0%FFb.example/", "pay-ab.example"},
		{"A2 no URL", "pay", "", "pay"},
		{"A2 no host", "pay", "https:///hook", "pay"},
		{"A2 no scheme", "pay", "erp.example.com/hook", "pay"},
		{"A2 no URL at all", "pay", "http://[::1", "pay"},
		{"A2 no event", "", "https://erp.example.com", "erp.example.com"},
		{"A2 nothing", "", "", "webhook"},
		{"A2 an event with slashes", `a/b\c`, "", "abc"},
		{"A2 an event that can be no ID", "../\x00", "", "webhook"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := valid()
			in.WebhookID, in.EventType.Text, in.URL.Text = Value{}, test.event, test.url
			for _, start := range []string{StartAll, StartOwn} {
				got, _ := c.Complete(in, start)
				if got.WebhookID.Text != test.want {
					t.Errorf("%q, want %q", got.WebhookID.Text, test.want)
				}
				again, _ := c.Complete(in, start)
				if again != got {
					t.Errorf("sent twice it is %q, then %q", got.WebhookID.Text, again.WebhookID.Text)
				}
				for _, problem := range second(Validate(got, Policy{EventTypes: c})) {
					if problem.Field == FieldID {
						t.Errorf("the ID is refused: %s", problem.Detail())
					}
				}
			}
			if got, _ := c.Complete(in, ""); got != in {
				t.Errorf("a program's post became %+v", got)
			}
		})
	}
	t.Run("A2 a typed ID stays", func(t *testing.T) {
		for _, id := range []Value{{Text: "a"}, {Text: " "}, {JSONType: "number"}} {
			in := valid()
			in.WebhookID = id
			if got, _ := c.Complete(in, StartAll); got.WebhookID != id {
				t.Errorf("%v became %v", id, got.WebhookID)
			}
		}
	})
}

func second[A, B any](_ A, b B) B { return b }

func TestA2_OtherID(t *testing.T) {
	long := strings.Repeat("ü", MaxIDCharacters)
	for id, want := range map[string]string{
		"pay-erp.example.com": "pay-erp.example.com-2",
		"a-2":                 "a-2-2",
		long:                  long[:2*126] + "-2",
		long[:2*127]:          long[:2*126] + "-2",
		long[:2*126]:          long[:2*126] + "-2",
		long[:2*126] + "-2":   long[:2*126] + "-3",
	} {
		if got := OtherID(id); got != want || !ValidID(got) {
			t.Errorf("A2 OtherID(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestA2_All(t *testing.T) {
	c := newCatalogue(t, hostEvents()...)
	var names []string
	for _, event := range c.All() {
		names = append(names, event.Name)
	}
	if !slices.Equal(names, c.Names()) {
		t.Errorf("%v, want %v", names, c.Names())
	}
}

// FuzzComplete: completing twice is completing once, an ID that was made is a
// valid one, and nothing that was typed is lost.
func FuzzComplete(f *testing.F) {
	f.Add("pay", "", "https://erp.example.com/hook", "", "", StartAll) // as the form is first sent
	f.Add("refund", "a", "x", "A: 1", "{{{json}}}", StartForm)         // typed
	f.Add("\xff", "", "http://\xff%ff", "\r\n", "\xff", StartOwn)      // no UTF-8
	f.Add("none", "", "http://%2f%2e/", "", "", "nonsense")            // unknown
	f.Add("order_settled", "", "https://"+strings.Repeat("a", 200), "Content-Type: application/json", "{\r\n  \"webhook_type\": \"bare\"\r\n}", StartID)
	c := newCatalogue(f, hostEvents()...)
	f.Fuzz(func(t *testing.T, event, id, url, headers, body, start string) {
		in := Input{
			WebhookID: Value{Text: id}, EventType: Value{Text: event}, URL: Value{Text: url}, HTTPMethod: Value{Text: "POST"},
			HeaderTemplate: Value{Text: headers}, BodyTemplate: Value{Text: body},
		}
		once, holds := c.Complete(in, start)
		if twice, stillHolds := c.Complete(once, holds); twice != once || stillHolds != holds {
			t.Errorf("%q then %q: %+v then %+v", holds, stillHolds, once, twice)
		}
		if start == "" && once != in {
			t.Errorf("changed to %+v", once)
		}
		if made := once.WebhookID.Text; made != id && (id != "" || !ValidID(made) || !utf8.ValidString(made)) {
			t.Errorf("%q became %q", id, made)
		}
		if once.EventType != in.EventType || once.URL != in.URL || once.HTTPMethod != in.HTTPMethod {
			t.Errorf("changed to %+v", once)
		}
		headers, body = PlainLines(headers), PlainLines(body)
		if changed := once.HeaderTemplate.Text != headers || once.BodyTemplate.Text != body; changed && start != "" {
			if !c.offered(Value{Text: headers}, Starter.header) || !c.offered(Value{Text: body}, Starter.body) || holds == StartOwn {
				t.Errorf("%q and %q became %q and %q", headers, body, once.HeaderTemplate.Text, once.BodyTemplate.Text)
			}
		}
	})
}
