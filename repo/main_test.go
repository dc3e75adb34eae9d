package repo

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/migrations"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// anyNumber of webhooks is allowed.
const anyNumber = -1

// sample is a webhook with something in every field.
var sample = webhook.Webhook{
	ID:             "hook",
	EventType:      "pay",
	URL:            "https://shop.example/hooks",
	HTTPMethod:     "POST",
	HeaderTemplate: "Content-Type: application/json",
	BodyTemplate:   `{"order": "{{order_id}}"}`,
}

// database is the connection string of a migrated database with the instances
// admin and sandbox.
func database(t testing.TB) string {
	return pgtest.Template(t, "repo", func(dsn string) error {
		db, err := sqlx.Open("postgres", dsn)
		if err != nil {
			return err
		}
		defer db.Close()
		if err := migrate(db.DB, defaultSchema); err != nil {
			return err
		}
		r, err := New(db, Options{})
		if err != nil {
			return err
		}
		return errors.Join(r.AddInstance(context.Background(), nil, "admin"), r.AddInstance(context.Background(), nil, "sandbox"))
	})
}

func migrate(db *sql.DB, schema string) error {
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return migrations.Up(ctx, conn, schema, slog.New(slog.DiscardHandler))
}

// fresh is a Repo over a database of the test's own.
func fresh(t testing.TB) *Repo {
	t.Helper()
	return over(t, pgtest.Open(t, database(t)), Options{})
}

func over(t testing.TB, db *sqlx.DB, o Options) *Repo {
	t.Helper()
	r, err := New(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// connect is a pool as of pgtest.Open, but for the change.
func connect(t testing.TB, dsn string, change func(*pq.Config)) *sqlx.DB {
	t.Helper()
	return pool(t, connector(t, dsn, change), 20)
}

func connector(t testing.TB, dsn string, change func(*pq.Config)) *pq.Connector {
	t.Helper()
	config, err := pq.NewConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if config.Runtime == nil {
		config.Runtime = map[string]string{}
	}
	change(&config)
	made, err := pq.NewConnectorConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// pool has at most n connections, all of which may be idle.
func pool(t testing.TB, to driver.Connector, n int) *sqlx.DB {
	db := sqlx.NewDb(sql.OpenDB(to), "postgres")
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// within is a context that ends when the test has hung, on however slow a machine.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// none is the code of no error; neither is that of an error that is no Problem.
const (
	none    webhook.Code = 0
	neither webhook.Code = -1
)

func codeOf(err error) webhook.Code {
	problem := (*webhook.Problem)(nil)
	switch {
	case err == nil:
		return none
	case errors.As(err, &problem):
		return problem.Code
	}
	return neither
}

// errOf is the error of what gives something beside, which is nothing then.
func errOf[T any](beside T, err error) error {
	if err != nil && !reflect.ValueOf(&beside).Elem().IsZero() {
		return fmt.Errorf("beside %w it gives %+v", err, beside)
	}
	return err
}

// errOfTwo is errOf of what gives two things beside.
func errOfTwo[T, U any](one T, two U, err error) error {
	return errOf(struct {
		one T
		two U
	}{one, two}, err)
}

// want checks an error's code, and what it is about.
func want(t testing.TB, err error, code webhook.Code, subject string) {
	t.Helper()
	if codeOf(err) != code {
		t.Fatalf("got %v, want code %d", err, code)
	}
	if problem, is := errors.AsType[*webhook.Problem](err); is && problem.Subject != subject {
		t.Errorf("the problem is about %q, want %q", problem.Subject, subject)
	}
}

// stored checks what an instance holds of a webhook.
func stored(t testing.TB, r *Repo, instance string, w webhook.Webhook) {
	t.Helper()
	got, err := r.Get(t.Context(), instance, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got != w {
		t.Errorf("stored is %+v\nwant      %+v", got, w)
	}
}

// number of rows that a query counts.
func number(t testing.TB, db *sqlx.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.Get(&n, query, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

const countWebhooks = `SELECT count(*) FROM merchant_webhooks.webhook`

func create(t testing.TB, r *Repo, instance string, webhooks ...webhook.Webhook) {
	t.Helper()
	for _, w := range webhooks {
		if err := r.Create(t.Context(), instance, w, anyNumber); err != nil {
			t.Fatal(err)
		}
	}
}

// other is the webhook with one thing changed.
func other(w webhook.Webhook, change func(*webhook.Webhook)) webhook.Webhook {
	change(&w)
	return w
}

// named is the webhook with another ID.
func named(w webhook.Webhook, id string) webhook.Webhook {
	w.ID = id
	return w
}

// others changes each field but the ID, and clears what may be absent.
var others = []struct {
	field   string
	webhook webhook.Webhook
}{
	{"event_type", other(sample, func(w *webhook.Webhook) { w.EventType = "refund" })},
	{"url", other(sample, func(w *webhook.Webhook) { w.URL += "/" })},
	{"http_method", other(sample, func(w *webhook.Webhook) { w.HTTPMethod = "PUT" })},
	{"header_template", other(sample, func(w *webhook.Webhook) { w.HeaderTemplate += "\n" })},
	{"no header_template", other(sample, func(w *webhook.Webhook) { w.HeaderTemplate = "" })},
	{"body_template", other(sample, func(w *webhook.Webhook) { w.BodyTemplate += " " })},
	{"no body_template", other(sample, func(w *webhook.Webhook) { w.BodyTemplate = "" })},
}
