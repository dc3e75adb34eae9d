package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	workerCount = 3
	shopCount   = 2
)

// hooks are the webhooks that are counted, by what they listen to. Nothing happens
// to the steady ones; one is paused and resumed all the time, and deliveries of one
// are sent again by hand.
var hooks = map[string][]string{
	"pay":    {"steady-pay", "held-pay", "again-pay"},
	"refund": {"steady-refund"},
}

// run tortures, and gives what came of it.
func run(ctx context.Context, o options) (r *report, err error) {
	a, err := build(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.open(ctx, o); err != nil {
		return nil, err
	}
	began := time.Now()
	working, rests := context.WithCancel(ctx)
	defer rests()
	var merchant sync.WaitGroup
	merchant.Go(func() { a.merchant.work(working, o.seed) })
	if err := a.torture(ctx, o, began); err != nil {
		return nil, err
	}
	if err := a.books.reach(ctx, o.orders); err != nil {
		return nil, err
	}
	for _, s := range a.shops {
		if err := s.finish(); err != nil {
			return nil, err
		}
	}
	rests()
	merchant.Wait()
	a.merchant.address = func() string { return a.api }
	o.tell("%6.1fs  all orders are made", time.Since(began).Seconds())
	emitted := time.Now()
	waiting, err := a.drain(ctx)
	if err != nil {
		return nil, err
	}
	drained := time.Since(emitted)
	for _, w := range a.workers {
		if err := w.finish(); err != nil {
			return nil, err
		}
	}
	r = &report{waiting: waiting, emitted: emitted.Sub(began), drained: drained}
	return r, r.compare(ctx, a)
}

// open makes the webhooks, and starts the processes.
func (a *arena) open(ctx context.Context, o options) error {
	p, err := newPlugin(a.db, "", o.attempt)
	if err != nil {
		return err
	}
	if err := p.Migrate(ctx); err != nil {
		return err
	}
	var stop func() error
	if a.api, stop, err = serveAPI(p); err != nil {
		return err
	}
	a.ends = append(a.ends, stop)
	a.merchant = &merchant{address: func() string { return a.api }, target: a.hooks[toRest], statuses: map[int]int{}}
	for event, ids := range hooks {
		for _, id := range ids {
			line := toPay
			if event != "pay" {
				line = toRest
			}
			if status := a.merchant.create(ctx, id, event, a.hooks[line]); status != http.StatusNoContent {
				return fmt.Errorf("the webhook %s was answered with status %d", id, status)
			}
			secret, err := a.merchant.secret(ctx, id)
			if err != nil {
				return err
			}
			if err := a.ledger.knows(id, secret); err != nil {
				return err
			}
		}
	}
	a.merchant.address = a.books.address
	return a.startProcesses(o)
}

func (a *arena) startProcesses(o options) error {
	for i := range workerCount {
		w := &process{
			role: "worker", name: fmt.Sprintf("worker-%d", i+1), logs: o.logs, hears: func(string, string) {},
			env: []string{dsnVariable + "=" + a.dsn(workersToDB), timeVariable + "=" + o.attempt.String()},
		}
		if i == workerCount-1 {
			w.env = append(w.env, pollVariable+"=1")
		}
		a.workers = append(a.workers, w)
	}
	for i := range shopCount {
		name := fmt.Sprintf("shop-%d", i+1)
		a.shops = append(a.shops, &process{
			role: "shop", name: name, logs: o.logs,
			hears: func(what, about string) { a.books.note(name, what, about) },
			env: []string{
				dsnVariable + "=" + a.dsn(shopsToDB), timeVariable + "=" + o.attempt.String(),
				fmt.Sprintf("%s=%d", rateVariable, max(1, o.rate/shopCount)),
			},
		})
	}
	for _, p := range append(a.workers, a.shops...) {
		if err := p.start(); err != nil {
			return err
		}
		a.ends = append(a.ends, p.end)
	}
	return nil
}

// torture breaks things at even distances of orders. It returns when all is whole
// again.
func (a *arena) torture(ctx context.Context, o options, began time.Time) error {
	var under sync.WaitGroup
	faults := plan(o)
	errs := make(chan error, len(faults))
	for i, f := range faults {
		if err := a.books.reach(ctx, f.at); err != nil {
			errs <- err
			break
		}
		o.tell("%6.1fs  %5d orders  %2d. %v", time.Since(began).Seconds(), a.books.ended(), i+1, f)
		under.Go(func() {
			if err := f.kind.do(ctx, a, f); err != nil {
				errs <- fmt.Errorf("%v: %w", f, err)
			}
		})
		if !f.beside {
			under.Wait()
		}
	}
	under.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// drain waits until no delivery waits, and gives up when none was done for two
// minutes.
func (a *arena) drain(ctx context.Context) (waiting int, err error) {
	err = insist(ctx, func() error {
		if status := a.merchant.ask(ctx, "POST", "/held-pay/resume", "", nil); status != http.StatusNoContent {
			return fmt.Errorf("resume was answered with status %d", status)
		}
		return nil
	})
	before, since := -1, time.Now()
	for err == nil {
		err = a.db.GetContext(ctx, &waiting, `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'pending'`)
		if waiting == 0 || time.Since(since) > 2*time.Minute {
			break
		}
		if waiting != before {
			before, since = waiting, time.Now()
		}
		if err == nil {
			err = rest(ctx, 100*time.Millisecond)
		}
	}
	return waiting, err
}
