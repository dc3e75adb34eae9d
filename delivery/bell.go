package delivery

import (
	"context"
	"sync"
	"time"
)

const (
	// ringEvery is the shortest time between two transactions that notify.
	ringEvery = 5 * time.Millisecond
	// Of those between it is told after the first of these times, and each time four
	// times as late until the last.
	echoFirst, echoLast = 10 * time.Millisecond, 640 * time.Millisecond
)

// A bell says which transactions tell River's listeners that there are jobs. One
// that does waits at its commit until no other that does is committing
// (PostgreSQL puts notifications in order under a lock), so of many at once they
// were the slowest part. Of those close together only the first tells; for the
// others it is told beside, a few times, since nobody knows when they commit.
type bell struct {
	mu      sync.Mutex
	rung    time.Time
	skipped bool // since the last echo
	echoing bool
	echo    func() // tells
}

// ring reports whether who asks is to tell.
func (b *bell) ring(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.rung).Abs() >= ringEvery {
		b.rung = now
		return true
	}
	b.skipped = true
	if !b.echoing {
		b.echoing = true
		time.AfterFunc(echoFirst, func() { b.sound(echoFirst) })
	}
	return false
}

// sound tells, and again after a longer time; where some were skipped since the last
// echo, as after the first.
func (b *bell) sound(after time.Duration) {
	b.mu.Lock()
	fresh := b.skipped
	b.skipped = false
	b.mu.Unlock()
	b.echo()
	b.mu.Lock()
	defer b.mu.Unlock()
	after *= 4
	if fresh || b.skipped {
		after = echoFirst
	}
	if b.echoing = after <= echoLast; b.echoing {
		time.AfterFunc(after, func() { b.sound(after) })
	}
}

// tellOfJobs is the bell's echo. What goes wrong is left to the poll.
func (c *Courier) tellOfJobs() {
	ctx, cancel := context.WithTimeout(context.Background(), echoLast)
	defer cancel()
	c.guard(ctx, "tell of jobs", func() {
		_ = c.database.take(ctx, func() error { return c.o.Repo.NotifyJobs(ctx) })
	})
}
