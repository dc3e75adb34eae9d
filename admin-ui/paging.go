package adminui

import "html/template"

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
