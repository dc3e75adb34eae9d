package handlers_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestConnectionStays wants a connection to live on after a refusal, unless a
// part of the body was not read.
func TestConnectionStays(t *testing.T) {
	h := newHost(t, nil)
	for _, test := range []struct {
		name, token, body string
		status            int
		closes            bool
	}{
		{"R1 a body that was read and refused", "secret-token:all", `{}`, 400, false},
		{"R2 a body that was not read", "secret-token:none", `{}`, 401, true},
		{"R3 a body that is too large", "secret-token:all", strings.Repeat(" ", 2<<20), 413, true},
		{"R1 no body", "secret-token:none", "", 401, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/private/webhooks", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+test.token)
			response, err := h.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.status || response.Close != test.closes {
				t.Errorf("status %d, closes the connection: %t; want %d, %t", response.StatusCode, response.Close, test.status, test.closes)
			}
		})
	}
}

// TestBodyCut: a client that says more than it sends is told so.
func TestBodyCut(t *testing.T) {
	h := newHost(t, nil)
	conn, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /private/webhooks HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer secret-token:all\r\nContent-Length: 999\r\n\r\n%s", hook("a"))
	if err := errors.Join(err, conn.(*net.TCPConn).CloseWrite()); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if !strings.Contains(string(said), " 400 ") || !strings.Contains(string(said), "The body ended before it was complete.") {
		t.Errorf("R3 it is answered %s, %v", said, err)
	}
}

// TestBehindCompressed wants all of a compressed body to be looked at: nothing
// may follow the data, and its end must be seen, after which the connection can
// be used again and is watched for the client to leave.
func TestBehindCompressed(t *testing.T) {
	h := newHost(t, nil)
	for _, encoding := range []string{"gzip", "deflate", "zlib"} {
		header := []string{"Content-Encoding", strings.Replace(encoding, "zlib", "deflate", 1)}
		t.Run("R4 something follows: "+encoding, func(t *testing.T) {
			a := h.ask(t, "POST", "/private/webhooks", string(compress(t, encoding, []byte(hook("a"))))+"x", header...)
			check(t, a, http.StatusBadRequest, int(webhook.CodeCompressionInvalid))
		})
		t.Run("R4 the end is seen: "+encoding, func(t *testing.T) {
			a := h.ask(t, "POST", "/private/webhooks", string(compress(t, encoding, []byte(`{}`))), header...)
			check(t, a, http.StatusBadRequest, int(webhook.CodeJSONInvalid))
			if a.Close {
				t.Error("the connection is closed, as if a part of the body had not been read")
			}
		})
	}
}

// TestR4_NoHeader takes what is deflated without a header, whose beginning adds up
// like one.
func TestR4_NoHeader(t *testing.T) {
	h := newHost(t, nil)
	tried := 0
	for i := range 2000 {
		body := compress(t, "deflate", []byte(hook("a", `"body_template":"`+strings.Repeat(strconv.Itoa(i), i)+`"`)))
		if binary.BigEndian.Uint16(body)%31 == 0 {
			tried++
			check(t, h.ask(t, "POST", "/private/webhooks", string(body), "Content-Encoding", "deflate"), http.StatusNoContent, 0)
			check(t, h.ask(t, "DELETE", "/private/webhooks/a", ""), http.StatusNoContent, 0)
		}
	}
	if tried == 0 {
		t.Error("none adds up: this test sees nothing")
	}
}

// wrapped is a host with a middleware that puts a writer of its own before
// gin's, twice, as those do that compress, or log, what is answered.
var wrapped = setting{name: "wrapped", engine: func(e *gin.Engine) {
	wrap := func(c *gin.Context) { c.Writer = struct{ gin.ResponseWriter }{c.Writer} }
	e.Use(wrap, wrap)
}}

func TestWrappedWriter(t *testing.T) {
	db := migrated(t)
	h := startHost(t, db, wrapped, func(c *plugin.Config) { c.Limits.RequestTime = 400 * time.Millisecond })
	t.Cleanup(h.Close)

	t.Run("R6 a body that never ends, behind a middleware's writer", func(t *testing.T) {
		p := startPost(t, h, "Content-Length: 1000")
		fmt.Fprint(p, hook("endless")[:20])
		check(t, p.answer(t, true), http.StatusBadRequest, int(webhook.CodeJSONInvalid))
	})
	t.Run("C12 is cut, behind a middleware's writer", func(t *testing.T) {
		patient := startHost(t, db, wrapped, nil)
		defer patient.Close()
		fill(t, db, 20_000, `repeat('😀', 120) || n`)
		body := slowly(t, patient.Listener.Addr().String())
		if _, err := io.ReadFull(body, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `ALTER SCHEMA merchant_webhooks RENAME TO elsewhere`); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, body); err == nil || !isUnexpectedEnd(err) {
			t.Errorf("the list ended with %v", err)
		}
	})
}

// TestBodyThatHasEnded asks over one connection, whose server reads ahead of a
// request that has no body, or whose body a middleware has read already.
func TestBodyThatHasEnded(t *testing.T) {
	readAhead := setting{engine: func(e *gin.Engine) {
		e.Use(func(c *gin.Context) {
			body, _ := io.ReadAll(c.Request.Body)
			c.Request.Body = io.NopCloser(strings.NewReader(string(body)))
		})
	}}
	for _, test := range []struct {
		name, body string
		setting    setting
	}{
		{"R6 there is none", "", setting{}},
		{"R6 it was read before", hook("late"), readAhead},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := migrated(t)
			hurried(t, db, test.setting, func(h *host) error {
				tx := db.MustBegin()
				defer tx.Rollback()
				tx.MustExec(`LOCK TABLE merchant_webhooks.instance IN ACCESS EXCLUSIVE MODE`)
				for range 5 {
					a := h.ask(t, "POST", "/private/webhooks", test.body)
					if code := a.code(); code != int(webhook.CodeDBFetchFailed) && code != int(webhook.CodeDBCommitFailed) {
						return fmt.Errorf("a database that does not answer in time is told as %s", a.body)
					}
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				return h.ask(t, "POST", "/private/webhooks", hook("next")).is(http.StatusNoContent, 0)
			})
		})
	}
}
