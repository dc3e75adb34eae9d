// Command torture lets shops commit and roll back orders, each with events of the
// plugin's in the same transaction, while everything around them is broken again
// and again: PostgreSQL is stopped and crashes, processes are killed and freeze,
// networks are cut, slow, silent and reset, the disk is full. Then it compares the
// table of orders, which says what was really committed, with what receivers saw.
//
// The faults come from the seed: what, where and for how long. When exactly one
// meets what else is going on, the scheduler decides.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options say how much torture.
type options struct {
	orders int    // transactions that reach their end: committed or rolled back
	faults int    // how often something is broken
	seed   uint64 // which faults
	rate   int    // orders a second at most
	kinds  []*kind
	// attempt is how long an attempt may take; a claim three times as long.
	attempt time.Duration
	tell    func(format string, args ...any)
	logs    string // a directory for the logs of the processes; empty: none
}

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		play(role)
		return
	}
	if code, done := inOwnMounts(); done {
		os.Exit(code)
	}
	o := options{tell: func(format string, args ...any) { fmt.Printf(format+"\n", args...) }}
	flag.IntVar(&o.orders, "orders", 2000, "orders that are committed or rolled back")
	flag.IntVar(&o.faults, "kills", 24, "faults of all kinds")
	flag.Uint64Var(&o.seed, "seed", 1, "decides which faults")
	flag.IntVar(&o.rate, "rate", 150, "orders a second at most")
	flag.DurationVar(&o.attempt, "attempt", 2*time.Second, "how long an attempt may take; a claim lasts three times as long")
	only := flag.String("only", "", "only faults that have this in their name")
	flag.StringVar(&o.logs, "logs", "", "a directory that gets what the processes log")
	flag.Parse()
	o.kinds = slices.DeleteFunc(slices.Clone(kinds), func(k *kind) bool { return !strings.Contains(k.name, *only) })
	if len(o.kinds) == 0 {
		log.Fatalf("torture: no fault has %q in its name", *only)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Printf("torture: %d orders, %d faults, seed %d; %s, %s/%s, %d CPUs\n",
		o.orders, o.faults, o.seed, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	r, err := run(ctx, o)
	if err != nil {
		log.Fatal("torture: ", err)
	}
	r.print(o.tell)
	if wrong := r.wrong(); len(wrong) > 0 {
		log.Fatalf("torture: %v; the same faults: SEED=%d", wrong, o.seed)
	}
}
