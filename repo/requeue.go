package repo

import (
	"cmp"
	"context"
	"database/sql"
	"math"

	"github.com/lib/pq"
)

// requeueManySQL queues the first 10,000 of those meant that have a request, with
// serials behind $7 until $8 but those in $9, due since $10, or now; it says where
// to go on if there were so many. It judges each row once more that somebody else
// has changed since the snapshot: of two at once the second finds nothing to do.
const requeueManySQL = againHooksSQL + `, meant AS (
    SELECT delivery_serial
    FROM hooks
    CROSS JOIN LATERAL (
        (
            SELECT delivery_serial
            FROM merchant_webhooks.delivery AS d
            WHERE instance_serial = (SELECT instance_serial FROM home)
              AND webhook_serial = hooks.webhook_serial
              AND state = 'failed'
              AND ` + isQueueable + `
            ORDER BY delivery_serial
            LIMIT 10000
        )
        UNION ALL
        (
            SELECT delivery_serial
            FROM merchant_webhooks.delivery AS d
            WHERE $5::boolean
              AND instance_serial = (SELECT instance_serial FROM home)
              AND webhook_serial = hooks.webhook_serial
              AND state = 'delivered'
              AND ` + isQueueable + `
            ORDER BY delivery_serial
            LIMIT 10000
        )
    ) AS delivery
    ORDER BY delivery_serial
    LIMIT 10000
), queued AS (
    UPDATE merchant_webhooks.delivery
    SET state = 'pending', is_forced = false, tries = 0, due_at = coalesce($10::timestamptz, now()), queued_at = now(),
        finished_at = NULL, failure = NULL,
        lane = CASE WHEN webhook_serial = ANY (ARRAY(SELECT webhook_serial FROM hooks WHERE paused_at IS NOT NULL)) THEN 2 ELSE 1 END
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND delivery_serial = ANY (ARRAY(SELECT delivery_serial FROM meant))
      AND state <> 'pending'
      AND headers IS NOT NULL
      AND queued_at <= coalesce($6::timestamptz, 'infinity')
    RETURNING delivery_serial, lane
)
SELECT CASE
        WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
        WHEN $2::text <> '' AND NOT EXISTS (SELECT FROM hooks) THEN 'unknown webhook'
        ELSE 'changed'
    END, coalesce((SELECT instance_serial FROM home), 0), (SELECT count(*) FROM queued),
    ARRAY(SELECT delivery_serial FROM queued WHERE lane = 1 ORDER BY delivery_serial LIMIT 1000),
    coalesce((SELECT max(delivery_serial) FROM meant HAVING count(*) = 10000), 0)`

// isQueueable judges a delivery d.
const isQueueable = `headers IS NOT NULL
              AND delivery_serial > $7::bigint AND delivery_serial <= $8::bigint
              AND delivery_serial <> ALL ($9::bigint[])
              AND queued_at <= coalesce($6::timestamptz, 'infinity')
              AND ` + isOfTime

// requeueOneSQL queues the delivery with the serial $3 and the nonce $4, unless a
// worker holds it or it was queued after $5. One that waits goes on where its
// schedule is.
const requeueOneSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), hook AS (
    SELECT webhook_serial
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), meant AS (
    SELECT headers, erased_at, sending_since, queued_at
    FROM merchant_webhooks.delivery
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM hook)
      AND delivery_serial = $3::bigint AND nonce = $4::text
), queued AS (
    UPDATE merchant_webhooks.delivery
    SET state = 'pending', lane = 0, is_forced = true, tries = CASE WHEN state = 'pending' THEN tries ELSE 0 END,
        due_at = now(), queued_at = now(), finished_at = NULL, failure = NULL
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM hook)
      AND delivery_serial = $3::bigint AND nonce = $4::text
      AND headers IS NOT NULL
      AND sending_since IS NULL
      AND queued_at <= coalesce($5::timestamptz, 'infinity')
    RETURNING delivery_serial
)
SELECT CASE
        WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
        WHEN NOT EXISTS (SELECT FROM hook) THEN 'unknown webhook'
        WHEN EXISTS (SELECT FROM queued) THEN 'changed'
        WHEN NOT EXISTS (SELECT FROM meant) THEN 'unknown delivery'
        WHEN (SELECT erased_at IS NOT NULL FROM meant) THEN 'erased'
        WHEN (SELECT headers IS NULL FROM meant) THEN 'not made'
        ELSE 'equal'
    END, coalesce((SELECT instance_serial FROM home), 0), (SELECT count(*) FROM queued), ARRAY(SELECT delivery_serial FROM queued), 0`

// Queued is what a Requeue did.
type Queued struct {
	Keys  []Key // of the first 1,000 that no pause holds
	Count int   // of all
	Next  int64 // the After to ask again with; 0: that was all
}

// Requeue queues deliveries again, with their requests as they are: pending,
// lane 1 (2 where their webhook is paused), due now, tries 0; the oldest 10,000 at
// most. With DeliveryID one alone, whatever its state, forced, and with lane 0:
// its key must be given a job. One that waits keeps its tries. Those whose request
// could not be made or was erased are left out (one alone: Problem CodeForbidden,
// message delivery.not_made or delivery.erased). One that a worker holds stays as
// it is. tx may be nil. Problems: CodeInstanceUnknown, CodeWebhookUnknown, and as
// for GetDelivery.
func (r *Repo) Requeue(ctx context.Context, tx *sql.Tx, instance string, a Again) (q Queued, err error) {
	s, args := r.log.requeueMany, a.queueArgs(instance)
	if a.DeliveryID != "" {
		serial, nonce := parseDeliveryID(a.DeliveryID)
		s, args = r.log.requeueOne, []any{instance, a.WebhookID, serial, nonce, timeOrNull(a.NotSince)}
	}
	err = r.runIn(ctx, tx, requeuing, func() error {
		var v verdict
		var home int64
		var serials pq.Int64Array
		err := r.each(ctx, tx, s, args, func(rows *sql.Rows) error { return rows.Scan(&v, &home, &q.Count, &serials, &q.Next) })
		if err != nil {
			return err
		}
		q.Keys = make([]Key, len(serials))
		for i, serial := range serials {
			q.Keys[i] = Key{Instance: home, Delivery: serial}
		}
		return a.problem(v, instance)
	})
	if err != nil {
		return Queued{}, err
	}
	return q, nil
}

// queueArgs are those of requeueManySQL.
func (a Again) queueArgs(instance string) []any {
	except := pq.Int64Array(a.Except)
	if except == nil {
		except = pq.Int64Array{}
	}
	return append(a.args(instance), a.After, cmp.Or(a.UpTo, math.MaxInt64), except, timeOrNull(a.Due))
}
