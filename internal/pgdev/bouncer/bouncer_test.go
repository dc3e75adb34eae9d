//go:build unix

package bouncer

import (
	"context"
	"os"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestTransactionMode shows what is special about it: while a transaction holds
// one of the two sessions, all other clients have the other.
func TestTransactionMode(t *testing.T) {
	ctx := context.Background()
	db := pgtest.Open(t, Start(t, pgtest.DSN(t)))
	tx, err := db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var held, shared int
	if err := tx.Get(&held, "SELECT pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		client, err := db.Connx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }()
		var session int
		if err := client.GetContext(ctx, &session, "SELECT pg_backend_pid()"); err != nil {
			t.Fatal(err)
		}
		if session == held || shared != 0 && session != shared {
			t.Errorf("a client has session %d, want the only one beside %d", session, held)
		}
		shared = session
	}
}
