package delivery

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestO1_Outcomes: each way in which a delivery ends is counted as that, and one
// that is tried again not yet.
func TestO1_Outcomes(t *testing.T) {
	for _, is := range []struct {
		status  int
		givenUp bool
		counted []string
	}{
		{200, false, []string{"delivered"}},
		{400, false, []string{"refused"}},
		{410, false, []string{"gone"}},
		{503, true, []string{"given_up"}},
		{503, false, nil},
	} {
		r := prometheus.NewRegistry()
		m, err := telemetry.NewMetrics(r, schema, func(context.Context) (repo.Backlog, error) { return repo.Backlog{}, nil })
		if err != nil {
			t.Fatal(err)
		}
		c := &Courier{o: Options{Metrics: m}}
		c.count(repo.Claim{QueuedAt: time.Now()}, repo.Result{Fate: webhook.FateOf(is.status), GiveUp: is.givenUp})
		if counted := outcomes(t, r); !slices.Equal(counted, is.counted) {
			t.Errorf("answered %d, given up %t, it is counted as %v, want %v", is.status, is.givenUp, counted, is.counted)
		}
	}
}

// TestO1_Expired: what waited for longer than it is kept is counted as that.
func TestO1_Expired(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	r := prometheus.NewRegistry()
	m, err := telemetry.NewMetrics(r, schema, s.repo.Backlog)
	if err != nil {
		t.Fatal(err)
	}
	c := s.courier(func(o *Options, _ *tuning) { o.Metrics = m })
	s.pay(c, "o")
	s.db.MustExec("UPDATE " + schema + ".delivery SET queued_at = now() - interval '31 days'")
	c.prune(t.Context())
	if counted := outcomes(t, r); !slices.Equal(counted, []string{"expired"}) {
		t.Errorf("it is counted as %v", counted)
	}
}

// outcomes are those of which one is counted.
func outcomes(t *testing.T, r prometheus.Gatherer) (counted []string) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "merchant_webhooks_deliveries_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetCounter().GetValue() == 1 {
				counted = append(counted, metric.GetLabel()[0].GetValue())
			}
		}
	}
	return counted
}
