package handlers_test

import (
	"bytes"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestFormOfANewWebhook(t *testing.T) {
	h := newAdmin(t, nil)
	t.Run("A2 it opens ready to be saved but for the address", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks/new", "", asOwner...).want(t, 200, "New webhook")
		for name, want := range map[string]string{"event_type": "pay", "http_method": "POST", "start_from": "all", "url": "", "webhook_id": ""} {
			if got := p.field(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if action := p.Find("form[method=post]").First().AttrOr("action", ""); action != "../webhooks" {
			t.Errorf("it posts to %q", action)
		}
		h.open(t, "/admin/webhooks", p.fields("url", "https://erp.example.com/hook"), asOwner...).
			want(t, 303, "webhooks?saved=pay-erp.example.com")
		check(t, h.ask(t, "GET", "/private/webhooks/pay-erp.example.com", ""), 200, 0)
	})
	t.Run("A5 a form sent twice makes one webhook", func(t *testing.T) {
		before := count(t, h.db, "admin")
		body := h.open(t, "/admin/webhooks/new", "", asOwner...).fields("url", "https://twice.example/", "event_type", "refund")
		for range 2 {
			h.open(t, "/admin/webhooks", body, asOwner...).want(t, 303, "webhooks?saved=refund-twice.example")
		}
		if n := count(t, h.db, "admin") - before; n != 1 {
			t.Errorf("it made %d webhooks", n)
		}
	})
	t.Run("A2 the text follows the event that was chosen", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks/new", "", asOwner...)
		h.open(t, "/admin/webhooks", p.fields("url", "https://a.example/", "event_type", "order_settled", "start_from", "id"), asOwner...).
			want(t, 303, "webhooks?saved=order_settled-a.example")
		if got := string(h.ask(t, "GET", "/private/webhooks/order_settled-a.example", "").body); !strings.Contains(got, "json.order_id") || strings.Contains(got, "contract_terms") {
			t.Errorf("stored: %s", got)
		}
	})
	t.Run("A2 as a program posts it, nothing is added", func(t *testing.T) {
		h.open(t, "/admin/webhooks", fine("program"), asOwner...).want(t, 303, "webhooks?saved=program")
		want := `{"event_type":"pay","url":"https://example.com/hook","http_method":"POST"}`
		if got := strings.TrimSpace(string(h.ask(t, "GET", "/private/webhooks/program", "").body)); got != want {
			t.Errorf("stored: %s", got)
		}
	})
	t.Run("A2 an ID that nobody typed, and that is taken, is another", func(t *testing.T) {
		h.open(t, "/admin/webhooks", fine("pay-twice.example"), asOwner...).want(t, 303, "webhooks?saved=pay-twice.example")
		p := h.open(t, "/admin/webhooks/new", "", asOwner...)
		if p.field("header_template") == "" || p.field("body_template") == "" || p.field("webhook_id") != "" {
			t.Errorf("it begins with the headers %q, the body %q and the ID %q", p.field("header_template"), p.field("body_template"), p.field("webhook_id"))
		}
		p = h.open(t, "/admin/webhooks", p.fields("url", "https://twice.example/", "event_type", "pay"), asOwner...)
		if id := p.field("webhook_id"); p.StatusCode != 409 || id != "pay-twice.example-2" {
			t.Errorf("%d with the ID %q", p.StatusCode, id)
		}
	})
	t.Run("A2 an ID that nobody typed stays empty in a form that is refused", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", form("event_type", "pay", "url", "ftp://example.com", "http_method", "POST", "start_from", "own"), asOwner...)
		if id := p.field("webhook_id"); p.StatusCode != 400 || id != "" {
			t.Errorf("%d with the ID %q", p.StatusCode, id)
		}
	})
	t.Run("A2 a body that says no type", func(t *testing.T) {
		h.open(t, "/admin/webhooks", fine("untyped"), append([]string{"Content-Type", ""}, asOwner...)...).want(t, 303, "webhooks?saved=untyped")
	})
	t.Run("A2 multipart/form-data, a template as a file", func(t *testing.T) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, value := range map[string]string{"webhook_id": "parts", "event_type": "pay", "url": "https://example.com/ü?a=1&b=2", "http_method": "put"} {
			if err := w.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		file, err := w.CreateFormFile("body_template", "body.mustache")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte("{{{contract_terms}}}\n")); err != nil {
			t.Fatal(err)
		}
		w.Close()
		h.open(t, "/admin/webhooks", body.String(), append(asOwner, "Content-Type", w.FormDataContentType())...).want(t, 303, "webhooks?saved=parts")
		want := `{"event_type":"pay","url":"https://example.com/ü?a=1&b=2","http_method":"PUT","body_template":"{{{contract_terms}}}\n"}`
		if got := strings.TrimSpace(string(h.ask(t, "GET", "/private/webhooks/parts", "").body)); got != want {
			t.Errorf("stored: %s", got)
		}
	})
	t.Run("A2 Duplicate takes all but the ID", func(t *testing.T) {
		h.open(t, "/admin/webhooks", fine("original", "header_template", "X-A: 1", "body_template", "b"), asOwner...)
		p := h.open(t, "/admin/webhooks/new?from=original", "", asOwner...).want(t, 200, "New webhook")
		for name, want := range map[string]string{"webhook_id": "", "header_template": "X-A: 1", "body_template": "b", "url": "https://example.com/hook", "start_from": "own"} {
			if got := strings.TrimPrefix(p.field(name), "\n"); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		h.open(t, "/admin/webhooks/new?from=nobody", "", asOwner...).want(t, 404, "There is no webhook “nobody”")
	})
}

