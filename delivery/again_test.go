package delivery

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const deliveryID = "SELECT 'msg_' || delivery_serial || '_' || nonce FROM webhooks.delivery ORDER BY delivery_serial LIMIT 1"

// answers gives each request the next status.
func answers(statuses ...int) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(int(n.Add(1)), len(statuses))-1])
	}
}

func TestD6_SendAgainAsItWas(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, answers(400, 200))
	s.hook("hook", r.url)
	c := s.started(nil)
	s.pay(c, "o")
	until(s, 1, countFailed)
	id := one[string](s, deliveryID)
	if err := c.Redeliver(t.Context(), "admin", "hook", id, false); err != nil {
		t.Fatal(err)
	}
	until(s, 1, countDelivered)
	first, second := r.next(s), r.next(s)
	if first.id() != id || second.id() != id || first.body != second.body {
		t.Errorf("sent %+v, then %+v", first, second)
	}
}

// TestD6_SendNow: a waiting one need not wait.
func TestD6_SendNow(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, answers(503, 200))
	s.hook("hook", r.url)
	c := s.started(func(o *Options, _ *tuning) { o.Schedule = webhook.Schedule{time.Hour} })
	s.pay(c, "o")
	until(s, 1, "SELECT count(*) FROM webhooks.delivery WHERE tries = 1")
	if err := c.Redeliver(t.Context(), "admin", "hook", one[string](s, deliveryID), false); err != nil {
		t.Fatal(err)
	}
	until(s, 1, countDelivered)
}

// TestD6_SendAgainMadeAnew: a wrong address was mended.
func TestD6_SendAgainMadeAnew(t *testing.T) {
	s := newShop(t)
	wrong, right := newReceiver(t, status(400)), newReceiver(t, nil)
	s.hook("hook", wrong.url)
	c := s.started(nil)
	s.pay(c, "o")
	until(s, 1, countFailed)
	mended := webhook.Webhook{ID: "hook", EventType: "pay", URL: right.url, HTTPMethod: "PUT", BodyTemplate: "new {{order_id}}"}
	if err := s.repo.Update(t.Context(), "admin", mended); err != nil {
		t.Fatal(err)
	}
	id := one[string](s, deliveryID)
	if err := c.Redeliver(t.Context(), "admin", "hook", id, true); err != nil {
		t.Fatal(err)
	}
	if m := right.next(s); m.id() != id || m.method != "PUT" || m.body != "new o" {
		t.Errorf("got %+v", m)
	}
	until(s, 1, countDelivered)
}

func TestD6_TestEvent(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(nil)
	if err := c.Pause(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	id, err := c.Test(t.Context(), "admin", "hook") // D12: also while it is paused
	if err != nil {
		t.Fatal(err)
	}
	m := r.next(s)
	current, _ := secrets(s, c)
	verify(t, m, current[0], true)
	if m.id() != id || m.body == "" || !one[bool](s, "SELECT is_test AND event_at > now() - interval '1 min' FROM webhooks.event") {
		t.Errorf("got %+v, want %s", m, id)
	}
	_, err = c.Test(t.Context(), "admin", "other")
	if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Code != webhook.CodeWebhookUnknown {
		t.Errorf("got %v", err)
	}
}

// TestD12_OfAnEventThatIsNoMore: the host had it once.
func TestD12_OfAnEventThatIsNoMore(t *testing.T) {
	s := newShop(t)
	s.webhook(webhook.Webhook{ID: "hook", EventType: "abolished", URL: "http://127.0.0.1:1/", HTTPMethod: "POST"})
	_, err := s.courier(nil).Test(t.Context(), "admin", "hook")
	problem := (*webhook.Problem)(nil)
	if !errors.As(err, &problem) || problem.Code != webhook.CodeForbidden || !strings.Contains(problem.Message.English(), "no event “abolished”") {
		t.Errorf("got %v", err)
	}
}

func TestD9_Recover(t *testing.T) {
	const n = 150
	s := newShop(t)
	var up atomic.Bool
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			w.WriteHeader(400)
		}
	})
	s.hook("hook", r.url)
	c := s.started(nil)
	s.many(c, n)
	until(s, n, countFailed)
	up.Store(true)
	a := repo.Again{WebhookID: "hook", From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}
	count, err := c.Recover(t.Context(), "admin", a, false)
	if err != nil || count != n {
		t.Fatalf("%d were queued, %v, want %d", count, err, n)
	}
	until(s, n, countDelivered)
	if count, err = c.Recover(t.Context(), "admin", a, false); err != nil || count != 0 {
		t.Errorf("a second time %d are queued, %v", count, err)
	}
	if r.repeats() != n {
		t.Errorf("%d came again, want %d", r.repeats(), n)
	}
}

