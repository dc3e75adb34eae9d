package repo

import (
	"context"
	"database/sql"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A Remake is a delivery whose request can be made anew.
type Remake struct {
	Key
	EventData string
}

// remakesSQL answers with the webhook, and a row for each delivery behind it:
// those in one of the states $5, of events from $3 until $4, that were not queued
// after $6, of pending ones only those made with other settings; or with the
// serial $9 and the nonce $10 this one alone. Of these it takes $8 behind the
// serial $7.
const remakesSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), hook AS (
    SELECT *
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), meant AS (
    (
        SELECT delivery_serial, event_serial
        FROM merchant_webhooks.delivery AS d
        WHERE 'failed' = ANY ($5::text[]) AND state = 'failed'
          AND ` + isOfTime + nextToRemake + `
    )
    UNION ALL
    (
        SELECT delivery_serial, event_serial
        FROM merchant_webhooks.delivery AS d
        WHERE 'delivered' = ANY ($5::text[]) AND state = 'delivered'
          AND ` + isOfTime + nextToRemake + `
    )
    UNION ALL
    (
        SELECT delivery_serial, event_serial
        FROM merchant_webhooks.delivery AS d
        WHERE 'pending' = ANY ($5::text[]) AND state = 'pending'
          AND sending_since IS NULL
          AND webhook_version <> (SELECT version FROM hook)` + nextToRemake + `
    )
    UNION ALL
    SELECT delivery_serial, event_serial
    FROM merchant_webhooks.delivery AS d
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM hook)
      AND delivery_serial = $9::bigint AND nonce = $10::text
      AND sending_since IS NULL
      AND delivery_serial > $7::bigint
      AND ` + withData + `
), next AS (
    SELECT delivery_serial, event_serial
    FROM meant
    ORDER BY delivery_serial
    LIMIT (SELECT $8::bigint)
)
SELECT CASE
        WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
        WHEN NOT EXISTS (SELECT FROM hook) THEN 'unknown webhook'
        WHEN $9::bigint <> 0 AND NOT EXISTS (
            SELECT
            FROM merchant_webhooks.delivery
            WHERE instance_serial = (SELECT instance_serial FROM home)
              AND webhook_serial = (SELECT webhook_serial FROM hook)
              AND delivery_serial = $9::bigint AND nonce = $10::text
        ) THEN 'unknown delivery'
        ELSE 'found'
    END, coalesce((SELECT instance_serial FROM home), 0),
    coalesce(event_type, ''), coalesce(url, ''), coalesce(http_method, ''), coalesce(header_template, ''), coalesce(body_template, ''),
    coalesce(webhook_serial * 1000000 + version, 0), coalesce(version, 0), coalesce(webhook_serial, 0),
    coalesce(created_at, 'epoch'), coalesce(updated_at, 'epoch'), 0 AS delivery_serial, '' AS data
