package delivery

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// noticeWithin is how long the host's function gets for a Notice.
const noticeWithin = 10 * time.Second

// notify calls the host's function beside what is going on, so that a slow one
// holds nothing up, and one that panics ends nothing.
func (c *Courier) notify(ctx context.Context, n Notice) {
	if c.o.Notify == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	c.errands.begin(func() {
		ctx, cancel := context.WithTimeout(ctx, noticeWithin)
		defer cancel()
		c.guard(ctx, "the host's Notify", func() {
			if c.o.PageURL != nil {
				n.URL = c.o.PageURL(n.Instance, n.WebhookID)
			}
			c.o.Notify(ctx, n)
		}, slog.String("instance", n.Instance), slog.String("webhook_id", n.WebhookID))
	})
}

// guard runs what is in no job of River's, which sees to those: a panic is told, and
// ends nothing of the host's.
func (c *Courier) guard(ctx context.Context, doing string, f func(), about ...slog.Attr) {
	defer func() {
		if said := recover(); said != nil {
			about = append(about, slog.Any("panic", said), slog.String("stack", string(debug.Stack())))
			c.log.LogAttrs(ctx, slog.LevelError, "delivery: "+doing+" panicked", about...)
		}
	}()
	f()
}

// errands are what is done beside, and waited for at a Stop. (A sync.WaitGroup
// does not allow that one begins while somebody waits.)
type errands struct {
	mu   sync.Mutex
	n    int
	done chan struct{} // closed when none is left; nil: nobody waits
}

// begin runs f beside.
func (e *errands) begin(f func()) {
	e.mu.Lock()
	e.n++
	e.mu.Unlock()
	go func() {
		defer e.end()
		f()
	}()
}

func (e *errands) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.n--; e.n == 0 && e.done != nil {
		close(e.done)
		e.done = nil
	}
}

// wait waits until none is left or ctx ends, for one at a time.
func (e *errands) wait(ctx context.Context) {
	e.mu.Lock()
	if e.n == 0 {
		e.mu.Unlock()
		return
	}
	done := make(chan struct{})
	e.done = done
	e.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
