package repo

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD2_D8_ChangedMeanwhile: what people do to a delivery waits for who changes it
// at the same moment, and then looks again: what is being sent, or is over by then,
// stays as it is.
func TestD2_D8_ChangedMeanwhile(t *testing.T) {
	const sent, done = `lane = 0, sending_since = now()`, `state = 'delivered', finished_at = now(), failure = NULL`
	resume := func(drop bool) func(*Repo, string) error {
		return func(r *Repo, _ string) error {
			c, err := r.Resume(within(t), "admin", sample.ID, drop, webhook.Say("delivery.dropped"))
			if c.Dropped != 0 {
				t.Errorf("%d are dropped", c.Dropped)
			}
			return err
		}
	}
	again := func(r *Repo, id string) error {
		q, err := r.Requeue(within(t), nil, "admin", Again{WebhookID: sample.ID, DeliveryID: id})
		if q.Count != 0 {
			t.Errorf("%d are queued", q.Count)
		}
		return err
	}
	remake := func(r *Repo, id string) error {
		serial, _ := parseDeliveryID(id)
		return r.Remade(within(t), nil, 7, []Made{{Key: Key{1, serial}, Request: request, Waiting: true}})
	}
	for name, c := range map[string]struct {
		before, meanwhile string // of the delivery
		do                func(r *Repo, id string) error
	}{
		"D8 dropped, and being sent":        {`lane = 2`, sent, resume(true)},
		"D8 dropped, and delivered":         {`lane = 2`, done, resume(true)},
		"D8 released, and being sent":       {`lane = 2`, sent, resume(false)},
		"D8 released, and delivered":        {`lane = 2`, done, resume(false)},
		"D6 sent again, and being sent":     {`lane = 0`, sent, again},
		"D9 all sent again, and being sent": {isFailed, `state = 'pending', finished_at = NULL, failure = NULL, ` + sent, func(r *Repo, _ string) error { return again(r, "") }},
		"D9 all sent again, and again meanwhile": {isDelivered, `queued_at = now() + interval '1 hour'`, func(r *Repo, _ string) error {
			q, err := r.Requeue(within(t), nil, "admin", Again{All: true, NotSince: time.Now()})
			if q.Count != 0 {
				t.Errorf("%d are queued", q.Count)
			}
			return err
		}},
		"D13 made anew, and being sent": {`lane = 2`, sent, remake},
		"D13 made anew, and delivered":  {`lane = 2`, done, remake},
	} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			_, id := file(t, r, filing{set: c.before})
			setHook(t, r, `paused_at = now(), paused_reason = 'hand'`)
			tx := r.db.MustBegin()
			defer func() { _ = tx.Rollback() }()
			tx.MustExec(`UPDATE merchant_webhooks.delivery SET ` + c.meanwhile)
			over := make(chan error)
			go func() { over <- c.do(r, id) }()
			waiting(t, r.db, 1)
			var was, is string
			const all = `SELECT d::text FROM merchant_webhooks.delivery AS d`
			if err := tx.Get(&was, all); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			want(t, <-over, none, "")
			if err := r.db.Get(&is, all); err != nil || is != was {
				t.Errorf("it was %s and is %s, %v", was, is, err)
			}
		})
	}
}

// TestD8_WokenMeanwhile: a success that ends a pause leaves alone what somebody sends,
// or has sent, at the same moment.
func TestD8_WokenMeanwhile(t *testing.T) {
	for name, meanwhile := range map[string]string{
		"being sent": `lane = 0, sending_since = now()`, "delivered": `state = 'delivered', finished_at = now()`,
	} {
		t.Run("D8 "+name, func(t *testing.T) {
			r, keys := sending(t, 2)
			probe := take(t, r, keys[0])
			setHook(t, r, pausedFailing)
			alter(t, r, "lane = 2", keys[1])
			tx := r.db.MustBegin()
			defer func() { _ = tx.Rollback() }()
			tx.MustExec(`UPDATE merchant_webhooks.delivery SET `+meanwhile+` WHERE delivery_serial = $1`, keys[1].Delivery)
			over := make(chan error)
			go func() {
				over <- errOf(r.Record(within(t), probe, answered(probe, 200, webhook.Delivered)))
			}()
			waiting(t, r.db, 1)
			if err := errors.Join(tx.Commit(), <-over); err != nil {
				t.Fatal(err)
			}
			if is := at(t, r, keys[1]); is.Lane == 1 {
				t.Errorf("it is %+v", is)
			}
		})
	}
}

// TestD2_SweepLooksAgain: of two claims that are too old one is voided and taken
// anew by others while a sweep voids the other.
func TestD2_SweepLooksAgain(t *testing.T) {
	r, keys := sending(t, 2)
	for i, k := range keys {
		take(t, r, k)
		alter(t, r, fmt.Sprintf("sending_since = now() - interval '%d minutes'", 9-i), k)
	}
	r.db.MustExec(fmt.Sprintf(`
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
		CREATE TRIGGER wait BEFORE UPDATE ON merchant_webhooks.delivery FOR EACH ROW WHEN (NEW.delivery_serial = %d) EXECUTE FUNCTION wait()`, keys[0].Delivery))
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SELECT pg_advisory_xact_lock(1)`)
	var report SweepReport
	swept := make(chan error)
	go func() (err error) {
		defer func() { swept <- err }()
		report, err = r.Sweep(within(t), sweepOptions, func(*sql.Tx, []Key) error { return nil })
		return err
	}()
	waiting(t, r.db, 1)
	alter(t, r, "sending_since = now()", keys[1])
	if err := errors.Join(tx.Rollback(), <-swept); err != nil || !slices.Equal(report.Interrupted, keys[:1]) {
		t.Errorf("voided are %v, %v", report.Interrupted, err)
	}
}
