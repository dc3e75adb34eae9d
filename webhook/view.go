package webhook

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// views adds to an event's data what a template's json and form tags ask for.
// The Mustache package can print nothing for what is missing, so each name that
// the template has must be there.
type views struct {
	roots    map[string]paths
	sections map[string]bool
	// left is how many more views may be made; below 0 there were too many, and
	// what came out is not complete.
	left int
}

// dress gives a copy of a value in which it, and each object that the sections
// lead to, has its own json and form.
func (b *views) dress(v any) any {
	switch v := v.(type) {
	case object:
		dressed := make(object, len(v)+len(b.roots))
		for name, inner := range v {
			if b.sections[name] {
				inner = b.dress(inner)
			}
			dressed[name] = inner
		}
		for root, below := range b.roots {
			dressed[root] = b.view(v, below, root == formRoot)
		}
		return dressed
	case list:
		dressed := make([]any, len(v), len(v)+1)
		for i, item := range v {
			dressed[i] = b.dress(item)
		}
		return newList(dressed, jsonOf(v))
	default:
		return v
	}
}

// view is a value as JSON, or encoded for a form, with such a view at each of
// the names below it.
func (b *views) view(v any, below paths, forForm bool) any {
	b.left--
	var own any = jsonOf(v)
	if forForm {
		own = encoded(jsonOf(v))
	}
	if len(below) == 0 {
		return own
	}
	view := make(object, len(below)+1)
	view[jsonKey] = own
	fields, _ := v.(object)
	for name, further := range below {
		if b.left < 0 {
			break
		}
		view[name] = b.view(fields[name], further, forForm)
	}
	return view
}

// encoded is JSON that prints as a value in a form (the media type
// application/x-www-form-urlencoded). A space is %20 and not +, so that it may
// stand in any part of a URL too.
type encoded string

// Format prints a text's characters, nothing for null and all else as JSON,
// percent-encoded.
func (v encoded) Format(f fmt.State, _ rune) {
	var s string
	if json.Unmarshal([]byte(v), &s) != nil { // no text, and not null
		s = string(v)
	}
	printValue(f, strings.ReplaceAll(url.QueryEscape(s), "+", "%20"))
}
