package repo

import (
	"context"
	"database/sql"
	"time"

	"github.com/lib/pq"
)

// claimManySQL takes what can be sent at once. It waits for nobody, since it
// holds others meanwhile. A delivery that is asked for twice is taken once: the
// places say for whom.
//
// Each is looked up by its key alone, and judged then: an index of what is
// pending would look like a shortcut when few are. One of the arrays stands in a
// SELECT of its own, so that PostgreSQL can not plan for their length each time.
const claimManySQL = `
WITH free AS (
    SELECT d.instance_serial, d.delivery_serial, asked.place
    FROM unnest((SELECT $1::bigint[]), $2::bigint[]) WITH ORDINALITY AS asked (instance_serial, delivery_serial, place)
    CROSS JOIN LATERAL (
        SELECT instance_serial, delivery_serial, webhook_serial, state, sending_since, due_at, is_forced
        FROM merchant_webhooks.delivery
        WHERE instance_serial = asked.instance_serial AND delivery_serial = asked.delivery_serial
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS d
    WHERE d.state = 'pending' AND d.sending_since IS NULL AND d.due_at <= now()
      AND (d.is_forced OR (
        SELECT w.paused_at
        FROM merchant_webhooks.webhook AS w
        WHERE w.instance_serial = d.instance_serial AND w.webhook_serial = d.webhook_serial
      ) IS NULL)
), c AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = 0, sending_since = now()
    FROM free, merchant_webhooks.webhook AS w, merchant_webhooks.instance AS i, merchant_webhooks.event AS e
    WHERE d.instance_serial = free.instance_serial AND d.delivery_serial = free.delivery_serial
      AND w.instance_serial = d.instance_serial AND w.webhook_serial = d.webhook_serial
      AND e.instance_serial = d.instance_serial AND e.event_serial = d.event_serial
      AND i.instance_serial = d.instance_serial
    RETURNING ` + claimReturns + `, free.place
)
SELECT c.place,` + claimColumns + `
FROM c`

// ClaimMany takes, in one round trip, those of the deliveries that can be sent
// now and that nobody else is taking. The others' Claims have no Key: ask Claim
// for each of them, which says why.
func (r *Repo) ClaimMany(ctx context.Context, keys []Key) ([]Claim, error) {
	instances, deliveries := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
	for i, k := range keys {
		instances[i], deliveries[i] = k.Instance, k.Delivery
	}
	claims := make([]Claim, len(keys))
	err := r.run(ctx, claiming, func() error {
		clear(claims)
		asked := time.Now()
		return r.each(ctx, nil, r.delivery.claimMany, []any{instances, deliveries}, func(rows *sql.Rows) error {
			var place int
			c, err := scanClaim(rows, asked, &place)
			if err == nil { // else there is no place
				claims[place-1] = c
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}
