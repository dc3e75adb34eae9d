package repo

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A Listener is a webhook that an event is to be told to.
type Listener struct {
	webhook.Webhook
	Serial int64
	// Version is the version column alone, not Stored.Version.
	Version  int64
	IsPaused bool
	// IsBeyond says that Emit's limit of webhooks was reached before it; then it
	// has no templates.
	IsBeyond bool
}

// listenersSQL gives no row for an unknown instance, and one of nulls where
// nobody listens; then nothing is locked. The locks are those that the foreign
// keys of the deliveries will take, in the order of a removal: so nothing can be
// removed until the transaction ends, and its inserts can not fail.
//
// The event type is a range of one, and ordered by, so that only the index on it
// can give the order: by another, all webhooks of the instance would be read.
const listenersSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), locked AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND (
        SELECT webhook_serial
        FROM merchant_webhooks.webhook
        WHERE instance_serial = (SELECT instance_serial FROM home)
          AND event_type >= $2::text AND event_type <= $2::text
        ORDER BY event_type, webhook_serial
        LIMIT 1
      ) IS NOT NULL
    FOR KEY SHARE
), listening AS (
    SELECT webhook_serial, version, webhook_id, url, http_method, header_template, body_template, paused_at
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM locked)
      AND event_type >= $2::text AND event_type <= $2::text
    ORDER BY event_type, webhook_serial
    FOR KEY SHARE
), numbered AS (
    SELECT *, row_number() OVER (ORDER BY webhook_serial) > $3::bigint AS is_beyond
    FROM listening
)
SELECT home.instance_serial, coalesce(webhook_serial, 0), coalesce(version, 0), coalesce(webhook_id, ''),
    coalesce(url, ''), coalesce(http_method, ''),
    CASE WHEN is_beyond THEN '' ELSE coalesce(header_template, '') END,
    CASE WHEN is_beyond THEN '' ELSE coalesce(body_template, '') END,
    paused_at IS NOT NULL, coalesce(is_beyond, false)
