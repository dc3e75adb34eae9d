package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// latency measures from the commit to the receiver, and what idling costs.
func latency(ctx context.Context, server *pgdev.Server, o options) error {
	t := newTable("Latency from the commit to the receiver, in ms, and statements/s when idle")
	for _, way := range []struct {
		name   string
		change func(*plugin.Delivery)
	}{{"listening", nil}, {"polling", func(d *plugin.Delivery) { d.ListenDSN = "" }}} {
		if err := latencyOf(ctx, server, o, t, way.name, way.change); err != nil {
			return err
		}
	}
	t.print()
	return nil
}

func latencyOf(ctx context.Context, server *pgdev.Server, o options, t *table, way string, change func(*plugin.Delivery)) error {
	r, err := startReceiver()
	if err != nil {
		return err
	}
	s, err := newSubject(ctx, server, "latency_"+way, r, change)
	if err != nil {
		return err
	}
	defer s.db.Close()
	watch := &stopwatch{committed: map[string]time.Time{}, arrived: map[string]time.Time{}}
	r.seen = watch.arrive
	if err := s.plugin.Start(ctx); err != nil {
		return err
	}
	for round := range o.rounds {
		if round == 0 { // warm up: the leader is elected, statements are prepared
			if _, err := s.paced(ctx, watch, 20, 3*time.Second, 1); err != nil {
				return err
			}
			watch.times()
		}
		statements, err := s.idle(ctx, o.duration)
		if err != nil {
			return err
		}
		t.add(way+", idle statements/s", "%.1f", statements)
		for _, load := range []struct {
			name  string
			rate  int
			burst int
		}{{"10/s", 10, 1}, {"100/s", 100, 1}, {"bursts of 5", 50, 5}, {"bursts of 100", 100, 100}} {
			took, err := s.paced(ctx, watch, load.rate, o.duration, load.burst)
			if err != nil {
				return err
			}
			times := watch.times()
			t.add(way+", "+load.name+", p50", "%.1f", times[len(times)/2])
			t.add(way+", "+load.name+", p99", "%.1f", times[len(times)*99/100])
			if load.burst > 1 {
				t.add(way+", "+load.name+", to the last commit", "%.1f", took.Seconds()*1000)
			}
		}
	}
	stop, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return s.plugin.Stop(stop)
}

// paced pays at a rate for a while, one by one or in bursts at the same rate, and waits until all have arrived. It
// gives how long a burst's own transactions take, on average.
func (s *subject) paced(ctx context.Context, watch *stopwatch, rate int, duration time.Duration, burst int) (took time.Duration, err error) {
	tick := time.NewTicker(time.Second * time.Duration(burst) / time.Duration(rate))
	defer tick.Stop()
	bursts := max(1, int(duration.Seconds()*float64(rate))/burst)
	for range bursts {
		<-tick.C
		start := time.Now()
		errs := make(chan error, burst)
		for range burst {
			go func() {
				order, err := s.pay(ctx, "one")
				watch.commit(order)
				errs <- err
			}()
		}
		for range burst {
			err = errors.Join(err, <-errs)
		}
		took += time.Since(start) / time.Duration(bursts)
	}
	if err != nil {
		return 0, err
	}
	return took, watch.wait(ctx)
}

// idle counts the statements of a second in which nothing happens.
func (s *subject) idle(ctx context.Context, duration time.Duration) (float64, error) {
	count := func() (n float64, err error) {
		var sum sql.NullFloat64
		err = s.db.GetContext(ctx, &sum, `SELECT sum(calls) FROM pg_stat_statements JOIN pg_database ON oid = dbid
			WHERE datname = current_database() AND query NOT LIKE '%pg_stat_statements%'`)
		return sum.Float64, err
	}
	before, err := count()
	if err != nil {
		return 0, err
	}
	duration = max(duration, 5*time.Second) // some happen every five seconds
	time.Sleep(duration)
	after, err := count()
	return (after - before) / duration.Seconds(), err
}

// A stopwatch knows when orders were committed, and when they arrived.
type stopwatch struct {
	mu                 sync.Mutex
	committed, arrived map[string]time.Time
}

func (w *stopwatch) commit(order string) { w.note(w.committed, order) }
func (w *stopwatch) arrive(order string) { w.note(w.arrived, order) }

func (w *stopwatch) note(in map[string]time.Time, order string) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if in[order].IsZero() {
		in[order] = now
	}
}

// wait waits until all that was committed has arrived.
func (w *stopwatch) wait(ctx context.Context) error {
	for late := time.Now().Add(time.Minute); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		w.mu.Lock()
		done := len(w.arrived) >= len(w.committed)
		w.mu.Unlock()
		if done || ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("not all arrived within a minute")
}

// times are how long they took, in ms, sorted, and begins anew. What arrived before the commit
// returned took no time.
func (w *stopwatch) times() []float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var times []float64
	for order, at := range w.committed {
		times = append(times, max(0, w.arrived[order].Sub(at).Seconds()*1000))
	}
	slices.Sort(times)
	clear(w.committed)
	clear(w.arrived)
	return times
}
