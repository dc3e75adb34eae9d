package main

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// TestA9Keyboard does everything without a mouse: with Tab, Enter, Space, and
// the arrow that goes through a group of radio buttons.
func TestA9Keyboard(t *testing.T) {
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		p.TabTo("Sign out")
		p.Submit(browser.Space)
		p.Open("/login?next=/admin/webhooks")
		if focused := p.Focused(); focused != "Username" {
			t.Errorf("the focus is on %q", focused)
		}
		p.Type("demo")
		p.TabTo("Password")
		p.Type("demo")
		p.Submit(browser.Enter)

		p.TabTo("Create your first webhook")
		p.Submit(browser.Enter)
		p.TabTo("An order was paid")
		p.Press(browser.Down)
		p.TabTo("Send to this address")
		p.Type("htps://erp.example.com")
		p.Submit(browser.Enter)
		if p.Status != 400 || p.Focused() != "There is 1 problem." {
			t.Errorf("Enter in a field: %d, the focus is on %q", p.Status, p.Focused())
		}
		p.TabTo("The address begins with htps:")
		p.Press(browser.Enter)
		if focused := p.Focused(); focused != "Send to this address" {
			t.Errorf("the summary leads to %q", focused)
		}
		p.SelectAll()
		p.Type(address)
		p.TabTo("Headers and body")
		p.Press(browser.Enter)
		p.TabTo("Body")
		p.TabTo("ID")
		p.Type("by-keyboard")
		p.TabTo("Preview")
		p.Submit(browser.Space)
		p.Shows("With example data this would be sent")
		p.TabTo("Save")
		p.Submit(browser.Enter)
		p.Shows("“by-keyboard” is saved.", "A refund was granted")

		p.TabTo("Show its page")
		p.TabTo("ID, address or event")
		p.Type("keyb")
		p.Submit(browser.Enter)
		p.Shows("1 webhook")
		p.TabTo("by-keyboard")
		p.Submit(browser.Enter)
		p.TabTo("For programs")
		p.Press(browser.Space)
		p.Shows("curl")
		p.Open("/admin/webhooks")
		p.TabTo("Edit “by-keyboard”")
		p.Submit(browser.Enter)
		p.TabTo("Send to this address")
		p.SelectAll()
		p.Type("https://other.example/")
		p.Submit(browser.Enter)
		p.Shows("“by-keyboard” is saved.")
		if got := s.read("by-keyboard"); got.URL != "https://other.example/" || got.Event != "refund" {
			t.Errorf("it is stored as %+v", got)
		}
		p.TabTo("Delete “by-keyboard”")
		p.Submit(browser.Enter)
		p.TabTo("Delete")
		p.Submit(browser.Space)
		p.Shows("“by-keyboard” is deleted.")
	})
}

// TestA10Layout wants one main part and one heading in the host's layout, and
// the keyboard's way past its navigation.
func TestA10Layout(t *testing.T) {
	s := newSite(t)
	s.create("one", address, nil)
	p := s.sitDown("demo")
	for _, page := range []string{"/admin/webhooks", "/admin/webhooks/new", "/admin/webhooks/one/view", "/admin/webhooks/one/delete", "/admin/webhooks/none/view"} {
		p.Open(page)
		var counts map[string]int
		p.Eval(&counts, `Object.fromEntries(["main", "h1", "header", "title", "[autofocus]"].map(s => [s, document.querySelectorAll(s).length]))`)
		if counts["main"] != 1 || counts["h1"] != 1 || counts["header"] != 1 || counts["title"] != 1 || counts["[autofocus]"] > 1 {
			t.Errorf("%s has %v", page, counts)
		}
	}
	p.Open("/admin/webhooks")
	p.Press(browser.Tab)
	if focused := p.Focused(); focused != "Skip to the content" {
		t.Errorf("the first stop of Tab is %q", focused)
	}
}

// TestA11German reads the pages in German, whose words are longer.
func TestA11German(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	p.Speaks("de-CH, en;q=0.5")
	p.Open("/admin/webhooks")
	p.Shows("Noch keine Webhooks.")
	p.Check("A11 the empty list in German")
	p.Click("Ersten Webhook anlegen")
	p.Fill("An diese Adresse senden", "ftp://erp.example.com/")
	p.Click("Speichern")
	p.Shows("Es gibt ein Problem.", "Die Adresse beginnt mit ftp:. Sie muss mit https:// oder http:// beginnen.")
	p.Check("A11 a refused form in German")
	p.Fill("An diese Adresse senden", address)
	p.Click("Vorschau")
	p.Check("A11 a preview in German")
	p.Click("Speichern")
	p.Shows("„pay-erp.example.com“ ist gespeichert.")
	var lang string
	if p.Eval(&lang, `document.querySelector(".merchant-webhooks").lang`); lang != "de" {
		t.Errorf("the pages say that they are in %q", lang)
	}
	p.Check("A11 the list in German")
}
