package webhook

import (
	"net/textproto"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Header is one header of a delivery.
type Header struct {
	// Name is an HTTP token, as written.
	Name string
	// Value is printable text without blanks around it; it may be empty.
	Value string
}

// headersOfSending are set by whoever sends, in canonical form: what frames a
// message, and what concerns one connection (RFC 9110, 7.6.1).
var headersOfSending = map[string]bool{
	"Connection":        true,
	"Content-Length":    true,
	"Host":              true,
	"Keep-Alive":        true,
	"Proxy-Connection":  true,
	"Te":                true,
	"Trailer":           true,
	"Transfer-Encoding": true,
	"Upgrade":           true,
}

// tokenCharacters are what a header's name may hold (RFC 9110, 5.6.2).
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// parseHeaders reads the headers that a header template was expanded to: lines
// of the form Name: value, ended by \n or \r\n; blank lines are skipped. Names
// are HTTP tokens. Values are printable: what unicode.IsPrint holds for, which a
// sender writes as UTF-8, and tabs. It says what is wrong with the first line
// that can not be sent.
func parseHeaders(expanded string) ([]Header, Message) {
	if !utf8.ValidString(expanded) {
		return nil, Say("header_template.encoding")
	}
	if start := strings.TrimLeft(expanded, " \t\r\n"); start != "" && strings.IndexByte(`{["`, start[0]) >= 0 {
		return nil, Say("header_template.json")
	}
	var headers []Header
	number := 0
	for line := range strings.SplitSeq(expanded, "\n") {
		number++
		line = strings.TrimSuffix(line, "\r")
		if strings.Trim(line, " \t") == "" {
			continue
		}
		h, m := parseHeader(line, number)
		if !m.IsZero() {
			return nil, m
		}
		headers = append(headers, h)
	}
	return headers, Message{}
}

func parseHeader(line string, number int) (Header, Message) {
	name, value, colon := strings.Cut(line, ":")
	if !colon || name == "" || strings.ContainsAny(name, " \t") {
		return Header{}, Say("header_template.form", "line", number)
	}
	for _, r := range name {
		if !strings.ContainsRune(tokenCharacters, r) {
			return Header{}, Say("header_template.name", "line", number, "name", shorten(visible(name)), "char", visible(string(r)))
		}
	}
	if headersOfSending[textproto.CanonicalMIMEHeaderKey(name)] {
		return Header{}, Say("header_template.of_sending", "line", number, "name", name)
	}
	for _, r := range value {
		if r != '\t' && !unicode.IsPrint(r) {
			return Header{}, Say("header_template.invisible", "hex", hex(r), "line", number)
		}
	}
	return Header{Name: name, Value: strings.Trim(value, " \t")}, Message{}
}

// visible shows what else could not be seen, or would hide something.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
