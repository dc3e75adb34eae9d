package delivery

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

// job is River's for the shop's first delivery.
func (s *shop) job(tags ...string) *river.Job[jobArgs] {
	s.Helper()
	now := time.Now()
	return &river.Job[jobArgs]{JobRow: &rivertype.JobRow{Tags: tags, AttemptedAt: &now}, Args: jobArgs{repo.Key{
		Instance: one[int64](s, "SELECT min(instance_serial) FROM webhooks.delivery"),
		Delivery: one[int64](s, "SELECT min(delivery_serial) FROM webhooks.delivery"),
	}}}
}

// snoozed is for how long an error has River wait before the job's next look.
func snoozed(err error) time.Duration {
	if snooze, is := errors.AsType[*river.JobSnoozeError](err); is {
		return snooze.Duration
	}
	return -1
}

// TestD3_Looks: a job that finds nothing to send ends, or looks again when there
// is, by the database's clock.
func TestD3_Looks(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o")
	for _, is := range []struct {
		name, set string
		ahead     time.Duration // the database's clock
		wait      time.Duration // -1: it ends
	}{
		{"due in an hour", "due_at = now() + interval '1 hour'", 0, time.Hour},
		{"by another clock", "due_at = now() + interval '1 hour'", 2 * time.Hour, 3 * time.Hour},
		{"due in a year", "due_at = now() + interval '1 year'", 0, snoozeMost},
		{"due, by a clock behind", "due_at = now() + interval '1 hour'", -2 * time.Hour, 0},
		{"taken", "due_at = now(), sending_since = now()", 0, c.tuning.lease},
		{"done", "state = 'delivered', sending_since = NULL, finished_at = now()", 0, -1},
	} {
		s.db.MustExec("UPDATE " + schema + ".delivery SET " + is.set)
		job := s.job()
		at := time.Now().Add(is.ahead)
		job.AttemptedAt = &at
		err := newWorker(c).Work(t.Context(), job)
		if wait := snoozed(err); (wait < 0) != (is.wait < 0) || (wait-is.wait).Abs() > time.Minute || wait < 0 && err != nil {
			t.Errorf("%s: the next look is after %v (%v), want %v", is.name, wait, err, is.wait)
		}
	}
	if n := one[int](s, countAttempts); n > 0 || s.log.String() != "" {
		t.Errorf("%d attempts are recorded, and told is\n%s", n, s.log)
	}
	job := s.job()
	_ = s.db.Close()
	if err := newWorker(c).Work(t.Context(), job); err == nil || snoozed(err) >= 0 {
		t.Errorf("without the database it says %v", err)
	}
	if len(s.log.with("delivery: look at a delivery")) != 1 {
		t.Errorf("told is\n%s", s.log)
	}
}

// TestD5_LooksIntoALane: only where others may wait, after its own; what it finds
// is sent by the same job, which then has nothing left of its own.
func TestD5_LooksIntoALane(t *testing.T) {
	for _, tag := range []string{"", tagLane} {
		s := newShop(t)
		var c *Courier
		var w *worker
		receiver, crowded := "", false
		r := newReceiver(t, func(http.ResponseWriter, *http.Request) {
			crowded = crowded || c.lanes.isCrowded(receiver)
			if n := w.busy.Load(); n != 1 {
				t.Errorf("%d are at work", n)
			}
		})
		s.hook("hook", r.url)
		c = s.courier(nil)
		w = newWorker(c)
		s.many(c, 3)
		receiver = one[string](s, "SELECT receiver FROM webhooks.delivery LIMIT 1")
		job, sent := s.job(), 1
		if tag != "" {
			job, sent = s.job(tag), 3
		}
		s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
		if err := w.Work(t.Context(), job); err != nil || len(r.got) != sent {
			t.Errorf("a job with the tag %q says %v, and sent %d, want %d", tag, err, len(r.got), sent)
		}
		if crowded != (tag != "") || c.lanes.isCrowded(receiver) || w.busy.Load() != 0 {
			t.Errorf("with the tag %q the lane is crowded while it sends: %t, and after it: %t", tag, crowded, c.lanes.isCrowded(receiver))
		}
	}
}

// TestD3_OwnAndOthers: while its own delivery waits for its next try a job goes on
// with others, and another job is made for it, once.
func TestD3_OwnAndOthers(t *testing.T) {
	s := newShop(t)
	s.hook("hook", newReceiver(t, nil).url)
	c := s.courier(nil)
	s.many(c, 3)
	s.db.MustExec("DELETE FROM " + schema + ".river_job")
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1 WHERE delivery_serial > 1")
	lane := one[string](s, "SELECT receiver FROM webhooks.delivery LIMIT 1")
	w := newWorker(c)
	own := &retry{repo.Key{Instance: 1, Delivery: 1}, time.Now().Add(time.Hour)}
	c.lanes.park(lane)
	if err := w.chain(t.Context(), chain{receiver: lane, began: time.Now()}, own); err != nil {
		t.Errorf("it says %v", err)
	}
	if sent, jobs := one[int](s, countDelivered), one[string](s, "SELECT string_agg(args->>'delivery_serial' || ' ' || state, ',') FROM webhooks.river_job"); sent != 2 || jobs != "1 scheduled" {
		t.Errorf("%d are sent, and the jobs are %q", sent, jobs)
	}
	// Where none can be made, this one looks again.
	s.many(c, 1)
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1 WHERE delivery_serial > 3")
	defer s.refuse("INSERT", "river_job", "")()
	c.lanes.park(lane)
	if wait := snoozed(w.chain(t.Context(), chain{receiver: lane, began: time.Now()}, own)); wait < 59*time.Minute {
		t.Errorf("the next look is after %v", wait)
	}
}

