package repo

import "strings"

// A walk is the way along which deliveries are listed, in the order of their
// serials: each has an index for it.
type walk int

const (
	walkInstance walk = iota // all of an instance
	walkWebhook              // all of a webhook
	walkPending              // those that wait, webhook by webhook
	walkFailed               // those that failed, webhook by webhook
	walks
)

// A walked is a walk's statements.
type walked struct{ forwards, backwards, count *statement }

func newWalks(in func(string) *statement) (all [walks]walked) {
	for w := range walks {
		all[w] = walked{in(w.pageSQL(false)), in(w.pageSQL(true)), in(w.countSQL())}
	}
	return all
}

// pageSQL is a walk's page. What is said here is in order; backwards it turns.
func (w walk) pageSQL(backwards bool) string {
	text := pickedSQL + walkSQL[w] + pageOfWalkedSQL
	if backwards {
		text = turn.Replace(text)
	}
	return text
}

// countSQL counts on a walk, the newest first, since a time that is asked for is
// nearly always a late one. It ends at the limit, in no order of the whole.
func (w walk) countSQL() string {
	return turn.Replace(strings.ReplaceAll(pickedSQL+walkSQL[w]+countOfWalkedSQL,
		"ORDER BY delivery_serial\n    LIMIT (SELECT $9::bigint)", "LIMIT (SELECT $9::bigint)"))
}

// turn makes the statement of the other direction.
var turn = strings.NewReplacer(
	"delivery_serial > (", "delivery_serial < (",
	"ORDER BY delivery_serial", "ORDER BY delivery_serial DESC",
)

