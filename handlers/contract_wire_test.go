package handlers_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come at once; it only ends
// tests that fail.
const patience = 3 * time.Minute

// wire is a client that writes requests byte by byte as it is told, which
// net/http's own client would not.
type wire struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

type answer struct {
	*http.Response
	body []byte
}

// do sends one request, over the connection of the last if that is still good,
// and reads its answer. prefix is where the plugin is mounted.
func (w *wire) do(t testing.TB, prefix string, r scriptRequest) answer {
	t.Helper()
	if w.conn == nil {
		conn, err := net.Dial("tcp", w.address)
		if err != nil {
			t.Fatal(err)
		}
		w.conn, w.reader = conn, bufio.NewReader(conn)
	}
	if err := w.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	// A server that refuses a body may stop reading it: what counts is whether
	// there is an answer.
	_, writeErr := w.conn.Write(r.bytes(t, w.address, prefix))
	response, err := http.ReadResponse(w.reader, &http.Request{Method: r.method})
	if err != nil {
		t.Fatalf("%s %s: no answer: %v (writing the request: %v)", r.method, r.path, err, writeErr)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v after %q", r.method, r.path, err, body)
	}
	if response.Close || slices.Contains(r.treatment, "headers only") {
		w.close()
	}
	return answer{response, body}
}

func (w *wire) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// bytes is the request as it goes over the wire.
func (r scriptRequest) bytes(t testing.TB, host, prefix string) []byte {
	t.Helper()
	header := [][2]string{{"Host", host}, {"Authorization", "Bearer secret-token:all"}}
	for _, h := range r.header {
		header = slices.DeleteFunc(header, func(d [2]string) bool { return d[0] == h[0] && d[0] != "Content-Encoding" })
		if h[1] != "(none)" {
			header = append(header, h)
		}
	}
	body := r.encodedBody(t)
	chunked := slices.Contains(r.treatment, "chunked")
	declared := slices.ContainsFunc(header, func(h [2]string) bool { return h[0] == "Content-Length" })
	switch {
	case declared:
	case chunked:
		header = append(header, [2]string{"Transfer-Encoding", "chunked"})
	case len(body) > 0 || r.method == http.MethodPost || r.method == http.MethodPatch:
		header = append(header, [2]string{"Content-Length", fmt.Sprint(len(body))})
	}

	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s%s HTTP/1.1\r\n", r.method, prefix, r.path)
	for _, h := range header {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	switch {
	case slices.Contains(r.treatment, "headers only"):
	case chunked:
		for part := range slices.Chunk(body, 700) {
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
		}
		b.WriteString("0\r\n\r\n")
	default:
		b.Write(body)
	}
	return b.Bytes()
}

// encodedBody is the body after what the script has done to it.
func (r scriptRequest) encodedBody(t testing.TB) []byte {
	t.Helper()
	body := []byte(r.body)
	for _, how := range r.treatment {
		switch how {
		case "gzip", "zlib", "deflate":
			body = compress(t, how, body)
		case "cut":
			body = body[:max(0, len(body)-9)]
		}
	}
	return body
}

func compress(t testing.TB, how string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "deflate":
		w, _ = flate.NewWriter(&b, flate.DefaultCompression)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// nextLink is where an answer's Link with rel="next" leads, relative to the
// request that was answered.
func nextLink(link string) (target string, ok bool) {
	target, parameters, found := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	return target, found && strings.Contains(parameters, `rel="next"`)
}
