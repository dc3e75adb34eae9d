package adminui

import (
	"html/template"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// countedTo is up to where webhooks are counted.
const countedTo = 10_000

// longURL is the most characters of an address in a list.
const longURL = 80

// A listSheet is what templates/list.html prints.
type listSheet struct {
	*maker
	View   List
	Notice notice
	Rows   []rowSheet
	Count  string
	Range  string
	// Newer and Older are addresses.
	Newer, Older string
	// The texts of each row's links, asked for once.
	Edit, Delete string
}

// A rowSheet is one row, ready to be printed: html/template's escapers would
// cost more than all else of a list. The attributes are links with their names.
type rowSheet struct {
	View         template.HTMLAttr
	ID, Event    template.HTML
	Target       template.HTML
	Edit, Delete template.HTMLAttr
}

// A notice tells what was just done.
type notice struct {
	Text template.HTML
	// Warns says that not all is well.
	Warns bool
	// Link and LinkText lead on; both may be empty.
	Link, LinkText string
}

func (v List) sheet(m *maker) sheet {
	s := listSheet{
		maker: m, View: v, Notice: v.notice(m), Rows: v.rows(m),
		Edit: m.Say("list.edit"), Delete: m.Say("list.delete"),
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
	if v.Count > countedTo {
		count, shown, v.Count = "list.count_more", "list.range_more", countedTo
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
	rows := make([]rowSheet, len(v.Rows))
	for i, row := range v.Rows {
		event, ok := events[row.Event.Name]
		if !ok {
			event = m.event(row.Event)
			events[row.Event.Name] = event
		}
		rows[i] = rowSheet{
			View:   href(m.to(row.ID, "view"), ""),
			ID:     template.HTML(template.HTMLEscapeString(row.ID)),
			Event:  event,
			Target: template.HTML(template.HTMLEscapeString(row.Method + " " + cutMiddle(webhook.MaskURL(row.URL, mask), longURL))),
		}
		if m.CanWrite {
			rows[i].Edit = href(m.to(row.ID, "edit"), m.Say("list.edit_id", "id", row.ID))
			rows[i].Delete = href(m.to(row.ID, "delete"), m.Say("list.delete_id", "id", row.ID))
		}
	}
	return rows
}

// href is the address of a link, and its name where its text says too little.
func href(address, name string) template.HTMLAttr {
	attributes := `href="` + template.HTMLEscapeString(address) + `"`
	if name != "" {
		attributes += ` aria-label="` + template.HTMLEscapeString(name) + `"`
	}
	return template.HTMLAttr(attributes)
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
