package repo

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// deliveriesPlannedOnce: to plan one of these statements takes longer than to run
// it.
func deliveriesPlannedOnce(t *testing.T, r *Repo) {
	want(t, r.AddInstance(t.Context(), nil, "own"), none, "")
	create(t, r, "own", sample)
	r.db.SetMaxOpenConns(1)
	if err := r.PrepareEmit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		k := emit(t, r, "own", nil)[0]
		if err := r.Park(t.Context(), take(t, r, k), 0); err != nil {
			t.Fatal(err)
		}
		c, ok, err := r.ClaimNext(t.Context(), request.Receiver, lease)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		record(t, r, c, answered(c, 200, webhook.Delivered))

		claims, _ := claimMany(t, r, emit(t, r, "own", nil)...)
		recordMany(t, r, Outcome{claims[0], answered(claims[0], 200, webhook.Delivered)})
	}
	var planned []struct {
		Statement string
		Custom    int `db:"custom_plans"`
	}
	if err := r.db.Select(&planned, `SELECT left(statement, 200) AS statement, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%delivery%' OR statement LIKE '%listening%'`); err != nil {
		t.Fatal(err)
	}
	for _, s := range planned {
		if s.Custom > 10 {
			t.Errorf("D2 it was planned %d times: %s", s.Custom, s.Statement)
		}
	}
	if len(planned) < 8 {
		t.Errorf("D2 %d statements are prepared: this test sees nothing", len(planned))
	}
}
