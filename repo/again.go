package repo

import (
	"context"
	"database/sql"
	"time"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Again says which deliveries are to be sent again.
type Again struct {
	WebhookID  string    // empty: of all webhooks
	DeliveryID string    // empty: all that the rest says
	From, To   time.Time // of the event, To excluded; zero: any
	All        bool      // delivered ones too, not only those that failed
	// NotSince leaves those out that were queued later, so that a form that is
	// posted twice queues once. Zero: none is left out.
	NotSince time.Time
	// Rebuild counts those, too, whose request could not be made: it is to be made
	// anew.
	Rebuild bool

	// Requeue takes those with serials behind After, until UpTo (0: all), but
	// Except; they are due since Due, or now.
	After, UpTo int64
	Except      []int64
	Due         time.Time
}

const (
	erased  verdict = "erased"
	notMade verdict = "not made"
)

// againHooksSQL begins with the webhooks: of the instance $1, or its webhook $2.
const againHooksSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), hooks AS (
    SELECT webhook_serial, paused_at
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
    UNION ALL
    SELECT webhook_serial, paused_at
    FROM merchant_webhooks.webhook
    WHERE $2::text = ''
      AND instance_serial = (SELECT instance_serial FROM home)
)`

// againSQL goes on with which deliveries are meant: those that failed, and with
// $5 those delivered, of events from $3 until $4, that were not queued after $6.
// They are found webhook by webhook, by what that has an index for.
const againSQL = againHooksSQL + `, meant AS (
    SELECT delivery_serial, headers, event_serial
    FROM hooks
    CROSS JOIN LATERAL (
        SELECT delivery_serial, event_serial, headers, queued_at
        FROM merchant_webhooks.delivery
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND webhook_serial = hooks.webhook_serial
          AND state = 'failed'
        UNION ALL
        SELECT delivery_serial, event_serial, headers, queued_at
        FROM merchant_webhooks.delivery
        WHERE $5::boolean
          AND instance_serial = (SELECT instance_serial FROM home)
          AND webhook_serial = hooks.webhook_serial
          AND state = 'delivered'
    ) AS d
    WHERE queued_at <= coalesce($6::timestamptz, 'infinity')
      AND ` + isOfTime + `
)`

// isOfTime judges a delivery d by its event.
const isOfTime = `CASE
        WHEN $3::timestamptz IS NULL AND $4::timestamptz IS NULL THEN true
        ELSE (
            SELECT event_at >= coalesce($3::timestamptz, '-infinity') AND event_at < coalesce($4::timestamptz, 'infinity')
            FROM merchant_webhooks.event
            WHERE instance_serial = (SELECT instance_serial FROM home) AND event_serial = d.event_serial
        )
      END`

// countAgainSQL counts those with a request, and with $7 those whose request can
// be made.
const countAgainSQL = againSQL + `, counted AS (
    SELECT
    FROM meant
    WHERE headers IS NOT NULL
      OR $7::boolean AND (
        SELECT data IS NOT NULL
        FROM merchant_webhooks.event
        WHERE instance_serial = (SELECT instance_serial FROM home) AND event_serial = meant.event_serial
      )
    LIMIT 10001
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN $2::text <> '' AND NOT EXISTS (SELECT FROM hooks) THEN 'unknown webhook'
    ELSE 'found'
END, (SELECT count(*) FROM counted), now()`

// CountAgain counts what Requeue would queue, to MaxCount and one more, and gives
// the database's time, for NotSince; a's DeliveryID is not looked at. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) CountAgain(ctx context.Context, instance string, a Again) (count int, at time.Time, err error) {
	args := append(a.args(instance), a.Rebuild)
	err = r.run(ctx, readingDeliveries, func() error {
		var v verdict
		err := r.each(ctx, nil, r.log.countAgain, args, func(rows *sql.Rows) error { return rows.Scan(&v, &count, &at) })
		if err != nil || v == found {
			return err
		}
		return v.otherwise(instance, a.WebhookID)
	})
	if err != nil {
		return 0, time.Time{}, err
	}
	return count, at, nil
}

const clockSQL = `SELECT now()`

// Now is the database's time, for NotSince: what was queued is dated by it.
func (r *Repo) Now(ctx context.Context) (at time.Time, err error) {
	err = r.run(ctx, readingDeliveries, func() error {
		return r.each(ctx, nil, r.log.clock, nil, func(rows *sql.Rows) error { return rows.Scan(&at) })
	})
	return at, err
}

// hooksAgainSQL names the webhooks whose deliveries are meant.
const hooksAgainSQL = againSQL + `
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN $2::text <> '' AND NOT EXISTS (SELECT FROM hooks) THEN 'unknown webhook'
    ELSE 'found'
END, ARRAY(
    SELECT webhook_id
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = ANY (ARRAY(
        SELECT webhook_serial
        FROM merchant_webhooks.delivery
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND delivery_serial = ANY (ARRAY(SELECT delivery_serial FROM meant))
      ))
    ORDER BY webhook_serial
), now()`

// HooksAgain gives the IDs of the webhooks that have deliveries that a means,
// made or not, and the database's time, for Due; a's DeliveryID is not looked at.
// Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) HooksAgain(ctx context.Context, instance string, a Again) (ids []string, at time.Time, err error) {
	err = r.run(ctx, readingDeliveries, func() error {
		var v verdict
		err := r.each(ctx, nil, r.log.hooksAgain, a.args(instance), func(rows *sql.Rows) error {
			return rows.Scan(&v, (*pq.StringArray)(&ids), &at)
		})
		if err != nil || v == found {
			return err
		}
		return v.otherwise(instance, a.WebhookID)
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return ids, at, nil
}

const hasChangedSQL = `
SELECT EXISTS (
    SELECT FROM merchant_webhooks.webhook
    WHERE instance_serial = home.instance_serial AND version > 1
)
FROM merchant_webhooks.instance AS home
WHERE instance_id = $1::text`

// HasChanged reports whether a webhook of the instance was changed since it was
// made, so that there are two ways to send again. Problems: CodeInstanceUnknown.
func (r *Repo) HasChanged(ctx context.Context, instance string) (is bool, err error) {
	err = r.run(ctx, readingDeliveries, func() error {
		return r.eachIn(ctx, instance, r.log.hasChanged, []any{instance}, func(rows *sql.Rows) error { return rows.Scan(&is) })
	})
	return is, err
}

// problem is what the verdict of a Requeue means.
func (a Again) problem(v verdict, instance string) error {
	switch v {
	case changed, equal:
		return nil
	case erased:
		return &webhook.Problem{Code: webhook.CodeForbidden, Subject: a.DeliveryID, Message: webhook.Say("delivery.erased")}
	case notMade:
		return &webhook.Problem{Code: webhook.CodeForbidden, Subject: a.DeliveryID, Message: webhook.Say("delivery.not_made")}
	}
	return v.ofDelivery(instance, a.WebhookID, a.DeliveryID)
}

// args are those of againSQL.
func (a Again) args(instance string) []any {
	return []any{instance, a.WebhookID, timeOrNull(a.From), timeOrNull(a.To), a.All, timeOrNull(a.NotSince)}
}
