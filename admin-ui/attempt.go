package adminui

import (
	"bytes"
	"encoding/hex"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// An attemptItem is a try in the list of them.
type attemptItem struct {
	Text     template.HTML
	Answered bool // well
	Address  string
	Detail   string
	// Came is what came back, of an earlier attempt than the newest.
	Came *cameSheet
}

// A cameSheet is an answer.
type cameSheet struct {
	Status  template.HTML
	Headers string
	Body    contentSheet
}

// attempts are the tries, newest first.
func (v DeliveryPage) attempts(m *maker) []attemptItem {
	items := make([]attemptItem, len(v.Attempts))
	for i, a := range v.Attempts {
		items[i] = attemptItem{
			Text:     m.attempt(a, v.Row.EventAt),
			Answered: webhook.FateOf(a.Status) == webhook.Delivered,
			Address:  a.Address,
			Detail:   a.Detail,
		}
		if i > 0 && a.Status != 0 {
			items[i].Came = v.came(m, a)
		}
	}
	return items
}

// attempt says when a try was and what it came to. The day is named where it is
// another one than the event's.
func (m *maker) attempt(a AttemptRow, happened time.Time) template.HTML {
	at := m.time(a.At)
	if m.Language.moment("time.date", a.At) == m.Language.moment("time.date", happened) {
		at = m.clock(a.At)
	}
	key, pairs := "one.attempt_earlier", []any{"number", a.Number, "time", at, "result", m.result(a)}
	if a.Most > 0 {
		key, pairs = "one.attempt", append(pairs, "most", a.Most)
	}
	if a.Duration <= 0 {
		return m.HTML(key+"_untimed", pairs...)
	}
	return m.HTML(key, append(pairs, "duration", m.duration(a.Duration))...)
}

// result is what a try came to.
func (m *maker) result(a AttemptRow) template.HTML {
	switch {
	case a.Status != 0:
		return statusLine(a.Status)
	case !a.Error.IsZero():
		return m.Language.MessageHTML(a.Error)
	}
	return m.HTML("one.no_answer")
}

// duration writes how long something took: 0.4 s, or 12 ms.
func (m *maker) duration(d time.Duration) string {
	const least = 100 * time.Millisecond
	if d < least {
		return m.Say("one.milliseconds", "n", max(1, d.Milliseconds()))
	}
	return m.Say("one.seconds", "seconds", m.Language.decimal(d.Seconds()))
}

// came is what came back at an attempt, secrets masked unless they are revealed.
func (v DeliveryPage) came(m *maker, a AttemptRow) *cameSheet {
	s := &cameSheet{Status: m.HTML("one.nothing_back")}
	if a.Status == 0 {
		return s
	}
	s.Status, s.Headers = statusLine(a.Status), a.AnswerHeaders
	if !v.Revealed {
		s.Headers = maskLines(a.AnswerHeaders)
	}
	if v.ErasedAt.IsZero() || len(a.Answer) > 0 {
		s.Body = m.content(wholeRunes(a.Answer), "one.no_answer_body")
	}
	return s
}

// maskLines masks the values of secret headers in lines of Name: value.
func maskLines(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		name, _, _ := strings.Cut(line, ":")
		if webhook.IsSecretHeader(name) {
			line = name + ": " + mask + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// wholeRunes takes the part of a character off the end, where an answer was cut.
func wholeRunes(content []byte) []byte {
	for cut := 1; cut < utf8.UTFMax && cut <= len(content); cut++ {
		start := len(content) - cut
		if utf8.RuneStart(content[start]) {
			if !utf8.FullRune(content[start:]) {
				return content[:start]
			}
			break
		}
	}
	return content
}

// A contentSheet is a body: a text, or how one begins that is none.
type contentSheet struct {
	Text longText
	// Says stands above what is no text, or in the place of nothing.
	Says template.HTML
	Hex  string
}

// content shows a body. The text of the key stands where it is empty.
func (m *maker) content(body []byte, none string) contentSheet {
	const beginning = 256
	switch {
	case len(body) == 0:
		return contentSheet{Says: m.HTML(none)}
	case isPrintable(body):
		return contentSheet{Text: m.long(string(body))}
	}
	return contentSheet{
		Says: m.HTML("one.no_text", "n", len(body)),
		Hex:  hex.Dump(body[:min(len(body), beginning)]),
	}
}

// isPrintable reports whether a body is text that a page can hold: none holds NUL.
func isPrintable(body []byte) bool { return utf8.Valid(body) && bytes.IndexByte(body, 0) < 0 }
