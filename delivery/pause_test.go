package delivery

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// told collects notices. Each is of what the database holds then.
func told(s *shop, o *Options) chan Notice {
	notices := make(chan Notice, 100)
	o.Notify = func(ctx context.Context, n Notice) {
		var reason string
		err := o.DB.GetContext(ctx, &reason, "SELECT coalesce(paused_reason, '') FROM "+schema+".webhook WHERE webhook_id = $1", n.WebhookID)
		if err != nil || reason != n.Reason {
			s.Errorf("D8 the host is told of %+v while the webhook is paused for %q, %v", n, reason, err)
		}
		notices <- n
	}
	o.PageURL = func(instance, webhookID string) string {
		return "https://shop.example/" + instance + "/" + webhookID
	}
	return notices
}

func notice(s *shop, notices chan Notice) Notice {
	s.Helper()
	select {
	case n := <-notices:
		return n
	case <-time.After(patience):
		s.Fatalf("no notice\n%s", s.log)
		panic("unreachable")
	}
}

func TestD8_PausesItselfAndResumesByTheProbe(t *testing.T) {
	s := newShop(t)
	var up switchable
	r := newReceiver(t, up.answer)
	s.hook("hook", r.url)
	var notices chan Notice
	c := s.started(func(o *Options, t *tuning) {
		quick(o, t)
		o.Schedule = slices.Repeat(webhook.Schedule{time.Millisecond}, 1000)
		o.PauseAfter = 100 * time.Millisecond
		notices = told(s, o)
	})
	s.pay(c, "o1")
	n := notice(s, notices)
	if n.Instance != "admin" || n.WebhookID != "hook" || n.Kind != "paused" || n.Reason != "failing" ||
		n.URL != "https://shop.example/admin/hook" || n.Waiting != 1 || time.Since(n.Since) > time.Minute {
		t.Errorf("the notice is %+v", n)
	}
	s.pay(c, "o2")
	until(s, 2, "SELECT count(*) FROM webhooks.delivery WHERE lane = 2")
	tried := one[int](s, countAttempts)

	const inAnHour = "SELECT count(*) FROM webhooks.webhook WHERE probe_at BETWEEN now() + interval '59 min' AND now() + interval '60 min'"
	if one[int](s, inAnHour) != 1 {
		t.Error("the first probe is not in an hour")
	}
	// A probe that fails changes nothing.
	probe := func() { s.db.MustExec("UPDATE " + schema + ".webhook SET probe_at = now()") }
	probe()
	until(s, tried+1, countAttempts)
	if one[int](s, inAnHour) != 1 {
		t.Error("the next probe is not in an hour")
	}
	until(s, 2, "SELECT count(*) FROM webhooks.delivery WHERE lane = 2")
	up.turnOn()
	probe()
	until(s, 2, countDelivered)
	if n := notice(s, notices); n.Kind != "resumed" || n.WebhookID != "hook" {
		t.Errorf("the notice is %+v", n)
	}
	if len(notices) > 0 {
		t.Errorf("there are more notices: %+v", <-notices)
	}
	if len(s.log.with("level=WARN", "webhook paused", "reason=failing")) != 1 || len(s.log.with("level=INFO", "webhook resumed")) != 1 {
		t.Errorf("the log is %s", s.log)
	}
}

func TestD8_GonePausesWithoutProbe(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, status(http.StatusGone))
	s.hook("hook", r.url)
	var notices chan Notice
	c := s.started(func(o *Options, _ *tuning) { notices = told(s, o) })
	s.pay(c, "o")
	if n := notice(s, notices); n.Kind != "paused" || n.Reason != "gone" {
		t.Errorf("the notice is %+v", n)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.webhook WHERE probe_at IS NOT NULL"); n != 0 {
		t.Error("it is going to be probed")
	}
}

