package repo

import (
	"fmt"
	"testing"
)

// TestC12_WebhooksPlannedOnce: to plan what the API asks for takes longer than to run
// it.
func TestC12_WebhooksPlannedOnce(t *testing.T) {
	r := skewed(t)
	r.db.SetMaxOpenConns(1)
	ctx := t.Context()
	for i := range 20 {
		id := fmt.Sprint("new ", i)
		for _, limit := range []int{anyNumber, 9000} {
			want(t, r.Create(ctx, "before", named(sample, id), limit), none, "")
		}
		for _, backwards := range []bool{false, true} {
			for _, limit := range []int{20, 1000} {
				if _, _, err := r.List(ctx, "before", Page{From: 1, Backwards: backwards, Limit: limit}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := r.Get(ctx, "before", id); err != nil {
			t.Fatal(err)
		}
		want(t, r.Update(ctx, "before", named(sample, id)), none, "")
		want(t, errOf(r.Delete(ctx, "before", id)), none, "")
	}
	var planned []struct {
		Statement string
		Custom    int `db:"custom_plans"`
	}
	if err := r.db.Select(&planned, `SELECT left(statement, 200) AS statement, custom_plans FROM pg_prepared_statements`); err != nil {
		t.Fatal(err)
	}
	for _, s := range planned {
		if s.Custom > 10 {
			t.Errorf("C12 it was planned %d times: %s", s.Custom, s.Statement)
		}
	}
	if len(planned) < 6 {
		t.Errorf("C12 %d statements are prepared: this test sees nothing", len(planned))
	}
}
