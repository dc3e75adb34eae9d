package repo

import (
	"slices"
	"testing"
	"time"
)

// theirs is all of an instance's other webhook, and of one with the same ID in
// another instance.
const theirs = `
WITH their AS (
	SELECT w.*
	FROM merchant_webhooks.webhook AS w JOIN merchant_webhooks.instance USING (instance_serial)
	WHERE instance_id = 'sandbox' OR webhook_id = 'another'
)
SELECT their::text FROM their
UNION ALL
SELECT d::text FROM merchant_webhooks.delivery AS d JOIN their USING (instance_serial, webhook_serial)
ORDER BY 1`

// TestC8_Bystanders: what is done to a webhook, or to an order's deliveries, leaves
// the instance's other webhooks and those of other instances as they are.
func TestC8_Bystanders(t *testing.T) {
	r := fresh(t)
	for _, op := range operations {
		for _, set := range []string{`lane = 0`, `lane = 2`, isFailed, isDelivered} {
			r.db.MustExec(`DELETE FROM merchant_webhooks.delivery; DELETE FROM merchant_webhooks.webhook`)
			create(t, r, "admin", sample, named(sample, "another"))
			create(t, r, "sandbox", sample, named(sample, "another"))
			long := time.Now().Add(-time.Hour)
			file(t, r, filing{order: "o1", at: long, set: set})
			file(t, r, filing{hook: "another", order: "o2", at: long, set: set})
			file(t, r, filing{instance: "sandbox", order: "o1", at: long, set: set})
			if set == `lane = 2` {
				setHook(t, r, pausedFailing)
			}
			var before, after []string
			if err := r.db.Select(&before, theirs); err != nil {
				t.Fatal(err)
			}
			want(t, op.do(t.Context(), r), none, "")
			if err := r.db.Select(&after, theirs); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(after, before) || len(before) != 5 {
				t.Errorf("C8 %s, where deliveries are %s, makes of\n%q\n%q", op.name, set, before, after)
			}
		}
	}
}
