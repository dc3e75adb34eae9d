package delivery

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// spansOf has a courier's spans recorded.
func spansOf(o *Options) *tracetest.SpanRecorder {
	spans := tracetest.NewSpanRecorder()
	o.Tracer.Provider = sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))
	return spans
}

// failures are the names of spans, each with why it failed.
func failures(spans []sdk.ReadOnlySpan) string {
	var all []string
	for _, span := range spans {
		says := span.Name()
		for _, about := range span.Attributes() {
			if about.Key == "error.type" {
				says += ": " + about.Value.AsString()
			}
		}
		all = append(all, says)
	}
	return strings.Join(all, ", ")
}

// metricsOf has a courier count.
func metricsOf(s *shop, o *Options) prometheus.Gatherer {
	s.Helper()
	r := prometheus.NewRegistry()
	m, err := telemetry.NewMetrics(r, schema, func(context.Context) (repo.Backlog, error) { return repo.Backlog{}, nil })
	if err != nil {
		s.Fatal(err)
	}
	o.Metrics = m
	return r
}

// counted are the attempts by result, and how long what took: how often.
func counted(t testing.TB, r prometheus.Gatherer) map[string]int {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, family := range families {
		name := strings.TrimPrefix(family.GetName(), "merchant_webhooks_")
		for _, metric := range family.GetMetric() {
			of := name
			if labels := metric.GetLabel(); name == "attempts_total" || name == "deliveries_total" {
				of = labels[0].GetValue()
			}
			n := metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
			if n != 0 {
				all[of] = int(n)
			}
		}
	}
	return all
}

// TestO2_Attempts: what comes of an attempt is in its spans, and counted.
func TestO2_Attempts(t *testing.T) {
	var answer atomic.Int64
	s := newShop(t)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		if answer.Load() == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(int(answer.Load()))
	})
	s.hook("hook", r.url)
	var spans *tracetest.SpanRecorder
	var metrics prometheus.Gatherer
	c := s.courier(func(o *Options, _ *tuning) { spans, metrics = spansOf(o), metricsOf(s, o) })
	w := newWorker(c)
	ended, end := context.WithCancel(t.Context())
	end()
	for range failuresToOpen - 1 {
		admitted(t, c.lanes, strings.TrimPrefix(r.url, "http://")).leave(unanswered)
	}
	if sent := c.send(t.Context(), repo.Claim{Request: webhook.Request{Method: "GET", URL: r.url}}, nil); sent.Duration <= 0 {
		t.Errorf("an attempt took %v", sent.Duration)
	}
	for _, is := range []struct {
		name    string
		answer  int
		ctx     context.Context
		since   time.Duration // the claim
		tries   int           // before
		says    string
		err     error
		again   bool
		fails   int // how often in a row the receiver has not answered
		counted []string
	}{
		{"taken", 200, t.Context(), 0, 0, "POST, deliver pay", nil, false, 0, []string{"2xx", "attempt_duration_seconds", "delivered", "delivery_duration_seconds"}},
		{"answered 503", 503, t.Context(), 0, 0, "POST: 503, deliver pay: 503", nil, true, 0, []string{"5xx", "attempt_duration_seconds"}},
		{"given up", 503, t.Context(), 0, len(webhook.DefaultSchedule), "POST: 503, deliver pay: 503", nil, false, 0, []string{"5xx", "attempt_duration_seconds", "given_up"}},
		{"not answered", 0, t.Context(), 0, 0, "POST: reset, deliver pay: reset", nil, true, 1, []string{"reset", "attempt_duration_seconds"}},
		{"claimed too long ago", 200, t.Context(), c.tuning.lease, 0, "deliver pay: interrupted", errLate, false, 1, nil},
		{"cut off by Stop", 200, ended, 0, 0, "POST: other, deliver pay: given_back", context.Canceled, false, 1, nil},
	} {
		s.db.MustExec("DELETE FROM " + schema + ".delivery")
		s.pay(c, orderID(len(spans.Ended())))
		claim, found := s.claim(c)
		if !found {
			t.Fatalf("%s: it can not be claimed", is.name)
		}
		answer.Store(int64(is.answer))
		claim.AskedAt, claim.Tries = time.Now().Add(-is.since), is.tries
		before, told := counted(t, metrics), len(spans.Ended())
		next, err := w.deliver(is.ctx, admitted(t, c.lanes, claim.Request.Receiver), claim)
		if !errors.Is(err, is.err) || (next != nil) != is.again {
			t.Errorf("%s: %v, %v", is.name, next, err)
		}
		if fails := c.lanes.of(claim.Request.Receiver).failures; fails != is.fails {
			t.Errorf("%s: %d in a row are not answered, want %d", is.name, fails, is.fails)
		}
		if says := failures(spans.Ended()[told:]); says != is.says {
			t.Errorf("%s: the spans are %q, want %q", is.name, says, is.says)
		}
		after := counted(t, metrics)
		for _, name := range is.counted {
			after[name]--
		}
		for name, n := range after {
			if n != before[name] {
				t.Errorf("%s: of %s %d are counted too many", is.name, name, n-before[name])
			}
		}
		if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE lane = 1 AND sending_since IS NULL"); (n == 1) != (is.err == context.Canceled) {
			t.Errorf("%s: %d are given back", is.name, n)
		}
	}
	if len(s.log.with("level=ERROR", "too late")) != 1 {
		t.Errorf("told is:\n%s", s.log)
	}
}

