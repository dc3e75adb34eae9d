package repo

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// An Attempt is one try, and what came of it.
type Attempt struct {
	Number        int
	At            time.Time
	Duration      time.Duration
	URL, Address  string
	Signature     string
	Status        int             // 0: no answer
	Error         webhook.Message // why there is none
	Detail        string          // the same in technical words, without secrets
	AnswerHeaders string          // lines
	Answer        []byte          // at most 64 KiB
}

// A Result is what is to become of a delivery after an attempt.
type Result struct {
	Attempt
	Fate webhook.Fate
	// Wait is until the next try (TryAgain); GiveUp: there is none.
	Wait   time.Duration
	GiveUp bool
	// Failure is why it failed for good (Refused, Gone, GiveUp).
	Failure webhook.Message
	// PauseAfter is how long a webhook may fail before it is paused; 0: for ever.
	PauseAfter time.Duration
	// ProbeEvery is how long after such a pause the first probe comes. Defaults to
	// an hour.
	ProbeEvery time.Duration
}

// isFinal reports whether the delivery has failed for good.
func (r Result) isFinal() bool {
	return r.GiveUp || r.Fate == webhook.Refused || r.Fate == webhook.Gone
}

// fate is what the statements are told.
func (r Result) fate() string {
	switch r.Fate {
	case webhook.Delivered:
		return "delivered"
	case webhook.Gone:
		return "gone"
	}
	return "failed"
}

// A Change is a pause or a resume that a Record made.
type Change struct {
	Paused, Resumed bool
	Reason          string // of the pause: failing, gone
	Since           time.Time
	Waiting         int // deliveries that wait now
	Dropped         int // those that a resume failed
}

// recordSQL writes only if the delivery is still held by the attempt $3.
//
// A webhook's failures count from the first behind a success or a lull: nothing
// had failed for as long as it may fail, and longer than is waited between two
// tries. One of them a minute is noted.
//
// Nearly always it writes no webhook, so that no row is hot. Where it must, it
// locks the webhook before the delivery, as a delete of the webhook does, and
// judges once more what it finds then.
const recordSQL = `
WITH held AS (
    SELECT d.webhook_serial, e.is_test
    FROM merchant_webhooks.delivery AS d
    JOIN merchant_webhooks.event AS e
        ON e.instance_serial = d.instance_serial AND e.event_serial = d.event_serial
    WHERE d.instance_serial = $1::bigint AND d.delivery_serial = $2::bigint
      AND ` + isPending + ` AND ` + isHeld + ` AND d.attempt_count + 1 = $3::int
), asked AS (
    SELECT $13::text = 'delivered' AS is_good, $13::text = 'gone' AS is_gone,
        now() - $16::bigint * interval '1 microsecond' AS pause_before,
        now() - greatest($16::bigint * interval '1 microsecond', interval '2 days') AS lull
), account AS (
    SELECT webhook_serial,
        CASE
            WHEN is_good AND paused_reason = 'failing' THEN 'resumed'
            WHEN is_good THEN 'good'
            WHEN is_gone AND coalesce(paused_reason, 'failing') = 'failing' THEN 'gone'
            WHEN $16::bigint > 0 AND paused_at IS NULL AND failing_since <= pause_before AND failed_at >= lull THEN 'failing'
            ELSE 'bad'
        END AS becomes
    FROM merchant_webhooks.webhook CROSS JOIN asked
    WHERE instance_serial = $1::bigint
      AND webhook_serial = (SELECT webhook_serial FROM held WHERE NOT is_test)
      AND CASE
        WHEN is_good THEN failing_since IS NOT NULL OR paused_reason = 'failing'
        ELSE failing_since IS NULL OR failed_at < now() - interval '1 minute' OR is_gone
            OR $16::bigint > 0 AND paused_at IS NULL AND failing_since <= pause_before
        END
    FOR NO KEY UPDATE OF webhook
), recorded AS (
    UPDATE merchant_webhooks.delivery AS d
    SET attempt_count = d.attempt_count + 1,
        tries = d.tries + CASE WHEN d.is_forced AND w.paused_reason = 'failing' THEN 0 ELSE 1 END,
        sending_since = NULL, is_forced = false,
        last_status = $9::int, last_error = $10::text,
        state = CASE WHEN is_good THEN 'delivered' WHEN $15::text IS NOT NULL THEN 'failed' ELSE 'pending' END,
        finished_at = CASE WHEN is_good OR $15::text IS NOT NULL THEN now() END,
        failure = CASE WHEN NOT is_good THEN $15::text END,
        due_at = CASE WHEN is_good OR $15::text IS NOT NULL THEN d.due_at ELSE now() + $14::bigint * interval '1 microsecond' END,
        lane = CASE WHEN a.becomes = 'resumed' THEN 0 WHEN w.paused_at IS NOT NULL OR a.becomes IN ('failing', 'gone') THEN 2 ELSE 0 END
    FROM asked CROSS JOIN merchant_webhooks.webhook AS w LEFT JOIN account AS a ON true
    WHERE d.instance_serial = $1::bigint AND d.delivery_serial = $2::bigint
      AND w.instance_serial = $1::bigint AND w.webhook_serial = (SELECT webhook_serial FROM held)
      AND ` + isPending + ` AND ` + isHeld + ` AND d.attempt_count + 1 = $3::int
    RETURNING d.state
), noted AS (
    INSERT INTO merchant_webhooks.delivery_attempt
        (instance_serial, delivery_serial, number, at, duration_ms, url, address, signature,
        status, error, detail, answer_headers, answer)
    SELECT $1::bigint, $2::bigint, $3::int, $4::timestamptz, $5::int, $6::text, $7::text, $8::text,
        $9::int, $10::text, $11::text, $12::text, $17::bytea
    FROM recorded
), told AS (
    UPDATE merchant_webhooks.webhook AS w
    SET failing_since = CASE
            WHEN becomes IN ('good', 'resumed') THEN NULL
            WHEN w.failed_at >= lull THEN coalesce(w.failing_since, now())
            ELSE now()
        END,
        failed_at = CASE WHEN becomes IN ('good', 'resumed') THEN w.failed_at ELSE now() END,
        paused_at = CASE becomes WHEN 'resumed' THEN NULL WHEN 'failing' THEN now() WHEN 'gone' THEN now() ELSE w.paused_at END,
        paused_reason = CASE becomes WHEN 'resumed' THEN NULL WHEN 'failing' THEN 'failing' WHEN 'gone' THEN 'gone' ELSE w.paused_reason END,
        paused_after = CASE becomes WHEN 'resumed' THEN NULL WHEN 'failing' THEN $18::text WHEN 'gone' THEN $18::text ELSE w.paused_after END,
        probe_at = CASE becomes
            WHEN 'failing' THEN now() + $19::bigint * interval '1 microsecond'
            WHEN 'gone' THEN NULL WHEN 'resumed' THEN NULL ELSE w.probe_at
        END,
        resumed_at = CASE becomes WHEN 'resumed' THEN now() ELSE w.resumed_at END
    FROM asked, account, recorded
    WHERE w.instance_serial = $1::bigint AND w.webhook_serial = account.webhook_serial
    RETURNING w.webhook_serial, account.becomes
), woken AS (
    UPDATE merchant_webhooks.delivery AS d
    SET lane = 1, due_at = now()
    WHERE d.instance_serial = $1::bigint
      AND d.delivery_serial = ANY (ARRAY(
        SELECT delivery_serial
        FROM merchant_webhooks.delivery
        WHERE instance_serial = $1::bigint
          AND webhook_serial = (SELECT webhook_serial FROM told WHERE becomes = 'resumed')
          AND state = 'pending' AND lane = 2 AND delivery_serial <> $2::bigint
        ORDER BY delivery_serial
        LIMIT 10000
      ))
      AND d.state = 'pending' AND d.lane = 2
)
SELECT becomes, now(), (
        SELECT count(*) FROM (
            SELECT FROM merchant_webhooks.delivery AS d
            WHERE d.instance_serial = $1::bigint AND d.webhook_serial = told.webhook_serial
              AND d.state = 'pending' AND d.delivery_serial <> $2::bigint
            LIMIT 10001
        ) AS waiting
    ) + (SELECT count(*) FROM recorded WHERE state = 'pending')
FROM told
WHERE becomes IN ('resumed', 'failing', 'gone')`

