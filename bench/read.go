package main

import (
	"context"
	"strconv"

	"github.com/jmoiron/sqlx"
)

// reads measures GET of one webhook among 100,000 beside pgbench running the
// same statement.
func reads(ctx context.Context, r *run) error {
	const clients = 32
	db, s, err := r.host("reads")
	if err != nil {
		return err
	}
	defer db.Close()
	defer s.Stop()
	n := r.scaled(filled)
	if err := fillInstance(ctx, db, "many", n); err != nil {
		return err
	}
	one := get("/instances/many/private/webhooks/filled-%d", n)
	if _, err := s.load(clients, r.duration/2, one); err != nil { // warm up
		return err
	}
	alone, err := newLimit(ctx, db, r.server.DSN("reads"), `w.header_template.*webhook_id = \$2`,
		`\set n random(1, `+strconv.Itoa(n)+")\n", value{text: "many"}, value{sql: "('filled-' || :n::bigint)"})
	if err != nil {
		return err
	}
	defer alone.remove()
	for range r.rounds {
		ours, err := s.load(clients, r.duration, one)
		if err != nil {
			return err
		}
		most, err := alone.rate(ctx, clients, r.duration)
		if err != nil {
			return err
		}
		r.table.ratio("GET one ÷ pgbench, 32 clients", atLeast(0.4), ours.rate/most)
		r.table.count("GET one, allocations", goal{atMost: true}, ours.allocations)
		r.table.measured("GET one/s", goal{}, ours.rate)
		r.table.measured("GET one/s by pgbench", goal{}, most)
		r.table.measured("GET one, server CPU µs", goal{}, ours.micros)
	}
	return nil
}

// fillInstance makes an instance with n webhooks.
func fillInstance(ctx context.Context, db *sqlx.DB, instance string, n int) error {
	_, err := db.ExecContext(ctx, `
		WITH home AS (
			INSERT INTO merchant_webhooks.instance (instance_id) VALUES ('`+instance+`') RETURNING instance_serial
		)
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, header_template, body_template)
		SELECT instance_serial, 'filled-' || n, '`+eventType+`', '`+target+`', 'POST', '`+headerTemplate+`', '`+bodyTemplate+`'
		FROM home, generate_series(1, `+strconv.Itoa(n)+`) AS n;
		ANALYZE`)
	return err
}