// TestO2_OneTrace of an Emit, its first attempt and the receiver.
func TestO2_OneTrace(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	var spans *tracetest.SpanRecorder
	c := s.started(func(o *Options, _ *tuning) { spans = spansOf(o) })
	s.pay(c, "o")
	emitted := spans.Ended()[0]
	trace := "00-" + emitted.SpanContext().TraceID().String() + "-"
	if got := r.next(s).header.Get("Traceparent"); !strings.HasPrefix(got, trace) {
		t.Errorf("the receiver's trace is %q, Emit's %s", got, trace)
	}
	if emitted.Name() != "emit pay" || !strings.Contains(attributes(emitted), "messaging.batch.message_count=1;") {
		t.Errorf("Emit's span is %s: %s", emitted.Name(), attributes(emitted))
	}
	until(s, 1, countDelivered)
	told := len(spans.Ended())
	if _, err := c.Test(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	if says := failures(spans.Ended()[told:]); !strings.Contains(says, "emit pay") {
		t.Errorf("the spans of a test are %q", says)
	}
	s.within(func(tx *sqlx.Tx) error {
		told = len(spans.Ended())
		_ = c.Emit(t.Context(), tx, "nobody", paid("o"))
		return nil
	})
	if says := failures(spans.Ended()[told:]); !strings.Contains(says, "emit pay: ") {
		t.Errorf("the span of an Emit that failed is %q", says)
	}
}

func attributes(span sdk.ReadOnlySpan) string {
	var all strings.Builder
	for _, about := range span.Attributes() {
		all.WriteString(string(about.Key) + "=" + about.Value.String() + ";")
	}
	return all.String()
}

// TestO1_Gauges: how many can be sent at once, and how many are.
func TestO1_Gauges(t *testing.T) {
	s := newShop(t)
	var metrics prometheus.Gatherer
	var during map[string]int
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) { during = counted(t, metrics) })
	s.hook("hook", r.url)
	c := s.started(func(o *Options, _ *tuning) { o.Workers, metrics = 7, metricsOf(s, o) })
	s.pay(c, "o")
	until(s, 1, countDelivered)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if during["workers"] != 7 || during["workers_busy"] != 1 {
		t.Errorf("while one is sent: %v", during)
	}
	if after := counted(t, metrics); after["workers"] != 0 || after["workers_busy"] != 0 {
		t.Errorf("stopped: %v", after)
	}
}

// TestO1_Interrupted: an attempt whose process died is counted by who finds it.
func TestO1_Interrupted(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	var metrics prometheus.Gatherer
	c := s.courier(func(o *Options, _ *tuning) { metrics = metricsOf(s, o) })
	s.pay(c, "o")
	if _, found := s.claim(c); !found {
		t.Fatal("it can not be claimed")
	}
	s.db.MustExec("UPDATE " + schema + ".delivery SET sending_since = now() - interval '1 hour'")
	c.sweep(t.Context(), "me")
	if n := counted(t, metrics)[telemetry.Interrupted]; n != 1 {
		t.Errorf("%d are counted", n)
	}
}

// TestO1_ByHand: deliveries that somebody ends are counted as such.
func TestO1_ByHand(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	var metrics prometheus.Gatherer
	c := s.courier(func(o *Options, _ *tuning) { metrics = metricsOf(s, o) })
	s.pay(c, "o1")
	_, forgets := c.Forget(t.Context(), "admin", "o1")
	pauses := c.Pause(t.Context(), "admin", "hook")
	s.pay(c, "o2")
	drops := c.Resume(t.Context(), "admin", "hook", true)
	s.pay(c, "o3")
	if err := errors.Join(forgets, pauses, drops, c.Delete(t.Context(), "admin", "hook")); err != nil {
		t.Fatal(err)
	}
	s.webhook(notMade)
	s.pay(c, "line\nbreak")
	got := counted(t, metrics)
	for _, outcome := range []string{"forgotten", "dropped", "deleted", "not_made"} {
		if got[outcome] != 1 {
			t.Errorf("counted are %v, want one %s", got, outcome)
		}
	}
}
