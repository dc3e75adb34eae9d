package webhook

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/http/httpguts"
)

func TestV6_ParseHeaders(t *testing.T) {
	const notSet = "Line 1 of the headers: %s is set when sending and can not be chosen. Remove the line."
	tests := []struct{ name, text, want string }{ // want: the headers, or the message
		{"V6 none", "", "[]"},
		{"V6 one", "Content-Type: application/json", "[{Content-Type application/json}]"},
		{"V6 blank lines", "\n \nA: 1\n\t\n\nB: 2\n", "[{A 1} {B 2}]"},
		{"V6 \\r\\n", "A: 1\r\nB: 2\r\n\r\n", "[{A 1} {B 2}]"},
		{"V6 blanks around a value", "A:  \t b  c \t", "[{A b  c}]"},
		{"V6 no blank after the colon", "A:b", "[{A b}]"},
		{"V6 colons in a value", "A: b:c: d", "[{A b:c: d}]"},
		{"V6 empty value", "A:\nB: ", "[{A } {B }]"},
		{"V6 the same name twice", "A: 1\na: 2", "[{A 1} {a 2}]"},
		{"V6 every character of a token", "aZ09!#$%&'*+-.^_`|~: 1", "[{aZ09!#$%&'*+-.^_`|~ 1}]"},
		{"V6 visible Unicode in a value", "A: Käserei „Zoë“ 😀", "[{A Käserei „Zoë“ 😀}]"},
		{"V6 tab in a value", "A: a\tb", "[{A a\tb}]"},
		{"V6 a secret", "Proxy-Authorization: Basic YTpi\nCookie: a=b", "[{Proxy-Authorization Basic YTpi} {Cookie a=b}]"},
		{"V6 names that only resemble", "X-Host: 1\nHostname: 2\nContent-Lengths: 3", "[{X-Host 1} {Hostname 2} {Content-Lengths 3}]"},

		{"V6 no colon", "A: 1\nBearer token", "Line 2 of the headers is not of the form Name: value"},
		{"V6 no name", ": 1", "Line 1 of the headers is not of the form Name: value"},
		{"V6 blank before the colon", "A : 1", "Line 1 of the headers is not of the form Name: value"},
		{"V6 blank in a name", "Content Type: 1", "Line 1 of the headers is not of the form Name: value"},
		{"V6 folded", "A: 1\r\n b: 2", "Line 2 of the headers is not of the form Name: value"},
		{"V6 a line counts although it is blank", "\r\n\nA", "Line 3 of the headers is not of the form Name: value"},
		{"V6 no token", "A(b): 1", "Line 1 of the headers: the name “A(b)” contains (. Letters, digits and !#$%&'*+-.^_`|~ are allowed."},
		{"V6 a letter that is no ASCII", "Grüße: 1", "Line 1 of the headers: the name “Grüße” contains ü. Letters, digits and !#$%&'*+-.^_`|~ are allowed."},
		{"V6 a hidden character in a name", "A\x00b: 1", "Line 1 of the headers: the name “A\uFFFDb” contains \uFFFD. Letters, digits and !#$%&'*+-.^_`|~ are allowed."},
		{"V6 a lone \\r", "A: 1\rB: 2", "The headers contain an invisible character (U+000D) in line 1. Remove it."},
		{"V6 \\r before \\r\\n", "A: 1\r\r\n", "The headers contain an invisible character (U+000D) in line 1. Remove it."},
		{"V6 NUL", "A: 1\nB: a\x00", "The headers contain an invisible character (U+0000) in line 2. Remove it."},
		{"V6 DEL", "A: \x7f", "The headers contain an invisible character (U+007F) in line 1. Remove it."},
		{"V6 line separator", "A: a\u2028B: b", "The headers contain an invisible character (U+2028) in line 1. Remove it."},
		{"V6 next line", "A: a\u0085B: b", "The headers contain an invisible character (U+0085) in line 1. Remove it."},
		{"V6 text that runs backwards", "A: \u202eb", "The headers contain an invisible character (U+202E) in line 1. Remove it."},
		{"V6 no UTF-8", "A: \xff", "The headers contain bytes that are not Unicode text. Send them as UTF-8."},
		{"V6 JSON object", ` {"Content-Type": "application/json"}`, "The headers are written as JSON. Write one a line: Content-Type: application/json"},
		{"V6 JSON list", "\n[\"A: 1\"]", "The headers are written as JSON. Write one a line: Content-Type: application/json"},
		{"V6 JSON without braces", `"Content-Type": "application/json"`, "The headers are written as JSON. Write one a line: Content-Type: application/json"},
		{"V6 Host", "Host: a", fmt.Sprintf(notSet, "Host")},
		{"V6 Content-Length", "content-length: 1", fmt.Sprintf(notSet, "content-length")},
		{"V6 Transfer-Encoding", "TRANSFER-ENCODING: chunked", fmt.Sprintf(notSet, "TRANSFER-ENCODING")},
		{"V6 Connection", "Connection: close", fmt.Sprintf(notSet, "Connection")},
		{"V6 Keep-Alive", "Keep-Alive: timeout=5", fmt.Sprintf(notSet, "Keep-Alive")},
		{"V6 Proxy-Connection", "Proxy-Connection: close", fmt.Sprintf(notSet, "Proxy-Connection")},
		{"V6 TE", "tE: trailers", fmt.Sprintf(notSet, "tE")},
		{"V6 Trailer", "Trailer: a", fmt.Sprintf(notSet, "Trailer")},
		{"V6 Upgrade", "Upgrade: h2c", fmt.Sprintf(notSet, "Upgrade")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			headers, m := parseHeaders(test.text)
			got := fmt.Sprint(headers)
			if !m.IsZero() {
				got = m.English()
				if headers != nil {
					t.Errorf("headers beside a message: %v", headers)
				}
			}
			if got != test.want {
				t.Errorf("%q gave\n%s, want\n%s", test.text, got, test.want)
			}
		})
	}
}

