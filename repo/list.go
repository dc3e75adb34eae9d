package repo

import (
	"context"
	"database/sql"
)

// Page is a part of an instance's list, which is in the order of creation.
type Page struct {
	// From is the serial of the webhook that was seen last: the page begins
	// behind it, whether it is still there or not.
	From int64
	// Backwards walks towards the oldest; math.MaxInt64 as From begins at the
	// newest.
	Backwards bool
	// Limit is the most webhooks of the page, at least 1.
	Limit int
}

// Item is a webhook as lists show it.
type Item struct {
	// Serial grows with each creation in the database; other instances' lie
	// between.
	Serial    int64
	ID        string
	EventType string
}

// The statements of lists give no row for an unknown instance, and one
// with the serial 0 for an empty page. The page is taken by itself, so that it is a walk
// along the primary key and nothing is sorted but what it holds. Its ends are no
// values that PostgreSQL could plan for, as in pageOfMatching.
const (
	listForwardsSQL = `
SELECT coalesce(w.webhook_serial, 0), coalesce(w.webhook_id, ''), coalesce(w.event_type, '')
FROM merchant_webhooks.instance AS i
LEFT JOIN LATERAL (
    SELECT webhook_serial, webhook_id, event_type
    FROM merchant_webhooks.webhook
    WHERE instance_serial = i.instance_serial AND webhook_serial > (SELECT $2::bigint)
    ORDER BY webhook_serial
    LIMIT (SELECT $3::bigint)
) AS w ON true
WHERE i.instance_id = $1::text
ORDER BY w.webhook_serial`

	listBackSQL = `
SELECT coalesce(w.webhook_serial, 0), coalesce(w.webhook_id, ''), coalesce(w.event_type, '')
FROM merchant_webhooks.instance AS i
LEFT JOIN LATERAL (
    SELECT webhook_serial, webhook_id, event_type
    FROM merchant_webhooks.webhook
    WHERE instance_serial = i.instance_serial AND webhook_serial < (SELECT $2::bigint)
    ORDER BY webhook_serial DESC
    LIMIT (SELECT $3::bigint)
) AS w ON true
WHERE i.instance_id = $1::text
ORDER BY w.webhook_serial DESC`
)

// List reads a page of an instance's webhooks and reports whether more are
// behind it. Problems: CodeInstanceUnknown.
func (r *Repo) List(ctx context.Context, instance string, p Page) (items []Item, more bool, err error) {
	s := r.listForwards
	if p.Backwards {
		s = r.listBack
	}
	args := []any{instance, p.From, int64(p.Limit) + 1}
	err = r.run(ctx, readingList, func() error {
		items = make([]Item, 0, min(p.Limit+1, 32))
		var item Item
		columns := []any{&item.Serial, &item.ID, &item.EventType}
		return r.eachIn(ctx, instance, s, args, func(rows *sql.Rows) error {
			err := rows.Scan(columns...)
			if item.Serial != 0 {
				items = append(items, item)
			}
			return err
		})
	})
	if err != nil {
		return nil, false, err
	}
	if more = len(items) > p.Limit; more {
		items = items[:p.Limit]
	}
	return items, more, nil
}
