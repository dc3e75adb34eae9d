package repo

import (
	"context"
	"database/sql"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD9_InTransaction: nothing is queued that is not committed, and a
// transaction needs no second connection.
func TestD9_InTransaction(t *testing.T) {
	for name, o := range map[string]Options{"prepared": {}, "H10 unprepared": {Unprepared: true}} {
		t.Run("D9 "+name, func(t *testing.T) {
			db := fresh(t).db
			db.SetMaxOpenConns(1)
			r := over(t, db, o)
			create(t, r, "admin", sample)
			k, id := file(t, r, filing{set: isFailed})
			for i, a := range []Again{{}, {WebhookID: sample.ID, DeliveryID: id}} {
				for range 2 {
					ctx := within(t)
					tx, err := r.db.BeginTx(ctx, &sql.TxOptions{})
					if err != nil {
						t.Fatal(err)
					}
					if q, err := r.Requeue(ctx, tx, "admin", a); err != nil || q.Count != 1 {
						t.Errorf("%d: %d are queued, %v", i, q.Count, err)
					}
					if err := tx.Rollback(); err != nil {
						t.Fatal(err)
					}
					if s := stateOf(t, r, k); s.State != "failed" {
						t.Errorf("%d: it is %+v", i, s)
					}
				}
			}
		})
	}
	t.Run("D9 a problem leaves the transaction usable", func(t *testing.T) {
		r := fresh(t)
		tx, err := r.db.BeginTx(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		_, err = r.Requeue(t.Context(), tx, "nobody", Again{})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		if _, err := r.Requeue(t.Context(), tx, "admin", Again{}); err != nil {
			t.Error(err)
		}
	})
}
