package handlers_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// rawPost is a connection on which the header of a POST was sent, and nothing
// of its body.
type rawPost struct {
	net.Conn
	*bufio.Reader
}

func startPost(t *testing.T, h *host, header ...string) rawPost {
	t.Helper()
	return startRequest(t, h, "POST /private/webhooks", header...)
}

func startRequest(t *testing.T, h *host, line string, header ...string) rawPost {
	t.Helper()
	conn, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	lines := append([]string{line + " HTTP/1.1", "Host: x", "Authorization: Bearer secret-token:all"}, header...)
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return rawPost{conn, bufio.NewReader(conn)}
}

// answer reads the answer, and that the server then hangs up, if it has to.
func (p rawPost) answer(t *testing.T, hangsUp bool) answer {
	t.Helper()
	response, err := http.ReadResponse(p.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !hangsUp {
		return answer{response, body}
	}
	if !response.Close {
		t.Errorf("the answer has no Connection: close, but %v", response.Header)
	}
	if _, err := p.ReadByte(); err == nil {
		t.Error("something follows the answer")
	} else if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Error("the server does not hang up")
	}
	return answer{response, body}
}

func TestLargeBodies(t *testing.T) {
	h := newHost(t, nil)
	const limit = 1 << 20

	t.Run("R3 chunks are refused while the client still sends", func(t *testing.T) {
		p := startPost(t, h, "Transfer-Encoding: chunked")
		fmt.Fprintf(p, "%x\r\n%s", 2*limit, strings.Repeat(" ", limit+1))
		a := p.answer(t, false)
		check(t, a, http.StatusRequestEntityTooLarge, int(webhook.CodeUploadExceedsLimit))
		if !a.Close {
			t.Error("the connection, in the middle of a body, is to be used again")
		}
	})
	t.Run("R3 a client that asks first is refused before it sends", func(t *testing.T) {
		p := startPost(t, h, fmt.Sprintf("Content-Length: %d", limit+1), "Expect: 100-continue")
		check(t, p.answer(t, false), http.StatusRequestEntityTooLarge, int(webhook.CodeUploadExceedsLimit))
	})
	t.Run("R3 what is only declared takes no memory", func(t *testing.T) {
		const clients = 40
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range clients {
			p := startPost(t, h, fmt.Sprintf("Content-Length: %d", limit), "Expect: 100-continue")
			if line, err := p.ReadString('\n'); err != nil || !strings.Contains(line, "100") { // the body is being read
				t.Fatal(line, err)
			}
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > clients*limit/4 {
			t.Errorf("%d bytes were allocated for %d clients that sent nothing", grown, clients)
		}
	})
	for _, encoding := range []string{"gzip", "deflate"} {
		t.Run("R3 a little that inflates to much is not inflated: "+encoding, func(t *testing.T) {
			const inflated = 32 << 20
			bomb := compress(t, encoding, make([]byte, inflated))
			if len(bomb) > limit {
				t.Fatalf("the bomb has %d bytes", len(bomb))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			a := h.ask(t, "POST", "/private/webhooks", string(bomb), "Content-Encoding", encoding)
			runtime.ReadMemStats(&after)
			check(t, a, http.StatusRequestEntityTooLarge, int(webhook.CodeUploadExceedsLimit))
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 16*limit {
				t.Errorf("%d bytes were allocated for it", grown)
			}
		})
	}
}

// hurried does something in a host that gives requests little time, and where
// that was too little, as it may be on a slow machine, in one that gives twice as
// much.
func hurried(t *testing.T, db *sqlx.DB, in setting, do func(h *host) error) {
	t.Helper()
	for limit := 200 * time.Millisecond; ; limit *= 2 {
		h := startHost(t, db, in, func(c *plugin.Config) { c.Limits.RequestTime = limit })
		err := do(h)
		h.Close()
		if err == nil {
			return
		}
		if limit > patience/4 {
			t.Fatal(err)
		}
	}
}

func TestRequestTime(t *testing.T) {
	db := migrated(t)
	h := startHost(t, db, setting{}, func(c *plugin.Config) { c.Limits.RequestTime = 400 * time.Millisecond })
	t.Cleanup(h.Close)
	patient := startHost(t, db, setting{}, nil)
	t.Cleanup(patient.Close)

	t.Run("R6 a body that never ends", func(t *testing.T) {
		p := startPost(t, h, "Content-Length: 1000")
		fmt.Fprint(p, hook("endless")[:20])
		check(t, p.answer(t, true), http.StatusBadRequest, int(webhook.CodeJSONInvalid))
	})
	t.Run("R6 chunks that never end", func(t *testing.T) {
		p := startPost(t, h, "Transfer-Encoding: chunked")
		fmt.Fprint(p, "2\r\n{ \r\n")
		check(t, p.answer(t, true), http.StatusBadRequest, int(webhook.CodeJSONInvalid))
	})
	t.Run("R6 a compressed body that never ends", func(t *testing.T) {
		p := startPost(t, h, "Content-Length: 1000", "Content-Encoding: gzip")
		_, _ = p.Write(compress(t, "gzip", []byte(hook("endless")))[:15])
		check(t, p.answer(t, true), http.StatusBadRequest, int(webhook.CodeJSONInvalid))
	})
	t.Run("R6 a body that never ends and that nobody reads", func(t *testing.T) {
		for _, test := range []struct {
			line   string
			status int
		}{
			{"GET /admin/webhooks/new", http.StatusOK},
			{"DELETE /private/webhooks/unread", http.StatusNoContent},
			{"POST /admin/webhooks/unread/delete", http.StatusSeeOther},
		} {
			hurried(t, db, setting{}, func(h *host) error {
				check(t, patient.ask(t, "POST", "/private/webhooks", hook("unread")), http.StatusNoContent, 0)
				p := startRequest(t, h, test.line, "Content-Length: 1000")
				if a := p.answer(t, true); a.StatusCode != test.status {
					return fmt.Errorf("%s: %d", test.line, a.StatusCode)
				}
				return nil
			})
		}
	})
	t.Run("R6 a body that comes byte by byte", func(t *testing.T) {
		p := startPost(t, h, "Content-Length: 100000")
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				if _, err := p.Write([]byte(" ")); err != nil {
					return // the server has hung up
				}
				time.Sleep(20 * time.Millisecond) // a slow client is what is tested
			}
		}()
		check(t, p.answer(t, true), http.StatusBadRequest, int(webhook.CodeJSONInvalid))
		p.Close()
		<-stopped
	})
	t.Run("R6 a database that does not answer in time", func(t *testing.T) {
		unlock := lockWebhooks(t, db)
		for _, r := range []struct{ method, path, body string }{
			{"POST", "/private/webhooks", hook("locked")},
			{"GET", "/private/webhooks", ""},
			{"GET", "/private/webhooks/locked", ""},
			{"PATCH", "/private/webhooks/locked", hook("locked")},
			{"DELETE", "/private/webhooks/locked", ""},
		} {
			hurried(t, db, setting{}, func(h *host) error {
				a := h.ask(t, r.method, r.path, r.body)
				if faults := []int{51, 52, 53, 54, 55}; a.StatusCode != http.StatusInternalServerError || !slices.Contains(faults, a.code()) {
					return fmt.Errorf("%s %s: %s %s", r.method, r.path, a.Status, a.body)
				}
				return nil
			})
		}
		unlock()
		if ids := patient.ask(t, "GET", "/private/webhooks", "").ids(t); len(ids) > 0 {
			t.Errorf("what was refused is stored: %q", ids)
		}
	})
	t.Run("R6 within its time a request waits", func(t *testing.T) {
		unlock := lockWebhooks(t, db)
		p := startPost(t, patient, fmt.Sprintf("Content-Length: %d", len(hook("waits"))))
		fmt.Fprint(p, hook("waits"))
		await(t, db, "the POST waits for the lock", waitsForLock)
		unlock()
		check(t, p.answer(t, false), http.StatusNoContent, 0)
	})
	checkLog(t, h.log.String())
}

