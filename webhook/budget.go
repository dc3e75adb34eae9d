package webhook

import (
	"bytes"
	"context"
	"strings"
)

// The budget of one expansion. A list can be entered again within itself, so a
// short template over little data can ask for gigabytes.
const (
	// maxExpandedBytes is the most that comes out.
	maxExpandedBytes = 1 << 20
	// maxTagsEntered is the most tags that are entered, each as often as its
	// section is. One that begins a line, with more behind it, counts twice.
	maxTagsEntered = 20_000

	// maxViews is the most values that are made ready for json tags.
	maxViews = 5 * maxTagsEntered
	// maxTexts is how many pieces of its own text a template writes at most. The
	// Mustache package writes one before each tag and one at the end, be they
	// empty, and another before a tag that begins a line, as the first may.
	maxTexts = maxTagsEntered + 2
)

// valueMark begins whatever a value writes. Templates and data are UTF-8, so
// nothing else holds this byte.
const valueMark = "\xff"

// output takes an expansion as it comes and ends it by an error when the budget
// is used up or the context has ended. The Mustache package heeds the error of
// the template's own text alone, which follows each value.
type output struct {
	ctx   context.Context
	field string
	text  strings.Builder
	texts int
	err   error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err == nil {
		o.err = o.take(p)
	}
	return len(p), o.err
}

func (o *output) take(p []byte) error {
	if err := o.ctx.Err(); err != nil {
		return err
	}
	value, isValue := bytes.CutPrefix(p, []byte(valueMark))
	if !isValue {
		o.texts++
	}
	if o.texts > maxTexts || o.text.Len()+len(value) > maxExpandedBytes {
		return o.overBudget()
	}
	if isValue && o.field == FieldHeaderTemplate && bytes.ContainsAny(value, "\r\n") {
		line := 1 + strings.Count(o.text.String(), "\n")
		return o.refuse(Say("header_template.value_line_break", "line", line))
	}
	o.text.Write(value)
	return nil
}

func (o *output) overBudget() error {
	return o.refuse(Say(o.field+".budget", "size", maxExpandedBytes>>20, "tags", maxTagsEntered))
}

func (o *output) refuse(m Message) error {
	return &Problem{Code: CodeJSONInvalid, Field: o.field, Message: m}
}
