package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database/postgres"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

func TestH3DirtyMark(t *testing.T) {
	const (
		mark     = "TRUNCATE merchant_webhooks.schema_migrations; INSERT INTO merchant_webhooks.schema_migrations VALUES "
		noSecond = "DROP TABLE merchant_webhooks.worker, merchant_webhooks.delivery_attempt, merchant_webhooks.delivery, merchant_webhooks.event; "
		noTables = noSecond + "DROP TABLE merchant_webhooks.webhook, merchant_webhooks.instance; "
		noLater  = "DROP TABLE merchant_webhooks.later; ALTER TABLE merchant_webhooks.webhook DROP COLUMN later; "
	)
	for name, killed := range map[string]string{
		"H3 before the first migration":           noLater + noTables + mark + "(1, true)",
		"H3 after the first migration":            noLater + mark + "(1, true)",
		"H3 before the second migration":          noLater + noSecond + mark + "(2, true)",
		"H3 after the second migration":           noLater + mark + "(2, true)",
		"H3 before a later migration":             noLater + mark + "(9999, true)",
		"H3 after a later migration":              mark + "(9999, true)",
		"H3 before the first was undone":          noLater + mark + "(-1, true)",
		"H3 after the first was undone":           noLater + noTables + mark + "(-1, true)",
		"H3 the version is lost":                  "TRUNCATE merchant_webhooks.schema_migrations",
		"H3 the table of versions is lost":        "DROP TABLE merchant_webhooks.schema_migrations",
		"H3 all but the table of versions is new": noLater + noTables + "TRUNCATE merchant_webhooks.schema_migrations",
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, pgtest.DSN(t), nil)
			u := usual()
			u.files = newer()
			u.must(t, db)
			if !strings.Contains(killed, noTables) {
				addData(t, db)
			}
			want := snapshot(t, db)
			do(t, db, killed)
			u.must(t, db)
			same(t, snapshot(t, db), want)
		})
	}
}

// TestH3DirtyMarkOfAnotherAtWork: while a migration runs its version is marked
// as well. Whoever mended the mark then would run the same migration beside it.
func TestH3DirtyMarkOfAnotherAtWork(t *testing.T) {
	dsn := pgtest.DSN(t)
	db := open(t, dsn, nil)
	usual().must(t, db)
	do(t, db, "UPDATE merchant_webhooks.schema_migrations SET dirty = true")
	const dirty = "SELECT dirty FROM merchant_webhooks.schema_migrations"

	atWork := open(t, dsn, nil)
	atWork.SetMaxOpenConns(1)
	do(t, atWork, fmt.Sprintf("SELECT pg_advisory_lock(%d)", usual().lockKey()))
	log := make(lines, 10)
	u := usual()
	u.log = slog.New(slog.NewTextHandler(log, nil))
	ended := make(chan error, 1)
	go func() { ended <- u.on(t.Context(), open(t, dsn, nil)) }()
	if line := <-log; !strings.Contains(line, "waiting") || !read[bool](t, db, dirty) {
		t.Errorf("it does not wait with the mark: %s", line)
	}
	do(t, atWork, fmt.Sprintf("SELECT pg_advisory_unlock(%d)", usual().lockKey()))
	if err := <-ended; err != nil || read[bool](t, db, dirty) {
		t.Errorf("the mark stays, %v", err)
	}
}

func TestH3OlderProgramNewerSchema(t *testing.T) {
	for name, dirty := range map[string]bool{"H3 a newer schema": false, "H3 a newer schema, interrupted": true} {
		t.Run(name, func(t *testing.T) {
			db := open(t, pgtest.DSN(t), nil)
			later := usual()
			later.files = newer()
			later.must(t, db)
			do(t, db, "UPDATE merchant_webhooks.schema_migrations SET dirty = $1", dirty)
			want := snapshot(t, db)

			older := usual()
			var log strings.Builder
			older.log = slog.New(slog.NewTextHandler(&log, nil))
			older.must(t, db)
			same(t, snapshot(t, db), want)
			if lines := log.String(); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, "level=WARN") || !strings.Contains(lines, "newer") {
				t.Errorf("the log is %q, want one warning", lines)
			}
		})
	}
}

// library is golang-migrate over a session as Up has it.
func library(t *testing.T, db *sql.DB, files fs.FS) *migrate.Migrate {
	t.Helper()
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := usual().settle(ctx, conn); err != nil {
		t.Fatal(err)
	}
	source, err := iofs.New(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	target, err := postgres.WithConnection(ctx, conn, &postgres.Config{SchemaName: schema, MigrationsTable: versionTable})
	if err != nil {
		t.Fatal(err)
	}
	m, err := migrate.NewWithInstance("files", source, "postgres", target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestH3UpAndDown goes up, down and up over data, one version after the other.
func TestH3UpAndDown(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	do(t, db, "CREATE SCHEMA merchant_webhooks")
	m := library(t, db, Files)
	versions := []string{layout(t, db)} // by the number of migrations that were run
	step := func(n int) bool {
		t.Helper()
		err := m.Steps(n)
		if errors.Is(err, fs.ErrNotExist) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		return true
	}
	for step(1) {
		versions = append(versions, layout(t, db))
	}
	newest := len(versions) - 1
	addData(t, db)
	filled := snapshot(t, db)
	for i := range newest - 1 { // to the first version, which keeps the data, and back
		step(-1)
		same(t, layout(t, db), versions[newest-1-i])
	}
	for _, want := range versions[2:] {
		step(1)
		same(t, layout(t, db), want)
	}
	same(t, snapshot(t, db), filled)
	for _, want := range slices.Backward(versions[:newest]) {
		step(-1)
		same(t, layout(t, db), want)
	}
	for _, want := range versions[1:] {
		step(1)
		same(t, layout(t, db), want)
	}
}

// TestH3Files holds what migrations rely on: each is one transaction, can be run
// again over itself, and has a way down that is and can too.
func TestH3Files(t *testing.T) {
	names, err := fs.Glob(Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^(\d{4}_[a-z_]+)\.(up|down)\.sql$`)
	var bases []string
	for _, file := range names {
		found := name.FindStringSubmatch(file)
		if found == nil {
			t.Fatalf("%s is not of the form 0001_name.up.sql", file)
		}
		if found[2] == "up" {
			bases = append(bases, found[1])
		}
	}
	if len(names) != 2*len(bases) || len(bases) == 0 {
		t.Fatalf("of %q not each has its way back", names)
	}
	db := open(t, pgtest.DSN(t), map[string]string{"search_path": schema})
	do(t, db, "CREATE SCHEMA merchant_webhooks")
	run := func(file string) {
		t.Helper()
		text, err := Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, db)
		_, err = db.Exec(string(text) + "; SELECT 1/0")
		if said, is := errors.AsType[*pq.Error](err); !is || said.Code != "22012" {
			t.Fatalf("%s and a division by zero gave %v", file, err)
		}
		if snapshot(t, db) != before {
			t.Errorf("%s is more than one transaction", file)
		}
		do(t, db, string(text))
		after := snapshot(t, db)
		do(t, db, string(text))
		if snapshot(t, db) != after {
			t.Errorf("%s does something more when it is run again", file)
		}
	}
	for _, base := range bases {
		run(base + ".up.sql")
	}
	addData(t, db)
	for _, base := range bases {
		run(base + ".up.sql") // over data, as by somebody who lost the version
	}
	for _, base := range slices.Backward(bases) {
		run(base + ".down.sql")
	}
}
