package repo

import (
	"database/sql"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestDeliveryRoundTrips counts what each operation waits for, once its
// statements are prepared.
func TestDeliveryRoundTrips(t *testing.T) {
	w := new(wire)
	r := over(t, w.open(t, database(t), 1, false), Options{})
	create(t, r, "admin", sample, named(sample, "another"))
	if err := r.PrepareEmit(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys := emit(t, r, "admin", nil)
	var c Claim
	idle := func(*sql.Tx, []Key) error {
		t.Error("an idle sweep finds something")
		return nil
	}
	for _, op := range []struct {
		name string
		most int64
		do   func() error
	}{
		{"D1 emitting, with BEGIN and COMMIT", 4, func() error { emit(t, r, "admin", nil); return nil }},
		{"D2 a claim", 1, func() error {
			alter(t, r, "sending_since = NULL, due_at = now(), lane = 0", keys[0])
			w.waits.Store(0)
			c = take(t, r, keys[0])
			return nil
		}},
		{"D3 recording", 1, func() error { record(t, r, c, answered(c, 503, webhook.TryAgain)); return nil }},
		{"D5 parking", 1, func() error { return r.Park(t.Context(), Claim{Key: keys[0]}, time.Hour) }},
		{"D2 no jobs to end", 0, func() error { return r.EndJobs(t.Context(), nil) }},
		{"D5 the next of a lane", 1, func() error { _, _, err := r.ClaimNext(t.Context(), request.Receiver, lease); return err }},
		{"D2 an idle sweep, with BEGIN and COMMIT", 4, func() error { _, err := r.Sweep(t.Context(), sweepOptions, idle); return err }},
	} {
		for range 2 { // to prepare, and then to count
			w.waits.Store(0)
			if err := op.do(); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.waits.Load(); n > op.most {
			t.Errorf("%s takes %d round trips, want %d", op.name, n, op.most)
		}
	}
}

// TestD1_RecordBesideRemovals: a webhook that is deleted while its deliveries are
// recorded, claimed and swept makes no deadlock that anybody sees, and leaves
// nothing.
func TestD1_RecordBesideRemovals(t *testing.T) {
	r := fresh(t)
	rounds := 30
	if testing.Short() {
		rounds = 3
	}
	ctx := within(t)
	for range rounds {
		create(t, r, "admin", sample)
		var claimed []Claim
		for i := range 6 {
			k := emit(t, r, "admin", nil)[0]
			if i < 3 {
				claimed = append(claimed, take(t, r, k))
			} else {
				alter(t, r, "lane = 2", k)
			}
		}
		setHook(t, r, pausedFailing)
		done := make(chan error)
		for i, c := range claimed { // a resume, a pause for good, a failure
			fate := []webhook.Fate{webhook.Delivered, webhook.Gone, webhook.TryAgain}[i]
			go func() {
				_, err := r.Record(ctx, c, answered(c, 500, fate))
				done <- err
			}()
		}
		go func() { done <- errOf(r.Delete(ctx, "admin", sample.ID)) }()
		go func() {
			_, err := r.Sweep(ctx, sweepOptions, func(*sql.Tx, []Key) error { return nil })
			done <- err
		}()
		for range len(claimed) + 2 {
			want(t, <-done, none, "")
		}
	}
	if n := number(t, r.db, `SELECT (SELECT count(*) FROM merchant_webhooks.delivery) + (SELECT count(*) FROM merchant_webhooks.delivery_attempt)`); n != 0 {
		t.Errorf("D1 %d rows are left", n)
	}
}

// TestD3_RecordLost: an answer that is lost after the commit counts an attempt once.
func TestD3_RecordLost(t *testing.T) {
	w := new(wire)
	dsn := database(t)
	r := over(t, w.open(t, dsn, 4, false), Options{})
	create(t, r, "admin", sample)
	k := emit(t, r, "admin", nil)[0]
	c := take(t, r, k)
	res := answered(c, 503, webhook.TryAgain)
	res.Detail = "to be lost"
	w.lose(res.Detail)
	_, err := r.Record(t.Context(), c, res)
	w.lost(t)
	if code := codeOf(err); code != none && code != webhook.CodeDBStartFailed {
		t.Errorf("D3 the error is %v", err)
	}
	if is := at(t, r, k); is.AttemptCount != 1 || is.Tries != 1 || is.LastStatus != 503 {
		t.Errorf("D3 it is %+v", is)
	}
}
