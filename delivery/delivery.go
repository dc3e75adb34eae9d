// Package delivery brings events to webhooks: Emit makes deliveries in the
// host's transaction, River's workers send them, each by one worker at a time,
// until the receiver has answered well or the schedule ends.
//
// A delivery's row is the truth (see repo); a job of River's only says: look at
// this one. Who works a job claims the delivery, sends it and records what came
// of it. Any number of jobs for one delivery do no harm. There is one as long as
// a delivery waits for its time (lane 0): made by Emit, kept by snoozing while
// its own job tries it, made anew when it was tried on the way of another's.
//
// To each receiver (host and port) a process sends a few at a time, and none for
// a while where it does not answer (lanes). What finds no room is parked in the
// receiver's lane in the database, and its job ends. Whoever has sent to a
// receiver takes the next of its lane (a chain), so that 10,000 that wait for one
// cost no worker; a sweep, each few seconds, wakes lanes that nobody works on,
// and takes up what a process that died has left.
package delivery

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Options are what a Courier works with. All fields are required unless they say
// otherwise.
type Options struct {
	Repo    *repo.Repo
	DB      *sqlx.DB
	Schema  string
	Policy  webhook.Policy
	Keyring *webhook.Keyring
	Logger  *slog.Logger
	// Metrics count; optional. Tracer makes spans.
	Metrics *telemetry.Metrics
	Tracer  telemetry.Tracer

	// ListenDSN reaches PostgreSQL for a connection that listens; optional: the
	// database is polled.
	ListenDSN string
	// Schedule is what is waited after each failed try.
	Schedule webhook.Schedule
	// Workers is how many deliveries this process sends at once, PerReceiver how
	// many of them to one host and port.
	Workers, PerReceiver int
	// MaxPerEvent is how many webhooks one event is told to.
	MaxPerEvent int
	// PauseAfter is how long a webhook may only fail; negative: for ever.
	PauseAfter time.Duration
	// Keep is how long deliveries are kept.
	Keep time.Duration
	// Timeout is how long one attempt may take.
	Timeout time.Duration
	// Notify is told of each pause and resume; optional.
	Notify func(ctx context.Context, n Notice)
	// PageURL is the address of a webhook's page for a Notice; optional.
	PageURL func(instance, webhookID string) string
}

// A Notice tells the host that a webhook was paused, or sends again.
type Notice struct {
	Instance, WebhookID string
	// Kind is "paused" or "resumed".
	Kind string
	// Since is when.
	Since time.Time
	// Reason of a pause is "hand", "failing" or "gone".
	Reason string
	// Waiting is how many deliveries wait.
	Waiting int
	// URL is the webhook's page, where it is known.
	URL string
}

// Courier makes deliveries and sends them. Its methods may be called by many
// goroutines at once.
type Courier struct {
	o        Options
	log      *slog.Logger
	client   *http.Client
	waker    *river.Client[*sql.Tx] // makes jobs, but for Emit's
	lanes    *lanes
	database turns // taken for each statement of a worker
	now      func() time.Time
	tuning   tuning

	mu      sync.Mutex // held as long as a Start or a Stop takes
	running *running   // nil: Start was not called, or Stop
	sends   atomic.Bool

	soon        chan struct{} // a sweep is wanted
	errands     errands
	overdueTold atomic.Int64 // Unix seconds
	faultsTold  atomic.Int64
}

// tuning are times that only tests change.
type tuning struct {
	poll, sweep, prune, probe time.Duration
	// lease is how long a claim lasts: an attempt, and as long again and more to
	// record it. Its end is what others wait for when the process that has it was
	// killed.
	lease    time.Duration
	record   time.Duration // how long one try to record may take, so that there is time for another connection
	breaker  time.Duration // how long a receiver is left alone
	fetch    time.Duration // how long River may take to fetch jobs
	chain    time.Duration // how long one job goes on with others of its lane
	stop     time.Duration // how long Stop waits for what it has cancelled
	resolver *net.Resolver // nil: the usual one
}

// New makes a Courier. It asks the database nothing.
func New(o Options) (*Courier, error) { return newCourier(o, usual(o)) }

func usual(o Options) tuning {
	t := tuning{
		poll: pollAlone, sweep: 5 * time.Second, prune: time.Hour, probe: time.Hour,
		lease: 3 * o.Timeout, record: o.Timeout / 2, breaker: 30 * time.Second, chain: 20 * time.Second,
		fetch: 10 * time.Second, stop: giveBackWithin + endWithin,
	}
	if o.ListenDSN != "" {
		t.poll = pollListening
	}
	return t
}

func newCourier(o Options, t tuning) (*Courier, error) {
	if o.Repo == nil || o.DB == nil || o.Keyring == nil || o.Policy.EventTypes == nil {
		return nil, errors.New("delivery: Repo, DB, Keyring and Policy.EventTypes are required")
	}
	if o.Workers < 1 || o.PerReceiver < 1 || o.MaxPerEvent < 1 || o.Keep <= 0 || o.Timeout <= 0 {
		return nil, errors.New("delivery: Workers, PerReceiver, MaxPerEvent, Keep and Timeout must be greater than 0")
	}
	c := &Courier{o: o, log: cmp.Or(o.Logger, slog.Default()), now: time.Now, tuning: t, soon: make(chan struct{}, 1)}
	c.client = newClient(o.Policy, o.PerReceiver, t.resolver)
	c.lanes = newLanes(o.PerReceiver, t.breaker)
	c.database = newTurns(o.DB.Stats().MaxOpenConnections)
	if err := c.newWaker(); err != nil {
		return nil, fmt.Errorf("delivery: %w", err)
	}
	return c, nil
}
