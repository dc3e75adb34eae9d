package delivery

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// refuse has the database refuse to write some rows.
func (s *shop) refuse(write, table, when string) (end func()) {
	s.Helper()
	s.db.MustExec(`
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
		CREATE TRIGGER refuse BEFORE ` + write + ` ON ` + schema + `.` + table + ` FOR EACH ROW ` + when + ` EXECUTE FUNCTION refuse()`)
	return func() { s.Helper(); s.db.MustExec("DROP FUNCTION refuse CASCADE") }
}

// TestD5_LaneThatCanNotBeRead is told, and gone on with by the sweep.
func TestD5_LaneThatCanNotBeRead(t *testing.T) {
	const n = 5
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.courier(func(o *Options, _ *tuning) { o.PerReceiver = 1 })
	s.many(c, n)
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
	end := s.refuse("UPDATE", "delivery", "WHEN (OLD.lane = 1 AND NEW.lane = 0)")
	claim := repo.Claim{}
	claim.Request.Receiver = one[string](s, "SELECT receiver FROM webhooks.delivery LIMIT 1")
	c.lanes.park(claim.Request.Receiver)
	w := newWorker(c)
	if err := w.chain(t.Context(), chain{receiver: claim.Request.Receiver, began: time.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	if told := s.log.with("look for the next delivery", "not now"); len(told) != 1 {
		t.Errorf("it is told %d times\n%s", len(told), s.log)
	}
	if _, waits := c.lanes.waiting(claim.Request.Receiver); !waits {
		t.Error("the lane is thought to be empty")
	}
	admitted(t, c.lanes, claim.Request.Receiver).leave(unused)
	end()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(s, n, countDelivered)
}

// TestD3_NoJobForTheNextTry is told; the sweep makes one.
func TestD3_NoJobForTheNextTry(t *testing.T) {
	s := newShop(t)
	s.hook("hook", newReceiver(t, status(503)).url)
	c := s.courier(nil)
	s.many(c, 1)
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
	defer s.refuse("INSERT", "river_job", "")()
	receiver := one[string](s, "SELECT receiver FROM webhooks.delivery")
	c.lanes.park(receiver)
	if err := newWorker(c).chain(t.Context(), chain{receiver: receiver, began: time.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	if told := s.log.with("make a job", "not now"); len(told) != 1 || one[int](s, countAttempts) != 1 {
		t.Errorf("it is told %d times\n%s", len(told), s.log)
	}
}

// TestD3_NotRecorded: what can not be recorded is told as such alone, and nothing
// is done for its next try, since it is sent once more.
func TestD3_NotRecorded(t *testing.T) {
	s := newShop(t)
	s.hook("hook", newReceiver(t, status(503)).url)
	c := s.courier(func(o *Options, t *tuning) { o.Timeout, t.lease = time.Hour, time.Hour+100*time.Millisecond })
	s.pay(c, "o")
	claim, found := s.claim(c)
	if !found {
		t.Fatal("it can not be claimed")
	}
	claim.AskedAt = time.Now().Add(time.Minute)
	defer s.refuse("INSERT", "delivery_attempt", "")()
	if next, err := newWorker(c).deliver(t.Context(), admitted(t, c.lanes, claim.Request.Receiver), claim); err == nil || next != nil {
		t.Errorf("got %v, %v", next, err)
	}
	if len(s.log.with("record an attempt")) != 1 || len(s.log.with("next_attempt_at")) > 0 {
		t.Errorf("told is:\n%s", s.log)
	}
}

// TestD3_SnoozedByTheDatabasesClock, which dates the next look.
func TestD3_SnoozedByTheDatabasesClock(t *testing.T) {
	s := newShop(t)
	w := newWorker(s.courier(nil))
	const ahead = time.Hour
	at := time.Now().Add(time.Minute)
	err := w.chain(t.Context(), chain{"hook.example:443", time.Now(), ahead}, &retry{at: at})
	snoozed := (*river.JobSnoozeError)(nil)
	if !errors.As(err, &snoozed) || snoozed.Duration <= ahead || snoozed.Duration > ahead+time.Minute {
		t.Errorf("got %v, want to be snoozed for an hour and a minute", err)
	}
	if err := w.await(t.Context(), &retry{at: at}, ahead); err != nil {
		t.Fatal(err)
	}
	if got := one[time.Time](s, "SELECT scheduled_at FROM webhooks.river_job"); got.Sub(at.Add(ahead)).Abs() > time.Millisecond {
		t.Errorf("the next job is for %v, want %v", got, at.Add(ahead))
	}
}

func TestS1_RefusedAddressInWords(t *testing.T) {
	const want = "10.0.0.1 is an address of a private or special network"
	if got := (&refusedAddress{netip.MustParseAddr("10.0.0.1")}).Error(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestD5_ALaneIsHandedOn when its job has had its time: another job goes on with
// it, behind those of other receivers.
func TestD5_ALaneIsHandedOn(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.courier(nil)
	s.many(c, 2)
	s.db.MustExec("DELETE FROM " + schema + ".river_job")
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
	lane := one[string](s, "SELECT receiver FROM webhooks.delivery LIMIT 1")
	c.lanes.park(lane)
	w := newWorker(c)
	for _, stops := range []bool{true, false} { // who stops leaves it to the others' sweeps
		w.draining.Store(stops)
		if err := w.chain(t.Context(), chain{receiver: lane, began: time.Now().Add(-c.tuning.chain)}, nil); err != nil {
			t.Fatal(err)
		}
		if n := one[int](s, "SELECT count(*) FROM webhooks.river_job"); stops && n > 0 {
			t.Errorf("who stops hands it on to %d jobs", n)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := w.chain(ended, chain{receiver: lane, began: time.Now()}, nil); err != nil || s.log.String() != "" {
		t.Errorf("who is ended says %v, and\n%s", err, s.log)
	}
	if n, sent := one[int](s, "SELECT count(*) FROM webhooks.river_job WHERE 'lane' = ANY (tags)"), len(r.got); n != 1 || sent > 0 {
		t.Errorf("%d jobs go on with the lane, and %d were sent; want 1 and none", n, sent)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE lane = 1 AND sending_since IS NULL AND due_at <= now()"); n != 2 {
		t.Errorf("%d of 2 wait in the lane", n)
	}
	admitted(t, c.lanes, lane).leave(unused)
}

// TestD5_LaneThatCanNotBeHandedOn is told, as is what can not be given back.
func TestD5_LaneThatCanNotBeHandedOn(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.many(c, 2)
	w := newWorker(c)
	claim, found := s.claim(c)
	if !found {
		t.Fatal("it can not be claimed")
	}
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1 WHERE sending_since IS NULL")
	c.lanes.park(claim.Request.Receiver)
	s.refuse("INSERT", "river_job", "")
	if err := w.chain(t.Context(), chain{receiver: claim.Request.Receiver, began: time.Now().Add(-c.tuning.chain)}, nil); err != nil {
		t.Fatal(err)
	}
	s.db.MustExec("DROP FUNCTION refuse CASCADE")
	s.refuse("UPDATE", "delivery", "")
	c.faultsTold.Store(0)
	if err := w.park(t.Context(), claim, 0); err == nil {
		t.Error("it is given back")
	}
	for _, what := range []string{"hand a lane on", "give a delivery back"} {
		if told := s.log.with(what, "not now"); len(told) != 1 {
			t.Errorf("%q is told %d times\n%s", what, len(told), s.log)
		}
	}
}

// TestD4_NeitherOpenedNorRecorded: what came of a secret that does not open could
// not be stored either.
func TestD4_NeitherOpenedNorRecorded(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	ring, err := webhook.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.courier(func(o *Options, _ *tuning) { o.Keyring = ring }).Reseal(t.Context()); err != nil {
		t.Fatal(err)
	}
	var spans *tracetest.SpanRecorder
	var metrics prometheus.Gatherer
	c := s.courier(func(o *Options, t *tuning) {
		spans, metrics = spansOf(o), metricsOf(s, o)
		o.Timeout, t.lease = time.Hour, time.Hour+100*time.Millisecond
	})
	s.many(c, 1)
	claim, found := s.claim(c)
	if !found {
		t.Fatal("it can not be claimed")
	}
	if next, err := newWorker(c).deliver(t.Context(), admitted(t, c.lanes, claim.Request.Receiver), claim); err != nil || next == nil {
		t.Errorf("while it can be stored it is tried again: %v, %v", next, err)
	}
	s.db.MustExec("UPDATE " + schema + ".delivery SET due_at = now()")
	if claim, found = s.claim(c); !found {
		t.Fatal("it can not be claimed again")
	}
	s.refuse("INSERT", "delivery_attempt", "")
	if next, err := newWorker(c).deliver(t.Context(), admitted(t, c.lanes, claim.Request.Receiver), claim); err == nil || next != nil {
		t.Errorf("got %v, %v", next, err)
	}
	if says := failures(spans.Ended()[1:]); says != "deliver pay: no_secret, deliver pay: no_secret" {
		t.Errorf("the spans are %q", says)
	}
	if n := counted(t, metrics)[telemetry.NoSecret]; n != 2 {
		t.Errorf("%d are counted", n)
	}
	if detail := one[string](s, "SELECT detail FROM webhooks.delivery_attempt"); !strings.HasPrefix(detail, "the webhook's secret does not open: ") || strings.HasSuffix(detail, ": ") {
		t.Errorf("the attempt says %q", detail)
	}
}
