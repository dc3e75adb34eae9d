package webhook

import (
	"strings"
	"unicode"
)

// maxDelimiterBytes bounds what {{=<% %>=}} may set: the Mustache package
// compares a delimiter anew at every byte.
const maxDelimiterBytes = 16

// A tag is one tag of a template, as its author wrote it.
type tag struct {
	// kind is the sign before the name (# ^ / > < = ! & {), 0 where there is none.
	kind byte
	name string
	// source is the whole tag with its delimiters; where its end is missing, all
	// that follows.
	source   string
	line     int
	complete bool
	// start is where source begins in the template, in bytes.
	start int
	// left and right are the delimiters in force.
	left, right string
}

func (t tag) end() int { return t.start + len(t.source) }

// tagReader cuts a template into tags just as the Mustache package does. That
// package does not tell where its tags stand, and where it does, in its errors,
// it is a line off after each tag that stands alone on its line.
type tagReader struct {
	text        string
	at, line    int
	left, right string
}

func newTagReader(text string) *tagReader {
	return &tagReader{text: text, line: 1, left: "{{", right: "}}"}
}

// next gives the next tag, or false when there is none.
func (r *tagReader) next() (tag, bool) {
	skipped := strings.Index(r.text[r.at:], r.left)
	if skipped < 0 {
		return tag{}, false
	}
	start := r.at + skipped
	r.line += strings.Count(r.text[r.at:start], "\n")
	t := tag{line: r.line, start: start, left: r.left, right: r.right}

	inside := start + len(r.left)
	end := r.right
	if strings.HasPrefix(r.text[inside:], "{") {
		end = "}" + r.right
	}
	length := strings.Index(r.text[inside:], end)
	if length < 0 {
		t.source, r.at = r.text[start:], len(r.text)
		return t, true
	}
	r.at = inside + length + len(end)
	t.source = r.text[start:r.at]
	r.line += strings.Count(t.source, "\n")
	t.name = strings.TrimSpace(r.text[inside : r.at-len(r.right)])
	t.complete = true
	if t.name != "" && strings.IndexByte("#^/><=!&{", t.name[0]) >= 0 {
		t.kind, t.name = t.name[0], t.name[1:]
	}
	if t.kind == '{' {
		t.name, t.complete = strings.CutSuffix(t.name, "}")
	}
	t.name = strings.TrimSpace(t.name)
	return t, true
}

// setDelimiters follows a tag such as {{=<% %>=}}, whose name is "<% %>=". It
// reports whether it is one.
func (r *tagReader) setDelimiters(t tag) bool {
	pair, closed := strings.CutSuffix(t.name, "=")
	left, right, _ := strings.Cut(strings.TrimSpace(pair), " ")
	if !closed || !isDelimiter(left) || !isDelimiter(right) {
		return false
	}
	r.left, r.right = left, right
	return true
}

func isDelimiter(s string) bool {
	return s != "" && len(s) <= maxDelimiterBytes && !strings.Contains(s, "=") && strings.IndexFunc(s, unicode.IsSpace) < 0
}

// swallowed reports whether the name holds what no name does: a line break, or
// the beginning of another tag. Then the tag's own end is missing.
func (r *tagReader) swallowed(t tag) bool {
	return strings.ContainsAny(t.name, "\r\n") || strings.Contains(t.name, r.left)
}

// write puts a tag together in the delimiters in force.
func (r *tagReader) write(sign, name string) string {
	return r.left + sign + shorten(name) + r.right
}
