package main

import (
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// TestA2Script has the small script do at once what the server does when the
// form is posted.
func TestA2Script(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	p.Open("/admin/webhooks/new")
	p.Unfold("Headers and body")
	paid := p.Value("Body")
	p.Choose("A refund was granted")
	if got := p.Value("Body"); got == paid || !strings.Contains(got, "refund") {
		t.Errorf("the body does not follow the event: %q", got)
	}
	p.Shows("Variables of “A refund was granted”")
	if strings.Contains(p.Text(), "Variables of “An order was paid”") {
		t.Error("the variables of another event stay")
	}
	p.Choose("Only the order's ID")
	only := p.Value("Body")
	if !strings.Contains(only, "order_id") || strings.Contains(only, "amount") {
		t.Errorf("the body does not follow the choice: %q", only)
	}

	p.Fill("Send to this address", "https://books.example/hook")
	p.Fill("Body", `{"order": }`)
	if !p.Chosen("My own text") {
		t.Error("what was typed is not called one's own text")
	}
	p.Press(browser.Left)
	p.Push("{{{json.order_id}}}")
	if got := p.Value("Body"); got != `{"order": {{{json.order_id}}}}` || p.Focused() != "Body" {
		t.Errorf("the variable was put into %q, the focus is on %q", got, p.Focused())
	}

	const spoken = `[...document.querySelectorAll("[aria-live=polite]")].map(e => e.textContent).join("")`
	p.Until(spoken + `.startsWith("The body is valid JSON") && document.body.innerText.includes('{"order": "')`)
	p.Shows("With example data this would be sent to books.example:", "POST /hook")
	if focused := p.Focused(); focused != "Body" {
		t.Errorf("the preview takes the focus away: it is on %q", focused)
	}
	p.Check("A3 a preview that follows typing")
	p.Type("!")
	p.Until(spoken + `.startsWith("The body is not valid JSON")`)
	p.Choose("Only the order's ID")
	if got := p.Value("Body"); got != only {
		t.Errorf("an offered text is %q", got)
	}
	p.Choose("My own text")
	if got := p.Value("Body"); got != `{"order": {{{json.order_id}}}!}` {
		t.Errorf("one's own text comes back as %q", got)
	}
	p.Choose("Only the order's ID")
	p.Click("Save")
	p.Shows("“refund-books.example” is saved.")
	if got := s.read("refund-books.example"); got.Body != only {
		t.Errorf("it is stored as %+v", got)
	}
}
