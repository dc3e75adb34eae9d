package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Preview is what would be sent, with the data of an event's example.
type Preview struct {
	// Method and URL are as typed, the method in upper case if it is one. The URL
	// may hold a password (see MaskURL).
	Method, URL string
	// Target is the path and query that the request asks for, and Host its header
	// of this name, in ASCII; "/" and empty where the URL has no host.
	Target, Host string
	// Headers are those that the header template gives, as they are sent (see
	// Request), but for lines that could not be. They may hold secrets (see
	// IsSecretHeader).
	Headers []Header
	// Body is as on the wire; empty where the body template can not be expanded.
	Body string
	// Indented is the same JSON, indented; empty where the body is no object and
	// no list, or where that would be over 4 MiB.
	Indented string
	// Verdict says what the body is as JSON, and how to mend it; the zero Message
	// where there is no body.
	Verdict Message
	// Sound reports whether nothing is known against the body. It is, too, where
	// Verdict says that the body was not checked and where there is none.
	Sound bool
	// Remarks are what else the author may want to know, at most 20 for each of
	// the two templates.
	Remarks []Message
}

// maxIndentedBytes is the most that Preview.Indented holds.
const maxIndentedBytes = 4 << 20

// MakePreview expands an input with its event's example and judges the body (see
// Breaks). It shows what it can, whatever else is wrong with the input: that is
// for Validate to say.
func MakePreview(in Input, p Policy) Preview {
	preview := Preview{Method: in.HTTPMethod.Text, URL: in.URL.Text, Target: "/", Sound: true}
	address, err := url.Parse(in.URL.Text)
	if err != nil || address.Host == "" {
		address = &url.URL{}
	} else {
		preview.Target, preview.Host = address.RequestURI(), hostHeader(address)
	}
	if method, m := judgeMethod(in.HTTPMethod); m.IsZero() {
		preview.Method = method
	}
	event, m := judgeEventType(in.EventType, p.EventTypes)
	if !m.IsZero() {
		return preview
	}
	event = event.remembering()
	headers, _ := readTemplate(FieldHeaderTemplate, in.HeaderTemplate, MaxHeaderTemplateBytes)
	if headers != nil {
		preview.Headers = headers.sendable(event)
		preview.Remarks = headers.remarks(in.HeaderTemplate.Text, event)
	}
	preview.Headers = completed(preview.Headers, address.User)
	if in.BodyTemplate == (Value{}) {
		return preview
	}
	body, m := readTemplate(FieldBodyTemplate, in.BodyTemplate, MaxBodyTemplateBytes)
	if preview.Sound = m.IsZero(); !preview.Sound {
		return preview
	}
	if preview.Body, err = body.expand(context.Background(), event.data); err != nil {
		preview.Sound = false
		return preview
	}
	preview.Indented = indented(preview.Body)
	preview.Remarks = append(preview.Remarks, body.remarks(in.BodyTemplate.Text, event)...)
	if preview.Method == "GET" || preview.Method == "HEAD" {
		preview.Remarks = append(preview.Remarks, Say("preview.method", "method", preview.Method))
	}
	if !sayJSON(preview.Headers) {
		preview.Verdict = Say("preview.unchecked")
		return preview
	}
	f := judgeJSON(in.BodyTemplate.Text, body, event)
	preview.Verdict, preview.Sound = f.message(in.BodyTemplate.Text, event), f.sound()
	return preview
}

// Breaks says how the body of a webhook can give broken JSON, or JSON that its
// receiver can not read, and how to mend it; false where it is sound or where its
// headers do not say that it is JSON.
//
// The body is tried with its event's example, then with one variable at a time
// changed to values that JSON breaks on: quotes, backslash, line breaks, <, an
// emoji, nothing, null, lists of no, one and two items, a contract of version 1.
// Where the event's example does not have the variable, values of any type are
// tried. Of what breaks it, the shortest value is named. A way to mend it is
// offered only if it was tried and holds. The work is bounded, by what is read
// and not by time, so that the same webhook gets the same answer: about 0.1 s,
// and as much again for each of at most eight ways to mend. Where that did not
// suffice to try everything, Preview says so (preview.partly) and Breaks is false.
func Breaks(w Webhook, p Policy) (Message, bool) {
	event, known := p.EventTypes.Lookup(w.EventType)
	if !known {
		return Message{}, false
	}
	m := judgeBody(Value{Text: w.HeaderTemplate}, Value{Text: w.BodyTemplate}, event)
	return m, !m.IsZero()
}

// judgeBody says how a body breaks; the zero Message where it does not, is not
// JSON, or can not be expanded, which others say.
func judgeBody(headerTemplate, bodyTemplate Value, event EventType) Message {
	headers, _ := readTemplate(FieldHeaderTemplate, headerTemplate, MaxHeaderTemplateBytes)
	body, _ := readTemplate(FieldBodyTemplate, bodyTemplate, MaxBodyTemplateBytes)
	if headers == nil || body == nil || bodyTemplate.Text == "" || !sayJSON(headers.sendable(event)) {
		return Message{}
	}
	event = event.remembering()
	f := judgeJSON(bodyTemplate.Text, body, event)
	if f.sound() {
		return Message{}
	}
	return f.message(bodyTemplate.Text, event)
}

// sendable are the headers that a header template gives with the example, those
// lines left out that could not be sent.
func (t *template) sendable(event EventType) []Header {
	expanded, err := t.expand(context.Background(), event.data)
	if err != nil {
		return nil
	}
	var headers []Header
	for line := range strings.SplitSeq(expanded, "\n") {
		h, _ := parseHeaders(line)
		headers = append(headers, h...)
	}
	return headers
}

// sayJSON reports whether headers say that the body is JSON: application/json,
// or a type that ends in +json (RFC 6839), in any case, with any parameters.
func sayJSON(headers []Header) bool {
	return slices.ContainsFunc(headers, func(h Header) bool {
		mediaType, _, _ := strings.Cut(h.Value, ";")
		mediaType = strings.ToLower(strings.TrimSpace(mediaType))
		return strings.EqualFold(h.Name, "Content-Type") &&
			(mediaType == "application/json" || strings.Contains(mediaType, "/") && strings.HasSuffix(mediaType, "+json"))
	})
}

// indented writes JSON a member a line.
func indented(body string) string {
	trimmed := strings.TrimLeft(body, " \t\r\n")
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return ""
	}
	// Indented, a text that is nested deep grows by the square.
	size, depth := len(body), 0
	for _, c := range []byte(body) {
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
		default:
			continue
		}
		if size += 2 * max(depth, 0); size > maxIndentedBytes {
			return ""
		}
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(trimmed), "", "  "); err != nil {
		return ""
	}
	return out.String()
}
