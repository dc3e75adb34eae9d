package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// A pace is how events come: so many in a second, one by one or in bursts.
type pace struct {
	name        string
	rate, burst int
	p50, p99    goal
}

// latency measures from the commit to the receiver, and what idling costs, with
// a listener and without.
func latency(ctx context.Context, r *run) error {
	soon, still := atMost(5), atMost(20)
	paces := []pace{
		{"10 events/s", 10, 1, soon, still},
		{"100 events/s", 100, 1, soon, still},
		{"1,000 events/s", 1000, 1, soon, still},
		{"bursts of 5", 50, 5, soon, still},
		{"bursts of 100", 100, 100, goal{}, goal{}},
	}
	if err := latencyOf(ctx, r, "listening", nil, atMost(5), paces); err != nil {
		return err
	}
	polling := func(d *plugin.Delivery) { d.ListenDSN = "" }
	return latencyOf(ctx, r, "polling", polling, goal{atMost: true}, []pace{{"100 events/s", 100, 1, goal{}, goal{}}})
}

func latencyOf(ctx context.Context, r *run, way string, change func(*plugin.Delivery), calm goal, paces []pace) error {
	to, err := startReceiver()
	if err != nil {
		return err
	}
	s, err := r.subject(ctx, "latency_"+way, to, change)
	if err != nil {
		return err
	}
	defer s.db.Close()
	watch := &stopwatch{committed: map[string]time.Time{}, arrived: map[string]time.Time{}}
	to.seen = watch.arrive
	if err := s.plugin.Start(ctx); err != nil {
		return err
	}
	// Warm up: the leader is elected, statements are prepared.
	if _, err := s.paced(ctx, watch, pace{rate: 20, burst: 1}, 2*r.duration); err != nil {
		return err
	}
	for range r.rounds {
		statements, err := s.idle(ctx, r.idle)
		if err != nil {
			return err
		}
		r.table.add(way+", idle statements/s", "%.1f", true, calm, statements)
		for _, p := range paces {
			watch.reset()
			took, err := s.paced(ctx, watch, p, 2*r.duration)
			if err != nil {
				return err
			}
			times, name := watch.times(), way+", commit to received, "+p.name
			r.table.measured(name+", p50 ms", p.p50, times[len(times)/2])
			r.table.measured(name+", p99 ms", p.p99, times[len(times)*99/100])
			if p.burst > 1 {
				r.table.measured(way+", "+p.name+", ms until all are committed", goal{}, took.Seconds()*1000)
			}
		}
	}
	stop, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return s.plugin.Stop(stop)
}

// paced pays at a pace for a while, whether or not what came before is done, and
// waits until all have arrived. It gives how long a burst's own transactions
// take, on average.
func (s *subject) paced(ctx context.Context, watch *stopwatch, p pace, duration time.Duration) (took time.Duration, err error) {
	every := time.Second * time.Duration(p.burst) / time.Duration(p.rate)
	bursts := max(1, int(duration/every))
	errs := make(chan error, bursts*p.burst)
	var sum atomic.Int64
	var all sync.WaitGroup
	for began, i := time.Now(), 0; i < bursts; i++ {
		time.Sleep(time.Until(began.Add(time.Duration(i) * every)))
		all.Go(func() {
			start := time.Now()
			var burst sync.WaitGroup
			for range p.burst {
				burst.Go(func() {
					order, err := s.pay(ctx, "one")
					watch.commit(order)
					errs <- err
				})
			}
			burst.Wait()
			sum.Add(int64(time.Since(start)))
		})
	}
	all.Wait()
	close(errs)
	for failed := range errs {
		err = errors.Join(err, failed)
	}
	if err != nil {
		return 0, err
	}
	return time.Duration(sum.Load() / int64(bursts)), watch.wait(ctx)
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

// reset begins anew.
func (w *stopwatch) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.committed)
	clear(w.arrived)
}

// times are how long they took, in ms, sorted. What arrived before the commit
// returned took no time.
func (w *stopwatch) times() []float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var times []float64
	for order, at := range w.committed {
		times = append(times, max(0, w.arrived[order].Sub(at).Seconds()*1000))
	}
	slices.Sort(times)
	return times
}
