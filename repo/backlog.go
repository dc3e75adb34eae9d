package repo

import (
	"context"
	"database/sql"
	"time"
)

// A Backlog is what waits in the whole schema. Each number is exact to MaxCount;
// one more means that there are more.
type Backlog struct {
	Due       int // to be sent now, and no worker has it
	Sending   int // a worker has it
	Scheduled int // for a later time, nearly always the next try
	Parked    int // for its receiver to have room
	Held      int // by its webhook's pause

	// OldestDue is for how long the oldest of those that are due is, OldestParked of
	// those that are parked, among the first 1,000 receivers; 0: there is none.
	OldestDue, OldestParked time.Duration
	// Paused is how many webhooks are paused, by reason.
	Paused map[string]int
}

// backlogSQL reads as many entries of one index for each number as MaxCount and
// one more, in its order: so it costs no more the more there are.
const backlogSQL = lanesSQL + `, ready AS (
    SELECT due_at, sending_since IS NOT NULL AS is_sending
    FROM merchant_webhooks.delivery
    WHERE state = 'pending' AND lane = 0 AND due_at <= now()
    ORDER BY due_at
    LIMIT $1::bigint
), scheduled AS (
    SELECT FROM merchant_webhooks.delivery
    WHERE state = 'pending' AND lane = 0 AND due_at > now()
    ORDER BY due_at
    LIMIT $1::bigint
), parked AS (
    SELECT FROM merchant_webhooks.delivery
    WHERE state = 'pending' AND lane = 1
    ORDER BY receiver, due_at, delivery_serial
    LIMIT $1::bigint
), held AS (
    SELECT FROM merchant_webhooks.delivery
    WHERE state = 'pending' AND lane = 2
    ORDER BY instance_serial, webhook_serial, delivery_serial
    LIMIT $1::bigint
), paused AS (
    SELECT paused_reason
    FROM merchant_webhooks.webhook
    WHERE paused_reason IS NOT NULL
    ORDER BY paused_reason
    LIMIT $1::bigint
)
SELECT 'due', count(*), coalesce(extract(epoch FROM now() - min(due_at)) * 1000000, 0)::bigint FROM ready WHERE NOT is_sending
UNION ALL
SELECT 'sending', count(*), 0 FROM ready WHERE is_sending
UNION ALL
SELECT 'scheduled', count(*), 0 FROM scheduled
UNION ALL
SELECT 'parked', count(*), coalesce((
        SELECT extract(epoch FROM now() - min(first.due_at)) * 1000000
        FROM (SELECT receiver FROM lane LIMIT 1000) AS lane
        CROSS JOIN LATERAL (
            SELECT d.due_at
            FROM merchant_webhooks.delivery AS d
            WHERE d.receiver = lane.receiver AND d.state = 'pending' AND d.lane = 1
            ORDER BY d.due_at, d.delivery_serial
            LIMIT 1
        ) AS first
    ), 0)::bigint
FROM parked
UNION ALL
SELECT 'held', count(*), 0 FROM held
UNION ALL
SELECT 'paused ' || paused_reason, count(*), 0 FROM paused GROUP BY paused_reason`

// Backlog counts what waits, in one round trip and at a cost that is bounded
// whatever waits.
func (r *Repo) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	err := r.run(ctx, counting, func() error {
		b = Backlog{Paused: map[string]int{"hand": 0, "failing": 0, "gone": 0}}
		return r.each(ctx, nil, r.delivery.backlog, []any{MaxCount + 1}, b.scan)
	})
	if err != nil {
		return Backlog{}, err
	}
	return b, nil
}

func (b *Backlog) scan(rows *sql.Rows) error {
	var what string
	var n int
	var micros int64
	if err := rows.Scan(&what, &n, &micros); err != nil {
		return err
	}
	oldest := max(0, time.Duration(micros)*time.Microsecond)
	switch what {
	case "due":
		b.Due, b.OldestDue = n, oldest
	case "sending":
		b.Sending = n
	case "scheduled":
		b.Scheduled = n
	case "parked":
		b.Parked, b.OldestParked = n, oldest
	case "held":
		b.Held = n
	default:
		b.Paused[what[len("paused "):]] = n
	}
	return nil
}
