package repo

import (
	"context"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// heldBack has n deliveries that a pause holds, due in an hour.
func heldBack(t *testing.T, n int) *Repo {
	t.Helper()
	r := fresh(t)
	create(t, r, "admin", sample)
	crowd(t, r, "admin", sample.ID, n, `lane = 2, due_at = now() + interval '1 hour'`)
	r.db.MustExec(pausedItself)
	return r
}

const (
	countHeld     = `SELECT count(*) FROM merchant_webhooks.delivery WHERE lane = 2`
	countReleased = `SELECT count(*) FROM merchant_webhooks.delivery WHERE lane < 2 AND due_at <= now()`
	// countAhead is of those that go before an older one.
	countAhead = `
		SELECT count(*) FROM (
			SELECT delivery_serial < lag(delivery_serial) OVER (ORDER BY due_at, delivery_serial) AS ahead
			FROM merchant_webhooks.delivery WHERE state = 'pending' AND lane < 2
		) AS d WHERE ahead`
	countOldReleased = `
		SELECT count(*) FROM (
			SELECT lane FROM merchant_webhooks.delivery ORDER BY delivery_serial LIMIT 10000
		) AS d WHERE lane < 2`
)

// TestD8_ResumeMany: the end of a pause takes no longer for what it held.
func TestD8_ResumeMany(t *testing.T) {
	released := func(t *testing.T, r *Repo, n, all int) {
		t.Helper()
		if is, held := number(t, r.db, countReleased), number(t, r.db, countHeld); is != n || held != all-n {
			t.Errorf("%d of %d are released, %d held, want %d", is, all, held, n)
		}
		if is := number(t, r.db, countAhead); is != 0 {
			t.Errorf("%d go before an older one", is)
		}
	}
	t.Run("D8 the oldest 10,000 go at once, sweeps let go the rest, the oldest first", func(t *testing.T) {
		const n = 25_000
		r := heldBack(t, n)
		c, err := r.Resume(t.Context(), "admin", sample.ID, false, webhook.Message{})
		if err != nil || !c.Resumed || c.Waiting != MaxCount+1 {
			t.Errorf("the change is %+v, %v", c, err)
		}
		released(t, r, 10_000, n)
		if is := number(t, r.db, countOldReleased); is != 10_000 {
			t.Errorf("only %d of the oldest are released", is)
		}
		file(t, r, filing{set: `lane = 1`}) // a new event
		if _, report := sweep(t, r); !report.More {
			t.Error("the sweep has let go all it may, and says that nothing is left")
		}
		released(t, r, 20_001, n+1)
		if _, report := sweep(t, r); report.More {
			t.Error("the sweep says that there is more")
		}
		released(t, r, n+1, n+1)
	})
	t.Run("D8 by a probe too", func(t *testing.T) {
		const n = 12_000
		r := heldBack(t, n)
		k := emit(t, r, "admin", nil)[0]
		alter(t, r, "is_forced = true", k)
		claim := take(t, r, k)
		if c := record(t, r, claim, answered(claim, 200, webhook.Delivered)); !c.Resumed || c.Waiting != MaxCount+1 {
			t.Errorf("the change is %+v", c)
		}
		if is := number(t, r.db, countHeld); is != n-10_000 {
			t.Errorf("%d are held", is)
		}
		if is := number(t, r.db, countOldReleased); is != 10_000 {
			t.Errorf("only %d of the oldest are released", is)
		}
		sweep(t, r)
		released(t, r, n+1, n+1)
	})
}

// TestD8_DropMany: it is dropped in steps, while the webhook is paused.
func TestD8_DropMany(t *testing.T) {
	const n = 12_000
	const countFailed = `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'failed'`
	r := heldBack(t, n)
	dropping := webhook.Say("delivery.dropped")
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`
		SELECT FROM merchant_webhooks.delivery
		WHERE delivery_serial = (SELECT delivery_serial FROM merchant_webhooks.delivery ORDER BY delivery_serial OFFSET 7000 LIMIT 1)
		FOR UPDATE`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cut := make(chan error)
	before := Change{}
	go func() {
		var err error
		before, err = r.Resume(ctx, "admin", sample.ID, true, dropping)
		cut <- err
	}()
	waiting(t, r.db, 1) // lib/pq cancels in vain what has not begun
	cancel()
	t.Run("D8 cut off, it is paused still", func(t *testing.T) {
		if err := <-cut; err == nil {
			t.Error("it is not cut off")
		}
		if is := number(t, r.db, countFailed); is != 5000 || before.Dropped != is || !pauseOf(t, r, "admin").Paused {
			t.Errorf("%d are dropped, it says %d and is %+v", is, before.Dropped, pauseOf(t, r, "admin"))
		}
	})
	_ = tx.Rollback()
	t.Run("D8 and goes on when it is asked again", func(t *testing.T) {
		sending, _ := file(t, r, filing{set: `sending_since = now()`})
		c, err := r.Resume(t.Context(), "admin", sample.ID, true, dropping)
		if err != nil || !c.Resumed || c.Waiting != 1 || c.Dropped != n-5000 {
			t.Errorf("the change is %+v, %v", c, err)
		}
		if is := number(t, r.db, countFailed); is != n || pauseOf(t, r, "admin").Paused || stateOf(t, r, sending).State != "pending" {
			t.Errorf("%d are dropped, it is %+v", is, pauseOf(t, r, "admin"))
		}
	})
}
