package repo

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestD6_GetDelivery(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "other"))
	create(t, r, "sandbox", sample)
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	k, id := file(t, r, filing{order: "o1", at: at, set: `lane = 1, attempt_count = 2, tries = 2, last_status = 503`})
	_, theirs := file(t, r, filing{instance: "sandbox"})
	get := func(t *testing.T) FullDelivery {
		t.Helper()
		d, err := r.GetDelivery(ctx, "admin", sample.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	tried(t, r, k, 2, at.Add(2*time.Minute), "second")
	tried(t, r, k, 1, at.Add(time.Minute), "first\x00\xff")
	tried(t, r, k, 3, at.Add(3*time.Minute), "recorded since")
	t.Run("D6 what was sent, as made", func(t *testing.T) {
		d := get(t)
		if d.Delivery.ID != id || d.Key != k || d.WebhookID != sample.ID || !d.EventAt.Equal(at) || d.WasChanged || !near(d.QueuedAt, time.Now()) {
			t.Errorf("it is %+v", d)
		}
		q, headers := d.Request, []webhook.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "Authorization", Value: "hunter2"}}
		if q.Method != "POST" || q.URL != "https://shop.example/hooks" || q.Receiver != "shop.example:443" || string(q.Body) != `{"order": "o1"}` || !slices.Equal(q.Headers, headers) {
			t.Errorf("the request is %+v", q)
		}
		if d.EventData != `{"order_id":"o1"}` || d.SHA256 != nil || !d.ErasedAt.IsZero() {
			t.Errorf("it is %+v", d)
		}
		if stored, err := r.GetStored(ctx, "admin", sample.ID); err != nil || d.Webhook != stored {
			t.Errorf("its webhook is %+v, want %+v, %v", d.Webhook, stored, err)
		}
	})
	t.Run("D6 the attempts that it counts, oldest first", func(t *testing.T) {
		as := get(t).Attempts
		if len(as) != 2 || as[0].Number != 1 || as[1].Number != 2 {
			t.Fatalf("they are %+v", as)
		}
		a := as[0]
		if !a.At.Equal(at.Add(time.Minute)) || a.Duration != 1500*time.Millisecond || a.URL != "https://shop.example/hooks" || a.Address != "192.0.2.1:443" ||
			a.Signature != "v1,abc" || a.Status != 503 || a.Error.Args["seconds"] != 15 || a.Detail != "in technical words" ||
			a.AnswerHeaders != "Server: x\n" || string(a.Answer) != "first\x00\xff" {
			t.Errorf("the first is %+v", a)
		}
	})
	t.Run("D13 the webhook was changed since", func(t *testing.T) {
		want(t, r.Update(ctx, "admin", others[1].webhook), none, "")
		if d := get(t); !d.WasChanged || d.Webhook.URL != others[1].webhook.URL || d.Request.URL != sample.URL {
			t.Errorf("it is %+v", d)
		}
	})
	for name, other := range map[string]string{
		"empty": "", "of another nonce": fmt.Sprintf("msg_%d_ffffffffffffffff", k.Delivery), "of none": "msg_999999999_0123456789abcdef",
		"with a zero before": fmt.Sprintf("msg_0%d_0123456789abcdef", k.Delivery), "in capitals": fmt.Sprintf("msg_%d_0123456789ABCDEF", k.Delivery),
		"with more behind it": id + "0", "with more before it": "x" + id, "with a line break": id + "\n",
		"too great a serial": "msg_9999999999999999999_0123456789abcdef", "of no serial": "msg__0123456789abcdef", "a NUL": "msg_1\x00_0123456789abcdef",
	} {
		t.Run("D6 an ID that none has: "+name, func(t *testing.T) {
			_, err := r.GetDelivery(ctx, "admin", sample.ID, other)
			wantDelivery(t, err, other)
		})
	}
	t.Run("C9 D6 another instance's, and another webhook's", func(t *testing.T) {
		_, err := r.GetDelivery(ctx, "admin", sample.ID, theirs)
		wantDelivery(t, err, theirs)
		_, err = r.GetDelivery(ctx, "sandbox", sample.ID, id)
		wantDelivery(t, err, id)
		_, err = r.GetDelivery(ctx, "admin", "other", id)
		wantDelivery(t, err, id)
	})
	t.Run("C8 D6 unknown ones", func(t *testing.T) {
		_, err := r.GetDelivery(ctx, "nobody", sample.ID, id)
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, err = r.GetDelivery(ctx, "admin", "missing", "")
		want(t, err, webhook.CodeWebhookUnknown, "missing")
	})
}

