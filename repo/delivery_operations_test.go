package repo

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// deliveryOperations are those of sending, without a delivery.
var deliveryOperations = []operationCase{
	{"claim", func(ctx context.Context, r *Repo) error {
		c, _, wait, err := r.Claim(ctx, Key{1, 1}, lease)
		return errOfTwo(c, wait, err)
	}, 1, webhook.CodeDBStoreFailed},
	{"claim many", func(ctx context.Context, r *Repo) error {
		return errOf(r.ClaimMany(ctx, []Key{{1, 1}}))
	}, 1, webhook.CodeDBStoreFailed},
	{"the next of a lane", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.ClaimNext(ctx, "shop.example:443", lease))
	}, 1, webhook.CodeDBStoreFailed},
	{"park", func(ctx context.Context, r *Repo) error {
		return r.Park(ctx, Claim{Key: Key{1, 1}}, 0)
	}, 1, webhook.CodeDBStoreFailed},
	{"record", func(ctx context.Context, r *Repo) error {
		return errOf(r.Record(ctx, Claim{Key: Key{1, 1}}, Result{}))
	}, 1, webhook.CodeDBStoreFailed},
	{"record many", func(ctx context.Context, r *Repo) error {
		return errOf(r.RecordMany(ctx, []Outcome{{Claim: Claim{Key: Key{1, 1}}}}))
	}, 1, webhook.CodeDBStoreFailed},
	{"put behind", func(ctx context.Context, r *Repo) error {
		return r.PutBehind(ctx, []string{"shop.example:443"}, 3)
	}, 1, webhook.CodeDBStoreFailed},
	{"sweep", func(ctx context.Context, r *Repo) error {
		return errOf(r.Sweep(ctx, sweepOptions, func(*sql.Tx, []Key) error { return nil }))
	}, 4, webhook.CodeDBStoreFailed},
	{"overdue", func(ctx context.Context, r *Repo) error {
		return errOf(r.Overdue(ctx, nil))
	}, 1, webhook.CodeDBFetchFailed},
	{"leave", func(ctx context.Context, r *Repo) error {
		return r.Leave(ctx, "me")
	}, 1, webhook.CodeDBStoreFailed},
	{"backlog", func(ctx context.Context, r *Repo) error {
		return errOf(r.Backlog(ctx))
	}, 1, webhook.CodeDBFetchFailed},
	{"prune", func(ctx context.Context, r *Repo) error {
		return errOf(r.Prune(ctx, month))
	}, 3, webhook.CodeDBStoreFailed},
	{"reseal", func(ctx context.Context, r *Repo) error {
		return errOf(r.Reseal(ctx, []byte{0}, nil))
	}, 1, webhook.CodeDBStoreFailed},
	{"webhooks of what to send again", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.HooksAgain(ctx, "admin", Again{}))
	}, 1, webhook.CodeDBFetchFailed},
}

// TestR5_DeliveryFaults: what workers do says that it failed, and nothing else.
func TestR5_DeliveryFaults(t *testing.T) {
	for name, db := range map[string]func(*testing.T) *sqlx.DB{"a right is missing": withoutRights, "the pool is closed": closed} {
		for mode, o := range map[string]Options{"prepared": {}, "unprepared": {Unprepared: true}} {
			t.Run("R5 "+name+" "+mode, func(t *testing.T) {
				r, isClosed := over(t, db(t), o), name == "the pool is closed"
				for _, op := range deliveryOperations {
					wanted := op.fault
					if isClosed {
						wanted = webhook.CodeDBStartFailed
					}
					if err := op.do(t.Context(), r); codeOf(err) != wanted {
						t.Errorf("%s: got %v, want code %d", op.name, err, wanted)
					}
				}
				if err := r.PrepareEmit(t.Context()); (err != nil) != (isClosed && mode == "prepared") {
					t.Errorf("prepared: %v", err)
				}
				if err := r.EndJobs(t.Context(), []int64{1}); err == nil {
					t.Error("jobs are ended")
				}
				if at, err := r.Now(t.Context()); (err == nil) == at.IsZero() { // for which no right is needed
					t.Errorf("it is %v, %v", at, err)
				}
			})
		}
	}
}

func closed(t *testing.T) *sqlx.DB {
	db := pgtest.DB(t)
	_ = db.Close()
	return db
}
