package repo

import "time"

// SweepOptions say what a sweep does.
type SweepOptions struct {
	Worker      string // its ID; empty: this process sends nothing
	Lease       time.Duration
	PerReceiver int
	ProbeEvery  time.Duration
}

// A SweepReport says what a sweep found.
type SweepReport struct {
	// OverdueSince is the oldest due_at of a delivery that no worker took, where
	// it is over 5 minutes ago, and how many there are (at most 10,000).
	OverdueSince time.Time
	Overdue      int
	Interrupted  []Key
	// More is to be let go of what a pause held: sweep again at once.
	More bool
}

// lanesSQL walks from receiver to receiver: each is one look into the index of
// the lanes, however many deliveries are parked there.
const lanesSQL = `
WITH RECURSIVE lane AS (
    (
        SELECT receiver
        FROM merchant_webhooks.delivery
        WHERE state = 'pending' AND lane = 1
        ORDER BY receiver
        LIMIT 1
    )
    UNION ALL
    SELECT next.receiver
    FROM lane
    CROSS JOIN LATERAL (
        SELECT d.receiver
        FROM merchant_webhooks.delivery AS d
        WHERE d.state = 'pending' AND d.lane = 1 AND d.receiver > lane.receiver
        ORDER BY d.receiver
        LIMIT 1
    ) AS next
)`

// sweepSQL voids claims and wakes lanes. What it locks it skips where others
// hold it: so it waits for nobody, and of several sweeps at once each does its
// part. A lane is left to those that send to its receiver already, unless they
// are fewer than they may be.
//
// What is being sent is found among all that is due and has a job: there is no
// index of it, since claims would have to keep that.
const sweepSQL = lanesSQL + `, sending AS (
    SELECT instance_serial, delivery_serial, receiver, sending_since
    FROM merchant_webhooks.delivery
    WHERE state = 'pending' AND lane = 0 AND due_at <= now() AND sending_since IS NOT NULL
), stale AS (
    SELECT d.*
    FROM (
        SELECT instance_serial, delivery_serial, sending_since
        FROM sending
        WHERE sending_since < now() - $1::bigint * interval '1 microsecond'
        ORDER BY sending_since
        LIMIT 1000
    ) AS old
    CROSS JOIN LATERAL (
        SELECT instance_serial, delivery_serial, attempt_count, sending_since, url
        FROM merchant_webhooks.delivery
        WHERE instance_serial = old.instance_serial AND delivery_serial = old.delivery_serial
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS d
    WHERE d.sending_since = old.sending_since
), voided AS (
    UPDATE merchant_webhooks.delivery AS d
    SET sending_since = NULL, due_at = now(), attempt_count = d.attempt_count + 1,
        last_status = NULL, last_error = $2::text
    FROM stale
    WHERE d.instance_serial = stale.instance_serial AND d.delivery_serial = stale.delivery_serial
    RETURNING d.instance_serial, d.delivery_serial
), noted AS (
    INSERT INTO merchant_webhooks.delivery_attempt
        (instance_serial, delivery_serial, number, at, duration_ms, url, error)
    SELECT instance_serial, delivery_serial, attempt_count + 1, sending_since,
        least(extract(epoch FROM now() - sending_since) * 1000, 2147483647)::int, url, $2::text
    FROM stale
), busy AS (
    SELECT receiver, count(*) AS number
    FROM sending
    GROUP BY receiver
), next AS (
    SELECT d.instance_serial, d.delivery_serial
    FROM lane
    LEFT JOIN busy USING (receiver)
    CROSS JOIN LATERAL (
        SELECT instance_serial, delivery_serial
        FROM merchant_webhooks.delivery
        WHERE receiver = lane.receiver AND state = 'pending' AND lane = 1 AND due_at <= now()
        ORDER BY due_at, delivery_serial
        LIMIT greatest(0, $3::bigint - coalesce(busy.number, 0))
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS d
    LIMIT 1000
), woken AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = 0
    FROM next
    WHERE d.instance_serial = next.instance_serial AND d.delivery_serial = next.delivery_serial
    RETURNING d.instance_serial, d.delivery_serial
), late AS (
    SELECT due_at
    FROM merchant_webhooks.delivery
    WHERE state = 'pending' AND lane = 0 AND sending_since IS NULL
      AND due_at < now() - $1::bigint * interval '1 microsecond'
    ORDER BY due_at
    LIMIT 1
)
SELECT 'interrupted', instance_serial, delivery_serial FROM voided
UNION ALL
SELECT 'woken', instance_serial, delivery_serial FROM woken
UNION ALL
SELECT 'late', 0, 0 FROM late WHERE to_regclass($4::text) IS NOT NULL
UNION ALL
SELECT 'overdue', 0, 0
WHERE (SELECT due_at FROM late) < now() - interval '5 minutes'`

