package webhook

import "strings"

// A node is a piece of a template: text, a variable, or a section with what is
// within it.
type node struct {
	// tag is the zero tag for text.
	tag
	// text is what text prints, and at where it begins in the template.
	text string
	at   int
	// inner are the nodes within a section, and closes where its closing tag ends.
	inner  []*node
	closes int
}

func (n *node) isText() bool    { return n.source == "" }
func (n *node) isSection() bool { return n.kind == '#' || n.kind == '^' }

// raw reports whether a variable's value is printed as it is.
func (n *node) raw() bool { return n.kind == '{' || n.kind == '&' }

// written is what a variable prints of a value that it found.
func (n *node) written(v any) string {
	if n.raw() {
		return printed(v)
	}
	return escapeHTML(printed(v))
}

// parseTree makes the nodes of a template that parseTemplate accepts. It cuts
// text as the Mustache package does, line ends of tags that stand alone on their
// lines left out; FuzzTrace holds that both print the same.
func parseTree(text string) []*node {
	nodes, _ := newTagReader(text).nodes()
	return nodes
}

// nodes reads up to the end of the section that they are in, and gives where the
// tag ends that closes it.
func (r *tagReader) nodes() (nodes []*node, closes int) {
	for {
		from := r.at
		t, ok := r.next()
		if !ok {
			return append(nodes, &node{text: r.text[from:], at: from}), 0
		}
		end := t.start
		if begin, alone := r.standsAlone(t, from); alone {
			end = begin
			r.at += strings.IndexByte(r.text[r.at:], '\n') + 1 // 0 at the end
			r.line++
		}
		nodes = append(nodes, &node{text: r.text[from:end], at: from})
		switch t.kind {
		case '!':
		case '=':
			r.setDelimiters(t)
		case '/':
			return nodes, t.end()
		case '#', '^':
			section := &node{tag: t}
			section.inner, section.closes = r.nodes()
			nodes = append(nodes, section)
		default:
			nodes = append(nodes, &node{tag: t})
		}
	}
}

// standsAlone reports whether nothing but blanks is on the line of a tag that
// prints nothing, and where the blanks in front of it begin.
func (r *tagReader) standsAlone(t tag, from int) (begin int, alone bool) {
	if t.kind == 0 || t.kind == '{' || t.kind == '&' {
		return 0, false
	}
	begin = from + len(strings.TrimRight(r.text[from:t.start], " \t"))
	if begin > 0 && r.text[begin-1] != '\n' {
		return 0, false
	}
	rest := strings.TrimLeft(r.text[r.at:], " \t")
	return begin, r.at == len(r.text) || strings.HasPrefix(rest, "\n") || strings.HasPrefix(rest, "\r\n")
}
