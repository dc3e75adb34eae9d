package adminui

import (
	"html/template"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const (
	// longURL is the most characters of an address in a list.
	longURL = 80
	// longRow is the most bytes that most rows have.
	longRow = 1 << 10
)

// A rowWriter writes the rows of the list. They do not stand in its template,
// whose actions would take longer than all else of the page: here what is the
// same in each row is made once.
type rowWriter struct {
	*maker
	markup
	edit, remove rowLink
	events       map[string]template.HTML
	outcomes     map[string]pattern // by the key of their text
}

// A rowLink leads from a row to a page of its webhook. Its name holds the ID.
type rowLink struct {
	page, text template.HTML
	name       pattern
}

// rows are those of the list.
func (m *maker) rows(rows []Row) template.HTML {
	w := rowWriter{
		maker:    m,
		edit:     rowLink{"edit", m.HTML("view.edit"), patternOf(escaped(m.Say("list.edit_id", "id", gap)))},
		remove:   rowLink{"delete", m.HTML("delete.delete"), patternOf(escaped(m.Say("list.delete_id", "id", gap)))},
		events:   map[string]template.HTML{},
		outcomes: map[string]pattern{},
	}
	w.grow(len(rows) * longRow)
	for _, row := range rows {
		w.row(row)
	}
	return w.html()
}

func (w *rowWriter) row(r Row) {
	id, pages := escaped(r.ID), escaped(w.to(r.ID, ""))
	target := escaped(r.Method + " " + cutMiddle(webhook.MaskURL(r.URL, mask), longURL))
	w.add(`<tr role="row"><th role="rowheader" scope="row"><a class="mw-link" dir="auto" href="`, pages, `view">`, id, `</a></th>`)
	w.add(`<td role="cell">`, w.event(r.Event), `</td><td role="cell"><span class="mw-mono" dir="ltr">`, target, `</span></td><td role="cell">`)
	w.last(r.Account)
	w.add(`</td>`)
	if w.CanWrite {
		w.add(`<td role="cell" class="mw-end"><span class="mw-row-links">`)
		w.link(w.edit, pages, id)
		w.add(` `)
		w.link(w.remove, pages, id)
		w.add(`</span></td>`)
	}
	w.add("</tr>\n")
}

// event is an event as the maker names it.
func (w *rowWriter) event(e webhook.EventType) template.HTML {
	name, ok := w.events[e.Name]
	if !ok {
		name = w.maker.event(e)
		w.events[e.Name] = name
	}
	return name
}

// link writes a link to a page of the webhook with the ID, below pages.
func (w *rowWriter) link(l rowLink, pages, id template.HTML) {
	w.add(`<a class="mw-link" href="`, pages, l.page, `" aria-label="`)
	w.fill(l.name, id)
	w.add(`">`, l.text, `</a>`)
}

// cutMiddle shortens a text to so many characters, in its middle.
func cutMiddle(s string, most int) string {
	if len(s) <= most {
		return s
	}
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	start := most / 2
	return string(runes[:start]) + "…" + string(runes[len(runes)-(most-start-1):])
}
