package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

const (
	instances = 1000    // that the creates are spread over
	filled    = 100_000 // webhooks that are there before
)

// creates measures POST through the whole service, over sockets, beside pgbench
// running the very same statement.
func creates(ctx context.Context, server *pgdev.Server, o options) error {
	db, err := database(server, "creates")
	if err != nil {
		return err
	}
	defer db.Close()
	address, err := serve(ctx, db)
	if err != nil {
		return err
	}
	if err := fill(ctx, db); err != nil {
		return err
	}
	if _, err := load(address, o.clients, o.duration/2); err != nil { // warm up
		return err
	}
	script, err := pgbenchScript(ctx, db)
	if err != nil {
		return err
	}
	defer os.Remove(script)
	t := newTable(fmt.Sprintf("Creates: %d clients, %d webhooks in %d instances before, durable commits", o.clients, filled, instances))
	for range o.rounds {
		loaded, err := load(address, o.clients, o.duration)
		if err != nil {
			return err
		}
		rate, err := pgbench(ctx, db, server.DSN("creates"), script, o.clients, o.duration)
		if err != nil {
			return err
		}
		t.add("service ÷ pgbench", "%.2f", loaded.rate/rate)
		t.add("service, creates/s", "%.0f", loaded.rate)
		t.add("pgbench, creates/s", "%.0f", rate)
		t.add("allocations for a request", "%.0f", loaded.allocations)
	}
	t.print()
	return nil
}

// serve mounts the plugin as a host does, on a port of its own.
func serve(ctx context.Context, db *sqlx.DB) (string, error) {
	webhooks, err := plugin.New(plugin.Config{
		DB:        db,
		Authorize: plugin.Tokens(plugin.Token{Value: "secret-token:bench", Instance: "*", Scope: "all"}),
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return "", err
	}
	if err := webhooks.Migrate(ctx); err != nil {
		return "", err
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	webhooks.Register(&engine.RouterGroup)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go http.Serve(listener, engine)
	return listener.Addr().String(), nil
}

// fill makes the instances and what they hold before.
func fill(ctx context.Context, db *sqlx.DB) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO merchant_webhooks.instance (instance_id) SELECT 'i' || n FROM generate_series(1, `+strconv.Itoa(instances)+`) AS n;
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method)
		SELECT i.instance_serial, 'filled-' || n, 'pay', 'https://erp.example.com/hook', 'POST'
		FROM generate_series(1, `+strconv.Itoa(filled)+`) AS n
		JOIN merchant_webhooks.instance AS i ON i.instance_id = 'i' || (1 + n % `+strconv.Itoa(instances)+`);
		ANALYZE`)
	return err
}

// The webhook that both create, under IDs of their own.
const (
	eventType      = "pay"
	target         = "https://erp.example.com/hook"
	headerTemplate = "Content-Type: application/json"
	bodyTemplate   = `{"order": {{{json.order_id}}}, "contract": {{{contract_terms}}}}`
)

// pgbenchScript asks PostgreSQL for the text of the statement that the service
// has just run, and puts what pgbench is to create in the place of its
// parameters.
func pgbenchScript(ctx context.Context, db *sqlx.DB) (string, error) {
	var statement string
	err := db.GetContext(ctx, &statement, `
		SELECT query FROM pg_stat_activity
		WHERE query ~ 'INSERT INTO [^ ]*webhook' AND query LIKE '%$9%' AND pid <> pg_backend_pid() LIMIT 1`)
	if err != nil {
		return "", fmt.Errorf("find the statement of a create: %w", err)
	}
	literal := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	values := []string{
		":instance", ":id", literal(eventType), literal(target), literal("POST"),
		literal(headerTemplate), literal(bodyTemplate),
		"9000", "9223372036854775807", // room for all, and none to count: the least work it does
		`'\x00'`, // a secret, shorter than any is
	}
	statement = regexp.MustCompile(`\$\d+`).ReplaceAllStringFunc(statement, func(parameter string) string {
		n, _ := strconv.Atoi(parameter[1:])
		return values[n-1]
	})
	// The IDs are numbers here, made text: pgbench has no strings.
	statement = strings.ReplaceAll(statement, ":instance::text", "('i' || :instance::bigint)")
	statement = strings.ReplaceAll(statement, ":id::text", "('bench-' || :id::bigint)")
	script := filepath.Join(os.TempDir(), fmt.Sprintf("create-%d.sql", os.Getpid()))
	return script, os.WriteFile(script, []byte(`\set instance random(1, `+strconv.Itoa(instances)+`)
\set id random(1, 9000000000000000)
`+strings.TrimSpace(statement)+";\n"), 0o600)
}

var tps = regexp.MustCompile(`tps = ([0-9.]+) \(without initial`)

// pgbench gives the rate at which PostgreSQL alone runs the statement, and
// checks that it did create.
func pgbench(ctx context.Context, db *sqlx.DB, dsn, script string, clients int, duration time.Duration) (float64, error) {
	count := func() (n int, err error) {
		err = db.GetContext(ctx, &n, `SELECT count(*) FROM merchant_webhooks.webhook`)
		return n, err
	}
	before, err := count()
	if err != nil {
		return 0, err
	}
	program, err := findPgbench()
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, program, "-n", "-M", "prepared", "-f", script, "-c", strconv.Itoa(clients), "-j", "2",
		"-T", strconv.Itoa(max(int(duration.Seconds()), 1)), dsn).CombinedOutput()
	found := tps.FindSubmatch(out)
	if err != nil || found == nil {
		return 0, fmt.Errorf("pgbench: %w\n%s", cmp.Or(err, io.ErrUnexpectedEOF), out)
	}
	after, err := count()
	if err == nil && after == before {
		err = fmt.Errorf("pgbench created nothing: %s", out)
	}
	rate, _ := strconv.ParseFloat(string(found[1]), 64)
	return rate, err
}

// findPgbench looks where distributions put it: Debian's is not in PATH.
func findPgbench() (string, error) {
	if program, err := exec.LookPath("pgbench"); err == nil {
		return program, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if len(found) == 0 {
		return "", fmt.Errorf("pgbench was not found; it comes with PostgreSQL's server")
	}
	return found[len(found)-1], nil
}
