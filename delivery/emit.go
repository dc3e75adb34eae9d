package delivery

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// overdueEvery is how often a process looks whether anybody sends.
const overdueEvery = time.Minute

// Emit tells an instance's webhooks of an event, when the host's transaction
// commits. It takes one read where nobody listens, and one statement more else,
// for one webhook as for ten. A template that can not be expanded, or not in
// time, fails its own delivery and nothing else.
//
// An event that the catalogue does not know, or whose data is no JSON object, is
// an error before anything is asked. Problems: CodeInstanceUnknown, before
// anything is written; the transaction can go on. The database's faults are
// those of repo.Repo, and then the transaction can not.
func (c *Courier) Emit(ctx context.Context, tx *sqlx.Tx, instance string, ev webhook.Event) error {
	if tx == nil {
		return errors.New("delivery: Emit without a transaction")
	}
	prepared, err := c.o.Policy.EventTypes.Prepare(ev)
	if err != nil {
		return err
	}
	if prepared.At.IsZero() {
		prepared.At = c.now()
	}
	ctx, span := c.o.Tracer.Emit(ctx, instance, prepared.Type)
	n, err := c.emit(ctx, tx, instance, prepared)
	span.Emitted(n, err)
	return err
}

// emit gives how many deliveries it made.
func (c *Courier) emit(ctx context.Context, tx *sqlx.Tx, instance string, prepared webhook.Prepared) (int, error) {
	serial, listeners, err := c.o.Repo.Listeners(ctx, tx.Tx, instance, prepared.Type, c.o.MaxPerEvent)
	if err != nil || len(listeners) == 0 {
		return 0, err
	}
	event := repo.NewEvent{Instance: serial, Prepared: prepared}
	ds := c.makeDeliveries(ctx, listeners, prepared.Data)
	keys, err := c.add(ctx, tx.Tx, event, ds)
	if err != nil {
		return 0, err
	}
	for i, d := range ds {
		c.tellNotMade(ctx, instance, listeners[i].ID, prepared.Type, publicID(keys[i], d), d.Failure)
	}
	c.watchOverdue(ctx)
	return len(ds), nil
}

func publicID(k repo.Key, d repo.NewDelivery) string {
	return fmt.Sprintf("msg_%d_%s", k.Delivery, d.Nonce)
}

// add stores an event and its deliveries, with the trace context, and jobs for
// those that can be sent now.
func (c *Courier) add(ctx context.Context, tx *sql.Tx, event repo.NewEvent, ds []repo.NewDelivery) ([]repo.Key, error) {
	event.Traceparent = telemetry.Traceparent(ctx)
	jobs := repo.NewJobs{
		Kind: jobArgs{}.Kind(), MaxAttempts: jobAttempts, ScheduledAt: time.Now().Add(-clockSlack),
		Behind: []string{}, BehindPriority: behind, Notify: c.o.ListenDSN != "",
	}
	for _, d := range ds {
		if c.lanes.isCrowded(d.Request.Receiver) {
			jobs.Behind = append(jobs.Behind, d.Request.Receiver)
		}
	}
	return c.o.Repo.AddDeliveries(ctx, tx, event, ds, jobs)
}

// Test sends a webhook its event's example, marked as a test, and gives the
// delivery's ID. It is sent also while the webhook is paused. Problems as of
// repo.GetStored, and CodeForbidden for an event that is not in the catalogue any
// more.
func (c *Courier) Test(ctx context.Context, instance, webhookID string) (deliveryID string, err error) {
	w, err := c.o.Repo.GetStored(ctx, instance, webhookID)
	if err != nil {
		return "", err
	}
	event, ok := c.o.Policy.EventTypes.ExampleEvent(w.EventType)
	if !ok { // a type that the host had registered once
		return "", &webhook.Problem{
			Code: webhook.CodeForbidden, Subject: w.EventType,
			Message: webhook.JudgeEventType(w.EventType, c.o.Policy.EventTypes),
		}
	}
	prepared, err := c.o.Policy.EventTypes.Prepare(event)
	if err != nil {
		return "", err
	}
	prepared.At = c.now()
	ctx, span := c.o.Tracer.Emit(ctx, instance, prepared.Type)
	err = c.within(ctx, func(tx *sql.Tx) error {
		deliveryID, err = c.addTest(ctx, tx, w, prepared)
		return err
	})
	span.Emitted(1, err)
	return deliveryID, err
}

func (c *Courier) addTest(ctx context.Context, tx *sql.Tx, w repo.Stored, p webhook.Prepared) (deliveryID string, err error) {
	listener := repo.Listener{Webhook: w.Webhook, Serial: w.Serial, Version: w.RowVersion}
	ds := c.makeDeliveries(ctx, []repo.Listener{listener}, p.Data)
	keys, err := c.add(ctx, tx, repo.NewEvent{Instance: w.InstanceSerial, Prepared: p, IsTest: true}, ds)
	if err != nil {
		return "", err
	}
	return publicID(keys[0], ds[0]), nil
}

// makeDeliveries makes each webhook's delivery. What can not be made has its
// reason as Failure.
func (c *Courier) makeDeliveries(ctx context.Context, listeners []repo.Listener, data webhook.Data) []repo.NewDelivery {
	ds := make([]repo.NewDelivery, len(listeners))
	var open []int
	for i, l := range listeners {
		ds[i] = repo.NewDelivery{Webhook: l.Serial, Version: l.Version, IsHeld: l.IsPaused, Nonce: newNonce()}
		if l.IsBeyond {
			ds[i].Request, _ = webhook.MakeRequest(ctx, l.Webhook, data) // it has no templates
			ds[i].Failure = webhook.Say("delivery.beyond_limit", "limit", c.o.MaxPerEvent)
		} else {
			open = append(open, i)
		}
	}
	// All of it is within webhook.MakeTime, since that holds up the host's
	// transaction. In the second half those get their turn that a slow one, or a
	// machine that stood still, has taken it from.
	for range 2 {
		open = makeWithin(ctx, webhook.MakeTime/2, listeners, data, ds, open)
	}
	return ds
}

// makeWithin makes the requests of the deliveries in order, and gives those that
// there was no time for, the one that took it last.
func makeWithin(ctx context.Context, limit time.Duration, listeners []repo.Listener, data webhook.Data, ds []repo.NewDelivery, order []int) (late []int) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, i := range order {
		ds[i].Request, ds[i].Failure = webhook.MakeRequest(ctx, listeners[i].Webhook, data)
		if ds[i].Failure.Key == "delivery.too_long_to_make" {
			late = append(late, i)
		}
	}
	if len(late) > 0 {
		late = append(late[1:], late[0])
	}
	return late
}

// newNonce makes the random end of a delivery's ID, so that nobody who knows one
// knows others.
func newNonce() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// watchOverdue looks, once a minute, whether what this process emits is sent by
// some other one, where it sends nothing itself. It looks beside the host's
// transaction: what goes wrong with a look must not end that.
func (c *Courier) watchOverdue(ctx context.Context) {
	if c.IsRunning() || !c.isTime(&c.overdueTold, overdueEvery) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	c.errands.begin(func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		c.guard(ctx, "look for what is overdue", func() {
			report, _ := c.o.Repo.Overdue(ctx, nil)
			if report.Overdue > 0 {
				c.tellOverdue(ctx, report, "deliveries are due and nothing sends them; is Start called in some process?")
			}
		})
	})
}
