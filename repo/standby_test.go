package repo

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// demote makes n idle sessions of the pool such that they can not write, as those
// of a primary that became a standby.
func demote(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	for range n {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() // kept until all are
		if _, err := conn.ExecContext(t.Context(), "SET default_transaction_read_only = on"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadOnlySessions(t *testing.T) {
	t.Run("R5 sessions that can not write any more leave the pool", func(t *testing.T) {
		r := fresh(t)
		ctx := within(t)
		create(t, r, "admin", named(sample, "before"))
		demote(t, r.db.DB, 5)
		create(t, r, "admin", named(sample, "after"))
		if err := errOf(r.Delete(ctx, "admin", "before")); err != nil {
			t.Error(err)
		}
		// All that are left, however many the statements need.
		for range r.db.Stats().Idle {
			conn, err := r.db.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			var readOnly string
			if err := conn.QueryRowContext(ctx, "SHOW transaction_read_only").Scan(&readOnly); err != nil || readOnly != "off" {
				t.Errorf("a session that stays in the pool is read-only: %s, %v", readOnly, err)
			}
		}
	})
	t.Run("R5 a standby begins no transaction", func(t *testing.T) {
		for wanted, err := range map[bool]error{
			true:  fmt.Errorf("%w: %w", errNoConnection, &pq.Error{Code: "0A000"}),
			false: &pq.Error{Code: "0A000"},
		} {
			if got := isReadOnly(err); got != wanted {
				t.Errorf("%v: got %t", err, got)
			}
		}
	})
	t.Run("R5 every session is read-only, until the server is the primary", func(t *testing.T) {
		dsn := database(t)
		r := over(t, pgtest.Open(t, dsn), Options{})
		admin := pool(t, connector(t, dsn, func(*pq.Config) {}), 1) // one session, from before it
		ctx := within(t)
		create(t, r, "admin", named(sample, "before"))
		var name string
		if err := admin.Get(&name, "SELECT current_database()"); err != nil {
			t.Fatal(err)
		}
		admin.MustExec("ALTER DATABASE " + name + " SET default_transaction_read_only = on")
		demote(t, r.db.DB, 5)
		for _, id := range []string{"a", "b"} {
			if err := r.Create(ctx, "admin", named(sample, id), anyNumber); codeOf(err) != webhook.CodeDBStartFailed {
				t.Errorf("got %v, want code %d", err, webhook.CodeDBStartFailed)
			}
		}
		if _, err := r.Get(ctx, "admin", "before"); err != nil {
			t.Errorf("it can be read: %v", err)
		}
		admin.MustExec("ALTER DATABASE " + name + " RESET default_transaction_read_only")
		for err := r.Create(ctx, "admin", named(sample, "a"), anyNumber); err != nil; {
			err = r.Create(ctx, "admin", named(sample, "a"), anyNumber)
			if ctx.Err() != nil {
				t.Fatal(err)
			}
		}
	})
}
