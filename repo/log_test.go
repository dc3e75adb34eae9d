package repo

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// newest begins at the newest.
var newest = Page{From: math.MaxInt64, Backwards: true, Limit: 100}

// serials of what Deliveries gives, each with its own webhook, event and order, and
// whether there is more.
func serials(t testing.TB, r *Repo, f Filter, p Page) (got []int64, more bool) {
	t.Helper()
	ds, more, err := r.Deliveries(t.Context(), "admin", f, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		got = append(got, d.Serial)
		var is Delivery
		err := r.db.QueryRowContext(t.Context(), `
			SELECT webhook_id, e.event_type, coalesce(order_id, '')
			FROM merchant_webhooks.delivery
			JOIN merchant_webhooks.webhook USING (instance_serial, webhook_serial)
			JOIN merchant_webhooks.event AS e USING (instance_serial, event_serial)
			WHERE delivery_serial = $1`, d.Serial).Scan(&is.WebhookID, &is.EventType, &is.OrderID)
		if err != nil || d.WebhookID != is.WebhookID || d.EventType != is.EventType || d.OrderID != is.OrderID {
			t.Errorf("%d is of %q, %q, %q; want %+v, %v", d.Serial, d.WebhookID, d.EventType, d.OrderID, is, err)
		}
	}
	return got, more
}

