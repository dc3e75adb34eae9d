// Command mutate breaks a package on purpose, one place at a time, and counts
// what its tests notice. Every mutant is compiled into one test binary, behind
// a switch (mutant schemata); each is judged by the tests that reach it, until
// one fails.
//
// Operators: a condition is set to true and to false, an operand of && or ||
// taken away, another comparison negated, < becomes <= and the like, + becomes -,
// * becomes /, ++ becomes --, += becomes -=, a sign is taken away, break becomes
// continue, a call or an assignment is left out, a result becomes its zero value
// (nil for an error). In SQL a condition, a LIMIT, a lock or a SKIP LOCKED is taken
// away, a boundary moved, a NOT turned round, an order reversed.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
)

type options struct {
	sample  int
	seed    uint64
	only    string
	workers int
	short   bool
	missed  bool
	learned string
}

func main() {
	var o options
	flag.IntVar(&o.sample, "sample", 0, "try only so many mutants of each package, chosen by the seed; 0: all")
	flag.Uint64Var(&o.seed, "seed", 1, "of the sample")
	flag.StringVar(&o.only, "only", "", "try only mutants whose file:line matches this regular expression")
	flag.IntVar(&o.workers, "workers", 2, "processes at once, each with a PostgreSQL of its own")
	flag.BoolVar(&o.short, "short", true, "run the tests with -short")
	flag.BoolVar(&o.missed, "missed", false, "list what no test reaches too")
	flag.StringVar(&o.learned, "learned", "", "a directory, empty or missing at first, that keeps what the tests of one package reach for the next run of the same code")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop() // what is interrupted says what it has
	var results []*result
	for _, pattern := range flag.Args() {
		r, err := o.mutate(ctx, pattern)
		if err != nil {
			fmt.Fprintln(os.Stderr, "mutate:", err)
			os.Exit(1)
		}
		results = append(results, r)
	}
	write(os.Stdout, results)
}

// mutate tries the mutants of a package.
func (o options) mutate(ctx context.Context, pattern string) (_ *result, err error) {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	b, err := compile(pattern, temp)
	if err != nil {
		return nil, err
	}
	fmt.Printf("%s: %d mutants, and %d that do not compile\n", pattern, len(b.mutants), b.stale)
	workers, stop, err := o.hire(b, pattern)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return nil, err
	}
	learned, err := filepath.Abs(cmp.Or(o.learned, temp)) // tests run in the package's directory
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(learned, 0o777); err != nil {
		return nil, err
	}
	tests, err := learn(ctx, workers, learned)
	if err := cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	if len(tests) == 0 {
		return nil, fmt.Errorf("%s: no test passes with no mutant alive", pattern)
	}
	return o.judge(ctx, pattern, workers, newJudge(tests))
}

// hire makes the workers.
func (o options) hire(b *build, pattern string) (workers []*runner, stop func() error, err error) {
	var stops []func() error
	stop = func() (err error) {
		for _, stop := range stops {
			err = errors.Join(err, stop())
		}
		return err
	}
	needs, err := needsServer(pattern)
	if err != nil {
		return nil, stop, err
	}
	for range o.workers {
		r := &runner{build: b, short: o.short}
		workers = append(workers, r)
		if needs {
			end, err := r.serve()
			if err != nil {
				return nil, stop, err
			}
			stops = append(stops, end)
		}
	}
	return workers, stop, nil
}

// judge tries the mutants of the sample, and says at once what lives.
func (o options) judge(ctx context.Context, pattern string, workers []*runner, j *judge) (*result, error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, err
	}
	res := &result{pattern: pattern}
	same := isEqual()
	var chosen []*mutant
	for _, m := range workers[0].mutants {
		switch {
		case !only.MatchString(fmt.Sprintf("%s:%d", m.file, m.line)):
		case same(m.name()):
			res.add(m, equal)
		case len(j.against(m)) == 0:
			res.add(m, unreached)
			if o.missed {
				fmt.Println("not reached:", m)
			}
		default:
			chosen = append(chosen, m)
		}
	}
	rand.New(rand.NewPCG(o.seed, 0)).Shuffle(len(chosen), func(a, b int) { chosen[a], chosen[b] = chosen[b], chosen[a] })
	if o.sample > 0 && o.sample < len(chosen) {
		for _, m := range chosen[o.sample:] {
			res.add(m, skipped)
		}
		chosen = chosen[:o.sample]
	}
	fmt.Printf("%s: %d of %d mutants are tried with %d tests\n", pattern, len(chosen), len(workers[0].mutants), len(j.tests))
	ends, err := try(ctx, workers, j, chosen)
	for i, m := range chosen {
		res.add(m, ends[i])
	}
	slices.SortFunc(res.lived, func(a, b *mutant) int { return a.number - b.number })
	return res, err
}

// try gives how each mutant ended, and says at once what did not die of a test.
func try(ctx context.Context, workers []*runner, j *judge, chosen []*mutant) ([]ending, error) {
	ends := slices.Repeat([]ending{skipped}, len(chosen))
	var mu sync.Mutex
	tried := 0
	err := each(ctx, workers, len(chosen), func(r *runner, i int) error {
		end, err := j.try(r, chosen[i])
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		ends[i] = end
		if end != killed {
			fmt.Println(map[ending]string{lived: "lived:", timedOut: "timed out:"}[end], chosen[i])
		}
		if tried++; tried%50 == 0 {
			fmt.Printf("%d of %d are tried\n", tried, len(chosen))
		}
		return r.sweep()
	})
	return ends, err
}