FROM home
LEFT JOIN numbered ON true
ORDER BY webhook_serial`

// Listeners finds the webhooks of an instance for an event type, oldest first,
// in the host's transaction, in one round trip. Problems: CodeInstanceUnknown,
// and the transaction can go on. What it finds can not be removed before the
// transaction ends.
//
// A statement that is not prepared yet runs unprepared: a transaction must not
// wait for a second connection.
func (r *Repo) Listeners(ctx context.Context, tx *sql.Tx, instance, eventType string, most int) (instanceSerial int64, _ []Listener, err error) {
	var ls []Listener
	err = r.within(ctx, tx, r.delivery.listeners, []any{instance, eventType, most}, func(rows *sql.Rows) error {
		l := Listener{Webhook: webhook.Webhook{EventType: eventType}}
		err := rows.Scan(&instanceSerial, &l.Serial, &l.Version, &l.ID, &l.URL, &l.HTTPMethod,
			&l.HeaderTemplate, &l.BodyTemplate, &l.IsPaused, &l.IsBeyond)
		if l.Serial != 0 {
			ls = append(ls, l)
		}
		return err
	})
	if err == nil && instanceSerial == 0 {
		err = unknownInstance.otherwise(instance, "")
	}
	if err != nil {
		return 0, nil, emitting.problem(ctx, err)
	}
	return instanceSerial, ls, nil
}

// A NewDelivery is one to be stored.
type NewDelivery struct {
	Webhook int64 // its serial
	Version int64
	Request webhook.Request
	// Failure is why it can not be sent, the zero Message: it can.
	Failure webhook.Message
	IsHeld  bool // its webhook is paused
	Nonce   string
}

// A NewEvent is one to be stored.
type NewEvent struct {
	Instance int64 // its serial
	webhook.Prepared
	IsTest      bool
	Traceparent string
}

// NewJobs says what River's jobs for new deliveries are like; without a Kind
// none are made.
type NewJobs struct {
	Kind        string
	MaxAttempts int
	ScheduledAt time.Time
	// Behind are receivers whose jobs have the priority BehindPriority; River's
	// usual one is 1, and 1 goes first.
	Behind         []string
	BehindPriority int
	// Notify tells River's listeners (pg_notify) when the transaction commits.
	Notify bool
}

// addDeliveriesSQL numbers the deliveries in the order of the arrays. A failed
// one has no headers and no body; what can be sent now has a job, a row as
// River's own client makes it: by that it were two more round trips.
const addDeliveriesSQL = `
WITH happened AS (
    INSERT INTO merchant_webhooks.event
        (instance_serial, event_type, event_at, order_id, is_test, data, traceparent)
    VALUES ($1::bigint, $2::text, coalesce($3::timestamptz, now()), $4::text, $5::boolean, $6::text, $7::text)
    RETURNING event_serial
), made AS (
    INSERT INTO merchant_webhooks.delivery
        (instance_serial, event_serial, webhook_serial, webhook_version, nonce, http_method, url, receiver,
        headers, body, lane, is_forced, state, failure, finished_at)
    SELECT $1::bigint, event_serial, d.webhook_serial, d.webhook_version, d.nonce, d.http_method, d.url, d.receiver,
        CASE WHEN d.failure IS NULL THEN d.headers END, CASE WHEN d.failure IS NULL THEN d.body END,
        CASE WHEN d.is_held AND d.failure IS NULL AND NOT $5::boolean THEN 2 ELSE 0 END, $5::boolean,
        CASE WHEN d.failure IS NULL THEN 'pending' ELSE 'failed' END,
        d.failure, CASE WHEN d.failure IS NOT NULL THEN now() END
    FROM happened
    CROSS JOIN unnest($8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[],
        $14::text[], $15::bytea[], $16::boolean[], $17::text[]) WITH ORDINALITY
        AS d (webhook_serial, webhook_version, nonce, http_method, url, receiver, headers, body, is_held, failure, place)
    ORDER BY d.place
    RETURNING delivery_serial, receiver, state, lane
), queued AS (
    INSERT INTO merchant_webhooks.river_job (kind, args, max_attempts, priority, scheduled_at)
    SELECT $19::text, jsonb_build_object('instance_serial', $1::bigint, 'delivery_serial', delivery_serial), $20::smallint,
        CASE WHEN receiver = ANY ($21::text[]) THEN $23::smallint ELSE 1 END, $22::timestamptz
    FROM made
    WHERE state = 'pending' AND lane = 0 AND $19::text <> ''
    ORDER BY delivery_serial
)
SELECT delivery_serial, (SELECT pg_notify($18::text, '{"queue":"default"}') WHERE $18::text <> '')
FROM made
ORDER BY delivery_serial`

// AddDeliveries stores an event, its deliveries, and jobs for those that can be
// sent now in the host's transaction, in one round trip. It gives the keys, in
// the order of ds. Deliveries of a test event are forced, and a pause does not
// hold them.
//
// Problems: CodeWebhookUnknown if a webhook or the instance was removed, which
// Listeners in the same transaction rules out; a transaction that it fails in
// can not go on.
func (r *Repo) AddDeliveries(ctx context.Context, tx *sql.Tx, ev NewEvent, ds []NewDelivery, jobs NewJobs) ([]Key, error) {
	keys := make([]Key, 0, len(ds))
	err := r.within(ctx, tx, r.delivery.addDeliveries, r.newRows(ev, ds, jobs), func(rows *sql.Rows) error {
		key, void := Key{Instance: ev.Instance}, sql.RawBytes{}
		err := rows.Scan(&key.Delivery, &void)
		keys = append(keys, key)
		return err
	})
	if isOrphaned(err) {
		err = &webhook.Problem{Code: webhook.CodeWebhookUnknown, Cause: err}
	}
	if err != nil {
		return nil, emitting.problem(ctx, err)
	}
	return keys, nil
}

// riverInsert is the end of the channel on which River's clients say that there
// are new jobs.
const riverInsert = ".river_insert"

// newRows are the arguments of addDeliveriesSQL.
func (r *Repo) newRows(ev NewEvent, ds []NewDelivery, jobs NewJobs) []any {
	n := len(ds)
	webhooks, versions := make(pq.Int64Array, n), make(pq.Int64Array, n)
	nonces, methods, urls := make(pq.StringArray, n), make(pq.StringArray, n), make(pq.StringArray, n)
	receivers, headers := make(pq.StringArray, n), make(pq.StringArray, n)
	bodies, held, failures := make(pq.ByteaArray, n), make(pq.BoolArray, n), make([]sql.NullString, n)
	for i, d := range ds {
		webhooks[i], versions[i], nonces[i], held[i] = d.Webhook, d.Version, d.Nonce, d.IsHeld
		methods[i], urls[i], receivers[i] = d.Request.Method, d.Request.URL, d.Request.Receiver
		if d.Failure.IsZero() {
			headers[i], bodies[i] = webhook.HeaderLines(d.Request.Headers), d.Request.Body
		} else {
			failures[i] = sql.NullString{String: d.Failure.Encode(), Valid: true}
		}
	}
	channel := ""
	if jobs.Notify && len(r.schema) < 64-len(riverInsert) { // a longer channel is an error, which River has no use for
		channel = r.schema + riverInsert
	}
	return []any{
		ev.Instance, ev.Type,
		sql.NullTime{Time: ev.At, Valid: !ev.At.IsZero()},
		orNull(ev.OrderID), ev.IsTest,
		string(ev.JSON), orNull(ev.Traceparent),
		webhooks, versions, nonces, methods, urls, receivers, headers, bodies, held, pq.Array(failures), channel,
		jobs.Kind, jobs.MaxAttempts, pq.StringArray(jobs.Behind), jobs.ScheduledAt, jobs.BehindPriority,
	}
}

// PrepareEmit prepares what Emit runs in the host's transactions. Migrate's last
// step; with Options.Unprepared it does nothing.
func (r *Repo) PrepareEmit(ctx context.Context) error {
	if err := r.prepareAll(ctx, r.delivery.listeners, r.delivery.addDeliveries); err != nil {
		return operation{"prepare", webhook.CodeDBStartFailed}.problem(ctx, err)
	}
	return nil
}

// within runs a statement in the host's transaction, which may be of another pool
// than ours.
func (r *Repo) within(ctx context.Context, tx *sql.Tx, s *statement, args []any, scan func(*sql.Rows) error) error {
	rows, err := r.query(ctx, tx, s, args)
	if err != nil && strings.Contains(err.Error(), "different database") {
		rows, err = tx.QueryContext(ctx, s.text, args...)
	}
	if err != nil {
		return err
	}
	return readAll(rows, scan)
}
