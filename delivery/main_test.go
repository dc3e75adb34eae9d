package delivery

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/migrations"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const schema = "merchant_webhooks"

// patience is how long a test waits for what is to happen soon.
const patience = 3 * time.Minute

// A shop is a host with a database of its own.
type shop struct {
	testing.TB
	dsn  string
	db   *sqlx.DB
	repo *repo.Repo
	log  *lines
}

func newShop(t testing.TB) *shop {
	t.Helper()
	dsn := pgtest.Template(t, "delivery", prepare)
	s := &shop{TB: t, dsn: dsn, log: &lines{}}
	s.over(pgtest.Open(t, dsn))
	return s
}

// over has the shop use another pool.
func (s *shop) over(db *sqlx.DB) {
	s.Helper()
	r, err := repo.New(db, repo.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.Fatal(err)
	}
	s.db, s.repo = db, r
}

func prepare(dsn string) error {
	ctx := context.Background()
	db, err := sqlx.Open("postgres", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	if err := migrations.Up(ctx, conn, schema, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	_ = conn.Close()
	if _, err = db.Exec("CREATE TABLE shop_order (order_id text PRIMARY KEY)"); err != nil {
		return err
	}
	r, err := repo.New(db, repo.Options{})
	if err != nil {
		return err
	}
	return r.AddInstance(ctx, nil, "admin")
}

// courier is one over the shop's database, as a process of the host's would have.
// It is stopped when the test ends.
func (s *shop) courier(change func(*Options, *tuning)) *Courier {
	s.Helper()
	types, err := webhook.NewCatalogue()
	if err != nil {
		s.Fatal(err)
	}
	ring, err := webhook.NewKeyring()
	if err != nil {
		s.Fatal(err)
	}
	o := Options{
		Repo: s.repo, DB: s.db, Schema: schema, Keyring: ring,
		Policy:    webhook.Policy{EventTypes: types, AllowedNetworks: loopback},
		Logger:    slog.New(slog.NewTextHandler(s.log, nil)),
		ListenDSN: s.dsn,
		Schedule:  webhook.DefaultSchedule, Workers: 20, PerReceiver: 10, MaxPerEvent: 100,
		PauseAfter: 72 * time.Hour, Keep: 30 * 24 * time.Hour, Timeout: 15 * time.Second,
	}
	tuned := usual(o)
	tuned.sweep = 100 * time.Millisecond
	if change != nil {
		change(&o, &tuned)
	}
	c, err := newCourier(o, tuned)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Stop(ctx) // what still hangs is given back
	})
	return c
}

func (s *shop) started(change func(*Options, *tuning)) *Courier {
	s.Helper()
	c := s.courier(change)
	if err := c.Start(s.Context()); err != nil {
		s.Fatal(err)
	}
	return c
}

// hook makes a webhook of admin for pay, that posts its order's ID.
func (s *shop) hook(id, location string) {
	s.Helper()
	s.webhook(webhook.Webhook{
		ID: id, EventType: "pay", URL: location, HTTPMethod: "POST",
		HeaderTemplate: "Content-Type: application/json", BodyTemplate: `{"order":{{{json.order_id}}}}`,
	})
}

func (s *shop) webhook(w webhook.Webhook) {
	s.Helper()
	if err := s.repo.Create(s.Context(), "admin", w, -1); err != nil {
		s.Fatal(err)
	}
}

// pay commits an order and its event.
func (s *shop) pay(c *Courier, orderID string) {
	s.Helper()
	s.within(func(tx *sqlx.Tx) error {
		if _, err := tx.Exec("INSERT INTO shop_order VALUES ($1)", orderID); err != nil {
			return err
		}
		return c.Emit(s.Context(), tx, "admin", paid(orderID))
	})
}

func paid(orderID string) webhook.Event {
	return webhook.Pay(orderID, map[string]any{"order_id": orderID, "amount": "KUDOS:1.50", "summary": "Tea"})
}

func (s *shop) within(f func(*sqlx.Tx) error) {
	s.Helper()
	tx, err := s.db.Beginx()
	if err != nil {
		s.Fatal(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		s.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		s.Fatal(err)
	}
}

// one is a value of the database.
func one[T any](s *shop, query string, args ...any) (v T) {
	s.Helper()
	if err := s.db.Get(&v, strings.ReplaceAll(query, "webhooks.", schema+"."), args...); err != nil && err != sql.ErrNoRows {
		s.Fatal(err)
	}
	return v
}

// until waits for a value of the database. It is the one thing that tests look
// at again and again, since nothing tells of it.
func until[T comparable](s *shop, want T, query string, args ...any) {
	s.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; <-tick.C {
		got := one[T](s, query, args...)
		if got == want {
			return
		}
		if time.Since(began) > patience {
			s.Fatalf("%s is %v, want %v\n%s", query, got, want, s.log)
		}
	}
}

const (
	countPending   = "SELECT count(*) FROM webhooks.delivery WHERE state = 'pending'"
	countDelivered = "SELECT count(*) FROM webhooks.delivery WHERE state = 'delivered'"
	countFailed    = "SELECT count(*) FROM webhooks.delivery WHERE state = 'failed'"
	countAttempts  = "SELECT count(*) FROM webhooks.delivery_attempt"
)

// lines collects what is logged.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// with are the lines that hold all of the parts.
func (l *lines) with(parts ...string) (found []string) {
	for line := range strings.Lines(l.String()) {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			found = append(found, line)
		}
	}
	return found
}

func orderID(i int) string { return fmt.Sprintf("2026.327-%05d", i) }

// refund commits another event than pay does.
func (s *shop) refund(c *Courier, orderID string) {
	s.Helper()
	s.within(func(tx *sqlx.Tx) error {
		return c.Emit(s.Context(), tx, "admin", webhook.Refund(orderID, map[string]any{}, webhook.RefundGrant{Amount: "KUDOS:1", Reason: "cold"}))
	})
}
