package adminui

import (
	"html/template"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// heading is a page's heading as HTML and as text, of a text with values; after
// a refusal it says so.
func (m *maker) heading(problems webhook.Problems, key string, pairs ...any) (template.HTML, string) {
	html, text := m.HTML(key, pairs...), m.Say(key, pairs...)
	if len(problems) == 0 {
		return html, text
	}
	return m.HTML("page.heading_error", "heading", html), m.Say("page.heading_error", "heading", text)
}

// A backLink leads from a page to the one above it.
type backLink struct {
	Address string
	Text    template.HTML
}

// A notice tells what was just done.
type notice struct {
	Text template.HTML
	// Warns says that not all is well.
	Warns bool
	// Test is a button that sends a test event; the zero button: it is not there.
	Test postButton
	// Link leads on; it may be empty.
	Link template.HTML
}

// A postButton is a form of one button, for [[template "post" .]].
type postButton struct {
	Fields []Field
	Action string
	Text   template.HTML
}

// post makes a button that posts to an address of a webhook's.
func (m *maker) post(id, page string, text template.HTML) postButton {
	return postButton{Fields: m.Fields, Action: m.to(id, page), Text: text}
}

// A paging leads from a page of a list to those before and after it, for
// [[template "paging" .]].
type paging struct {
	*maker
	// Name says what the pages are of.
	Name string
	// Newer and Older are addresses; empty: there is no such page.
	Newer, Older string
	// Range says which rows this page shows; it may be empty.
	Range template.HTML
}

// paging makes one of the queries of the pages around this one.
func (m *maker) paging(name, address, newer, older string) paging {
	p := paging{maker: m, Name: name}
	if newer != "" {
		p.Newer = address + newer
	}
	if older != "" {
		p.Older = address + older
	}
	return p
}

// radios are a question with answers to choose from, for [[template "radios" .]].
type radios struct {
	Legend  template.HTML
	Name    string // of the field
	Options []radio
}

type radio struct {
	Value   string
	Text    template.HTML
	Checked bool
}
