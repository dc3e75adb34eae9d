package repo

import (
	"context"
	"database/sql"

	"github.com/lib/pq"
)

// putBehindSQL finds the jobs that queue for receivers by their deliveries, each of
// which is looked up by its key alone. Jobs that somebody takes just now are his.
const putBehindSQL = `
WITH crowd AS (
    SELECT j.id
    FROM merchant_webhooks.river_job AS j
    CROSS JOIN LATERAL (
        SELECT receiver
        FROM merchant_webhooks.delivery
        WHERE instance_serial = (j.args ->> 'instance_serial')::bigint
          AND delivery_serial = (j.args ->> 'delivery_serial')::bigint
        LIMIT 1
    ) AS d
    WHERE j.state = 'available' AND j.queue = 'default' AND j.priority < $2::int
      AND d.receiver = ANY ($1::text[])
    ORDER BY j.id
    LIMIT 10000
    FOR UPDATE OF j SKIP LOCKED
)
UPDATE merchant_webhooks.river_job AS j
SET priority = $2::int
FROM crowd
WHERE j.id = crowd.id`

// PutBehind lets all other jobs go before those that queue for the receivers: the
// oldest 10,000 get the priority.
func (r *Repo) PutBehind(ctx context.Context, receivers []string, priority int) error {
	return r.run(ctx, parking, func() error {
		return r.each(ctx, nil, r.delivery.putBehind, []any{pq.StringArray(receivers), priority}, func(*sql.Rows) error { return nil })
	})
}

// endJobsSQL compares texts, since the index of states would look like a shortcut:
// it holds all that ran since the last vacuum.
const endJobsSQL = `
DELETE FROM merchant_webhooks.river_job
WHERE id = ANY ($1::bigint[]) AND state::text = 'running'`

// EndJobs deletes jobs that are done, but not one that is to be worked again since
// it took too long.
//
// It is planned each time: a moment ago there may have been no jobs, and 10,000 now.
func (r *Repo) EndJobs(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return r.run(ctx, ending, func() error {
		_, err := r.db.ExecContext(ctx, r.delivery.endJobs.text, pq.Int64Array(ids))
		if err != nil {
			return started(nil, err)
		}
		return nil
	})
}
