package repo

import (
	"context"
	"database/sql"
	"time"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Account is what is known of a webhook's deliveries. Numbers are counted to
// MaxCount and one more.
type Account struct {
	Waiting       int       // pending ones
	OldestWaiting time.Time // its event's time
	Total         int
	FailedToday   int      // in the last 24 hours
	Last          Delivery // the newest; ID empty: none
	PausedAt      time.Time
	PausedReason  string
	PausedAfter   webhook.Message
	FailingSince  time.Time
	LateSettings  int  // of the pending ones that are counted, those that were made with other settings than the webhook has now
	Workers       bool // somebody is sending
	NextProbe     time.Time
}

// accountTables are the last delivery of a webhook w, what waits, and what
// failed today.
const accountTables = `
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.delivery
    WHERE instance_serial = w.instance_serial AND webhook_serial = w.webhook_serial
    ORDER BY delivery_serial DESC
    LIMIT 1
) AS d ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.event
    WHERE instance_serial = d.instance_serial AND event_serial = d.event_serial
    LIMIT 1
) AS e ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT
        FROM merchant_webhooks.delivery
        WHERE instance_serial = w.instance_serial AND webhook_serial = w.webhook_serial
          AND state = 'failed' AND finished_at > now() - interval '24 hours'
        LIMIT 10001
    ) AS counted
) AS failed
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT
        FROM merchant_webhooks.delivery
        WHERE instance_serial = w.instance_serial AND webhook_serial = w.webhook_serial
          AND state = 'pending'
        LIMIT 10001
    ) AS counted
) AS waiting`

// accountSQL gives no row for an unknown instance, and nulls for an unknown
// webhook.
const accountSQL = `
SELECT w.webhook_serial IS NOT NULL,` + deliveryColumns + `,
    failed.count, waiting.count, w.paused_at, coalesce(w.paused_reason, ''),
    oldest.event_at, total.count, late.count, coalesce(w.paused_after, ''), w.failing_since, w.probe_at,
    EXISTS (SELECT FROM merchant_webhooks.worker WHERE seen_at > now() - interval '30 seconds')
FROM merchant_webhooks.instance AS i
LEFT JOIN merchant_webhooks.webhook AS w
    ON w.instance_serial = i.instance_serial AND w.webhook_id = $2::text` + accountTables + `
LEFT JOIN LATERAL (
    SELECT event_at
    FROM (
        SELECT event_serial
        FROM merchant_webhooks.delivery
        WHERE instance_serial = w.instance_serial AND webhook_serial = w.webhook_serial
          AND state = 'pending'
        ORDER BY delivery_serial
        LIMIT 1
    ) AS first
    JOIN merchant_webhooks.event ON event.instance_serial = w.instance_serial AND event.event_serial = first.event_serial
) AS oldest ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT
        FROM merchant_webhooks.delivery
        WHERE instance_serial = w.instance_serial AND webhook_serial = w.webhook_serial
        LIMIT 10001
    ) AS counted
) AS total
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE webhook_version <> w.version) AS count
    FROM (
        SELECT webhook_version
        FROM merchant_webhooks.delivery
        WHERE instance_serial = w.instance_serial AND webhook_serial = w.webhook_serial
          AND state = 'pending'
        ORDER BY delivery_serial
        LIMIT 10001
    ) AS counted
) AS late
WHERE i.instance_id = $1::text`

// AccountOf reads a webhook's. Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) AccountOf(ctx context.Context, instance, webhookID string) (Account, error) {
	var row accountRow
	var oldest, failing, probe sql.NullTime
	var after string
	columns := append(row.columns(), &oldest, &row.Total, &row.LateSettings, &after, &failing, &probe, &row.Workers)
	if err := r.read(ctx, readingAccount, r.log.account, instance, webhookID, columns...); err != nil {
		return Account{}, err
	}
	a := row.account()
	a.OldestWaiting, a.FailingSince, a.NextProbe = oldest.Time, failing.Time, probe.Time
	a.PausedAfter = webhook.DecodeMessage(after)
	return a, nil
}

// accountsSQL gives no row for an unknown instance, and one without an ID where
// there is none of the webhooks.
const accountsSQL = `
SELECT coalesce(w.webhook_id, ''),` + deliveryColumns + `,
    failed.count, waiting.count, w.paused_at, coalesce(w.paused_reason, '')
FROM merchant_webhooks.instance AS i
LEFT JOIN LATERAL (
    SELECT w.*
    FROM unnest($2::text[]) AS wanted (webhook_id)
    CROSS JOIN LATERAL (
        SELECT *
        FROM merchant_webhooks.webhook
        WHERE instance_serial = i.instance_serial AND webhook_id = wanted.webhook_id
        LIMIT 1
    ) AS w
) AS w ON true` + accountTables + `
WHERE i.instance_id = $1::text`

// Accounts reads what the list shows of webhooks, by their IDs: Last,
// FailedToday, Waiting and the pause. Those that are not there are left out.
// Problems: CodeInstanceUnknown.
func (r *Repo) Accounts(ctx context.Context, instance string, webhookIDs []string) (accounts map[string]Account, err error) {
	err = r.run(ctx, readingAccount, func() error {
		accounts = make(map[string]Account, len(webhookIDs))
		var id string
		var row accountRow
		columns := append([]any{&id}, row.columns()...)
		return r.eachIn(ctx, instance, r.log.accounts, []any{instance, pq.StringArray(webhookIDs)}, func(rows *sql.Rows) error {
			err := rows.Scan(columns...)
			if id != "" {
				accounts[id] = row.account()
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// An accountRow is what deliveryColumns hold of the last delivery, and what the
// list shows besides.
type accountRow struct {
	Account
	last     deliveryRow
	pausedAt sql.NullTime
}

func (r *accountRow) columns() []any {
	return append(r.last.columns(), &r.FailedToday, &r.Waiting, &r.pausedAt, &r.PausedReason)
}

func (r *accountRow) account() Account {
	a := r.Account
	a.Last, a.PausedAt = r.last.delivery(), r.pausedAt.Time
	return a
}
