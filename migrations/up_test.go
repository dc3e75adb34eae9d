package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

func TestH3SearchPathStaysInItsConnection(t *testing.T) {
	ctx := context.Background()
	db := open(t, pgtest.DSN(t), nil)
	const conns = 4
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	paths := func() (paths []string) {
		for range conns {
			conn, err := db.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			var path string
			if err := conn.QueryRowContext(ctx, "SHOW search_path").Scan(&path); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
		return paths
	}
	before := paths()
	usual().must(t, db)
	if after := paths(); !slices.Equal(after, before) {
		t.Errorf("the pool's search_path was %q, and is %q", before, after)
	}
	if db.Stats().OpenConnections != conns {
		t.Error("the pool has lost connections for good")
	}
}

func TestH3SchemaNames(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	for _, name := range []string{"public", "Upper", "with space", `quo"te`, "per'cent%s", "schön", "select", strings.Repeat("n", 63)} {
		t.Run("H3 "+name, func(t *testing.T) {
			u := usual()
			u.schema = name
			u.must(t, db)
			u.must(t, db)
			if got := read[string](t, db, "SELECT instance_id FROM "+pq.QuoteIdentifier(name)+".instance"); got != "admin" {
				t.Errorf("its instance is %q", got)
			}
		})
	}
}

func TestH3TwoSchemasAtOnce(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	var both sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		both.Go(func() {
			u := usual()
			u.schema, u.instances = name, []string{"of-" + name}
			if err := u.on(context.Background(), db); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	for _, name := range []string{"one", "two"} {
		if got := read[string](t, db, "SELECT instance_id FROM "+name+".instance"); got != "of-"+name {
			t.Errorf("the instance of %s is %q", name, got)
		}
	}
}

// TestH3HostsOwnGolangMigrate: the host's table of versions has the same name,
// in its own schema.
func TestH3HostsOwnGolangMigrate(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	do(t, db, "CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY, dirty boolean); INSERT INTO public.schema_migrations VALUES (42, true)")
	usual().must(t, db)
	if got := read[string](t, db, "SELECT string_agg(version || ' ' || dirty, ',') FROM public.schema_migrations"); got != "42 true" {
		t.Errorf("the host's version is %s", got)
	}
	if got := read[int](t, db, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"); got != 2 {
		t.Errorf("public holds %d relations, want the host's table and its index", got)
	}
}

func TestH3DropSchema(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	const objects = `
SELECT (SELECT count(*) FROM pg_class) + (SELECT count(*) FROM pg_type) + (SELECT count(*) FROM pg_proc)
    + (SELECT count(*) FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%') + (SELECT count(*) FROM pg_depend)`
	before := read[int](t, db, objects)
	usual().must(t, db)
	want := snapshot(t, db)
	addData(t, db)
	do(t, db, "DROP SCHEMA merchant_webhooks CASCADE")
	if after := read[int](t, db, objects); after != before {
		t.Errorf("%d objects are left", after-before)
	}
	usual().must(t, db)
	same(t, snapshot(t, db), want)
}

func TestH3NotUTF8(t *testing.T) {
	dsn := pgtest.DSN(t)
	config, err := pq.NewConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	for _, encoding := range []string{"SQL_ASCII", "LATIN1"} {
		t.Run("H3 "+encoding, func(t *testing.T) {
			admin := open(t, dsn, nil)
			other := config.Clone()
			other.Database += "_" + strings.ToLower(encoding)
			do(t, admin, fmt.Sprintf("CREATE DATABASE %s ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0", other.Database, encoding))
			t.Cleanup(func() { do(t, admin, "DROP DATABASE "+other.Database+" WITH (FORCE)") })
			db := openConfig(t, other)
			err := usual().on(context.Background(), db)
			if err == nil || !strings.Contains(err.Error(), encoding+", but webhooks need UTF8") {
				t.Errorf("the error is %v", err)
			}
			same(t, snapshot(t, db), "nothing\n")
		})
	}
}

// TestH3HostSettings: what the host or the role has set does not matter.
func TestH3HostSettings(t *testing.T) {
	dsn := pgtest.DSN(t)
	inside := fstest.MapFS{"0001_look.up.sql": {Data: []byte(`
CREATE TABLE seen AS
SELECT name, current_setting(name) AS value
FROM unnest(ARRAY['search_path', 'transaction_isolation', 'lock_timeout', 'statement_timeout', 'standard_conforming_strings']) AS name`)}}
	host := open(t, dsn, map[string]string{
		"search_path":                   "public",
		"default_transaction_isolation": "serializable",
		"lock_timeout":                  "3s",
		"statement_timeout":             "4s",
		"standard_conforming_strings":   "off",
	})
	u := upgrade{files: inside, schema: "look", log: usual().log}
	u.must(t, host)
	const want = "lock_timeout 0, search_path look, pg_temp, standard_conforming_strings on, statement_timeout 0, transaction_isolation read committed"
	if got := read[string](t, host, "SELECT string_agg(name || ' ' || value, ', ' ORDER BY name) FROM look.seen"); got != want {
		t.Errorf("a migration sees %s, want %s", got, want)
	}
}

func TestH3BinaryParameters(t *testing.T) {
	dsn := pgtest.DSN(t)
	db := open(t, dsn, nil)
	usual().must(t, db)
	want := snapshot(t, db)
	do(t, db, "DROP SCHEMA merchant_webhooks CASCADE")
	config, err := pq.NewConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.BinaryParameters = true
	usual().must(t, openConfig(t, config))
	same(t, snapshot(t, db), want)
}

func TestH3TemporaryTablesOfTheHost(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	db.SetMaxOpenConns(1)
	do(t, db, "CREATE TEMP TABLE instance (instance_id text PRIMARY KEY); CREATE TEMP TABLE schema_migrations (version bigint, dirty boolean)")
	usual().must(t, db)
	if got := read[string](t, db, "SELECT instance_id FROM merchant_webhooks.instance"); got != "admin" {
		t.Errorf("the instance is %q", got)
	}
}

func TestH3ReadOnly(t *testing.T) {
	dsn := pgtest.DSN(t)
	reader := open(t, dsn, map[string]string{"default_transaction_read_only": "on"})
	err := usual().on(context.Background(), reader)
	if said, is := errors.AsType[*pq.Error](err); !is || said.Code != "25006" || !strings.Contains(err.Error(), "make the schema") {
		t.Errorf("where a schema must be made, the error is %v", err)
	}
	usual().must(t, open(t, dsn, nil))
	usual().must(t, reader) // there is nothing to write
}

// TestH3ContextEnds holds Up at a lock of somebody else, at three places.
func TestH3ContextEnds(t *testing.T) {
	dsn := pgtest.DSN(t)
	admin := open(t, dsn, nil)
	usual().must(t, admin)
	do(t, admin, "TRUNCATE merchant_webhooks.schema_migrations") // so that there is something to do
	theirs, err := database.GenerateAdvisoryLockId(read[string](t, admin, "SELECT current_database()"), schema, versionTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, hold string
		waiting    string // of its session; empty: the log says so
	}{
		{
			name: "H3 at our advisory lock", hold: fmt.Sprintf("SELECT pg_advisory_lock(%d)", usual().lockKey()),
		},
		{
			name: "H3 at golang-migrate's advisory lock", hold: "SELECT pg_advisory_lock(" + theirs + ")",
			waiting: "wait_event = 'advisory'",
		},
		{
			name: "H3 in a statement", hold: "BEGIN; LOCK TABLE merchant_webhooks.schema_migrations",
			waiting: "wait_event = 'relation'",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			holder := open(t, dsn, nil)
			holder.SetMaxOpenConns(1)
			do(t, holder, c.hold)
			who := fmt.Sprint(read[int](t, holder, "SELECT pg_backend_pid()"))

			host := open(t, dsn, map[string]string{"application_name": "host"})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			ended := make(chan error, 1)
			log := make(lines, 10)
			u := usual()
			u.log = slog.New(slog.NewTextHandler(log, nil))
			go func() { ended <- u.on(ctx, host) }()
			if c.waiting != "" {
				wait(t, admin, "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'host' AND "+c.waiting+")")
			} else if line := <-log; !strings.Contains(line, who) {
				t.Errorf("the log says %s, not %s", line, who)
			}
			cancel()
			select {
			case err = <-ended:
			case <-time.After(patience):
				t.Fatal("Up goes on")
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
			if c.waiting == "" && !strings.Contains(err.Error(), "held by the process "+who+" of PostgreSQL") {
				t.Errorf("the error %v does not say who holds the lock: %s", err, who)
			}
			wait(t, admin, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'host')")
		})
	}
	usual().must(t, admin)
}

// lines are what a log wrote.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// wait asks until the condition holds.
func wait(t *testing.T, db *sql.DB, condition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for holds := false; !holds; {
		if err := db.QueryRowContext(ctx, "SELECT "+condition).Scan(&holds); err != nil {
			t.Fatalf("waiting until %s: %v", condition, err)
		}
	}
}

func TestUpOfAnotherDriversConnection(t *testing.T) {
	err := lend(context.Background(), struct{}{}, func(*sql.Conn) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "github.com/lib/pq") {
		t.Errorf("the error is %v", err)
	}
}