// FuzzHeaders: whatever parseHeaders accepts can be sent as it stands, one
// line a header, and reads the same again.
func FuzzHeaders(f *testing.F) {
	f.Add("Content-Type: application/json\r\nX-Key: a b\n") // both line ends
	f.Add("A: 1\rB: 2")                                     // a lone \r
	f.Add("A: 1\r\r\nB: 2")                                 // two of them
	f.Add("A: 1\n B: 2")                                    // folded
	f.Add("A: \u2028\u0085ü")                               // other line breaks
	f.Add("A:\t \t")                                        // nothing but blanks
	f.Add("hOst: a")                                        // reserved, in any case
	f.Add("\xffA: \xff")                                    // no UTF-8
	f.Add("\u017fost: 1\nTE\u212a: 2")                      // letters that fold to ASCII
	f.Fuzz(func(t *testing.T, text string) {
		headers, m := parseHeaders(text)
		if !m.IsZero() {
			if headers != nil || strings.ContainsFunc(m.English(), unicode.IsControl) {
				t.Errorf("refused %q with %v and %q", text, headers, m.English())
			}
			return
		}
		var lines []string
		for _, h := range headers {
			if !httpguts.ValidHeaderFieldName(h.Name) || !httpguts.ValidHeaderFieldValue(h.Value) {
				t.Errorf("net/http would not send %q", h)
			}
			if strings.ContainsFunc(strings.ReplaceAll(h.Value, "\t", ""), unicode.IsControl) {
				t.Errorf("a control character in %q", h)
			}
			if slices.Contains([]string{"Host", "Content-Length", "Transfer-Encoding", "Connection"}, http.CanonicalHeaderKey(h.Name)) {
				t.Errorf("%q was accepted", h)
			}
			lines = append(lines, h.Name+": "+h.Value+"\r\n")
		}
		again, m := parseHeaders(strings.Join(lines, ""))
		if !m.IsZero() || !slices.Equal(again, headers) {
			t.Errorf("%q reads again as %q, %s", headers, again, m.English())
		}
	})
}
