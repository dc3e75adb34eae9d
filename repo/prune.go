package repo

import (
	"context"
	"database/sql"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// giveUpSQL looks at the first 1,000 that wait of each webhook, walking from
// webhook to webhook: they are in the order in which they were made. It says how many it has
// given up, and of the first $3 which.
const giveUpSQL = `
WITH RECURSIVE waiting AS (
    (
        SELECT instance_serial, webhook_serial
        FROM merchant_webhooks.delivery
        WHERE state = 'pending'
        ORDER BY instance_serial, webhook_serial
        LIMIT 1
    )
    UNION ALL
    SELECT next.instance_serial, next.webhook_serial
    FROM waiting
    CROSS JOIN LATERAL (
        SELECT d.instance_serial, d.webhook_serial
        FROM merchant_webhooks.delivery AS d
        WHERE d.state = 'pending'
          AND (d.instance_serial, d.webhook_serial) > (waiting.instance_serial, waiting.webhook_serial)
        ORDER BY d.instance_serial, d.webhook_serial
        LIMIT 1
    ) AS next
), old AS (
    SELECT first.instance_serial, first.delivery_serial
    FROM waiting
    CROSS JOIN LATERAL (
        SELECT instance_serial, delivery_serial, queued_at
        FROM merchant_webhooks.delivery AS d
        WHERE d.instance_serial = waiting.instance_serial AND d.webhook_serial = waiting.webhook_serial
          AND d.state = 'pending' AND d.sending_since IS NULL
        ORDER BY d.delivery_serial
        LIMIT 1000
    ) AS first
    WHERE first.queued_at < now() - $1::bigint * interval '1 microsecond'
    LIMIT 1000
), given_up AS (
    UPDATE merchant_webhooks.delivery AS d
    SET state = 'failed', finished_at = now(), failure = $2::text, is_forced = false, lane = 0
    FROM (
        SELECT d.instance_serial, d.delivery_serial
        FROM old
        CROSS JOIN LATERAL (
            SELECT instance_serial, delivery_serial, state, sending_since
            FROM merchant_webhooks.delivery
            WHERE instance_serial = old.instance_serial AND delivery_serial = old.delivery_serial
            LIMIT 1
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS d
        WHERE d.state = 'pending' AND d.sending_since IS NULL
    ) AS locked
    WHERE d.instance_serial = locked.instance_serial AND d.delivery_serial = locked.delivery_serial
    RETURNING d.instance_serial, d.delivery_serial, d.webhook_serial, d.event_serial, d.nonce, d.url,
        d.attempt_count, d.last_status, d.last_error
), told AS (
    SELECT i.instance_id, w.webhook_id, d.delivery_serial, 'msg_' || d.delivery_serial || '_' || d.nonce AS delivery_id, e.event_type,
        d.url, d.attempt_count, d.last_status, d.last_error
    FROM (SELECT * FROM given_up ORDER BY delivery_serial LIMIT $3::bigint) AS d
    CROSS JOIN LATERAL (
        SELECT instance_id FROM merchant_webhooks.instance WHERE instance_serial = d.instance_serial LIMIT 1
    ) AS i
    CROSS JOIN LATERAL (
        SELECT webhook_id
        FROM merchant_webhooks.webhook
        WHERE instance_serial = d.instance_serial AND webhook_serial = d.webhook_serial
        LIMIT 1
    ) AS w
    CROSS JOIN LATERAL (
        SELECT event_type
        FROM merchant_webhooks.event
        WHERE instance_serial = d.instance_serial AND event_serial = d.event_serial
        LIMIT 1
    ) AS e
)
SELECT (SELECT count(*) FROM given_up), coalesce(instance_id, ''), coalesce(webhook_id, ''), coalesce(delivery_id, ''),
    coalesce(event_type, ''), coalesce(url, ''), coalesce(attempt_count, 0), coalesce(last_status, 0), coalesce(last_error, '')
FROM (SELECT) AS answer
LEFT JOIN told ON true
ORDER BY delivery_serial`

// pruneDoneSQL deletes the attempts too, by their foreign key.
const pruneDoneSQL = `
WITH old AS (
    SELECT instance_serial, delivery_serial
    FROM merchant_webhooks.delivery
    WHERE finished_at < now() - $1::bigint * interval '1 microsecond' AND sending_since IS NULL
    ORDER BY finished_at
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM merchant_webhooks.delivery AS d
    USING old
    WHERE d.instance_serial = old.instance_serial AND d.delivery_serial = old.delivery_serial
    RETURNING d.delivery_serial
)
SELECT count(*) FROM deleted`

// pruneEventsSQL looks at the next 1,000 events behind the one made at $2 with
// the serial $3, and says which was the last: some have deliveries still.
const pruneEventsSQL = `
WITH old AS (
    SELECT instance_serial, event_serial, created_at
    FROM merchant_webhooks.event
    WHERE created_at < now() - $1::bigint * interval '1 microsecond'
      AND created_at >= $2::timestamptz AND (created_at, event_serial) > ($2::timestamptz, $3::bigint)
    ORDER BY created_at, event_serial
    LIMIT 1000
), deleted AS (
    DELETE FROM merchant_webhooks.event AS e
    USING old
    WHERE e.instance_serial = old.instance_serial AND e.event_serial = old.event_serial
      AND (
        SELECT d.delivery_serial
        FROM merchant_webhooks.delivery AS d
        WHERE d.instance_serial = old.instance_serial AND d.event_serial = old.event_serial
        LIMIT 1
      ) IS NULL
)
SELECT created_at, event_serial
FROM old
ORDER BY created_at DESC, event_serial DESC
LIMIT 1`

// maxTold is how many of what is given up a Prune names.
const maxTold = 100

// GivenUp is a delivery that waited for longer than it is kept.
type GivenUp struct {
	Instance, WebhookID, DeliveryID, EventType string
	URL                                        string
	Attempts, Status                           int
	Error                                      webhook.Message
}

// Pruned is what a Prune did.
type Pruned struct {
	Deleted, GivenUp int
	First            []GivenUp // the first 100
}

// Prune deletes deliveries that were done before keep ago, gives those up (fails
// them) that were queued before that and wait still, and then deletes events of
// that age without deliveries: in steps of at most 1,000 rows each, until none is
// left or ctx ends. It gives what it has done also with an error.
func (r *Repo) Prune(ctx context.Context, keep time.Duration) (done Pruned, err error) {
	if err := r.giveUp(ctx, keep, &done); err != nil {
		return done, err
	}
	for step := 1; step > 0; done.Deleted += step {
		err := r.run(ctx, pruning, func() error {
			return r.each(ctx, nil, r.delivery.pruneDone, []any{micros(keep)}, func(rows *sql.Rows) error { return rows.Scan(&step) })
		})
		if err != nil {
			return done, err
		}
	}
	return done, r.pruneEvents(ctx, keep)
}

func (r *Repo) giveUp(ctx context.Context, keep time.Duration, done *Pruned) error {
	late := webhook.Say("delivery.pruned").Encode()
	for step := 1; step > 0; done.GivenUp += step {
		var told []GivenUp
		err := r.run(ctx, pruning, func() error {
			told = nil
			args := []any{micros(keep), late, maxTold - len(done.First)}
			return r.each(ctx, nil, r.delivery.giveUp, args, func(rows *sql.Rows) error {
				var g GivenUp
				var failed string
				err := rows.Scan(&step, &g.Instance, &g.WebhookID, &g.DeliveryID, &g.EventType, &g.URL, &g.Attempts, &g.Status, &failed)
				if g.DeliveryID != "" {
					g.Error = webhook.DecodeMessage(failed)
					told = append(told, g)
				}
				return err
			})
		})
		if err != nil {
			return err
		}
		done.First = append(done.First, told...)
	}
	return nil
}

func (r *Repo) pruneEvents(ctx context.Context, keep time.Duration) error {
	at, serial := time.Time{}, int64(0)
	for more := true; more; {
		err := r.run(ctx, pruning, func() error {
			more = false
			return r.each(ctx, nil, r.delivery.pruneEvents, []any{micros(keep), at, serial}, func(rows *sql.Rows) error {
				more = true
				return rows.Scan(&at, &serial)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
