package repo

import (
	"context"
	"database/sql"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A Claim is a delivery that this worker alone may send, until the lease is over.
type Claim struct {
	Key
	DeliveryID          string
	Instance, WebhookID string // names
	EventType           string
	EventAt             time.Time
	Traceparent         string
	QueuedAt            time.Time // by Emit or again by somebody; by this process's clock
	IsTest, IsForced    bool
	Request             webhook.Request
	Attempt             int // the number of this attempt, from 1
	Tries               int // counted tries of this round before this one
	// Secrets as stored: the webhook's, and the previous one while it is valid.
	Secrets [][]byte
	// Since is when it was claimed, by the database's clock, which tells it from
	// another one's later; AskedAt is before that, by this machine's: from then on it
	// lasts for a lease at least.
	Since, AskedAt time.Time
}

// A ClaimVerdict says what came of a claim.
type ClaimVerdict int

// What comes of a claim.
const (
	Claimed  ClaimVerdict = iota
	Finished              // not pending any more, or deleted
	NotYet                // due later: Wait says when
	Taken                 // another worker holds it: Wait says until when its lease lasts
	Held                  // its webhook is paused; it is in lane 2 now
)

// claimVerdicts are claimSQL's.
var claimVerdicts = map[verdict]ClaimVerdict{
	"claimed": Claimed, "finished": Finished, "not yet": NotYet, "taken": Taken, "held": Held,
}

// Whether a delivery that is found by its key is pending, and held by a worker.
// They are written so that no index of those looks like a shortcut past the
// primary key: when few are, it does, and stays in the plan when many are.
const (
	isPending = `d.state NOT IN ('delivered', 'failed')`
	isHeld    = `coalesce(d.sending_since, 'infinity') < 'infinity'`
)

// claimSQL writes the one row if nobody else has: of several at once the others
// wait for the first, and find it taken. Its snapshot says why nothing was
// written.
const claimSQL = `
WITH claimed AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = CASE WHEN d.is_forced OR w.paused_at IS NULL THEN 0 ELSE 2 END,
        sending_since = CASE WHEN d.is_forced OR w.paused_at IS NULL THEN now() END
    FROM merchant_webhooks.webhook AS w, merchant_webhooks.instance AS i, merchant_webhooks.event AS e
    WHERE d.instance_serial = $1::bigint AND d.delivery_serial = $2::bigint
      AND ` + isPending + ` AND d.sending_since IS NULL
      AND (d.due_at <= now() OR NOT d.is_forced AND w.paused_at IS NOT NULL)
      AND w.instance_serial = d.instance_serial AND w.webhook_serial = d.webhook_serial
      AND e.instance_serial = d.instance_serial AND e.event_serial = d.event_serial
      AND i.instance_serial = d.instance_serial
    RETURNING ` + claimReturns + `
), found AS (
    SELECT d.sending_since, d.due_at
    FROM merchant_webhooks.delivery AS d
    WHERE d.instance_serial = $1::bigint AND d.delivery_serial = $2::bigint
      AND ` + isPending + `
)
SELECT CASE
        WHEN c.lane = 0 THEN 'claimed'
        WHEN c.lane = 2 THEN 'held'
        WHEN f.due_at IS NULL THEN 'finished'
        WHEN f.sending_since IS NOT NULL THEN 'taken'
        WHEN f.due_at > now() THEN 'not yet'
        ELSE 'unseen'
    END,
    coalesce(extract(epoch FROM coalesce(f.sending_since + $3::bigint * interval '1 microsecond', f.due_at) - now()) * 1000000, 0)::bigint,
` + claimColumns + `
FROM (SELECT) AS one
LEFT JOIN claimed AS c ON true
LEFT JOIN found AS f ON true`

// claimReturns are what a claim needs of the rows that it joins.
const claimReturns = `d.instance_serial, d.delivery_serial, d.webhook_serial, 'msg_' || d.delivery_serial || '_' || d.nonce AS delivery_id,
        i.instance_id, w.webhook_id, e.event_type, e.event_at, e.traceparent,
        (extract(epoch FROM clock_timestamp() - d.queued_at) * 1000000)::bigint AS queued_for,
        e.is_test, d.is_forced, d.http_method, d.url, d.receiver, d.headers, d.body,
        d.attempt_count + 1 AS attempt, d.tries, w.secret,
        CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous_secret, d.lane, d.sending_since`

// claimColumns are those that scanClaim reads.
const claimColumns = `
    coalesce(c.instance_serial, 0), coalesce(c.delivery_serial, 0), coalesce(c.delivery_id, ''),
    coalesce(c.instance_id, ''), coalesce(c.webhook_id, ''), coalesce(c.event_type, ''),
    coalesce(c.event_at, 'epoch'), coalesce(c.traceparent, ''), coalesce(c.queued_for, 0),
    coalesce(c.is_test, false), coalesce(c.is_forced, false),
    coalesce(c.http_method, ''), coalesce(c.url, ''), coalesce(c.receiver, ''), coalesce(c.headers, ''), c.body,
    coalesce(c.attempt, 0), coalesce(c.tries, 0), c.secret, c.previous_secret, coalesce(c.sending_since, 'epoch')`

// Claim takes a delivery to send it, for at most lease, in one round trip.
// Parked deliveries can be claimed too (their lane becomes 0). A claim that is
// older than its lease is taken until Sweep voids it.
func (r *Repo) Claim(ctx context.Context, k Key, lease time.Duration) (c Claim, v ClaimVerdict, wait time.Duration, err error) {
	err = r.run(ctx, claiming, func() error {
		said, left, asked := unseen, int64(0), time.Now()
		err := r.each(ctx, nil, r.delivery.claim, []any{k.Instance, k.Delivery, micros(lease)}, func(rows *sql.Rows) (err error) {
			c, err = scanClaim(rows, asked, &said, &left)
			return err
		})
		known := false
		if v, known = claimVerdicts[said]; err == nil && !known {
			err = said.otherwise("", "")
		}
		wait = max(0, time.Duration(left)*time.Microsecond)
		return err
	})
	if v != Claimed {
		c = Claim{}
	}
	switch v {
	case NotYet:
	case Taken: // until it is voided
		wait = max(wait, time.Second)
	default:
		wait = 0
	}
	return c, v, wait, err
}

// scanClaim reads a claim that was asked for at a time, and what stands before it.
func scanClaim(rows *sql.Rows, asked time.Time, before ...any) (c Claim, err error) {
	var headers string
	var secret, previous []byte
	var queuedFor int64
	err = rows.Scan(append(before, &c.Key.Instance, &c.Delivery, &c.DeliveryID, &c.Instance, &c.WebhookID,
		&c.EventType, &c.EventAt, &c.Traceparent, &queuedFor, &c.IsTest, &c.IsForced,
		&c.Request.Method, &c.Request.URL, &c.Request.Receiver, &headers, &c.Request.Body,
		&c.Attempt, &c.Tries, &secret, &previous, &c.Since)...)
	if headers != "" {
		c.Request.Headers = webhook.ReadHeaderLines(headers)
	}
	c.AskedAt, c.QueuedAt = asked, time.Now().Add(-time.Duration(max(queuedFor, 0))*time.Microsecond)
	c.Secrets = [][]byte{secret}
	if previous != nil {
		c.Secrets = append(c.Secrets, previous)
	}
	return c, err
}

// claimNextSQL takes the first of a lane, or puts it into lane 2 if its webhook
// is paused, and with it the next 1,000 there of that webhook. Whether it is
// paused is asked behind the LIMIT, which so is one look into the index.
const claimNextSQL = `
WITH next AS (
    SELECT instance_serial, delivery_serial
    FROM merchant_webhooks.delivery
    WHERE receiver = $1::text AND state = 'pending' AND lane = 1
      AND due_at <= now() AND sending_since IS NULL
    ORDER BY due_at, delivery_serial
    LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
), c AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = CASE WHEN d.is_forced OR w.paused_at IS NULL THEN 0 ELSE 2 END,
        sending_since = CASE WHEN d.is_forced OR w.paused_at IS NULL THEN now() END
    FROM next, merchant_webhooks.webhook AS w, merchant_webhooks.instance AS i, merchant_webhooks.event AS e
    WHERE d.instance_serial = next.instance_serial AND d.delivery_serial = next.delivery_serial
      AND w.instance_serial = d.instance_serial AND w.webhook_serial = d.webhook_serial
      AND e.instance_serial = d.instance_serial AND e.event_serial = d.event_serial
      AND i.instance_serial = d.instance_serial
    RETURNING ` + claimReturns + `
), others AS (
    SELECT d.instance_serial, d.delivery_serial
    FROM c
    CROSS JOIN LATERAL (
        SELECT o.instance_serial, o.delivery_serial
        FROM merchant_webhooks.delivery AS o
        WHERE c.lane = 2 AND o.receiver = $1::text AND o.state = 'pending' AND o.lane = 1
          AND o.due_at <= now() AND o.sending_since IS NULL AND o.delivery_serial <> c.delivery_serial
          AND o.instance_serial = c.instance_serial AND o.webhook_serial = c.webhook_serial AND NOT o.is_forced
        ORDER BY o.due_at, o.delivery_serial
        LIMIT 1000
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS d
), held AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = 2
    FROM others
    WHERE d.instance_serial = others.instance_serial AND d.delivery_serial = others.delivery_serial
)
SELECT c.lane = 2,` + claimColumns + `
FROM c`

// ClaimNext takes the next delivery that is due in a receiver's lane, skipping
// those that others are taking (SKIP LOCKED); false: there is none. Those of
// paused webhooks go to lane 2 on the way, in a round trip for each 1,000 of a
// webhook. The lease is Sweep's to end.
func (r *Repo) ClaimNext(ctx context.Context, receiver string, lease time.Duration) (Claim, bool, error) {
	var c Claim
	var taken bool
	err := r.run(ctx, claiming, func() error {
		for held := true; held; {
			taken, held = false, false
			asked := time.Now()
			err := r.each(ctx, nil, r.delivery.claimNext, []any{receiver}, func(rows *sql.Rows) (err error) {
				c, err = scanClaim(rows, asked, &held)
				taken = !held
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !taken {
		return Claim{}, false, err
	}
	return c, true, nil
}

// parkSQL leaves one that need not wait its place in the lane. It frees this claim
// alone: one that comes late, as from a machine that stood still, or runs twice since
// the answer was lost, must not free another worker's.
const parkSQL = `
UPDATE merchant_webhooks.delivery AS d
SET lane = 1, sending_since = NULL,
    due_at = CASE WHEN $3::bigint > 0 THEN now() + $3::bigint * interval '1 microsecond' ELSE d.due_at END
WHERE d.instance_serial = $1::bigint AND d.delivery_serial = $2::bigint
  AND ` + isPending + ` AND coalesce(d.sending_since, 'infinity') = $4::timestamptz`

// Park gives a claim back unsent, into the lane of its receiver, due after wait;
// without a wait it keeps its place there. One that is another's by now is left
// alone.
func (r *Repo) Park(ctx context.Context, c Claim, wait time.Duration) error {
	return r.run(ctx, parking, func() error {
		return r.each(ctx, nil, r.delivery.park, []any{c.Key.Instance, c.Delivery, micros(wait), c.Since}, func(*sql.Rows) error { return nil })
	})
}
