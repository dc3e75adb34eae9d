package telemetry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// register makes metrics whose database says n deliveries are due.
func register(t *testing.T, r prometheus.Registerer, schema string, n int) *Metrics {
	t.Helper()
	m, err := NewMetrics(r, schema, says(n))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func says(n int) ReadBacklog {
	return func(context.Context) (repo.Backlog, error) {
		return repo.Backlog{Due: n, OldestDue: time.Minute, Paused: map[string]int{"hand": 1}}, nil
	}
}

// value is that of the one series of a metric with such labels.
func value(t *testing.T, r prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	series:
		for _, metric := range family.GetMetric() {
			text := metric.String()
			for _, label := range labels {
				if !strings.Contains(text, `value:"`+label+`"`) {
					continue series
				}
			}
			return metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return -1
}

// use counts one of everything.
func use(m *Metrics) {
	m.Request("/private/webhooks", "POST", 204, 0, time.Millisecond)
	m.Request(Other, Other, 404, webhook.CodeEndpointUnknown, time.Millisecond)
	m.Finished(Delivered, 1)
	m.Delivered(time.Second)
	m.Attempt(200, "", time.Second)
	m.Attempt(0, "timeout", time.Second)
	m.Unsent(Interrupted, 1)
	m.Sending(100)
	m.Busy(1)
}

func TestO1Lint(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	use(register(t, r, "merchant_webhooks", 1))
	problems, err := testutil.GatherAndLint(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if n, _ := testutil.GatherAndCount(r, "merchant_webhooks_http_requests_total"); n != 2 {
		t.Errorf("%d kinds of requests are counted, want 2", n)
	}
}

// TestO1Values: each thing is counted where it says, from 0, so that a rate is
// known from the first one on.
func TestO1Values(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	m, err := NewMetrics(r, "a", func(context.Context) (repo.Backlog, error) {
		return repo.Backlog{
			Due: 1, Sending: 2, Scheduled: 3, Parked: 4, Held: 5,
			OldestDue: 6 * time.Second, OldestParked: 7 * time.Second, Paused: map[string]int{"hand": 8},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(when, name, label string, want float64) {
		t.Helper()
		if got := value(t, r, "merchant_webhooks_"+name, label); got != want {
			t.Errorf("%s %s of %s is %v, want %v", when, name, label, got, want)
		}
	}
	for _, outcome := range []string{"delivered", "refused", "gone", "given_up", "expired", "not_made", "dropped", "forgotten", "deleted"} {
		expect("at first", "deliveries_total", outcome, 0)
	}
	for _, result := range []string{"2xx", "3xx", "4xx", "5xx", "timeout", "refused", "unreachable", "interrupted"} {
		expect("at first", "attempts_total", result, 0)
	}
	use(m)
	for _, is := range []struct {
		name, label string
		want        float64
	}{
		{"http_request_duration_seconds", "/private/webhooks", 1},
		{"deliveries_total", "delivered", 1},
		{"delivery_duration_seconds", "a", 1},
		{"attempts_total", "2xx", 1},
		{"attempts_total", "timeout", 1},
		{"attempts_total", "interrupted", 1},
		{"attempt_duration_seconds", "a", 2},
		{"workers", "a", 100},
		{"workers_busy", "a", 1},
		{"database_up", "a", 1},
		{"deliveries_waiting", "due", 1},
		{"deliveries_waiting", "sending", 2},
		{"deliveries_waiting", "scheduled", 3},
		{"deliveries_waiting", "parked", 4},
		{"deliveries_waiting", "held", 5},
		{"oldest_waiting_seconds", "due", 6},
		{"oldest_waiting_seconds", "parked", 7},
		{"paused_webhooks", "hand", 8},
	} {
		expect("then", is.name, is.label, is.want)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shared := []string{"database_up", "deliveries_waiting", "oldest_waiting_seconds", "paused_webhooks"}
	for _, family := range families {
		isShared := slices.Contains(shared, strings.TrimPrefix(family.GetName(), "merchant_webhooks_"))
		if says := strings.HasSuffix(family.GetHelp(), "use max, not sum."); says != isShared {
			t.Errorf("the help of %s is %q", family.GetName(), family.GetHelp())
		}
	}
}

func TestO1None(t *testing.T) {
	m, err := NewMetrics(nil, "merchant_webhooks", says(1))
	if m != nil || err != nil {
		t.Errorf("without a registry there are %v, %v", m, err)
	}
	use(m) // and nothing panics
}

func TestO1TwoPlugins(t *testing.T) {
	t.Run("O1 of two schemas", func(t *testing.T) {
		r := prometheus.NewPedanticRegistry()
		a, b := register(t, r, "a", 1), register(t, r, "b", 2)
		use(a)
		use(b)
		use(b)
		for schema, n := range map[string]float64{"a": 1, "b": 2} {
			if got := value(t, r, "merchant_webhooks_deliveries_total", schema, "delivered"); got != n {
				t.Errorf("%s has delivered %v, want %v", schema, got, n)
			}
			if got := value(t, r, "merchant_webhooks_deliveries_waiting", schema, "due"); got != n {
				t.Errorf("%s has %v due, want %v", schema, got, n)
			}
		}
	})
	for name, wrap := range map[string]func(*prometheus.Registry) prometheus.Registerer{
		"O1 of one schema": func(r *prometheus.Registry) prometheus.Registerer { return r },
		"O1 of one schema, with the host's labels": func(r *prometheus.Registry) prometheus.Registerer {
			return prometheus.WrapRegistererWith(prometheus.Labels{"shop": "tea"}, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := prometheus.NewPedanticRegistry()
			use(register(t, wrap(r), "a", 1))
			use(register(t, wrap(r), "a", 2))
			if got := value(t, r, "merchant_webhooks_deliveries_total", "delivered"); got != 2 {
				t.Errorf("together they have delivered %v, want 2", got)
			}
			if got := value(t, r, "merchant_webhooks_workers", "a"); got != 200 {
				t.Errorf("together they have %v workers, want 200", got)
			}
			if got := value(t, r, "merchant_webhooks_deliveries_waiting", "due"); got != 2 {
				t.Errorf("%v are due, want the 2 that the newer one reads", got)
			}
		})
	}
	t.Run("O1 where the name is taken", func(t *testing.T) {
		r := prometheus.NewPedanticRegistry()
		r.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "merchant_webhooks_workers", Help: "The host's own."}))
		if m, err := NewMetrics(r, "a", says(1)); m != nil || err == nil {
			t.Errorf("they are %v, %v", m, err)
		}
	})
	t.Run("O1 where all names are taken", func(t *testing.T) {
		r := prometheus.NewPedanticRegistry()
		r.MustRegister(struct{ *Metrics }{register(t, prometheus.NewRegistry(), "a", 1)})
		if m, err := NewMetrics(r, "a", says(1)); m != nil || err == nil {
			t.Errorf("they are %v, %v", m, err)
		}
	})
}

func TestO1Results(t *testing.T) {
	for status, want := range map[int]string{0: "timeout", 200: "2xx", 204: "2xx", 302: "3xx", 404: "4xx", 503: "5xx", 599: "5xx", 101: "odd_status", 600: "odd_status", 999: "odd_status"} {
		if got := result(status, "timeout"); got != want {
			t.Errorf("%d counts as %s, want %s", status, got, want)
		}
	}
}

// TestO1DatabaseAway: a scrape ends whatever the database does, and asks it no
// second time while it is silent.
func TestO1DatabaseAway(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	var asked atomic.Int64
	begun, release := make(chan struct{}), make(chan struct{})
	m, err := NewMetrics(r, "a", func(context.Context) (repo.Backlog, error) {
		switch asked.Add(1) {
		case 1:
			close(begun)
			<-release // as a driver that heeds no context
			fallthrough
		case 2:
			return repo.Backlog{}, errors.New("it is shutting down")
		}
		return repo.Backlog{Due: 3}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.backlog.within, m.backlog.every = time.Millisecond, 0
	use(m)
	expect := func(when string, up, due float64, questions int64) {
		t.Helper()
		if got := value(t, r, "merchant_webhooks_database_up"); got != up {
			t.Errorf("%s database_up is %v, want %v", when, got, up)
		}
		<-begun
		if n := asked.Load(); n != questions {
			t.Errorf("%s it was asked %d times, want %d", when, n, questions)
		}
		m.backlog.every = time.Hour // what was just said
		if got := value(t, r, "merchant_webhooks_deliveries_waiting", "due"); got != due {
			t.Errorf("%s %v are due, want %v", when, got, due)
		}
		m.backlog.every = 0
		if n := value(t, r, "merchant_webhooks_attempts_total", "2xx"); n != 1 {
			t.Errorf("%s %v attempts are counted", when, n)
		}
	}
	expect("silent,", 0, -1, 1)
	close(release)
	<-m.backlog.last.done
	m.backlog.within = time.Minute
	expect("at an error", 0, -1, 2)
	expect("up again,", 1, 3, 4)
}

// TestO1ManyScrapes: many that scrape at once, and soon after, cost one question.
func TestO1ManyScrapes(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	var asked atomic.Int64
	m, err := NewMetrics(r, "a", func(context.Context) (repo.Backlog, error) {
		asked.Add(1)
		return repo.Backlog{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.backlog.every = time.Hour
	var scrapes sync.WaitGroup
	for range 20 {
		scrapes.Go(func() {
			if _, err := r.Gather(); err != nil {
				t.Error(err)
			}
		})
	}
	scrapes.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("20 scrapes asked %d times", n)
	}
}