// TestD5_LooksOnce: a job that finds a lane full, or none in it, or can not look,
// does not look again and again.
func TestD5_LooksOnce(t *testing.T) {
	s := newShop(t)
	c := s.courier(func(o *Options, t *tuning) { o.PerReceiver, t.chain = 1, time.Hour })
	w := newWorker(c)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	looks := 0
	c.lanes.now = func() time.Time {
		if looks++; looks > 10 {
			end()
		}
		return time.Now()
	}
	for _, when := range []string{"full", "empty", "without the database"} {
		looks = 0
		c.lanes.park(hook)
		var full *ticket
		if when == "full" {
			full = admitted(t, c.lanes, hook)
		}
		if err := w.chain(ctx, chain{receiver: hook, began: time.Now()}, nil); err != nil || looks > 4 {
			t.Errorf("%s: %v after %d looks", when, err, looks)
		}
		if _, waits := c.lanes.waiting(hook); waits != (when != "empty") {
			t.Errorf("%s: it is thought that some wait: %t", when, waits)
		}
		if full != nil {
			if w.handOn(ctx, hook); s.log.String() != "" {
				t.Errorf("of a full lane is told\n%s", s.log)
			}
			full.leave(unused)
		}
		if when == "empty" {
			_ = s.db.Close()
		}
	}
}

// TestD5_ParkedMeanwhile: what comes into a lane while a job finds none in it is
// sent by that job.
func TestD5_ParkedMeanwhile(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.courier(nil)
	s.pay(c, "o")
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
	lane := one[string](s, "SELECT receiver FROM webhooks.delivery")
	parks := s.db.MustBegin()
	parks.MustExec("SELECT FROM " + schema + ".delivery FOR UPDATE")
	c.lanes.park(lane)
	looks := 0
	c.lanes.now = func() time.Time { // the lanes are locked
		if looks++; looks == 2 {
			_ = parks.Commit()
			c.lanes.parks++
			c.lanes.of(lane).parked = c.lanes.parks
		}
		return time.Now()
	}
	if err := newWorker(c).chain(t.Context(), chain{receiver: lane, began: time.Now()}, nil); err != nil || len(r.got) != 1 {
		t.Errorf("%d are sent, %v", len(r.got), err)
	}
}

// TestD5_HandsOnWhatWaits, and nothing else.
func TestD5_HandsOnWhatWaits(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	w := newWorker(c)
	s.pay(c, "o")
	s.db.MustExec("DELETE FROM " + schema + ".river_job")
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
	lane := one[string](s, "SELECT receiver FROM webhooks.delivery")
	handsOn := func(when string, want int) {
		t.Helper()
		w.handOn(t.Context(), lane)
		if n := one[int](s, "SELECT count(*) FROM webhooks.river_job"); n != want {
			t.Errorf("%s: %d jobs, want %d", when, n, want)
		}
	}
	handsOn("nobody said that one waits", 0)
	c.lanes.park(lane)
	end := s.refuse("UPDATE", "delivery", "WHEN (NEW.lane = 1)")
	handsOn("it can not be given back", 0)
	end()
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 0, sending_since = NULL")
	handsOn("none is found", 0)
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
	handsOn("one waits", 1)
}

// TestD3_FaultsEndAJob: River does it again, and nothing is done in between.
func TestD3_FaultsEndAJob(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	var spans *tracetest.SpanRecorder
	c := s.courier(func(o *Options, t *tuning) {
		spans = spansOf(o)
		o.PerReceiver, o.Timeout, t.lease = 1, time.Hour, time.Hour+50*time.Millisecond
	})
	s.many(c, 2)
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1 WHERE delivery_serial = 2")
	w := newWorker(c)
	claim, _ := s.claim(c)
	claim.AskedAt = time.Now().Add(time.Minute)
	receiver := claim.Request.Receiver
	end := s.refuse("UPDATE", "delivery", "WHEN (NEW.lane = 1)")
	full := admitted(t, c.lanes, receiver)
	if err := w.begin(t.Context(), claim, 0); err == nil || c.lanes.isWaitedFor(receiver) {
		t.Errorf("what can not be given back: %v", err)
	}
	full.leave(unused)
	end()
	s.refuse("INSERT", "delivery_attempt", "")
	if err := w.begin(t.Context(), claim, 0); err == nil || len(r.got) != 1 {
		t.Errorf("what can not be recorded: %v, after %d were sent", err, len(r.got))
	}
	if says := failures(spans.Ended()[2:]); says != "POST, deliver pay: not_recorded" {
		t.Errorf("its spans are %q", says)
	}
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1, sending_since = NULL")
	c.lanes.park(receiver)
	if err := w.chain(t.Context(), chain{receiver: receiver, began: time.Now()}, nil); err != nil || len(r.got) != 2 {
		t.Errorf("of a lane: %v, after %d were sent", err, len(r.got)-1)
	}
}

func (l *lanes) isWaitedFor(receiver string) bool {
	_, waits := l.waiting(receiver)
	return waits
}
