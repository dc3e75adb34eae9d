package delivery

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzD6_Answer has a receiver say anything over a real connection. What is kept of
// it is an answer as it came, or that there was none and why, and fits the columns,
// the pages and the log.
func FuzzD6_Answer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nok",
		"HTTP/1.1 503 \r\nRetry-After: 120\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: 1\r\n\r\n", // trailers
		"HTTP/1.1 429 Slow\r\nRetry-After: Mon, 23 Nov 2026 14:05:05 GMT\r\nContent-Length: 10\r\n\r\ncut",    // cut
		"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.0 204 None\r\n\r\nmore",                                  // two heads
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\x00\xff",
		"HTTP/1.1 000 Nothing\r\n\r\n", "HTTP/1.1 +20 Odd\r\n\r\n", "HTTP/1.1 -00 Odd\r\n\r\n", "HTTP/1.1 999 Much\r\n\r\n", // odd statuses
		"HTTP/1.1 200 OK\r\nX: \xff\x80\u2028\t\x01\r\nÜ: 1\r\n folded\r\n\r\n\xff", // odd headers
		"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08", "HTTP/0.9 200\n\n", "SSH-2.0-x\r\n", "\x15\x03\x01\x00\x02\x02\x46", "",
	} {
		f.Add([]byte(seed))
	}
	var answer atomic.Pointer[[]byte]
	var locations [16]string // a closed connection keeps its pair of ports for a minute
	for i := range locations {
		locations[i] = raw(f, func(conn net.Conn) { _, _ = conn.Write(*answer.Load()) })
	}
	n := 0
	client := local()
	f.Fuzz(func(t *testing.T, said []byte) {
		answer.Store(&said)
		n++
		r := try(t, client, locations[n%len(locations)])
		if !utf8.ValidString(r.Detail) || strings.ContainsFunc(r.Detail, unicode.IsControl) || len(r.Detail) > 2*maxDetail || strings.Contains(r.Detail, "secret") && !bytes.Contains(said, []byte("secret")) {
			t.Errorf("the detail is %q", r.Detail)
		}
		if r.Error.IsZero() != (r.Status != 0) {
			t.Errorf("status %d, and the error is %q", r.Status, r.Error.English())
		}
		if r.Status == 0 {
			if text := r.Error.English(); text == r.Error.Key || strings.Contains(text, "{") || r.Detail == "" {
				t.Errorf("no words: %q (%s)", text, r.Detail)
			}
			return
		}
		if r.retryAfter < 0 || r.retryAfter > 24*time.Hour || r.Status < 100 || r.Status > 999 {
			t.Errorf("status %d, to be left alone for %v", r.Status, r.retryAfter)
		}
		asItCame(t, r, said)
	})
}

// asItCame compares what is kept with what was said.
func asItCame(t *testing.T, r reply, said []byte) {
	t.Helper()
	lines := bufio.NewReader(bytes.NewReader(said))
	want, err := http.ReadResponse(lines, nil)
	for err == nil && want.StatusCode/100 == 1 && want.StatusCode != http.StatusSwitchingProtocols {
		want, err = http.ReadResponse(lines, nil)
	}
	if err != nil || want.StatusCode != r.Status {
		t.Fatalf("status %d is none of an answer: %v", r.Status, err)
	}
	var headers []string
	for name, values := range want.Header {
		for _, value := range values {
			headers = append(headers, name+": "+value)
		}
	}
	slices.Sort(headers)
	kept := strings.Split(r.AnswerHeaders, "\n")
	if len(headers) == 0 {
		kept = nil
	}
	if len(kept) != len(headers) {
		t.Fatalf("%q is kept as %q", headers, kept)
	}
	if strings.ContainsFunc(strings.Join(kept, ""), func(r rune) bool { return !unicode.IsPrint(r) && r != unicode.ReplacementChar }) {
		t.Errorf("not to be printed: %q", kept)
	}
	if want.StatusCode == http.StatusSwitchingProtocols {
		return
	}
	body, err := io.ReadAll(want.Body)
	if (err != nil) != strings.Contains(r.Detail, "broke off") && len(body) <= maxAnswerBytes || !bytes.Equal(r.Answer, body[:min(len(body), maxAnswerBytes)]) {
		t.Errorf("the body %q (%v) is kept as %q (%s)", body, err, r.Answer, r.Detail)
	}
}

// TestD3_NoStatus: a status line without a status is no answer.
func TestD3_NoStatus(t *testing.T) {
	for _, status := range []string{"000", "-00", "+00", "099", "+99"} {
		r := try(t, local(), raw(t, says("HTTP/1.1 "+status+" Nothing\r\nContent-Length: 0\r\n\r\n")))
		if r.Status != 0 || r.Error.Key != "attempt.not_http" || r.Detail == "" || r.AnswerHeaders != "" {
			t.Errorf("%s: status %d, %q (%s)", status, r.Status, r.Error.English(), r.Detail)
		}
	}
}
