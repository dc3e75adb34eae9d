package delivery

import (
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD7_NotMadeHasNoJob, nor has what waits for a pause to end: nothing looks at
// it in vain.
func TestD7_NotMadeHasNoJob(t *testing.T) {
	const jobs = "SELECT count(*) FROM webhooks.river_job"
	s := newShop(t)
	s.hook("sent", "http://127.0.0.1:1/")
	s.hook("paused", "http://127.0.0.1:1/")
	s.webhook(webhook.Webhook{ID: "not made", EventType: "pay", URL: "http://127.0.0.1:1/", HTTPMethod: "POST", HeaderTemplate: "X-Order: {{{order_id}}}"})
	c := s.courier(nil)
	if err := c.Pause(t.Context(), "admin", "paused"); err != nil {
		t.Fatal(err)
	}
	s.pay(c, "line\nbreak")
	if n, failed := one[int](s, jobs), one[int](s, countFailed); n != 1 || failed != 1 {
		t.Errorf("%d jobs for what can be sent, and %d that can not be made; want 1 and 1", n, failed)
	}
}

// TestD4_RotateOnlyWhatIsMeant: of two people who look at the same secret the
// second changes nothing.
func TestD4_RotateOnlyWhatIsMeant(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	current, _ := secrets(s, c)
	first := current[0]
	s.db.MustExec("UPDATE " + schema + ".webhook SET created_at = now() - interval '1 hour'")
	if err := c.RotateSecretThatEnds(t.Context(), "admin", "hook", "other"); err != nil {
		t.Fatal(err)
	}
	if now, _ := secrets(s, c); len(now) != 1 || now[0].End() != first.End() {
		t.Errorf("another secret than the one that was meant is replaced: %d", len(now))
	}
	if err := c.RotateSecretThatEnds(t.Context(), "admin", "hook", first.End()); err != nil {
		t.Fatal(err)
	}
	if now, _ := secrets(s, c); len(now) != 2 || now[0].End() == first.End() || now[1].End() != first.End() {
		t.Errorf("the secret that was meant is not replaced: %d", len(now))
	}
	if err := c.RotateSecretThatEnds(t.Context(), "admin", "none", "other"); !isUnknown(err) {
		t.Errorf("of no webhook: %v", err)
	}
}

// TestD3_JobsOfFaultsComeSoon: a fault of the host's own puts nothing off for long,
// nor is all of it tried at once.
func TestD3_JobsOfFaultsComeSoon(t *testing.T) {
	for range 1000 {
		before := time.Now()
		at := retrySoon{}.NextRetry(nil)
		if at.Before(before.Add(2*time.Second)) || at.After(time.Now().Add(5*time.Second)) {
			t.Fatalf("it is tried again after %v, want 2 to 5 s", at.Sub(before))
		}
	}
}
