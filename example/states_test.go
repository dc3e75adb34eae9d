package main

import (
	"strconv"
	"strings"
	"testing"
)

// TestA9States judges the states that the other tests do not come through, and
// A4 keeps what was typed in each.
func TestA9States(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	for path, test := range map[string]struct {
		status int
		shows  string
	}{
		"/admin/webhooks/none/view":                {404, "There is no webhook “none”"},
		"/admin/webhooks/none/edit":                {404, "There is no webhook “none”"},
		"/admin/webhooks/none/nothing":             {404, "There is no page at this address"},
		"/instances/none/admin/webhooks":           {404, "There is no instance “none”"},
		"/instances/sandbox/admin/webhooks":        {200, "Instance: sandbox"},
		"/instances/sandbox/admin/webhooks/new":    {200, "Instance: sandbox"},
		"/admin/webhooks?saved=none&deleted=other": {200, "“other” is deleted."},
	} {
		p.Open(path)
		if p.Status != test.status {
			t.Errorf("%s: %d, want %d", path, p.Status, test.status)
		}
		p.Shows(test.shows)
		p.Check(path)
	}

	fill := func(bytes int) {
		p.Open("/admin/webhooks/new")
		p.Fill("Send to this address", address)
		p.Unfold("Headers and body")
		p.Eval(nil, "document.getElementById('body_template').value = 'ü'.repeat("+strconv.Itoa(bytes/2)+"), undefined")
		p.Choose("My own text")
	}
	fill(257 << 10)
	if p.Click("Save"); p.Status != 400 || len(p.Value("Body")) != 257<<10 {
		t.Errorf("A4 a body that is too long is answered with %d and comes back with %d bytes", p.Status, len(p.Value("Body")))
	}
	p.Shows("The body has 257 KiB. At most 256 are allowed.")
	fill(3 << 19) // three times as much when it is sent
	if p.Click("Save"); p.Status != 413 {
		t.Errorf("A4 a form that is too large is answered with %d", p.Status)
	}
	p.Shows("That is too much text", "A form may have 4 MiB. Headers may have 16 KiB, the body 256 KiB.")
	p.Check("A4 too large")

	p.Open("/admin/webhooks/new")
	p.Eval(nil, "document.getElementById('mw-form').action = '/admin/webhooks/none/view', undefined")
	if p.Click("Save"); p.Status != 405 {
		t.Errorf("a form sent to where none is taken is answered with %d", p.Status)
	}
	p.Check("a wrong method")
}

// TestA4DatabaseAway saves while the database is away, and again when it is
// back.
func TestA4DatabaseAway(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	p.Click("Create your first webhook")
	p.Fill("Send to this address", address)
	rename := func(from, to string) {
		t.Helper()
		if _, err := s.db.Exec("ALTER SCHEMA " + from + " RENAME TO " + to); err != nil {
			t.Fatal(err)
		}
	}
	rename("merchant_webhooks", "away")
	if p.Click("Save"); p.Status != 500 || p.Value("Send to this address") != address {
		t.Errorf("it is answered with %d and the address %q", p.Status, p.Value("Send to this address"))
	}
	p.Shows("It could not be saved just now", "Nothing was changed, your text is below. Try again in a minute.", " UTC")
	if text := p.Text(); strings.Contains(text, "merchant_webhooks") || strings.Contains(text, "SQL") {
		t.Error("the page tells of the database")
	}
	p.Check("A4 the database away")
	list := p.Beside()
	if list.Open("/admin/webhooks"); list.Status != 500 {
		t.Errorf("the list without a database is %d", list.Status)
	}
	list.Check("A4 the list, the database away")
	rename("away", "merchant_webhooks")
	p.Click("Save")
	p.Shows("“pay-erp.example.com” is saved.")
}
