package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// address is one that a merchant was given by another program.
const address = "https://erp.example.com/hook"

// eachWay does something in a browser with scripts and in one without.
func eachWay(t *testing.T, do func(t *testing.T, s *site, p *browser.Page), change ...func(*settings)) {
	for _, name := range []string{"with scripts", "without scripts"} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, change...)
			p := browser.New(t, s.URL)
			if name == "without scripts" {
				p.NoScripts()
			}
			do(t, s, s.letIn(p, "demo"))
		})
	}
}

// TestA2Create goes from the empty list to a webhook that was looked at before
// it was saved, with only an address typed.
func TestA2Create(t *testing.T) {
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		p.Shows("A webhook tells another program at once", "No webhooks yet.", "Has another program or a service given you an address")
		p.Check("A1 the empty list")
		p.Actions = 0
		p.Click("Create your first webhook")
		p.Check("A2 a new form")
		p.Fill("Send to this address", address)
		p.Click("Preview")
		p.Shows("With example data this would be sent to erp.example.com:", "POST /hook", "The body is valid JSON, with unusual values too")
		if title := p.Title(); title != "Preview: New webhook – Webhooks – Example shop" || p.Status != 200 {
			t.Errorf("A3 the preview is %d %q", p.Status, title)
		}
		if _, list := s.ask(http.MethodGet, "", nil); list != `{"webhooks":[]}` {
			t.Errorf("A3 a preview stores something: %s", list)
		}
		p.Check("A3 a preview")
		p.Click("Save")
		if p.Actions > 6 {
			t.Errorf("%d clicks and fields from the empty list to a webhook, at most 6 are allowed", p.Actions)
		}
		t.Logf("%d clicks and fields from the empty list to a webhook", p.Actions)
		p.Shows("“pay-erp.example.com” is saved.", "1 webhook", "An order was paid", "POST "+address)
		p.Check("A5 the list with a notice")
		if list := s.curl(http.MethodGet, "", nil); list != `{"webhooks":[{"webhook_id":"pay-erp.example.com","event_type":"pay"}]}` {
			t.Errorf("the API does not show it at once: %s", list)
		}

		p.Reload()
		p.Shows("1 webhook")
		again := p.Beside()
		again.Open("/admin/webhooks/new")
		again.Fill("Send to this address", address)
		again.Click("Save")
		again.Shows("“pay-erp.example.com” is saved.", "1 webhook")

		p.Click("Show its page")
		p.Shows("pay-erp.example.com", "Active", "An order was paid", "POST "+address, "Content-Type: application/json")
		p.Unfold("For programs")
		p.Check("A1 the page of a webhook")
		p.Click("Duplicate")
		if got := p.Value("Send to this address"); got != address {
			t.Errorf("the duplicate's address is %q", got)
		}
		p.Check("A2 a duplicate's form")
		p.Click("Cancel")
		p.Shows("1 webhook")
	})
}

// TestA4Refused has a form refused, mends it, and loses nothing.
func TestA4Refused(t *testing.T) {
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		s.create("taken", address, nil)
		p.Open("/admin/webhooks/new")
		p.Choose("A refund was granted")
		p.Fill("Send to this address", "ftp://erp.example.com/")
		p.Select("Method", "PUT")
		p.Choose("My own text")
		if !p.Has("Body", "textbox") {
			p.Unfold("Headers and body")
		}
		const body = "one\n{{#products}}\nthree </textarea> <b> &amp; ü 😀"
		p.Fill("Headers", "Content-Type: text/plain\nX-Shop")
		p.Fill("Body", body)
		p.Fill("ID", "a/b")
		p.Click("Save")
		if title := p.Title(); p.Status != 400 || title != "Error: New webhook – Webhooks – Example shop" {
			t.Errorf("it is answered with %d %q", p.Status, title)
		}
		if focused := p.Focused(); focused != "There are 4 problems." {
			t.Errorf("the focus is on %q, not on the summary", focused)
		}
		p.Shows("There are 4 problems.", "The address begins with ftp:. It must begin with https:// or http://.",
			"Line 2 of the body: {{#products}} is never closed. Write {{/products}} after it.",
			"Line 2 of the headers is not of the form Name: value", "The ID contains /.")
		p.Check("A4 a refused form")
		for label, want := range map[string]string{
			"Send to this address": "ftp://erp.example.com/", "Method": "PUT", "Headers": "Content-Type: text/plain\nX-Shop", "Body": body, "ID": "a/b",
		} {
			if got := p.Value(label); got != want {
				t.Errorf("%s was %q and comes back as %q", label, want, got)
			}
		}
		if !p.Chosen("A refund was granted") || !p.Chosen("My own text") {
			t.Error("what was chosen is not chosen any more")
		}
		p.Follow("The address begins with ftp:")
		if focused := p.Focused(); focused != "Send to this address" {
			t.Errorf("the summary leads to %q", focused)
		}
		if _, list := s.ask(http.MethodGet, "", nil); strings.Contains(list, "refund") {
			t.Errorf("a refused form stored something: %s", list)
		}

		p.Fill("Send to this address", address)
		p.Fill("Headers", "Content-Type: text/plain")
		p.Fill("Body", body+"{{/products}}")
		p.Fill("ID", "taken")
		p.Click("Save")
		if p.Status != 409 {
			t.Errorf("a taken ID is answered with %d", p.Status)
		}
		p.Shows("There is already a webhook “taken”.", "Choose another ID, such as taken-2.")
		if got := p.Value("ID"); got != "taken" {
			t.Errorf("the ID that was typed comes back as %q", got)
		}
		p.Check("A4 a taken ID")
		p.Fill("ID", "free")
		p.Click("Save")
		p.Shows("“free” is saved.")
		want := body + "{{/products}}" // with line breaks as programs write them
		header := "Content-Type: text/plain"
		if got := s.read("free"); got.Body != want || got.Header != header || got.Method != "PUT" || got.Event != "refund" {
			t.Errorf("it is stored as %+v", got)
		}
	})
}

