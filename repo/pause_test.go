package repo

import (
	"errors"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A pauseState is what a webhook's row holds of its pause.
type pauseState struct {
	Paused  bool `db:"paused"`
	Reason  string
	Probe   bool
	After   bool
	Failing bool
}

func pauseOf(t *testing.T, r *Repo, instance string) (p pauseState) {
	t.Helper()
	err := r.db.Get(&p, `
		SELECT paused_at IS NOT NULL AS paused, coalesce(paused_reason, '') AS reason, probe_at IS NOT NULL AS probe,
			paused_after IS NOT NULL AS after, failing_since IS NOT NULL AS failing
		FROM merchant_webhooks.webhook JOIN merchant_webhooks.instance USING (instance_serial)
		WHERE instance_id = $1 AND webhook_id = $2`, instance, sample.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pausedItself pauses the sample as failing does, an hour ago.
const pausedItself = `
	UPDATE merchant_webhooks.webhook
	SET paused_at = now() - interval '1 hour', paused_reason = 'failing', paused_after = '{"key":"x"}',
		failing_since = now() - interval '3 days', probe_at = now()`

func TestD6_Pause(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "other"))
	create(t, r, "sandbox", sample)
	for range 3 {
		file(t, r, filing{})
		file(t, r, filing{set: isDelivered})
		file(t, r, filing{hook: "other"})
		file(t, r, filing{instance: "sandbox"})
	}
	t.Run("D6 by hand, once, with the number that waits", func(t *testing.T) {
		c, err := r.Pause(ctx, "admin", sample.ID)
		if err != nil || !c.Paused || c.Resumed || c.Reason != "hand" || c.Waiting != 3 || !near(c.Since, time.Now()) {
			t.Errorf("the change is %+v, %v", c, err)
		}
		if c, err := r.Pause(ctx, "admin", sample.ID); err != nil || c != (Change{}) {
			t.Errorf("again the change is %+v, %v", c, err)
		}
		if p := pauseOf(t, r, "admin"); p != (pauseState{Paused: true, Reason: "hand"}) {
			t.Errorf("it is %+v", p)
		}
	})
	t.Run("C9 D6 another instance's webhook goes on", func(t *testing.T) {
		if p := pauseOf(t, r, "sandbox"); p.Paused {
			t.Errorf("it is %+v", p)
		}
	})
	t.Run("D8 a pause for another reason stays as it is", func(t *testing.T) {
		r.db.MustExec(pausedItself)
		if c, err := r.Pause(ctx, "admin", sample.ID); err != nil || c != (Change{}) {
			t.Errorf("the change is %+v, %v", c, err)
		}
		if p := pauseOf(t, r, "admin"); p.Reason != "failing" || !p.Probe {
			t.Errorf("it is %+v", p)
		}
	})
	t.Run("C8 D6 unknown ones", func(t *testing.T) {
		_, err := r.Pause(ctx, "nobody", sample.ID)
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, err = r.Pause(ctx, "admin", "missing")
		want(t, err, webhook.CodeWebhookUnknown, "missing")
		_, err = r.Resume(ctx, "nobody", sample.ID, true, webhook.Message{})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, err = r.Resume(ctx, "admin", "missing", true, webhook.Message{})
		want(t, err, webhook.CodeWebhookUnknown, "missing")
	})
}

func TestD8_Resume(t *testing.T) {
	dropping := webhook.Say("delivery.dropped")
	type held struct{ parked, retried, sending, done, theirs, otherHook Key }
	// paused has a paused webhook with deliveries in all states.
	paused := func(t *testing.T) (*Repo, held) {
		r := fresh(t)
		create(t, r, "admin", sample, named(sample, "other"))
		create(t, r, "sandbox", sample)
		later := `due_at = now() + interval '1 hour'`
		var h held
		h.parked, _ = file(t, r, filing{set: `lane = 2, ` + later})
		h.retried, _ = file(t, r, filing{set: `lane = 0, ` + later})
		h.sending, _ = file(t, r, filing{set: `lane = 0, sending_since = now()`})
		h.done, _ = file(t, r, filing{set: isDelivered + `, lane = 2`})
		h.theirs, _ = file(t, r, filing{instance: "sandbox", set: `lane = 2, ` + later})
		h.otherHook, _ = file(t, r, filing{hook: "other", set: `lane = 2, ` + later})
		r.db.MustExec(pausedItself)
		return r, h
	}
	t.Run("D8 what waits goes to its lane, due now", func(t *testing.T) {
		r, h := paused(t)
		before := [4]state{stateOf(t, r, h.retried), stateOf(t, r, h.done), stateOf(t, r, h.theirs), stateOf(t, r, h.otherHook)}
		c, err := r.Resume(t.Context(), "admin", sample.ID, false, dropping)
		if err != nil || !c.Resumed || c.Paused || c.Reason != "" || c.Waiting != 3 || c.Dropped != 0 || !near(c.Since, time.Now()) {
			t.Errorf("the change is %+v, %v", c, err)
		}
		if p := pauseOf(t, r, "admin"); p != (pauseState{}) {
			t.Errorf("it is %+v", p)
		}
		if s := stateOf(t, r, h.parked); s.State != "pending" || s.Lane != 1 || !s.Due {
			t.Errorf("what was held is %+v", s)
		}
		if after := [4]state{stateOf(t, r, h.retried), stateOf(t, r, h.done), stateOf(t, r, h.theirs), stateOf(t, r, h.otherHook)}; after != before {
			t.Errorf("the rest was %+v and is %+v", before, after)
		}
	})
	t.Run("D8 dropped, what waits fails, but what is being sent", func(t *testing.T) {
		r, h := paused(t)
		c, err := r.Resume(t.Context(), "admin", sample.ID, true, dropping)
		if err != nil || !c.Resumed || c.Waiting != 1 || c.Dropped != 2 {
			t.Errorf("the change is %+v, %v", c, err)
		}
		for _, k := range []Key{h.parked, h.retried} {
			if s := stateOf(t, r, k); s.State != "failed" || !s.Finished || webhook.DecodeMessage(s.Failure).Key != dropping.Key {
				t.Errorf("it is %+v", s)
			}
		}
		for _, k := range []Key{h.sending, h.theirs, h.otherHook} {
			if s := stateOf(t, r, k); s.State != "pending" {
				t.Errorf("it is %+v", s)
			}
		}
		if s := stateOf(t, r, h.done); s.State != "delivered" {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("C9 D8 another instance's stays paused", func(t *testing.T) {
		r, _ := paused(t)
		if _, err := r.Resume(t.Context(), "admin", sample.ID, true, dropping); err != nil {
			t.Fatal(err)
		}
		if p := pauseOf(t, r, "sandbox"); !p.Paused {
			t.Errorf("it is %+v", p)
		}
	})
	t.Run("D8 one that is not paused drops nothing", func(t *testing.T) {
		r, h := paused(t)
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = NULL, paused_reason = NULL`)
		c, err := r.Resume(t.Context(), "admin", sample.ID, true, dropping)
		if err != nil || c != (Change{}) {
			t.Errorf("the change is %+v, %v", c, err)
		}
		if s := stateOf(t, r, h.parked); s.State != "pending" {
			t.Errorf("it is %+v", s)
		}
		if p := pauseOf(t, r, "admin"); !p.Failing {
			t.Error("its failures are forgotten")
		}
	})
	t.Run("D8 what somebody else lets go at the same moment is not dropped", func(t *testing.T) {
		r, h := paused(t)
		tx := r.db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		tx.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = NULL, paused_reason = NULL, probe_at = NULL`)
		var c Change
		done := make(chan error)
		go func() (err error) {
			defer func() { done <- err }()
			c, err = r.Resume(within(t), "admin", sample.ID, true, dropping)
			return err
		}()
		waiting(t, r.db, 1)
		if err := errors.Join(tx.Commit(), <-done); err != nil || c != (Change{}) {
			t.Errorf("the change is %+v, %v", c, err)
		}
		if s := stateOf(t, r, h.parked); s.State != "pending" {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("D8 of many that resume it, one does", func(t *testing.T) {
		for _, isolation := range isolations {
			repos := isolated(t, isolation)
			create(t, repos[0], "admin", sample)
			file(t, repos[0], filing{set: `lane = 2`})
			repos[0].db.MustExec(pausedItself)
			changes := make([]Change, clients)
			for _, err := range together(func(client int) (err error) {
				changes[client], err = repos[client%2].Resume(within(t), "admin", sample.ID, false, dropping)
				return err
			}) {
				want(t, err, none, "")
			}
			resumed := 0
			for _, c := range changes {
				if c.Resumed {
					resumed++
				}
			}
			if resumed != 1 {
				t.Errorf("%s: %d resumed it", isolation, resumed)
			}
		}
	})
}
