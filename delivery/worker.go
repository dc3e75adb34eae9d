package delivery

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

const (
	// giveBackWithin is for how long it is tried to put back what is not sent, also
	// when the job was cancelled.
	giveBackWithin = 5 * time.Second
	// yieldAfter is how long a chain goes on while all workers are busy: others
	// wait for one then.
	yieldAfter = time.Second
	// snoozeMost bounds how far a job's next look is put off, so that clocks that
	// differ, or a time that was moved nearer by hand, do no lasting harm.
	snoozeMost = 24 * time.Hour
)

// worker works River's jobs.
type worker struct {
	river.WorkerDefaults[jobArgs]
	c        *Courier
	busy     atomic.Int64
	draining atomic.Bool
	madeWay  atomic.Int64 // Unix seconds

	claims  batcher[repo.Key, repo.Claim]
	records batcher[repo.Outcome, bool]
}

func newWorker(c *Courier) *worker {
	w := &worker{c: c}
	w.claims.guard = func(ask func()) { c.guard(context.Background(), "claim together", ask) }
	w.records.guard = func(ask func()) { c.guard(context.Background(), "record together", ask) }
	w.claims.ask = func(keys []repo.Key) []repo.Claim {
		return together(c, func(ctx context.Context) ([]repo.Claim, error) { return c.o.Repo.ClaimMany(ctx, keys) })
	}
	w.records.ask = func(outcomes []repo.Outcome) []bool {
		return together(c, func(ctx context.Context) ([]bool, error) { return c.o.Repo.RecordMany(ctx, outcomes) })
	}
	return w
}

// together asks the database for several jobs. What goes wrong is nobody's: each
// asks again for itself.
func together[A any](c *Courier, f func(context.Context) ([]A, error)) []A {
	ctx, cancel := context.WithTimeout(context.Background(), c.o.Timeout)
	defer cancel()
	answers, _ := ask(ctx, c.database, func() ([]A, error) { return f(ctx) })
	return answers
}

// Work looks at the job's delivery, and then at what waits behind it.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	w.work(1)
	defer w.work(-1)
	ahead := clockAhead(job.AttemptedAt)
	claim, verdict, wait, err := w.claim(ctx, job.Args.Key)
	switch {
	case err != nil:
		w.c.tellFault(ctx, "look at a delivery", err)
		return err
	case verdict == repo.NotYet, verdict == repo.Taken:
		return snooze(wait + ahead)
	case verdict != repo.Claimed:
		return nil
	}
	if len(job.Tags) > 0 {
		w.c.lanes.park(claim.Request.Receiver) // others may wait beside it
	}
	return w.begin(ctx, claim, ahead)
}

// work says that a job begins (1) or ends (-1).
func (w *worker) work(change int) {
	w.busy.Add(int64(change))
	w.c.o.Metrics.Busy(change)
}

// clockAhead is by how much the database's clock goes before this machine's: it
// dated the job a moment ago. River dates what is to be done later by this
// machine's clock, and compares with the database's.
func clockAhead(attemptedAt *time.Time) time.Duration {
	if attemptedAt == nil {
		return 0
	}
	ahead := time.Until(*attemptedAt)
	if ahead.Abs() < time.Second {
		return 0 // the way from there to here
	}
	return ahead
}

func snooze(wait time.Duration) error { return river.JobSnooze(min(max(wait, 0), snoozeMost)) }

// begin sends the job's own delivery if there is room, and goes on with its lane.
func (w *worker) begin(ctx context.Context, claim repo.Claim, ahead time.Duration) error {
	lanes, receiver, began := w.c.lanes, claim.Request.Receiver, time.Now()
	admitted, wait := lanes.enter(receiver)
	if admitted == nil {
		if err := w.park(ctx, claim, wait); err != nil {
			return err
		}
		// Whoever made it full may have looked for a next one before this was there.
		lanes.park(receiver)
		w.makeWay(ctx)
		return w.chain(ctx, chain{receiver, began, ahead}, nil)
	}
	next, err := w.deliver(ctx, admitted, claim)
	if err != nil {
		return err
	}
	return w.chain(ctx, chain{receiver, began, ahead}, next)
}

// makeWay lets others go before what queues for receivers that are stuck: to park
// 10,000 one by one takes a while.
func (w *worker) makeWay(ctx context.Context) {
	stuck := w.c.lanes.stuck()
	if len(stuck) == 0 || !w.c.isTime(&w.madeWay, time.Second) {
		return
	}
	err := w.c.database.take(ctx, func() error { return w.c.o.Repo.PutBehind(ctx, stuck, behind) })
	w.c.tellFault(ctx, "make way", err)
}

// A chain is a job's way through a receiver's lane.
type chain struct {
	receiver string
	began    time.Time
	ahead    time.Duration // of the database's clock
}

