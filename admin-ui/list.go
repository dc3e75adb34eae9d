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
	Paging paging
	// Deliveries and Why are addresses.
	Deliveries, Why string
	// AsOf says of when the page is, where something on it will change.
	AsOf template.HTML
}

// isPending reports whether the row will change by itself.
func (r Row) isPending() bool {
	return r.Account.Last.State == statePending || r.Account.Waiting > 0
}

func (v List) sheet(m *maker) sheet {
	s := listSheet{
		maker: m, View: v, Notice: v.notice(m), Rows: m.rows(v.Rows), Count: m.counted("list.count", v.Count),
		Paging:     m.paging(m.Say("list.pages"), m.List(), v.Newer, v.Older),
		Deliveries: m.List() + "/deliveries", Why: m.List() + "/why",
	}
	if slices.ContainsFunc(v.Rows, Row.isPending) {
		s.AsOf = m.asOf("") // this page, wherever in the list it is
	}
	if v.First > 0 {
		s.Paging.Range = m.counted("list.range", v.Count, "first", v.First, "last", v.First+len(v.Rows)-1)
	}
	return sheet{template: "list", title: m.Say("list.title"), data: s}
}

// Listed reports whether there is a list to show, even if nothing in it matches.
func (s listSheet) Listed() bool { return s.View.Count > 0 || s.View.Search != "" }

func (v List) notice(m *maker) notice {
	switch {
	case v.Saved != "":
		text, lead := "list.saved", "list.show_page"
		if v.SavedBreaks {
			text, lead = "list.saved_breaks", "list.see_how"
		}
		n := notice{Text: m.HTML(text, "id", v.Saved), Warns: v.SavedBreaks, Link: link(m.to(v.Saved, "view"), m.HTML(lead))}
		if m.CanWrite {
			n.Test = m.post(v.Saved, "test", m.HTML("view.test"))
		}
		return n
	case v.Deleted != "":
		return notice{Text: m.HTML("list.deleted", "id", v.Deleted)}
	case v.Gone != "":
		return notice{Text: m.HTML("list.gone", "id", v.Gone), Warns: true}
	}
	return notice{}
}
