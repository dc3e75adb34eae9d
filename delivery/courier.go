package delivery

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
)

// running is what Start started.
type running struct {
	id     string
	worker *worker
	river  *river.Client[*sql.Tx]
	end    context.CancelFunc // of the sweep and the prune
	loops  sync.WaitGroup
}

var errRunning = errors.New("delivery: Start was called before, and not Stop")

// Start begins to send. Stop ends it: what is under way may end until ctx does,
// then it is given back.
//
// ctx bounds the start alone. Start twice is an error; after Stop it may be
// called again.
func (c *Courier) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running != nil {
		return errRunning
	}
	r := &running{id: rand.Text(), worker: newWorker(c)}
	var err error
	if r.river, err = c.newWorking(r.worker, r.id); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	// What ends with ctx would end the workers too.
	lasting := telemetry.Apart(context.WithoutCancel(ctx))
	begin, giveUp := context.WithCancel(lasting)
	stop := context.AfterFunc(ctx, giveUp)
	err = r.river.Start(begin)
	if !stop() || err != nil {
		_ = r.river.StopAndCancel(lasting)
		return fmt.Errorf("delivery: start: %w", errors.Join(err, ctx.Err()))
	}
	loop, end := context.WithCancel(lasting)
	r.end = end
	sweep := func() { c.guard(loop, "sweep", func() { c.sweep(loop, r.id) }) }
	prune := func() { c.guard(loop, "prune", func() { c.prune(loop) }) }
	r.loops.Go(func() { each(loop, c.tuning.sweep, c.soon, sweep) })
	r.loops.Go(func() { each(loop, c.tuning.prune, nil, prune) })
	c.running = r
	c.sends.Store(true)
	c.o.Metrics.Sending(c.o.Workers)
	return nil
}

// Stop ends sending. What is under way may end until ctx does; then it is given
// back, and ctx's error comes back. Without a Start it is nil.
func (c *Courier) Stop(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.running
	if r == nil {
		return nil
	}
	r.worker.draining.Store(true)
	r.end()
	var late error
	if err := r.river.Stop(ctx); err != nil {
		// Attempts end when they are cancelled, and each is given back.
		late = ctx.Err()
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.tuning.stop)
		defer cancel()
		if err := r.river.StopAndCancel(hard); err != nil {
			return fmt.Errorf("delivery: stop: %w", err)
		}
	}
	r.loops.Wait()
	c.running = nil
	c.sends.Store(false)
	c.o.Metrics.Sending(-c.o.Workers)
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackWithin)
	defer cancel()
	err := c.o.Repo.Leave(leave, r.id)
	c.errands.wait(ctx)
	c.client.CloseIdleConnections()
	return errors.Join(late, err)
}

// IsRunning reports whether this process sends. It waits for no Start and no
// Stop: Emit asks, within the host's transaction.
func (c *Courier) IsRunning() bool { return c.sends.Load() }

// each does f at once, then every while and when it is wanted soon, until ctx
// ends.
func each(ctx context.Context, while time.Duration, soon <-chan struct{}, f func()) {
	ticks := time.Tick(while)
	for ctx.Err() == nil {
		f()
		select {
		case <-ticks:
		case <-soon:
		case <-ctx.Done():
		}
	}
}

// sweepSoon has this process sweep now, if it sends: something waits in a lane
// that no job was made for. Another process sees it at its next sweep.
func (c *Courier) sweepSoon() {
	select {
	case c.soon <- struct{}{}:
	default: // one is wanted already
	}
}

// sweep does what no job asks for: see repo.Sweep.
func (c *Courier) sweep(ctx context.Context, worker string) {
	c.lanes.forget()
	o := repo.SweepOptions{
		Worker: worker, Lease: c.tuning.lease, PerReceiver: c.o.PerReceiver, ProbeEvery: c.tuning.probe,
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	report, err := c.o.Repo.Sweep(ctx, o, func(tx *sql.Tx, keys []repo.Key) error {
		return insert(ctx, c.waker, tx, jobs(keys, river.InsertOpts{Tags: []string{tagLane}}))
	})
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			c.tellFault(ctx, "sweep", err)
		}
		return
	}
	c.o.Metrics.Unsent(telemetry.Interrupted, len(report.Interrupted))
	if report.More {
		c.sweepSoon()
	}
	if report.Overdue > 0 && c.isTime(&c.overdueTold, overdueEvery) {
		c.tellOverdue(ctx, report, "deliveries are due and no worker takes them; are there too few?")
	}
}

// prune deletes what is older than it is to be kept, and gives up what waited for
// as long.
func (c *Courier) prune(ctx context.Context) {
	done, err := c.o.Repo.Prune(ctx, c.o.Keep)
	c.tellPruned(ctx, done)
	c.o.Metrics.Finished(telemetry.Expired, done.GivenUp)
	if !errors.Is(err, context.Canceled) {
		c.tellFault(ctx, "prune", err)
	}
}
