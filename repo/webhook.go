package repo

import (
	"context"
	"database/sql"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// updateSQL writes a webhook only if that changes it. A row that was seen and
// is neither written nor equal was changed or deleted after the snapshot.
const updateSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), found AS (
    SELECT (event_type, url, http_method, header_template, body_template)
        IS NOT DISTINCT FROM ($3::text, $4::text, $5::text, $6::text, $7::text) AS equal
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), changed AS (
    UPDATE merchant_webhooks.webhook
    SET event_type = $3::text, url = $4::text, http_method = $5::text, header_template = $6::text, body_template = $7::text,
        version = version + 1, updated_at = now(),
        event_type_since = CASE WHEN event_type = $3::text THEN event_type_since ELSE now() END,
        failing_since = CASE WHEN (url, http_method) = ($4::text, $5::text) THEN failing_since END
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
      AND (event_type, url, http_method, header_template, body_template)
        IS DISTINCT FROM ($3::text, $4::text, $5::text, $6::text, $7::text)
    RETURNING webhook_serial
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN EXISTS (SELECT FROM changed) THEN 'changed'
    WHEN NOT EXISTS (SELECT FROM found) THEN 'unknown webhook'
    WHEN (SELECT equal FROM found) THEN 'equal'
    ELSE 'unseen'
END`

// Update replaces all fields of the webhook with w.ID. Where they are the same
// nothing is written, and its version and time of change stay. Another URL or
// method has not failed yet; a pause stays. Problems: CodeInstanceUnknown,
// CodeWebhookUnknown.
//
// If the connection breaks after the commit, database/sql runs the statement
// again by itself: it then finds the fields equal, so nothing counts twice.
func (r *Repo) Update(ctx context.Context, instance string, w webhook.Webhook) error {
	args := []any{
		instance, w.ID, w.EventType, w.URL, w.HTTPMethod,
		orNull(w.HeaderTemplate), orNull(w.BodyTemplate),
	}
	return r.run(ctx, updating, func() error {
		v, err := r.ask(ctx, r.update, args)
		if err != nil || v == changed || v == equal {
			return err
		}
		return v.otherwise(instance, w.ID)
	})
}

const deleteSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), deleted AS (
    DELETE FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
    RETURNING webhook_serial
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN EXISTS (SELECT FROM deleted) THEN 'deleted'
    ELSE 'unknown webhook'
END, (
    SELECT count(*)
    FROM merchant_webhooks.delivery
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM deleted)
      AND state = 'pending'
)`

// Delete removes a webhook; its ID is free at once. Its deliveries go with it:
// waited is how many of them waited when the statement began. Of several
// simultaneous deletes one succeeds. Problems: CodeInstanceUnknown,
// CodeWebhookUnknown.
//
// If the connection breaks after the commit, database/sql runs the statement
// again by itself: it then finds nothing, and the delete that did its work is
// answered with CodeWebhookUnknown, as for a client that repeats one.
func (r *Repo) Delete(ctx context.Context, instance, id string) (waited int, err error) {
	err = r.run(ctx, deleting, func() error {
		var v verdict
		err := r.each(ctx, nil, r.remove, []any{instance, id}, func(rows *sql.Rows) error { return rows.Scan(&v, &waited) })
		if err != nil || v == deleted {
			return err
		}
		return v.otherwise(instance, id)
	})
	if err != nil {
		return 0, err
	}
	return waited, nil
}
