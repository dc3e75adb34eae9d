package delivery

import (
	"context"
	"database/sql"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

// jobArgs are a job's: which delivery to look at.
type jobArgs struct{ repo.Key }

// Kind is the job's name in the database.
func (jobArgs) Kind() string { return "merchant_webhooks_deliver" }

const (
	// tagLane marks a job whose delivery waited in a lane: others may wait there.
	tagLane = "lane"
	// behind is the priority of jobs of receivers that this process knows to be
	// busy or not to answer: most of them are going to be parked, which need not
	// hold up those of others. River's usual one is 1, and 1 goes first.
	behind = 2

	// jobAttempts is how often a job may fail for a fault of ours, such as a
	// database that is away.
	jobAttempts = 1000

	// fetchCooldown bounds how often River asks for jobs, and how often who makes
	// some notifies; its default of 100 ms would bound a process to Workers
	// deliveries in each.
	fetchCooldown = 5 * time.Millisecond
	// River polls as a net under the listener, or, without one, to find jobs at
	// all.
	pollListening = time.Second
	pollAlone     = 75 * time.Millisecond

	// clockSlack is by how much a host's clock may go before the database's: a job
	// that is due now is dated back by it, since River takes none of the future.
	clockSlack = 5 * time.Minute
)

// dueNow dates jobs that are due at once.
type dueNow struct{ river.HookDefaults }

func (*dueNow) InsertBegin(_ context.Context, p *rivertype.JobInsertParams) error {
	if p.ScheduledAt == nil {
		due := time.Now().Add(-clockSlack)
		p.ScheduledAt = &due
	}
	return nil
}

// retrySoon tries a job again that failed for a fault of ours.
type retrySoon struct{}

func (retrySoon) NextRetry(*rivertype.JobRow) time.Time {
	return time.Now().Add(2*time.Second + rand.N(3*time.Second))
}

// newWaker makes the client that only inserts jobs.
func (c *Courier) newWaker() (err error) {
	c.waker, err = river.NewClient(riverdatabasesql.New(c.o.DB.DB), c.riverConfig())
	return err
}

// newWorking makes the client that works.
func (c *Courier) newWorking(w *worker, id string) (*river.Client[*sql.Tx], error) {
	config := c.workingConfig(w, id)
	driver := workDriver{riverdatabasesql.New(c.o.DB.DB), c.o.Repo, c.tuning.fetch}
	if c.o.ListenDSN != "" {
		return river.NewClient(&listenDriver{driver, c.o.ListenDSN}, config)
	}
	return river.NewClient(driver, config)
}

func (c *Courier) workingConfig(w *worker, id string) *river.Config {
	config := c.riverConfig()
	config.ID = id
	config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: c.o.Workers}}
	config.Workers = river.NewWorkers()
	config.FetchPollInterval = c.tuning.poll
	// A job ends by itself, when it has gone on with others and made an attempt;
	// River ends those that do not. What became of a delivery then is told by its
	// own row; the job is run again.
	config.JobTimeout = c.tuning.chain + 2*c.o.Timeout
	config.RescueStuckJobsAfter = config.JobTimeout + 10*time.Second
	config.RetryPolicy = retrySoon{}
	river.AddWorker(config.Workers, w)
	return config
}

func (c *Courier) riverConfig() *river.Config {
	return &river.Config{
		Schema:        c.o.Schema,
		Logger:        slog.New(&riverLog{c.log.Handler()}),
		MaxAttempts:   jobAttempts,
		Hooks:         []rivertype.Hook{&dueNow{}},
		FetchCooldown: fetchCooldown,
	}
}

// jobs are jobs for deliveries.
func jobs(keys []repo.Key, o river.InsertOpts) []river.InsertManyParams {
	all := make([]river.InsertManyParams, len(keys))
	for i, k := range keys {
		all[i] = river.InsertManyParams{Args: jobArgs{k}, InsertOpts: &o}
	}
	return all
}

// insert inserts jobs, in the transaction if one is given.
func insert(ctx context.Context, by *river.Client[*sql.Tx], tx *sql.Tx, all []river.InsertManyParams) (err error) {
	switch {
	case len(all) == 0:
	case tx != nil:
		_, err = by.InsertManyFastTx(ctx, tx, all)
	default:
		_, err = by.InsertManyFast(ctx, all)
	}
	return err
}

// riverLog tells River's warnings and errors to the host's log as they are, and
// the rest, which is about its own running, only to who wants everything.
type riverLog struct{ to slog.Handler }

func (l *riverLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.to.Enabled(ctx, lowered(level))
}

func lowered(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return min(level, slog.LevelDebug)
	}
	return level
}

func (l *riverLog) Handle(ctx context.Context, r slog.Record) error {
	told := slog.NewRecord(r.Time, lowered(r.Level), "River: "+strings.TrimPrefix(r.Message, "River: "), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		told.AddAttrs(a)
		return true
	})
	return l.to.Handle(ctx, told)
}

func (l *riverLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &riverLog{l.to.WithAttrs(attrs)}
}

func (l *riverLog) WithGroup(name string) slog.Handler { return &riverLog{l.to.WithGroup(name)} }
