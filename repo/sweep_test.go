package repo

import (
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

var sweepOptions = SweepOptions{Worker: "me", Lease: lease, PerReceiver: 3, ProbeEvery: time.Hour}

// sweep sweeps and gives the keys that need jobs, in order.
func sweep(t testing.TB, r *Repo) ([]Key, SweepReport) {
	t.Helper()
	var keys []Key
	report, err := r.Sweep(t.Context(), sweepOptions, func(_ *sql.Tx, found []Key) error {
		keys = found
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(keys, func(a, b Key) int { return int(a.Delivery - b.Delivery) })
	return keys, report
}

func swept(t testing.TB, r *Repo, want ...Key) {
	t.Helper()
	if keys, _ := sweep(t, r); !slices.Equal(keys, want) {
		t.Errorf("the sweep wakes %v, want %v", keys, want)
	}
}

func TestD2_D10_D6_SweepVoids(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample)
		var keys []Key
		for range 3 {
			keys = append(keys, emit(t, r, "admin", nil)...)
			take(t, r, keys[len(keys)-1])
		}
		alter(t, r, "sending_since = now() - interval '46 seconds', tries = 3, attempt_count = 4, last_status = 503", keys[0])
		alter(t, r, "sending_since = now() - interval '15 seconds'", keys[1])
		alter(t, r, "sending_since = NULL, state = 'failed', finished_at = now(), failure = ''", keys[2])
		got, report := sweep(t, r)
		if !slices.Equal(got, keys[:1]) || !slices.Equal(report.Interrupted, keys[:1]) {
			t.Errorf("D2 voided are %v and %v", got, report.Interrupted)
		}
		interrupted := webhook.Say("attempt.interrupted").Encode()
		is := at(t, r, keys[0])
		if is.Due = 0; is != (row{State: "pending", AttemptCount: 5, Tries: 3, LastError: interrupted}) {
			t.Errorf("D2 a voided one is %+v", is)
		}
		if is := at(t, r, keys[1]); !is.IsSending {
			t.Errorf("D2 one within its lease is %+v", is)
		}
		if is := at(t, r, keys[2]); is.IsSending || is.AttemptCount != 0 || is.State != "failed" {
			t.Errorf("D10 one that failed meanwhile is %+v", is)
		}
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery_attempt
			WHERE number = 5 AND error = $1 AND duration_ms BETWEEN 46000 AND 60000 AND url = $2 AND status IS NULL`, interrupted, request.URL); n != 1 {
			t.Errorf("D6 there are %d such attempts", n)
		}
		if c := take(t, r, keys[0]); c.Attempt != 6 || c.Tries != 3 {
			t.Errorf("D2 the next claim is %+v", c)
		}
		swept(t, r)
	})
}

func TestD5_SweepWakesLanes(t *testing.T) {
	r, keys := sending(t, 12)
	for i, k := range keys {
		if i%2 > 0 {
			alter(t, r, "receiver = 'other.example:443'", k)
		}
	}
	park(t, r, keys[:10]...)
	alter(t, r, "lane = 1, receiver = 'third.example:443', due_at = now() + interval '1 minute'", keys[10])
	take(t, r, keys[0]) // of the first receiver
	alter(t, r, "lane = 2, receiver = 'paused.example:443'", keys[11])
	setHook(t, r, `paused_at = now(), paused_reason = 'hand'`)

	// Two more of the first, three of the other.
	swept(t, r, keys[1], keys[2], keys[3], keys[4], keys[5])
	for i, k := range keys {
		lane := map[int]int{6: 1, 7: 1, 8: 1, 9: 1, 10: 1, 11: 2}[i]
		if is := at(t, r, k); is.Lane != lane {
			t.Errorf("D5 number %d is %+v", i, is)
		}
	}
	// Their jobs are not taken yet: nothing says that they are.
	swept(t, r, keys[6], keys[7], keys[8], keys[9])
	swept(t, r)
}

// TestD8_SweepFreesStranded: an event that was emitted while its webhook was
// paused, by a transaction that ended after the pause, does not wait for ever.
func TestD8_SweepFreesStranded(t *testing.T) {
	r, keys := sending(t, 3)
	create(t, r, "sandbox", sample)
	held := emit(t, r, "sandbox", nil)[0]
	r.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = 'hand' WHERE instance_serial = $1`, held.Instance)
	create(t, r, "admin", named(sample, "paused"))
	setHook(t, r, `paused_at = now(), paused_reason = 'hand' WHERE webhook_id = 'paused'`)
	beside, _ := file(t, r, filing{hook: "paused"})
	alter(t, r, "lane = 2, due_at = now() + interval '1 hour'", keys[0], keys[1], held, beside)
	alter(t, r, "lane = 2, state = 'failed', finished_at = now(), failure = ''", keys[2])
	dropped := at(t, r, keys[2])
	swept(t, r)
	if is := at(t, r, keys[0]); is.Lane != 1 || is.Due > 0 {
		t.Errorf("D8 it is %+v", is)
	}
	swept(t, r, keys[0], keys[1])
	for _, k := range []Key{held, beside} {
		if is := at(t, r, k); is.Lane != 2 {
			t.Errorf("D8 one that a pause holds is %+v", is)
		}
	}
	if is := at(t, r, keys[2]); is.Lane != dropped.Lane {
		t.Errorf("D8 one that was dropped is %+v", is)
	}
}

func TestSweepProbes(t *testing.T) {
	const due = `probe_at = now() - interval '1 second', paused_at = now(), paused_reason = 'failing'`
	t.Run("D8 the oldest that waits", func(t *testing.T) {
		r, keys := sending(t, 4)
		alter(t, r, "state = 'delivered', finished_at = now()", keys[0])
		r.db.MustExec(`UPDATE merchant_webhooks.event SET is_test = true WHERE event_serial = (
			SELECT event_serial FROM merchant_webhooks.delivery WHERE delivery_serial = $1)`, keys[1].Delivery)
		alter(t, r, "lane = 2, due_at = now() + interval '1 hour'", keys[1:]...)
		setHook(t, r, due)
		swept(t, r, keys[2])
		if is := at(t, r, keys[2]); is.Lane != 0 || !is.IsForced || is.Due > 0 {
			t.Errorf("it is %+v", is)
		}
		if c := take(t, r, keys[2]); !c.IsForced {
			t.Errorf("the claim is %+v", c)
		}
		if n := number(t, r.db, `SELECT extract(epoch FROM probe_at - now())::int FROM merchant_webhooks.webhook`); n < 3400 || n > 3600 {
			t.Errorf("the next is in %d s", n)
		}
		swept(t, r)
		setHook(t, r, due)
		swept(t, r, keys[3]) // the one before is being sent
	})
	for name, hook := range map[string]string{
		"D8 not yet":           `probe_at = now() + interval '1 minute', paused_at = now(), paused_reason = 'failing'`,
		"D8 paused by hand":    `probe_at = now() - interval '1 second', paused_at = now(), paused_reason = 'hand'`,
		"D8 no probe is meant": `paused_at = now(), paused_reason = 'gone'`,
	} {
		t.Run(name, func(t *testing.T) {
			r, keys := sending(t, 1)
			alter(t, r, "lane = 2", keys...)
			setHook(t, r, hook)
			swept(t, r)
		})
	}
	t.Run("D8 another webhook's is where it was", func(t *testing.T) {
		r, _ := sending(t, 1)
		create(t, r, "admin", named(sample, "other"))
		setHook(t, r, due)
		setHook(t, r, `probe_at = 'epoch' WHERE webhook_id = 'other'`)
		setHook(t, r, `paused_reason = 'gone' WHERE webhook_id = 'other'`)
		sweep(t, r)
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.webhook WHERE probe_at = 'epoch'`); n != 1 {
			t.Errorf("%d webhooks are where they were, want 1", n)
		}
	})
	t.Run("D8 the oldest of this webhook", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", named(sample, "other"), sample)
		setHook(t, r, `paused_at = now(), paused_reason = 'hand'`)
		setHook(t, r, due+` WHERE webhook_id = 'hook'`)
		file(t, r, filing{hook: "other", set: `lane = 2`})
		probe, _ := file(t, r, filing{set: `lane = 2`})
		swept(t, r, probe)
	})
	t.Run("D8 one in a lane is a probe once", func(t *testing.T) {
		r, keys := sending(t, 1)
		park(t, r, keys...)
		setHook(t, r, due)
		keys2, _ := sweep(t, r)
		if is := at(t, r, keys[0]); !is.IsForced || is.Lane != 0 || len(keys2) == 0 {
			t.Errorf("it is %+v of %v", is, keys2)
		}
	})
}

func TestD2_SweepOfWorkers(t *testing.T) {
	r := fresh(t)
	r.db.MustExec(`INSERT INTO merchant_webhooks.worker VALUES ('me', now() - interval '1 hour'), ('long gone', now() - interval '25 hours'), ('away', now() - interval '1 hour')`)
	sweep(t, r)
	const alive = `SELECT count(*) FROM merchant_webhooks.worker WHERE seen_at > now() - interval '1 minute' AND worker_id = 'me'`
	if n := number(t, r.db, alive); n != 1 {
		t.Error("D2 the worker is not seen")
	}
	if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.worker`); n != 2 {
		t.Errorf("D2 there are %d workers", n)
	}
	o := sweepOptions
	o.Worker = ""
	if _, err := r.Sweep(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Leave(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.worker`); n != 1 {
		t.Errorf("D2 after one has left there are %d workers", n)
	}
	_ = r.db.Close()
	if err := r.Leave(t.Context(), "me"); err == nil {
		t.Error("D2 without the database it says that one has left")
	}
	if _, err := r.Sweep(t.Context(), sweepOptions, nil); err == nil {
		t.Error("D2 without the database it says that it has swept")
	}
}

// TestD2_SweepIsOneTransaction: if the jobs can not be inserted nothing has changed.
func TestD2_SweepIsOneTransaction(t *testing.T) {
	r, keys := sending(t, 1)
	park(t, r, keys...)
	broken := errors.New("no jobs")
	_, err := r.Sweep(t.Context(), sweepOptions, func(tx *sql.Tx, found []Key) error {
		if _, err := tx.Exec("SELECT 1"); err != nil || len(found) != 1 {
			t.Errorf("it gives %v, %v", found, err)
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("D2 the error is %v", err)
	}
	if is := at(t, r, keys[0]); is.Lane != 1 {
		t.Errorf("D2 it is %+v", is)
	}
	swept(t, r, keys...)
}

// TestD2_SweepWaitsForNobody: rows that others hold are left to the next sweep.
func TestD2_SweepWaitsForNobody(t *testing.T) {
	r, keys := sending(t, 4)
	park(t, r, keys[0], keys[1])
	alter(t, r, "sending_since = now() - interval '1 hour', receiver = 'b'", keys[2])
	alter(t, r, "due_at = now() - interval '3 minutes'", keys[3])
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SELECT FROM merchant_webhooks.delivery WHERE delivery_serial <> $1 FOR NO KEY UPDATE`, keys[1].Delivery)
	tx.MustExec(`SELECT FROM merchant_webhooks.webhook FOR NO KEY UPDATE`)
	var got []Key
	_, err := r.Sweep(within(t), sweepOptions, func(_ *sql.Tx, found []Key) error {
		got = found
		return nil
	})
	if err != nil || !slices.Equal(got, keys[1:2]) {
		t.Errorf("D2 it wakes %v, %v", got, err)
	}
	_ = tx.Rollback()
	swept(t, r, keys[0], keys[2], keys[3])
}
