package migrations

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

const riverVersions = "SELECT string_agg(version::text, ' ' ORDER BY version) FROM merchant_webhooks.river_migration"

// newestRiver is how many versions the library has.
func newestRiver(t *testing.T) int {
	t.Helper()
	migrator, err := rivermigrate.New(riverdatabasesql.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(migrator.AllVersions())
}

func TestH3River(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	if got, n := read[string](t, db, riverVersions), newestRiver(t); len(strings.Fields(got)) != n {
		t.Errorf("River's versions are %s, want %d of them", got, n)
	}
	want := snapshot(t, db)
	usual().must(t, db)
	same(t, snapshot(t, db), want)
}

// TestH3RiverInSteps goes on from each version of River's tables.
func TestH3RiverInSteps(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	want := snapshot(t, db)
	for version := range newestRiver(t) {
		do(t, db, "DROP SCHEMA merchant_webhooks CASCADE; CREATE SCHEMA merchant_webhooks")
		if version > 0 {
			onRiver(t, db, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: version})
		}
		usual().must(t, db)
		if got := snapshot(t, db); got != want {
			t.Errorf("from version %d", version)
			same(t, got, want)
		}
	}
}

// onRiver runs River's migrations as Up does.
func onRiver(t *testing.T, db *sql.DB, direction rivermigrate.Direction, opts *rivermigrate.MigrateOpts) {
	t.Helper()
	ctx := context.Background()
	lentOnce(t, db, func(conn *sql.Conn) error {
		return river(conn, func(migrator *rivermigrate.Migrator[*sql.Tx]) error {
			_, err := migrator.Migrate(ctx, direction, opts)
			return err
		})
	})
}

// lentOnce calls f with a connection as Up has it.
func lentOnce(t *testing.T, db *sql.DB, f func(*sql.Conn) error) {
	t.Helper()
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(driverConn any) error {
		return lend(ctx, driverConn, func(conn *sql.Conn) error {
			if err := usual().settle(ctx, conn); err != nil {
				return err
			}
			defer func() { _, _ = conn.ExecContext(ctx, "RESET search_path") }()
			return f(conn)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestH3BothDowns: the way back of both leaves nothing but the table of versions.
func TestH3BothDowns(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	do(t, db, "CREATE SCHEMA merchant_webhooks")
	m := library(t, db, Files)
	empty := layout(t, db) // with the table of versions
	const objects = `
SELECT (SELECT count(*) FROM pg_type) + (SELECT count(*) FROM pg_proc) + (SELECT count(*) FROM pg_class WHERE relkind <> 't')`
	before := read[int](t, db, objects)
	usual().must(t, db)
	addData(t, db)
	addDeliveries(t, db)
	onRiver(t, db, rivermigrate.DirectionDown, &rivermigrate.MigrateOpts{TargetVersion: -1})
	if err := m.Down(); err != nil {
		t.Fatal(err)
	}
	same(t, layout(t, db), empty)
	if after := read[int](t, db, objects); after != before {
		t.Errorf("%d objects are left", after-before)
	}
}

// TestH3HostsOwnRiver: a host's River in public stays at the version that it has.
func TestH3HostsOwnRiver(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	host, err := rivermigrate.New(riverdatabasesql.New(db), &rivermigrate.Config{Schema: "public", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := host.Migrate(t.Context(), rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: 4}); err != nil {
		t.Fatal(err)
	}
	do(t, db, "INSERT INTO public.river_job (kind, args, max_attempts) VALUES ('theirs', '{}', 1)")
	usual().must(t, db)
	if got := read[string](t, db, "SELECT string_agg(version::text, ' ') FROM public.river_migration"); got != "1 2 3 4" {
		t.Errorf("the host's versions are %s", got)
	}
	if got := read[int](t, db, "SELECT count(*) FROM public.river_job"); got != 1 {
		t.Errorf("the host has %d jobs, want 1", got)
	}
	if got, n := read[string](t, db, riverVersions), newestRiver(t); len(strings.Fields(got)) != n {
		t.Errorf("our versions are %s", got)
	}
}

func TestH3NewerRiver(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	do(t, db, "INSERT INTO merchant_webhooks.river_migration (line, version) VALUES ('main', 1000)")
	want := snapshot(t, db)
	u := usual()
	var log strings.Builder
	u.log = slog.New(slog.NewTextHandler(&log, nil))
	u.must(t, db)
	same(t, snapshot(t, db), want)
	if lines := log.String(); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, "level=WARN") || !strings.Contains(lines, "newer") {
		t.Errorf("the log is %q, want one warning", lines)
	}
}
