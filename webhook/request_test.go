package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
	"pgregory.net/rapid"
)

func made(t *testing.T, w Webhook, data string) Request {
	t.Helper()
	r, m := MakeRequest(t.Context(), w, dataOf(t, data))
	if !m.IsZero() {
		t.Fatal(m.English())
	}
	return r
}

func TestD1_MakeRequest(t *testing.T) {
	const agent = "{User-Agent merchant-webhooks/1}"
	t.Run("D1 the request", func(t *testing.T) {
		r := made(t, Webhook{
			URL: "https://Shop.example/Hook?a=b", HTTPMethod: "PUT",
			HeaderTemplate: "content-type: application/json\r\n\r\nx-order: {{order_id}}\nX-ORDER: again",
			BodyTemplate:   `{"id":{{{json.order_id}}}}`,
		}, `{"order_id":"a\"b"}`)
		if r.Method != "PUT" || r.URL != "https://shop.example/Hook?a=b" || string(r.Body) != `{"id":"a\"b"}` {
			t.Errorf("%s %s %s", r.Method, r.URL, r.Body)
		}
		if got := fmt.Sprint(r.Headers); got != `[{Content-Type application/json} {X-Order a&quot;b} {X-Order again} `+agent+`]` {
			t.Errorf("headers %s", got)
		}
	})
	t.Run("D1 neither headers nor body", func(t *testing.T) {
		r := made(t, Webhook{URL: "https://shop.example", HTTPMethod: "POST"}, `{}`)
		if got := fmt.Sprint(r.Headers); got != "["+agent+"]" || len(r.Body) != 0 {
			t.Errorf("headers %s, body %q", got, r.Body)
		}
	})
	t.Run("D1 a body of any bytes", func(t *testing.T) {
		r := made(t, Webhook{URL: "https://shop.example", HTTPMethod: "GET", BodyTemplate: "{{{a}}}\r\n"}, `{"a":"\u0000ü\r"}`)
		if string(r.Body) != "\x00ü\r\r\n" {
			t.Errorf("body %q", r.Body)
		}
	})
	t.Run("D4 the template's headers win, but for those of each try", func(t *testing.T) {
		r := made(t, Webhook{
			URL: "https://user:pass@shop.example", HTTPMethod: "POST",
			HeaderTemplate: "WEBHOOK-ID: a\nwebhook-timestamp: 1\nWebhook-Signature: v1,a\nwebhook-event-time: 2\ntraceparent: 00\nuser-agent: mine\nauthorization: Bearer x\nWebhook-Idea: b",
		}, `{}`)
		if got := fmt.Sprint(r.Headers); got != "[{User-Agent mine} {Authorization Bearer x} {Webhook-Idea b}]" {
			t.Errorf("headers %s", got)
		}
	})
	t.Run("S2 the URL's user becomes a header", func(t *testing.T) {
		r := made(t, Webhook{URL: "https://user:p%40ss@shop.example/a", HTTPMethod: "POST"}, `{}`)
		if r.URL != "https://shop.example/a" || fmt.Sprint(r.Headers) != "[{Authorization Basic dXNlcjpwQHNz} "+agent+"]" {
			t.Errorf("%s, headers %v", r.URL, r.Headers)
		}
	})
	t.Run("D5 the receiver", func(t *testing.T) {
		for _, test := range []struct{ url, sent, receiver string }{
			{"https://shop.example", "https://shop.example", "shop.example:443"},
			{"http://shop.example/a", "http://shop.example/a", "shop.example:80"},
			{"HTTPS://SHOP.example:/a", "https://shop.example:/a", "shop.example:443"},
			{"http://shop.example:443", "http://shop.example:443", "shop.example:443"},
			{"https://shop.example:0443/", "https://shop.example:0443/", "shop.example:443"},
			{"https://Bücher.example:8443/ü?q=ü", "https://xn--bcher-kva.example:8443/%C3%BC?q=ü", "xn--bcher-kva.example:8443"},
			{"https://[2001:DB8::1]/a%2Fb?", "https://[2001:DB8::1]/a%2Fb?", "[2001:db8::1]:443"},
			{"https://shop.example/a%2fb/../c", "https://shop.example/a%2fb/../c", "shop.example:443"},
		} {
			r := made(t, Webhook{URL: test.url, HTTPMethod: "POST"}, `{}`)
			if r.URL != test.sent || r.Receiver != test.receiver {
				t.Errorf("%s: %s to %s, want %s to %s", test.url, r.URL, r.Receiver, test.sent, test.receiver)
			}
		}
	})
	t.Run("A3 the preview shows the same", func(t *testing.T) {
		in := jsonInput("pay", `{"a":{{{json.order_id}}}}`)
		in.URL.Text = "https://a:b@shop.example/hook"
		in.HeaderTemplate.Text += "\nx-order: {{order_id}}\nwebhook-id: a"
		p := policy(t)
		w, problems := Validate(in, p)
		if problems != nil {
			t.Fatal(problems)
		}
		event, _ := p.EventTypes.Lookup("pay")
		r, m := MakeRequest(t.Context(), w, event.data)
		if preview := MakePreview(in, p); !m.IsZero() || fmt.Sprint(preview.Headers) != fmt.Sprint(r.Headers) || preview.Body != string(r.Body) {
			t.Errorf("it shows %v %s, sent are %v %s", preview.Headers, preview.Body, r.Headers, r.Body)
		}
	})
}

