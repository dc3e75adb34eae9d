package repo

import (
	"context"
	"database/sql"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// pauseSQL pauses a webhook that is not paused, and counts what waits.
const pauseSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), found AS (
    SELECT webhook_serial
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), paused AS (
    UPDATE merchant_webhooks.webhook
    SET paused_at = now(), paused_reason = 'hand', paused_after = NULL, probe_at = NULL
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
      AND paused_at IS NULL
    RETURNING webhook_serial, paused_at, paused_reason
), waiting AS (
    SELECT
    FROM merchant_webhooks.delivery
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM paused)
      AND state = 'pending'
    LIMIT 10001
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN EXISTS (SELECT FROM paused) THEN 'changed'
    WHEN NOT EXISTS (SELECT FROM found) THEN 'unknown webhook'
    ELSE 'equal'
END, (SELECT paused_at FROM paused), coalesce((SELECT paused_reason FROM paused), ''), (SELECT count(*) FROM waiting), 0, 0`

// Pause pauses a webhook by hand; one that is paused stays as it is. The Change
// says whether it did, since when, and how many wait (to MaxCount and one more).
// Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) Pause(ctx context.Context, instance, webhookID string) (Change, error) {
	c, _, err := r.changePause(ctx, pausing, r.log.pause, instance, webhookID)
	c.Paused = c.Reason != ""
	return c, err
}

// resumeSQL ends a pause, and its failures before count no more. Of what the
// pause holds it lets the oldest 10,000 go to their receivers' lanes, and a sweep
// the rest. With $3 it fails what waits instead, for the reason $4, but what a
// worker holds: the first 5,000 behind the serial $5; while there are so many the
// pause does not end, and the last serial says where to go on. So it takes no
// longer than a request may, whatever waits.
const resumeSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), found AS (
    SELECT webhook_serial, paused_at, paused_reason
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
    FOR NO KEY UPDATE
), dropping AS (
    SELECT delivery_serial
    FROM merchant_webhooks.delivery
    WHERE $3::boolean
      AND instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM found WHERE paused_at IS NOT NULL)
      AND state = 'pending'
      AND delivery_serial > $5::bigint
    ORDER BY delivery_serial
    LIMIT 5000
), dropped AS (
    UPDATE merchant_webhooks.delivery
    SET state = 'failed', failure = $4::text, finished_at = now(), is_forced = false
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND delivery_serial = ANY (ARRAY(SELECT delivery_serial FROM dropping))
      AND state = 'pending' AND sending_since IS NULL
    RETURNING delivery_serial
), resumed AS (
    UPDATE merchant_webhooks.webhook AS w
    SET paused_at = NULL, paused_reason = NULL, paused_after = NULL, probe_at = NULL, failing_since = NULL, resumed_at = now()
    FROM found
    WHERE w.instance_serial = (SELECT instance_serial FROM home)
      AND w.webhook_serial = found.webhook_serial
      AND w.paused_at IS NOT NULL
      AND (SELECT count(*) FROM dropping) < 5000
    RETURNING w.webhook_serial, found.paused_reason
), released AS (
    UPDATE merchant_webhooks.delivery
    SET lane = 1, due_at = now()
    WHERE NOT $3::boolean
      AND instance_serial = (SELECT instance_serial FROM home)
      AND delivery_serial = ANY (ARRAY(
        SELECT delivery_serial
        FROM merchant_webhooks.delivery
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND webhook_serial = (SELECT webhook_serial FROM resumed)
          AND state = 'pending' AND lane = 2
        ORDER BY delivery_serial
        LIMIT 10000
      ))
      AND state = 'pending' AND lane = 2
), waiting AS (
    SELECT
    FROM merchant_webhooks.delivery
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM resumed)
      AND state = 'pending' AND (NOT $3::boolean OR sending_since IS NOT NULL)
    LIMIT 10001
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN EXISTS (SELECT FROM resumed) THEN 'changed'
    WHEN NOT EXISTS (SELECT FROM found) THEN 'unknown webhook'
    ELSE 'equal'
END, (SELECT now() FROM resumed), coalesce((SELECT paused_reason FROM resumed), ''), (SELECT count(*) FROM waiting),
    (SELECT coalesce(max(delivery_serial), 0) FROM dropping WHERE NOT EXISTS (SELECT FROM resumed)), (SELECT count(*) FROM dropped)`

// Resume ends a pause. The first of what it holds goes to lane 1, due now: wake
// it; the rest is Sweep's to let go. With drop what waits fails with the failure
// given, but what a worker holds, in steps and then the pause ends: cut off, it
// can be asked again. A webhook that is not paused stays as it is, and nothing is
// dropped. The Change says whether it did, when, and how many wait now (to MaxCount
// and one more); how many were dropped also with an error. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) Resume(ctx context.Context, instance, webhookID string, drop bool, failure webhook.Message) (Change, error) {
	c, after, err := r.changePause(ctx, resuming, r.log.resume, instance, webhookID, drop, failure.Encode(), int64(0))
	dropped := c.Dropped
	for err == nil && after > 0 {
		c, after, err = r.changePause(ctx, resuming, r.log.resume, instance, webhookID, drop, failure.Encode(), after)
		dropped += c.Dropped
	}
	c.Resumed, c.Reason, c.Dropped = c.Reason != "", "", dropped
	return c, err
}

// changePause runs a statement that changes a webhook's pause. The Change has a
// reason only if it did; after is where to go on, 0 if all is done.
func (r *Repo) changePause(ctx context.Context, op operation, s *statement, instance, webhookID string, rest ...any) (c Change, after int64, err error) {
	args := append([]any{instance, webhookID}, rest...)
	err = r.run(ctx, op, func() error {
		var v verdict
		err := r.each(ctx, nil, s, args, func(rows *sql.Rows) error {
			var since sql.NullTime
			err := rows.Scan(&v, &since, &c.Reason, &c.Waiting, &after, &c.Dropped)
			c.Since = since.Time
			return err
		})
		if err != nil || v == changed || v == equal {
			return err
		}
		return v.otherwise(instance, webhookID)
	})
	if err != nil {
		return Change{}, 0, err
	}
	return c, after, nil
}
