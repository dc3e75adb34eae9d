package repo

import (
	"context"
	"database/sql"

	"github.com/lib/pq"
)

// recordManySQL is recordSQL for the usual case, that a webhook's account stays
// as it is: what failed was failing before, and what was sent was not. It waits
// for nobody, since it holds others meanwhile. Places say what it recorded.
const recordManySQL = `
WITH held AS (
    SELECT asked.*, d.tries
    FROM unnest((SELECT $1::bigint[]), $2::bigint[], $3::int[], $4::bigint[], $5::int[], $6::text[], $7::text[], $8::text[],
        $9::int[], $10::text[], $11::text[], $12::text[], $13::bytea[], $14::text[], $15::bigint[], $16::text[], $17::bigint[])
        WITH ORDINALITY
        AS asked (instance_serial, delivery_serial, number, at, duration_ms, url, address, signature,
            status, error, detail, answer_headers, answer, fate, wait, failure, pause_after, place)
    CROSS JOIN LATERAL (
        SELECT webhook_serial, state, sending_since, attempt_count, tries
        FROM merchant_webhooks.delivery
        WHERE instance_serial = asked.instance_serial AND delivery_serial = asked.delivery_serial
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS d
    WHERE d.state = 'pending' AND d.sending_since IS NOT NULL AND d.attempt_count + 1 = asked.number
      AND (
        SELECT w.paused_at IS NULL AND CASE asked.fate
            WHEN 'delivered' THEN w.failing_since IS NULL
            WHEN 'failed' THEN w.failed_at >= now() - interval '1 minute' AND w.failing_since > CASE WHEN pause_after > 0 THEN now() - pause_after * interval '1 microsecond' ELSE '-infinity' END
        END
        FROM merchant_webhooks.webhook AS w
        WHERE w.instance_serial = asked.instance_serial AND w.webhook_serial = d.webhook_serial
      )
), recorded AS (
    UPDATE merchant_webhooks.delivery AS d
    SET attempt_count = held.number, tries = held.tries + 1, sending_since = NULL, is_forced = false,
        last_status = nullif(held.status, 0), last_error = nullif(held.error, ''),
        state = CASE WHEN held.fate = 'delivered' THEN 'delivered' WHEN held.failure <> '' THEN 'failed' ELSE 'pending' END,
        finished_at = CASE WHEN held.fate = 'delivered' OR held.failure <> '' THEN now() END,
        failure = CASE WHEN held.fate <> 'delivered' THEN nullif(held.failure, '') END,
        due_at = CASE WHEN held.fate = 'delivered' OR held.failure <> '' THEN d.due_at ELSE now() + held.wait * interval '1 microsecond' END
    FROM held
    WHERE d.instance_serial = held.instance_serial AND d.delivery_serial = held.delivery_serial
    RETURNING held.*
), noted AS (
    INSERT INTO merchant_webhooks.delivery_attempt
        (instance_serial, delivery_serial, number, at, duration_ms, url, address, signature,
        status, error, detail, answer_headers, answer)
    SELECT instance_serial, delivery_serial, number, 'epoch'::timestamptz + at * interval '1 microsecond', duration_ms, url,
        nullif(address, ''), nullif(signature, ''), nullif(status, 0), nullif(error, ''), nullif(detail, ''),
        nullif(answer_headers, ''), CASE WHEN status > 0 THEN answer END
    FROM recorded
)
SELECT place
FROM recorded`

// An Outcome is a claim, and what came of it.
type Outcome struct {
	Claim
	Result
}

// RecordMany is Record for several, in one round trip. It reports which it has
// recorded; for the others, whose webhooks' accounts change, or which somebody
// else holds at the moment or for good, Record is to be asked.
func (r *Repo) RecordMany(ctx context.Context, outcomes []Outcome) ([]bool, error) {
	args := outcomeRows(outcomes)
	done := make([]bool, len(outcomes))
	err := r.run(ctx, recording, func() error {
		clear(done)
		return r.each(ctx, nil, r.delivery.recordMany, args, func(rows *sql.Rows) error {
			var place int
			err := rows.Scan(&place)
			if err == nil {
				done[place-1] = true
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// outcomeRows are the arguments of recordManySQL, a row's values in turn.
func outcomeRows(outcomes []Outcome) []any {
	n := len(outcomes)
	numbers := func() pq.Int64Array { return make(pq.Int64Array, n) }
	texts := func() pq.StringArray { return make(pq.StringArray, n) }
	instances, deliveries, attempts, times, durations := numbers(), numbers(), numbers(), numbers(), numbers()
	urls, addresses, signatures, errs, details, headers, failures := texts(), texts(), texts(), texts(), texts(), texts(), texts()
	statuses, waits, pauses := numbers(), numbers(), numbers()
	answers, fates := make(pq.ByteaArray, n), texts()
	for i, o := range outcomes {
		instances[i], deliveries[i], attempts[i] = o.Key.Instance, o.Delivery, int64(o.Number)
		times[i], durations[i] = o.At.UnixMicro(), o.Duration.Milliseconds()
		urls[i], addresses[i], signatures[i] = printed(o.URL), printed(o.Address), printed(o.Signature)
		statuses[i], details[i], headers[i], answers[i] = int64(o.Status), printed(o.Detail), printed(o.AnswerHeaders), o.Answer
		if !o.Error.IsZero() {
			errs[i] = o.Error.Encode()
		}
		if o.isFinal() {
			failures[i] = o.Failure.Encode()
		}
		fates[i], waits[i], pauses[i] = o.fate(), micros(o.Wait), micros(o.PauseAfter)
	}
	return []any{
		instances, deliveries, attempts, times, durations, urls, addresses, signatures,
		statuses, errs, details, headers, answers, fates, waits, failures, pauses,
	}
}
