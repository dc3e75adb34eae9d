package adminui

import (
	"html/template"
	"slices"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// longURL is the most characters of an address in a list.
const longURL = 80

// A listSheet is what templates/list.html prints.
type listSheet struct {
	*maker
	View   List
	Notice notice
	Rows   []rowSheet
	// HasLast says that there is a column for the last deliveries.
	HasLast bool
	Count   string
	Range   string
	// These are addresses; Newer and Older may be empty.
	Newer, Older, Deliveries, Why string
	// AsOf says of when the page is, where something on it will change.
	AsOf template.HTML
}

// isPending reports whether the row will change by itself.
func (r Row) isPending() bool {
	return r.Account != nil && (r.Account.Last.State == statePending || r.Account.Waiting > 0)
}

// A rowSheet is one row, each cell ready to be printed: html/template's escapers
// would cost more than all else of a list. Last is empty where the list has no
// column for it; Links are Edit and Delete, empty for who may only read.
type rowSheet struct{ ID, Event, Target, Last, Links template.HTML }

// A notice tells what was just done.
type notice struct {
	Text template.HTML
	// Warns says that not all is well.
	Warns bool
	// Test is where a button posts to that sends a test event; empty: there is
	// none.
	Test string
	// Link and LinkText lead on; both may be empty.
	Link, LinkText string
}

func (v List) sheet(m *maker) sheet {
	s := listSheet{
		maker: m, View: v, Notice: v.notice(m), Rows: v.rows(m),
		Deliveries: m.List() + "/deliveries", Why: m.List() + "/why",
	}
	s.HasLast = len(s.Rows) > 0 && s.Rows[0].Last != ""
	if slices.ContainsFunc(v.Rows, Row.isPending) {
		s.AsOf = m.asOf("") // this page, wherever in the list it is
	}
	if v.Saved != "" && v.SavedCanTest && m.CanWrite {
		s.Notice.Test = m.to(v.Saved, "test")
	}
	s.countAll()
	if v.Newer != "" {
		s.Newer = m.List() + v.Newer
	}
	if v.Older != "" {
		s.Older = m.List() + v.Older
	}
	return sheet{template: "list", title: m.Say("list.title"), data: s}
}

// Listed reports whether there is a list to show, even if nothing in it matches.
func (s listSheet) Listed() bool { return s.View.Count > 0 || s.View.Search != "" }

// countAll says how many there are, and which of them the page shows.
func (s *listSheet) countAll() {
	v := s.View
	count, shown := "list.count", "list.range"
	if v.More {
		count, shown = "list.count_more", "list.range_more"
	}
	s.Count = s.Say(count, "n", v.Count)
	if v.First > 0 && (v.Newer != "" || v.Older != "") {
		s.Range = s.Say(shown, "first", v.First, "last", v.First+len(v.Rows)-1, "n", v.Count)
	}
}

func (v List) notice(m *maker) notice {
	switch {
	case v.Saved != "" && v.SavedBreaks:
		return notice{
			Text: m.HTML("list.saved_breaks", "id", v.Saved), Warns: true,
			Link: m.to(v.Saved, "view"), LinkText: m.Say("list.see_how"),
		}
	case v.Saved != "":
		return notice{
			Text: m.HTML("list.saved", "id", v.Saved),
			Link: m.to(v.Saved, "view"), LinkText: m.Say("list.show_page"),
		}
	case v.Deleted != "":
		return notice{Text: m.HTML("list.deleted", "id", v.Deleted)}
	case v.Gone != "":
		return notice{Text: m.HTML("list.gone", "id", v.Gone), Warns: true}
	}
	return notice{}
}

func (v List) rows(m *maker) []rowSheet {
	events := map[string]template.HTML{}
	edit, remove := m.rowLink("list.edit", "list.edit_id"), m.rowLink("list.delete", "list.delete_id")
	hasLast := slices.ContainsFunc(v.Rows, func(row Row) bool { return row.Account != nil })
	rows := make([]rowSheet, len(v.Rows))
	for i, row := range v.Rows {
		event, ok := events[row.Event.Name]
		if !ok {
			event = m.event(row.Event)
			events[row.Event.Name] = event
		}
		id := template.HTMLEscapeString(row.ID)
		page := template.HTMLEscapeString(m.to(row.ID, ""))
		target := row.Method + " " + cutMiddle(webhook.MaskURL(row.URL, mask), longURL)
		rows[i] = rowSheet{
			ID:     template.HTML(`<a class="mw-link" dir="auto" href="` + page + `view">` + id + `</a>`),
			Event:  event,
			Target: template.HTML(template.HTMLEscapeString(target)),
		}
		if hasLast {
			rows[i].Last = m.last(row.Account)
		}
		if m.CanWrite {
			rows[i].Links = edit(page+"edit", id) + " " + remove(page+"delete", id)
		}
	}
	return rows
}

// rowLink gives a function that makes a link of an address and an ID, both
// escaped. The texts are the link's and, with the ID in it, its name.
func (m *maker) rowLink(text, name string) func(address, id string) template.HTML {
	const place = "\x01"
	begin, end, _ := strings.Cut(template.HTMLEscapeString(m.Say(name, "id", place)), place)
	text = template.HTMLEscapeString(m.Say(text))
	return func(address, id string) template.HTML {
		return template.HTML(`<a class="mw-link" href="` + address + `" aria-label="` + begin + id + end + `">` + text + `</a>`)
	}
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
