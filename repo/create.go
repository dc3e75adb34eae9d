package repo

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// createSQL inserts a webhook unless its ID is taken or the instance holds $8
// webhooks already (null: no limit), and says what it found.
//
// The instance is locked first, as the foreign key would do last: so it can not
// be removed meanwhile, and creates take their locks in one order. The lock is
// shared by all creates but those that hold lockInstanceSQL's.
const createSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
    FOR KEY SHARE
), room AS (
    SELECT $8::bigint IS NULL OR (
        SELECT count(*)
        FROM (
            SELECT
            FROM merchant_webhooks.webhook
            WHERE instance_serial = (SELECT instance_serial FROM home)
            LIMIT $8::bigint
        ) AS counted
    ) < $8::bigint AS free
), found AS (
    SELECT (event_type, url, http_method, header_template, body_template)
        IS NOT DISTINCT FROM ($3::text, $4::text, $5::text, $6::text, $7::text) AS equal
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), made AS (
    INSERT INTO merchant_webhooks.webhook
        (instance_serial, webhook_id, event_type, url, http_method, header_template, body_template)
    SELECT instance_serial, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text
    FROM home
    WHERE (SELECT free FROM room)
    ON CONFLICT (instance_serial, webhook_id) DO NOTHING
    RETURNING webhook_serial
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN EXISTS (SELECT FROM made) THEN 'created'
    WHEN (SELECT equal FROM found) THEN 'equal'
    WHEN NOT (SELECT equal FROM found) THEN 'different'
    WHEN NOT (SELECT free FROM room) THEN 'full'
    ELSE 'unseen'
END`

// lockInstanceSQL makes all other creates in an instance wait, those under way
// first.
const lockInstanceSQL = `
SELECT instance_serial
FROM merchant_webhooks.instance
WHERE instance_id = $1::text
FOR UPDATE`

// What the statements of creates, updates and deletes answer.
const (
	unknownInstance verdict = "unknown instance"
	unknownWebhook  verdict = "unknown webhook"
	created         verdict = "created"
	changed         verdict = "changed"
	deleted         verdict = "deleted"
	equal           verdict = "equal"
	different       verdict = "different"
	found           verdict = "found"
	full            verdict = "full"
	// unseen is a webhook that was committed, changed or deleted by somebody
	// else after the statement's snapshot: the statement must run again.
	unseen verdict = "unseen"
)

// margin is how far from an instance's limit creates stop to run side by side.
// Each counts what was committed before it began, so that many can not exceed
// the limit unless more than margin of them are committed while one runs.
const margin = 1000

// Create stores a new webhook. It is nil, too, if the instance holds an equal
// one already: a client whose answer was lost may repeat. Problems:
// CodeInstanceUnknown; CodeWebhookExists if the ID is taken by a webhook with
// other values; CodeForbidden if the instance holds max webhooks already
// (negative: no limit).
//
// Creates run side by side until an instance is 1,000 short of its limit; from
// there on one after the other, in five round trips instead of one, so that the
// limit is exact.
func (r *Repo) Create(ctx context.Context, instance string, w webhook.Webhook, max int) error {
	columns := [...]any{
		instance, w.ID, w.EventType, w.URL, w.HTTPMethod,
		orNull(w.HeaderTemplate), orNull(w.BodyTemplate),
	}
	return r.run(ctx, creating, func() error {
		v, err := r.insert(ctx, columns[:], max)
		if err != nil {
			return err
		}
		switch v {
		case created, equal:
			return nil
		case different:
			return &webhook.Problem{Code: webhook.CodeWebhookExists, Subject: w.ID}
		case full:
			return &webhook.Problem{
				Code:    webhook.CodeForbidden,
				Subject: instance,
				Message: webhook.Say("webhook.limit", "limit", max),
			}
		}
		return v.otherwise(instance, w.ID)
	})
}

// insert creates within the limit: at once where it is far, else carefully.
func (r *Repo) insert(ctx context.Context, columns []any, max int) (verdict, error) {
	switch near := max - margin; {
	case max < 0:
		return r.ask(ctx, nil, r.create, append(columns, nil))
	case near > 0:
		v, err := r.ask(ctx, nil, r.create, append(columns, int64(near)))
		if v != full || err != nil {
			return v, err
		}
	}
	return r.insertAlone(ctx, columns, max)
}

// insertAlone creates while no other create runs in the instance. Its statement
// begins after the lock was had, so its count sees all that there is: at
// READ COMMITTED only, whatever the database's default is.
func (r *Repo) insertAlone(ctx context.Context, columns []any, max int) (verdict, error) {
	if err := r.prepareAll(ctx, r.lockInstance, r.create); err != nil {
		return "", err
	}
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoConnection, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing is left to do after a commit
	if err := r.each(ctx, tx, r.lockInstance, columns[:1], func(*sql.Rows) error { return nil }); err != nil {
		return "", err
	}
	v, err := r.ask(ctx, tx, r.create, append(columns, int64(max)))
	if err != nil || v != created {
		return v, err
	}
	return v, tx.Commit()
}

// otherwise is the error of the verdicts that mean the same for all statements.
func (v verdict) otherwise(instance, id string) error {
	switch v {
	case unknownInstance:
		return &webhook.Problem{Code: webhook.CodeInstanceUnknown, Subject: instance}
	case unknownWebhook:
		return &webhook.Problem{Code: webhook.CodeWebhookUnknown, Subject: id}
	case unseen:
		return errUnseen
	}
	return fmt.Errorf("the statement's answer %q is not known", string(v))
}

// orNull gives the column's value of a template: none is null.
func orNull(template string) any {
	if template == "" {
		return nil
	}
	return template
}
