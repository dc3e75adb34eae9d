package repo

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// createSQL inserts a webhook unless its ID is taken or the instance holds $9
// webhooks behind the serial $10, and says what it found and what it counted.
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
), newer AS (
    SELECT count(*) AS count, coalesce(max(webhook_serial), 0) AS last
    FROM (
        SELECT webhook_serial
        FROM merchant_webhooks.webhook
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND webhook_serial > $10::bigint
        LIMIT $9::bigint
    ) AS counted
), found AS (
    SELECT (event_type, url, http_method, header_template, body_template)
        IS NOT DISTINCT FROM ($3::text, $4::text, $5::text, $6::text, $7::text) AS equal
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), made AS (
    INSERT INTO merchant_webhooks.webhook
        (instance_serial, webhook_id, event_type, url, http_method, header_template, body_template, secret)
    SELECT instance_serial, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::bytea
    FROM home
    WHERE (SELECT count FROM newer) < $9::bigint
    ON CONFLICT (instance_serial, webhook_id) DO NOTHING
    RETURNING webhook_serial
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN EXISTS (SELECT FROM made) THEN 'created'
    WHEN (SELECT equal FROM found) THEN 'equal'
    WHEN NOT (SELECT equal FROM found) THEN 'different'
    WHEN count >= $9::bigint THEN 'full'
    ELSE 'unseen'
END, count, last
FROM newer`

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
	otherVersion    verdict = "other version"
	found           verdict = "found"
	full            verdict = "full"
	// unseen is a webhook that was committed, changed or deleted by somebody
	// else after the statement's snapshot: the statement must run again.
	unseen verdict = "unseen"
)

// margin is how far from an instance's limit creates stop to run side by side.
// Each counts what was committed before it began, so they can not exceed the
// limit unless hundreds of them run in one instance at the same time.
const margin = 1000

// Create stores a new webhook. It is nil, too, if the instance holds an equal
// one already: a client whose answer was lost may repeat. Problems:
// CodeInstanceUnknown; CodeWebhookExists if the ID is taken by a webhook with
// other values; CodeForbidden if the instance holds max webhooks already
// (negative: no limit).
//
// Creates run side by side until an instance is 1,000 short of its limit; from
// there on one after the other, in four round trips instead of one, so that the
// limit is exact.
func (r *Repo) Create(ctx context.Context, instance string, w webhook.Webhook, max int) error {
	columns := make([]any, 0, 10) // and what insertOnce adds
	columns = append(columns,
		instance, w.ID, w.EventType, w.URL, w.HTTPMethod,
		orNull(w.HeaderTemplate), orNull(w.BodyTemplate), r.secret(instance, w.ID),
	)
	return r.run(ctx, creating, func() error {
		v, err := r.insert(ctx, columns, max)
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
	if max < 0 {
		v, _, err := r.insertOnce(ctx, nil, columns, 1, tally{serial: math.MaxInt64}) // there is none behind it
		return v, err
	}
	v, err := r.insertFar(ctx, columns, int64(max-margin))
	if v == full && err == nil {
		v, err = r.insertAlone(ctx, columns, max)
	}
	return v, err
}

// insertFar creates if the instance holds less than near webhooks. It may take
// some for there that were deleted.
func (r *Repo) insertFar(ctx context.Context, columns []any, near int64) (verdict, error) {
	instance := columns[0].(string)
	known := r.tallies.get(instance)
	if known.count >= near {
		return full, nil // whoever goes on from here counts anew
	}
	v, newer, err := r.insertOnce(ctx, nil, columns, near-known.count, known)
	if v == created && known == (tally{}) {
		r.tallies.set(instance, newer)
	} else if newer.count >= maxNewer {
		r.tallies.drop(instance)
	}
	return v, err
}

// insertAlone creates while no other create runs in the instance. Its statement
// begins after the lock was had, so its count sees all that there is: at
// READ COMMITTED only, whatever the database's default is.
func (r *Repo) insertAlone(ctx context.Context, columns []any, max int) (verdict, error) {
	if err := r.prepareAll(ctx, r.lockInstance, r.create); err != nil {
		return "", err
	}
	tx, err := r.begin(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback() }() // nothing is left to do after a commit
	if err := r.each(ctx, tx, r.lockInstance, columns[:1], func(*sql.Rows) error { return nil }); err != nil {
		return "", err
	}
	v, all, err := r.insertOnce(ctx, tx, columns, int64(max), tally{})
	if err != nil || v != created {
		return v, err
	}
	r.tallies.set(columns[0].(string), all)
	return v, tx.Commit()
}

// insertOnce runs createSQL: it inserts where there is room behind the tally,
// and gives the tally of what it counted there.
func (r *Repo) insertOnce(ctx context.Context, tx *sql.Tx, columns []any, room int64, behind tally) (v verdict, newer tally, err error) {
	err = r.each(ctx, tx, r.create, append(columns, room, behind.serial), func(rows *sql.Rows) error {
		return rows.Scan(&v, &newer.count, &newer.serial)
	})
	return v, newer, err
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
