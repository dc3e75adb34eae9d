package repo

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// maxUnseen is how often a statement runs again at once because somebody
	// else was faster. Nearly always once is enough.
	maxUnseen = 5
	// maxTries is how often a conflict is tried where no deadline ends it.
	maxTries = 20
	// reserve is what is left of the time when conflicts are given up, to answer
	// in.
	reserve = time.Second
)

// run does an operation, again where others were in its way or the connection
// could not write, and turns its error into what leaves the package.
func (r *Repo) run(ctx context.Context, op operation, once func() error) error {
	r.pool.watch(r.db.DB)
	for try, missed := 1, 0; ; {
		err := once()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errUnseen) && missed < maxUnseen:
			missed++
			continue
		case isConflict(err) && pause(ctx, try):
			try++
			continue
		case isReadOnly(err) && r.renew(ctx):
			continue
		}
		return op.problem(ctx, err)
	}
}

// runIn is run in a transaction of the caller's, if one is given: nothing can be
// tried again there.
func (r *Repo) runIn(ctx context.Context, tx *sql.Tx, op operation, once func() error) error {
	if tx == nil {
		return r.run(ctx, op, once)
	}
	if err := once(); err != nil {
		return op.problem(ctx, err)
	}
	return nil
}

// pause waits before the next try, longer from try to try and each for a time
// of its own, so that those in each other's way get out of it. It reports
// whether there is time for one.
func pause(ctx context.Context, try int) bool {
	wait := rand.N(time.Millisecond << min(try, 6))
	deadline, limited := ctx.Deadline()
	if limited && time.Until(deadline) < wait+reserve || !limited && try >= maxTries {
		return false
	}
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}
