// Package pgtest gives each test a PostgreSQL database of its own, on one
// private server for each test process, or on the server that DATABASE_URL
// names.
//
// Without PostgreSQL, tests are skipped, and fail where CI is set.
package pgtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

// quick gives up durability, which no test process needs of a server that is
// deleted with it. A commit still waits for its WAL to be written.
var quick = map[string]string{
	"fsync":            "off",
	"full_page_writes": "off",
	"shared_buffers":   "32MB",
	"max_connections":  "200",
	"max_wal_size":     "128MB", // of memory, see [memory]
	"min_wal_size":     "32MB",
	"autovacuum":       "off", // tests that need it vacuum and analyze
	"jit":              "off", // of plans that are explained, and run once
}

// Options are those of a server whose data nobody needs when it has stopped.
func Options() pgdev.Options {
	return pgdev.Options{TempDir: memory(), Settings: maps.Clone(quick)}
}

// host is the server of this test process.
var host struct {
	once   sync.Once
	err    error
	server *pgdev.Server                // nil with DATABASE_URL
	dsn    func(database string) string // of a database on the server
	admin  *sqlx.DB

	mu        sync.Mutex
	templates map[string]*template
}

// template is a database that others are cloned from.
type template struct {
	once sync.Once
	name string
	err  error
}

// Main is for TestMain: it runs the tests and stops the server. A process that
// ends without it leaves no server behind, but its directory to the next one,
// and its templates to the server of DATABASE_URL.
func Main(m *testing.M) int {
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

func stop() error {
	if host.admin == nil {
		return nil
	}
	var errs []error
	if host.server == nil {
		for _, made := range host.templates {
			errs = append(errs, drop(made.name))
		}
	}
	errs = append(errs, host.admin.Close())
	if host.server != nil {
		errs = append(errs, host.server.Stop())
	}
	return errors.Join(errs...)
}

// start starts the server at the first call.
func start(t testing.TB) {
	t.Helper()
	host.once.Do(func() {
		admin := os.Getenv("DATABASE_URL")
		if admin == "" {
			if host.server, host.err = pgdev.Start(Options()); host.err != nil {
				return
			}
			host.dsn = host.server.DSN
			admin = host.dsn("postgres")
		} else {
			host.dsn = func(database string) string { return withDatabase(admin, database) }
		}
		host.templates = map[string]*template{}
		host.admin, host.err = sqlx.Open("postgres", admin)
	})
	need(t, host.err)
}

func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, pgdev.ErrNotFound) && os.Getenv("CI") == "":
		t.Skipf("%v: install PostgreSQL or set DATABASE_URL", err)
	case err != nil:
		t.Fatal(err)
	}
}

// Server starts a server of the test's own, to be stopped, killed and brought
// up again, with these settings beside those of all tests. It is stopped when
// the test ends.
func Server(t testing.TB, settings map[string]string) *pgdev.Server {
	t.Helper()
	all := maps.Clone(quick)
	maps.Copy(all, settings)
	server, err := pgdev.Start(pgdev.Options{TempDir: memory(), Settings: all})
	need(t, err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// DSN is the connection string of an empty UTF8 database, dropped when the test
// ends, whoever is still connected to it.
func DSN(t testing.TB) string {
	t.Helper()
	start(t)
	return create(t, "TEMPLATE template0 ENCODING 'UTF8'")
}

// DB is a pool on a database as of DSN.
func DB(t testing.TB) *sqlx.DB {
	t.Helper()
	return Open(t, DSN(t))
}

// Open is a pool on that database of at most 20 connections, closed when the
// test ends.
func Open(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	return pool(t, db)
}

func pool(t testing.TB, db *sqlx.DB) *sqlx.DB {
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Template is DSN with a copy of what prepare made of an empty database; it
// prepares once for each key in a process.
func Template(t testing.TB, key string, prepare func(dsn string) error) string {
	t.Helper()
	start(t)
	host.mu.Lock()
	made := host.templates[key]
	if made == nil {
		made = &template{name: name(), err: errors.New("its preparation failed before")}
		host.templates[key] = made
	}
	host.mu.Unlock()
	made.once.Do(func() { made.err = made.prepare(prepare) })
	if made.err != nil {
		t.Fatalf("template %s: %v", key, made.err)
	}
	return create(t, "TEMPLATE "+made.name)
}

// prepare leaves the template without connections, which a copy demands.
func (made *template) prepare(prepare func(dsn string) error) error {
	if _, err := host.admin.Exec("CREATE DATABASE " + made.name + " TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return err
	}
	if err := prepare(host.dsn(made.name)); err != nil {
		return err
	}
	if _, err := host.admin.Exec("ALTER DATABASE " + made.name + " ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	_, err := host.admin.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", made.name)
	return err
}

func create(t testing.TB, with string) (dsn string) {
	t.Helper()
	database := name()
	if _, err := host.admin.Exec("CREATE DATABASE " + database + " " + with); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(database); err != nil {
			t.Error(err)
		}
	})
	return host.dsn(database)
}

func drop(database string) error {
	_, err := host.admin.Exec("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)")
	return err
}

// name is a database name that no other test process uses.
func name() string { return "pgtest_" + strings.ToLower(rand.Text()) }

// withDatabase is the connection string with another database.
func withDatabase(dsn, database string) string {
	if location, err := url.Parse(dsn); err == nil && location.Scheme != "" {
		location.Path = "/" + database
		return location.String()
	}
	return dsn + " dbname=" + database
}
