package delivery

import (
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD5_HangingReceiverDelaysNoOther has 500 deliveries wait for a receiver that
// hangs, and then one event for another one. With the limit this comes in while
// no attempt at the first has ended; without, all workers hang, and it waits.
func TestD5_HangingReceiverDelaysNoOther(t *testing.T) {
	for _, c := range []struct {
		name        string
		perReceiver int
		timeout     time.Duration
		ended       bool // attempts at the one that hangs, before the others came in
	}{{"with the limit", 3, time.Hour, false}, {"without", 10, 3 * time.Second, true}} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			location, hung := hanging(t)
			s.hook("hangs", location)
			r := newReceiver(t, nil)
			s.webhook(webhook.Webhook{ID: "other", EventType: "refund", URL: r.url, HTTPMethod: "POST"})
			courier := s.courier(func(o *Options, tuned *tuning) {
				o.Workers, o.PerReceiver, o.Timeout = 10, c.perReceiver, c.timeout
				tuned.lease = 3 * c.timeout
			})
			s.many(courier, c.perReceiver)
			if err := courier.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range c.perReceiver {
				<-hung
			}
			s.many(courier, 500)
			began := time.Now()
			s.refund(courier, "o")
			r.next(s)
			t.Logf("the other waited %v", time.Since(began).Round(time.Millisecond))
			if ended := one[int](s, countAttempts+" WHERE error IS NOT NULL") > 0; ended != c.ended {
				t.Errorf("an attempt had ended: %t, want %t", ended, c.ended)
			}
		})
	}
}

// TestD5_CrowdQueuesBehind: jobs that are most likely parked let others' go first.
func TestD5_CrowdQueuesBehind(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://hook.example/")
	s.webhook(webhook.Webhook{ID: "other", EventType: "refund", URL: "http://other.example/", HTTPMethod: "POST"})
	c := s.courier(func(o *Options, _ *tuning) { o.PerReceiver = 1 })
	s.pay(c, "o1")
	busy, _ := c.lanes.enter("hook.example:80")
	s.pay(c, "o2")
	s.refund(c, "o3")
	busy.leave(answered)
	s.pay(c, "o4")
	if got := one[string](s, "SELECT string_agg(priority::text, ' ' ORDER BY id) FROM webhooks.river_job"); got != "1 2 1 1" {
		t.Errorf("the priorities are %s, want 1 2 1 1", got)
	}
}

const behindNow = "SELECT count(*) FROM webhooks.river_job WHERE priority = 2"

// TestD5_StuckMakesWay: what queued for a receiver before anybody knew that it hangs
// is not parked, one by one, before others get their turn.
func TestD5_StuckMakesWay(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://hook.example/")
	s.webhook(webhook.Webhook{ID: "other", EventType: "refund", URL: "http://other.example/", HTTPMethod: "POST"})
	c := s.courier(func(o *Options, _ *tuning) { o.PerReceiver = 1 })
	for _, id := range []string{"o1", "o2", "o3"} {
		s.pay(c, id)
	}
	s.refund(c, "o4")
	now := time.Now()
	c.lanes.now = func() time.Time { return now }
	busy, _ := c.lanes.enter("hook.example:80")
	w := newWorker(c)
	looksAtFirst := func() string {
		job := &river.Job[jobArgs]{JobRow: &rivertype.JobRow{}}
		if err := s.db.Get(&job.Args.Key.Delivery, "SELECT min(delivery_serial) FROM "+schema+".delivery WHERE lane = 0"); err != nil {
			t.Fatal(err)
		}
		job.Args.Key.Instance = one[int64](s, "SELECT instance_serial FROM webhooks.instance")
		if err := w.Work(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		return one[string](s, "SELECT string_agg(priority::text, ' ' ORDER BY id) FROM webhooks.river_job")
	}
	if got := looksAtFirst(); got != "1 1 1 1" {
		t.Errorf("while it is busy the priorities are %s, want 1 1 1 1", got)
	}
	now = now.Add(stuckAfter)
	if got := looksAtFirst(); got != "2 2 2 1" {
		t.Errorf("when it hangs the priorities are %s, want 2 2 2 1", got)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE lane = 1"); n != 2 {
		t.Errorf("%d are parked, want the two that were looked at", n)
	}
	// Once a second is enough.
	s.db.MustExec("UPDATE " + schema + ".river_job SET priority = 1")
	told := w.madeWay.Load()
	c.now = func() time.Time { return time.Unix(told, 0) }
	if w.makeWay(t.Context()); one[int](s, behindNow) != 0 {
		t.Error("it makes way twice in a second")
	}
	c.now = func() time.Time { return time.Unix(told+1, 0) }
	if w.makeWay(t.Context()); one[int](s, behindNow) != 3 {
		t.Error("a second later it makes no way")
	}
	s.refuse("UPDATE", "river_job", "")
	s.db.MustExec("INSERT INTO " + schema + ".river_job (kind, args, max_attempts) SELECT kind, args, 1 FROM " + schema + ".river_job")
	c.now = func() time.Time { return time.Unix(told+2, 0) }
	if w.makeWay(t.Context()); len(s.log.with("make way", "not now")) != 1 {
		t.Errorf("that it can not is not told:\n%s", s.log)
	}
	busy.leave(unanswered)
	if stuck := c.lanes.stuck(); len(stuck) > 0 {
		t.Errorf("with room %q are stuck", stuck)
	}
	for range failuresToOpen - 1 {
		busy, _ = c.lanes.enter("hook.example:80")
		busy.leave(unanswered)
	}
	if stuck := c.lanes.stuck(); !slices.Equal(stuck, []string{"hook.example:80"}) {
		t.Errorf("left alone is hook.example:80, stuck are %q", stuck)
	}
}

// TestD5_BreakerSavesWorkers: a receiver that did not answer five times is left
// alone, what waits for it costs nothing, and all goes out when it answers again.
func TestD5_BreakerSavesWorkers(t *testing.T) {
	s := newShop(t)
	var up switchable
	r := newReceiver(t, up.answer)
	s.hook("hook", r.url)
	c := s.started(func(o *Options, t *tuning) {
		quick(o, t)
		o.Schedule = webhook.Schedule{time.Millisecond, time.Hour}
		t.breaker = time.Second
	})
	s.many(c, 100)
	until(s, true, "SELECT count(*) > 60 FROM webhooks.delivery WHERE lane = 1 AND due_at > now()")
	if n := one[int](s, countAttempts); n > 30 {
		t.Errorf("%d attempts at a receiver that does not answer", n)
	}
	up.turnOn()
	until(s, true, "SELECT count(*) = 0 FROM webhooks.delivery WHERE lane = 1 AND state = 'pending'")
	if r.repeats() > 30 {
		t.Errorf("%d repeats", r.repeats())
	}
}

// TestD5_ChainsYield: with more busy receivers than workers, each gets its turn.
func TestD5_ChainsYield(t *testing.T) {
	s := newShop(t)
	busy := newReceiver(t, nil)
	s.hook("busy", busy.url)
	r := newReceiver(t, nil)
	s.webhook(webhook.Webhook{ID: "other", EventType: "refund", URL: r.url, HTTPMethod: "POST"})
	c := s.started(func(o *Options, t *tuning) { o.Workers, o.PerReceiver, t.chain = 1, 1, time.Millisecond })
	s.many(c, 50)
	busy.next(s)
	s.refund(c, "o")
	r.next(s)
	until(s, 51, countDelivered)
	if busy.repeats() > 0 {
		t.Errorf("%d repeats", busy.repeats())
	}
}
