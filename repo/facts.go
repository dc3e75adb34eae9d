package repo

import (
	"database/sql"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// factsColumns are those of a factsRow, of what deliveryColumns are of and of
// factsTables.
const factsColumns = deliveryColumns + `,
    now(), (SELECT max(seen_at) FROM merchant_webhooks.worker),
    w.created_at, coalesce(w.event_type, ''), w.event_type_since, w.paused_at, coalesce(w.paused_reason, ''),
    coalesce(d.url, ''), d.sending_since, coalesce(d.is_forced, false), last.at, coalesce(ahead.count, 0), alone.until`

// factsTables are a delivery's last attempt, how many are before it in its lane,
// to 1,001: other instances' too, since a receiver has one lane; and until when its
// receiver is left alone: only then is one parked for later (Park).
const factsTables = `
LEFT JOIN LATERAL (
    SELECT at
    FROM merchant_webhooks.delivery_attempt
    WHERE instance_serial = d.instance_serial AND delivery_serial = d.delivery_serial
    ORDER BY number DESC
    LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT
        FROM merchant_webhooks.delivery AS other
        WHERE d.state = 'pending' AND d.lane = 1
          AND other.receiver = d.receiver
          AND other.state = 'pending' AND other.lane = 1
          AND (other.due_at, other.delivery_serial) < (d.due_at, d.delivery_serial)
        ORDER BY due_at, delivery_serial
        LIMIT 1001
    ) AS counted
) AS ahead ON true
LEFT JOIN LATERAL (
    SELECT due_at AS until
    FROM merchant_webhooks.delivery AS other
    WHERE d.state = 'pending' AND d.lane < 2
      AND other.receiver = d.receiver
      AND other.state = 'pending' AND other.lane = 1
      AND other.due_at > now()
    ORDER BY due_at, delivery_serial
    LIMIT 1
) AS alone ON true`

// A factsRow is what factsColumns hold.
type factsRow struct {
	deliveryRow
	facts                                         webhook.Facts
	workerAt, webhookMade, listensSince, pausedAt sql.NullTime
	sendingSince, lastAt, aloneUntil              sql.NullTime
	url                                           string
}

func (r *factsRow) columns() []any {
	f := &r.facts
	return append(r.deliveryRow.columns(),
		&f.Now, &r.workerAt,
		&r.webhookMade, &f.WebhookEvent, &r.listensSince, &r.pausedAt, &f.PausedReason,
		&r.url, &r.sendingSince, &f.IsForced, &r.lastAt, &f.Ahead, &r.aloneUntil,
	)
}

// explained are the facts, but for those of an order, and Most, which the
// schedule says.
func (r *factsRow) explained() webhook.Facts {
	f, d := r.facts, r.delivery()
	f.WorkerAt, f.WebhookMade, f.ListensSince = r.workerAt.Time, r.webhookMade.Time, r.listensSince.Time
	f.PausedAt, f.SendingSince, f.LastAt, f.AloneUntil = r.pausedAt.Time, r.sendingSince.Time, r.lastAt.Time, r.aloneUntil.Time
	f.HasDelivery = d.Serial != 0
	f.EventAt = d.EventAt
	f.State, f.Lane, f.Host = d.State, d.Lane, webhook.HostOf(r.url)
	f.Attempts, f.Tries = d.AttemptCount, d.Tries
	f.LastStatus, f.LastError = d.LastStatus, d.LastError
	f.DueAt, f.FinishedAt, f.Failure = d.DueAt, d.FinishedAt, d.Failure
	return f
}
