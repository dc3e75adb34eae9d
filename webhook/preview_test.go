package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestA3_Preview(t *testing.T) {
	p := policy(t)
	t.Run("A3 the request", func(t *testing.T) {
		in := jsonInput("pay", "{\"id\":{{{json.order_id}}},\r\n\"n\":{{contract_terms.timestamp.t_s}}}")
		in.HeaderTemplate.Text += "\r\nAuthorization: Bearer x\r\nX-Order: {{order_id}}"
		in.URL.Text, in.HTTPMethod.Text = "https://a:b@erp.example.com/hook", "put"
		got := MakePreview(in, p)
		if got.Method != "PUT" || got.URL != in.URL.Text {
			t.Errorf("%s %s", got.Method, got.URL)
		}
		if h := fmt.Sprint(got.Headers); h != "[{Content-Type application/json} {Authorization Bearer x} {X-Order 2025.282-01MRE3X} {User-Agent merchant-webhooks/1}]" {
			t.Errorf("headers %s", h)
		}
		if want := "{\"id\":\"2025.282-01MRE3X\",\r\n\"n\":1760000000}"; got.Body != want {
			t.Errorf("body %q, want %q", got.Body, want)
		}
		if want := "{\n  \"id\": \"2025.282-01MRE3X\",\n  \"n\": 1760000000\n}"; got.Indented != want {
			t.Errorf("indented %q, want %q", got.Indented, want)
		}
		if got.Verdict.English() != bodySoundText || !got.Sound || len(got.Remarks) > 0 {
			t.Errorf("%s %t %v", got.Verdict.English(), got.Sound, got.Remarks)
		}
	})
	t.Run("A3 the address as it is sent", func(t *testing.T) {
		const agent = "[{User-Agent merchant-webhooks/1}]"
		for _, test := range []struct{ url, target, host, headers string }{
			{"https://erp.example.com", "/", "erp.example.com", agent},
			{"https://Bücher.example:8443/ü?q=ü", "/%C3%BC?q=ü", "xn--bcher-kva.example:8443", agent},
			{"https://[2001:db8::1]:8443/a", "/a", "[2001:db8::1]:8443", agent},
			{"https://a:b@erp.example.com/", "/", "erp.example.com", "[{Authorization Basic YTpi} {User-Agent merchant-webhooks/1}]"},
			{"erp.example.com/a", "/", "", agent},
			{"https://a b/", "/", "", agent},
		} {
			in := valid()
			in.URL.Text = test.url
			got := MakePreview(in, p)
			if got.Target != test.target || got.Host != test.host || fmt.Sprint(got.Headers) != test.headers {
				t.Errorf("%s: %s, host %q, headers %v", test.url, got.Target, got.Host, got.Headers)
			}
		}
	})
	t.Run("A3 no body", func(t *testing.T) {
		got := MakePreview(valid(), p)
		if got.Body != "" || !got.Verdict.IsZero() || !got.Sound || fmt.Sprint(got.Headers) != "[{User-Agent merchant-webhooks/1}]" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("A3 it shows what it can", func(t *testing.T) {
		in := jsonInput("pay", "{{#a}}")
		in.URL.Text, in.HTTPMethod.Text, in.WebhookID.Text = "ftp:", "SEND", ""
		in.HeaderTemplate.Text = "A: 1\nnone\nHost: x\nB: 2"
		got := MakePreview(in, p)
		if got.Method != "SEND" || got.URL != "ftp:" || fmt.Sprint(got.Headers) != "[{A 1} {B 2} {User-Agent merchant-webhooks/1}]" || got.Body != "" || got.Sound || !got.Verdict.IsZero() {
			t.Errorf("%+v", got)
		}
		in.HeaderTemplate.Text = "{{#a}}"
		in.BodyTemplate.Text = "{{order_id}}"
		if got := MakePreview(in, p); len(got.Headers) != 1 || got.Body != "2025.282-01MRE3X" {
			t.Errorf("%+v", got)
		}
		in.EventType.Text = "none"
		if got := MakePreview(in, p); got.Body != "" || got.Method != "SEND" {
			t.Errorf("%+v", got)
		}
		in = jsonInput("pay", strings.Repeat("{{a}}", maxTagsEntered+1))
		if got := MakePreview(in, p); got.Body != "" || got.Sound {
			t.Errorf("%+v", got)
		}
	})
	t.Run("A3 what is indented", func(t *testing.T) {
		for body, want := range map[string]string{
			" [1]": "[\n  1\n]", "{}": "{}", "[1": "", "1": "", "a": "", "[1] x": "",
			strings.Repeat("[", 3000) + strings.Repeat("]", 3000): "",
		} {
			if got := MakePreview(jsonInput("pay", body), p).Indented; got != want {
				t.Errorf("%.20s is indented %.40q, want %q", body, got, want)
			}
		}
	})
}

func TestA3_Remarks(t *testing.T) {
	shop := EventType{Name: "shop", Variables: []Variable{{Name: "note"}}, Example: json.RawMessage(`{"who":{"name":"b"},"none":null}`)}
	p := policy(t, EventType{Name: "bare"}, shop)
	const contract = "contract_terms.amount, contract_terms.extra, contract_terms.fulfillment_url, contract_terms.max_fee, " +
		"contract_terms.merchant, contract_terms.merchant_base_url, contract_terms.order_id, contract_terms.pay_deadline, " +
		"contract_terms.products, contract_terms.refund_deadline, contract_terms.summary, contract_terms.timestamp, contract_terms.wire_transfer_deadline"
	const product = "description, description_i18n, price, product_id, quantity, taxes, unit"
	tests := []struct{ name, event, headers, body, want string }{
		{"A3 nothing to remark", "pay", "A: {{order_id}}", "{{order_id}} {{contract_terms.amount}} {{#contract_terms.products}}{{unit}}{{image}}{{order_id}}{{/contract_terms.products}}", ""},
		{"A3 what may come", "pay", "", "{{#contract_terms.choices}}{{amount}}{{/contract_terms.choices}}{{contract_terms.auto_refund}}{{contract_terms.extra.x}}{{contract_terms.extra.note.x}}{{^nothing}}{{/nothing}}", ""},
		{"A3 behind a tag alone on its line", "pay", "", "{{! a }}\n{{amount}}", "Line 2: this event has no “amount”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name", "pay", "", "a\n{{amount}}\n{{ amount }}", "Line 2: this event has no “amount”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown section", "pay", "", "{{#a}}{{b}}{{/a}}{{^a}}{{/a}}", "Line 1: this event has no “a”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name below json", "pay", "", "{{{json.amount}}}{{{form.reason}}}", "Line 1: this event has no “amount”, so null appears there. It has: contract_terms, order_id.\nLine 1: this event has no “reason”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name in the headers", "pay", "A: {{amount}}\nB: {{{json.b}}}", "", "Line 1 of the headers: this event has no “amount”, so nothing appears there. It has: contract_terms, order_id.\nLine 2 of the headers: this event has no “b”, so null appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name in an object", "pay", "", "{{contract_terms.sumary}}", "Line 1: this event has no “contract_terms.sumary”, so nothing appears there. It has: " + contract + "."},
		{"A3 a name in a list that no section enters", "pay", "", "{{contract_terms.products.unit}}", "Line 1: this event has no “contract_terms.products.unit”, so nothing appears there. It has: " + contract + "."},
		{"A3 an unknown name in a list", "pay", "", "{{#contract_terms.products}}{{colour}}{{{json.order_id}}}{{/contract_terms.products}}", "Line 1: this event has no “colour”, so nothing appears there. It has: " + product + ", contract_terms, order_id.\nLine 1: this event has no “order_id”, so null appears there. It has: " + product + "."},
		{"A3 further out than the list", "pay", "", "{{#contract_terms.products}}{{contract_terms.sumary}}{{/contract_terms.products}}", "Line 1: this event has no “contract_terms.sumary”, so nothing appears there. It has: " + contract + "."},
		{"A3 further out than the list, where json does not lead", "pay", "", "{{#contract_terms.products}}{{{json.contract_terms.sumary}}}{{/contract_terms.products}}", "Line 1: this event has no “contract_terms.sumary”, so null appears there. It has: " + product + "."},
		{"A3 in an object that the example lacks", "pay", "", "{{contract_terms.delivery_date.t_s}}{{contract_terms.delivery_date.day}}", "Line 1: this event has no “contract_terms.delivery_date.day”, so nothing appears there. It has: " + contract + "."},
		{"A3 the JSON of an object, from outside", "pay", "", "{{#contract_terms}}{{{json.amount}}}{{/contract_terms}}{{{contract_terms.json.amount}}}", ""},
		{"A3 below a text", "pay", "", "{{order_id.x}}", "Line 1: this event has no “order_id.x”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 the order in order_created", "order_created", "", "{{contract_terms.amount}}", "Line 1: this event has no “contract_terms.amount”, so nothing appears there. It has: contract, instance_id, order_id."},
		{"A3 a host's event", "shop", "", "{{note}}{{who.age}}{{none.x}}{{{.}}}{{{json}}}{{x}}", "Line 1: this event has no “x”, so nothing appears there. It has: none, note, who."},
		{"A3 a name below json in a text", "shop", "", "{{#who.name}}{{{json.x}}}{{/who.name}}", "Line 1: this event has no “x”, so null appears there. It has: none, note, who."},
		{"A3 a host's event of which nothing is known", "bare", "A: {{x}}", "{{note}}{{#a}}{{b}}{{/a}}", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := valid()
			in.EventType.Text, in.HeaderTemplate.Text, in.BodyTemplate.Text = test.event, test.headers, test.body
			var got []string
			for _, m := range MakePreview(in, p).Remarks {
				got = append(got, m.English())
			}
			if got := strings.Join(got, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
	t.Run("A3 a body with a method that has none", func(t *testing.T) {
		for method, want := range map[string]string{
			"get": "Many programs ignore a body sent with GET. POST is usual.", "HEAD": "Many programs ignore a body sent with HEAD. POST is usual.",
			"POST": "", "DELETE": "",
		} {
			in := jsonInput("pay", "[]")
			in.HTTPMethod.Text = method
			got := ""
			for _, m := range MakePreview(in, p).Remarks {
				got += m.English()
			}
			if got != want {
				t.Errorf("%s: %q, want %q", method, got, want)
			}
			if in.BodyTemplate.Text = ""; len(MakePreview(in, p).Remarks) > 0 {
				t.Errorf("%s: a remark without a body", method)
			}
		}
	})
	t.Run("A3 not without end", func(t *testing.T) {
		in := valid()
		for i := range 1000 {
			in.BodyTemplate.Text += fmt.Sprintf("{{x%d}}", i)
		}
		if n := len(MakePreview(in, p).Remarks); n != 20 {
			t.Errorf("%d remarks", n)
		}
	})
}
