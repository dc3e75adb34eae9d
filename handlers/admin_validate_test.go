package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// fieldNames are the fields that forms and the API's JSON both have, in their
// order.
var fieldNames = []string{"webhook_id", "event_type", "url", "http_method", "header_template", "body_template"}

// An input is the values of fieldNames; "-" leaves a field out.
type input [6]string

// with is a fine input but for one field.
func with(name, value string) input {
	in := input{"a", "pay", "https://example.com/hook", "POST", "-", "-"}
	for i := range fieldNames {
		if fieldNames[i] == name {
			in[i] = value
		}
	}
	return in
}

// asJSON writes the input as the API takes it. Bytes that are not UTF-8 stay as
// they are.
func (in input) asJSON() []byte {
	var members []string
	for i, value := range in {
		if value == "-" {
			continue
		}
		var text strings.Builder
		for _, b := range []byte(value) {
			switch {
			case b == '"' || b == '\\':
				text.WriteString(`\` + string(rune(b)))
			case b < 0x20:
				fmt.Fprintf(&text, `\u%04x`, b)
			default:
				text.WriteByte(b)
			}
		}
		members = append(members, fmt.Sprintf(`"%s":"%s"`, fieldNames[i], text.String()))
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

// asForm writes the input as forms are posted.
func (in input) asForm() []byte {
	var pairs []string
	for i, value := range in {
		if value != "-" {
			pairs = append(pairs, fieldNames[i], value)
		}
	}
	return []byte(form(pairs...))
}

// asParts writes it as multipart/form-data, with its Content-Type.
func (in input) asParts() (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i, value := range in {
		if value != "-" {
			_ = w.WriteField(fieldNames[i], value) // a bytes.Buffer takes all
		}
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// sameVerdict posts the input as JSON into one instance and as a form into
// another, and compares verdict, field, words and what is stored.
func (h *host) sameVerdict(t *testing.T, in input) {
	t.Helper()
	parts, partsType := in.asParts()
	byAPI := h.serve("POST", "/private/webhooks", in.asJSON())
	for contentType, body := range map[string][]byte{"application/x-www-form-urlencoded": in.asForm(), partsType: parts} {
		r := httptest.NewRequest(http.MethodPost, "/instances/sandbox/admin/webhooks", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer secret-token:all")
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		h.engine.ServeHTTP(w, r)
		switch byAPI.StatusCode {
		case http.StatusNoContent:
			if w.Code != http.StatusSeeOther {
				t.Fatalf("%q is taken as JSON, as a form: %d %s", in, w.Code, w.Body)
			}
		case http.StatusBadRequest:
			sameRefusal(t, in, byAPI, w)
		default:
			t.Fatalf("%q as JSON: %s", in, byAPI.Status)
		}
	}
	if byAPI.StatusCode != http.StatusNoContent {
		return
	}
	path := "/private/webhooks/" + url.PathEscape(in[0])
	if a, b := h.serve("GET", path, nil), h.serve("GET", "/instances/sandbox"+path, nil); a.StatusCode != 200 || !bytes.Equal(a.body, b.body) {
		t.Errorf("%q is stored as %s by JSON, as %s by the form", in, a.body, b.body)
	}
	for _, instance := range []string{"", "/instances/sandbox"} {
		h.serve("DELETE", instance+path, nil)
	}
}

// sameRefusal compares what the API says with what stands beside the field, and
// in the summary's link to it.
func sameRefusal(t *testing.T, in input, byAPI answer, w *httptest.ResponseRecorder) {
	t.Helper()
	var refusal struct{ Field, Detail string }
	if err := json.Unmarshal(byAPI.body, &refusal); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := page{answer{}, doc}
	if w.Code != http.StatusBadRequest {
		t.Fatalf("%q: %d as a form", in, w.Code)
	}
	words := strings.Join(strings.Fields(refusal.Detail), " ")
	words = strings.ReplaceAll(words, "\x00", "\uFFFD") // HTML has no NUL
	if got := p.message(refusal.Field); got != words {
		t.Errorf("%q: the API says of %s %q, the form %q", in, refusal.Field, words, got)
	}
	if got := strings.Join(strings.Fields(doc.Find(`[role=region] a[href="#`+refusal.Field+`"]`).Text()), " "); got != words {
		t.Errorf("%q: the API says %q, the summary %q", in, words, got)
	}
}

// TestSameVerdict holds that the form and the API judge alike.
func TestSameVerdict(t *testing.T) {
	h := newAdmin(t, nil)
	for name, values := range map[string][]string{
		"webhook_id": {
			"-", "", " ", "a", "a b", " a", "a ", ".", "..", "...", "a/b", `a\b`, "ü", "é", "a\u200bb", "a\x00b", "a\tb", "\xff",
			strings.Repeat("x", 128), strings.Repeat("x", 129), "new", "%41", "a+b?&=#",
		},
		"event_type":  {"-", "", "pay", "refund", "PAY", "nothing", " pay", "\xff"},
		"http_method": {"-", "", "post", "PuT", "FETCH", "POST ", "OPTIONS"},
		"url": {
			"-", "", "https://example.com", "HTTP://EXAMPLE.com:8080/?q=%20&a=b+c", "ftp://example.com", "example.com/hook", "//example.com", "https://",
			"https:///x", "https://exa mple.com", "https://example.com/#x", "http://127.0.0.1/", "http://[::1]/", "http://10.1.2.3/", "http://localhost/",
			"http://2130706433/", "https://user:pass@example.com/", "https://bücher.example/", "https://example.com/\r\n", " https://example.com",
			"https://example.com/%zz", "https://example.com:0/", "\xff", "https://e.example/" + strings.Repeat("a", 2048),
		},
		"header_template": {
			"", "A: b", "A: b\nC: d", "A: b\r\nC: d\r\n", "no colon", "Host: x", "A: {{order_id}}", "A: {{order_id", "{{> x}}: a", `{"A":"b"}`,
			"A: \x01", "{{contract_terms.products}}", strings.Repeat("A: b\n", 4000),
		},
		"body_template": {
			"", "{{{contract_terms}}}", "{{#a}}", "{{/a}}", "{{> file}}", "{{=<% %>=}}<%order_id%>", "line\r\nline\n\tend\n", "\x07", "\xff", "{{json.a.b}}",
			`{"a":"{{order_id}}"}`, strings.Repeat("ü", 128<<10), strings.Repeat("a", 256<<10+1),
		},
	} {
		for _, value := range values {
			t.Run("V7 "+name+" "+shortened(value), func(t *testing.T) { h.sameVerdict(t, with(name, value)) })
		}
	}
	t.Run("V7 everything wrong at once", func(t *testing.T) {
		h.sameVerdict(t, input{"a/b", "nothing", "ftp://x", "FETCH", "{{", "{{#x}}"})
		h.sameVerdict(t, input{"-", "-", "-", "-", "-", "-"})
	})
	t.Run("V7 the form shows every message", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", string(input{"a/b", "nothing", "ftp://x", "FETCH", "{{", "{{#x}}"}.asForm()), asOwner...)
		for _, name := range fieldNames {
			if p.message(name) == "" || p.Find(`[role=region] a[href="#`+name+`"]`).Length() != 1 {
				t.Errorf("beside %s stands nothing, or the summary lacks it", name)
			}
		}
	})
}

// FuzzForm holds the same of whatever may be posted.
func FuzzForm(f *testing.F) {
	f.Add("a", "pay", "https://example.com/", "POST", "A: b", "{{order_id}}")
	f.Add("-", "refund", "https://u:p@[2001:db8::1]/", "get", "Content-Type: application/json", `{"a":"{{{order_id}}}"}`)           // refused address
	f.Add("ü+% :", "pay", "https://bücher.example/#", "PUT", "\r\n\r\nX: {{#contract_terms}}1{{/contract_terms}}", "\n</textarea>") // escaping
	h := startHost(f, migrated(f), setting{}, nil)
	f.Cleanup(h.Close)
	f.Fuzz(func(t *testing.T, id, event, address, method, header, body string) {
		if strings.ContainsAny(id+event+address+method+header+body, "\r") {
			t.Skip("pages are compared by their parsed HTML, in which no return is left")
		}
		h.sameVerdict(t, input{id, event, address, method, header, body})
	})
}
