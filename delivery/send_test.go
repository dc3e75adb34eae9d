package delivery

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD4_Verifies by the published library of Standard Webhooks, with the old
// secret and the new one after a rotation.
func TestD4_Verifies(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.webhook(webhook.Webhook{
		ID: "hook", EventType: "pay", URL: r.url, HTTPMethod: "POST",
		HeaderTemplate: "webhook-id: mine\nWebhook-Event-Time: never\nUser-Agent: Shop/1\nAuthorization: Bearer abc",
		BodyTemplate:   "ü {{{order_id}}}\r\n",
	})
	c := s.started(nil)
	s.pay(c, "o1")
	before := r.next(s)
	until(s, 1, countDelivered)
	old, _ := secrets(s, c)
	verify(t, before, old[0], true)
	if before.header.Get("User-Agent") != "Shop/1" || before.header.Get("Authorization") != "Bearer abc" || len(before.header["Webhook-Id"]) != 1 || len(before.header["Webhook-Event-Time"]) != 1 {
		t.Errorf("the headers are %v", before.header)
	}

	if err := c.RotateSecret(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	s.pay(c, "o2")
	after := r.next(s)
	now, until := secrets(s, c)
	if len(now) != 2 || time.Until(until) < 23*time.Hour {
		t.Fatalf("%d secrets, the old one until %v", len(now), until)
	}
	verify(t, after, now[0], true)
	verify(t, after, old[0], true)
	verify(t, after, webhook.NewSecret(), false)
	verify(t, before, now[0], false)
}

func secrets(s *shop, c *Courier) ([]webhook.Secret, time.Time) {
	s.Helper()
	all, previousUntil, err := c.Secrets(s.Context(), "admin", "hook")
	if err != nil {
		s.Fatal(err)
	}
	return all, previousUntil
}

func verify(t testing.TB, m message, secret webhook.Secret, ok bool) {
	t.Helper()
	receiver, err := standardwebhooks.NewWebhook(secret.Text())
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Verify([]byte(m.body), m.header); (err == nil) != ok {
		t.Errorf("verified: %v, want %t", err, ok)
	}
}

// TestD11_TwoTimes are sent: when it happened, and when it was tried.
func TestD11_TwoTimes(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(nil)
	happened := time.Date(2026, 3, 29, 1, 30, 0, 999, time.UTC)
	event := paid("o")
	event.At = happened
	before := time.Now().Unix()
	s.within(func(tx *sqlx.Tx) error { return c.Emit(t.Context(), tx, "admin", event) })
	m := r.next(s)
	if got := m.header.Get("Webhook-Event-Time"); got != fmt.Sprint(happened.Unix()) {
		t.Errorf("webhook-event-time is %s, want %d", got, happened.Unix())
	}
	if got := m.header.Get("Webhook-Timestamp"); got < fmt.Sprint(before) || got > fmt.Sprint(time.Now().Unix()) {
		t.Errorf("webhook-timestamp is %s", got)
	}
	if got, sent := m.header["Traceparent"]; sent {
		t.Errorf("without a trace traceparent is %q", got)
	}
	event.At = time.Time{}
	s.within(func(tx *sqlx.Tx) error { return c.Emit(t.Context(), tx, "admin", event) })
	if got := r.next(s).header.Get("Webhook-Event-Time"); got < fmt.Sprint(before) || got > fmt.Sprint(time.Now().Unix()) {
		t.Errorf("webhook-event-time of what happens now is %s", got)
	}
}

// TestD11_ByTheHostsClock: an event without a time of its own happens when it is
// emitted, not when its transaction began.
func TestD11_ByTheHostsClock(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	at := time.Now().Add(time.Hour)
	c.now = func() time.Time { return at }
	s.pay(c, "o")
	if _, err := c.Test(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.event WHERE abs(extract(epoch FROM event_at) - $1) < 1", at.Unix()); n != 2 {
		t.Errorf("%d of 2 are of the time when they were emitted", n)
	}
}

// TestD4_BytesAreTheSame: what was sent is what is stored and shown.
func TestD4_BytesAreTheSame(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"X-Answer", "B", "A", "C", "D"} {
			w.Header().Set(name, "yes")
		}
		_, _ = w.Write([]byte("fine \x00\xff"))
	})
	s.webhook(webhook.Webhook{ID: "hook", EventType: "pay", URL: r.url + "/%7Ea?q=%20", HTTPMethod: "GET", BodyTemplate: "body with GET"})
	c, event := s.started(nil), paid("o")
	event.At = time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	s.within(func(tx *sqlx.Tx) error { return c.Emit(t.Context(), tx, "admin", event) })
	m := r.next(s)
	until(s, 1, countDelivered)
	id := one[string](s, "SELECT 'msg_' || delivery_serial || '_' || nonce FROM webhooks.delivery")
	full, err := s.repo.GetDelivery(t.Context(), "admin", "hook", id)
	if err != nil {
		t.Fatal(err)
	}
	if m.id() != id || m.method != "GET" || m.path != "/%7Ea?q=%20" || m.body != "body with GET" || string(full.Request.Body) != m.body {
		t.Errorf("got %+v\nstored %+v", m, full.Request)
	}
	a := full.Attempts[0]
	for _, h := range SentHeaders(full) {
		if m.header.Get(h.Name) != h.Value {
			t.Errorf("%s is shown as %q, came as %q", h.Name, h.Value, m.header.Get(h.Name))
		}
		m.header.Del(h.Name)
	}
	m.header.Del("Content-Length")
	if len(m.header) > 0 {
		t.Errorf("these headers came and are not shown: %v", m.header)
	}
	if string(a.Answer) != "fine \x00\xff" || !strings.Contains(a.AnswerHeaders, "X-Answer: yes") || a.Status != 200 || a.Duration < 0 {
		t.Errorf("the attempt is %+v", a)
	}
	if !slices.IsSorted(strings.Split(a.AnswerHeaders, "\n")) {
		t.Errorf("the answer's headers are in no order:\n%s", a.AnswerHeaders)
	}
	all := len(SentHeaders(full))
	died, remade, untried := full, full, full
	died.Attempts = []repo.Attempt{{Number: a.Number, At: a.At}}
	remade.RemadeAfter = a.Number
	untried.Attempts = nil
	for name, d := range map[string]repo.FullDelivery{"was cut off": died, "was before it was made anew": remade, "is to come": untried} {
		if n := len(SentHeaders(d)); n != all-2 {
			t.Errorf("of an attempt that %s %d headers of %d are shown", name, n, all)
		}
	}
}
