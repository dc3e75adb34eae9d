package repo

import "testing"

// TestD2_EndJobs: a job that is done goes, one that somebody else is to work again
// stays.
func TestD2_EndJobs(t *testing.T) {
	r := fresh(t)
	var ids []int64
	for _, state := range []string{"running", "available", "scheduled", "retryable", "running"} {
		ids = append(ids, newJob(t, r, state))
	}
	want(t, r.EndJobs(t.Context(), ids[:4]), none, "")
	want(t, r.EndJobs(t.Context(), ids[:4]), none, "") // repeated, since the answer was lost
	want(t, r.EndJobs(t.Context(), nil), none, "")
	var left string
	if err := r.db.Get(&left, `SELECT string_agg(state::text, ' ' ORDER BY id) FROM merchant_webhooks.river_job`); err != nil {
		t.Fatal(err)
	}
	if left != "available scheduled retryable running" {
		t.Errorf("D2 left are %q", left)
	}
}

// TestD5_PutBehind: the jobs of a receiver's deliveries, and no other's; what is
// further behind stays there.
func TestD5_PutBehind(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	for i, receiver := range []string{"quick.example:443", "slow.example:443", "quick.example:443", "slow.example:443"} {
		k, _ := file(t, r, filing{set: `receiver = '` + receiver + `'`})
		r.db.MustExec(`INSERT INTO merchant_webhooks.river_job (kind, args, max_attempts, priority)
			VALUES ('deliver', jsonb_build_object('instance_serial', $1::bigint, 'delivery_serial', $2::bigint), 1, $3)`, k.Instance, k.Delivery, 1+i/3*3)
	}
	want(t, r.PutBehind(t.Context(), []string{"slow.example:443"}, 3), none, "")
	var are string
	if err := r.db.Get(&are, `SELECT string_agg(priority::text, ' ' ORDER BY id) FROM merchant_webhooks.river_job`); err != nil || are != "1 3 1 4" {
		t.Errorf("D5 the priorities are %q, %v", are, err)
	}
}

// newJob is the ID of a new job in a state.
func newJob(t *testing.T, r *Repo, state string) (id int64) {
	t.Helper()
	err := r.db.Get(&id, `INSERT INTO merchant_webhooks.river_job (kind, args, max_attempts, state)
		VALUES ('deliver', '{}', 1, $1::merchant_webhooks.river_job_state) RETURNING id`, state)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestD2_EndJobsByTheirKey holds that those that ran before cost nothing.
func TestD2_EndJobsByTheirKey(t *testing.T) {
	r := fresh(t)
	r.db.MustExec(`ALTER TABLE merchant_webhooks.river_job SET (autovacuum_enabled = off)`)
	r.db.MustExec(`INSERT INTO merchant_webhooks.river_job (kind, args, max_attempts, state)
		SELECT 'deliver', '{}', 1, 'running' FROM generate_series(1, 10000)`)
	r.db.MustExec(`DELETE FROM merchant_webhooks.river_job WHERE id % 100 > 0`)
	explainAfter(t, r, "", 0, "force_custom_plan", endJobsSQL, `'{100,200,300}'`).walk(func(n node) {
		if n.Type == "Seq Scan" || n.Index != "" && n.Index != "river_job_pkey" {
			t.Errorf("D2 it goes by %s %q", n.Type, n.Index)
		}
	})
}
