package migrations

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// addDeliveries stores an event, a delivery and an attempt for each webhook.
func addDeliveries(t testing.TB, db *sql.DB) {
	t.Helper()
	do(t, db, `
WITH hook AS (
    SELECT instance_serial, webhook_serial, version FROM merchant_webhooks.webhook
), happened AS (
    INSERT INTO merchant_webhooks.event (instance_serial, event_type, event_at, order_id, data)
    SELECT instance_serial, 'pay', now(), '2026-1', '{}' FROM hook
    RETURNING instance_serial, event_serial
), made AS (
    INSERT INTO merchant_webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, body)
    SELECT instance_serial, webhook_serial, event_serial, 'a', version, 'POST', 'https://erp.example.com/', 'erp.example.com:443', '', ''
    FROM hook JOIN happened USING (instance_serial)
    RETURNING instance_serial, delivery_serial
)
INSERT INTO merchant_webhooks.delivery_attempt (instance_serial, delivery_serial, number, at, duration_ms, url)
SELECT instance_serial, delivery_serial, 1, now(), 5, 'https://erp.example.com/' FROM made`)
}

// TestH3SecretsOfOldWebhooks: each webhook of the first version gets a secret of
// its own, once.
func TestH3SecretsOfOldWebhooks(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	do(t, db, "CREATE SCHEMA merchant_webhooks")
	m := library(t, db, Files)
	if err := m.Steps(1); err != nil {
		t.Fatal(err)
	}
	do(t, db, "INSERT INTO merchant_webhooks.instance (instance_id) VALUES ('admin')")
	addData(t, db)
	usual().must(t, db)
	const secrets = "SELECT string_agg(encode(secret, 'hex'), ' ' ORDER BY webhook_serial) FROM merchant_webhooks.webhook"
	got := read[string](t, db, secrets)
	for _, secret := range strings.Fields(got) {
		if len(secret) != 66 || !strings.HasPrefix(secret, "00") {
			t.Errorf("a secret is %s", secret)
		}
	}
	if first, second, _ := strings.Cut(got, " "); first == second || second == "" {
		t.Errorf("the secrets are %s", got)
	}
	do(t, db, "UPDATE merchant_webhooks.schema_migrations SET dirty = true")
	usual().must(t, db)
	if again := read[string](t, db, secrets); again != got {
		t.Errorf("run again, they are %s", again)
	}
	// A program of the version before knows no secret.
	do(t, db, `INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method)
SELECT instance_serial, 'old', 'pay', 'https://erp.example.com/', 'POST' FROM merchant_webhooks.instance`)
	if n := read[int](t, db, "SELECT count(DISTINCT secret) FROM merchant_webhooks.webhook"); n != 4 {
		t.Errorf("of 4 webhooks %d have a secret of their own", n)
	}
}

// TestDeliveryConstraints changes one column of a row that is fine.
func TestDeliveryConstraints(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	addData(t, db)
	addDeliveries(t, db)
	const fine = ""
	x := strings.Repeat
	for _, c := range []struct{ table, set, constraint string }{
		{"webhook", "paused_at = now(), paused_reason = 'hand'", fine},
		{"webhook", "paused_at = now(), paused_reason = 'failing'", fine},
		{"webhook", "paused_at = now(), paused_reason = 'gone'", fine},
		{"webhook", "paused_at = now(), paused_reason = 'other'", "paused_reason_known"},
		{"webhook", "paused_at = now()", "paused_whole"},
		{"webhook", "paused_reason = 'hand'", "paused_whole"},
		{"event", "event_type = 'Pay'", "event_type_form"},
		{"event", "event_type = 'shop.order_2'", fine},
		{"event", "order_id = NULL", fine},
		{"event", "order_id = '" + x("x", 255) + "'", fine},
		{"event", "order_id = ''", "order_id_length"},
		{"event", "order_id = '" + x("ü", 128) + "'", "order_id_length"},
		{"delivery", "state = 'delivered', finished_at = now()", fine},
		{"delivery", "state = 'failed', finished_at = now(), failure = ''", fine},
		{"delivery", "state = 'done', finished_at = now()", "state_known"},
		{"delivery", "state = 'delivered'", "finished_whole"},
		{"delivery", "finished_at = now()", "finished_whole"},
		{"delivery", "state = 'failed', finished_at = now()", "failure_whole"},
		{"delivery", "failure = ''", "failure_whole"},
		{"delivery", "lane = 2", fine},
		{"delivery", "lane = 3", "lane_known"},
		{"delivery", "lane = -1", "lane_known"},
		{"delivery", "sending_since = now()", fine},
		{"delivery", "sending_since = now(), lane = 1", "sending_whole"},
		{"delivery", "sending_since = now(), lane = 2", "sending_whole"},
		{"delivery", "sending_since = now(), state = 'delivered', finished_at = now()", "sending_whole"},
	} {
		t.Run(c.table+" "+c.set[:min(len(c.set), 60)], func(t *testing.T) {
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			_, err = tx.Exec("UPDATE merchant_webhooks." + c.table + " SET " + c.set)
			said := (*pq.Error)(nil)
			switch {
			case c.constraint == fine && err != nil:
				t.Error(err)
			case c.constraint != fine && (!errors.As(err, &said) || said.Code != "23514" || said.Constraint != c.constraint):
				t.Errorf("the error is %v, want %s", err, c.constraint)
			}
		})
	}
}

// TestH4RemovedDeliveries: what is a webhook's goes with it, and what is an
// instance's with that.
func TestH4RemovedDeliveries(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	addData(t, db)
	addDeliveries(t, db)
	counts := func() string {
		return read[string](t, db, `SELECT concat_ws(' ', (SELECT count(*) FROM merchant_webhooks.event),
(SELECT count(*) FROM merchant_webhooks.delivery), (SELECT count(*) FROM merchant_webhooks.delivery_attempt))`)
	}
	for _, step := range []struct{ remove, want string }{
		{"DELETE FROM merchant_webhooks.webhook WHERE instance_serial = (SELECT min(instance_serial) FROM merchant_webhooks.instance)", "2 1 1"},
		{"DELETE FROM merchant_webhooks.instance WHERE instance_id = 'sandbox'", "1 0 0"},
		{"DELETE FROM merchant_webhooks.instance", "0 0 0"},
	} {
		do(t, db, step.remove)
		if got := counts(); got != step.want {
			t.Errorf("left are %s, want %s: %s", got, step.want, step.remove)
		}
	}
}