// sweepPausesSQL frees the oldest delivery of each webhook whose probe is due,
// and says that the worker is alive. Where a delivery stands in lane 2 without a
// pause, it goes to lane 1, the oldest first and at most 10,000 of all: so many
// were held that the end of the pause left some, or it saw one that was ended by
// somebody else at the same moment. It is due since that end, and so goes before
// what came later. It walks from paused webhook to paused webhook, as lanesSQL.
const sweepPausesSQL = `
WITH RECURSIVE probing AS (
    SELECT instance_serial, webhook_serial
    FROM merchant_webhooks.webhook
    WHERE probe_at <= now() AND paused_reason = 'failing'
    ORDER BY probe_at
    LIMIT 1000
    FOR NO KEY UPDATE SKIP LOCKED
), put_off AS (
    UPDATE merchant_webhooks.webhook AS w
    SET probe_at = now() + $1::bigint * interval '1 microsecond'
    FROM probing
    WHERE w.instance_serial = probing.instance_serial AND w.webhook_serial = probing.webhook_serial
), oldest AS (
    SELECT d.instance_serial, d.delivery_serial
    FROM probing
    CROSS JOIN LATERAL (
        SELECT o.instance_serial, o.delivery_serial
        FROM merchant_webhooks.delivery AS o
        WHERE o.instance_serial = probing.instance_serial AND o.webhook_serial = probing.webhook_serial
          AND o.state = 'pending' AND o.sending_since IS NULL
          AND NOT (
            SELECT e.is_test
            FROM merchant_webhooks.event AS e
            WHERE e.instance_serial = o.instance_serial AND e.event_serial = o.event_serial
          )
        ORDER BY o.delivery_serial
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS d
), probe AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = 0, is_forced = true, due_at = now()
    FROM oldest
    WHERE d.instance_serial = oldest.instance_serial AND d.delivery_serial = oldest.delivery_serial
    RETURNING d.instance_serial, d.delivery_serial
), held AS (
    (
        SELECT instance_serial, webhook_serial
        FROM merchant_webhooks.delivery
        WHERE state = 'pending' AND lane = 2
        ORDER BY instance_serial, webhook_serial
        LIMIT 1
    )
    UNION ALL
    SELECT next.instance_serial, next.webhook_serial
    FROM held
    CROSS JOIN LATERAL (
        SELECT d.instance_serial, d.webhook_serial
        FROM merchant_webhooks.delivery AS d
        WHERE d.state = 'pending' AND d.lane = 2
          AND (d.instance_serial, d.webhook_serial) > (held.instance_serial, held.webhook_serial)
        ORDER BY d.instance_serial, d.webhook_serial
        LIMIT 1
    ) AS next
), stranded AS (
    SELECT d.instance_serial, d.delivery_serial, w.resumed_at
    FROM held
    CROSS JOIN LATERAL (
        SELECT resumed_at
        FROM merchant_webhooks.webhook
        WHERE instance_serial = held.instance_serial AND webhook_serial = held.webhook_serial
          AND paused_at IS NULL
        LIMIT 1
    ) AS w
    CROSS JOIN LATERAL (
        SELECT instance_serial, delivery_serial
        FROM merchant_webhooks.delivery AS s
        WHERE s.state = 'pending' AND s.lane = 2
          AND s.instance_serial = held.instance_serial AND s.webhook_serial = held.webhook_serial
        ORDER BY s.delivery_serial
        LIMIT 10000
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS d
    LIMIT 10000
), freed AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = 1, due_at = coalesce(stranded.resumed_at, now())
    FROM stranded
    WHERE d.instance_serial = stranded.instance_serial AND d.delivery_serial = stranded.delivery_serial
), alive AS (
    INSERT INTO merchant_webhooks.worker (worker_id, seen_at)
    SELECT $2::text, now()
    WHERE $2::text <> ''
    ON CONFLICT (worker_id) DO UPDATE SET seen_at = now()
), gone AS (
    DELETE FROM merchant_webhooks.worker
    WHERE seen_at < now() - interval '1 day' AND worker_id <> $2::text
)
SELECT 'probe', instance_serial, delivery_serial FROM probe
UNION ALL
SELECT 'more', 0, 0 WHERE (SELECT count(*) FROM stranded) = 10000`

// wakeLostSQL finds the deliveries that wait for a job which River does not have,
// or which runs and has not claimed them: for a lease, in which each running job
// does. River's leader makes jobs available whose time has come, every few seconds;
// while it hangs, on a connection that has fallen silent, nobody does.
const wakeLostSQL = `
WITH late AS (
    SELECT instance_serial, delivery_serial
    FROM merchant_webhooks.delivery
    WHERE state = 'pending' AND lane = 0 AND sending_since IS NULL
      AND due_at < now() - $1::bigint * interval '1 microsecond'
    ORDER BY due_at
    LIMIT 100
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT instance_serial, delivery_serial
FROM late
WHERE NOT EXISTS (
    SELECT FROM merchant_webhooks.river_job AS j
    WHERE j.args @> jsonb_build_object('instance_serial', late.instance_serial, 'delivery_serial', late.delivery_serial)
      AND (j.state = 'available'
        OR j.state IN ('scheduled', 'retryable') AND j.scheduled_at > now() - $1::bigint * interval '1 microsecond')
)`

// overdueSQL counts what is due for 5 minutes. Where some worker is alive, what
// is parked counts for nothing: it waits for those of its receiver before it, and
// is woken by each sweep.
const overdueSQL = lanesSQL + `
SELECT min(due_at), least(count(*), 10000)
FROM (
    (
        SELECT due_at
        FROM merchant_webhooks.delivery
        WHERE state = 'pending' AND lane = 0 AND sending_since IS NULL AND due_at < now() - interval '5 minutes'
        ORDER BY due_at
        LIMIT 10000
    )
    UNION ALL
    (
        SELECT d.due_at
        FROM lane
        CROSS JOIN LATERAL (
            SELECT o.due_at
            FROM merchant_webhooks.delivery AS o
            WHERE o.receiver = lane.receiver AND o.state = 'pending' AND o.lane = 1
              AND o.due_at < now() - interval '5 minutes'
              AND NOT EXISTS (
                SELECT FROM merchant_webhooks.worker
                WHERE seen_at > now() - interval '30 seconds'
              )
            ORDER BY o.due_at, o.delivery_serial
            LIMIT 10000
        ) AS d
    )
) AS overdue`