// pickedSQL begins the statements of lists: of the instance $1, or its webhook
// $2, those in the state $3, of the event type $4, the order $5, of events from
// $6 until $7, of which $9 behind the serial $8.
//
// Where an order is given, or at most 10,000 events are in the time given, they
// are found by their events (near), and nothing is walked.
//
// What is asked stands in a SELECT of its own, as in pageOfMatching: so the plan
// for all is kept.
const pickedSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), hook AS (
    SELECT webhook_serial
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), picked AS (
    SELECT event_serial, event_type, event_at
    FROM merchant_webhooks.event
    WHERE (SELECT $5::text) <> ''
      AND instance_serial = (SELECT instance_serial FROM home)
      AND order_id = (SELECT $5::text)
    UNION ALL
    (
        SELECT event_serial, event_type, event_at
        FROM merchant_webhooks.event
        WHERE (SELECT $5::text) = '' AND ((SELECT $6::timestamptz) IS NOT NULL OR (SELECT $7::timestamptz) IS NOT NULL)
          AND instance_serial = (SELECT instance_serial FROM home)
          AND event_at >= coalesce((SELECT $6::timestamptz), '-infinity')
          AND event_at < coalesce((SELECT $7::timestamptz), 'infinity')
        ORDER BY event_at
        LIMIT (SELECT 10001)
    )
), few AS (
    SELECT $5::text <> '' OR ((SELECT $6::timestamptz) IS NOT NULL OR (SELECT $7::timestamptz) IS NOT NULL) AND count(*) <= 10000 AS yes
    FROM picked
), near AS (
    SELECT delivery_serial
    FROM picked
    CROSS JOIN LATERAL (
        SELECT delivery_serial
        FROM merchant_webhooks.delivery
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND event_serial = picked.event_serial
          AND ((SELECT $2::text) = '' OR webhook_serial = (SELECT webhook_serial FROM hook))
          AND ((SELECT $3::text) = '' OR state = (SELECT $3::text))
          AND delivery_serial > (SELECT $8::bigint)
        OFFSET 0
    ) AS delivery
    WHERE (SELECT yes FROM few)
      AND ((SELECT $4::text) = '' OR event_type = (SELECT $4::text))
      AND event_at >= coalesce((SELECT $6::timestamptz), '-infinity')
      AND event_at < coalesce((SELECT $7::timestamptz), 'infinity')
    ORDER BY delivery_serial
    LIMIT (SELECT $9::bigint)
)`

// ofEvent judges a delivery d by its event, which is only looked up where it is
// asked for.
const ofEvent = `CASE
            WHEN (SELECT $4::text) = '' AND (SELECT $6::timestamptz) IS NULL AND (SELECT $7::timestamptz) IS NULL THEN true
            ELSE (
                SELECT ((SELECT $4::text) = '' OR event_type = (SELECT $4::text))
                    AND event_at >= coalesce((SELECT $6::timestamptz), '-infinity')
                    AND event_at < coalesce((SELECT $7::timestamptz), 'infinity')
                FROM merchant_webhooks.event
                WHERE instance_serial = d.instance_serial AND event_serial = d.event_serial
            )
        END`

const walkInstanceSQL = `, walked AS (
    SELECT delivery_serial
    FROM merchant_webhooks.delivery AS d
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND ((SELECT $3::text) = '' OR state = (SELECT $3::text))
      AND delivery_serial > (SELECT $8::bigint)
      AND ` + ofEvent + `
    ORDER BY delivery_serial
    LIMIT CASE WHEN (SELECT yes FROM few) THEN 0 ELSE $9::bigint END
)`

const walkWebhookSQL = `, walked AS (
    SELECT delivery_serial
    FROM merchant_webhooks.delivery AS d
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_serial = (SELECT webhook_serial FROM hook)
      AND ((SELECT $3::text) = '' OR state = (SELECT $3::text))
      AND delivery_serial > (SELECT $8::bigint)
      AND ` + ofEvent + `
    ORDER BY delivery_serial
    LIMIT CASE WHEN (SELECT yes FROM few) THEN 0 ELSE $9::bigint END
)`

// walkPendingSQL takes the first of each webhook, and of these the first: an
// instance has no index of all that wait, which each delivery would have to go
// into and out of.
const walkPendingSQL = `, hooks AS (
    SELECT webhook_serial
    FROM hook
    UNION ALL
    SELECT webhook_serial
    FROM merchant_webhooks.webhook
    WHERE (SELECT $2::text) = ''
      AND instance_serial = (SELECT instance_serial FROM home)
), walked AS (
    SELECT delivery_serial
    FROM hooks
    CROSS JOIN LATERAL (
        SELECT delivery_serial
        FROM merchant_webhooks.delivery AS d
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND webhook_serial = hooks.webhook_serial
          AND state = 'pending'
          AND delivery_serial > (SELECT $8::bigint)
          AND ` + ofEvent + `
        ORDER BY delivery_serial
        LIMIT CASE WHEN (SELECT yes FROM few) THEN 0 ELSE $9::bigint END
    ) AS delivery
    ORDER BY delivery_serial
    LIMIT (SELECT $9::bigint)
)`

var walkSQL = [walks]string{
	walkInstance: walkInstanceSQL,
	walkWebhook:  walkWebhookSQL,
	walkPending:  walkPendingSQL,
	walkFailed:   strings.ReplaceAll(walkPendingSQL, "'pending'", "'failed'"),
}

// pageOfWalkedSQL answers with at least one row, of the serial 0 where the page
// is empty. Each delivery is looked up by itself: the planner takes a page for a
// tenth of the table, and would read the whole of it.
const pageOfWalkedSQL = `, page AS (
    SELECT delivery_serial
    FROM walked
    UNION ALL
    SELECT delivery_serial
    FROM near
)
SELECT CASE
        WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
        WHEN (SELECT $2::text) <> '' AND NOT EXISTS (SELECT FROM hook) THEN 'unknown webhook'
        ELSE 'found'
    END,` + deliveryColumns + `
FROM (SELECT) AS answer
LEFT JOIN page ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.delivery
    WHERE instance_serial = (SELECT instance_serial FROM home) AND delivery_serial = page.delivery_serial
    LIMIT 1
) AS d ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.event
    WHERE instance_serial = d.instance_serial AND event_serial = d.event_serial
    LIMIT 1
) AS e ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM merchant_webhooks.webhook
    WHERE instance_serial = d.instance_serial AND webhook_serial = d.webhook_serial
    LIMIT 1
) AS w ON true
ORDER BY delivery_serial`

const countOfWalkedSQL = `, counted AS (
    SELECT
    FROM walked
    UNION ALL
    SELECT
    FROM near
    LIMIT $9::bigint
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN (SELECT $2::text) <> '' AND NOT EXISTS (SELECT FROM hook) THEN 'unknown webhook'
    ELSE 'found'
END, (SELECT count(*) FROM counted)`
