package repo

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD8_AnotherAddressHasNotFailed: a mended webhook is not paused for what
// failed before; one that is paused stays so until somebody resumes it.
func TestD8_AnotherAddressHasNotFailed(t *testing.T) {
	for name, update := range map[string]func(*Repo, webhook.Webhook) error{
		"PATCH": func(r *Repo, w webhook.Webhook) error { return r.Update(t.Context(), "admin", w) },
		"form":  func(r *Repo, w webhook.Webhook) error { return r.UpdateVersion(t.Context(), "admin", w, 0) },
	} {
		for _, c := range others {
			t.Run("D8 by "+name+", "+c.field, func(t *testing.T) {
				r := fresh(t)
				create(t, r, "admin", sample)
				r.db.MustExec(pausedItself)
				want(t, update(r, c.webhook), none, "")
				p := pauseOf(t, r, "admin")
				if mended := c.field == "url" || c.field == "http_method"; p.Failing == mended || !p.Paused || !p.Probe || !p.After {
					t.Errorf("it is %+v", p)
				}
			})
		}
	}
}

// TestD8_FailuresAreNotedOnceAMinute: the row is not hot.
func TestD8_FailuresAreNotedOnceAMinute(t *testing.T) {
	r, keys := sending(t, 3)
	const notedAgo = `SELECT extract(epoch FROM now() - failed_at)::int FROM merchant_webhooks.webhook`
	fail := func(k Key, from, to int) {
		t.Helper()
		c := take(t, r, k)
		record(t, r, c, answered(c, 503, webhook.TryAgain))
		if is := number(t, r.db, notedAgo); is < from || is > to {
			t.Errorf("the last failure was noted %d s ago", is)
		}
	}
	fail(keys[0], 0, 15)
	setHook(t, r, `failed_at = now() - interval '20 seconds'`)
	fail(keys[1], 20, 58)
	setHook(t, r, `failed_at = now() - interval '61 seconds'`)
	fail(keys[2], 0, 15)
}

// TestD8_UnderWayAtAPause: what was sent before the pause began is a step of its
// schedule, unlike a probe.
func TestD8_UnderWayAtAPause(t *testing.T) {
	r, keys := sending(t, 1)
	c := take(t, r, keys[0])
	setHook(t, r, pausedFailing)
	record(t, r, c, answered(c, 503, webhook.TryAgain))
	if is := at(t, r, keys[0]); is.Tries != 1 || is.Lane != 2 {
		t.Errorf("it is %+v", is)
	}
}
