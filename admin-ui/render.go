package adminui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/url"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// mask stands in the place of a secret.
const mask = "•••"

// shellSize is the most bytes that a document usually has around its page.
const shellSize = 2 << 10

//go:embed templates/*.html
var templateFiles embed.FS

// parseTemplates reads the templates. Their delimiters leave {{ and }} to the
// templates of webhooks.
func parseTemplates() (*template.Template, error) {
	return template.New("").Delims("[[", "]]").ParseFS(templateFiles, "templates/*.html")
}

// A sheet is what a view prepares for its template.
type sheet struct {
	template string
	// title is the heading as text.
	title string
	data  any
}

// A maker makes the sheet of one page; the templates ask it for texts.
type maker struct {
	ui *UI
	Request
}

// Say is a text for an attribute or where plain text is wanted.
func (m *maker) Say(key string, pairs ...any) string { return m.Language.Say(key, pairs...) }

// HTML is a text for the page.
func (m *maker) HTML(key string, pairs ...any) template.HTML {
	return m.Language.HTML(key, pairs...)
}

// Alone reports whether no host's layout is around the page.
func (m *maker) Alone() bool { return !m.InLayout }

// List is the address of the list.
func (m *maker) List() string { return m.Base + "webhooks" }

// New is the address of the form for a new webhook.
func (m *maker) New() string { return m.List() + "/new" }

// to is the address of a page of a webhook: view, edit or delete; empty: what
// these begin with.
func (m *maker) to(id, page string) string { return m.List() + "/" + url.PathEscape(id) + "/" + page }

// event names an event in words and as programs do.
func (m *maker) event(e webhook.EventType) template.HTML {
	return m.HTML("page.event", "title", m.Language.EventTitle(e), "name", e.Name)
}

// Render makes a page of a view, to be sent with the status.
func (u *UI) Render(status int, r Request, v View) (Page, error) {
	s := v.sheet(&maker{ui: u, Request: r})
	body, err := u.execute(s.template, s.data)
	if err != nil {
		return Page{}, err
	}
	head, err := u.execute("head", headOf(u, r))
	if err != nil {
		return Page{}, err
	}
	return Page{
		Status: status,
		Lang:   r.Language.Tag,
		Dir:    r.Language.Dir,
		Title:  u.fullTitle(r.Language, s),
		Head:   head,
		Body:   body,
	}, nil
}

// execute gives what a template prints.
func (u *UI) execute(name string, data any) (template.HTML, error) {
	b := u.buffers.Get().(*bytes.Buffer)
	defer u.buffers.Put(b)
	b.Reset()
	if err := u.templates.ExecuteTemplate(b, name, data); err != nil {
		return "", fmt.Errorf("rendering %s: %w", name, err)
	}
	return template.HTML(b.String()), nil
}

// fullTitle is a page's title: its heading, then what it is a part of.
func (u *UI) fullTitle(l *Language, s sheet) string {
	switch list := s.template == "list"; {
	case list && u.title == "":
		return s.title
	case list:
		return l.Say("page.title_list", "site", u.title)
	case u.title == "":
		return l.Say("page.title_no_site", "heading", s.title)
	}
	return l.Say("page.title", "heading", s.title, "site", u.title)
}

// A head is what the template of that name prints.
type head struct{ Style, Script, Nonce string }

func headOf(u *UI, r Request) head {
	assets := r.Base + "webhook-assets/"
	return head{Style: assets + u.style, Script: assets + u.script, Nonce: r.Nonce}
}

// A document is what the template of that name prints.
type document struct {
	Page
	Site, Skip string
}

// Document makes a page complete, for a host without a layout.
func (u *UI) Document(p Page) ([]byte, error) {
	var whole bytes.Buffer
	whole.Grow(len(p.Head) + len(p.Body) + shellSize) // one copy of what can be megabytes
	d := document{Page: p, Site: u.title, Skip: u.Language(p.Lang).Say("page.skip")}
	if err := u.templates.ExecuteTemplate(&whole, "document", d); err != nil {
		return nil, fmt.Errorf("rendering a page alone: %w", err)
	}
	return whole.Bytes(), nil
}
