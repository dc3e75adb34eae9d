package repo

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A filing is a delivery that a test files, with what it does not say of sample,
// in the instance admin.
type filing struct {
	instance, hook, event, order string
	at                           time.Time
	set                          string // columns of the delivery, as UPDATE sets them
}

// What makes a filing one that is over.
const (
	isDelivered = `state = 'delivered', finished_at = now(), last_status = 200, attempt_count = 1, tries = 1`
	isFailed    = `state = 'failed', finished_at = now(), last_status = 503, attempt_count = 10, tries = 10, failure = '{"key":"given.up"}'`
	isNotMade   = `state = 'failed', finished_at = now(), failure = '{"key":"delivery.body_not_made"}', headers = NULL, body = NULL`
)

// file stores an event and a delivery of it, and gives its key and its ID.
func file(t testing.TB, r *Repo, f filing) (k Key, id string) {
	t.Helper()
	at := f.at
	if at.IsZero() {
		at = time.Now()
	}
	var row struct {
		Instance int64  `db:"instance_serial"`
		Delivery int64  `db:"delivery_serial"`
		ID       string `db:"id"`
	}
	err := r.db.Get(&row, `
		WITH hook AS (
			SELECT instance_serial, webhook_serial, version
			FROM merchant_webhooks.webhook JOIN merchant_webhooks.instance USING (instance_serial)
			WHERE instance_id = $1 AND webhook_id = $2
		), happened AS (
			INSERT INTO merchant_webhooks.event (instance_serial, event_type, order_id, event_at, data)
			SELECT instance_serial, $3, nullif($4, ''), $5, '{"order_id":"' || $4 || '"}' FROM hook
			RETURNING event_serial
		)
		INSERT INTO merchant_webhooks.delivery
			(instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, body)
		SELECT instance_serial, webhook_serial, event_serial, '0123456789abcdef', version,
			'POST', 'https://shop.example/hooks', 'shop.example:443', E'Content-Type: application/json\nAuthorization: hunter2\n', $6
		FROM hook, happened
		RETURNING instance_serial, delivery_serial, 'msg_' || delivery_serial || '_' || nonce AS id`,
		cmp.Or(f.instance, "admin"), cmp.Or(f.hook, sample.ID), cmp.Or(f.event, "pay"), f.order, at,
		[]byte(fmt.Sprintf(`{"order": %q}`, f.order)))
	if err != nil {
		t.Fatal(err)
	}
	k = Key{row.Instance, row.Delivery}
	if f.set != "" {
		set(t, r, k, f.set)
	}
	return k, row.ID
}

// set changes columns of a delivery.
func set(t testing.TB, r *Repo, k Key, columns string) {
	t.Helper()
	_, err := r.db.Exec(`UPDATE merchant_webhooks.delivery SET `+columns+` WHERE instance_serial = $1 AND delivery_serial = $2`, k.Instance, k.Delivery)
	if err != nil {
		t.Fatal(err)
	}
}

// tried stores an attempt of a delivery.
func tried(t testing.TB, r *Repo, k Key, number int, at time.Time, answer string) {
	t.Helper()
	r.db.MustExec(`
		INSERT INTO merchant_webhooks.delivery_attempt
			(instance_serial, delivery_serial, number, at, duration_ms, url, address, signature, status, error, detail, answer_headers, answer)
		VALUES ($1, $2, $3, $4, 1500, 'https://shop.example/hooks', '192.0.2.1:443', 'v1,abc', 503, $5, 'in technical words', E'Server: x\n', $6)`,
		k.Instance, k.Delivery, number, at, webhook.Say("attempt.timeout", "seconds", 15).Encode(), []byte(answer))
}

// A state is what a delivery is in.
type state struct {
	State    string `db:"state"`
	Lane     int    `db:"lane"`
	Forced   bool   `db:"is_forced"`
	Tries    int    `db:"tries"`
	Finished bool   `db:"finished"`
	Failure  string `db:"failure"`
	Due      bool   `db:"due"`
	Body     string `db:"body"`
}

// stateOf reads it; a body that is null is -.
func stateOf(t testing.TB, r *Repo, k Key) (s state) {
	t.Helper()
	err := r.db.Get(&s, `
		SELECT state, lane, is_forced, tries, finished_at IS NOT NULL AS finished, coalesce(failure, '') AS failure,
			due_at <= now() AS due, coalesce(convert_from(body, 'UTF8'), '-') AS body
		FROM merchant_webhooks.delivery
		WHERE instance_serial = $1 AND delivery_serial = $2`, k.Instance, k.Delivery)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantDelivery checks that an error says that there is no such delivery.
func wantDelivery(t testing.TB, err error, id string) {
	t.Helper()
	want(t, err, webhook.CodeEndpointUnknown, id)
	wantMessage(t, err, "delivery.unknown")
}

// near tells that two times are less than a minute apart.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < time.Minute }

// wantMessage checks the message of a Problem.
func wantMessage(t testing.TB, err error, key string) {
	t.Helper()
	problem := (*webhook.Problem)(nil)
	if !errors.As(err, &problem) || problem.Message.Key != key {
		t.Errorf("%v does not say %s", err, key)
		return
	}
	if said := problem.Message.English(); strings.ContainsAny(said, "{}") {
		t.Errorf("%q lacks a value", said)
	}
}

// crowd files n deliveries at once, one event a second until now, with an order
// for each ten.
func crowd(t testing.TB, r *Repo, instance, hook string, n int, columns string) {
	t.Helper()
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SET LOCAL session_replication_role = replica`) // no foreign key is looked up: they are from joins
	tx.MustExec(`
		CREATE TEMPORARY TABLE filed ON COMMIT DROP AS
		SELECT instance_serial, webhook_serial, version
		FROM merchant_webhooks.webhook JOIN merchant_webhooks.instance USING (instance_serial)
		WHERE instance_id = $1 AND webhook_id = $2`, instance, hook)
	tx.MustExec(`
		WITH happened AS (
			INSERT INTO merchant_webhooks.event (instance_serial, event_type, order_id, event_at, data)
			SELECT instance_serial, 'pay', $2 || '-' || g / 10, now() - ($1::int - g) * interval '1 second', '{"order_id":"o"}'
			FROM filed, generate_series(1, $1::int) AS g
			RETURNING event_serial
		)
		INSERT INTO merchant_webhooks.delivery
			(instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, body)
		SELECT instance_serial, webhook_serial, happened.event_serial, '0123456789abcdef', version,
			'POST', 'https://shop.example/hooks', 'shop.example:443', E'Content-Type: application/json\n', convert_to(repeat('x', 300), 'UTF8')
		FROM filed, happened
		ORDER BY happened.event_serial`, n, hook)
	if columns != "" {
		tx.MustExec(`
			UPDATE merchant_webhooks.delivery AS d SET ` + columns + `
			FROM filed WHERE d.instance_serial = filed.instance_serial AND d.webhook_serial = filed.webhook_serial`)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