func TestD7_WhatCanNotBeMade(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	const notSent = " could not be made. It was not sent. "
	w := Webhook{URL: "https://u:p@shop.example/a", HTTPMethod: "POST", HeaderTemplate: "A: b\nC: {{{a}}}", BodyTemplate: "{{a}}"}
	for _, test := range []struct {
		name          string
		ctx           context.Context
		headers, body string
		data, want    string
	}{
		{"S2 a line break in a header", t.Context(), w.HeaderTemplate, "", `{"a":"x\r\nD: e"}`, "The headers" + notSent + "Line 2 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"S2 a lone carriage return", t.Context(), "A: {{a}}", "", `{"a":"x\ry"}`, "The headers" + notSent + "Line 1 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"S2 a NUL in a header", t.Context(), w.HeaderTemplate, "", `{"a":"\u0000"}`, "The headers" + notSent + "The headers contain an invisible character (U+0000) in line 2. Remove it."},
		{"S2 a header's name", t.Context(), "{{a}}: b", "", `{"a":"host"}`, "The headers" + notSent + "Line 1 of the headers: host is set when sending and can not be chosen. Remove the line."},
		{"D7 no header", t.Context(), "{{a}}", "", `{"a":"b"}`, "The headers" + notSent + "Line 1 of the headers is not of the form Name: value"},
		{"D7 headers that do not parse", t.Context(), "A: {{#a}}", "", `{}`, "The headers" + notSent + "Line 1 of the headers: {{#a}} is never closed. Write {{/a}} after it."},
		{"D7 a body that does not parse", t.Context(), "", "\n{{/a}}", `{}`, "The body" + notSent + "Line 2 of the body: {{/a}} closes nothing. Remove it, or write {{#a}} before it."},
		{"D7 a body over the budget", t.Context(), "", "{{#a}}{{#a}}{{#a}}{{#a}}x{{/a}}{{/a}}{{/a}}{{/a}}", `{"a":[` + strings.Repeat("1,", 99) + `1]}`, "The body" + notSent + "The body is too large when it is filled in. At most 1 MiB may come out, and at most 20,000 tags may be filled in, those in a section each time anew."},
		{"D7 no time left for the headers", ended, "A: b", "", `{}`, "The requests of this event could not be made within 100 ms. It was not sent."},
		{"D7 no time left for the body", ended, "", "a", `{}`, "The requests of this event could not be made within 100 ms. It was not sent."},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.HeaderTemplate, w.BodyTemplate = test.headers, test.body
			r, m := MakeRequest(test.ctx, w, dataOf(t, test.data))
			if m.English() != test.want {
				t.Errorf("%s\nwant %s", m.English(), test.want)
			}
			if got := fmt.Sprint(r.Method, " ", r.URL, " ", r.Receiver, " ", r.Headers, r.Body); got != "POST https://shop.example/a shop.example:443 [] []" {
				t.Errorf("the request is %s", got)
			}
		})
	}
	t.Run("D7 nothing to be made takes no time", func(t *testing.T) {
		if _, m := MakeRequest(ended, Webhook{URL: w.URL, HTTPMethod: "POST"}, Data{}); !m.IsZero() {
			t.Error(m.English())
		}
	})
	t.Run("D7 no address", func(t *testing.T) {
		for _, address := range []string{"", "shop.example", "http://a b/", "mailto:a@b"} {
			if _, m := MakeRequest(t.Context(), Webhook{URL: address, HTTPMethod: "POST"}, Data{}); m.Key != "delivery.not_made" {
				t.Errorf("%s: %v", address, m)
			}
		}
	})
}

