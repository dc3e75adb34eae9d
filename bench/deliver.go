package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
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

// deliveries measures how fast what waits is sent, ten of an event, beside Go's
// client alone and River's jobs of nothing. The receiver is in this process, so
// its CPU time is in all of them but the last.
func deliveries(ctx context.Context, r *run) error {
	const atOnce = 100
	to, err := startReceiver()
	if err != nil {
		return err
	}
	s, err := r.subject(ctx, "deliveries", to, func(d *plugin.Delivery) { d.Workers, d.PerReceiver = atOnce, atOnce })
	if err != nil {
		return err
	}
	defer s.db.Close()
	queue, err := newNoop(ctx, r, atOnce)
	if err != nil {
		return err
	}
	defer queue.db.Close()
	for range r.rounds {
		if err := deliverRound(ctx, r, s, queue, to, atOnce); err != nil {
			return err
		}
	}
	return nil
}

func deliverRound(ctx context.Context, r *run, s *subject, queue *noop, to *receiver, atOnce int) error {
	n := 10 * r.scaled(400)
	alone, err := clientAlone(ctx, to.url, atOnce, 5*n)
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
	rate, err := s.drain(ctx, to, n)
	if err != nil {
		return err
	}
	var stored float64
	if err := s.db.GetContext(ctx, &stored, `SELECT sum(pg_total_relation_size(c.oid)) / (SELECT count(*) FROM merchant_webhooks.delivery)
		FROM pg_class c WHERE relnamespace = 'merchant_webhooks'::regnamespace AND relkind = 'r' AND relname IN ('event', 'delivery', 'delivery_attempt')`); err != nil {
		return err
	}
	r.table.ratio("deliveries ÷ requests of Go's client alone", atLeast(0.12), rate/alone)
	r.table.ratio("deliveries ÷ River's jobs of nothing", atLeast(0.5), rate/noops)
	r.table.count("bytes stored for a delivery with a body of 1 KiB, its attempt and its part of the event", goal{atMost: true}, stored)
	r.table.measured("deliveries/s, 100 at once", goal{}, rate)
	r.table.measured("requests/s of Go's client alone, 100 at once", goal{}, alone)
	r.table.measured("River's jobs of nothing/s", goal{}, noops)
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
