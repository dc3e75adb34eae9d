package repo

import (
	"context"
	"database/sql"
	"slices"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Sweep does what no job asks for, in one transaction of its own: voids claims
// older than lease, makes the next of each lane that is due (with those that are
// sent just now, at most perReceiver of each receiver) and those without a job that
// are due for longer than lease (of the 100 oldest) jobs' own (lane 0), frees the
// probes that are due, lets go what a pause that is over still holds, and says
// that the worker is alive. then is run with the keys before
// the commit, to insert their jobs, if there are any.
//
// Where nothing is to be done it takes two statements beside BEGIN and COMMIT.
func (r *Repo) Sweep(ctx context.Context, s SweepOptions, then func(tx *sql.Tx, keys []Key) error) (report SweepReport, err error) {
	err = r.run(ctx, sweeping, func() (err error) {
		report, err = r.sweepOnce(ctx, s, then)
		return err
	})
	if err != nil {
		return SweepReport{}, err
	}
	return report, nil
}

func (r *Repo) sweepOnce(ctx context.Context, s SweepOptions, then func(tx *sql.Tx, keys []Key) error) (SweepReport, error) {
	if err := r.prepareAll(ctx, r.delivery.sweep, r.delivery.sweepPauses); err != nil {
		return SweepReport{}, err
	}
	tx, err := r.begin(ctx)
	if err != nil {
		return SweepReport{}, err
	}
	defer func() { _ = tx.Rollback() }() // nothing is left to do after a commit

	f := findings{}
	err = r.each(ctx, tx, r.delivery.sweep, []any{
		micros(s.Lease), webhook.Say("attempt.interrupted").Encode(), s.PerReceiver,
		pq.QuoteIdentifier(r.schema) + ".river_job",
	}, f.scan)
	if err != nil {
		return SweepReport{}, err
	}
	if err := r.within(ctx, tx, r.delivery.sweepPauses, []any{micros(s.ProbeEvery), s.Worker}, f.scan); err != nil {
		return SweepReport{}, err
	}
	if f.isLate {
		if err := r.within(ctx, tx, r.delivery.wakeLost, []any{micros(s.Lease)}, f.scanKey); err != nil {
			return SweepReport{}, err
		}
	}
	report := SweepReport{Interrupted: f.interrupted, More: f.isMore}
	if f.isOverdue {
		if err := r.within(ctx, tx, r.delivery.overdue, nil, report.scan); err != nil {
			return SweepReport{}, err
		}
	}
	if len(f.keys) > 0 {
		if err := then(tx, f.keys); err != nil {
			return SweepReport{}, err
		}
	}
	return report, tx.Commit()
}

// findings are what a sweep's statements say.
type findings struct {
	keys, interrupted []Key
	isLate, isOverdue bool
	isMore            bool
}

func (f *findings) scan(rows *sql.Rows) error {
	var kind string
	var key Key
	if err := rows.Scan(&kind, &key.Instance, &key.Delivery); err != nil {
		return err
	}
	switch kind {
	case "late":
		f.isLate = true
		return nil
	case "overdue":
		f.isOverdue = true
		return nil
	case "more":
		f.isMore = true
		return nil
	case "interrupted":
		f.interrupted = append(f.interrupted, key)
	}
	f.add(key)
	return nil
}

func (f *findings) scanKey(rows *sql.Rows) error {
	var key Key
	err := rows.Scan(&key.Instance, &key.Delivery)
	f.add(key)
	return err
}

// add is of one that is a probe too, or that was woken just now and looks lost,
// once.
func (f *findings) add(key Key) {
	if !slices.Contains(f.keys, key) {
		f.keys = append(f.keys, key)
	}
}

func (report *SweepReport) scan(rows *sql.Rows) error {
	var since sql.NullTime
	err := rows.Scan(&since, &report.Overdue)
	report.OverdueSince = since.Time
	return err
}

// Overdue is what Sweep reports of that, for a process that does not sweep. tx
// may be nil.
func (r *Repo) Overdue(ctx context.Context, tx *sql.Tx) (report SweepReport, err error) {
	if tx != nil {
		if err := r.within(ctx, tx, r.delivery.overdue, nil, report.scan); err != nil {
			return SweepReport{}, looking.problem(ctx, err)
		}
		return report, nil
	}
	err = r.run(ctx, looking, func() error {
		return r.each(ctx, nil, r.delivery.overdue, nil, report.scan)
	})
	return report, err
}

const leaveSQL = `
DELETE FROM merchant_webhooks.worker
WHERE worker_id = $1::text`

// Leave takes the worker off the list of those that send.
func (r *Repo) Leave(ctx context.Context, worker string) error {
	return r.run(ctx, leaving, func() error {
		return r.each(ctx, nil, r.delivery.leave, []any{worker}, func(*sql.Rows) error { return nil })
	})
}
