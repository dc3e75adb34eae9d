package repo

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD2_D5_WaitsForNobody: what goes over many deliveries, or jobs, leaves those
// alone that somebody holds, and finds them later.
func TestD2_D5_WaitsForNobody(t *testing.T) {
	// That it waits is an error, after a while.
	r := over(t, connect(t, database(t), func(c *pq.Config) { c.Runtime["lock_timeout"] = "30s" }), Options{})
	create(t, r, "admin", sample, named(sample, "other"))
	probe, _ := file(t, r, filing{set: `lane = 2`})
	file(t, r, filing{hook: "other", set: `lane = 2`}) // stranded
	parked, _ := file(t, r, filing{hook: "other", set: `lane = 1, due_at = now() - interval '1 minute'`})
	stale, _ := file(t, r, filing{hook: "other", set: `sending_since = now() - interval '1 hour'`})
	late, _ := file(t, r, filing{hook: "other", set: `due_at = now() - interval '3 minutes'`})
	file(t, r, filing{hook: "other", set: `due_at = now() + interval '1 hour', queued_at = now() - interval '31 days'`})
	file(t, r, filing{hook: "other", set: `state = 'delivered', finished_at = now() - interval '31 days'`})
	r.db.MustExec(`INSERT INTO merchant_webhooks.river_job (kind, args, max_attempts, priority) VALUES ('deliver', $1, 1, 1)`,
		fmt.Sprintf(`{"instance_serial": %d, "delivery_serial": %d}`, parked.Instance, parked.Delivery))
	behind := func() int {
		return number(t, r.db, `SELECT count(*) FROM merchant_webhooks.river_job WHERE priority = 3`)
	}
	outcome := Outcome{Claim{Key: stale}, answered(Claim{Attempt: 1}, 200, webhook.Delivered)}
	probing := `UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = 'failing', probe_at = now() WHERE webhook_id = '` + sample.ID + `'`
	r.db.MustExec(probing)

	held := r.db.MustBegin()
	defer func() { _ = held.Rollback() }()
	held.MustExec(`SELECT FROM merchant_webhooks.delivery FOR UPDATE`)
	held.MustExec(`SELECT FROM merchant_webhooks.river_job FOR UPDATE`)
	swept(t, r)
	if done, err := r.Prune(t.Context(), month); err != nil || !reflect.DeepEqual(done, Pruned{}) {
		t.Errorf("D6 pruned is %+v, %v", done, err)
	}
	if _, ok := next(t, r); ok {
		t.Error("D5 the next of the lane is taken")
	}
	if _, got := claimMany(t, r, late); len(got) != 0 {
		t.Errorf("D2 claimed are %v", got)
	}
	if done := recordMany(t, r, outcome); done[0] {
		t.Error("D2 it is recorded")
	}
	if err := r.PutBehind(t.Context(), []string{request.Receiver}, 3); err != nil || behind() != 0 {
		t.Errorf("D5 %d are put behind, %v", behind(), err)
	}

	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	r.db.MustExec(probing)
	if err := r.PutBehind(t.Context(), []string{request.Receiver}, 3); err != nil || behind() != 1 {
		t.Errorf("D5 later %d are put behind, %v", behind(), err)
	}
	if done, err := r.Prune(t.Context(), month); err != nil || done.GivenUp != 1 || done.Deleted != 1 {
		t.Errorf("D6 later pruned is %+v, %v", done, err)
	}
	swept(t, r, probe, parked, stale, late)
	if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery WHERE lane = 1`); n != 1 {
		t.Errorf("D8 %d that were stranded are in a lane", n)
	}
	r.db.MustExec(probing)
	hook := r.db.MustBegin()
	defer func() { _ = hook.Rollback() }()
	hook.MustExec(`SELECT FROM merchant_webhooks.webhook FOR UPDATE`)
	if keys, _ := sweep(t, r); slices.Contains(keys, probe) {
		t.Errorf("D8 it wakes %v, though somebody else has the webhook", keys)
	}
}
