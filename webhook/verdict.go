package webhook

import (
	"strings"
	"unicode/utf8"
)

// sound reports whether a body can be used as it is, for all that is known.
func (f finding) sound() bool {
	return f.verdict == bodySound || f.verdict == bodyPartly
}

// message says what was found in a template and how to mend it.
func (f finding) message(text string, event EventType) Message {
	switch f.verdict {
	case bodySound:
		return Say("preview.sound")
	case bodyPartly:
		return Say("preview.partly")
	}
	m := f.mend(text, event)
	tell := func(key string, pairs ...any) Message {
		at, tag := f.trace.faultAt, ""
		switch {
		case m != nil:
			at, tag = m.at, m.shown
			pairs = append(pairs, "fix", m.new)
		case f.culprit != nil:
			at, tag = f.culprit.node.start, f.culprit.source
		}
		return Say(key, append([]any{"line", lineOf(text, at), "tag", excerpt(tag)}, pairs...)...)
	}
	switch f.verdict {
	case bodyGarbled:
		return f.escaped(tell, m, event)
	case bodyBroken:
		return f.broken(tell, m, text, event)
	}
	return f.breaks(tell, m, event)
}

// A teller says something with the line and the tag that a finding is about.
type teller func(key string, pairs ...any) Message

// escaped says that a tag turns quotes into &quot;.
func (f finding) escaped(tell teller, m *mend, event EventType) Message {
	switch inside := f.aside(event); {
	case m != nil && m.at < f.culprit.node.start:
		return tell("preview.escaped_quoted", "tag", excerpt(f.culprit.source), "quoted", excerpt(m.shown))
	case m != nil:
		return tell("preview.escaped")
	case inside != "":
		return tell("preview.escaped_inside", "fix", inside)
	}
	return tell("preview.escaped_at")
}

// aside is how to write a variable that stands in a longer text as a value of
// its own; empty where it does not, or can not be.
func (f finding) aside(event EventType) string {
	r := f.culprit
	if r == nil || !r.before.inString() || r.before.inName {
		return ""
	}
	return r.tagBelow(jsonRoot, event)
}

// broken says why a body is no JSON with the example.
func (f finding) broken(tell teller, m *mend, text string, event EventType) Message {
	switch inside := f.aside(event); {
	case m != nil && m.wholeList:
		return tell("preview.broken_list")
	case f.culprit != nil && f.trace.turnsQuotes(f.culprit) && (m != nil || inside != ""):
		return f.escaped(tell, m, event)
	case m != nil:
		return tell("preview.broken_fix")
	case inside != "":
		return tell("preview.broken_inside", "fix", inside)
	}
	return f.trace.faultMessage(text)
}

// faultMessage says where the JSON of a body is broken, and how.
func (t *trace) faultMessage(text string) Message {
	line := text[strings.LastIndexByte(text[:t.faultAt], '\n')+1 : t.faultAt]
	closing := ""
	if t.json.open != nil {
		closing = string(t.json.open.bracket + 2)
	}
	return Say(string(t.fault), "line", lineOf(text, t.faultAt), "column", 1+utf8.RuneCountInString(line),
		"char", visible(t.faultChar), "close", closing, "limit", maxJSONDepth)
}

// breaks says with which value a body is no JSON.
func (f finding) breaks(tell teller, m *mend, event EventType) Message {
	at, to, base := f.trial.at, f.trial.to, f.trial.base
	for ; base != nil && at.under(base.at); base = base.base {
		// What the value is of came with another: say all of that.
		at, to = base.at, change(jsonOf(f.trace.data.example(base.at)))
	}
	inside := f.aside(event)
	value := []any{"variable", at.String(), "value", to.String()}
	switch {
	case base != nil && m != nil:
		return tell("preview.breaks_both", append(value, "other", base.at.String(), "its", base.to.String())...)
	case base != nil:
		return tell("preview.breaks_both_at", append(value, "other", base.at.String(), "its", base.to.String())...)
	case to == missing && m != nil:
		return tell("preview.breaks_missing", "variable", at.String())
	case to == missing:
		return tell("preview.breaks_missing_at", "variable", at.String())
	case m != nil && m.wholeList:
		return tell("preview.breaks_list", value...)
	case m != nil:
		return tell("preview.breaks", value...)
	case inside != "":
		return tell("preview.breaks_inside", append(value, "fix", inside)...)
	}
	return tell("preview.breaks_at", value...)
}

// lineOf is the line of a template that a place is in.
func lineOf(text string, at int) int { return 1 + strings.Count(text[:at], "\n") }
