package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestD1_CommitsAndRollsBackWithTheHost(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url+"/a?b=c")
	c := s.started(nil)

	tx, err := s.db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Emit(t.Context(), tx, "admin", paid("rolled-back")); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.river_job"); n != 0 {
		t.Errorf("%d jobs are left of what was rolled back", n)
	}
	s.pay(c, "committed")

	m := r.next(s)
	if m.method != "POST" || m.path != "/a?b=c" || m.body != `{"order":"committed"}` || m.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %+v", m)
	}
	until(s, 1, countDelivered)
	for _, table := range []string{"event", "delivery", "delivery_attempt"} {
		if n := one[int](s, "SELECT count(*) FROM webhooks."+table); n != 1 {
			t.Errorf("%s has %d rows, want 1", table, n)
		}
	}
	if len(r.got) > 0 {
		t.Error("more came in than was committed")
	}
}

// TestD1_OfDatabaseSQL is a host's transaction that sqlx has not begun.
func TestD1_OfDatabaseSQL(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "https://example.com/")
	c := s.courier(nil)
	tx, err := s.db.DB.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Emit(t.Context(), &sqlx.Tx{Tx: tx}, "admin", paid("o")); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery"); n != 1 {
		t.Errorf("%d deliveries, want 1", n)
	}
}

func TestD1_UnknownInstanceLeavesTheTransactionUsable(t *testing.T) {
	s := newShop(t)
	c := s.courier(nil)
	s.within(func(tx *sqlx.Tx) error {
		err := c.Emit(t.Context(), tx, "nobody", paid("o"))
		if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Code != webhook.CodeInstanceUnknown {
			t.Errorf("got %v, want code 2000", err)
		}
		_, err = tx.Exec("INSERT INTO shop_order VALUES ('o')")
		return err
	})
}

// TestD1_BadEventAsksNothing: its transaction has ended, so anything asked would
// be another error.
func TestD1_BadEventAsksNothing(t *testing.T) {
	s := newShop(t)
	c := s.courier(nil)
	tx, err := s.db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	_ = tx.Rollback()
	for _, ev := range []webhook.Event{{Type: "unheard_of"}, {Type: "pay", Data: 3}} {
		if err := c.Emit(t.Context(), tx, "admin", ev); err == nil || strings.Contains(err.Error(), "transaction") {
			t.Errorf("%v: got %v", ev, err)
		}
	}
	if err := c.Emit(t.Context(), nil, "admin", paid("o")); err == nil {
		t.Error("without a transaction it says nothing")
	}
}

// TestD1_NotStored: the host learns of it, and why, before it commits.
func TestD1_NotStored(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.refuse("INSERT", "delivery", "")
	tx := s.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	if err := c.Emit(t.Context(), tx, "admin", paid("o")); err == nil || !strings.Contains(err.Error(), "not now") {
		t.Errorf("it says %v", err)
	}
}

func TestD1_LaterPatchChangesNothingAndDeleteRemoves(t *testing.T) {
	s := newShop(t)
	old, other := newReceiver(t, nil), newReceiver(t, nil)
	s.hook("patched", old.url)
	s.hook("deleted", old.url)
	c := s.courier(nil)
	s.pay(c, "o1")

	patched := webhook.Webhook{ID: "patched", EventType: "pay", URL: other.url, HTTPMethod: "PUT", BodyTemplate: "new"}
	if err := s.repo.Update(t.Context(), "admin", patched); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), "admin", "deleted"); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := old.next(s); m.method != "POST" || m.body != `{"order":"o1"}` {
		t.Errorf("got %+v, want what was queued", m)
	}
	until(s, 0, "SELECT count(*) FROM webhooks.river_job WHERE state IN ('available', 'running', 'scheduled', 'retryable')")
	if len(old.got)+len(other.got) > 0 {
		t.Error("the deleted one was sent, or the patched one anew")
	}
}

