package adminui

import (
	"html/template"
	"slices"
)

// A listSheet is what templates/list.html prints.
type listSheet struct {
	*maker
	View   List
	Notice notice
	Rows   template.HTML
	Count  template.HTML
	Range  template.HTML
	// These are addresses; Newer and Older may be empty.
	Newer, Older, Deliveries, Why string
	// AsOf says of when the page is, where something on it will change.
	AsOf template.HTML
}

// isPending reports whether the row will change by itself.
func (r Row) isPending() bool {
	return r.Account.Last.State == statePending || r.Account.Waiting > 0
}

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
		maker: m, View: v, Notice: v.notice(m), Rows: m.rows(v.Rows),
		Deliveries: m.List() + "/deliveries", Why: m.List() + "/why",
	}
	if slices.ContainsFunc(v.Rows, Row.isPending) {
		s.AsOf = m.asOf("") // this page, wherever in the list it is
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
	s.Count = s.counted("list.count", v.Count)
	if v.First > 0 && (v.Newer != "" || v.Older != "") {
		s.Range = s.counted("list.range", v.Count, "first", v.First, "last", v.First+len(v.Rows)-1)
	}
}

func (v List) notice(m *maker) notice {
	switch {
	case v.Saved != "":
		n := notice{Text: m.HTML("list.saved", "id", v.Saved), Link: m.to(v.Saved, "view"), LinkText: m.Say("list.show_page")}
		if v.SavedBreaks {
			n.Text, n.Warns, n.LinkText = m.HTML("list.saved_breaks", "id", v.Saved), true, m.Say("list.see_how")
		}
		if m.CanWrite {
			n.Test = m.to(v.Saved, "test")
		}
		return n
	case v.Deleted != "":
		return notice{Text: m.HTML("list.deleted", "id", v.Deleted)}
	case v.Gone != "":
		return notice{Text: m.HTML("list.gone", "id", v.Gone), Warns: true}
	}
	return notice{}
}
