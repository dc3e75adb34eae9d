package plugin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A couple is a primary that waits with each commit until its standby has it.
type couple struct {
	primary, standby *pgdev.Server
	first, second    *sqlx.DB
}

func newCouple(t *testing.T) *couple {
	t.Helper()
	primary := pgtest.Server(t, map[string]string{"synchronous_standby_names": "*"})
	standby, err := primary.Standby(map[string]string{"synchronous_standby_names": "", "wal_retrieve_retry_interval": "100ms"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	open := func(s *pgdev.Server) *sqlx.DB { return pgtest.Open(t, s.DSN("postgres")) }
	return &couple{primary, standby, open(primary), open(standby)}
}

// dsn names both, the primary first.
func (c *couple) dsn(t *testing.T) string {
	t.Helper()
	hosts := make([]string, 2)
	for i, server := range []*pgdev.Server{c.primary, c.standby} {
		location, err := url.Parse(server.DSN("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		hosts[i] = location.Query().Get("host")
	}
	return "postgres:///postgres?" + url.Values{
		"host": {strings.Join(hosts, ",")}, "port": {"5432,5432"}, "user": {"postgres"}, "sslmode": {"disable"},
	}.Encode()
}

// crash ends the primary, and waits until clients have met the standby.
func (c *couple) crash(t *testing.T, l *ledger) {
	t.Helper()
	if err := c.primary.Down(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	l.waitForRefusals(t, 50)
}

// waitForRefusals waits until n more creates were not acknowledged.
func (l *ledger) waitForRefusals(t *testing.T, n int) {
	t.Helper()
	refused := func() (all int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, n := range l.codes {
			all += n
		}
		return all
	}
	until := refused() + n
	eventually(t, time.Minute, func() bool { return refused() >= until }, func() string {
		return fmt.Sprintf("only %d of %d creates were refused in a minute", refused(), until)
	})
}

// A till pays orders, one after the other, each in a transaction that emits.
type till struct {
	mu       sync.Mutex
	received map[string]bool
}

func newTill(t *testing.T, h *host) *till {
	t.Helper()
	b := &till{received: map[string]bool{}}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.received[r.Header.Get("X-Order")] = true
	}))
	t.Cleanup(receiver.Close)
	body := `{"webhook_id": "till", "event_type": "refund", "http_method": "POST", "header_template": "X-Order: {{order_id}}", "url": "` + receiver.URL + `"}`
	if got := h.do(t, "POST", "/private/webhooks", body); got.status != http.StatusNoContent {
		t.Fatal(got)
	}
	return b
}

func pay(t *testing.T, h *host, db *sqlx.DB, id string) error {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("INSERT INTO shop_order VALUES ($1)", id); err != nil {
		return err
	}
	event := webhook.Event{Type: "refund", OrderID: id, Data: map[string]any{"order_id": id}}
	if err := h.plugin.Emit(ctx, tx, "admin", event); err != nil {
		return err
	}
	return tx.Commit()
}

// payAll pays until stop is closed.
func payAll(t *testing.T, h *host, db *sqlx.DB, stop chan struct{}) (refused int) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return refused
		case <-time.After(5 * time.Millisecond):
			if pay(t, h, db, fmt.Sprint("order-", n)) != nil {
				refused++
			}
		}
	}
}

// missing waits until every order that is stored was received.
func (b *till) missing(t *testing.T, db *sqlx.DB) {
	t.Helper()
	var orders []string
	if err := db.Select(&orders, "SELECT id FROM shop_order"); err != nil {
		t.Fatal(err)
	}
	open := func() []string {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.DeleteFunc(slices.Clone(orders), func(id string) bool { return b.received[id] })
	}
	eventually(t, 2*time.Minute, func() bool { return len(open()) == 0 }, func() string {
		return fmt.Sprintf("of %d orders %d were not received: %v", len(orders), len(open()), open())
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.received {
		if !slices.Contains(orders, id) {
			t.Errorf("%s was received and is not stored", id)
		}
	}
	t.Logf("%d orders stored and received", len(orders))
}

// mustPay pays as soon as it can be done.
func mustPay(t *testing.T, h *host, db *sqlx.DB, id string) {
	t.Helper()
	var err error
	eventually(t, time.Minute, func() bool {
		err = pay(t, h, db, id)
		return err == nil
	}, func() string { return fmt.Sprintf("no order can be paid a minute after the failover: %v", err) })
}

// TestFailover lets the primary crash twice while clients create and orders are
// paid: it comes back the first time, when sessions lead to the standby, and
// the standby takes its place the second time. Nothing else is restarted.
func TestFailover(t *testing.T) {
	servers := newCouple(t)
	dsn := servers.dsn(t)
	db := pgtest.Open(t, dsn)
	h := newHost(t, db, func(c *plugin.Config) {
		toLoopback(c)
		c.Limits.MaxWebhooks = -1
		c.Delivery.ListenDSN = dsn
		c.Delivery.AttemptTime = time.Second // what was cut off is sent anew after three
	})
	servers.first.MustExec("CREATE TABLE shop_order (id text PRIMARY KEY)")
	till := newTill(t, h)
	if err := h.plugin.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := &ledger{sent: map[string]bool{}, codes: map[int]int{}, change: make(chan struct{})}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for client := range 4 {
		clients.Go(func() { l.create(h, client, stop) })
	}
	clients.Go(func() { t.Logf("%d transactions of the host failed", payAll(t, h, db, stop)) })
	l.waitFor(t, 100)

	servers.crash(t, l)
	if err := servers.primary.Up(); err != nil {
		t.Fatal(err)
	}
	l.waitFor(t, l.count()+100)
	mustPay(t, h, db, "back")

	servers.crash(t, l)
	servers.second.MustExec("SELECT pg_promote()")
	l.waitFor(t, l.count()+100)
	mustPay(t, h, db, "promoted")
	close(stop)
	clients.Wait()

	t.Run("C1 what was acknowledged is stored", func(t *testing.T) {
		var rows []string
		if err := servers.second.Select(&rows, "SELECT webhook_id FROM merchant_webhooks.webhook"); err != nil {
			t.Fatal(err)
		}
		for _, id := range l.acked {
			if !slices.Contains(rows, id) {
				t.Errorf("%s was answered with 204 and is lost", id)
			}
		}
	})
	t.Run("R5 faults have their codes", func(t *testing.T) {
		for code, n := range l.codes {
			if code != 51 && code != 54 {
				t.Errorf("%d creates were answered with code %d (-1: no answer)", n, code)
			}
		}
		t.Logf("%d creates acknowledged; refused by code: %v", len(l.acked), l.codes)
	})
	t.Run("D1 D3 each order that is stored was sent, and no other", func(t *testing.T) {
		till.missing(t, servers.second)
	})
	if err := h.plugin.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
