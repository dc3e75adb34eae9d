package repo

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestLostInTransaction breaks the connection of a create that has begun a
// transaction, which database/sql does not run again by itself.
func TestLostInTransaction(t *testing.T) {
	t.Run("R5 a connection that breaks within a transaction", func(t *testing.T) {
		r := fresh(t)
		tx := r.db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		tx.MustExec(`SELECT FROM merchant_webhooks.instance FOR UPDATE`)

		lost := make(chan error)
		go func() { lost <- r.Create(within(t), "admin", sample, 1) }() // near its limit a create goes alone
		waiting(t, r.db, 1)
		r.db.MustExec(`
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		if err := <-lost; codeOf(err) != webhook.CodeDBStartFailed {
			t.Errorf("got %v, want code %d", err, webhook.CodeDBStartFailed)
		}
	})
}