// TestA1_A8_List searches, pages, edits and deletes in a long list, and looks at
// it as somebody who may only read.
func TestA1_A8_List(t *testing.T) {
	s := newSite(t)
	for i := range 52 {
		s.create(fmt.Sprintf("shop-%02d", i), fmt.Sprintf("https://user:geheim@erp-%02d.example.com/%s", i, strings.Repeat("x", i*3)), nil)
	}
	p := s.sitDown("demo")
	p.Shows("52 webhooks", "1–50 of 52", "shop-51")
	if text := p.Text(); strings.Contains(text, "geheim") || !strings.Contains(text, "user:•••@") {
		t.Error("A8 the list shows a password, or does not say that it hides one")
	}
	p.Check("A1 the first page of a long list")
	p.Click("Older")
	p.Shows("51–52 of 52", "shop-00")
	p.Check("A1 the last page of a long list")
	p.Click("Newer")
	p.Shows("1–50 of 52")
	p.Fill("ID, address or event", "ERP-07")
	p.Click("Search")
	p.Shows("1 webhook", "shop-07")
	p.Check("A1 a search")
	p.Fill("ID, address or event", "<nothing>")
	p.Submit(browser.Enter)
	p.Shows("No webhook matches “<nothing>”.")
	p.Check("A1 a search without a hit")
	p.Click("Show all")
	p.Shows("52 webhooks")

	viewer := s.sitDown("viewer")
	viewer.Shows("52 webhooks")
	for _, name := range []string{"New webhook", "Edit “shop-51”", "Delete “shop-51”"} {
		if viewer.Has(name, "link", "button") {
			t.Errorf("who may only read is offered %q", name)
		}
	}
	viewer.Check("A1 the list, read only")
	viewer.Click("shop-51")
	viewer.Shows("shop-51")
	if viewer.Has("Edit", "link") || viewer.Has("Delete", "link") {
		t.Error("who may only read is offered to change")
	}
	viewer.Check("the page of a webhook, read only")
	if viewer.Open("/admin/webhooks/new"); viewer.Status != 403 {
		t.Errorf("who may only read gets the form: %d", viewer.Status)
	}
	viewer.Shows("You may not do this")
	viewer.Check("may not")
}

// TestA3Preview shows what would be sent, and what would break it.
func TestA3Preview(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	broken := `{"summary": "{{{contract_terms.summary}}}"}`
	header := "Content-Type: application/json"
	s.create("breaks", address+"?a=1", func(w *stored) { w.Body, w.Header = broken, header })
	p.Open("/admin/webhooks/breaks/view")
	p.Shows("The body can break")
	p.Check("V8 the page of a webhook that can break")
	p.Click("Edit")
	p.Click("Preview")
	p.Shows("POST /hook?a=1", "Content-Type: application/json", "but breaks when contract_terms.summary is", "{{{json.contract_terms.summary}}}")
	if focused := p.Focused(); !strings.HasPrefix(focused, "With example data this would be sent") {
		t.Errorf("the focus is on %q, not on the preview", focused)
	}
	p.Check("A3 a preview that can break")
	p.Click("Save")
	p.Shows("“breaks” is saved, but its body can break.")
	p.Check("V8 the notice")
	p.Click("See how")
	p.Shows("The body can break")
	p.Click("Edit")
	p.Fill("Body", `{"summary": {{{json.contract_terms.summary}}}, "nothing": "{{no_such}}"`)
	p.Click("Preview")
	p.Shows("The body is not valid JSON.", "this event has no “no_such”")
	p.Check("A3 a preview that is broken")
	p.Fill("Body", `{"summary": {{{json.contract_terms.summary}}}}`)
	p.Click("Preview")
	p.Shows("The body is valid JSON, with unusual values too")
	p.Unfold("The same, indented")
	p.Check("A3 a preview, indented")
	p.Click("Save")
	p.Shows("“breaks” is saved.")
}

// TestScreenshots takes the README's pictures, if SCREENSHOTS says where to.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("make screenshots takes the pictures")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.create("pay-erp.example.com", address, nil)
	s.create("old-crm", "https://shop:secret@crm.example/refunds", func(w *stored) { w.Event = "refund" })
	s.create("team-chat", "https://chat.example/hooks/6f3b", func(w *stored) { w.Event = "order_created" })
	p := s.sitDown("demo")
	picture := func(name string) {
		for _, scheme := range []string{browser.Light, browser.Dark} {
			p.Look(1000, scheme)
			p.Screenshot(fmt.Sprintf("%s/%s-%s.png", dir, name, scheme))
		}
	}
	picture("list")
	p.Click("New webhook")
	p.Fill("Send to this address", "https://books.example/webhooks")
	picture("form")
	p.Choose("Only the order's ID")
	p.Click("Preview")
	picture("preview")
}
