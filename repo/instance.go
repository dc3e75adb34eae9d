package repo

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const hasInstanceSQL = `
SELECT EXISTS (SELECT FROM merchant_webhooks.instance WHERE instance_id = $1::text)`

// HasInstance is nil if the instance is there. Problems: CodeInstanceUnknown.
func (r *Repo) HasInstance(ctx context.Context, instance string) error {
	return r.run(ctx, readingInstance, func() error {
		var known bool
		err := r.each(ctx, nil, r.hasInstance, []any{instance}, func(rows *sql.Rows) error { return rows.Scan(&known) })
		if err != nil || known {
			return err
		}
		return unknownInstance.otherwise(instance, "")
	})
}

const addInstanceSQL = `
INSERT INTO merchant_webhooks.instance (instance_id)
VALUES ($1::text)
ON CONFLICT (instance_id) DO NOTHING`

// AddInstance makes an instance; one that is there stays as it is. It runs in
// q, such as a host's transaction, or, where q is nil, by itself.
//
// Problems: CodeParameterMalformed for an ID that webhook.ValidInstanceID
// refuses, before the database is asked; faults of the database as for all of
// Repo, with CodeDBStoreFailed. In q nothing is tried again: errors.As finds
// the *pq.Error for a host that repeats its transaction.
func (r *Repo) AddInstance(ctx context.Context, q sqlx.ExtContext, id string) error {
	_, err := r.changeInstance(ctx, q, addingInstance, r.addInstance, id)
	return err
}

const removeInstanceSQL = `
WITH removed AS (
    DELETE FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
    RETURNING instance_serial
)
SELECT count(*)
FROM merchant_webhooks.delivery
WHERE instance_serial = (SELECT instance_serial FROM removed)
  AND state = 'pending'`

// RemoveInstance removes an instance and all that is its; one that is not there
// is no error. waited is how many of its deliveries waited when the statement
// began. q and Problems are as for AddInstance.
func (r *Repo) RemoveInstance(ctx context.Context, q sqlx.ExtContext, id string) (waited int, err error) {
	return r.changeInstance(ctx, q, removingInstance, r.removeInstance, id)
}

func (r *Repo) changeInstance(ctx context.Context, q sqlx.ExtContext, op operation, s *statement, id string) (waited int, err error) {
	if !webhook.ValidInstanceID(id) {
		return 0, &webhook.Problem{Code: webhook.CodeParameterMalformed, Message: webhook.Say("instance.id", "id", id)}
	}
	scan := func(rows *sql.Rows) error { return rows.Scan(&waited) }
	if q != nil {
		rows, err := q.QueryContext(ctx, s.text, id)
		if err == nil {
			err = readAll(rows, scan)
		}
		if err != nil {
			return 0, op.problem(ctx, err)
		}
		return waited, nil
	}
	if err := r.run(ctx, op, func() error { return r.each(ctx, nil, s, []any{id}, scan) }); err != nil {
		return 0, err
	}
	return waited, nil
}
