package repo

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestBackendsKilled kills sessions while they create.
func TestBackendsKilled(t *testing.T) {
	t.Run("R5 C2 what was answered is stored, and nothing twice", func(t *testing.T) {
		dsn := database(t)
		admin := pgtest.Open(t, dsn)
		r := over(t, connect(t, dsn, func(c *pq.Config) { c.ApplicationName = "victim" }), Options{})
		const writers, each = 8, 60
		var failed atomic.Int64
		var writing sync.WaitGroup
		for writer := range writers {
			writing.Go(func() {
				for i := range each {
					w := named(sample, fmt.Sprint(writer, "-", i))
					for range 1000 {
						err := r.Create(t.Context(), "admin", w, 100_000)
						if err == nil {
							break
						}
						failed.Add(1)
						if codeOf(err) != webhook.CodeDBStartFailed {
							t.Errorf("got %v, want code %d", err, webhook.CodeDBStartFailed)
							return
						}
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writing.Wait(); close(done) }()
		killed := 0
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
				killed += number(t, admin, `
					SELECT count(pg_terminate_backend(pid)) FROM (
						SELECT pid FROM pg_stat_activity
						WHERE datname = current_database() AND application_name = 'victim' AND state = 'active' LIMIT 1
					) AS active`)
			}
		}
		if killed == 0 {
			t.Error("no session was killed: this test sees nothing")
		}
		if n := number(t, admin, countWebhooks); n != writers*each {
			t.Errorf("%d webhooks are stored, want %d", n, writers*each)
		}
		t.Logf("%d sessions killed, %d creates failed and were repeated", killed, failed.Load())
	})
}
