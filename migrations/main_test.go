package migrations

import (
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

func TestMain(m *testing.M) {
	if order := os.Getenv(childOrder); order != "" {
		os.Exit(child(order))
	}
	os.Exit(pgtest.Main(m))
}

// patience is how long a test waits for what must come, on however slow a machine.
const patience = 3 * time.Minute

// schema is where the tests put everything, unless they are about its name.
const schema = "merchant_webhooks"

// newer is Files as a later program has them.
func newer() fstest.MapFS {
	files := fstest.MapFS{
		"9999_later.up.sql": {Data: []byte(`
ALTER TABLE webhook ADD COLUMN IF NOT EXISTS later text NOT NULL DEFAULT 'yes';
CREATE TABLE IF NOT EXISTS later (id int);`)},
		"9999_later.down.sql": {Data: []byte(`
DROP TABLE IF EXISTS later;
ALTER TABLE webhook DROP COLUMN IF EXISTS later;`)},
	}
	entries, err := Files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		text, err := Files.ReadFile(entry.Name())
		if err != nil {
			panic(err)
		}
		files[entry.Name()] = &fstest.MapFile{Data: text}
	}
	return files
}

// open is a pool with these settings of each session.
func open(t testing.TB, dsn string, settings map[string]string) *sql.DB {
	t.Helper()
	config, err := pq.NewConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config = config.Clone()
	maps.Copy(config.Runtime, settings)
	return openConfig(t, config)
}

func openConfig(t testing.TB, config pq.Config) *sql.DB {
	t.Helper()
	connector, err := pq.NewConnectorConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// usual is what a host asks for.
func usual() upgrade {
	return upgrade{files: Files, schema: schema, log: slog.New(slog.DiscardHandler), instances: []string{"admin"}}
}

// on runs the upgrade over a connection of the pool.
func (u upgrade) on(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return u.run(ctx, conn)
}

func (u upgrade) must(t testing.TB, db *sql.DB) {
	t.Helper()
	if err := u.on(context.Background(), db); err != nil {
		t.Fatal(err)
	}
}

func do(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%v\n%s", err, statement)
	}
}

// read gives the one value that a query has.
func read[T any](t testing.TB, db *sql.DB, query string, args ...any) (value T) {
	t.Helper()
	if err := db.QueryRow(query, args...).Scan(&value); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return value
}

// addData stores two instances' webhooks.
func addData(t testing.TB, db *sql.DB) {
	t.Helper()
	do(t, db, `
INSERT INTO merchant_webhooks.instance (instance_id) VALUES ('sandbox');
INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, body_template)
SELECT instance_serial, 'erp ü', 'pay', 'https://erp.example.com/', 'POST', '{{order_id}}'
FROM merchant_webhooks.instance`)
}

// snapshot is all that the schema consists of, and the rows of its tables,
// without times, and of secrets the length; the version is one of them.
func snapshot(t testing.TB, db *sql.DB) string {
	t.Helper()
	var rows []string
	for _, table := range strings.Split(read[string](t, db,
		"SELECT coalesce(string_agg(tablename, ',' ORDER BY tablename), '') FROM pg_tables WHERE schemaname = $1", schema), ",") {
		if table != "" {
			rows = append(rows, table+" "+read[string](t, db, `
SELECT coalesce(string_agg(concat(to_jsonb(r) - '{created_at,updated_at,secret}'::text[], length(to_jsonb(r)->>'secret')), E'\n' ORDER BY r::text), 'no rows')
FROM `+schema+`.`+pq.QuoteIdentifier(table)+` AS r`))
		}
	}
	return layout(t, db) + "\n" + strings.Join(rows, "\n")
}

// layout is what the schema consists of without its rows: tables, columns,
// constraints, indexes, comments.
func layout(t testing.TB, db *sql.DB) string {
	t.Helper()
	return read[string](t, db, `
WITH relation AS (
    SELECT c.* FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1
)
SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), 'nothing') FROM (
    SELECT concat_ws(' ', relname, relkind, obj_description(oid, 'pg_class')) AS line FROM relation
    UNION ALL
    SELECT concat_ws(' ', relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, collname,
        pg_get_expr(adbin, adrelid), col_description(c.oid, attnum))
    FROM relation AS c JOIN pg_attribute AS a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
    LEFT JOIN pg_collation AS o ON o.oid = attcollation
    WHERE relkind = 'r'
    UNION ALL
    SELECT concat_ws(' ', relname, conname, pg_get_constraintdef(k.oid)) FROM relation AS c JOIN pg_constraint AS k ON conrelid = c.oid
    UNION ALL
    SELECT pg_get_indexdef(oid) FROM relation WHERE relkind = 'i'
) AS lines`, schema)
}

// same compares snapshots.
func same(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("the schema is\n%s\n\nwant\n%s", got, want)
	}
}