func TestD1_HeaderLines(t *testing.T) {
	if got := HeaderLines([]Header{{"A", "b: c"}, {"D", ""}}); got != "A: b: c\nD: \n" {
		t.Errorf("%q", got)
	}
	if HeaderLines(nil) != "" || ReadHeaderLines("") != nil {
		t.Error("no headers have lines")
	}
	rapid.Check(t, func(t *rapid.T) {
		template := rapid.StringMatching(`([A-Za-z!#~-]{1,9}:[ \tA-Za-z:ü😀%"]{0,12}\r?\n){0,4}`).Draw(t, "template")
		r, m := MakeRequest(context.Background(), Webhook{URL: "https://a:b@shop.example", HTTPMethod: "POST", HeaderTemplate: template}, Data{})
		if !m.IsZero() {
			t.Skip(m.English())
		}
		if got := ReadHeaderLines(HeaderLines(r.Headers)); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", r.Headers) {
			t.Fatalf("%q came back as %q", r.Headers, got)
		}
	})
}

// TestD7_NoTimeToParse: where no time is left nothing is begun, since parsing heeds
// none.
func TestD7_NoTimeToParse(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d, err := NewData(map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []Webhook{{HeaderTemplate: "{{#no end}}"}, {BodyTemplate: "{{#no end}}"}} {
		w.URL = "https://shop.example/"
		if r, m := MakeRequest(ctx, w, d); m.Key != "delivery.too_long_to_make" || r.Receiver == "" {
			t.Errorf("%+v could not be made: %s", r, m.English())
		}
	}
}

// FuzzD1_MakeRequest holds that whatever is made can be sent, and adds no line to
// the headers of its template.
func FuzzD1_MakeRequest(f *testing.F) {
	f.Add("https://a:b@shop.example:8443/ü?x", "A: {{{a}}}\r\nB: {{#l}}{{.}}{{/l}}", "{{{json}}}", `{"a":"b","l":[1,2]}`)
	f.Add("http://shop.example", "{{{a}}}", "\x00", `{"a":"X: y\nZ: w"}`)
	f.Add("https://[2001:db8::1]/", "webhook-id: {{a}}\nAuthorization:", "{{form.a}}", `{"a":"\u0000\r\n\u2028"}`)
	f.Add("https://Bücher.example/%00", "User-Agent: {{a}}", "", `{"a":{"b":null}}`)
	f.Fuzz(func(t *testing.T, address, headers, body, data string) {
		d, err := NewData(json.RawMessage(data))
		if err != nil || !judgeURL(address, nil).IsZero() {
			t.Skip()
		}
		r, m := MakeRequest(t.Context(), Webhook{URL: address, HTTPMethod: "POST", HeaderTemplate: headers, BodyTemplate: body}, d)
		sent, err := http.NewRequest(r.Method, r.URL, strings.NewReader(string(r.Body)))
		if err != nil {
			t.Fatalf("%q can not be sent to: %v", r.URL, err)
		}
		if sent.URL.User != nil || !httpguts.ValidHostHeader(sent.URL.Host) {
			t.Fatalf("%q has the host %q, the user %v", r.URL, sent.URL.Host, sent.URL.User)
		}
		if !m.IsZero() {
			if _, known := english[m.Key]; !known || r.Headers != nil || r.Body != nil {
				t.Fatalf("%v with %+v", m, r)
			}
			return
		}
		lines := strings.Count(headers, "\n") + 1
		for _, h := range r.Headers {
			if !httpguts.ValidHeaderFieldName(h.Name) || !httpguts.ValidHeaderFieldValue(h.Value) || headersOfEachTry[h.Name] || headersOfSending[h.Name] {
				t.Fatalf("header %q: %q", h.Name, h.Value)
			}
		}
		// A section may write its own lines again; then Authorization and User-Agent.
		if !strings.Contains(headers, "#") && len(r.Headers) > lines+2 {
			t.Fatalf("%d lines made %d headers", lines, len(r.Headers))
		}
		if got := ReadHeaderLines(HeaderLines(r.Headers)); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", r.Headers) {
			t.Fatalf("%q came back as %q", r.Headers, got)
		}
	})
}
