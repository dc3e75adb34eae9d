package repo

import (
	"context"
	"database/sql"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// countOrderSQL gives no row for an unknown instance.
const countOrderSQL = `
SELECT count(delivery_serial), count(delivery_serial) FILTER (WHERE state = 'pending')
FROM merchant_webhooks.instance AS i
LEFT JOIN LATERAL (
    SELECT delivery_serial, state
    FROM merchant_webhooks.event
    CROSS JOIN LATERAL (
        SELECT delivery_serial, state
        FROM merchant_webhooks.delivery
        WHERE instance_serial = event.instance_serial AND event_serial = event.event_serial
          AND erased_at IS NULL
        OFFSET 0
    ) AS delivery
    WHERE event.instance_serial = i.instance_serial AND order_id = $2::text
) AS delivery ON true
WHERE i.instance_id = $1::text
GROUP BY i.instance_serial`

// CountOrder counts an order's deliveries whose content is not erased, and those
// of them that wait. Problems: CodeInstanceUnknown.
func (r *Repo) CountOrder(ctx context.Context, instance, orderID string) (all, waiting int, err error) {
	err = r.run(ctx, readingWhy, func() error {
		return r.eachIn(ctx, instance, r.log.countOrder, []any{instance, orderID}, func(rows *sql.Rows) error {
			return rows.Scan(&all, &waiting)
		})
	})
	if err != nil {
		return 0, 0, err
	}
	return all, waiting, nil
}

// forgetSQL erases data and requests. A worker that holds one of them finds, when
// it comes to record its attempt, that it waits no more, and records nothing.
const forgetSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), emptied AS (
    UPDATE merchant_webhooks.event
    SET data = NULL
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND order_id = $2::text AND data IS NOT NULL
), erased AS (
    UPDATE merchant_webhooks.delivery
    SET erased_at = now(), headers = NULL, body = NULL,
        sha256 = CASE WHEN headers IS NOT NULL THEN sha256(coalesce(body, '')) END,
        state = CASE state WHEN 'pending' THEN 'failed' ELSE state END,
        failure = CASE state WHEN 'pending' THEN $3::text ELSE failure END,
        finished_at = coalesce(finished_at, now()), sending_since = NULL, is_forced = false
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND event_serial = ANY (ARRAY(
        SELECT event_serial
        FROM merchant_webhooks.event
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND order_id = $2::text
      ))
      AND erased_at IS NULL
    RETURNING finished_at = now() AS has_waited
)
SELECT CASE WHEN EXISTS (SELECT FROM home) THEN 'changed' ELSE 'unknown instance' END,
    (SELECT count(*) FROM erased), (SELECT count(*) FROM erased WHERE has_waited)`

// forgetAnswersSQL erases the answers afterwards: with a snapshot of before,
// those would stay that were recorded meanwhile.
const forgetAnswersSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
)
UPDATE merchant_webhooks.delivery_attempt
SET answer_headers = NULL, answer = NULL
WHERE instance_serial = (SELECT instance_serial FROM home)
  AND delivery_serial = ANY (ARRAY(
    SELECT delivery_serial
    FROM merchant_webhooks.delivery
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND event_serial = ANY (ARRAY(
        SELECT event_serial
        FROM merchant_webhooks.event
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND order_id = $2::text
      ))
  ))
  AND (answer_headers IS NOT NULL OR answer IS NOT NULL)`

// Forget erases headers, bodies, answers and data of an order's deliveries and
// events, keeps the SHA-256 of each body, and fails those that wait with the
// failure given, also those that are being sent. It gives how many deliveries it
// erased, and how many of them waited, also with an error. Problems:
// CodeInstanceUnknown. After any other, do it again: answers may be left.
func (r *Repo) Forget(ctx context.Context, instance, orderID string, failure webhook.Message) (count, waited int, err error) {
	err = r.run(ctx, forgetting, func() error {
		var v verdict
		n, waiting := 0, 0
		err := r.each(ctx, nil, r.log.forget, []any{instance, orderID, failure.Encode()}, func(rows *sql.Rows) error {
			return rows.Scan(&v, &n, &waiting)
		})
		if err != nil {
			return err
		}
		if v != changed {
			return v.otherwise(instance, "")
		}
		count, waited = count+n, waited+waiting // and what was erased before a conflict
		return r.each(ctx, nil, r.log.forgetAnswers, []any{instance, orderID}, func(*sql.Rows) error { return nil })
	})
	return count, waited, err
}
