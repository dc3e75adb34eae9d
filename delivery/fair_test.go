package delivery

import (
	"testing"
	"time"

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
			courier := s.courier(func(o *Options, _ *tuning) {
				o.Workers, o.PerReceiver, o.Timeout = 10, c.perReceiver, c.timeout
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
