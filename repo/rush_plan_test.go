package repo

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rush is a Repo whose statistics are of a quiet time: then 100 deliveries were
// done and none waited, now 20,000 do.
func rush(t *testing.T) *Repo {
	t.Helper()
	r := fresh(t)
	create(t, r, "admin", sample)
	fill := func(n int, state, finished string) {
		r.db.MustExec(`
			WITH happened AS (
			    INSERT INTO merchant_webhooks.event (instance_serial, event_type, event_at)
			    SELECT instance_serial, 'pay', now() FROM merchant_webhooks.webhook, generate_series(1, $1)
			    RETURNING instance_serial, event_serial
			)
			INSERT INTO merchant_webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version,
				http_method, url, receiver, headers, body, state, finished_at)
			SELECT e.instance_serial, w.webhook_serial, e.event_serial, 'a', 1, 'POST', w.url, 'shop.example:443', '', '', $2, `+finished+`
			FROM happened AS e JOIN merchant_webhooks.webhook AS w USING (instance_serial)`, n, state)
	}
	fill(100, "delivered", "now()")
	r.db.MustExec(`ALTER TABLE merchant_webhooks.delivery SET (autovacuum_enabled = off)`)
	r.db.MustExec(`VACUUM ANALYZE`)
	fill(20_000, "pending", "NULL")
	return r
}

// array is an array of n times an element.
func array(n int, element string) string {
	return "'{" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "}'"
}

// TestPlansInARush holds that a delivery is found by its key, whatever PostgreSQL
// believes of those that wait.
func TestPlansInARush(t *testing.T) {
	r := rush(t)
	const n = 20
	last := number(t, r.db, `SELECT max(delivery_serial) FROM merchant_webhooks.delivery`)
	home := number(t, r.db, `SELECT instance_serial FROM merchant_webhooks.instance WHERE instance_id = 'admin'`)
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprint(last-i*100))
	}
	many := fmt.Sprint(array(n, fmt.Sprint(home)), ", '{", strings.Join(keys, ","), "}'")
	const taken = "UPDATE merchant_webhooks.delivery SET sending_since = now() WHERE (delivery_serial - %d) %% 100 = 0 AND state = 'pending'"
	row := `, 1, now(), 5, '', null, null, 200, null, null, null, 'delivered', 0, null, 0, '', null, 1`
	rows := []string{
		many, array(n, "1"), array(n, "0"), array(n, "5"), array(n, `""`), array(n, `""`), array(n, `""`), array(n, "200"), array(n, `""`),
		array(n, `""`), array(n, `""`), array(n, `""`), array(n, "delivered"), array(n, "0"), array(n, `""`), array(n, "0"),
	}
	one := fmt.Sprint(home, ", ", last)
	for _, c := range []struct{ name, prepare, sql, arguments, index string }{ // the first of the indexes must be used
		{"D2 a claim", "", claimSQL, one + ", 45000000", "delivery_pkey"},
		{"D2 many claims", "", claimManySQL, many, "delivery_pkey"},
		{"D5 the next of a lane", "", claimNextSQL, "'shop.example:443'", "delivery_lane delivery_pkey"},
		{"D5 parking", taken, parkSQL, one + ", 0, now()", "delivery_pkey"},
		{"D2 a record", taken, recordSQL, one + row, "delivery_pkey delivery_held delivery_waiting"}, // those at a pause and a resume
		// What waits for a worker is walked past, each page once.
		{"D2 a sweep", taken, sweepSQL, "45000000, '', 4, 'river_job'", "delivery_due delivery_lane delivery_pkey"},
		{"D6 giving up", "", giveUpSQL, "2592000000000, '', 100", "delivery_waiting delivery_pkey"},
		{"O1 what waits", "", backlogSQL, "10001", "delivery_due delivery_lane delivery_held"},
		{"D2 many records", taken, recordManySQL, strings.Join(rows, ", "), "delivery_pkey"},
	} {
		for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
			t.Run(fmt.Sprint(c.name, " ", mode), func(t *testing.T) {
				plan := explainAfter(t, r, c.prepare, int64(last), mode, c.sql, c.arguments)
				indexes := map[string]bool{}
				plan.walk(func(n node) {
					if n.Relation == "delivery" && n.Type != "ModifyTable" {
						indexes[n.Index] = true
					}
				})
				for index := range indexes {
					if !slices.Contains(strings.Fields(c.index), index) {
						t.Errorf("it goes by %q", index)
					}
				}
				if n := plan.Hit + plan.Read; n > 5_000 {
					t.Errorf("%d pages are touched", n)
				}
				if !indexes[strings.Fields(c.index)[0]] {
					t.Errorf("it goes by %v", indexes)
				}
			})
		}
	}
}

func (n node) walk(visit func(node)) {
	visit(n)
	for _, below := range n.Plans {
		below.walk(visit)
	}
}