// TestD1_RoundTripsDoNotGrow counts what Emit waits for.
func TestD1_RoundTripsDoNotGrow(t *testing.T) {
	counted := func(hooks int) int64 {
		s := newShop(t)
		for i := range hooks {
			s.hook(fmt.Sprint("hook-", i), "http://127.0.0.1:1/")
		}
		var wire trips
		s.over(wire.open(t, s.dsn))
		c := s.courier(nil)
		if err := s.repo.PrepareEmit(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.pay(c, "first")
		var count int64
		s.within(func(tx *sqlx.Tx) error {
			before := wire.count.Load()
			err := c.Emit(t.Context(), tx, "admin", paid("o"))
			count = wire.count.Load() - before
			return err
		})
		return count
	}
	if none, once, ten := counted(0), counted(1), counted(10); none != 1 || once != 2 || ten != 2 {
		t.Errorf("no webhook takes %d round trips, one %d, ten %d; want 1, 2, 2", none, once, ten)
	}
}

func TestD1_AtMostSoManyWebhooks(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	for i := range 4 {
		s.hook(fmt.Sprint("hook-", i), r.url)
	}
	c := s.started(func(o *Options, _ *tuning) { o.MaxPerEvent = 2 })
	s.pay(c, "o")
	until(s, 2, countDelivered)
	beyond := one[string](s, "SELECT string_agg(w.webhook_id, ' ' ORDER BY w.webhook_id) FROM webhooks.delivery d JOIN webhooks.webhook w USING (webhook_serial) WHERE d.state = 'failed'")
	if beyond != "hook-2 hook-3" {
		t.Errorf("%q are beyond, want the newest", beyond)
	}
	if m := webhook.DecodeMessage(one[string](s, "SELECT failure FROM webhooks.delivery WHERE state = 'failed' LIMIT 1")); m.Key != "delivery.beyond_limit" {
		t.Errorf("the reason is %q", m.English())
	}
}

// TestD7_TemplateFailsAlone: neither what can not be made nor what takes too long
// fails the others or the host.
func TestD7_TemplateFailsAlone(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("good", r.url)
	bad := map[string]string{
		"line-break": "X-Summary: {{contract_terms.summary}}\nX: {{order_id}}",
		"huge":       "",
	}
	for id, headers := range bad {
		w := webhook.Webhook{ID: id, EventType: "pay", URL: r.url, HTTPMethod: "POST", HeaderTemplate: headers}
		if id == "huge" {
			w.BodyTemplate = strings.Repeat("{{#contract_terms.products}}", 6) + "x" + strings.Repeat("{{/contract_terms.products}}", 6)
		}
		s.webhook(w)
	}
	c := s.started(nil)
	event := webhook.Pay("o", map[string]any{"summary": "a\r\nEvil: yes", "products": make([]map[string]any, 40)})
	s.within(func(tx *sqlx.Tx) error { return c.Emit(t.Context(), tx, "admin", event) })
	if m := r.next(s); m.body != `{"order":"o"}` {
		t.Errorf("got %+v", m)
	}
	until(s, 2, countFailed)
	for id, keys := range map[string][]string{
		"line-break": {"delivery.headers_not_made"},
		"huge":       {"delivery.body_not_made", "delivery.too_long_to_make"}, // on a slow machine it runs out of time, not of tags
	} {
		failure := one[string](s, "SELECT d.failure FROM webhooks.delivery d JOIN webhooks.webhook w USING (webhook_serial) WHERE w.webhook_id = $1", id)
		if m := webhook.DecodeMessage(failure); !slices.Contains(keys, m.Key) {
			t.Errorf("%s failed with %q, want %s", id, m.English(), keys)
		}
		told := s.log.with("level=ERROR", "delivery could not be made", "instance=admin", "webhook_id="+id, "delivery_id=msg_", "event_type=pay", "error=")
		if len(told) != 1 || strings.Contains(s.log.String(), "Evil") { // D14
			t.Errorf("of %s the log says %q", id, told)
		}
	}
	if len(r.got) > 0 {
		t.Error("what could not be made was sent")
	}
}

// TestD7_SecondTurn: of those that there was no time for, the one that took it is
// made last.
func TestD7_SecondTurn(t *testing.T) {
	data, err := webhook.NewData(map[string]any{"order_id": "o"})
	if err != nil {
		t.Fatal(err)
	}
	listeners := make([]repo.Listener, 3)
	for i := range listeners {
		listeners[i].Webhook = webhook.Webhook{EventType: "pay", URL: "https://shop.example/", HTTPMethod: "POST", BodyTemplate: "{{order_id}}"}
	}
	ds := make([]repo.NewDelivery, 3)
	late := makeWithin(t.Context(), 0, listeners, data, ds, []int{0, 1, 2})
	if !slices.Equal(late, []int{1, 2, 0}) || ds[2].Failure.Key != "delivery.too_long_to_make" {
		t.Errorf("without time late are %v, of %+v", late, ds)
	}
	late = makeWithin(t.Context(), time.Minute, listeners, data, ds, late)
	for i, d := range ds {
		if len(late) > 0 || !d.Failure.IsZero() || string(d.Request.Body) != "o" {
			t.Errorf("with time late are %v, and %d is %+v", late, i, d)
		}
	}
}

// TestD7_OneTimeForAll: an event's requests have their time together, however many
// webhooks want one and however little each of them takes.
func TestD7_OneTimeForAll(t *testing.T) {
	const inAll = "{{#products}}{{#products}}{{/products}}{{/products}}" // enters 16,770 tags
	data, err := webhook.NewData(map[string]any{"products": make([]map[string]any, 129)})
	if err != nil {
		t.Fatal(err)
	}
	listeners := make([]repo.Listener, 1000) // it takes a second and more to make all
	for i := range listeners {
		listeners[i].Webhook = webhook.Webhook{EventType: "pay", URL: "https://shop.example/", HTTPMethod: "POST", BodyTemplate: inAll}
	}
	late := 0
	for _, d := range newShop(t).courier(nil).makeDeliveries(t.Context(), listeners, data) {
		switch d.Failure.Key {
		case "":
		case "delivery.too_long_to_make":
			late++
		default:
			t.Fatalf("one could not be made: %s", d.Failure.English())
		}
	}
	if late == 0 {
		t.Error("there was time for all")
	}
}
