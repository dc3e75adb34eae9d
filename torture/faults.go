package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
)

// A fault is one thing that is broken for a while.
type fault struct {
	kind   *kind
	at     int           // when so many orders have reached their end
	hold   time.Duration // how long it lasts
	target int           // which of several
	beside bool          // the next one does not wait for its end
}

// A kind of faults. An error of its doing is one of the torture's.
type kind struct {
	name    string
	most    time.Duration // how long it lasts at most; 0: it has no length
	targets int           // of how many one is broken; 0: there is one
	do      func(ctx context.Context, a *arena, f fault) error
	fills   bool // it needs a small disk
}

// kinds are all that can be broken.
var kinds = []*kind{
	{name: "PostgreSQL stopped", most: 2 * time.Second, do: down(syscall.SIGINT)},
	{name: "PostgreSQL crashed", most: 2 * time.Second, do: down(syscall.SIGQUIT)},
	{name: "PostgreSQL's postmaster killed", most: 2 * time.Second, do: down(syscall.SIGKILL)},
	{name: "a backend killed", do: killBackend},
	{name: "all sessions terminated", do: terminate},
	{name: "the database read only", most: 2 * time.Second, do: setting("default_transaction_read_only", "on")},
	{name: "statements ended after 3 ms", most: 2 * time.Second, do: setting("statement_timeout", "3ms")},
	{name: "the deliveries locked", most: 2 * time.Second, do: lock},
	{name: "the disk full", most: 3 * time.Second, do: fill, fills: true},
	{name: "a worker killed", targets: workerCount, do: func(_ context.Context, a *arena, f fault) error { return a.workers[f.target].restart() }},
	{name: "all workers killed", do: killWorkers},
	{name: "a worker frozen", most: 8 * time.Second, targets: workerCount, do: func(ctx context.Context, a *arena, f fault) error { return a.workers[f.target].freeze(ctx, f) }},
	{name: "a shop killed", targets: shopCount, do: func(_ context.Context, a *arena, f fault) error { return a.shops[f.target].restart() }},
	{name: "cut: database", most: 2 * time.Second, targets: 2, do: cut(shopsToDB, workersToDB)},
	{name: "cut: receiver", most: 2 * time.Second, targets: 2, do: cut(toPay, toRest)},
	{name: "slow: database", most: 3 * time.Second, targets: 2, do: toxic(slow, shopsToDB, workersToDB)},
	{name: "slow: receiver", most: 3 * time.Second, targets: 2, do: toxic(slow, toPay, toRest)},
	{name: "reset: database", most: time.Second, targets: 2, do: toxic(reset, shopsToDB, workersToDB)},
	{name: "reset: receiver", most: time.Second, targets: 2, do: toxic(reset, toPay, toRest)},
	{name: "silent: database", most: 6 * time.Second, targets: 4, do: toxic(silent, shopsToDB, workersToDB)},
	{name: "half of the connections silent: database", most: 12 * time.Second, targets: 4, do: toxic(halfSilent, shopsToDB, workersToDB)},
	{name: "silent: receiver", most: 3 * time.Second, targets: 4, do: toxic(silent, toPay, toRest)},
	{name: "broken off in the middle: database", most: time.Second, targets: 4, do: toxic(brokenOff, shopsToDB, workersToDB)},
	{name: "broken off in the middle: receiver", most: time.Second, targets: 4, do: toxic(brokenOff, toPay, toRest)},
}

// plan is what the seed decides: each kind once before any comes twice, at even
// distances.
func plan(o options) []fault {
	rng := rand.New(rand.NewPCG(o.seed, 0))
	faults := make([]fault, o.faults)
	var bag []*kind
	for i := range faults {
		if len(bag) == 0 {
			bag = append(bag, o.kinds...)
			rng.Shuffle(len(bag), func(i, j int) { bag[i], bag[j] = bag[j], bag[i] })
		}
		k := bag[0]
		bag = bag[1:]
		f := fault{kind: k, at: (i + 1) * o.orders / (o.faults + 1), target: rng.IntN(max(1, k.targets)), beside: rng.IntN(4) == 0}
		if k.most > 0 {
			f.hold = k.most/4 + time.Duration(rng.Int64N(int64(k.most)*3/4))
		}
		faults[i] = f
	}
	return faults
}

