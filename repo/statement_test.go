package repo

import (
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
			for _, op := range slices.Concat(operations, deliveryOperations) {
				for statement := int64(1); ; statement++ {
					r.db.MustExec(`DELETE FROM merchant_webhooks.webhook`)
					create(t, r, "admin", named(sample, "another"))
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
