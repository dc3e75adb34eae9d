package main

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// TestA6Together edits and deletes beside somebody else: nothing is lost.
func TestA6Together(t *testing.T) {
	s := newSite(t)
	header := "Content-Type: text/plain\nAuthorization: Bearer one"
	s.create("shared", address, func(w *stored) { w.Header = header })
	anna, ben := s.sitDown("demo"), s.sitDown("demo")
	ben.NoScripts()
	anna.Open("/admin/webhooks/shared/edit")
	ben.Open("/admin/webhooks/shared/edit")

	anna.Fill("Send to this address", "https://anna.example/")
	anna.Fill("Headers", "Content-Type: text/plain\nAuthorization: Bearer anna")
	anna.Click("Save")
	anna.Shows("“shared” is saved.")
	ben.Fill("Send to this address", "https://ben.example/")
	ben.Click("Save")
	if ben.Status != 409 {
		t.Errorf("the later Save is answered with %d", ben.Status)
	}
	ben.Shows("This webhook was changed while you were editing it (", "Now stored", "Yours", "https://anna.example/", "https://ben.example/",
		"differs (hidden)", "The form below holds yours.")
	ben.Check("A6 changed meanwhile")
	if got := s.read("shared").URL; got != "https://anna.example/" {
		t.Errorf("the later Save overwrote what it was not shown: %s", got)
	}
	ben.Click("Save mine")
	ben.Shows("“shared” is saved.")
	if got := s.read("shared").URL; got != "https://ben.example/" {
		t.Errorf("Save mine stored %s", got)
	}

	anna.Open("/admin/webhooks/shared/edit")
	ben.Open("/admin/webhooks/shared/edit")
	ben.Fill("Send to this address", "https://ben.example/2")
	ben.Click("Save")
	anna.Fill("Send to this address", "https://anna.example/2")
	anna.Click("Save")
	anna.Click("Take what is stored")
	if got := anna.Value("Send to this address"); got != "https://ben.example/2" {
		t.Errorf("what is stored is %q in the form", got)
	}
	anna.Click("Save")
	anna.Shows("“shared” is saved.")

	ben.Open("/admin/webhooks/shared/delete")
	ben.Shows("Delete “shared”?", "From now on nothing is sent to ben.example when: An order was paid")
	ben.Check("A6 the question before a deletion")
	ben.Click("Cancel")
	s.read("shared")
	ben.Open("/admin/webhooks/shared/delete")
	anna.Open("/admin/webhooks/shared/delete")
	anna.Click("Delete")
	anna.Shows("“shared” is deleted.")
	anna.Check("A6 the list after a deletion")
	ben.Click("Delete")
	ben.Shows("“shared” no longer exists.")

	s.create("gone", address, nil)
	anna.Open("/admin/webhooks/gone/edit")
	s.curl(http.MethodDelete, "/gone", nil)
	anna.Fill("Send to this address", "https://anna.example/3")
	anna.Click("Save")
	if anna.Status != 404 {
		t.Errorf("a Save after a deletion is answered with %d", anna.Status)
	}
	anna.Shows("“gone” was deleted while you were editing it. Your text is below.")
	anna.Check("A6 deleted meanwhile")
	anna.Click("Create it anew")
	anna.Shows("“gone” is saved.")
	if got := s.read("gone").URL; got != "https://anna.example/3" {
		t.Errorf("it is created anew with %s", got)
	}
}

// TestA6Unchanged saves what a program made without a change, and wants every
// byte of it back: browsers send other line breaks, and leave out the first.
func TestA6Unchanged(t *testing.T) {
	texts := map[string]string{
		"lf":       "one\ntwo\n",
		"crlf":     "one\r\ntwo\r\n",
		"mixed":    "one\r\ntwo\nthree",
		"first":    "\n\none",
		"first-rn": "\r\n{{order_id}}",
		"newline":  "\n",
		"signs": "  \t </textarea><script>alert(1)</script> &lt; &amp;lt; <!-- {{{json.order_id}}} [[.]] {{! [[ }}" +
			" {{=<% %>=}} <%order_id%> Käse 😀 \u00a0\u200d\ufeff  ",
	}
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		header := "Content-Type: text/plain\nX-Shop: one\n"
		for id, text := range texts {
			s.create(id, address, func(w *stored) { w.Body, w.Header = text, header })
			for _, way := range []string{"Save", "Preview"} {
				p.Open("/admin/webhooks/" + id + "/edit")
				if got := p.Value("Send to this address"); got != address {
					t.Errorf("%s: the form of what curl made has the address %q", id, got)
				}
				if way == "Preview" {
					p.Click("Preview")
				}
				p.Click("Save")
				p.Shows("“" + id + "” is saved.")
				if got := s.read(id); got.Body != text || got.Header != header {
					t.Errorf("%s, %s: %q was saved unchanged and is stored as %q", way, id, text, got.Body)
				}
			}
		}
	})
}

// TestC10IDs goes the whole way with IDs that are hard on links.
func TestC10IDs(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	for _, id := range []string{"Käse für 2+2", "100% a%2Fb:c", "new", "preview", "assets", "...", "a?b#c&d=e\"<b>'"} {
		s.create(id, address, nil)
		p.Open("/admin/webhooks")
		p.Click(id)
		if p.Status != 200 || p.Path() != "/admin/webhooks/"+url.PathEscape(id)+"/view" {
			t.Errorf("%s: its page is %d at %s", id, p.Status, p.Path())
		}
		p.Shows(id)
		if id != "new" && id != "preview" {
			p.Open("/admin/webhooks/" + url.PathEscape(id))
			p.Shows(id)
		}
		p.Click("Edit")
		p.Shows("Edit “" + id + "”")
		p.Fill("Send to this address", "https://new.example/")
		p.Click("Preview")
		p.Click("Save")
		p.Shows("“" + id + "” is saved.")
		if got := s.read(id).URL; got != "https://new.example/" {
			t.Errorf("%s: stored with %s", id, got)
		}
		p.Click("Delete “" + id + "”")
		p.Shows("Delete “" + id + "”?")
		p.Click("Delete")
		p.Shows("“" + id + "” is deleted.")
		if status, _ := s.ask(http.MethodGet, "/"+url.PathEscape(id), nil); status != 404 {
			t.Errorf("%s: it is still there: %d", id, status)
		}
	}
}
