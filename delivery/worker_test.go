package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// quick tries again within milliseconds, and looks for what is due as often.
func quick(o *Options, t *tuning) {
	o.Schedule = webhook.Schedule{10 * time.Millisecond, 20 * time.Millisecond}
	t.poll = 10 * time.Millisecond
}

// many commits events at once.
func (s *shop) many(c *Courier, n int) {
	s.Helper()
	s.within(func(tx *sqlx.Tx) error {
		for i := range n {
			if err := c.Emit(s.Context(), tx, "admin", paid(orderID(i))); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestD2_TwoReplicas send each delivery once, and never twice at a time.
func TestD2_TwoReplicas(t *testing.T) {
	const n = 2000
	s := newShop(t)
	var mu sync.Mutex
	underWay := map[string]bool{}
	r := newReceiver(t, func(_ http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("Webhook-Id")
		mu.Lock()
		if underWay[id] {
			t.Errorf("%s is sent by two at a time", id)
		}
		underWay[id] = true
		mu.Unlock()
		takeAWhile()
		mu.Lock()
		delete(underWay, id)
		mu.Unlock()
	})
	s.hook("hook", r.url)
	first := s.courier(nil)
	s.many(first, n)
	second := s.courier(nil)
	began := time.Now()
	if err := errors.Join(first.Start(t.Context()), second.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	until(s, n, countDelivered)
	t.Logf("%.0f deliveries a second to one receiver", n/time.Since(began).Seconds())
	if len(r.got) != n || r.repeats() != 0 || one[int](s, countAttempts) != n {
		t.Errorf("%d came in, %d of them again, of %d", len(r.got), r.repeats(), n)
	}
}

func TestD3_FatesOfAnswers(t *testing.T) {
	for _, c := range []struct {
		status   int
		attempts int
		state    string
		failure  string
	}{
		{200, 1, "delivered", ""},
		{299, 1, "delivered", ""},
		{400, 1, "failed", "delivery.refused_answer"},
		{410, 1, "failed", "delivery.gone"},
		{302, 3, "failed", "delivery.given_up"},
		{404, 3, "failed", "delivery.given_up"},
		{503, 3, "failed", "delivery.given_up"},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			s := newShop(t)
			r := newReceiver(t, status(c.status))
			s.hook("hook", r.url)
			s.pay(s.started(quick), "o")
			until(s, c.state, "SELECT state FROM webhooks.delivery")
			if len(r.got) != c.attempts || one[int](s, countAttempts) != c.attempts {
				t.Errorf("tried %d times, %d recorded, want %d", len(r.got), one[int](s, countAttempts), c.attempts)
			}
			failure := webhook.DecodeMessage(one[string](s, "SELECT coalesce(failure, '') FROM webhooks.delivery"))
			if failure.Key != c.failure {
				t.Errorf("the failure is %q, want %q", failure.Key, c.failure)
			}
			if gone := one[string](s, "SELECT coalesce(paused_reason, '') FROM webhooks.webhook"); (gone == "gone") != (c.status == 410) {
				t.Errorf("paused: %q", gone)
			}
			until(s, 0, "SELECT count(*) FROM webhooks.river_job")
			first := r.next(s).id()
			for len(r.got) > 0 {
				if id := r.next(s).id(); id != first {
					t.Errorf("the ID changes: %s, %s", first, id)
				}
			}
		})
	}
}

func TestD3_RetryAfter(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	s.hook("hook", r.url)
	s.pay(s.started(quick), "o")
	until(s, 1, "SELECT count(*) FROM webhooks.delivery WHERE tries = 1 AND due_at BETWEEN now() + interval '59 min' AND now() + interval '61 min'")
	until(s, 1, "SELECT count(*) FROM webhooks.river_job WHERE state = 'scheduled' AND scheduled_at > now() + interval '59 min'")
}

// TestD3_InterruptedClaimRepeats: a process claimed it and died.
func TestD3_InterruptedClaimRepeats(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.courier(nil)
	s.pay(c, "o")
	if _, ok := s.claim(c); !ok {
		t.Fatal("it can not be claimed")
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Its job meets the claim and waits for the lease to end.
	until(s, 1, "SELECT count(*) FROM webhooks.river_job WHERE state = 'scheduled'")
	if len(r.got) > 0 {
		t.Fatal("it was sent while another has it")
	}
	s.db.MustExec("UPDATE " + schema + ".delivery SET sending_since = now() - interval '1 min'")
	until(s, 1, countDelivered)
	until(s, 2, countAttempts)
	interrupted := webhook.DecodeMessage(one[string](s, "SELECT error FROM webhooks.delivery_attempt WHERE number = 1"))
	if interrupted.Key != "attempt.interrupted" || len(r.got) != 1 {
		t.Errorf("the first attempt is %q, %d came in", interrupted.Key, len(r.got))
	}
}

// TestD3_TriedAgainFromALane: what was sent on the way of another's job gets one
// of its own for its next try.
func TestD3_TriedAgainFromALane(t *testing.T) {
	const n = 5
	s := newShop(t)
	var seen sync.Map
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		if _, again := seen.LoadOrStore(r.Header.Get("Webhook-Id"), true); !again {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	s.hook("hook", r.url)
	c := s.courier(func(o *Options, t *tuning) { quick(o, t); o.PerReceiver, t.sweep = 1, time.Hour })
	s.many(c, n)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(s, n, countDelivered)
	if r.repeats() != n || one[int](s, countAttempts) != 2*n {
		t.Errorf("%d came in, want each twice", len(r.got))
	}
}

// TestD3_Jitter: what fails together is not tried again together.
func TestD3_Jitter(t *testing.T) {
	c := &Courier{o: Options{Schedule: webhook.Schedule{time.Hour}}}
	waits := map[time.Duration]bool{}
	for range 100 {
		res := c.judge(repo.Claim{}, reply{Attempt: repo.Attempt{Status: http.StatusServiceUnavailable}})
		if res.Wait < 54*time.Minute || res.Wait > 66*time.Minute {
			t.Errorf("the wait is %v, want an hour, a tenth more or less", res.Wait)
		}
		waits[res.Wait] = true
	}
	if len(waits) < 50 {
		t.Errorf("of 100 deliveries that fail together only %d are tried again apart", len(waits))
	}
}

// TestD3_RecordedLater: what came of an attempt is recorded when the database
// takes it again, and the attempt is not made once more.
func TestD3_RecordedLater(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	s.db.MustExec(`
		CREATE SEQUENCE written;
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF nextval('public.written') < 3 THEN RAISE 'not now'; END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON ` + schema + `.delivery_attempt FOR EACH ROW EXECUTE FUNCTION refuse()`)
	s.pay(s.started(nil), "o")
	until(s, 1, countDelivered)
	if n := one[int](s, "SELECT last_value FROM written"); n != 3 || len(r.got) != 1 || one[int](s, countAttempts) != 1 {
		t.Errorf("%d came in, recorded at the time %d, want 1 at the time 3", len(r.got), n)
	}
}

// TestD3_RecordedThoughCancelled: Stop waits no longer, but the answer is there.
func TestD3_RecordedThoughCancelled(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o")
	claim, found := s.claim(c)
	if !found {
		t.Fatal("it can not be claimed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answer := reply{Attempt: repo.Attempt{Number: claim.Attempt, At: time.Now(), URL: claim.Request.URL, Status: http.StatusOK}}
	if next, err := newWorker(c).record(ctx, claim, answer); err != nil || next != nil {
		t.Errorf("it is tried again: %v, %v", next, err)
	}
	if n := one[int](s, countDelivered); n != 1 {
		t.Error("it is not recorded, so it will be sent once more")
	}
}

// claim claims the shop's first delivery, as a worker does.
func (s *shop) claim(c *Courier) (claim repo.Claim, ok bool) {
	s.Helper()
	key := repo.Key{Instance: one[int64](s, "SELECT instance_serial FROM webhooks.delivery ORDER BY delivery_serial LIMIT 1"), Delivery: one[int64](s, "SELECT delivery_serial FROM webhooks.delivery ORDER BY delivery_serial LIMIT 1")}
	claim, verdict, _, err := s.repo.Claim(s.Context(), key, c.tuning.lease)
	if err != nil {
		s.Fatal(err)
	}
	return claim, verdict == repo.Claimed
}

// TestS3_JobsHoldSerialsOnly looks at what River stores.
func TestS3_JobsHoldSerialsOnly(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "https://user:password@hook.example/secret")
	s.pay(s.courier(nil), "o")
	args := one[string](s, "SELECT args::text FROM webhooks.river_job")
	want := one[string](s, "SELECT jsonb_build_object('instance_serial', instance_serial, 'delivery_serial', delivery_serial)::text FROM webhooks.delivery")
	if args != want {
		t.Errorf("a job holds %s, want %s", args, want)
	}
	if rest := one[string](s, "SELECT metadata::text || tags::text FROM webhooks.river_job"); rest != "{}{}" {
		t.Errorf("and %s", rest)
	}
}

// TestD5_LaneGoesOn: more than there is room for goes out by those that are sent.
func TestD5_LaneGoesOn(t *testing.T) {
	const n = 300
	s := newShop(t)
	var now, most atomic.Int64
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {
		for at := now.Add(1); ; {
			if before := most.Load(); at <= before || most.CompareAndSwap(before, at) {
				break
			}
		}
		takeAWhile()
		now.Add(-1)
	})
	s.hook("hook", r.url)
	c := s.courier(func(o *Options, t *tuning) { o.PerReceiver = 2; t.sweep = time.Hour })
	s.many(c, n)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(s, n, countDelivered)
	if most.Load() > 2 || r.repeats() > 0 {
		t.Errorf("%d at once, want 2 at most; %d repeats", most.Load(), r.repeats())
	}
}
