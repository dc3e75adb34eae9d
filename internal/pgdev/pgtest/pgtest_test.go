package pgtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func count(t *testing.T, db *sqlx.DB, statement string, args ...any) (n int) {
	t.Helper()
	if err := db.Get(&n, statement, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDSN(t *testing.T) {
	var database string
	t.Run("a test", func(t *testing.T) {
		dsn := DSN(t)
		db := Open(t, dsn)
		if err := db.Get(&database, "SELECT current_database()"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, "SELECT count(*) FROM pg_database WHERE datname = current_database() AND pg_encoding_to_char(encoding) = 'UTF8'"); n != 1 {
			t.Error("the database is not UTF8")
		}
		still, err := sqlx.Connect("postgres", dsn) // connected when the test ends
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := still.Ping(); err != nil {
				t.Error(err)
			}
		})
	})
	if database == "" || count(t, host.admin, "SELECT count(*) FROM pg_database WHERE datname = $1", database) != 0 {
		t.Errorf("database %q is there after its test", database)
	}
}

// TestMajor: make test-postgres tests the version that it says.
func TestMajor(t *testing.T) {
	wanted := os.Getenv("POSTGRES_MAJOR")
	if wanted == "" {
		t.Skip("POSTGRES_MAJOR names no version")
	}
	var major string
	if err := DB(t).Get(&major, "SELECT (current_setting('server_version_num')::int / 10000)::text"); err != nil || major != wanted {
		t.Errorf("PostgreSQL %s, %v, want %s", major, err, wanted)
	}
}

func TestTemplate(t *testing.T) {
	var prepared atomic.Int32
	key := rand.Text() // go test -count=2 is one process
	t.Run("side by side", func(t *testing.T) {
		for i := range 4 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				db := Open(t, Template(t, key, func(dsn string) error {
					prepared.Add(1)
					left, err := sqlx.Connect("postgres", dsn) // and never closed
					if err != nil {
						return err
					}
					_, err = left.Exec("CREATE TABLE goods AS SELECT 1 AS id")
					return err
				}))
				db.MustExec("INSERT INTO goods VALUES (2)")
				if n := count(t, db, "SELECT count(*) FROM goods"); n != 2 {
					t.Errorf("%d rows, want the template's and ours", n)
				}
			})
		}
	})
	if n := prepared.Load(); n != 1 {
		t.Errorf("prepared %d times, want 1", n)
	}
}

// outcome notes how a test ends.
type outcome struct {
	testing.TB
	failed, skipped string
}

func (o *outcome) Helper()                       {}
func (o *outcome) Fatal(args ...any)             { o.failed = fmt.Sprint(args...) }
func (o *outcome) Skipf(format string, a ...any) { o.skipped = fmt.Sprintf(format, a...) }

func TestWithoutPostgreSQL(t *testing.T) {
	missing := fmt.Errorf("pgdev: %w", pgdev.ErrNotFound)
	for _, c := range []struct {
		name, ci     string
		err          error
		fails, skips bool
	}{
		{name: "there", ci: "true"},
		{name: "missing", err: missing, skips: true},
		{name: "missing in CI", ci: "true", err: missing, fails: true},
		{name: "broken", err: errors.New("no room"), fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("CI", c.ci)
			var o outcome
			need(&o, c.err)
			if (o.failed != "") != c.fails || (o.skipped != "") != c.skips {
				t.Errorf("failed %q, skipped %q, want fails %t, skips %t", o.failed, o.skipped, c.fails, c.skips)
			}
		})
	}
}

func TestDatabaseURL(t *testing.T) {
	if os.Getenv("DATABASE_URL") != "" {
		var name string
		if err := DB(t).Get(&name, "SHOW cluster_name"); err != nil {
			t.Fatal(err)
		}
		t.Logf("on the cluster %q", name)
		return
	}
	server := Server(t, map[string]string{"cluster_name": "of the URL"})
	tests := exec.Command(os.Args[0], "-test.v", "-test.run", "^(TestDSN|TestTemplate|TestDatabaseURL)$")
	tests.Env = append(os.Environ(), "DATABASE_URL="+server.DSN("postgres"))
	out, err := tests.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `on the cluster "of the URL"`) {
		t.Errorf("%v\n%s", err, out)
	}
	if n := count(t, Open(t, server.DSN("postgres")), "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgtest%'"); n != 0 {
		t.Errorf("%d databases left behind, want 0", n)
	}
}

func TestWithDatabase(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:p@host:1/a?sslmode=disable": "postgres://u:p@host:1/b?sslmode=disable",
		"postgresql://host":                       "postgresql://host/b",
		"host=/run user=u dbname=a":               "host=/run user=u dbname=a dbname=b",
	} {
		if got := withDatabase(dsn, "b"); got != want {
			t.Errorf("%s: %s, want %s", dsn, got, want)
		}
	}
}
