package adminui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A checker says what is wrong with an element; nil: nothing.
type checker func(*html.Node) error

// check reports what the checkers say about a page.
func check(t *testing.T, page *html.Node, checkers ...checker) {
	t.Helper()
	for _, c := range checkers {
		if err := c(page); err != nil {
			t.Error(err)
		}
	}
}

// in wants exactly one element that the selector fits and applies the checkers
// to it. A selector is tags, #ids, .classes, [attributes] and
// [attributes="values"], with descendants after a space.
func in(selector string, checkers ...checker) checker {
	return func(n *html.Node) error {
		found := all(n, selector)
		if len(found) != 1 {
			return fmt.Errorf("%d elements are %s, want 1", len(found), selector)
		}
		for _, c := range checkers {
			if err := c(found[0]); err != nil {
				return fmt.Errorf("in %s: %w", selector, err)
			}
		}
		return nil
	}
}

// none wants no element that the selector fits.
func none(selector string) checker { return count(selector, 0) }

// count wants so many elements that the selector fits.
func count(selector string, want int) checker {
	return func(n *html.Node) error {
		if got := len(all(n, selector)); got != want {
			return fmt.Errorf("%d elements are %s, want %d", got, selector, want)
		}
		return nil
	}
}

// hasText wants the text within an element's, white space not counted.
func hasText(want string) checker {
	return func(n *html.Node) error {
		if got := text(n); !strings.Contains(got, want) {
			return fmt.Errorf("the text is %q, want %q in it", got, want)
		}
		return nil
	}
}

// isText wants the text to be the element's, white space not counted.
func isText(want string) checker {
	return func(n *html.Node) error {
		if got := text(n); got != want {
			return fmt.Errorf("the text is %q, want %q", got, want)
		}
		return nil
	}
}

// lacksText wants the text not within the element's.
func lacksText(unwanted string) checker {
	return func(n *html.Node) error {
		if got := text(n); strings.Contains(got, unwanted) {
			return fmt.Errorf("the text %q holds %q", got, unwanted)
		}
		return nil
	}
}

// has wants an attribute with the value.
func has(name, want string) checker {
	return func(n *html.Node) error {
		if got, ok := attribute(n, name); !ok || got != want {
			return fmt.Errorf("%s is %q, want %q", name, got, want)
		}
		return nil
	}
}

// lacks wants an attribute not to be there.
func lacks(name string) checker {
	return func(n *html.Node) error {
		if got, ok := attribute(n, name); ok {
			return fmt.Errorf("%s is %q, want none", name, got)
		}
		return nil
	}
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// rawText is all text in a node as it stands.
func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func text(n *html.Node) string { return strings.Join(strings.Fields(rawText(n)), " ") }

// all gives the elements below a node that the selector fits, in their order.
func all(n *html.Node, selector string) []*html.Node {
	found := []*html.Node{n}
	for simple := range strings.FieldsSeq(selector) {
		var below []*html.Node
		for _, outer := range found {
			for d := range outer.Descendants() {
				if d.Type == html.ElementNode && fits(d, simple) && !slices.Contains(below, d) {
					below = append(below, d)
				}
			}
		}
		found = below
	}
	return found
}

// fits reports whether a selector without descendants fits an element.
func fits(n *html.Node, simple string) bool {
	for simple != "" {
		kind, rest := simple[0], simple
		if strings.IndexByte("#.[", kind) >= 0 {
			rest = simple[1:]
		}
		end := strings.IndexAny(rest, "#.[")
		if kind == '[' {
			end = strings.IndexByte(rest, ']')
		}
		if end < 0 {
			end = len(rest)
		}
		part := rest[:end]
		simple = strings.TrimPrefix(rest[end:], "]")
		switch kind {
		case '#':
			if id, _ := attribute(n, "id"); id != part {
				return false
			}
		case '.':
			if classes, _ := attribute(n, "class"); !slices.Contains(strings.Fields(classes), part) {
				return false
			}
		case '[':
			name, want, valued := strings.Cut(part, "=")
			got, ok := attribute(n, name)
			if !ok || valued && got != strings.Trim(want, `"`) {
				return false
			}
		default:
			if n.Data != part {
				return false
			}
		}
	}
	return true
}
