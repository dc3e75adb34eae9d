package delivery

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

// TestD14_OverdueIsTold where nothing sends, by who emits.
func TestD14_OverdueIsTold(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o1")
	c.errands.wait(t.Context())
	if s.log.String() != "" {
		t.Errorf("too early: %s", s.log)
	}
	s.db.MustExec("UPDATE " + schema + ".delivery SET due_at = now() - interval '6 min'")
	now := time.Now()
	c.now = func() time.Time { return now.Add(time.Minute) }
	for range 3 {
		s.within(func(tx *sqlx.Tx) error { return c.Emit(t.Context(), tx, "admin", paid("o2")) })
	}
	c.errands.wait(t.Context())
	if told := s.log.with("level=WARN", "nothing sends them", "overdue=1"); len(told) != 1 {
		t.Errorf("the log is %s", s.log)
	}
	// The host's context may have ended since its commit.
	c.overdueTold.Store(0)
	ended, end := context.WithCancel(t.Context())
	end()
	c.watchOverdue(ended)
	c.errands.wait(t.Context())
	if told := s.log.with("nothing sends them"); len(told) != 2 {
		t.Errorf("the log is %s", s.log)
	}
}

// TestD14_OverdueInASweep is told once a minute, and only where there is some.
func TestD14_OverdueInASweep(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o")
	c.errands.wait(t.Context())
	now := time.Now()
	c.now = func() time.Time { return now }
	for _, is := range []struct {
		after time.Duration
		due   string
		told  int
	}{{time.Hour, "0", 0}, {0, "6 min", 1}, {59 * time.Second, "6 min", 1}, {time.Second, "6 min", 2}} {
		now = now.Add(is.after)
		s.db.MustExec("UPDATE " + schema + ".delivery SET due_at = now() - interval '" + is.due + "'")
		c.sweep(t.Context(), "me")
		if told := s.log.with("level=WARN", "too few"); len(told) != is.told {
			t.Errorf("%v later, with one due for %s, it is told %d times, want %d", is.after, is.due, len(told), is.told)
		}
		if len(c.soon) > 0 {
			t.Error("it sweeps again at once")
		}
	}
}

// TestD14_OverdueForABusyWorker: who sends itself does not ask for a Start.
func TestD14_OverdueForABusyWorker(t *testing.T) {
	s := newShop(t)
	location, hung := hanging(t)
	s.hook("hook", location)
	c := s.started(func(o *Options, _ *tuning) { o.Workers = 1 })
	s.pay(c, "o1")
	<-hung
	s.pay(c, "o2")
	s.db.MustExec("UPDATE " + schema + ".delivery SET due_at = now() - interval '6 min' WHERE sending_since IS NULL")
	for began := time.Now(); len(s.log.with("level=WARN", "overdue=1", "too few")) == 0; takeAWhile() {
		if time.Since(began) > patience {
			t.Fatalf("the log is %s", s.log)
		}
	}
	for _, part := range []string{"is Start called", "overdue=0"} {
		if told := s.log.with(part); len(told) != 0 {
			t.Errorf("the log says %q", told)
		}
	}
}

// TestD8_SweptSoon: what a probe lets go is sent at once, not at the next sweep.
func TestD8_SweptSoon(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.many(c, 2)
	for _, resumes := range []bool{false, true} {
		claim, found := s.claim(c)
		if !found {
			t.Fatal("it can not be claimed")
		}
		if resumes {
			s.db.MustExec("UPDATE " + schema + ".webhook SET paused_at = now(), paused_reason = 'failing', failing_since = now(), failed_at = now()")
		}
		answer := reply{Attempt: repo.Attempt{Number: claim.Attempt, At: time.Now(), URL: claim.Request.URL, Status: http.StatusOK}}
		if _, err := newWorker(c).record(t.Context(), claim, answer); err != nil {
			t.Fatal(err)
		}
		if soon := len(c.soon) == 1; soon != resumes {
			t.Errorf("that resumes the webhook: %t, a sweep is wanted soon: %t", resumes, soon)
		}
		s.db.MustExec("DELETE FROM " + schema + ".delivery WHERE state = 'delivered'")
	}
	if w := one[string](s, "SELECT coalesce(paused_reason, '') FROM webhooks.webhook"); w != "" {
		t.Errorf("it is paused still: %s", w)
	}
}