func TestFormThatComesBack(t *testing.T) {
	h := newAdmin(t, func(c *plugin.Config) { c.Limits.MaxBody, c.Limits.MaxWebhooks = 300<<10, 1 })
	t.Run("A4 every message beside its field, and all that was typed", func(t *testing.T) {
		typed := []string{
			"webhook_id", "a/b", "event_type", "pay", "url", "ftp://example.com/</textarea>", "http_method", "POST",
			"header_template", "X: {{a", "body_template", "\n{{#products}}</textarea>&amp;", "start_from", "own",
		}
		p := h.open(t, "/admin/webhooks", form(typed...), asOwner...).want(t, 400, "Error: New webhook")
		h.open(t, "/admin/webhooks", form(append(typed, "version", "3")...), asOwner...).want(t, 400, "Error: New webhook")
		for i := 0; i < len(typed); i += 2 {
			if got := p.field(typed[i]); got != typed[i+1] {
				t.Errorf("%s came back as %q, want %q", typed[i], got, typed[i+1])
			}
		}
		for name, want := range map[string]string{
			"webhook_id":      "The ID contains /.",
			"url":             "The address begins with ftp:.",
			"header_template": "Line 1 of the headers: {{a is not complete.",
			"body_template":   "{{#products}} is never closed. Write {{/products}} after it.",
		} {
			if got := p.message(name); !strings.Contains(got, want) {
				t.Errorf("beside %s stands %q, want %q", name, got, want)
			}
			if link := p.Find(`a[href="#` + name + `"]`); link.Length() != 1 {
				t.Errorf("the summary has %d links to %s", link.Length(), name)
			}
		}
		if title := p.text("title"); !strings.HasPrefix(title, "Error: New webhook") {
			t.Errorf("the title is %q", title)
		}
		if focus := p.Find("[autofocus]"); focus.Length() != 1 || focus.AttrOr("tabindex", "") != "-1" || !strings.Contains(focus.Text()+focus.Parent().Text(), "4 problems") {
			t.Errorf("the focus is on %d elements: %q", focus.Length(), focus.Text())
		}
	})
	t.Run("A4 a limit of the instance stands in the summary", func(t *testing.T) {
		h.open(t, "/admin/webhooks", fine("one"), asOwner...).want(t, 303, "webhooks?saved=one")
		p := h.open(t, "/admin/webhooks", fine("two"), asOwner...).want(t, 403, "Error: New webhook")
		if !strings.Contains(p.text("body"), "as many webhooks as it may have: 1.") || p.field("webhook_id") != "two" {
			t.Errorf("the page says %q", p.text("body"))
		}
	})
	t.Run("A4 a taken ID", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", fine("one", "http_method", "PUT"), asOwner...).want(t, 409, "Error: New webhook")
		if got := p.message("webhook_id"); !strings.Contains(got, "There is already a webhook “one”.") || !strings.Contains(got, "one-2") {
			t.Errorf("the message is %q", got)
		}
		if p.Find(`a[href="webhooks/one/view"]`).Length() == 0 {
			t.Error("no link shows it")
		}
		if p.field("webhook_id") != "one" {
			t.Error("the ID that was typed is gone")
		}
	})
	t.Run("A4 a text over the API's limit still comes back", func(t *testing.T) {
		long := strings.Repeat("ü", 300<<10/2)
		p := h.open(t, "/admin/webhooks", fine("long", "body_template", long), asOwner...).want(t, 400, "Error: New webhook")
		if p.field("body_template") != long || !strings.Contains(p.message("body_template"), "At most 256 are allowed") {
			t.Errorf("%d bytes came back, with %q", len(p.field("body_template")), p.message("body_template"))
		}
	})
	t.Run("A4 over the form's limit", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", fine("long", "body_template", strings.Repeat("a", 1300<<10)), asOwner...).want(t, 413, "That is too much text")
		if !strings.Contains(p.text("body"), "1,200 KiB") && !strings.Contains(p.text("body"), "1.2 MiB") {
			t.Errorf("the limit is not said: %q", p.text("body"))
		}
		for _, path := range []string{"/one/edit", "/one/resume", "/recover", "/one/recover", "/forget", "/one/secret/rotate", "/one/deliveries/msg_1_0/redeliver"} {
			h.open(t, "/admin/webhooks"+path, "drop="+strings.Repeat("a", 1300<<10), asOwner...).want(t, 413, "That is too much text")
		}
	})
	t.Run("A4 what is no form, or broken", func(t *testing.T) {
		for _, test := range []struct{ kind, body string }{
			{"application/json", hook("a")},
			{"application/x-www-form-urlencoded", "url=%zz"},
			{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"url\"\r\n\r\nhttps"},
			{"multipart/form-data", "x"},
			{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"url\"\r\n\r\nhttps\r\n--x\r\nbroken"},
			{"multipart/form-data; boundary=x", strings.Repeat("--x\r\n\r\n\r\n", 1001) + "--x--"},
			{"nonsense;;", "url=x"},
		} {
			for _, path := range []string{"", "/preview"} {
				p := h.open(t, "/admin/webhooks"+path, test.body, append(asOwner, "Content-Type", test.kind)...)
				if p.StatusCode != 400 || !strings.Contains(p.text("body"), "The form could not be read whole.") {
					t.Errorf("%s: %d %q", test.kind, p.StatusCode, p.text("body"))
				}
				if strings.Contains(test.body, `name="url"`) && p.field("url") != "https" {
					t.Errorf("what came before the break is gone: %q", p.field("url"))
				}
			}
		}
	})
	t.Run("A4 a broken answer to a question is no answer", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks/one/resume", "x=%zz", asOwner...)
		if p.StatusCode != 400 {
			t.Errorf("%d %s", p.StatusCode, p.text("body"))
		}
	})
	t.Run("A4 a webhook to duplicate that is not there", func(t *testing.T) {
		h.open(t, "/admin/webhooks/new?from=nobody", "", asOwner...).want(t, 404, "There is no webhook “nobody”")
		h.open(t, "/admin/webhooks/new?from=a%00b", "", asOwner...).want(t, 404, "There is no webhook “a\uFFFDb”")
	})
	t.Run("A4 an instance that is not there", func(t *testing.T) {
		for path, body := range map[string]string{"": fine("a"), "/preview": fine("a"), "/a/edit": fine("a"), "/a/delete": "x=y", "/new": "", "/a/view": ""} {
			h.open(t, "/instances/nobody/admin/webhooks"+path, body, asOwner...).want(t, 404, "There is no instance “nobody”")
		}
	})
}