func (f fault) String() string {
	text := f.kind.name
	if f.kind.targets > 1 {
		text += fmt.Sprintf(" (%d of %d)", f.target+1, f.kind.targets)
	}
	if f.hold > 0 {
		text += fmt.Sprintf(" for %v", f.hold.Round(100*time.Millisecond))
	}
	return text
}

// down ends the server by a signal, and brings it up again.
func down(signal syscall.Signal) func(context.Context, *arena, fault) error {
	return func(ctx context.Context, a *arena, f fault) error {
		if err := a.server.Down(signal); err != nil {
			return err
		}
		_ = rest(ctx, f.hold)
		return insist(ctx, a.server.Up) // the disk may be full just now
	}
}

// killBackend kills one that works; all the others are ended by PostgreSQL then,
// which recovers.
func killBackend(ctx context.Context, a *arena, _ fault) error {
	var pid int
	err := a.db.GetContext(ctx, &pid, `SELECT pid FROM pg_stat_activity
		WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle' LIMIT 1`)
	if err != nil {
		return nil // none works just now, or the server is away
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// terminate ends all sessions but its own.
func terminate(ctx context.Context, a *arena, _ fault) error {
	_, _ = a.db.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`) // the server may be away just now
	return nil
}

func killWorkers(_ context.Context, a *arena, _ fault) (err error) {
	for _, w := range a.workers {
		err = errors.Join(err, w.restart())
	}
	return err
}

// setting changes the server's configuration for a while.
func setting(name, value string) func(context.Context, *arena, fault) error {
	return func(ctx context.Context, a *arena, f fault) error {
		if _, err := a.db.ExecContext(ctx, "ALTER SYSTEM SET "+name+" = '"+value+"'"); err == nil {
			_, _ = a.db.ExecContext(ctx, "SELECT pg_reload_conf()")
		}
		_ = rest(ctx, f.hold)
		return insist(ctx, func() error {
			if _, err := a.db.ExecContext(ctx, "ALTER SYSTEM RESET "+name); err != nil {
				return err
			}
			_, err := a.db.ExecContext(ctx, "SELECT pg_reload_conf()")
			return err
		})
	}
}

// lock holds what no statement of the plugin's gets past.
func lock(ctx context.Context, a *arena, f fault) error {
	tx, err := a.db.BeginTxx(ctx, nil)
	if err != nil {
		return nil // the server is away just now
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `LOCK TABLE merchant_webhooks.delivery`); err == nil {
		_ = rest(ctx, f.hold)
	}
	return nil
}

// fill fills the disk, where that can be.
func fill(ctx context.Context, a *arena, f fault) error {
	if a.disk == nil {
		return nil
	}
	if err := a.disk.fill(); err != nil {
		return err
	}
	_ = rest(ctx, f.hold)
	if err := a.disk.empty(); err != nil {
		return err
	}
	return insist(ctx, a.server.Up) // it may have ended for want of room
}

// cut closes a line, with what is connected.
func cut(lines ...string) func(context.Context, *arena, fault) error {
	return func(ctx context.Context, a *arena, f fault) error {
		line := a.lines[lines[f.target]]
		line.Stop()
		_ = rest(ctx, f.hold)
		return insist(ctx, func() error {
			if err := line.Start(); !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
				return err
			}
			return nil
		})
	}
}

// What toxiproxy does to a line.
const (
	slow       = `"type": "latency", "attributes": {"latency": 120, "jitter": 80}`
	reset      = `"type": "reset_peer", "attributes": {"timeout": 0}`
	silent     = `"type": "timeout", "attributes": {"timeout": 0}`
	halfSilent = `"toxicity": 0.5, ` + silent
	brokenOff  = `"type": "limit_data", "attributes": {"bytes": 3000}`
)

// toxic poisons a line for a while: of the targets the first ones are lines, with
// what comes back poisoned, and those behind are the same, with what is sent.
func toxic(poison string, lines ...string) func(context.Context, *arena, fault) error {
	return func(ctx context.Context, a *arena, f fault) error {
		line, direction := a.lines[lines[f.target%len(lines)]], "downstream"
		if f.target >= len(lines) {
			direction = "upstream"
		}
		added, err := line.Toxics.AddToxicJson(strings.NewReader(
			fmt.Sprintf(`{"name": "%s %d", "stream": "%s", %s}`, f.kind.name, f.at, direction, poison)))
		if err != nil {
			return err
		}
		_ = rest(ctx, f.hold)
		return line.Toxics.RemoveToxic(context.WithoutCancel(ctx), added.Name)
	}
}
