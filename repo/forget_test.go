package repo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestD10_Forget(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "other"))
	create(t, r, "sandbox", sample)
	failure := webhook.Say("delivery.erased")
	var kept []Key
	keep := func(f filing) {
		k, _ := file(t, r, f)
		tried(t, r, k, 1, time.Now(), "kept")
		kept = append(kept, k)
	}
	keep(filing{order: "o2"})
	keep(filing{order: "o1", instance: "sandbox"})
	keep(filing{})
	done, doneID := file(t, r, filing{order: "o1", set: isDelivered})
	tried(t, r, done, 1, time.Now(), "answer")
	waits, _ := file(t, r, filing{order: "o1", hook: "other", set: `lane = 2`})
	sending, _ := file(t, r, filing{order: "o1", set: `sending_since = now(), is_forced = true`})
	notMade, notMadeID := file(t, r, filing{order: "o1", set: isNotMade})
	_, noBodyID := file(t, r, filing{order: "o1", set: isDelivered + `, body = NULL`})
	r.db.MustExec(`
		INSERT INTO merchant_webhooks.event (instance_serial, event_type, order_id, event_at, data)
		SELECT instance_serial, 'refund', 'o1', now(), '{}' FROM merchant_webhooks.instance WHERE instance_id = 'admin'`)

	count := func(t *testing.T, wantAll, wantWaiting int) {
		t.Helper()
		if all, waiting, err := r.CountOrder(ctx, "admin", "o1"); err != nil || all != wantAll || waiting != wantWaiting {
			t.Errorf("%d are counted, %d of them wait, %v", all, waiting, err)
		}
	}
	t.Run("C9 D10 counted before", func(t *testing.T) { count(t, 5, 2) })
	t.Run("D10 erased, and its number", func(t *testing.T) {
		if n, waited, err := r.Forget(ctx, "admin", "o1", failure); err != nil || n != 5 || waited != 2 {
			t.Fatalf("%d are erased, %d waited, %v", n, waited, err)
		}
	})
	t.Run("D10 nothing of the order is left", func(t *testing.T) {
		for what, query := range map[string]string{
			"data":     `SELECT count(*) FROM merchant_webhooks.event WHERE order_id = 'o1' AND data IS NOT NULL`,
			"requests": `SELECT count(*) FROM merchant_webhooks.delivery JOIN merchant_webhooks.event USING (instance_serial, event_serial) WHERE order_id = 'o1' AND (headers IS NOT NULL OR body IS NOT NULL)`,
			"answers": `SELECT count(*) FROM merchant_webhooks.delivery_attempt JOIN merchant_webhooks.delivery USING (instance_serial, delivery_serial)
				JOIN merchant_webhooks.event USING (instance_serial, event_serial) WHERE order_id = 'o1' AND (answer IS NOT NULL OR answer_headers IS NOT NULL)`,
		} {
			if n := number(t, r.db, query); n != map[string]int{"data": 1, "requests": 1, "answers": 1}[what] { // theirs
				t.Errorf("%d %s are left", n, what)
			}
		}
	})
	t.Run("D10 time, outcome and hash are kept", func(t *testing.T) {
		d, err := r.GetDelivery(ctx, "admin", sample.ID, doneID)
		sum := sha256.Sum256([]byte(`{"order": "o1"}`))
		if err != nil || d.State != "delivered" || d.LastStatus != 200 || d.OrderID != "o1" || !near(d.ErasedAt, time.Now()) || hex.EncodeToString(d.SHA256) != hex.EncodeToString(sum[:]) {
			t.Errorf("it is %+v, %v", d, err)
		}
		if d.EventData != "" || len(d.Request.Headers) != 0 || d.Request.Body != nil || d.Request.URL == "" || len(d.Attempts) != 1 || d.Attempts[0].Answer != nil || d.Attempts[0].AnswerHeaders != "" || d.Attempts[0].Status != 503 {
			t.Errorf("it is %+v", d)
		}
	})
	t.Run("D10 what was not made has no hash, a request without a body has that of nothing", func(t *testing.T) {
		d, err := r.GetDelivery(ctx, "admin", sample.ID, notMadeID)
		if err != nil || d.SHA256 != nil || d.ErasedAt.IsZero() || d.Failure.Key != "delivery.body_not_made" {
			t.Errorf("it is %+v, %v", d, err)
		}
		nothing := sha256.Sum256(nil)
		if d, err := r.GetDelivery(ctx, "admin", sample.ID, noBodyID); err != nil || string(d.SHA256) != string(nothing[:]) {
			t.Errorf("it is %+v, %v", d, err)
		}
	})
	t.Run("D10 what waits fails, what is being sent too", func(t *testing.T) {
		for _, k := range []Key{waits, sending} {
			if s := stateOf(t, r, k); s.State != "failed" || !s.Finished || s.Forced || webhook.DecodeMessage(s.Failure).Key != failure.Key {
				t.Errorf("it is %+v", s)
			}
		}
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery WHERE sending_since IS NOT NULL`); n != 0 {
			t.Errorf("%d are being sent", n)
		}
		if s := stateOf(t, r, notMade); webhook.DecodeMessage(s.Failure).Key != "delivery.body_not_made" {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("C9 D10 other orders, and another instance's with the same ID, stay", func(t *testing.T) {
		for _, k := range kept {
			if s := stateOf(t, r, k); s.State != "pending" || s.Body == "-" {
				t.Errorf("it is %+v", s)
			}
			if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery_attempt WHERE delivery_serial = $1 AND answer = 'kept' AND answer_headers IS NOT NULL`, k.Delivery); n != 1 {
				t.Error("its answer is erased")
			}
		}
	})
	t.Run("D10 again there is nothing", func(t *testing.T) {
		count(t, 0, 0)
		if n, waited, err := r.Forget(ctx, "admin", "o1", failure); err != nil || n != 0 || waited != 0 {
			t.Errorf("%d are erased, %d waited, %v", n, waited, err)
		}
	})
	t.Run("C8 D10 an unknown instance, an unknown order", func(t *testing.T) {
		_, _, err := r.Forget(ctx, "nobody", "o1", failure)
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, _, err = r.CountOrder(ctx, "nobody", "o1")
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		if n, _, err := r.Forget(ctx, "admin", "missing", failure); err != nil || n != 0 {
			t.Errorf("%d are erased, %v", n, err)
		}
		if all, waiting, err := r.CountOrder(ctx, "admin", "missing"); err != nil || all != 0 || waiting != 0 {
			t.Errorf("%d are counted, %d wait, %v", all, waiting, err)
		}
	})
}