func TestD8_ByHand(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	var notices chan Notice
	c := s.started(func(o *Options, t *tuning) {
		o.Workers, o.PerReceiver, notices = 1, 1, told(s, o)
		t.sweep = time.Hour // a sweep between two of a lane may wake a third
	})
	until(s, 1, "SELECT count(*) FROM webhooks.worker") // the first sweep is over
	if err := c.Pause(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	if n := notice(s, notices); n.Kind != "paused" || n.Reason != "hand" {
		t.Errorf("the notice is %+v", n)
	}
	s.many(c, 10)
	if n := one[int](s, "SELECT count(*) FROM webhooks.river_job"); n != 0 {
		t.Errorf("%d jobs were made for what a pause holds", n)
	}
	if err := c.Resume(t.Context(), "admin", "hook", false); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if m := r.next(s); !strings.Contains(m.body, orderID(i)) {
			t.Errorf("%s came as number %d, want the oldest first", m.body, i)
		}
	}
	if n := notice(s, notices); n.Kind != "resumed" || n.Waiting != 10 {
		t.Errorf("the notice is %+v", n)
	}
	if err := c.Resume(t.Context(), "admin", "hook", false); err != nil || len(notices) > 0 {
		t.Errorf("a second Resume: %v, %d notices", err, len(notices))
	}

	if err := c.Pause(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	notice(s, notices) // it asks of the pause while that lasts
	s.pay(c, "dropped")
	if err := c.Resume(t.Context(), "admin", "hook", true); err != nil {
		t.Fatal(err)
	}
	if m := webhook.DecodeMessage(one[string](s, "SELECT failure FROM webhooks.delivery WHERE state = 'failed'")); m.Key != "delivery.dropped" {
		t.Errorf("it failed with %q", m.Key)
	}
}

// TestD8_ResumeOfMany: what one sweep does not let go, the next does at once.
func TestD8_ResumeOfMany(t *testing.T) {
	s := newShop(t)
	location, _ := hanging(t)
	s.hook("hook", location)
	c := s.started(func(_ *Options, t *tuning) { t.sweep = time.Hour })
	if err := c.Pause(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	s.pay(c, "o")
	s.db.MustExec(strings.ReplaceAll(`
		INSERT INTO webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, lane)
		SELECT instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, lane
		FROM webhooks.delivery, generate_series(1, 25000)`, "webhooks.", schema+"."))
	if err := c.Resume(t.Context(), "admin", "hook", false); err != nil {
		t.Fatal(err)
	}
	until(s, 0, "SELECT count(*) FROM webhooks.delivery WHERE lane = 2")
}

// TestD8_NotifyThatPanics or hangs ends and holds up nothing.
func TestD8_NotifyThatPanics(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, status(http.StatusGone))
	s.hook("hook", r.url)
	called := make(chan struct{})
	c := s.started(func(o *Options, _ *tuning) {
		o.Notify = func(context.Context, Notice) {
			defer close(called)
			panic("the host's own")
		}
	})
	s.pay(c, "o")
	<-called
	c.errands.wait(t.Context())
	if len(s.log.with("level=ERROR", "Notify panicked")) != 1 {
		t.Errorf("the log is %s", s.log)
	}
}

// TestD14_Lines of attempts that fail, and of what is given up.
func TestD14_Lines(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, status(http.StatusServiceUnavailable))
	s.webhook(webhook.Webhook{ID: "hook", EventType: "pay", URL: strings.Replace(r.url, "http://", "http://user:hunter2@", 1) + "/T00/B00/topsecret?token=topsecret", HTTPMethod: "POST"})
	location, _ := hanging(t)
	s.webhook(webhook.Webhook{ID: "hangs", EventType: "refund", URL: location, HTTPMethod: "POST"})
	c := s.started(func(o *Options, t *tuning) {
		quick(o, t)
		o.Schedule, o.Timeout = webhook.Schedule{time.Millisecond}, time.Second
	})
	s.pay(c, "o")
	s.refund(c, "o")
	until(s, 2, countFailed)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	about := []string{"instance=admin", "webhook_id=hook", "delivery_id=msg_", "event_type=pay", "receiver=" + r.url + " ", "status=503"}
	if got := s.log.with(append(about, "level=WARN", "delivery attempt failed", "attempt=1", "next_attempt_at=")...); len(got) != 1 {
		t.Errorf("the first attempt is not told:\n%s", s.log)
	}
	if got := s.log.with(append(about, "level=ERROR", "delivery given up", "attempt=2")...); len(got) != 1 {
		t.Errorf("it is not told that it was given up:\n%s", s.log)
	}
	if got := s.log.with("webhook_id=hangs", "delivery attempt failed", `error="No answer within 1 seconds"`); len(got) != 2 {
		t.Errorf("the time-outs are not told:\n%s", s.log)
	}
	for _, secret := range []string{"hunter2", "topsecret", "/T00", "/hook?"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, s.log)
		}
	}
}

