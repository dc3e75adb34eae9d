package adminui

import (
	"html/template"
	"strings"
)

// escaped is a text for a page: between tags, or in an attribute's quotes.
func escaped(text string) template.HTML { return template.HTML(template.HTMLEscapeString(text)) }

// link is a link of a text that is ready for the page.
func link(address string, text template.HTML) template.HTML {
	return `<a class="mw-link" href="` + escaped(address) + `">` + text + `</a>`
}

// typed is a text that somebody typed: it has its own direction.
func typed(text string) template.HTML {
	return `<span dir="auto">` + escaped(text) + `</span>`
}

// linkAside is a link that opens beside the page, so that a form stays.
func linkAside(address, text string) template.HTML {
	return `<a class="mw-link" target="_blank" rel="noopener" href="` + escaped(address) + `">` + escaped(text) + `</a>`
}

// code is a piece of text that a program reads.
func code(text string) template.HTML {
	return `<code class="mw-tag" dir="ltr">` + escaped(text) + `</code>`
}

// A markup is HTML that is made without a template. Literals go into it, and
// what is escaped; the compiler takes no other string.
type markup struct{ b strings.Builder }

func (m *markup) grow(size int) { m.b.Grow(size) }

func (m *markup) html() template.HTML { return template.HTML(m.b.String()) }

func (m *markup) add(parts ...template.HTML) {
	for _, part := range parts {
		m.b.WriteString(string(part))
	}
}

// fill adds a pattern with its value.
func (m *markup) fill(p pattern, value template.HTML) {
	for i, part := range p {
		if i > 0 {
			m.add(value)
		}
		m.b.WriteString(part)
	}
}

// A pattern is HTML with gaps for a value, as the parts around them: what is
// looked up once, and filled for each row.
type pattern []string

// gap stands for the value where a pattern is made.
const gap = "\x01"

func patternOf(html template.HTML) pattern { return strings.Split(string(html), gap) }
