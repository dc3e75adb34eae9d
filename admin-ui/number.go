package adminui

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// pluralForms are the names of the plural forms, in CLDR's words.
var pluralForms = map[plural.Form]string{
	plural.Zero:  "zero",
	plural.One:   "one",
	plural.Two:   "two",
	plural.Few:   "few",
	plural.Many:  "many",
	plural.Other: "other",
}

// counted is the placeholder whose number chooses the plural form.
const counted = "n"

// find looks a message's text up, in the form for its number, and says of which
// language it is: this one, or the next that has it. Where none has it the
// text is the key.
func (l *Language) find(m webhook.Message) (text string, of *Language, found bool) {
	n, counts := integer(m.Args[counted])
	for at := l; at != nil; at = at.next {
		if counts {
			if text, ok := at.Texts[m.Key+"#"+at.form(n)]; ok {
				return text, at, true
			}
		}
		if text, ok := at.Texts[m.Key]; ok {
			return text, at, true
		}
		if text, ok := at.Texts[m.Key+"#other"]; ok {
			return text, at, true
		}
	}
	return m.Key, l, false
}

// form is the plural form that the language uses for a number.
func (l *Language) form(n int64) string {
	if n < 0 {
		n = -n
	}
	// The last seven digits decide in every language, and fit any int.
	const enough = 10_000_000
	if n >= enough {
		n = n%enough + enough
	}
	return pluralForms[plural.Cardinal.MatchPlural(l.tag, int(n), 0, 0, 0, 0)]
}

// value writes a placeholder's value: numbers as the language does.
func (l *Language) value(v any) string {
	if n, ok := integer(v); ok {
		return l.number(n)
	}
	switch v := v.(type) {
	case webhook.Message:
		return l.Message(v)
	case time.Time:
		return l.moment("time.full", v)
	case webhook.EventType:
		return l.EventTitle(v)
	case []webhook.EventType:
		titles := make([]string, len(v))
		for i, event := range v {
			titles[i] = l.EventTitle(event)
		}
		return strings.Join(titles, ", ")
	}
	return fmt.Sprint(v)
}

func (l *Language) valueHTML(v any) template.HTML {
	switch v := v.(type) {
	case template.HTML:
		return v
	case webhook.Message:
		return l.MessageHTML(v)
	case time.Time:
		return timeElement(v, l.value(v))
	}
	text := escaped(l.value(v))
	if _, ok := integer(v); ok {
		return text
	}
	return "<bdi>" + text + "</bdi>"
}

// number writes a number with the language's digits and separators.
func (l *Language) number(n int64, options ...number.Option) string {
	if n >= 0 && n < 1000 && l.digits != nil && len(options) == 0 { // nothing separates its digits
		var b strings.Builder
		l.writeDigits(&b, int(n), 1)
		return b.String()
	}
	return message.NewPrinter(l.tag).Sprint(number.Decimal(n, options...))
}

// decimal writes a number with one digit behind the point.
func (l *Language) decimal(x float64) string {
	return message.NewPrinter(l.tag).Sprint(number.Decimal(x, number.Scale(1)))
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}
