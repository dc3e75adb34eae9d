package plugin_test

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// A ledger is what the clients of a load sent and what they were told.
type ledger struct {
	mu     sync.Mutex
	sent   map[string]bool
	acked  []string
	codes  map[int]int
	change chan struct{} // closed and made anew with each acknowledgement
}

func (l *ledger) note(id string, got answer, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.codes[-1]++
	case got.status == 204:
		l.acked = append(l.acked, id)
		close(l.change)
		l.change = make(chan struct{})
	default:
		l.codes[got.Code]++
	}
}

// waitFor waits until n creates are acknowledged.
func (l *ledger) waitFor(t *testing.T, n int) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		l.mu.Lock()
		have, change := len(l.acked), l.change
		l.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-change:
		case <-late:
			t.Fatalf("only %d of %d creates were acknowledged in a minute", have, n)
		}
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// TestRestarts lets 32 clients create from before the first of three restarts of
// PostgreSQL until 400 creates after the last, while backends are killed.
func TestRestarts(t *testing.T) {
	server := pgtest.Server(t, map[string]string{"fsync": "on", "max_connections": "100"})
	db := pgtest.Open(t, server.DSN("postgres"))
	h := newHost(t, db, func(c *plugin.Config) { c.Limits.MaxWebhooks = -1 })

	l := &ledger{sent: map[string]bool{}, codes: map[int]int{}, change: make(chan struct{})}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for client := range 32 {
		clients.Go(func() { l.create(h, client, stop) })
	}
	for round, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		l.waitFor(t, l.count()+400)
		db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'active' AND backend_type = 'client backend'`)
		l.waitFor(t, l.count()+100)
		if err := server.Down(signal); err != nil {
			t.Fatal(err)
		}
		if err := server.Up(); err != nil {
			t.Fatalf("restart %d: %v", round, err)
		}
	}
	l.waitFor(t, l.count()+400) // the load goes on for so long after the last restart
	close(stop)
	clients.Wait()

	var rows []string
	if err := db.Select(&rows, `SELECT webhook_id FROM merchant_webhooks.webhook`); err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	t.Run("C1 what was acknowledged is stored", func(t *testing.T) {
		for _, id := range l.acked {
			if _, found := slices.BinarySearch(rows, id); !found {
				t.Errorf("%s was answered with 204 and is lost", id)
			}
		}
		if len(l.acked) < 1000 {
			t.Errorf("only %d creates were acknowledged: too few to tell", len(l.acked))
		}
	})
	t.Run("C2 nothing is doubled, and a client may repeat", func(t *testing.T) {
		if compact := slices.Compact(slices.Clone(rows)); len(compact) != len(rows) {
			t.Errorf("%d rows are doubled", len(rows)-len(compact))
		}
		acked := slices.Clone(l.acked)
		slices.Sort(acked)
		if len(slices.Compact(acked)) != len(l.acked) {
			t.Error("the test acknowledged an ID twice")
		}
	})
	t.Run("R5 nothing is stored that nobody sent, and faults have their codes", func(t *testing.T) {
		for _, id := range rows {
			if !l.sent[id] {
				t.Errorf("%s is stored and was never sent", id)
			}
		}
		for code, n := range l.codes {
			if code != 51 && code != 54 {
				t.Errorf("%d creates were answered with code %d (-1: no answer)", n, code)
			}
		}
	})
	t.Logf("%d creates acknowledged, %d rows, %d sent; refused by code: %v", len(l.acked), len(rows), len(l.sent), l.codes)
}

// create makes webhooks until stop is closed. A create that failed is repeated,
// as clients do, by every second client; the others go on.
func (l *ledger) create(h *host, client int, stop chan struct{}) {
	for n := 0; ; n++ {
		id := fmt.Sprintf("%d-%d", client, n)
		l.mu.Lock()
		l.sent[id] = true
		l.mu.Unlock()
		for {
			select {
			case <-stop:
				return
			default:
			}
			got, err := h.try("POST", "/private/webhooks", webhookJSON(id))
			l.note(id, got, err)
			if got.status == 204 || client%2 == 0 {
				break
			}
		}
	}
}
