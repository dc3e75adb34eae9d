package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

const (
	instances = 1000    // that creates are spread over
	filled    = 100_000 // webhooks that are there before
)

// The webhook that all create, under IDs of their own.
const (
	eventType      = "pay"
	target         = "https://erp.example.com/hook"
	headerTemplate = "Content-Type: application/json"
	bodyTemplate   = `{"order": {{{json.order_id}}}, "contract": {{{json.contract_terms}}}}`
)

// bodyBefore and bodyAfter are what stands around the ID in the body of a create.
var bodyBefore, bodyAfter = func() (string, string) {
	fields, err := json.Marshal(map[string]string{
		"event_type": eventType, "url": target, "http_method": "POST",
		"header_template": headerTemplate, "body_template": bodyTemplate,
	})
	if err != nil {
		panic(err) // it holds texts alone
	}
	return `{"webhook_id":"bench-`, `",` + string(fields[1:])
}()

// creates measures POST through the whole service beside pgbench running the
// very same statement, and beside the same handler as it is usually written.
func creates(ctx context.Context, r *run) error {
	db, s, err := r.host("creates")
	if err != nil {
		return err
	}
	defer db.Close()
	defer s.Stop()
	peer, err := startService("gorm", r.server.DSN("creates"))
	if err != nil {
		return err
	}
	defer peer.Stop()
	if err := fill(ctx, db, r.scaled(filled)); err != nil {
		return err
	}
	for _, warm := range []service{s, peer} {
		if _, err := warm.load(pool, r.duration/2, create); err != nil {
			return err
		}
	}
	alone, err := createLimit(ctx, db, r.server.DSN("creates"))
	if err != nil {
		return err
	}
	defer alone.remove()
	for range r.rounds {
		for _, clients := range []int{1, 8, 32} {
			if err := createRound(ctx, r, s, peer, alone, clients); err != nil {
				return err
			}
		}
	}
	return nil
}

func createRound(ctx context.Context, r *run, s, peer service, alone *limit, clients int) error {
	ours, err := s.load(clients, r.duration, create)
	if err != nil {
		return err
	}
	most, err := alone.rate(ctx, clients, r.duration)
	if err != nil {
		return err
	}
	usual, err := peer.load(clients, r.duration, create)
	if err != nil {
		return err
	}
	at := fmt.Sprintf(", %d clients", clients)
	if clients == 1 {
		at = ", 1 client"
	}
	var toLimit, toPeer goal
	if clients == 32 {
		toLimit, toPeer = atLeast(0.55), atLeast(2)
	}
	r.table.ratio("create ÷ pgbench"+at, toLimit, ours.rate/most)
	r.table.ratio("create ÷ the same with GORM"+at, toPeer, ours.rate/usual.rate)
	r.table.measured("creates/s"+at, goal{}, ours.rate)
	r.table.measured("creates/s by pgbench"+at, goal{}, most)
	r.table.measured("creates/s with GORM"+at, goal{}, usual.rate)
	if clients == 32 {
		r.table.count("create, allocations", atMost(140), ours.allocations)
		r.table.measured("create, server CPU µs", atMost(60), ours.micros)
		r.table.measured("create with GORM, server CPU µs", goal{}, usual.micros)
		r.table.measured("create with GORM, allocations", goal{}, usual.allocations)
	}
	return nil
}

// host makes a database, and a service over it.
func (r *run) host(name string) (*sqlx.DB, service, error) {
	db, err := r.database(name)
	if err != nil {
		return nil, service{}, err
	}
	s, err := startService("plugin", r.server.DSN(name))
	if err != nil {
		_ = db.Close()
		return nil, service{}, err
	}
	return db, s, nil
}

// createLimit is the statement of a create with the least work that it can have:
// room for all, and none to count.
func createLimit(ctx context.Context, db *sqlx.DB, dsn string) (*limit, error) {
	return newLimit(ctx, db, dsn, `INSERT INTO [^ ]*webhook"?\s`,
		`\set instance random(1, `+strconv.Itoa(instances)+`)
\set id random(1000000000000000, 9000000000000000)
`,
		value{sql: "('i' || :instance::bigint)"}, value{sql: "('bench-' || :id::bigint)"},
		value{text: eventType}, value{text: target}, value{text: "POST"}, value{text: headerTemplate}, value{text: bodyTemplate},
		value{text: `\x` + strings.Repeat("00", 33)}, // as long as a secret in clear
		value{text: "9000"}, value{text: strconv.Itoa(math.MaxInt64)},
	)
}

// fill makes the instances, and n webhooks in them.
func fill(ctx context.Context, db *sqlx.DB, n int) error {
	_, err := db.ExecContext(ctx, `
		TRUNCATE merchant_webhooks.webhook CASCADE;
		INSERT INTO merchant_webhooks.instance (instance_id) SELECT 'i' || n FROM generate_series(1, `+strconv.Itoa(instances)+`) AS n
		ON CONFLICT DO NOTHING;
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method)
		SELECT i.instance_serial, 'filled-' || n, '`+eventType+`', '`+target+`', 'POST'
		FROM generate_series(1, `+strconv.Itoa(n)+`) AS n
		JOIN merchant_webhooks.instance AS i ON i.instance_id = 'i' || (1 + n % `+strconv.Itoa(instances)+`);
		ANALYZE`)
	return err
}