// TestD9_RecoverMany goes in steps: cut off, it goes on where it stopped.
func TestD9_RecoverMany(t *testing.T) {
	const n = 12_000
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o")
	s.db.MustExec(strings.ReplaceAll(`
		INSERT INTO webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, state, failure, finished_at)
		SELECT instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, 'failed', '{}', now()
		FROM webhooks.delivery, generate_series(1, 12000)`, "webhooks.", schema+"."))
	tx := s.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec("SELECT FROM " + schema + ".delivery WHERE delivery_serial = (SELECT max(delivery_serial) FROM " + schema + ".delivery) FOR UPDATE")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cut := make(chan error)
	go func() {
		_, err := c.Recover(ctx, "admin", repo.Again{}, false)
		cut <- err
	}()
	until(s, n-10_000, countFailed)
	cancel()
	if err := <-cut; err == nil {
		t.Error("it is not cut off")
	}
	_ = tx.Rollback()
	if count, err := c.Recover(t.Context(), "admin", repo.Again{}, false); err != nil || count != n-10_000 {
		t.Errorf("then %d are queued, %v", count, err)
	}
}

// TestD9_RecoverWhatCanNotBeMadeAnew: what was sent stays as it is.
func TestD9_RecoverWhatCanNotBeMadeAnew(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(nil)
	for i := range 120 {
		s.pay(c, []string{"", "line\nbreak "}[i%2]+orderID(i))
	}
	until(s, 120, countDelivered)
	const bad = "convert_from(body, 'UTF8') LIKE '%line%' AND headers NOT LIKE '%X-Order%'"
	w := webhook.Webhook{ID: "hook", EventType: "pay", URL: r.url, HTTPMethod: "POST", HeaderTemplate: "X-Order: {{{order_id}}}", BodyTemplate: "new"}
	if err := s.repo.Update(t.Context(), "admin", w); err != nil {
		t.Fatal(err)
	}
	count, err := c.Recover(t.Context(), "admin", repo.Again{All: true}, true)
	if err != nil || count != 60 {
		t.Errorf("%d are sent again, %v", count, err)
	}
	until(s, 120, countDelivered)
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE attempt_count = 1 AND "+bad); n != 60 {
		t.Errorf("%d of 60 that can not be made are as they were", n)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE attempt_count = 2 AND headers LIKE '%X-Order%'"); n != 60 {
		t.Errorf("%d of 60 were made anew and sent", n)
	}
	id := one[string](s, "SELECT 'msg_' || delivery_serial || '_' || nonce FROM webhooks.delivery WHERE "+bad+" LIMIT 1")
	err = c.Redeliver(t.Context(), "admin", "hook", id, true)
	if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Code != webhook.CodeForbidden || problem.Message.Key != "delivery.not_made" {
		t.Errorf("of one alone: %v", err)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE state = 'delivered' AND "+bad); n != 60 {
		t.Errorf("%d of 60 are as they were", n)
	}
}

func TestD13_Rebuild(t *testing.T) {
	s := newShop(t)
	old, other := newReceiver(t, nil), newReceiver(t, nil)
	s.hook("hook", old.url)
	c := s.courier(nil)
	s.many(c, 120)
	mended := webhook.Webhook{ID: "hook", EventType: "pay", URL: other.url, HTTPMethod: "POST", BodyTemplate: "{{order_id}}"}
	if err := s.repo.Update(t.Context(), "admin", mended); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Rebuild(t.Context(), "admin", "hook"); err != nil || n != 120 {
		t.Fatalf("%d were made anew, %v", n, err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(s, 120, countDelivered)
	if len(old.got) > 0 || len(other.got) != 120 {
		t.Errorf("%d went to the old address, %d to the new", len(old.got), len(other.got))
	}
}

// TestD6_MadeAnewOverOneConnection: what reads waits for no other connection than
// the one that writes.
func TestD6_MadeAnewOverOneConnection(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	pool := pgtest.Open(t, s.dsn)
	pool.SetMaxOpenConns(1)
	s.over(pool)
	c := s.courier(nil)
	s.pay(c, "o")
	s.db.MustExec("UPDATE " + schema + ".delivery SET state = 'failed', failure = '{}', finished_at = now()")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if n, err := c.Recover(ctx, "admin", repo.Again{}, true); err != nil || n != 1 {
		t.Errorf("%d are sent again, %v", n, err)
	}
	if err := c.Redeliver(ctx, "admin", "hook", one[string](s, deliveryID), true); err != nil {
		t.Error(err)
	}
	if _, err := c.Rebuild(ctx, "admin", "hook"); err != nil {
		t.Error(err)
	}
}

func TestD10_Forget(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o")
	if n, err := c.Forget(t.Context(), "admin", "o"); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if n := one[int](s, countFailed); n != 1 {
		t.Error("what waited is still to be sent")
	}
	for rebuild, key := range map[bool]string{false: "delivery.erased", true: "delivery.not_anew"} {
		err := c.Redeliver(t.Context(), "admin", "hook", one[string](s, deliveryID), rebuild)
		if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Code != webhook.CodeForbidden || problem.Message.Key != key {
			t.Errorf("rebuild %t: got %v", rebuild, err)
		}
	}
}
