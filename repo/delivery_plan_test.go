package repo

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// laden is skewed with deliveries: the big instance has 200,000 to its first
// 1,000 webhooks, most of them done, and 10,000 parked for one receiver, 10,000
// held by one pause; the others have 10 each.
func laden(t *testing.T) *Repo {
	t.Helper()
	r := skewed(t)
	r.db.MustExec(`
		INSERT INTO merchant_webhooks.event (instance_serial, event_type, event_at, created_at)
		SELECT instance_serial, 'pay', now(), now() - interval '1 day' FROM merchant_webhooks.instance, generate_series(1, 200000) AS g
		WHERE instance_id = 'big' OR instance_id IN ('before', 'after') AND g <= 10`)
	r.db.MustExec(`
		INSERT INTO merchant_webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version,
			http_method, url, receiver, headers, body, state, finished_at, lane, due_at)
		SELECT e.instance_serial, first + n % least(1000, webhooks), e.event_serial, 'a', 1,
			'POST', 'https://shop.example/', CASE WHEN n <= 10000 THEN 'slow.example:443' ELSE n % 500 || '.example:443' END, '', '',
			CASE WHEN n <= 20000 OR events = 10 THEN 'pending' ELSE 'delivered' END,
			CASE WHEN n <= 20000 OR events = 10 THEN NULL ELSE now() - interval '1 day' END,
			CASE WHEN events = 10 THEN 0 WHEN n <= 10000 THEN 1 WHEN n <= 20000 THEN 2 ELSE 0 END, now() - interval '1 minute'
		FROM (
			SELECT *, row_number() OVER (PARTITION BY instance_serial ORDER BY event_serial) AS n, count(*) OVER (PARTITION BY instance_serial) AS events
			FROM merchant_webhooks.event
		) AS e
		JOIN (
			SELECT instance_serial, min(webhook_serial) AS first, count(*) AS webhooks
			FROM merchant_webhooks.webhook GROUP BY instance_serial
		) AS w USING (instance_serial)`)
	r.db.MustExec(`UPDATE merchant_webhooks.delivery SET webhook_serial = (
			SELECT min(webhook_serial) FROM merchant_webhooks.delivery WHERE lane = 2
		) WHERE lane = 2`)
	r.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = 'failing', probe_at = now()
		WHERE webhook_serial = (SELECT min(webhook_serial) FROM merchant_webhooks.delivery WHERE lane = 2)`)
	r.db.MustExec(`UPDATE merchant_webhooks.webhook SET event_type = 'order_settled' WHERE webhook_id LIKE 'filled 9999_'`)
	r.db.MustExec(`VACUUM ANALYZE merchant_webhooks.event, merchant_webhooks.delivery, merchant_webhooks.webhook`)
	return r
}

// TestDeliveryPlans holds that neither a delivery nor a sweep pays for what is
// done, parked or held.
func TestDeliveryPlans(t *testing.T) {
	r := laden(t)
	serial := func(query string) (n int64) {
		if err := r.db.Get(&n, query); err != nil {
			t.Fatal(err)
		}
		return n
	}
	big := serial(`SELECT instance_serial FROM merchant_webhooks.instance WHERE instance_id = 'big'`)
	before := serial(`SELECT instance_serial FROM merchant_webhooks.instance WHERE instance_id = 'before'`)
	parked := serial(`SELECT max(delivery_serial) FROM merchant_webhooks.delivery WHERE lane = 1`)
	plain := serial(fmt.Sprint(`SELECT max(delivery_serial) FROM merchant_webhooks.delivery WHERE instance_serial = `, before))
	said := "'" + webhook.Say("attempt.interrupted").Encode() + "'"
	answer := `, 1, now(), 5, '', null, null, 200, null, null, null, `
	for _, c := range []struct {
		name, prepare, sql, arguments string
		most                          int
	}{
		{"D1 listeners of few", "", listenersSQL, `'before', 'pay', 100`, 60},
		{"D1 listeners of few among many", "", listenersSQL, `'big', 'order_settled', 100`, 60},
		{"D1 nobody listens", "", listenersSQL, `'big', 'refund', 100`, 20},
		{"D2 a claim", "", claimSQL, fmt.Sprintf(`%d, %d, 45000000`, before, plain), 60},
		{"D2 a claim of one parked", "", claimSQL, fmt.Sprintf(`%d, %d, 45000000`, big, parked), 60},
		{"D5 the next of a lane", "", claimNextSQL, `'slow.example:443'`, 80},
		{"D5 the next of an empty lane", "", claimNextSQL, `'7.example:443'`, 20},
		{
			"D2 a success", "UPDATE merchant_webhooks.delivery SET sending_since = now() WHERE delivery_serial = %d", recordSQL,
			fmt.Sprint(before, ", ", plain, answer, `'delivered', 0, null, 0, '', null, 1`), 90,
		},
		{
			"D8 a failure", "UPDATE merchant_webhooks.delivery SET sending_since = now() WHERE delivery_serial = %d", recordSQL,
			fmt.Sprint(before, ", ", plain, answer, `'failed', 60, null, 1, '', null, 1`), 110,
		},
		{"D5 a sweep", "", sweepSQL, `45000000, ` + said + `, 4, 'merchant_webhooks.river_job'`, 200},
		{"D5 a sweep of a lane that is busy", "", sweepSQL, `45000000, ` + said + `, 0, 'merchant_webhooks.river_job'`, 40},
		{"D8 a sweep of pauses", "", sweepPausesSQL, `3600000000, 'me'`, 100},
		{"O1 what waits", "", backlogSQL, `10001`, 400},
		{"D6 a step of giving up", "", giveUpSQL, `2592000000000, '', 100`, 60_000},
		{"D6 a step of pruning", "", pruneDoneSQL, `2592000000000`, 10},
	} {
		for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
			t.Run(fmt.Sprint(c.name, " ", mode), func(t *testing.T) {
				plan := explainAfter(t, r, c.prepare, plain, mode, c.sql, c.arguments)
				if touched := plan.Hit + plan.Read; touched > c.most {
					t.Errorf("%d pages are touched, want at most %d", touched, c.most)
				}
			})
		}
	}
	t.Run("D2 planned once", func(t *testing.T) { deliveriesPlannedOnce(t, r) })
}

// explainAfter explains a statement that may write, after a change, and undoes
// both.
func explainAfter(t *testing.T, r *Repo, prepare string, key int64, mode, query, arguments string) node {
	t.Helper()
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	if prepare != "" {
		tx.MustExec(fmt.Sprintf(prepare, key))
	}
	for _, command := range []string{"DEALLOCATE ALL", "SET LOCAL plan_cache_mode = " + mode, "PREPARE it AS " + query} {
		tx.MustExec(command)
	}
	var text []byte
	if err := tx.Get(&text, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE it("+arguments+")"); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(text, &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan
}