FROM (SELECT) AS answer
LEFT JOIN hook ON true
UNION ALL
SELECT 'found', (SELECT instance_serial FROM home), '', '', '', '', '', 0, 0, 0, 'epoch', 'epoch', delivery_serial, e.data
FROM next
CROSS JOIN LATERAL (
    SELECT data
    FROM merchant_webhooks.event
    WHERE instance_serial = (SELECT instance_serial FROM home) AND event_serial = next.event_serial
    LIMIT 1
) AS e
ORDER BY delivery_serial`

// nextToRemake goes on with the deliveries d of a state, each of which has an
// index for it.
const nextToRemake = `
          AND instance_serial = (SELECT instance_serial FROM home)
          AND webhook_serial = (SELECT webhook_serial FROM hook)
          AND delivery_serial > $7::bigint
          AND queued_at <= coalesce($6::timestamptz, 'infinity')
          AND ` + withData + `
        ORDER BY delivery_serial
        LIMIT (SELECT $8::bigint)`

// withData judges a delivery d by its event.
const withData = `(
              SELECT data IS NOT NULL
              FROM merchant_webhooks.event
              WHERE instance_serial = d.instance_serial AND event_serial = d.event_serial
          )`

// Remakes reads the next deliveries to make anew with their webhook's present
// settings, and these: of those that a says, or, with waiting, of those pending
// that were made with others; behind the serial after; at most limit. Left out
// are those whose data was erased, and those that a worker holds. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown, and as for GetDelivery with a
// DeliveryID. tx may be nil.
func (r *Repo) Remakes(ctx context.Context, tx *sql.Tx, instance, webhookID string, a Again, waiting bool, after int64, limit int) (Stored, []Remake, error) {
	var w Stored
	var remakes []Remake
	a.WebhookID = webhookID
	args := a.remakeArgs(instance, waiting, after, limit)
	err := r.runIn(ctx, tx, readingDeliveries, func() error {
		v, first := unknownInstance, true
		remakes = nil
		err := r.each(ctx, tx, r.log.remakes, args, func(rows *sql.Rows) error {
			var row Stored
			var m Remake
			err := rows.Scan(&v, &m.Instance, &row.EventType, &row.URL, &row.HTTPMethod, &row.HeaderTemplate, &row.BodyTemplate,
				&row.Version, &row.RowVersion, &row.Serial, &row.CreatedAt, &row.UpdatedAt, &m.Delivery, &m.EventData)
			if first {
				w, first = row, false
				w.InstanceSerial = m.Instance
			} else {
				remakes = append(remakes, m)
			}
			return err
		})
		if err != nil || v == found {
			return err
		}
		return v.ofDelivery(instance, webhookID, a.DeliveryID)
	})
	if err != nil {
		return Stored{}, nil, err
	}
	w.ID = webhookID
	return w, remakes, nil
}

// remakeArgs are those of remakesSQL.
func (a Again) remakeArgs(instance string, waiting bool, after int64, limit int) []any {
	states, serial, nonce := pq.StringArray{"failed"}, int64(0), ""
	switch {
	case a.DeliveryID != "":
		states = pq.StringArray{}
		if serial, nonce = parseDeliveryID(a.DeliveryID); serial == 0 {
			serial = -1 // none has it
		}
	case waiting:
		states = pq.StringArray{"pending"}
	case a.All:
		states = append(states, "delivered")
	}
	return []any{
		instance, a.WebhookID, timeOrNull(a.From), timeOrNull(a.To), states, timeOrNull(a.NotSince),
		after, int64(limit), serial, nonce,
	}
}

// Made is a request that was made anew.
type Made struct {
	Key
	Request webhook.Request
	Failure webhook.Message
	// Waiting leaves it as it is if it waits no more.
	Waiting bool
}

// remadeSQL stores new requests, of which the headers are null where one failed.
// What was sent is not given up for one that can not be made.
const remadeSQL = `
UPDATE merchant_webhooks.delivery AS d
SET webhook_version = $1::bigint, remade_after = d.attempt_count, http_method = made.http_method, url = made.url, receiver = made.receiver,
    headers = CASE WHEN made.failure = '' THEN made.headers END,
    body = CASE WHEN made.failure = '' THEN made.body END,
    state = CASE WHEN made.failure = '' THEN d.state ELSE 'failed' END,
    failure = CASE WHEN made.failure = '' THEN d.failure ELSE made.failure END,
    finished_at = CASE WHEN made.failure = '' THEN d.finished_at ELSE now() END
FROM unnest(
    $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::boolean[]
) AS made (instance_serial, delivery_serial, http_method, url, receiver, headers, body, failure, is_waiting)
WHERE d.instance_serial = made.instance_serial AND d.delivery_serial = made.delivery_serial
  AND d.sending_since IS NULL AND d.erased_at IS NULL
  AND (d.state = 'pending' OR NOT made.is_waiting)
  AND (made.failure = '' OR d.state = 'pending' OR d.headers IS NULL)`

// Remade stores new requests, in one round trip, of deliveries that no worker
// holds; one with a Failure fails if it waits, or could not be made before, and
// stays as it is if it has been sent. version is the webhook's they were made with
// (Stored.RowVersion). tx may be nil.
func (r *Repo) Remade(ctx context.Context, tx *sql.Tx, version int64, made []Made) error {
	n := len(made)
	instances, deliveries := make(pq.Int64Array, n), make(pq.Int64Array, n)
	methods, urls, receivers := make(pq.StringArray, n), make(pq.StringArray, n), make(pq.StringArray, n)
	headers, bodies := make(pq.StringArray, n), make(pq.ByteaArray, n)
	failures, waiting := make(pq.StringArray, n), make(pq.BoolArray, n)
	for i, m := range made {
		instances[i], deliveries[i] = m.Instance, m.Delivery
		methods[i], urls[i], receivers[i] = m.Request.Method, m.Request.URL, m.Request.Receiver
		headers[i], bodies[i] = webhook.HeaderLines(m.Request.Headers), m.Request.Body
		failures[i], waiting[i] = m.Failure.Encode(), m.Waiting
	}
	args := []any{version, instances, deliveries, methods, urls, receivers, headers, bodies, failures, waiting}
	return r.runIn(ctx, tx, remaking, func() error {
		return r.each(ctx, tx, r.log.remade, args, func(*sql.Rows) error { return nil })
	})
}
