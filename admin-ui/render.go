package adminui

import (
	"fmt"
	"html/template"
)

// A maker makes one page.
type maker struct {
	*UI
	Request
}

// A page is what a template prints.
type page struct {
	title string
}

// Render makes a page of a view, to be sent with the status.
func (u *UI) Render(status int, r Request, v View) (Page, error) {
	p, err := v.page(&maker{UI: u, Request: r})
	if err != nil {
		return Page{}, fmt.Errorf("rendering a page: %w", err)
	}
	h1 := template.HTMLEscapeString(p.title)
	return Page{
		Status: status, Lang: r.Language.Tag, Dir: r.Language.Dir, Title: p.title,
		Body: template.HTML(`<div class="merchant-webhooks"><h1>` + h1 + `</h1></div>`),
	}, nil
}

// Document makes a page complete, for a host without a layout.
func (u *UI) Document(p Page) ([]byte, error) {
	return []byte("<!doctype html><title>" + template.HTMLEscapeString(p.Title) + "</title>" + string(p.Body)), nil
}

func (v List) page(*maker) (page, error)    { return page{title: "Webhooks"}, nil }
func (v Form) page(*maker) (page, error)    { return page{title: "New webhook"}, nil }
func (v Detail) page(*maker) (page, error)  { return page{title: v.Webhook.ID}, nil }
func (v Delete) page(*maker) (page, error)  { return page{title: v.Webhook.ID}, nil }
func (v Apology) page(*maker) (page, error) { return page{title: "Sorry"}, nil }