// TestD6_Facts: all that Explain is told of a delivery.
func TestD6_Facts(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	create(t, r, "sandbox", sample)
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	asDue, _ := file(t, r, filing{})
	k, id := file(t, r, filing{order: "o1", at: at, set: `lane = 1, attempt_count = 2, tries = 1, last_status = 503, is_forced = true,
		last_error = '{"key":"x"}', due_at = '2026-11-23T13:00:00Z', url = 'https://shop.example:8443/hooks'`})
	tried(t, r, k, 1, at.Add(time.Minute), "")
	tried(t, r, k, 2, at.Add(2*time.Minute), "")
	tried(t, r, asDue, 3, at.Add(3*time.Minute), "")
	facts := func(t *testing.T) webhook.Facts {
		t.Helper()
		d, err := r.GetDelivery(t.Context(), "admin", sample.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		answers, err := r.Why(t.Context(), "admin", "o1")
		if err != nil || len(answers) != 1 || answers[0].DeliveryID != id {
			t.Fatalf("why: %+v, %v", answers, err)
		}
		if answers[0].Facts.Now = d.Facts.Now; !reflect.DeepEqual(answers[0].Facts, d.Facts) {
			t.Errorf("by its order they are %+v, else %+v", answers[0].Facts, d.Facts)
		}
		ds, _, err := r.Deliveries(t.Context(), "admin", Filter{OrderID: "o1"}, newest)
		if err != nil || !reflect.DeepEqual(ds, []Delivery{d.Delivery}) {
			t.Errorf("in a list it is %+v, by itself %+v, %v", ds, d.Delivery, err)
		}
		return d.Facts
	}
	t.Run("D6 one that waits; nobody sends", func(t *testing.T) {
		f := facts(t)
		if !near(f.Now, time.Now()) || !f.WorkerAt.IsZero() || !f.EventAt.Equal(at) || !near(f.WebhookMade, time.Now()) ||
			f.WebhookEvent != "pay" || !f.ListensSince.IsZero() || !f.HasDelivery || len(f.OrderEvents) != 0 {
			t.Errorf("they are %+v", f)
		}
		if f.State != "pending" || f.Host != "shop.example:8443" || f.Attempts != 2 || f.Tries != 1 || !f.LastAt.Equal(at.Add(2*time.Minute)) || f.LastStatus != 503 ||
			f.LastError.Key != "x" || !f.DueAt.Equal(at.Add(time.Hour)) || !f.SendingSince.IsZero() || f.Lane != 1 || f.Ahead != 0 || !f.IsForced || !f.PausedAt.IsZero() {
			t.Errorf("they are %+v", f)
		}
	})
	t.Run("D6 one that is being sent", func(t *testing.T) {
		alter(t, r, "lane = 0, sending_since = now()", k)
		if f := facts(t); !near(f.SendingSince, time.Now()) || f.Lane != 0 {
			t.Errorf("they are %+v", f)
		}
		alter(t, r, "lane = 1, sending_since = NULL", k)
	})
	t.Run("D6 the worker that was seen last, the pause, the event that it listens to since", func(t *testing.T) {
		r.db.MustExec(`INSERT INTO merchant_webhooks.worker VALUES ('a', now() - interval '1 hour'), ('b', now())`)
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET event_type = 'refund', event_type_since = now()`)
		r.db.MustExec(pausedItself)
		if f := facts(t); !near(f.WorkerAt, time.Now()) || !near(f.PausedAt, time.Now().Add(-time.Hour)) || f.PausedReason != "failing" || f.WebhookEvent != "refund" || !near(f.ListensSince, time.Now()) {
			t.Errorf("they are %+v", f)
		}
	})
	t.Run("D5 D6 those before it in its lane, whosever they are", func(t *testing.T) {
		before := `lane = 1, due_at = '2026-11-23T12:59:59Z'`
		set(t, r, asDue, `lane = 1, due_at = '2026-11-23T13:00:00Z'`)
		file(t, r, filing{set: before})
		file(t, r, filing{instance: "sandbox", set: before})
		file(t, r, filing{set: `lane = 1, due_at = '2026-11-23T13:00:00Z'`}) // behind it
		file(t, r, filing{set: before + `, receiver = 'other.example:443'`})
		file(t, r, filing{set: `lane = 2, due_at = '2026-11-23T12:59:59Z'`})
		file(t, r, filing{set: before + `, ` + isFailed})
		if f := facts(t); f.Ahead != 3 {
			t.Errorf("%d are before it", f.Ahead)
		}
	})
	t.Run("D5 D6 its receiver is left alone, which one before it found first", func(t *testing.T) {
		r.db.MustExec(`UPDATE merchant_webhooks.delivery SET due_at = now() WHERE state = 'pending'`)
		if f := facts(t); !f.AloneUntil.IsZero() {
			t.Errorf("nobody found so, and it is until %v", f.AloneUntil)
		}
		file(t, r, filing{set: `lane = 1, due_at = now() + interval '30 minutes', receiver = 'other.example:443'`})
		file(t, r, filing{set: `lane = 0, due_at = now() + interval '1 day'`}) // its next try
		late, _ := file(t, r, filing{instance: "sandbox", set: `lane = 1, due_at = now() + interval '1 hour'`})
		file(t, r, filing{set: `lane = 1, due_at = now() + interval '2 hours'`})
		for _, lane := range []string{"lane = 0", "lane = 1"} {
			set(t, r, k, lane)
			if f := facts(t); !near(f.AloneUntil, time.Now().Add(time.Hour)) {
				t.Errorf("%s: it is until %v", lane, f.AloneUntil)
			}
		}
		set(t, r, late, isDelivered)
		if f := facts(t); !near(f.AloneUntil, time.Now().Add(2*time.Hour)) {
			t.Errorf("it is until %v", f.AloneUntil)
		}
		set(t, r, k, "lane = 2")
		if f := facts(t); !f.AloneUntil.IsZero() {
			t.Errorf("what a pause holds waits for no receiver, and it is until %v", f.AloneUntil)
		}
		set(t, r, k, "lane = 1, due_at = '2026-11-23T13:00:00Z'")
	})
	t.Run("D6 those before it are counted to 1,001", func(t *testing.T) {
		crowd(t, r, "sandbox", sample.ID, 1100, `lane = 1, due_at = '2026-11-23T12:59:59Z'`)
		if f := facts(t); f.Ahead != 1001 {
			t.Errorf("%d are before it", f.Ahead)
		}
	})
	t.Run("D6 one that failed", func(t *testing.T) {
		set(t, r, k, isFailed)
		if f := facts(t); f.State != "failed" || !near(f.FinishedAt, time.Now()) || f.Failure.Key != "given.up" || !f.DueAt.IsZero() || f.Ahead != 0 {
			t.Errorf("they are %+v", f)
		}
	})
}
