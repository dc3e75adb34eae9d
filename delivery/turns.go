package delivery

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// turns bound how many of a process's workers ask the database at a time, so
// that 100 of them leave the host's pool to the host.
type turns chan struct{}

// newTurns gives a quarter of a pool's connections, 2 at least and 16 at most;
// most is 0 for a pool without a limit.
func newTurns(most int) turns {
	if most <= 0 {
		return make(turns, 16)
	}
	return make(turns, min(max(most/4, 2), 16))
}

// endWithin is how long a statement whose time is over may take to end. PostgreSQL
// is asked to end it, and does at once, unless nothing gets through.
const endWithin = time.Second

// ask asks the database when it is its turn; see inTime.
func ask[A any](ctx context.Context, t turns, f func() (A, error)) (a A, err error) {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return a, ctx.Err()
	}
	defer func() { <-t }()
	return inTime(ctx, f)
}

// inTime asks the database, and waits for the answer not much longer than ctx
// lasts: on a connection that has fallen silent lib/pq waits on, for up to a quarter
// of an hour. What comes that late is dropped: a claim then lasts its lease, and a
// record has its attempt's number.
func inTime[A any](ctx context.Context, f func() (A, error)) (a A, err error) {
	type answer struct {
		a        A
		err      error
		panicked string
	}
	answered := make(chan answer, 1)
	go func() {
		var got answer
		defer func() {
			if said := recover(); said != nil {
				got.panicked = fmt.Sprintf("%v\n%s", said, debug.Stack())
			}
			answered <- got
		}()
		got.a, got.err = f()
	}()
	var got answer
	select {
	case got = <-answered:
	case <-ctx.Done():
		select {
		case got = <-answered:
		case <-time.After(endWithin):
			return a, fmt.Errorf("the database does not answer: %w", ctx.Err())
		}
	}
	if got.panicked != "" {
		panic(got.panicked) // where it is seen to
	}
	return got.a, got.err
}

// take is ask where there is an error at most.
func (t turns) take(ctx context.Context, f func() error) error {
	_, err := ask(ctx, t, func() (struct{}, error) { return struct{}{}, f() })
	return err
}
