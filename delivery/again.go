package delivery

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const (
	// remakeAtOnce is how many deliveries are read and made anew at a time.
	remakeAtOnce = 100
	// wakeMost is how many jobs are made at once for deliveries that were queued
	// again. They go on with the others of their lanes; so do the sweeps.
	wakeMost = 100
)

// Redeliver sends one delivery again, a waiting one now; rebuild makes it anew with
// the webhook's present settings. Problems: CodeInstanceUnknown, CodeWebhookUnknown;
// CodeEndpointUnknown for a delivery that is not known; CodeForbidden for one that
// was erased or could not be made, and, with rebuild, where its data is gone, a
// worker has it just now, or the new settings give no request.
func (c *Courier) Redeliver(ctx context.Context, instance, webhookID, deliveryID string, rebuild bool) error {
	a := repo.Again{WebhookID: webhookID, DeliveryID: deliveryID}
	return c.within(ctx, func(tx *sql.Tx) error {
		if rebuild {
			made, err := c.remakeNext(ctx, tx, instance, a, false, 0)
			switch {
			case err != nil:
				return err
			case len(made) == 0:
				return &webhook.Problem{Code: webhook.CodeForbidden, Message: webhook.Say("delivery.not_anew")}
			case !made[0].Failure.IsZero(): // it stays as it is
				return &webhook.Problem{Code: webhook.CodeForbidden, Message: webhook.Say("delivery.not_made")}
			}
		}
		_, err := c.requeue(ctx, tx, instance, a, true)
		return err
	})
}

// Recover sends again what a says and gives how many; rebuild as for Redeliver, for
// those whose data is there; one whose request can not be made stays as it is. It
// goes in steps, each a transaction of its own: cut off, it can be asked again, and
// goes on where it stopped. Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (c *Courier) Recover(ctx context.Context, instance string, a repo.Again, rebuild bool) (count int, err error) {
	defer c.sweepSoon()
	if rebuild {
		return c.recoverAnew(ctx, instance, a)
	}
	for more := true; more; {
		err := c.within(ctx, func(tx *sql.Tx) error {
			q, err := c.requeue(ctx, tx, instance, a, count == 0)
			a.After, more, count = q.Next, q.Next > 0, count+q.Count
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return count, nil
}

// recoverAnew makes anew what a says and queues it, webhook by webhook. All is due
// since the same time, so that in each lane the oldest goes first.
func (c *Courier) recoverAnew(ctx context.Context, instance string, a repo.Again) (count int, err error) {
	hooks, at, err := c.o.Repo.HooksAgain(ctx, instance, a)
	if err != nil {
		return 0, err
	}
	a.Due = at
	for _, a.WebhookID = range hooks {
		n, err := c.recoverHook(ctx, instance, a, count == 0)
		if problem, is := errors.AsType[*webhook.Problem](err); is && problem.Code == webhook.CodeWebhookUnknown {
			err = nil // deleted meanwhile
		}
		if err != nil {
			return 0, err
		}
		count += n
	}
	return count, nil
}

// recoverHook is recoverAnew of one webhook, and with wake wakes some of it.
func (c *Courier) recoverHook(ctx context.Context, instance string, a repo.Again, wake bool) (count int, err error) {
	for more := true; more && err == nil; {
		err = c.within(ctx, func(tx *sql.Tx) error {
			made, err := c.remakeNext(ctx, tx, instance, a, false, a.After)
			if err != nil {
				return err
			}
			a.UpTo, a.Except, more = 0, nil, len(made) == remakeAtOnce
			for _, m := range made {
				if !m.Failure.IsZero() {
					a.Except = append(a.Except, m.Delivery)
				}
			}
			if more {
				a.UpTo = made[len(made)-1].Delivery
			}
			q, err := c.requeue(ctx, tx, instance, a, wake && count == 0)
			a.After, count = a.UpTo, count+q.Count
			return err
		})
	}
	return count, err
}

// Rebuild makes the waiting deliveries of a webhook anew with its present
// settings and gives how many.
// Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (c *Courier) Rebuild(ctx context.Context, instance, webhookID string) (int, error) {
	var count int
	err := c.within(ctx, func(tx *sql.Tx) (err error) {
		count, err = c.remake(ctx, tx, instance, repo.Again{WebhookID: webhookID})
		return err
	})
	return count, err
}

// requeue queues what a says, and with wake wakes some of it.
func (c *Courier) requeue(ctx context.Context, tx *sql.Tx, instance string, a repo.Again, wake bool) (repo.Queued, error) {
	q, err := c.o.Repo.Requeue(ctx, tx, instance, a)
	if err != nil || !wake {
		return q, err
	}
	if err := c.wake(ctx, tx, q.Keys); err != nil {
		return repo.Queued{}, storeProblem(ctx, err)
	}
	return q, nil
}

// wake makes jobs for the first of what was queued.
func (c *Courier) wake(ctx context.Context, tx *sql.Tx, keys []repo.Key) error {
	return insert(ctx, c.waker, tx, jobs(keys[:min(len(keys), wakeMost)], river.InsertOpts{Tags: []string{tagLane}}))
}

// remake makes the requests anew of what waits, and gives how many.
func (c *Courier) remake(ctx context.Context, tx *sql.Tx, instance string, a repo.Again) (count int, err error) {
	for after := int64(0); ; {
		made, err := c.remakeNext(ctx, tx, instance, a, true, after)
		if err != nil || len(made) == 0 {
			return count, err
		}
		count += len(made)
		after = made[len(made)-1].Delivery
	}
}

// remakeNext makes requests anew with their webhook's present settings, of what a
// says or of what waits: the next behind a serial.
func (c *Courier) remakeNext(ctx context.Context, tx *sql.Tx, instance string, a repo.Again, waiting bool, after int64) ([]repo.Made, error) {
	w, olds, err := c.o.Repo.Remakes(ctx, tx, instance, a.WebhookID, a, waiting, after, remakeAtOnce)
	if err != nil || len(olds) == 0 {
		return nil, err
	}
	made := make([]repo.Made, len(olds))
	for i, old := range olds {
		made[i] = makeAnew(ctx, w.Webhook, old)
		made[i].Waiting = waiting
	}
	return made, c.o.Repo.Remade(ctx, tx, w.RowVersion, made)
}

func makeAnew(ctx context.Context, w webhook.Webhook, old repo.Remake) repo.Made {
	made := repo.Made{Key: old.Key}
	data, err := webhook.NewData(json.RawMessage(old.EventData))
	if err != nil {
		made.Failure = webhook.Say("delivery.erased") // what was stored is no data any more
		return made
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	made.Request, made.Failure = webhook.MakeRequest(ctx, w, data)
	return made
}

// within does f in a transaction of the plugin's own.
func (c *Courier) within(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := c.o.Repo.Begin(ctx)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // what went wrong is told already
		return err
	}
	if err := tx.Commit(); err != nil {
		return storeProblem(ctx, err)
	}
	return nil
}

// storeProblem is of River's writing, which is as the repository's.
func storeProblem(ctx context.Context, err error) error {
	if ctx.Err() == context.Canceled {
		return fmt.Errorf("insert jobs: %w", context.Canceled)
	}
	return &webhook.Problem{Code: webhook.CodeDBCommitFailed, Cause: fmt.Errorf("insert jobs: %w", err)}
}
