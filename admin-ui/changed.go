package adminui

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A changedSheet compares what is stored now with what the reader has typed
// (templates/changed.html): the fields that differ.
type changedSheet struct {
	Lead template.HTML
	Rows []changedRow
	Take string // the address that shows what is stored
}

type changedRow struct {
	Field         string
	Stored, Yours []changedLine // none: the field is empty
}

// A changedLine is a line of a field. Skipped stands for lines that both have, and
// for those after maxLines.
type changedLine struct {
	Text             string
	Differs, Skipped bool
}

// contextLines is how many equal lines are shown around those that differ.
const contextLines = 2

// maxLines is how many lines of a text are shown at most; a text can have more
// than two hundred thousand.
const maxLines = 500

func (m *maker) changed(c Changed, yours Values) changedSheet {
	s := changedSheet{Lead: m.HTML("changed.lead", "time", m.minute(c.At)), Take: m.to(c.Stored.WebhookID, "edit")}
	stored := c.Stored
	for _, field := range []struct {
		name         string
		stored, your shownText
	}{
		{webhook.FieldEventType, m.eventText(stored.EventType), m.eventText(yours.EventType)},
		{webhook.FieldURL, m.secretURL(stored.URL, yours.URL), m.secretURL(yours.URL, stored.URL)},
		{webhook.FieldHTTPMethod, plainText(stored.HTTPMethod), plainText(yours.HTTPMethod)},
		{webhook.FieldHeaderTemplate, m.secretHeaders(stored.HeaderTemplate), m.secretHeaders(yours.HeaderTemplate)},
		{webhook.FieldBodyTemplate, plainText(stored.BodyTemplate), plainText(yours.BodyTemplate)},
	} {
		if slices.Equal(field.stored.lines, field.your.lines) {
			continue
		}
		left, right := compare(field.stored.aligned(), field.your.aligned())
		if !differ(left) && !differ(right) {
			hidden := []changedLine{{Text: m.Say("changed.hidden"), Differs: true}}
			left, right = hidden, hidden
		}
		s.Rows = append(s.Rows, changedRow{Field: m.Say("field." + field.name), Stored: left, Yours: right})
	}
	return s
}

// A shownText is a text by its lines: as it is, for comparing; with its secrets
// masked; and with the words for a secret that differs in their place.
type shownText struct{ lines, masked, hidden []string }

// aligned makes the text's forms have the same lines. Where masking has taken
// lines away, what can be shown is all that can be compared.
func (t shownText) aligned() shownText {
	if len(t.masked) != len(t.lines) || len(t.hidden) != len(t.lines) {
		return shownText{t.masked, t.masked, t.masked}
	}
	return t
}

func differ(shown []changedLine) bool {
	return slices.ContainsFunc(shown, func(line changedLine) bool { return line.Differs })
}

// lines are a text's lines, whatever ends them.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(webhook.PlainLines(text), "\n")
}

func plainText(text string) shownText {
	all := lines(text)
	return shownText{all, all, all}
}

func (m *maker) eventText(name string) shownText {
	event, ok := m.ui.events.Lookup(name)
	if !ok {
		return plainText(name)
	}
	return plainText(m.Say("page.event", "title", m.Language.EventTitle(event), "name", name))
}

// secretURL is an address, beside another one.
func (m *maker) secretURL(raw, other string) shownText {
	masked := lines(webhook.MaskURL(raw, mask))
	hidden := lines(webhook.MaskURL(raw, m.Say("changed.hidden")))
	if password(raw) != "" && password(other) != "" && password(raw) != password(other) {
		masked = hidden
	}
	return shownText{lines(raw), masked, hidden}
}

func password(raw string) string {
	address, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	secret, _ := address.User.Password()
	return secret
}

func (m *maker) secretHeaders(raw string) shownText {
	return shownText{
		lines(raw),
		lines(webhook.MaskHeaders(raw, mask)),
		lines(webhook.MaskHeaders(raw, m.Say("changed.hidden"))),
	}
}

// compare gives the lines of two texts that differ, with a little around them.
func compare(a, b shownText) (left, right []changedLine) {
	inA, inB := common(a.lines, b.lines)
	nearA, nearB := near(inA, inB)
	return a.show(inA, nearA, b.without(inB)), b.show(inB, nearB, a.without(inA))
}

// near says which lines of two texts are shown: those that are in one alone, and
// the lines around them and around the places where the other text has more.
func near(inA, inB []bool) (nearA, nearB []bool) {
	nearA, nearB = make([]bool, len(inA)), make([]bool, len(inB))
	mark := func(lines []bool, at int) {
		for i := max(0, at-contextLines); i < min(len(lines), at+contextLines); i++ {
			lines[i] = true
		}
	}
	for i, j := 0, 0; i < len(inA) || j < len(inB); {
		if i < len(inA) && inA[i] && j < len(inB) && inB[j] {
			i, j = i+1, j+1
			continue
		}
		mark(nearA, i)
		mark(nearB, j)
		if i < len(inA) && !inA[i] {
			i++
		} else {
			j++
		}
		mark(nearA, i)
		mark(nearB, j)
	}
	return nearA, nearB
}

// without are the text's lines, masked, that are in it alone.
func (t shownText) without(inBoth []bool) map[string]bool {
	alone := map[string]bool{}
	for i, line := range t.masked {
		if !inBoth[i] {
			alone[line] = true
		}
	}
	return alone
}

// show gives the text's lines. A secret that differs where all else of the line
// is equal to one of the other text's is said to.
func (t shownText) show(inBoth, near []bool, others map[string]bool) []changedLine {
	var shown []changedLine
	for i := range t.lines {
		if len(shown) == maxLines {
			return append(shown, changedLine{Skipped: true})
		}
		switch {
		case !inBoth[i] && others[t.masked[i]]:
			shown = append(shown, changedLine{Text: t.hidden[i], Differs: true})
		case near[i]:
			shown = append(shown, changedLine{Text: t.masked[i], Differs: !inBoth[i]})
		case len(shown) == 0 || !shown[len(shown)-1].Skipped:
			shown = append(shown, changedLine{Skipped: true})
		}
	}
	return shown
}

// common says which lines of two texts are in both, in the same order: the most
// that there are (their longest common subsequence). Of texts that differ in
// very many lines it only tells the beginnings and ends apart.
func common(a, b []string) (inA, inB []bool) {
	inA, inB = make([]bool, len(a)), make([]bool, len(b))
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		inA[start], inB[start] = true, true
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
		inA[endA], inB[endB] = true, true
	}
	const most = 1 << 20
	if (endA-start)*(endB-start) > most {
		return inA, inB
	}
	a, b = a[start:endA], b[start:endB]
	length := commonLengths(a, b)
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			inA[start+i], inB[start+j] = true, true
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return inA, inB
}

// commonLengths[i][j] is how many lines a[i:] and b[j:] have in common.
func commonLengths(a, b []string) [][]int32 {
	length := make([][]int32, len(a)+1)
	for i := range length {
		length[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	return length
}