func TestD6_Deliveries(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "other"))
	create(t, r, "sandbox", sample)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	// Each has something of its own; theirs are like them.
	filings := []filing{
		{order: "o1", at: noon, set: isDelivered},
		{order: "o2", at: noon.Add(time.Hour), set: isFailed},
		{order: "o1", at: noon.Add(2 * time.Hour), event: "refund"},
		{order: "o1", at: noon.Add(3 * time.Hour), hook: "other", set: isFailed},
		{at: noon.Add(4 * time.Hour), hook: "other"},
		{order: "o3", at: noon.Add(-time.Hour)}, // told late
	}
	keys := make([]Key, len(filings))
	for i, f := range filings {
		keys[i], _ = file(t, r, f)
		f.instance, f.hook = "sandbox", ""
		file(t, r, f)
	}
	hook := Filter{WebhookID: sample.ID}
	for _, c := range []struct {
		name   string
		filter Filter
		want   []int // of all, newest first
	}{
		{"all", Filter{}, []int{5, 4, 3, 2, 1, 0}},
		{"a webhook's", hook, []int{5, 2, 1, 0}},
		{"those that wait", Filter{State: "pending"}, []int{5, 4, 2}},
		{"those that failed", Filter{State: "failed"}, []int{3, 1}},
		{"those delivered", Filter{State: "delivered"}, []int{0}},
		{"a webhook's that wait", Filter{WebhookID: "other", State: "pending"}, []int{4}},
		{"a webhook's that failed", Filter{WebhookID: "other", State: "failed"}, []int{3}},
		{"a webhook's delivered", Filter{WebhookID: "other", State: "delivered"}, nil},
		{"an event's", Filter{EventType: "refund"}, []int{2}},
		{"an event's that wait", Filter{EventType: "refund", State: "pending"}, []int{2}},
		{"an event's that failed", Filter{EventType: "refund", State: "failed"}, nil},
		{"a webhook's of an event", Filter{WebhookID: "other", EventType: "pay"}, []int{4, 3}},
		{"an order's", Filter{OrderID: "o1"}, []int{3, 2, 0}},
		{"an order's of a webhook", Filter{OrderID: "o1", WebhookID: "other"}, []int{3}},
		{"an order's that failed", Filter{OrderID: "o1", State: "failed"}, []int{3}},
		{"an order's of an event", Filter{OrderID: "o1", EventType: "refund"}, []int{2}},
		{"an order's in a time", Filter{OrderID: "o1", From: noon.Add(time.Minute), To: noon.Add(3 * time.Hour)}, []int{2}},
		{"no order's", Filter{OrderID: "o4"}, nil},
		{"from a time on, itself too", Filter{From: noon.Add(2 * time.Hour)}, []int{4, 3, 2}},
		{"until a time, itself not", Filter{To: noon.Add(2 * time.Hour)}, []int{5, 1, 0}},
		{"in a time", Filter{From: noon, To: noon.Add(4 * time.Hour)}, []int{3, 2, 1, 0}},
		{"a webhook's from a time on, itself too", Filter{From: noon.Add(2 * time.Hour), WebhookID: sample.ID}, []int{2}},
		{"a webhook's until a time, itself not", Filter{To: noon.Add(2 * time.Hour), WebhookID: sample.ID}, []int{5, 1, 0}},
		{"those that wait in a time", Filter{From: noon.Add(2 * time.Hour), To: noon.Add(4 * time.Hour), State: "pending"}, []int{2}},
		{"a webhook's that wait from a time on", Filter{From: noon.Add(4 * time.Hour), WebhookID: "other", State: "pending"}, []int{4}},
		{"in a time, of a webhook in a state", Filter{From: noon, To: noon.Add(4 * time.Hour), WebhookID: "other", State: "failed"}, []int{3}},
		{"in a time, of an event", Filter{From: noon, EventType: "refund"}, []int{2}},
		{"in no time", Filter{From: noon.Add(5 * time.Hour)}, nil},
	} {
		var wanted []int64
		for _, i := range c.want {
			wanted = append(wanted, keys[i].Delivery)
		}
		t.Run("D6 C9 "+c.name, func(t *testing.T) {
			if got, more := serials(t, r, c.filter, newest); !slices.Equal(got, wanted) || more {
				t.Errorf("got %v, more %v, want %v", got, more, wanted)
			}
			if n, err := r.CountDeliveries(ctx, "admin", c.filter); err != nil || n != len(wanted) {
				t.Errorf("%d are counted, want %d, %v", n, len(wanted), err)
			}
		})
		t.Run("D6 C12 page by page, both ways: "+c.name, func(t *testing.T) {
			for _, backwards := range []bool{true, false} {
				var got []int64
				page := Page{From: newest.From, Backwards: true, Limit: 1}
				if !backwards {
					page.From, page.Backwards = 0, false
				}
				for range len(wanted) + 1 {
					some, more := serials(t, r, c.filter, page)
					if got = append(got, some...); len(some) == 0 {
						break
					}
					if page.From = some[0]; more != (len(got) < len(wanted)) {
						t.Errorf("behind %v more is %v", got, more)
					}
				}
				if !backwards {
					slices.Reverse(got)
				}
				if !slices.Equal(got, wanted) {
					t.Errorf("got %v, want %v", got, wanted)
				}
			}
		})
	}
	t.Run("D6 C12 more is behind a page", func(t *testing.T) {
		if got, more := serials(t, r, hook, Page{From: newest.From, Backwards: true, Limit: 3}); len(got) != 3 || !more {
			t.Errorf("got %v, more %v", got, more)
		}
	})
	t.Run("D6 C8 unknown ones, and none", func(t *testing.T) {
		create(t, r, "admin", named(sample, "empty"))
		want(t, r.AddInstance(ctx, nil, "empty"), none, "")
		for _, state := range []string{"", "pending", "failed", "delivered"} {
			_, _, err := r.Deliveries(ctx, "nobody", Filter{State: state}, newest)
			want(t, err, webhook.CodeInstanceUnknown, "nobody")
			_, err = r.CountDeliveries(ctx, "nobody", Filter{State: state})
			want(t, err, webhook.CodeInstanceUnknown, "nobody")
			_, _, err = r.Deliveries(ctx, "admin", Filter{State: state, WebhookID: "missing"}, newest)
			want(t, err, webhook.CodeWebhookUnknown, "missing")
			_, err = r.CountDeliveries(ctx, "admin", Filter{State: state, WebhookID: "missing"})
			want(t, err, webhook.CodeWebhookUnknown, "missing")
			if got, more := serials(t, r, Filter{State: state, WebhookID: "empty"}, newest); len(got) != 0 || more {
				t.Errorf("got %v, more %v", got, more)
			}
			if ds, more, err := r.Deliveries(ctx, "empty", Filter{State: state}, newest); err != nil || len(ds) != 0 || more {
				t.Errorf("got %v, more %v, %v", ds, more, err)
			}
		}
	})
}

