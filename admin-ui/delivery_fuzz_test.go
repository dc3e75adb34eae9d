package adminui

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

// FuzzD6_DeliveryPage shows what anybody sent or answered. It is text on the page,
// all of it that fits, and adds no element of its own; what is secret is not there.
func FuzzD6_DeliveryPage(f *testing.F) {
	f.Add("text/html", "A: b", "dial tcp: refused", []byte("down"), []byte(`{"a":1}`))
	f.Add("</pre><script>alert(1)</script>", "X: <b>\nY: </li><img src=x onerror=y>", "</details>", []byte("<b>\x00\xff"), []byte("</textarea><style>"))
	f.Add("'\"`$(x)", "no colon\n\n: x\nA:", "\u202e\u2028\ufeff", []byte("\xef\xbb\xbf{\"a\":\n[1]}"), []byte("{\"a\":1e999,\"a\":2}"))
	f.Add("", "", "", []byte{}, []byte{})
	ui := newUI(f, Options{})
	known := map[string]bool{}
	usual := fullDelivery(f, ui)
	for _, revealed := range []bool{false, true} {
		usual.Revealed = revealed
		_, page := render(f, ui, request(ui), usual)
		for n := range page.Descendants() {
			known[element(n)] = true
		}
	}
	const secret = "\u2603geheim\u2603"
	f.Fuzz(func(t *testing.T, header, answerHeaders, detail string, answer, body []byte) {
		view := fullDelivery(t, ui)
		view.Headers = []webhook.Header{{Name: "Content-Type", Value: header}, {Name: "Authorization", Value: secret + header}}
		view.URL = "https://shop:" + secret + "@erp.example.com/hook"
		view.Body = body
		view.Attempts[0].AnswerHeaders = answerHeaders + "\nSet-Cookie: " + secret + header
		view.Attempts[0].Answer = answer
		view.Attempts[1].Detail = detail
		page, doc := render(t, ui, request(ui), view)
		if strings.Contains(string(page.Body), "geheim") && !strings.Contains(header+answerHeaders+detail+string(answer)+string(body), "geheim") {
			t.Error("a secret is on the page")
		}
		for n := range doc.Descendants() {
			if !known[element(n)] {
				t.Errorf("there is %s", element(n))
			}
		}
		if text := rawText(doc); isPasteable(answer) && !strings.Contains(text, strings.TrimPrefix(string(answer), "\n")) && !strings.Contains(string(answer), "{") && !strings.Contains(string(answer), "[") {
			t.Errorf("the answer %q is not there", answer)
		}
	})
}

// element is an element's name and those of its attributes; of all else nothing.
func element(n *html.Node) string {
	if n.Type != html.ElementNode {
		return ""
	}
	var names []string
	for _, a := range n.Attr {
		names = append(names, a.Key)
	}
	slices.Sort(names)
	return "<" + n.Data + " " + strings.Join(names, " ") + ">"
}

// FuzzS5_SentCurlLine has a shell read the line: curl gets what was sent, and
// nothing else is run.
func FuzzS5_SentCurlLine(f *testing.F) {
	for _, text := range hostile {
		f.Add("PUT", "https://c.example/?"+text, text, []byte(text))
	}
	f.Add("HEAD", "https://c.example/", "", []byte("\xff\r\n"))
	f.Add("POST", "", "", []byte{})
	f.Fuzz(func(t *testing.T, method, address, value string, body []byte) {
		if strings.Contains(method+address+value, "\x00") {
			t.Skip() // no argument can hold it, and neither can a URL or a header
		}
		got, piped := recordAll(t, sentCurlLine(method, address, []webhook.Header{{Name: "Content-Type", Value: value}}, body))
		want := []string{"--globoff", "--request", method, address, "--header", "Content-Type: " + value}
		if method == "HEAD" && len(body) == 0 {
			want = slices.Concat(want[:1], []string{"--head"}, want[3:])
		}
		if value == "" {
			want[len(want)-1] = "Content-Type;"
		}
		var sent []byte
		switch {
		case len(body) == 0:
		case got[len(got)-2] == "--data-raw":
			want, sent = append(want, "--data-raw", string(body)), body
		default:
			want, sent = append(want, "--data-binary", "@-"), piped
		}
		if !slices.Equal(got, want) || !bytes.Equal(sent, body) {
			t.Errorf("curl gets %q and %q, want %q", got, piped, want)
		}
	})
}
