package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/delivery"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Notice tells the host that a webhook was paused, or sends again.
type Notice = delivery.Notice

// Delivery says how events get to their receivers. Its zero value works.
type Delivery struct {
	// ListenDSN is a lib/pq connection string that reaches PostgreSQL itself. Each
	// process that has called Start keeps one connection to it, on which it hears of
	// new deliveries at their commit; those that only Emit need it too, to tell.
	// Defaults to none: the database is polled some 13 times a second.
	ListenDSN string
	// Schedule is what is waited after each failed attempt; when it ends, a
	// delivery is given up. Defaults to webhook.DefaultSchedule: 5 s, 1 min, 5 min,
	// 30 min, 2 h, 6 h, 12 h, 24 h, 24 h.
	Schedule webhook.Schedule
	// Workers is how many deliveries a process sends at once. Defaults to 100.
	Workers int
	// PerReceiver is how many of them go to one host and port at once, so that a
	// slow receiver does not hold back the others. Defaults to 10.
	PerReceiver int
	// AttemptTime is how long one attempt may take, its answer included. Defaults
	// to 15 seconds.
	AttemptTime time.Duration
	// MaxPerEvent is how many webhooks one event is sent to, the oldest; the rest
	// are recorded as failed. Defaults to 100.
	MaxPerEvent int
	// PauseAfter is how long the deliveries of a webhook may only fail before it is
	// paused. Negative means for ever. Defaults to 3 days.
	PauseAfter time.Duration
	// Keep is how long deliveries are kept, with what was sent; those that wait
	// longer are given up. Defaults to 30 days.
	Keep time.Duration
	// Notify is told of each pause and resume, once, after it is stored, by the
	// process that made it: beside the sending, several at once, each with 10
	// seconds. Defaults to nobody.
	Notify func(ctx context.Context, n Notice)
	// SecretKey seals the secrets of webhooks in the database, so that a copy of it
	// does not give them away: 32 bytes that are kept elsewhere. Defaults to none:
	// they are stored in clear.
	SecretKey []byte
	// OldSecretKeys open what was sealed before SecretKey was changed, or taken
	// away; Migrate then seals it anew. Defaults to none.
	OldSecretKeys [][]byte
}

func (d Delivery) withDefaults() Delivery {
	if d.Schedule == nil {
		d.Schedule = webhook.DefaultSchedule
	}
	d.Workers = cmp.Or(d.Workers, 100)
	d.PerReceiver = cmp.Or(d.PerReceiver, 10)
	d.AttemptTime = cmp.Or(d.AttemptTime, 15*time.Second)
	d.MaxPerEvent = cmp.Or(d.MaxPerEvent, 100)
	d.PauseAfter = cmp.Or(d.PauseAfter, 72*time.Hour)
	d.Keep = cmp.Or(d.Keep, 30*24*time.Hour)
	return d
}

// check names the first field that is wrong.
func (d Delivery) check() error {
	for _, wait := range d.Schedule {
		if wait <= 0 {
			return fmt.Errorf("Config.Delivery.Schedule: %v is no time to wait", wait)
		}
	}
	if d.Workers < 0 || d.PerReceiver < 0 || d.AttemptTime < 0 || d.MaxPerEvent < 0 || d.Keep < 0 {
		return errors.New("Config.Delivery: Workers, PerReceiver, AttemptTime, MaxPerEvent and Keep can not be negative")
	}
	if _, err := pq.NewConnector(d.ListenDSN); d.ListenDSN != "" && err != nil { // its text may hold the password
		return errors.New("Config.Delivery.ListenDSN is not of the form postgres://user:password@host:5432/database?sslmode=disable")
	}
	return nil
}

func (d Delivery) keyring() (*webhook.Keyring, error) {
	return webhook.NewKeyring(append([][]byte{d.SecretKey}, d.OldSecretKeys...)...)
}

// newCourier makes what sends.
func (p *Plugin) newCourier(policy webhook.Policy, keyring *webhook.Keyring) (*delivery.Courier, error) {
	c := p.cfg
	return delivery.New(delivery.Options{
		Repo:        p.repo,
		DB:          c.DB,
		Schema:      c.Database.Schema,
		Policy:      policy,
		Keyring:     keyring,
		Logger:      c.Logger,
		Metrics:     p.metrics,
		Tracer:      p.tracer,
		ListenDSN:   c.Delivery.ListenDSN,
		Schedule:    c.Delivery.Schedule,
		Workers:     c.Delivery.Workers,
		PerReceiver: c.Delivery.PerReceiver,
		MaxPerEvent: c.Delivery.MaxPerEvent,
		PauseAfter:  c.Delivery.PauseAfter,
		Keep:        c.Delivery.Keep,
		Timeout:     c.Delivery.AttemptTime,
		Notify:      c.Delivery.Notify,
		PageURL:     p.pageURL,
	})
}

// Emit tells the instance's webhooks of an event when the host's transaction
// commits: then their deliveries are stored and sent by whichever process has
// called Start; if it is rolled back, nothing was. Each gets the request that
// its webhook makes of the event now: a later change of the webhook does not
// change it, and a deletion removes it.
//
//	tx, err := db.BeginTxx(ctx, nil)
//	…
//	err = webhooks.Emit(ctx, tx, "admin", webhook.Pay(orderID, contractTerms))
//	…
//	err = tx.Commit()
//
// It takes one round trip where no webhook listens, and two where any do,
// however many. It does not fail for a webhook: one whose request can not be made, in
// the 100 ms that an Emit may spend on that, or that is beyond MaxPerEvent, has a
// failed delivery that says why.
//
// An event of a type that is not in the catalogue, or whose data is no JSON object, is an
// error of the program. An unknown instance is a *webhook.Problem of code 2000.
// Both come before anything is written, and the transaction can go on. Faults of
// the database are of codes 51, 52, 54 and 55, and the transaction can not; for a
// host that repeats its transactions errors.As finds the *pq.Error, such as 40001
// in a serializable one.
func (p *Plugin) Emit(ctx context.Context, tx *sqlx.Tx, instance string, ev webhook.Event) error {
	return p.courier.Emit(ctx, tx, instance, ev)
}

// Start begins to send, until Stop. Each process of the host may call it, or one alone;
// each delivery is sent by one of them at a time. ctx is of the start, not of
// the sending. Call Migrate before. Starting twice is an error; after Stop it may
// be called again.
func (p *Plugin) Start(ctx context.Context) error {
	if p.cfg.Database.Unprepared {
		if err := probeBinaryParameters(ctx, p.cfg.DB); err != nil {
			return fmt.Errorf("merchant-webhooks: Start: %w", err)
		}
	}
	if err := p.courier.Start(ctx); err != nil {
		return fmt.Errorf("merchant-webhooks: Start: %w", err)
	}
	return nil
}

// Stop ends sending. What is under way may end until ctx does; the rest is given
// back to the other processes, or to the next Start, and the error wraps ctx's.
// Without a Start it is nil.
func (p *Plugin) Stop(ctx context.Context) error {
	if err := p.courier.Stop(ctx); err != nil {
		return fmt.Errorf("merchant-webhooks: Stop: %w", err)
	}
	return nil
}