// TestD10_ForgottenWhileRecorded: an attempt that is recorded while an order is
// being forgotten leaves no answer.
func TestD10_ForgottenWhileRecorded(t *testing.T) {
	t.Run("D10 an attempt recorded at the same moment", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		k, _ := file(t, r, filing{order: "o1", set: `sending_since = now()`})
		recording := r.db.MustBegin()
		defer func() { _ = recording.Rollback() }()
		recording.MustExec(`UPDATE merchant_webhooks.delivery SET sending_since = NULL, attempt_count = 1`)
		recording.MustExec(`
			INSERT INTO merchant_webhooks.delivery_attempt (instance_serial, delivery_serial, number, at, duration_ms, url, answer)
			VALUES ($1, $2, 1, now(), 1, 'https://shop.example/', 'the answer')`, k.Instance, k.Delivery)
		forgotten := make(chan error)
		go func() {
			_, _, err := r.Forget(context.WithoutCancel(t.Context()), "admin", "o1", webhook.Say("delivery.erased"))
			forgotten <- err
		}()
		waiting(t, r.db, 1)
		if err := recording.Commit(); err != nil {
			t.Fatal(err)
		}
		want(t, <-forgotten, none, "")
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery_attempt WHERE answer IS NOT NULL`); n != 0 {
			t.Error("its answer is left")
		}
	})
}