// TestD14_GivenUpByPrune: each of the first is a line, then their number.
func TestD14_GivenUpByPrune(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/T00/topsecret")
	c := s.courier(func(_ *Options, t *tuning) { t.sweep = time.Hour })
	s.many(c, 120)
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1, due_at = now() + interval '1 hour', attempt_count = 9, last_status = 503, queued_at = now() - interval '31 days'")
	s.db.MustExec("UPDATE "+schema+".delivery SET last_status = NULL, last_error = $1 WHERE delivery_serial = (SELECT min(delivery_serial) FROM "+schema+".delivery)",
		webhook.Say("attempt.refused").Encode())
	c.prune(t.Context())
	about := []string{"level=ERROR", "delivery given up", "instance=admin", "webhook_id=hook", "delivery_id=msg_", "event_type=pay", "attempt=9", "receiver=http://127.0.0.1:1"}
	if answered, refused := s.log.with(append(about, "status=503")...), s.log.with(append(about, "error=")...); len(answered) != 99 || len(refused) != 1 {
		t.Errorf("%d and %d are told, of\n%s", len(answered), len(refused), s.log)
	}
	if all := s.log.with("level=ERROR", "deliveries given up", "deliveries=120"); len(all) != 1 {
		t.Errorf("their number is told %d times", len(all))
	}
	if strings.Contains(s.log.String(), "topsecret") {
		t.Error("the log holds the path of a URL")
	}
	told := s.log.String()
	c.prune(t.Context())
	if s.log.String() != told || strings.Contains(told, "status=0") {
		t.Errorf("told is too much:\n%s", s.log)
	}
}

// TestD8_ToldThough who asked has gone since, and by nobody where the host wants none.
func TestD8_ToldThough(t *testing.T) {
	s := newShop(t)
	ended, end := context.WithCancel(t.Context())
	end()
	for _, wanted := range []bool{true, false} {
		told := make(chan error, 1)
		c := s.courier(func(o *Options, _ *tuning) {
			if wanted {
				o.Notify = func(ctx context.Context, _ Notice) { told <- ctx.Err() }
			}
		})
		c.notify(ended, Notice{})
		c.errands.wait(t.Context())
		if wanted && <-told != nil || s.log.String() != "" {
			t.Errorf("told with a context that has ended, and in the log:\n%s", s.log)
		}
	}
}

// TestD14_FaultsAreTold once in a while: a database that is away fails every worker.
func TestD14_FaultsAreTold(t *testing.T) {
	now, told := time.Unix(1_800_000_000, 0), &lines{}
	c := &Courier{log: slog.New(slog.NewTextHandler(told, nil)), now: func() time.Time { return now }}
	for _, is := range []struct {
		after time.Duration
		told  int
	}{{0, 1}, {0, 1}, {faultsEvery - time.Second, 1}, {time.Second, 2}, {time.Hour, 3}} {
		now = now.Add(is.after)
		c.tellFault(t.Context(), "sweep", errLate)
		if c.tellFault(t.Context(), "sweep", nil); len(told.with("delivery: sweep")) != is.told {
			t.Errorf("%v later:\n%s", is.after, told)
		}
	}
}
