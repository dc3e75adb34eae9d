package delivery

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// isTime reports, once in each while, that it is time.
func (c *Courier) isTime(last *atomic.Int64, every time.Duration) bool {
	now, before := c.now().Unix(), last.Load()
	return now-before >= int64(every/time.Second) && last.CompareAndSwap(before, now)
}

// tellAttempt logs an attempt that failed, and that a delivery is given up.
func (c *Courier) tellAttempt(ctx context.Context, claim repo.Claim, res repo.Result) {
	if res.Fate == webhook.Delivered {
		return
	}
	attrs := []slog.Attr{
		slog.String("instance", claim.Instance),
		slog.String("webhook_id", claim.WebhookID),
		slog.String("delivery_id", claim.DeliveryID),
		slog.String("event_type", claim.EventType),
		slog.Int("attempt", res.Number),
		slog.String("receiver", originOf(claim.Request.URL)),
	}
	if res.Status != 0 {
		attrs = append(attrs, slog.Int("status", res.Status))
	}
	if !res.Error.IsZero() {
		attrs = append(attrs, slog.String("error", res.Error.English()))
	}
	if res.Fate == webhook.TryAgain && !res.GiveUp {
		attrs = append(attrs, slog.Time("next_attempt_at", c.now().Add(res.Wait)))
		c.log.LogAttrs(ctx, slog.LevelWarn, "delivery attempt failed", attrs...)
		return
	}
	c.log.LogAttrs(ctx, slog.LevelWarn, "delivery attempt failed", attrs...)
	c.log.LogAttrs(ctx, slog.LevelError, "delivery given up", attrs...)
}

// tellNotMade logs and counts a delivery that failed before it could be tried, for the reason
// given; the zero Message: it did not. Its transaction may be rolled back still.
func (c *Courier) tellNotMade(ctx context.Context, instance, webhookID, eventType, deliveryID string, failure webhook.Message) {
	if failure.IsZero() {
		return
	}
	c.o.Metrics.Finished(telemetry.NotMade, 1)
	c.log.LogAttrs(ctx, slog.LevelError, "delivery could not be made",
		slog.String("instance", instance),
		slog.String("webhook_id", webhookID),
		slog.String("delivery_id", deliveryID),
		slog.String("event_type", eventType),
		slog.String("error", failure.English()))
}

// tellPruned logs what was given up since it waited for longer than it is kept: the
// first one by one, then how many there were.
func (c *Courier) tellPruned(ctx context.Context, done repo.Pruned) {
	for _, g := range done.First {
		attrs := []slog.Attr{
			slog.String("instance", g.Instance),
			slog.String("webhook_id", g.WebhookID),
			slog.String("delivery_id", g.DeliveryID),
			slog.String("event_type", g.EventType),
			slog.Int("attempt", g.Attempts),
			slog.String("receiver", originOf(g.URL)),
		}
		if g.Status != 0 {
			attrs = append(attrs, slog.Int("status", g.Status))
		}
		if !g.Error.IsZero() {
			attrs = append(attrs, slog.String("error", g.Error.English()))
		}
		c.log.LogAttrs(ctx, slog.LevelError, "delivery given up", attrs...)
	}
	if done.GivenUp > len(done.First) {
		c.log.LogAttrs(ctx, slog.LevelError, "deliveries given up that waited for longer than they are kept", slog.Int("deliveries", done.GivenUp))
	}
}

// tellOverdue warns of what is due for 5 minutes.
func (c *Courier) tellOverdue(ctx context.Context, report repo.SweepReport, what string) {
	c.log.LogAttrs(ctx, slog.LevelWarn, what, slog.Int("overdue", report.Overdue), slog.Time("since", report.OverdueSince))
}

// tellChange logs a pause or a resume, and tells the host of it.
func (c *Courier) tellChange(ctx context.Context, instance, webhookID string, change repo.Change) {
	attrs := []slog.Attr{
		slog.String("instance", instance),
		slog.String("webhook_id", webhookID),
		slog.Int("waiting", change.Waiting),
	}
	n := Notice{Instance: instance, WebhookID: webhookID, Since: change.Since, Waiting: change.Waiting}
	switch {
	case change.Paused:
		n.Kind, n.Reason = "paused", change.Reason
		c.log.LogAttrs(ctx, slog.LevelWarn, "webhook paused", append(attrs, slog.String("reason", change.Reason))...)
	case change.Resumed:
		n.Kind = "resumed"
		c.log.LogAttrs(ctx, slog.LevelInfo, "webhook resumed", attrs...)
	default:
		return
	}
	c.notify(ctx, n)
}

// faultsEvery is how often faults of our own are told at most: a database that
// is away fails every worker every few seconds.
const faultsEvery = 5 * time.Second

func (c *Courier) tellFault(ctx context.Context, doing string, err error) {
	if err != nil && c.isTime(&c.faultsTold, faultsEvery) {
		c.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "delivery: "+doing, slog.String("error", err.Error()))
	}
}
