package repo

import (
	"context"
	"slices"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestR5_EachStatement lets the first statement of each operation fail, then the
// second, and so on, and no other: the operation says so.
func TestR5_EachStatement(t *testing.T) {
	for name, o := range map[string]Options{"prepared": {}, "unprepared": {Unprepared: true}} {
		t.Run("R5 "+name, func(t *testing.T) {
			db, failing := pgtest.OpenFailing(t, database(t))
			r, faults := over(t, db, o), 0
			var id string
			ops := slices.Concat(operations, deliveryOperations, []operationCase{{
				name: "get a delivery", fault: webhook.CodeDBFetchFailed,
				do: func(ctx context.Context, r *Repo) error { return errOf(r.GetDelivery(ctx, "admin", "another", id)) },
			}})
			for _, op := range ops {
				for statement := int64(1); ; statement++ {
					r.db.MustExec(`DELETE FROM merchant_webhooks.webhook`)
					create(t, r, "admin", named(sample, "another"))
					_, id = file(t, r, filing{hook: "another", set: isFailed})
					if op.name != "create near the limit" {
						create(t, r, "admin", sample)
					}
					failing.Fail(statement)
					err := op.do(t.Context(), r)
					if !failing.Failed() {
						want(t, err, none, "")
						break
					}
					faults++
					if code := codeOf(err); code != op.fault && code != webhook.CodeDBStartFailed { // which is BEGIN's
						t.Errorf("%s without its statement %d: got %v, want code %d", op.name, statement, err, op.fault)
					}
				}
			}
			if faults < 50 {
				t.Errorf("%d faults were made: this test sees too few", faults)
			}
		})
	}
}

// TestR5_EmitFails: an event that can not be stored is no unknown webhook.
func TestR5_EmitFails(t *testing.T) {
	db, failing := pgtest.OpenFailing(t, database(t))
	r := over(t, db, Options{})
	create(t, r, "admin", sample)
	store := func() error {
		tx, err := r.Begin(t.Context())
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		serial, ls, err := r.Listeners(t.Context(), tx, "admin", happened.Type, 100)
		if err != nil {
			return err
		}
		made := []NewDelivery{{Webhook: ls[0].Serial, Version: ls[0].Version, Request: request, Nonce: "0123456789abcdef"}}
		return errOf(r.AddDeliveries(t.Context(), tx, NewEvent{Instance: serial, Prepared: happened}, made, NewJobs{}))
	}
	var codes []webhook.Code
	for statement := int64(1); ; statement++ {
		failing.Fail(statement)
		err := store()
		if !failing.Failed() {
			want(t, err, none, "")
			break
		}
		codes = append(codes, codeOf(err))
	}
	if want := []webhook.Code{webhook.CodeDBStartFailed, webhook.CodeDBStoreFailed, webhook.CodeDBStoreFailed}; !slices.Equal(codes, want) {
		t.Errorf("without one of its statements it says %v, want %v", codes, want)
	}
}

// TestD6_PruneStops: what a prune has done before it failed, it tells.
func TestD6_PruneStops(t *testing.T) {
	db, failing := pgtest.OpenFailing(t, database(t))
	r := over(t, db, Options{})
	create(t, r, "admin", sample)
	for statement := int64(1); ; statement++ {
		r.db.MustExec(`DELETE FROM merchant_webhooks.delivery`)
		file(t, r, filing{set: `queued_at = now() - interval '31 days'`})
		file(t, r, filing{set: isDelivered + `, queued_at = now() - interval '31 days'`})
		r.db.MustExec(`UPDATE merchant_webhooks.delivery SET finished_at = finished_at - interval '31 days'`)
		failing.Fail(statement)
		done, err := r.Prune(t.Context(), month)
		if !failing.Failed() {
			want(t, err, none, "")
			break
		}
		want(t, err, webhook.CodeDBStoreFailed, "")
		left := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery`)
		failed := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'failed'`)
		if done.GivenUp != failed || done.Deleted != 2-left {
			t.Errorf("without its statement %d it has done %+v; %d are left, %d failed", statement, done, left, failed)
		}
	}
}