// Record stores an attempt and its result, frees the claim, and keeps the
// webhook's account: failing_since and failed_at at a failure, nothing at a success but that
// it is cleared; a pause when it has failed for PauseAfter or is Gone (a webhook
// that is paused for failing becomes one that is gone); a resume when a delivery
// succeeds while it was paused for failing. Test events change no account. One
// round trip. A delivery that was deleted, or claimed by somebody else since
// (the number of the attempt differs), is nil and no Change.
//
// A try that a pause for failing would have held, such as a probe, is no step of
// the schedule. What is to be tried again is in lane 0, and needs a job, or in
// lane 2 if its webhook is paused. Of what the pause held the oldest 10,000 are in
// lane 1, due now: wake them; the rest is Sweep's to let go.
func (r *Repo) Record(ctx context.Context, c Claim, res Result) (Change, error) {
	var change Change
	var becomes string
	err := r.run(ctx, recording, func() error {
		change, becomes = Change{}, ""
		return r.each(ctx, nil, r.delivery.record, recordArgs(c.Key, res), func(rows *sql.Rows) error {
			return rows.Scan(&becomes, &change.Since, &change.Waiting)
		})
	})
	if err != nil {
		return Change{}, err
	}
	if change.Resumed = becomes == "resumed"; !change.Resumed {
		change.Paused, change.Reason = becomes != "", becomes
	}
	return change, nil
}

// recordArgs are the arguments of recordSQL.
func recordArgs(k Key, res Result) []any {
	failure := any(nil)
	if res.isFinal() {
		failure = res.Failure.Encode()
	}
	after, status := res.Error, any(nil)
	if res.Status != 0 {
		after, status = webhook.Say("attempt.answered", "status", webhook.StatusText(res.Status)), res.Status
	}
	at := res.At.Truncate(time.Microsecond) // PostgreSQL would round, into a second that was not signed
	return []any{
		k.Instance, k.Delivery, res.Number, at, res.Duration.Milliseconds(), printed(res.URL),
		orNull(printed(res.Address)), orNull(printed(res.Signature)), status, encoded(res.Error),
		orNull(printed(res.Detail)), orNull(printed(res.AnswerHeaders)),
		res.fate(), micros(res.Wait), failure, micros(res.PauseAfter), res.Answer,
		encoded(after), micros(cmp.Or(res.ProbeEvery, time.Hour)),
	}
}

// printed is what strangers wrote, as the database takes it.
func printed(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}
