package repo

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestSweepWakesLost(t *testing.T) {
	r, keys := sending(t, 10)
	job := func(k Key, state string) {
		r.db.MustExec(`
			INSERT INTO merchant_webhooks.river_job (kind, args, max_attempts, state, finalized_at)
			VALUES ('deliver', $1::jsonb, 1, $2::merchant_webhooks.river_job_state, CASE WHEN $2 = 'completed' THEN now() END)`,
			fmt.Sprintf(`{"instance_serial": %d, "delivery_serial": %d}`, k.Instance, k.Delivery), state)
	}
	for i, state := range []string{"available", "scheduled", "retryable", "completed", "running"} {
		job(keys[i], state)
	}
	alter(t, r, "due_at = now() - interval '46 seconds'", keys[:6]...)
	alter(t, r, "due_at = now() - interval '15 seconds'", keys[6])
	alter(t, r, "due_at = now() - interval '46 seconds', sending_since = now()", keys[7])
	alter(t, r, "due_at = now() - interval '46 seconds'", keys[8:]...)
	for i, state := range []string{"scheduled", "retryable"} { // and River's leader hangs
		job(keys[8+i], state)
		r.db.MustExec(`UPDATE merchant_webhooks.river_job SET scheduled_at = now() - interval '46 seconds'
			WHERE args->>'delivery_serial' = $1`, fmt.Sprint(keys[8+i].Delivery))
	}
	lost := append(slices.Clone(keys[3:6]), keys[8:]...)
	swept(t, r, lost...)
	for _, k := range lost {
		job(k, "available")
	}
	swept(t, r)

	r.db.MustExec(`DROP TABLE merchant_webhooks.river_job`)
	swept(t, r)
}

func TestD14_SweepReportsOverdue(t *testing.T) {
	r, keys := sending(t, 11)
	if _, report := sweep(t, r); report.Overdue != 0 || !report.OverdueSince.IsZero() {
		t.Errorf("D14 of none overdue it reports %+v", report)
	}
	const late = "due_at = now() - interval '301 seconds'"
	alter(t, r, late, keys[0])
	alter(t, r, "due_at = now() - interval '310 seconds', lane = 1", keys[1])
	alter(t, r, late+", lane = 2", keys[2])
	alter(t, r, late+", sending_since = now()", keys[3])
	alter(t, r, "due_at = now() - interval '240 seconds'", keys[4])
	alter(t, r, "due_at = now() - interval '240 seconds', lane = 1", keys[5])
	for i, receiver := range []string{"a", "b", "c"} {
		alter(t, r, late+", lane = 1, receiver = '"+receiver+"'", keys[6+i])
	}
	const done = ", due_at = now() - interval '1 hour', state = 'delivered', finished_at = now()"
	alter(t, r, "lane = 0"+done, keys[9])
	alter(t, r, "lane = 1, receiver = 'a'"+done, keys[10])
	setHook(t, r, `paused_at = now(), paused_reason = 'hand'`)
	if report, err := r.Overdue(t.Context(), nil); err != nil || report.Overdue != 1 {
		t.Errorf("D14 beside a worker, which wakes what is parked, it reports %+v, %v", report, err)
	}
	r.db.MustExec(`UPDATE merchant_webhooks.worker SET seen_at = now() - interval '31 seconds'`)
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	for _, tx := range []*sql.Tx{nil, tx.Tx} {
		report, err := r.Overdue(t.Context(), tx)
		if ago := time.Since(report.OverdueSince); err != nil || report.Overdue != 5 || ago < 310*time.Second || ago > 310*time.Second+3*time.Minute {
			t.Errorf("D14 it reports %+v, %v", report, err)
		}
	}
	_, _ = tx.Exec("SELECT 1 / 0")
	if report, err := r.Overdue(t.Context(), tx.Tx); err == nil {
		t.Errorf("D14 in a transaction that has failed it reports %+v", report)
	}
	if _, report := sweep(t, r); report.Overdue != 5 { // it has woken those that were parked
		t.Errorf("D14 a sweep reports %+v", report)
	}
	alter(t, r, "due_at = now()", append(keys[:2:2], keys[6:]...)...)
	alter(t, r, late+", lane = 1, receiver = 'a.example:1'", keys[5])
	alter(t, r, "lane = 0, receiver = 'a.example:1', due_at = now(), sending_since = now()", keys[2], keys[3], keys[4])
	if _, report := sweep(t, r); report.Overdue != 0 {
		t.Errorf("D14 of one in a lane that is busy a sweep reports %+v", report)
	}
}

// TestSweepWakesOnce: one that was parked for long is not lost as well.
func TestSweepWakesOnce(t *testing.T) {
	r, keys := sending(t, 2)
	park(t, r, keys[0])
	alter(t, r, "due_at = now() - interval '1 hour'", keys...)
	swept(t, r, keys...)
}
