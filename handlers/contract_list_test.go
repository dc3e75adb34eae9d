package handlers_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLongList(t *testing.T) {
	const many = 3_456
	db := migrated(t)
	fill(t, db, many, `'w' || n`)
	h := startHost(t, db, setting{}, nil)
	t.Cleanup(h.Close)
	want := make([]string, many)
	for i := range want {
		want[i] = fmt.Sprintf("w%d", i+1)
	}
	backwards := slices.Clone(want)
	slices.Reverse(backwards)

	t.Run("C12 is complete and in order", func(t *testing.T) {
		a := h.ask(t, "GET", "/private/webhooks", "")
		if got := a.ids(t); !slices.Equal(got, want) {
			t.Errorf("the list has %d webhooks, want %d in the order in which they were made", len(got), many)
		}
		for _, wrong := range standingChecks(a, "GET", nil) {
			t.Error(wrong)
		}
	})
	t.Run("C12 HEAD has no body", func(t *testing.T) {
		if a := h.ask(t, "HEAD", "/private/webhooks", ""); a.StatusCode != http.StatusOK || len(a.body) > 0 {
			t.Errorf("HEAD: %s with %d bytes", a.Status, len(a.body))
		}
	})
	for _, limit := range []int{1000, 999, 100, -1000, -70} {
		t.Run(fmt.Sprintf("C12 in pages of %d", limit), func(t *testing.T) {
			got := followLinks(t, h.Client(), fmt.Sprintf("%s/private/webhooks?limit=%d", h.URL, limit), max(limit, -limit))
			if limit > 0 && !slices.Equal(got, want) || limit < 0 && !slices.Equal(got, backwards) {
				t.Errorf("the pages together have %d webhooks, want %d in order", len(got), many)
			}
		})
	}
	t.Run("C12 in pages behind a proxy that strips a path", func(t *testing.T) {
		target, err := url.Parse(h.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxy := httptest.NewServer(http.StripPrefix("/outer", httputil.NewSingleHostReverseProxy(target)))
		defer proxy.Close()
		got := followLinks(t, proxy.Client(), proxy.URL+"/outer/private/webhooks?limit=1000", 1000)
		if !slices.Equal(got, want) {
			t.Errorf("the pages together have %d webhooks, want %d in order", len(got), many)
		}
	})
	t.Run("C12 offset alone gives all that is behind", func(t *testing.T) {
		first := h.ask(t, "GET", "/private/webhooks?limit=400", "")
		link, _ := nextLink(first.Header.Get("Link"))
		query, err := url.ParseQuery(strings.TrimPrefix(link, "?"))
		if err != nil {
			t.Fatal(err)
		}
		got := h.ask(t, "GET", "/private/webhooks?offset="+query.Get("offset"), "").ids(t)
		if !slices.Equal(got, want[400:]) {
			t.Errorf("behind the first 400 the list has %d webhooks, want %d", len(got), many-400)
		}
	})
}

// followLinks reads pages from a URL on, as long as there is a next one.
func followLinks(t *testing.T, client *http.Client, at string, most int) (ids []string) {
	t.Helper()
	for {
		request, err := http.NewRequestWithContext(t.Context(), "GET", at, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer secret-token:all")
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		page := answer{response, body}.ids(t)
		ids = append(ids, page...)
		link, more := nextLink(response.Header.Get("Link"))
		if more && len(page) != most || len(page) > most {
			t.Fatalf("a page has %d webhooks, want %d", len(page), most)
		}
		if !more {
			return ids
		}
		next, err := request.URL.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		at = next.String()
	}
}

// TestListWithAFault reads the beginning of a list that is longer than the
// buffers between server and client, makes a fault, and reads on.
func TestListWithAFault(t *testing.T) {
	const many = 20_000
	faults := []struct {
		name, fault string
		// cut tells that the list can not go on.
		cut bool
	}{
		{"C12 is cut where the database fails", `ALTER SCHEMA merchant_webhooks RENAME TO elsewhere`, true},
		{"C12 goes on, or is cut, where its connections are killed", `
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`, false},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			db := migrated(t)
			fill(t, db, many, `repeat('😀', 120) || n`)
			h := startHost(t, db, setting{}, nil)
			defer h.Close()
			body := slowly(t, h.Listener.Addr().String())

			// Once the list has begun and its first bytes are read, it stops at
			// full buffers, far from its end.
			begun := make([]byte, 100)
			if _, err := io.ReadFull(body, begun); err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), f.fault); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(body)
			text := string(begun) + string(rest)
			items := strings.Count(text, `"webhook_id"`)
			switch {
			case err == nil && (f.cut || items != many):
				t.Errorf("the list ended well after %d of %d webhooks", items, many)
			case err != nil && !isUnexpectedEnd(err):
				t.Error(err)
			case err != nil && f.cut && !strings.Contains(h.log.String(), "list"):
				t.Errorf("the log says nothing of a list that was cut: %s", h.log)
			}
			if strings.Contains(text, "code") || strings.Contains(text, "pq:") {
				t.Errorf("the list ends in a message: %s", text[len(text)-300:])
			}
		})
	}
}

// TestC12_WhoLeft: a list that was given up since its client has left is no fault.
func TestC12_WhoLeft(t *testing.T) {
	db := migrated(t)
	fill(t, db, 20_000, `repeat('😀', 120) || n`)
	h := startHost(t, db, setting{}, nil)
	defer h.Close()
	body := slowly(t, h.Listener.Addr().String())
	defer lockWebhooks(t, db)()
	go io.Copy(io.Discard, body)
	await(t, db, "the list waits for the lock", waitsForLock)
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, db, "its statement is cancelled", "NOT "+waitsForLock)
	h.Close()
	if log := h.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("it is logged as a fault: %s", log)
	}
}

// slowly asks for the list by a connection that buffers little, and is closed with it.
func slowly(t *testing.T, address string) io.ReadCloser {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := errors.Join(conn.(*net.TCPConn).SetReadBuffer(64<<10), conn.SetDeadline(time.Now().Add(patience))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /private/webhooks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-token:all\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	return struct {
		io.Reader
		io.Closer
	}{response.Body, conn}
}

// isUnexpectedEnd reports whether a client was told that an answer is cut.
func isUnexpectedEnd(err error) bool {
	var reset *net.OpError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &reset) && !reset.Timeout()
}
