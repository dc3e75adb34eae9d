package repo

import (
	"context"
	"database/sql"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// An Answer tells of one webhook why it was not told of an order.
type Answer struct {
	WebhookID  string // empty: of none (CauseNotEmitted)
	DeliveryID string // empty: it has none
	Facts      webhook.Facts
}

// whySQL looks at all webhooks of an instance, but 200 at most: those first that
// have a delivery of the order $2, of which it takes the last. A webhook without
// one gets the last event of the order that it listens to, at the time when it
// happened or was reported, whichever was first: a webhook that was made after
// that was not asked.
//
// There is one row at least for a known instance.
const whySQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), happened AS (
    SELECT event_serial, event_type, least(event_at, created_at) AS event_at
    FROM merchant_webhooks.event
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND order_id = $2::text
), latest AS (
    SELECT webhook_serial, max(delivery_serial) AS delivery_serial
    FROM happened
    CROSS JOIN LATERAL (
        SELECT webhook_serial, delivery_serial
        FROM merchant_webhooks.delivery
        WHERE instance_serial = (SELECT instance_serial FROM home) AND event_serial = happened.event_serial
        OFFSET 0
    ) AS delivery
    GROUP BY webhook_serial
), hooks AS (
    (
        SELECT webhook_serial, delivery_serial
        FROM latest
        ORDER BY webhook_serial
        LIMIT 200
    )
    UNION ALL
    (
        SELECT webhook_serial, NULL
        FROM merchant_webhooks.webhook
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND webhook_serial NOT IN (SELECT webhook_serial FROM latest)
          AND EXISTS (SELECT FROM happened)
        ORDER BY webhook_serial
        LIMIT 200
    )
    LIMIT 200
)
SELECT EXISTS (SELECT FROM happened),` + factsColumns + `,
    CASE WHEN d.delivery_serial IS NULL THEN ARRAY(
        SELECT event_type
        FROM happened
        GROUP BY event_type
        ORDER BY min(event_serial)
    ) END,
    (
        SELECT max(event_at)
        FROM happened
        WHERE d.delivery_serial IS NULL AND event_type = w.event_type
    ),
    (
        SELECT created_at
        FROM merchant_webhooks.delivery
        WHERE instance_serial = (SELECT instance_serial FROM home)
        ORDER BY delivery_serial
        LIMIT 1
    )
FROM home
LEFT JOIN hooks ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home) AND webhook_serial = hooks.webhook_serial
    LIMIT 1
) AS w ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.delivery
    WHERE instance_serial = (SELECT instance_serial FROM home) AND delivery_serial = hooks.delivery_serial
    LIMIT 1
) AS d ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.event
    WHERE instance_serial = (SELECT instance_serial FROM home) AND event_serial = d.event_serial
    LIMIT 1
) AS e ON true` + factsTables + `
ORDER BY hooks.delivery_serial IS NULL, hooks.webhook_serial`

// Why collects, for each webhook of the instance, what Explain needs to say why
// it was not told of an order; one answer without a webhook where no event of
// the order is known. At most 200 webhooks, those with a delivery of the order
// first. Problems: CodeInstanceUnknown.
func (r *Repo) Why(ctx context.Context, instance, orderID string) (answers []Answer, err error) {
	err = r.run(ctx, readingWhy, func() error {
		answers = nil
		return r.eachIn(ctx, instance, r.log.why, []any{instance, orderID}, func(rows *sql.Rows) error {
			a, happened, err := scanAnswer(rows)
			if a.WebhookID != "" || !happened {
				answers = append(answers, a)
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// scanAnswer reports, too, whether an event of the order is known.
func scanAnswer(rows *sql.Rows) (a Answer, happened bool, err error) {
	var row factsRow
	var types pq.StringArray
	var eventAt, oldest sql.NullTime
	columns := append([]any{&happened}, row.columns()...)
	err = rows.Scan(append(columns, &types, &eventAt, &oldest)...)
	a = Answer{WebhookID: row.row.WebhookID, DeliveryID: row.row.ID, Facts: row.explained()}
	switch f := &a.Facts; {
	case !happened:
		f.OldestLog = oldest.Time
	case !f.HasDelivery:
		f.OrderEvents, f.EventAt = types, eventAt.Time
	}
	return a, happened, err
}
