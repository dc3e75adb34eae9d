package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// books are what shops say of their orders. What was really committed the table
// says.
type books struct {
	mu       sync.Mutex
	counts   map[string]int
	open     []string          // orders whose commit was not answered
	apis     map[string]string // addresses, by shop
	lastShop string
}

func newBooks() *books { return &books{counts: map[string]int{}, apis: map[string]string{}} }

func (b *books) note(shop, what, about string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch what {
	case serves:
		b.apis[shop] = about
		return
	case unanswered:
		b.open = append(b.open, about)
	}
	b.counts[what]++
}

// ended is how many orders were committed or rolled back.
func (b *books) ended() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts[committed] + b.counts[rolledBack]
}

// address is the API of one shop after the other.
func (b *books) address() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for shop, address := range b.apis {
		if shop != b.lastShop {
			b.lastShop = shop
			return address
		}
	}
	return b.apis[b.lastShop]
}

// reach waits until n orders have reached their end, and gives up when none did for
// two minutes.
func (b *books) reach(ctx context.Context, n int) error {
	before, since := -1, time.Now()
	for {
		have := b.ended()
		if have >= n {
			return nil
		}
		if have != before {
			before, since = have, time.Now()
		}
		if time.Since(since) > 2*time.Minute {
			return fmt.Errorf("no order was made for two minutes, after %d", have)
		}
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}
