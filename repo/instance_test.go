package repo

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestInstances(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()

	t.Run("H4 add, again, remove, again", func(t *testing.T) {
		want(t, r.HasInstance(ctx, "shop"), webhook.CodeInstanceUnknown, "shop")
		want(t, r.AddInstance(ctx, nil, "shop"), none, "")
		want(t, r.AddInstance(ctx, nil, "shop"), none, "")
		want(t, r.HasInstance(ctx, "shop"), none, "")
		want(t, errOf(r.RemoveInstance(ctx, nil, "shop")), none, "")
		want(t, errOf(r.RemoveInstance(ctx, nil, "shop")), none, "")
		want(t, r.HasInstance(ctx, "shop"), webhook.CodeInstanceUnknown, "shop")
	})
	t.Run("H4 what is an instance's goes with it, and nothing else", func(t *testing.T) {
		want(t, r.AddInstance(ctx, nil, "shop"), none, "")
		create(t, r, "shop", sample)
		create(t, r, "admin", sample)
		want(t, r.AddInstance(ctx, nil, "shop"), none, "")
		stored(t, r, "shop", sample)
		want(t, errOf(r.RemoveInstance(ctx, nil, "shop")), none, "")
		want(t, r.AddInstance(ctx, nil, "shop"), none, "")
		_, err := r.Get(ctx, "shop", sample.ID)
		want(t, err, webhook.CodeWebhookUnknown, sample.ID)
		stored(t, r, "admin", sample)
	})
	t.Run("H4 in the host's transaction", func(t *testing.T) {
		tx := r.db.MustBegin()
		want(t, r.AddInstance(ctx, tx, "joined"), none, "")
		want(t, r.AddInstance(ctx, tx, "joined"), none, "")
		want(t, r.AddInstance(ctx, tx, "admin"), none, "")
		want(t, r.AddInstance(ctx, tx, "not an ID"), webhook.CodeParameterMalformed, "")
		want(t, errOf(r.RemoveInstance(ctx, tx, "sandbox")), none, "")
		want(t, r.HasInstance(ctx, "joined"), webhook.CodeInstanceUnknown, "joined")
		want(t, r.HasInstance(ctx, "sandbox"), none, "")
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		want(t, r.HasInstance(ctx, "joined"), none, "")
		want(t, r.HasInstance(ctx, "sandbox"), webhook.CodeInstanceUnknown, "sandbox")
	})
	t.Run("H4 rolled back with the host's transaction", func(t *testing.T) {
		tx := r.db.MustBegin()
		want(t, r.AddInstance(ctx, tx, "regretted"), none, "")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		want(t, r.HasInstance(ctx, "regretted"), webhook.CodeInstanceUnknown, "regretted")
	})
	t.Run("H4 a host finds the driver's error to repeat its transaction by", func(t *testing.T) {
		tx := r.db.MustBeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		defer tx.Rollback()
		number(t, r.db, `SELECT 1`)
		if _, err := tx.Exec(`SELECT count(*) FROM merchant_webhooks.instance`); err != nil {
			t.Fatal(err)
		}
		want(t, r.AddInstance(ctx, nil, "first"), none, "")
		err := r.AddInstance(ctx, tx, "first")
		want(t, err, webhook.CodeDBSoftFailure, "")
		if said, is := errors.AsType[*pq.Error](err); !is || said.Code != "40001" {
			t.Errorf("%v has no *pq.Error of 40001 within", err)
		}
	})
	for name, id := range map[string]string{
		"empty": "", "with a space": "a b", "with a slash": "a/b", "with a NUL": "a\x00", "not ASCII": "ä",
		"beginning with a dot": ".a", "too long": strings.Repeat("a", 129),
	} {
		t.Run("H4 an ID "+name+" is refused", func(t *testing.T) {
			want(t, r.AddInstance(ctx, nil, id), webhook.CodeParameterMalformed, "")
			want(t, errOf(r.RemoveInstance(ctx, nil, id)), webhook.CodeParameterMalformed, "")
		})
	}
	t.Run("H4 the longest ID", func(t *testing.T) {
		want(t, r.AddInstance(ctx, nil, "0_.@-"+strings.Repeat("Z", 123)), none, "")
	})
}

func TestSchema(t *testing.T) {
	const schema = `Häuser "am" See.`
	db := fresh(t).db
	if _, err := db.Exec("CREATE SCHEMA " + pq.QuoteIdentifier(schema)); err != nil {
		t.Fatal(err)
	}
	if err := migrate(db.DB, schema); err != nil {
		t.Fatal(err)
	}
	r := over(t, db, Options{Schema: schema})
	t.Run("H3 H5 another schema holds other instances", func(t *testing.T) {
		want(t, r.HasInstance(t.Context(), "admin"), webhook.CodeInstanceUnknown, "admin")
		want(t, r.AddInstance(t.Context(), nil, "shop"), none, "")
		create(t, r, "shop", sample)
		stored(t, r, "shop", sample)
		if n := number(t, db, countWebhooks); n != 0 {
			t.Errorf("%d webhooks are in the default schema", n)
		}
	})
	t.Run("H3 a name that PostgreSQL would cut off", func(t *testing.T) {
		if _, err := New(db, Options{Schema: strings.Repeat("a", 64)}); err == nil {
			t.Error("it is accepted")
		}
		if _, err := New(db, Options{Schema: strings.Repeat("a", 63)}); err != nil {
			t.Error(err)
		}
	})
	t.Run("H1 no database", func(t *testing.T) {
		if _, err := New(nil, Options{}); err == nil {
			t.Error("it is accepted")
		}
	})
}

// TestC9_WithoutWebhooks: what is asked of an instance is found, though it has none.
func TestC9_WithoutWebhooks(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	for name, err := range map[string]error{
		"D6 the log":              errOfTwo(r.Deliveries(ctx, "admin", Filter{}, newest)),
		"D6 those that failed":    errOfTwo(r.Deliveries(ctx, "admin", Filter{State: "failed"}, newest)),
		"D6 their number":         errOf(r.CountDeliveries(ctx, "admin", Filter{})),
		"D9 how many to send":     errOfTwo(r.CountAgain(ctx, "admin", Again{})),
		"D9 whose are to be sent": errOfTwo(r.HooksAgain(ctx, "admin", Again{})),
		"D9 sent again":           errOf(r.Requeue(ctx, nil, "admin", Again{})),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