// A retry is a delivery that its own job is to look at again.
type retry struct {
	key repo.Key
	at  time.Time
}

// chain sends what waits for a receiver, one after the other, while there is
// room in its lane. own is the job's own delivery if that waits for its next try:
// the job is snoozed for it, or, where it goes on with others, another one made.
func (w *worker) chain(ctx context.Context, on chain, own *retry) error {
	for {
		if !w.mayGoOn(ctx, on.began) {
			w.handOn(ctx, on.receiver)
			break
		}
		seen, waits := w.c.lanes.waiting(on.receiver)
		if !waits {
			break
		}
		admitted, _ := w.c.lanes.enter(on.receiver)
		if admitted == nil {
			break
		}
		claim, found, err := w.claimNext(ctx, on.receiver)
		if !found {
			admitted.leave(unused)
			if err != nil {
				w.c.tellFault(ctx, "look for the next delivery", err)
				break
			}
			w.c.lanes.empty(on.receiver, seen)
			continue
		}
		if err := w.await(ctx, own, on.ahead); err != nil {
			w.c.tellFault(ctx, "make a job", err)
		} else {
			own = nil
		}
		next, err := w.deliver(ctx, admitted, claim)
		if err != nil {
			return nil // it was told; the sweep takes the delivery up
		}
		w.c.tellFault(ctx, "make a job", w.await(ctx, next, on.ahead))
	}
	if own != nil {
		return snooze(time.Until(own.at) + on.ahead)
	}
	return nil
}

func (w *worker) mayGoOn(ctx context.Context, began time.Time) bool {
	most := w.c.tuning.chain
	if int(w.busy.Load()) >= w.c.o.Workers {
		most = min(most, yieldAfter)
	}
	return !w.draining.Load() && ctx.Err() == nil && time.Since(began) < most
}

// handOn gives a lane that this job leaves to another one, which queues behind
// those of other receivers.
func (w *worker) handOn(ctx context.Context, receiver string) {
	if _, waits := w.c.lanes.waiting(receiver); !waits || w.draining.Load() || ctx.Err() != nil {
		return
	}
	admitted, _ := w.c.lanes.enter(receiver)
	if admitted == nil {
		return
	}
	defer admitted.leave(unused)
	claim, found, err := w.claimNext(ctx, receiver)
	if found {
		if err = w.park(ctx, claim, 0); err == nil {
			err = w.insert(ctx, claim.Key, river.InsertOpts{Tags: []string{tagLane}})
		}
	}
	w.c.tellFault(ctx, "hand a lane on", err)
}

// await makes a job for a delivery that waits for its next try.
func (w *worker) await(ctx context.Context, r *retry, ahead time.Duration) error {
	if r == nil {
		return nil
	}
	return w.insert(ctx, r.key, river.InsertOpts{ScheduledAt: r.at.Add(ahead)})
}

func (w *worker) insert(ctx context.Context, k repo.Key, o river.InsertOpts) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackWithin)
	defer cancel()
	return w.c.database.take(ctx, func() error { return insert(ctx, w.c.waker, nil, jobs([]repo.Key{k}, o)) })
}

// claim claims a delivery, with others if it can be had at once.
func (w *worker) claim(ctx context.Context, k repo.Key) (claim repo.Claim, v repo.ClaimVerdict, wait time.Duration, err error) {
	if claim, _ := w.claims.one(ctx, k); claim.Key == k {
		return claim, repo.Claimed, 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, w.c.o.Timeout)
	defer cancel()
	type answer struct {
		claim repo.Claim
		v     repo.ClaimVerdict
		wait  time.Duration
	}
	a, err := ask(ctx, w.c.database, func() (a answer, err error) {
		a.claim, a.v, a.wait, err = w.c.o.Repo.Claim(ctx, k, w.c.tuning.lease)
		return a, err
	})
	return a.claim, a.v, a.wait, err
}

func (w *worker) claimNext(ctx context.Context, receiver string) (claim repo.Claim, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.c.o.Timeout)
	defer cancel()
	next, err := ask(ctx, w.c.database, func() (next *repo.Claim, err error) {
		claim, found, err := w.c.o.Repo.ClaimNext(ctx, receiver, w.c.tuning.lease)
		if found {
			next = &claim
		}
		return next, err
	})
	if next == nil {
		return repo.Claim{}, false, err
	}
	return *next, true, nil
}

// park gives a claim back.
func (w *worker) park(ctx context.Context, c repo.Claim, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackWithin)
	defer cancel()
	err := w.c.database.take(ctx, func() error { return w.c.o.Repo.Park(ctx, c, wait) })
	w.c.tellFault(ctx, "give a delivery back", err)
	return err
}
