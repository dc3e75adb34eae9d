package delivery

import (
	"bytes"
	"database/sql"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// A silencer leads to PostgreSQL. The first connection that says its text hears nothing
// from then on, until it may.
type silencer struct {
	text   string
	silent atomic.Bool
	hears  chan struct{}
}

type silencedConn struct {
	net.Conn
	silencer *silencer
	isSilent atomic.Bool
}

func (c *silencedConn) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(c.silencer.text)) && c.silencer.silent.CompareAndSwap(false, true) {
		c.isSilent.Store(true)
	}
	return c.Conn.Write(b)
}

func (c *silencedConn) Read(b []byte) (int, error) {
	if c.isSilent.Load() {
		<-c.silencer.hears
	}
	return c.Conn.Read(b)
}

// silenced is a shop one of whose connections falls silent when it says the text.
func silenced(t *testing.T, text string) (*shop, *silencer) {
	t.Helper()
	s := newShop(t)
	over := &silencer{text: text, hears: make(chan struct{})}
	db := pgtest.OpenOver(t, s.dsn, func(conn net.Conn) net.Conn { return &silencedConn{Conn: conn, silencer: over} })
	s.over(db)
	return s, over
}

// What is said when deliveries are claimed together, and when River fetches jobs.
const claimsTogether, fetches = "asked.place", "locked_jobs"

// TestD2_SilentConnection: lib/pq waits for an answer for as long as TCP does, up to a
// quarter of an hour. One connection that falls silent holds up nobody for that long.
func TestD2_SilentConnection(t *testing.T) {
	for _, text := range []string{claimsTogether, fetches} {
		t.Run(text, func(t *testing.T) {
			s, silent := silenced(t, text)
			s.hook("hook", newReceiver(t, nil).url)
			c := s.started(func(o *Options, tuned *tuning) {
				o.Timeout, tuned.lease, tuned.fetch = time.Second, 3*time.Second, time.Second
			})
			t.Cleanup(func() { close(silent.hears) }) // before it is stopped
			for i := range 20 {
				s.pay(c, orderID(i))
			}
			until(s, 20, countDelivered)
			if !silent.silent.Load() {
				t.Error("no connection fell silent: this test sees nothing")
			}
		})
	}
}

// TestD2_ClaimTooLate: what was claimed is not sent when the claim comes so late that
// another worker may have it before the attempt is over.
func TestD2_ClaimTooLate(t *testing.T) {
	s, late := silenced(t, claimsTogether)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(func(o *Options, tuned *tuning) { o.Timeout, tuned.lease = 1500*time.Millisecond, 2*time.Second })
	s.pay(c, orderID(0))
	timer := time.AfterFunc(time.Second, func() { close(late.hears) }) // a claim may be sent for half as long
	defer timer.Stop()
	until(s, 1, countDelivered)
	if n := len(r.got); n != 1 {
		t.Errorf("it came %d times", n)
	}
	var errors []sql.NullString
	if err := s.db.Select(&errors, "SELECT error FROM "+schema+".delivery_attempt ORDER BY number"); err != nil {
		t.Fatal(err)
	}
	if len(errors) < 2 || !strings.Contains(errors[0].String, "attempt.interrupted") {
		t.Errorf("the attempts are %v", errors)
	}
	if told := s.log.with("level=ERROR", "the claim came too late"); len(told) == 0 {
		t.Errorf("it was not told:\n%s", s.log)
	}
}