func TestClientLeaves(t *testing.T) {
	requests := []struct{ name, method, path, body string }{
		{"R6 POST is given up", "POST", "/private/webhooks", hook("gone")},
		{"R6 GET of the list is given up", "GET", "/private/webhooks", ""},
		{"R6 GET of one is given up", "GET", "/private/webhooks/gone", ""},
		{"R6 PATCH is given up", "PATCH", "/private/webhooks/gone", hook("gone")},
		{"R6 DELETE is given up", "DELETE", "/private/webhooks/gone", ""},
	}
	db := migrated(t)
	// The time limit is far: what ends the work is that the client leaves.
	h := startHost(t, db, setting{}, func(c *plugin.Config) { c.Limits.RequestTime = time.Hour })
	t.Cleanup(h.Close)
	for _, r := range requests {
		t.Run(r.name, func(t *testing.T) {
			unlock := lockWebhooks(t, db)
			ctx, leave := context.WithCancel(t.Context())
			left := make(chan error, 1)
			go func() {
				_, err := h.try(ctx, r.method, r.path, r.body)
				left <- err
			}()
			await(t, db, "the request waits for the lock", waitsForLock)
			leave()
			if err := <-left; err == nil {
				t.Error("the request was answered")
			}
			await(t, db, "its statement is cancelled", "NOT "+waitsForLock)
			unlock()
			if ids := h.ask(t, "GET", "/private/webhooks", "").ids(t); len(ids) > 0 {
				t.Errorf("%q was stored", ids)
			}
		})
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("a client that left is logged as a fault: %s", h.log)
	}
}
