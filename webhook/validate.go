package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Policy is what a host allows beyond the fixed rules.
type Policy struct {
	// EventTypes are the events that there are. It is required.
	EventTypes *Catalogue
	// AllowedNetworks may be sent to although they are not public.
	AllowedNetworks []netip.Prefix
	// RefuseBreakable refuses a body that says it is JSON and can give broken
	// JSON (see Breaks); otherwise its author is warned only.
	RefuseBreakable bool
}

// The JSON names of a webhook's fields, which the forms use too.
const (
	FieldID             = "webhook_id"
	FieldEventType      = "event_type"
	FieldURL            = "url"
	FieldHTTPMethod     = "http_method"
	FieldHeaderTemplate = "header_template"
	FieldBodyTemplate   = "body_template"
)

// httpMethods are what a webhook may be sent with.
var httpMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// Methods are what a webhook may be sent with, in upper case.
func Methods() []string { return slices.Clone(httpMethods) }

// Validate is the only judge of input, of the API and of the form. It checks
// every field and gives the webhook to store, or all that is wrong with the
// input: at most one Problem (CodeJSONInvalid, with its Field) for each field,
// in the fields' order.
func Validate(in Input, p Policy) (Webhook, Problems) {
	var problems Problems
	refuse := func(field string, m Message) {
		if !m.IsZero() {
			problems = append(problems, &Problem{Code: CodeJSONInvalid, Field: field, Message: m})
		}
	}
	event, eventMessage := judgeEventType(in.EventType, p.EventTypes)
	method, methodMessage := judgeMethod(in.HTTPMethod)

	refuse(FieldID, judgeID(in.WebhookID))
	refuse(FieldEventType, eventMessage)
	refuse(FieldURL, judgeURLValue(in.URL, p.AllowedNetworks))
	refuse(FieldHTTPMethod, methodMessage)
	refuse(FieldHeaderTemplate, judgeTemplate(FieldHeaderTemplate, in.HeaderTemplate, MaxHeaderTemplateBytes, event))
	refuse(FieldBodyTemplate, judgeTemplate(FieldBodyTemplate, in.BodyTemplate, MaxBodyTemplateBytes, event))
	if p.RefuseBreakable && len(problems) == 0 {
		refuse(FieldBodyTemplate, judgeBody(in.HeaderTemplate, in.BodyTemplate, event))
	}
	if len(problems) > 0 {
		return Webhook{}, problems
	}
	return Webhook{
		ID:             in.WebhookID.Text,
		EventType:      event.Name,
		URL:            in.URL.Text,
		HTTPMethod:     method,
		HeaderTemplate: in.HeaderTemplate.Text,
		BodyTemplate:   in.BodyTemplate.Text,
	}, nil
}

// ValidID reports whether a webhook can have the ID. What is no valid ID is
// no webhook's, so nobody needs to ask the database.
func ValidID(id string) bool { return judgeID(Value{Text: id}).IsZero() }

// ValidInstanceID reports whether an instance can have the ID: 1 to 128 of
// A-Z a-z 0-9 _ . @ -, the first a letter or a digit.
func ValidInstanceID(id string) bool {
	if id == "" || len(id) > MaxIDCharacters || strings.IndexByte("_.@-", id[0]) >= 0 {
		return false
	}
	for _, c := range []byte(id) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && strings.IndexByte("_.@-", c) < 0 {
			return false
		}
	}
	return true
}

func judgeID(v Value) Message {
	if m := judgeText(FieldID, v); !m.IsZero() {
		return m
	}
	id := v.Text
	if id == "" {
		return Say("webhook_id.missing", "limit", MaxIDCharacters)
	}
	if n := utf8.RuneCountInString(id); n > MaxIDCharacters {
		return Say("webhook_id.too_long", "n", n, "limit", MaxIDCharacters)
	}
	if id == "." || id == ".." {
		return Say("webhook_id.dots")
	}
	for _, r := range id {
		switch {
		case r == '/' || r == '\\':
			return Say("webhook_id.character", "char", string(r))
		case !unicode.IsPrint(r):
			return Say("webhook_id.invisible", "hex", hex(r))
		}
	}
	if id[0] == ' ' || id[len(id)-1] == ' ' {
		return Say("webhook_id.space")
	}
	return Message{}
}