func TestD6_WhatAListTells(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	k, id := file(t, r, filing{order: "o1", at: at, set: `last_status = 503, attempt_count = 4, tries = 3, lane = 1,
		due_at = '2026-11-24T12:00:00Z', last_error = '` + webhook.Say("x", "n", 1).Encode() + `'`})
	list := func(t *testing.T) Delivery {
		ds, _, err := r.Deliveries(t.Context(), "admin", Filter{}, newest)
		if err != nil || len(ds) != 1 {
			t.Fatalf("got %+v, %v", ds, err)
		}
		return ds[0]
	}
	t.Run("D6 D11 one that waits", func(t *testing.T) {
		d := list(t)
		if d.ID != id || d.ID != fmt.Sprintf("msg_%d_0123456789abcdef", k.Delivery) || d.Serial != k.Delivery || d.WebhookID != sample.ID ||
			d.EventType != "pay" || d.OrderID != "o1" || d.State != "pending" || d.Lane != 1 || d.IsTest || d.IsPaused ||
			!d.EventAt.Equal(at) || !near(d.CreatedAt, time.Now()) || !d.DueAt.Equal(at.Add(24*time.Hour)) || !d.FinishedAt.IsZero() ||
			d.AttemptCount != 4 || d.Tries != 3 || d.LastStatus != 503 || d.LastError.Key != "x" || d.LastError.Args["n"] != 1 || d.Failure.Key != "" {
			t.Errorf("it is %+v", d)
		}
	})
	t.Run("D6 D12 one that failed, a test, its webhook paused", func(t *testing.T) {
		set(t, r, k, isFailed)
		r.db.MustExec(`UPDATE merchant_webhooks.event SET is_test = true, order_id = NULL`)
		r.db.MustExec(pausedItself)
		d := list(t)
		if d.State != "failed" || !d.IsTest || !d.IsPaused || d.OrderID != "" || !d.DueAt.IsZero() || !near(d.FinishedAt, time.Now()) || d.Failure.Key != "given.up" {
			t.Errorf("it is %+v", d)
		}
	})
}

// TestD6_BoundedCount: what is more than MaxCount is not counted.
func TestD6_BoundedCount(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	crowd(t, r, "admin", sample.ID, MaxCount+9, isFailed)
	for _, f := range []Filter{{}, {WebhookID: sample.ID}, {State: "failed"}, {State: "failed", WebhookID: sample.ID}, {EventType: "pay"}, {From: time.Unix(0, 0)}} {
		t.Run(fmt.Sprintf("D6 %+v", f), func(t *testing.T) {
			if n, err := r.CountDeliveries(t.Context(), "admin", f); err != nil || n != MaxCount+1 {
				t.Errorf("%d are counted, %v", n, err)
			}
		})
	}
	for _, f := range []Filter{{}, {WebhookID: sample.ID}, {State: "failed"}, {State: "pending"}} {
		t.Run(fmt.Sprintf("D6 a page of more events than are looked at one by one %+v", f), func(t *testing.T) {
			if f.State == "pending" {
				r.db.MustExec(`UPDATE merchant_webhooks.delivery SET state = 'pending', finished_at = NULL, failure = NULL`)
			}
			var first, last int64 // in the time
			if err := r.db.QueryRow(`SELECT min(delivery_serial) + 2, max(delivery_serial) - 2 FROM merchant_webhooks.delivery`).Scan(&first, &last); err != nil {
				t.Fatal(err)
			}
			const at = `SELECT event_at FROM merchant_webhooks.delivery JOIN merchant_webhooks.event USING (instance_serial, event_serial) WHERE delivery_serial = $1`
			if err := errors.Join(r.db.Get(&f.From, at, first), r.db.Get(&f.To, at, last+1)); err != nil {
				t.Fatal(err)
			}
			if got, _ := serials(t, r, f, Page{From: math.MaxInt64, Backwards: true, Limit: 1}); got[0] != last {
				t.Errorf("the newest is %d, want %d", got[0], last)
			}
			if got, _ := serials(t, r, f, Page{Limit: 1}); got[0] != first {
				t.Errorf("the oldest is %d, want %d", got[0], first)
			}
			f.EventType = "refund"
			if got, _ := serials(t, r, f, Page{Limit: 1}); len(got) > 0 {
				t.Errorf("of another event it gives %v", got)
			}
		})
	}
}
