package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A subject is a plugin over a database of its own, with instances that have no,
// one, ten and a hundred webhooks for "pay".
type subject struct {
	db      *sqlx.DB
	plugin  *plugin.Plugin
	orderNo atomic.Int64
}

func (r *run) subject(ctx context.Context, name string, to *receiver, change func(*plugin.Delivery)) (*subject, error) {
	db, err := r.database(name)
	if err != nil {
		return nil, err
	}
	config := plugin.Config{
		DB:              db,
		Authorize:       func(*gin.Context, string, plugin.Permission) error { return nil },
		Logger:          slog.New(slog.DiscardHandler),
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Delivery:        plugin.Delivery{ListenDSN: r.server.DSN(name)},
	}
	if change != nil {
		change(&config.Delivery)
	}
	p, err := plugin.New(config)
	if err != nil {
		return nil, err
	}
	if err := p.Migrate(ctx); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `
		CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
		CREATE TABLE shop_order (order_id text PRIMARY KEY, terms text NOT NULL);
		INSERT INTO merchant_webhooks.instance (instance_id) VALUES ('none'), ('one'), ('ten'), ('hundred');
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, header_template, body_template)
		SELECT instance_serial, 'w' || n, 'pay', '`+to.url+`', 'POST', E'Content-Type: application/json\nX-Order: {{order_id}}',
			'{"order": {{{json.order_id}}}, "padding": "`+strings.Repeat("x", bodyBytes)+`"}'
		FROM merchant_webhooks.instance, generate_series(1, 100) AS n
		WHERE n <= CASE instance_id WHEN 'one' THEN 1 WHEN 'ten' THEN 10 WHEN 'hundred' THEN 100 ELSE 0 END;
		ANALYZE`)
	return &subject{db: db, plugin: p}, err
}

// pay is the host's transaction: an order, and with an instance its event.
func (s *subject) pay(ctx context.Context, instance string) (order string, err error) {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback() }()
	order = fmt.Sprint(s.orderNo.Add(1))
	if _, err := tx.ExecContext(ctx, `INSERT INTO shop_order (order_id, terms) VALUES ($1, $2)`, order, `{"amount":"KUDOS:1"}`); err != nil {
		return "", err
	}
	if instance != "" {
		terms := map[string]any{"summary": "Coffee", "amount": "KUDOS:1.50", "order_id": order}
		if err := s.plugin.Emit(ctx, tx, instance, webhook.Pay(order, terms)); err != nil {
			return "", err
		}
	}
	return order, tx.Commit()
}

// emits measures what Emit takes of a host's rate of transactions, an order each;
// nothing is sent meanwhile.
func emits(ctx context.Context, r *run) error {
	const clients = 16
	to, err := startReceiver()
	if err != nil {
		return err
	}
	s, err := r.subject(ctx, "emits", to, nil)
	if err != nil {
		return err
	}
	defer s.db.Close()
	for range r.rounds {
		rates := map[string]float64{}
		for _, instance := range []string{"", "none", "one", "ten", "hundred"} {
			if _, err := s.db.ExecContext(ctx, `TRUNCATE shop_order, merchant_webhooks.event, merchant_webhooks.delivery CASCADE;
				TRUNCATE merchant_webhooks.river_job; CHECKPOINT`); err != nil {
				return err
			}
			if rates[instance], err = s.rate(ctx, instance, clients, r.duration); err != nil {
				return err
			}
		}
		r.table.ratio("transactions/s with Emit, no webhook listens ÷ without", goal{}, rates["none"]/rates[""])
		r.table.ratio("transactions/s with Emit, 1 webhook ÷ without", atLeast(0.14).aiming(0.4), rates["one"]/rates[""])
		r.table.ratio("transactions/s with Emit, 10 webhooks ÷ without", goal{}, rates["ten"]/rates[""])
		r.table.ratio("transactions/s with Emit, 100 webhooks ÷ without", goal{}, rates["hundred"]/rates[""])
		r.table.ratio("transactions/s with Emit, 10 webhooks ÷ 1 webhook", atLeast(0.5), rates["ten"]/rates["one"])
		r.table.measured("transactions/s without Emit, 16 at once", goal{}, rates[""])
		r.table.measured("transactions/s with Emit, 1 webhook", goal{}, rates["one"])
	}
	return nil
}

func (s *subject) rate(ctx context.Context, instance string, clients int, duration time.Duration) (float64, error) {
	var done atomic.Int64
	errs := make(chan error, clients)
	start := time.Now()
	for range clients {
		go func() {
			for time.Since(start) < duration {
				if _, err := s.pay(ctx, instance); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
			errs <- nil
		}()
	}
	for range clients {
		if err := <-errs; err != nil {
			return 0, err
		}
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}