// JudgeID gives the Problem of what is to name a webhook in a request's body, nil
// when one can have that ID.
func JudgeID(v Value) *Problem {
	m := judgeID(v)
	if m.IsZero() {
		return nil
	}
	return &Problem{Code: CodeJSONInvalid, Field: FieldID, Message: m}
}

// JudgeEventType says what is wrong with the name of an event type in a
// request's query; the zero Message: nothing.
func JudgeEventType(name string, known *Catalogue) Message {
	_, m := judgeEventType(Value{Text: name}, known)
	return m
}

// JudgeSameID gives the Problem of a form that names another webhook than the
// one that it edits, nil when it names that one or none: an ID stays.
func JudgeSameID(named, edited string) *Problem {
	if named == "" || named == edited {
		return nil
	}
	return &Problem{Code: CodeJSONInvalid, Field: FieldID, Message: Say("webhook_id.fixed")}
}

func judgeEventType(v Value, known *Catalogue) (EventType, Message) {
	if m := judgeText(FieldEventType, v); !m.IsZero() {
		return EventType{}, m
	}
	if event, ok := known.Lookup(v.Text); ok {
		return event, Message{}
	}
	list := strings.Join(known.Names(), ", ")
	if v.Text == "" {
		return EventType{}, Say("event_type.missing", "list", list)
	}
	return EventType{}, Say("event_type.unknown", "value", shorten(v.Text), "list", list)
}

func judgeURLValue(v Value, allowed []netip.Prefix) Message {
	if m := judgeText(FieldURL, v); !m.IsZero() {
		return m
	}
	return judgeURL(v.Text, allowed)
}

// judgeMethod gives the method in upper case. It compares ASCII alone, so
// that no letter of another script passes for one of a method's.
func judgeMethod(v Value) (string, Message) {
	if m := judgeText(FieldHTTPMethod, v); !m.IsZero() {
		return "", m
	}
	for _, method := range httpMethods {
		if len(v.Text) == len(method) && strings.EqualFold(v.Text, method) {
			return method, Message{}
		}
	}
	list := strings.Join(httpMethods, ", ")
	if v.Text == "" {
		return "", Say("http_method.missing", "list", list)
	}
	return "", Say("http_method.unknown", "value", shorten(v.Text), "list", list)
}

// judgeTemplate parses a template and expands it with its event's example.
// An event that is not known (its name is empty) has none: then it is parsed
// only, as is a template whose expansion could show no fault.
func judgeTemplate(field string, v Value, limit int, event EventType) Message {
	template, m := readTemplate(field, v, limit)
	if !m.IsZero() || event.Name == "" || template.isHarmless(event.data) {
		return m
	}
	return template.try(event)
}

// readTemplate parses the text of a field, or says why it is no template.
func readTemplate(field string, v Value, limit int) (*template, Message) {
	if m := judgeText(field, v); !m.IsZero() {
		return nil, m
	}
	if len(v.Text) > limit {
		return nil, Say(field+".too_long", "n", (len(v.Text)+1023)>>10, "limit", limit>>10)
	}
	line := 1
	for _, r := range v.Text {
		switch {
		case r == '\n':
			line++
		case r != '\t' && r != '\r' && unicode.IsControl(r):
			return nil, Say(field+".invisible", "hex", hex(r), "line", line)
		}
	}
	return parseTemplate(field, v.Text)
}

// try expands the template with its event's example: within the budget (V9),
// and the headers to lines that can be sent (V6).
func (t *template) try(event EventType) Message {
	out, err := t.expand(context.Background(), event.data)
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem.Message
	}
	if t.field != FieldHeaderTemplate {
		return Message{}
	}
	_, m := parseHeaders(out)
	return m
}

// judgeText refuses what is no text at all.
func judgeText(field string, v Value) Message {
	switch {
	case v.JSONType != "":
		return Say("json.type", "field", field, "type", v.JSONType)
	case !utf8.ValidString(v.Text):
		return Say(field + ".encoding")
	}
	return Message{}
}

// hex writes a character as Unicode's charts do, without the U+.
func hex(r rune) string { return fmt.Sprintf("%04X", r) }

// shorten cuts what a person is shown of their own words.
func shorten(s string) string {
	const most = 64
	if cut := firstCharacters(s, most); cut != s {
		return cut + "…"
	}
	return s
}