// TestDatabaseAway stops nothing but the pool, which is what a handler sees of a
// database that is away.
func TestDatabaseAway(t *testing.T) {
	h := newAdmin(t, nil)
	h.open(t, "/admin/webhooks", fine("a"), asOwner...)
	if _, err := h.db.Exec("REVOKE ALL ON ALL TABLES IN SCHEMA merchant_webhooks FROM CURRENT_USER; ALTER TABLE merchant_webhooks.webhook RENAME TO away"); err != nil {
		t.Fatal(err)
	}
	t.Run("A4 the text stays when it could not be saved", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", fine("b", "body_template", "mine"), append(asOwner, "X-Request-Id", "r-42")...).want(t, 500, "It could not be saved just now")
		if p.field("body_template") != "mine" || !strings.Contains(p.text("body"), "r-42") {
			t.Errorf("the page: %q, body %q", p.text("body"), p.field("body_template"))
		}
		p = h.open(t, "/admin/webhooks/a/edit", fine("a", "body_template", "mine", "version", "1"), asOwner...)
		if p.StatusCode != 500 || p.field("body_template") != "mine" {
			t.Errorf("edit: %d, body %q", p.StatusCode, p.field("body_template"))
		}
	})
	t.Run("R5 no page shows the cause, the log does once", func(t *testing.T) {
		for path, body := range map[string]string{"": "", "/a/view": "", "/a/edit": "", "/a/delete": "x=y"} {
			p := h.open(t, "/admin/webhooks"+path, body, asOwner...)
			if p.StatusCode != 500 || strings.Contains(string(p.body), "relation") || strings.Contains(string(p.body), "merchant_webhooks.") {
				t.Errorf("%s: %d %s", path, p.StatusCode, shortened(string(p.body)))
			}
		}
		if !strings.Contains(h.log.String(), "does not exist") {
			t.Error("the log does not hold the cause")
		}
	})
}
