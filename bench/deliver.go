package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// bodyBytes is how long a body is, about.
const bodyBytes = 1 << 10

// A receiver answers every request with 200, and hands on the order that it is
// about.
type receiver struct {
	url  string
	seen func(order string)
}

func startReceiver() (*receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{url: "http://" + listener.Addr().String() + "/", seen: func(string) {}}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		r.seen(q.Header.Get("X-Order"))
	}))
	return r, nil
}

// A subject is a plugin over a database of its own, with instances that have no,
// one and ten webhooks for "pay".
type subject struct {
	db      *sqlx.DB
	plugin  *plugin.Plugin
	orderNo atomic.Int64
}

func newSubject(ctx context.Context, server *pgdev.Server, name string, r *receiver, change func(*plugin.Delivery)) (*subject, error) {
	db, err := database(server, name)
	if err != nil {
		return nil, err
	}
	config := plugin.Config{
		DB:              db,
		Authorize:       func(*gin.Context, string, plugin.Permission) error { return nil },
		Logger:          slog.New(slog.DiscardHandler),
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Delivery:        plugin.Delivery{ListenDSN: server.DSN(name)},
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
		INSERT INTO merchant_webhooks.instance (instance_id) VALUES ('none'), ('one'), ('ten');
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, header_template, body_template)
		SELECT instance_serial, 'w' || n, 'pay', '`+r.url+`', 'POST', E'Content-Type: application/json\nX-Order: {{order_id}}',
			'{"order": {{{json.order_id}}}, "padding": "`+strings.Repeat("x", bodyBytes)+`"}'
		FROM merchant_webhooks.instance, generate_series(1, 10) AS n
		WHERE instance_id = 'ten' OR instance_id = 'one' AND n = 1;
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

// emits measures what Emit takes of a host's rate of transactions.
func emits(ctx context.Context, server *pgdev.Server, o options) error {
	const clients = 16
	r, err := startReceiver()
	if err != nil {
		return err
	}
	s, err := newSubject(ctx, server, "emits", r, nil)
	if err != nil {
		return err
	}
	defer s.db.Close()
	t := newTable(fmt.Sprintf("Emit: %d clients, each transaction an order and its event; nothing is sent meanwhile", clients))
	for range o.rounds {
		rates := map[string]float64{}
		for _, instance := range []string{"", "none", "one", "ten"} {
			if _, err := s.db.ExecContext(ctx, `TRUNCATE shop_order, merchant_webhooks.event, merchant_webhooks.delivery CASCADE;
				TRUNCATE merchant_webhooks.river_job; CHECKPOINT`); err != nil {
				return err
			}
			if rates[instance], err = s.rate(ctx, instance, clients, o.duration); err != nil {
				return err
			}
		}
		t.add("rate kept, no webhook listens", "%.2f", rates["none"]/rates[""])
		t.add("rate kept, 1 webhook", "%.2f", rates["one"]/rates[""])
		t.add("rate kept, 10 webhooks", "%.2f", rates["ten"]/rates[""])
		t.add("10 webhooks ÷ 1", "%.2f", rates["ten"]/rates["one"])
		t.add("transactions/s without Emit", "%.0f", rates[""])
	}
	t.print()
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

// deliveries measures how fast what waits is sent, beside Go's client alone.
func deliveries(ctx context.Context, server *pgdev.Server, o options) error {
	const n, atOnce = 4000, 100
	r, err := startReceiver()
	if err != nil {
		return err
	}
	s, err := newSubject(ctx, server, "deliveries", r, func(d *plugin.Delivery) { d.Workers, d.PerReceiver = atOnce, atOnce })
	if err != nil {
		return err
	}
	defer s.db.Close()
	queue, err := newNoop(ctx, server, atOnce)
	if err != nil {
		return err
	}
	defer queue.db.Close()
	t := newTable(fmt.Sprintf("Deliveries: %d that wait, %d bytes each, %d at once to one receiver; its CPU is in both", n, bodyBytes, atOnce))
	var stored float64
	for range o.rounds {
		alone, err := clientAlone(ctx, r.url, atOnce, n)
		if err != nil {
			return err
		}
		noops, err := queue.rate(ctx, n)
		if err != nil {
			return err
		}
		for range n / 10 {
			if _, err := s.pay(ctx, "ten"); err != nil {
				return err
			}
		}
		rate, err := s.drain(ctx, r, n)
		if err != nil {
			return err
		}
		if err := s.db.GetContext(ctx, &stored, `SELECT sum(pg_total_relation_size(c.oid)) / (SELECT count(*) FROM merchant_webhooks.delivery)
			FROM pg_class c WHERE relnamespace = 'merchant_webhooks'::regnamespace AND relkind = 'r' AND relname IN ('event', 'delivery', 'delivery_attempt')`); err != nil {
			return err
		}
		t.add("deliveries ÷ client alone", "%.3f", rate/alone)
		t.add("deliveries ÷ River's jobs of nothing", "%.3f", rate/noops)
		t.add("deliveries/s", "%.0f", rate)
		t.add("client alone, requests/s", "%.0f", alone)
		t.add("River's jobs of nothing/s", "%.0f", noops)
		t.add("bytes stored for each", "%.0f", stored)
	}
	t.print()
	return nil
}

// drain sends all that waits, and gives the rate.
func (s *subject) drain(ctx context.Context, r *receiver, n int) (float64, error) {
	var got atomic.Int64
	all := make(chan struct{})
	r.seen = func(string) {
		if got.Add(1) == int64(n) {
			close(all)
		}
	}
	start := time.Now()
	if err := s.plugin.Start(ctx); err != nil {
		return 0, err
	}
	<-all
	took := time.Since(start)
	stop, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return float64(n) / took.Seconds(), s.plugin.Stop(stop)
}

func clientAlone(ctx context.Context, url string, clients, n int) (float64, error) {
	body := bytes.Repeat([]byte("x"), bodyBytes)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	var left atomic.Int64
	left.Store(int64(n))
	errs := make(chan error, clients)
	start := time.Now()
	for range clients {
		go func() {
			for left.Add(-1) >= 0 {
				if err := post(ctx, client, url, body); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range clients {
		if err := <-errs; err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
