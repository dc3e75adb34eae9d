package adminui

import (
	"cmp"
	"html/template"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/text/language"
)

// Language is a language that the pages speak. A host makes one of the four
// fields and gives it in Options.Languages; the methods are for the languages
// that a UI gives back, which know what to read where a text is missing.
type Language struct {
	// Tag names it as BCP 47 does, such as "de" or "pt-BR". It decides the
	// plural forms (CLDR) and how numbers are written.
	Tag string
	// Name is the language's own name for itself, such as "Deutsch".
	Name string
	// Dir is the direction of its script, "ltr" or "rtl"; empty means "ltr".
	Dir string
	// Texts are its texts by the keys of Entries. A text that counts something
	// has one for each plural form, as "key#one" and "key#other", of the forms
	// zero, one, two, few, many and other that the language has; the number is
	// the placeholder {n}. A missing text is read in the language of the tag's
	// parent, else in English.
	Texts map[string]string

	tag  language.Tag
	next *Language // where to look for a text that is missing here
	// location is the zone of the times in what it says.
	location *time.Location
	// digits are its own; nil: not known.
	digits *[10]string
}

// Say gives the text of a key. The pairs are a placeholder's name and its
// value: ints are written as the language writes numbers, and the one named n
// chooses the plural form; times are written to the second in Options.Location,
// messages as they read, and events by their titles. A key that no language has is
// its own text.
func (l *Language) Say(key string, pairs ...any) string {
	return l.Message(webhook.Say(key, pairs...))
}

// Message gives a message of package webhook, or one made of any key here.
func (l *Language) Message(m webhook.Message) string {
	text, of, _ := l.find(m)
	return l.embed(of, fill(text, func(b *strings.Builder, name string) bool {
		value, ok := m.Args[name]
		if ok {
			b.WriteString(of.isolate(value))
		}
		return ok
	}))
}

// HTML is Say for a page: text and values are escaped, each string stands in a
// <bdi> so that its direction disturbs none around it, a time in a <time>, and
// a value of type template.HTML, such as a link within a sentence, stays as it
// is. A text that is missing in the language is marked as one of the language
// that it is in.
func (l *Language) HTML(key string, pairs ...any) template.HTML {
	return l.MessageHTML(webhook.Say(key, pairs...))
}

// MessageHTML is Message for a page, as HTML is Say. Of the zero Message it is
// empty.
func (l *Language) MessageHTML(m webhook.Message) template.HTML {
	text, of, _ := l.find(m)
	html := template.HTML(fill(string(escaped(text)), func(b *strings.Builder, name string) bool {
		value, ok := m.Args[name]
		if ok {
			b.WriteString(string(of.valueHTML(value)))
		}
		return ok
	}))
	if of.Tag != l.Tag {
		html = `<span lang="` + escaped(of.Tag) + `" dir="` + escaped(of.Dir) + `">` + html + `</span>`
	}
	return html
}

// EventTitle says in a few words what happened: in this language where it has
// a text for it, else as the event type itself does, or by its name.
func (l *Language) EventTitle(e webhook.EventType) string {
	return l.textOr("event."+e.Name+".title", cmp.Or(e.Title, e.Name))
}

// EventMeaning says in a sentence when the event is sent.
func (l *Language) EventMeaning(e webhook.EventType) string {
	return l.textOr("event."+e.Name+".meaning", e.Meaning)
}

// VariableMeaning says what an event's variable holds. A host's event may have
// one of the same name as an event of GNU Taler's with another meaning: then
// only a text of that event's own translates it.
func (l *Language) VariableMeaning(e webhook.EventType, v webhook.Variable) string {
	if text := l.textOr("event."+e.Name+".variable."+v.Name, ""); text != "" {
		return text
	}
	if v.Meaning != variableMeanings()[v.Name] {
		return v.Meaning
	}
	return l.textOr("variable."+v.Name, v.Meaning)
}

// textOr gives the text of a key, or other where no language has it.
func (l *Language) textOr(key, other string) string {
	if text, _, ok := l.find(webhook.Say(key)); ok {
		return text
	}
	return other
}

// fill writes values in the place of a text's placeholders, {name}. Two or more
// braces in a row are those of templates and stay; so does a placeholder that
// write knows no value of.
func fill(text string, write func(b *strings.Builder, name string) bool) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	b.Grow(2 * len(text))
	for text != "" {
		before, after, found := strings.Cut(text, "{")
		b.WriteString(before)
		more := len(after) - len(strings.TrimLeft(after, "{"))
		name, rest, _ := strings.Cut(after, "}")
		switch {
		case !found:
			text = ""
		case more > 0:
			b.WriteString(text[len(before) : len(before)+1+more])
			text = after[more:]
		case write(&b, name):
			text = rest
		default:
			b.WriteByte('{')
			text = after
		}
	}
	return b.String()
}
