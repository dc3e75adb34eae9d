package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// errLate is of a claim that may be another's before an attempt is over.
var errLate = errors.New("the claim came too late to send in its time; was the machine standing still, or the database?")

// deliver sends what was claimed, once, and records it. It gives what is to be
// tried again, and leaves the lane. An error was told.
func (w *worker) deliver(ctx context.Context, admitted *ticket, claim repo.Claim) (*retry, error) {
	ctx, span := w.c.o.Tracer.Deliver(ctx, telemetry.Delivery{
		ID: claim.DeliveryID, Instance: claim.Instance, WebhookID: claim.WebhookID, EventType: claim.EventType,
		Traceparent: claim.Traceparent, Attempt: claim.Attempt,
	})
	failed, next, err := w.attempt(ctx, admitted, claim)
	if err != nil && failed == "" {
		failed = telemetry.NotRecorded
	}
	span.Ended(failed)
	return next, err
}

// attempt is deliver, and says in a word why the attempt failed; empty: it did
// not.
func (w *worker) attempt(ctx context.Context, admitted *ticket, claim repo.Claim) (failed string, next *retry, err error) {
	outcome := unused
	defer func() { admitted.leave(outcome) }()
	secrets, err := w.c.openSecrets(claim)
	if err != nil {
		// It waits for who has the key; the schedule goes on so that it is seen.
		w.c.tellFault(ctx, "open a webhook's secret", err)
		w.c.o.Metrics.Unsent(telemetry.NoSecret, 1)
		next, err = w.record(ctx, claim, reply{Attempt: repo.Attempt{
			Number: claim.Attempt, At: w.c.now(), URL: claim.Request.URL,
			Error: webhook.Say("attempt.other"), Detail: "the webhook's secret does not open: " + err.Error(),
		}})
		return telemetry.NoSecret, next, err
	}
	if time.Since(claim.AskedAt) > w.c.tuning.lease-w.c.o.Timeout {
		w.c.tellFault(ctx, "send a delivery", errLate)
		return telemetry.Interrupted, nil, errLate // the sweep takes it up
	}
	sent := w.c.send(ctx, claim, secrets)
	switch {
	case sent.Status != 0:
		outcome = answered
	case ctx.Err() != nil:
		// Stop could not wait: it is given back, and repeated.
		return telemetry.GivenBack, nil, errors.Join(ctx.Err(), w.park(ctx, claim, 0))
	default:
		outcome = unanswered
	}
	w.c.o.Metrics.Attempt(sent.Status, sent.cause(), sent.Duration)
	next, err = w.record(ctx, claim, sent)
	return sent.failure(), next, err
}

// record stores what came of an attempt, again while the database is away: what
// is not recorded is sent once more.
func (w *worker) record(ctx context.Context, claim repo.Claim, sent reply) (*retry, error) {
	res := w.c.judge(claim, sent)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.c.tuning.lease-w.c.o.Timeout)
	defer cancel()
	change, err := w.store(ctx, repo.Outcome{Claim: claim, Result: res})
	if err != nil {
		w.c.tellFault(ctx, "record an attempt", err)
		return nil, err
	}
	w.c.tellAttempt(ctx, claim, res)
	w.c.count(claim, res)
	w.c.tellChange(ctx, claim.Instance, claim.WebhookID, change)
	if change.Resumed {
		w.c.sweepSoon()
	}
	if res.Fate == webhook.TryAgain && !res.GiveUp {
		return &retry{claim.Key, time.Now().Add(res.Wait)}, nil
	}
	return nil, nil
}

// count counts what a delivery has come to, if it has ended.
func (c *Courier) count(claim repo.Claim, res repo.Result) {
	switch {
	case res.Fate == webhook.Delivered:
		c.o.Metrics.Finished(telemetry.Delivered, 1)
		c.o.Metrics.Delivered(time.Since(claim.QueuedAt))
	case res.Fate == webhook.Refused:
		c.o.Metrics.Finished(telemetry.Refused, 1)
	case res.Fate == webhook.Gone:
		c.o.Metrics.Finished(telemetry.Gone, 1)
	case res.GiveUp:
		c.o.Metrics.Finished(telemetry.GivenUp, 1)
	}
}

// store records an outcome, with others if it is one of the usual.
func (w *worker) store(ctx context.Context, o repo.Outcome) (change repo.Change, err error) {
	if done, _ := w.records.one(ctx, o); done {
		return repo.Change{}, nil
	}
	err = again(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, w.c.tuning.record)
		defer cancel()
		change, err = ask(ctx, w.c.database, func() (repo.Change, error) { return w.c.o.Repo.Record(ctx, o.Claim, o.Result) })
		return err
	})
	return change, err
}

// again does f until it succeeds or ctx ends, waiting longer from time to time.
func again(ctx context.Context, f func() error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// judge says what is to become of a delivery after an attempt.
func (c *Courier) judge(claim repo.Claim, sent reply) repo.Result {
	res := repo.Result{Attempt: sent.Attempt, Fate: webhook.FateOf(sent.Status), PauseAfter: max(c.o.PauseAfter, 0)}
	switch res.Fate {
	case webhook.TryAgain:
		var goesOn bool
		res.Wait, goesOn = c.o.Schedule.Next(claim.Tries+1, rand.Float64(), sent.retryAfter)
		if res.GiveUp = !goesOn; res.GiveUp {
			res.Failure = webhook.Say("delivery.given_up", "n", claim.Tries+1)
		}
	case webhook.Refused:
		res.Failure = webhook.Say("delivery.refused_answer", "status", webhook.StatusText(sent.Status))
	case webhook.Gone:
		res.Failure = webhook.Say("delivery.gone")
	}
	return res
}

func (c *Courier) openSecrets(claim repo.Claim) ([]webhook.Secret, error) {
	secrets := make([]webhook.Secret, len(claim.Secrets))
	for i, stored := range claim.Secrets {
		var err error
		if secrets[i], err = c.o.Keyring.Open(stored, claim.Instance, claim.WebhookID); err != nil {
			return nil, err
		}
	}
	return secrets, nil
}
