package main

import (
	"context"
	"database/sql"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"
)

// A noop is River alone, over a database of its own: jobs of nothing, fetched,
// worked and completed as ours are. It bounds what River can deliver.
type noop struct {
	db     *sql.DB
	client *river.Client[*sql.Tx]
	left   atomic.Int64
	all    chan struct{}
}

type noopArgs struct {
	Instance int64 `json:"instance_serial"`
	Delivery int64 `json:"delivery_serial"`
}

func (noopArgs) Kind() string { return "noop" }

type noopWorker struct {
	river.WorkerDefaults[noopArgs]
	*noop
}

func (w *noopWorker) Work(context.Context, *river.Job[noopArgs]) error {
	if w.left.Add(-1) == 0 {
		close(w.all)
	}
	return nil
}

func newNoop(ctx context.Context, r *run, workers int) (*noop, error) {
	db, err := r.database("noop")
	if err != nil {
		return nil, err
	}
	n := &noop{db: db.DB}
	driver, log := riverdatabasesql.New(db.DB), slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err
	}
	all := river.NewWorkers()
	river.AddWorker(all, &noopWorker{noop: n})
	n.client, err = river.NewClient(driver, &river.Config{
		Logger: log, Workers: all, FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 5 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
	})
	return n, err
}

// rate is how many jobs it works in a second.
func (n *noop) rate(ctx context.Context, jobs int) (float64, error) {
	many := make([]river.InsertManyParams, jobs)
	for i := range many {
		many[i].Args = noopArgs{Instance: 1, Delivery: int64(i)}
	}
	if _, err := n.client.InsertManyFast(ctx, many); err != nil {
		return 0, err
	}
	n.left.Store(int64(jobs))
	n.all = make(chan struct{})
	start := time.Now()
	if err := n.client.Start(ctx); err != nil {
		return 0, err
	}
	<-n.all
	took := time.Since(start)
	return float64(jobs) / took.Seconds(), n.client.Stop(ctx)
}
