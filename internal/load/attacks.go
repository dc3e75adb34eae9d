//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

func attacks(o options) []attack {
	packed := bomb() // to make it takes longer than an attack
	return []attack{
		{fmt.Sprint(o.clients, " clients that keep their connections"), func(ctx context.Context, h *host) (int, error) { return h.keepAlive(ctx, o.clients) }},
		{fmt.Sprint(o.drips, " connections, a byte a second of a head"), func(ctx context.Context, h *host) (int, error) {
			return h.drip(ctx, o.drips, "GET /private/webhooks HTTP/1.1\r\nHost: a\r\nX-A: ")
		}},
		{fmt.Sprint(o.drips, " connections, a byte a second of a body"), func(ctx context.Context, h *host) (int, error) {
			return h.drip(ctx, o.drips, "POST /private/webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nAuthorization: "+bearer+"\r\n\r\n")
		}},
		{fmt.Sprint(o.drips, " connections, the same without a token"), func(ctx context.Context, h *host) (int, error) {
			return h.drip(ctx, o.drips, "POST /private/webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
		}},
		{"50 clients, bodies that are too large", func(ctx context.Context, h *host) (int, error) { return h.flood(ctx, 50, large, "") }},
		{"50 clients, gzip bombs", func(ctx context.Context, h *host) (int, error) { return h.flood(ctx, 50, packed, "gzip") }},
		{fmt.Sprint("40 readers of a list of ", o.webhooks, ", half of them slow"), onHost((*host).lists)},
		{"deliveries to a receiver whose answers do not end", onHost((*host).deliver)},
		{"20 readers of the log's pages after it", onHost((*host).logs)},
	}
}

func onHost(do func(*host, context.Context) (int, error)) func(context.Context, *host) (int, error) {
	return func(ctx context.Context, h *host) (int, error) { return do(h, ctx) }
}

var large = bytes.Repeat([]byte("x"), 3<<20)

// bomb is small, and 256 MiB when it is decompressed.
func bomb() []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write([]byte(`{"webhook_id":"`))
	for range 256 {
		_, _ = w.Write(large[:1<<20])
	}
	_ = w.Close()
	return b.Bytes()
}

// prepare makes the long list, in an instance of its own, and the webhook of the
// receiver.
func (h *host) prepare(dsn, receiver string, webhooks int) error {
	db, err := sqlx.Connect("postgres", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`WITH many AS (INSERT INTO merchant_webhooks.instance (instance_id) VALUES ('many') RETURNING instance_serial)
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, secret)
		SELECT instance_serial, 'w' || g, 'pay', 'https://erp.example.com/hook', 'POST', decode('00', 'hex') || sha256(g::text::bytea)
		FROM many, generate_series(1, $1::int) AS g`, webhooks)
	if err != nil {
		return err
	}
	if _, err := db.Exec("ANALYZE"); err != nil {
		return err
	}
	body := fmt.Sprintf(`{"webhook_id":"endless","event_type":"pay","url":%q,"http_method":"POST","body_template":%q}`, receiver, strings.Repeat("x", 100_000))
	status, err := h.ask(context.Background(), http.DefaultClient, "POST", "/private/webhooks", strings.NewReader(body))
	if err == nil && status != http.StatusNoContent {
		err = fmt.Errorf("the webhook was answered with %d", status)
	}
	return err
}

// ask gives the status, and reads the answer to its end.
func (h *host) ask(ctx context.Context, client *http.Client, method, path string, body io.Reader) (int, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+h.Address+path, body)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", bearer)
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// many runs f in n goroutines, again and again until ctx ends, and counts.
func many(ctx context.Context, n int, f func() error) (int, error) {
	var done atomic.Int64
	var last atomic.Pointer[error]
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := f(); err == nil {
					done.Add(1)
				} else if ctx.Err() == nil {
					last.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := last.Load(); done.Load() == 0 && err != nil {
		return 0, *err
	}
	return int(done.Load()), nil
}

func (h *host) keepAlive(ctx context.Context, n int) (int, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	defer client.CloseIdleConnections()
	return many(ctx, n, func() error {
		_, err := h.ask(ctx, client, "GET", "/private/webhooks/endless", nil)
		return err
	})
}

// drip opens connections, and sends each a byte a second behind head.
func (h *host) drip(ctx context.Context, n int, head string) (int, error) {
	var all sync.WaitGroup
	var opened atomic.Int64
	gate := make(chan struct{}, 100) // those that are being opened
	for range n {
		all.Go(func() {
			gate <- struct{}{}
			connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", h.Address)
			<-gate
			if err != nil {
				return
			}
			defer connection.Close()
			opened.Add(1)
			for sent := head; ctx.Err() == nil; sent = "x" {
				if _, err := connection.Write([]byte(sent)); err != nil {
					return // the host has ended it
				}
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
			}
		})
	}
	all.Wait()
	return int(opened.Load()), nil
}

// flood sends bodies that are refused.
func (h *host) flood(ctx context.Context, n int, body []byte, encoding string) (int, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	defer client.CloseIdleConnections()
	return many(ctx, n, func() error {
		// Without a length it comes in chunks.
		request, err := http.NewRequestWithContext(ctx, "POST", "http://"+h.Address+"/private/webhooks", io.MultiReader(bytes.NewReader(body)))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", bearer)
		if encoding != "" {
			request.Header.Set("Content-Encoding", encoding)
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			return fmt.Errorf("answered %d", response.StatusCode)
		}
		return nil
	})
}

// lists reads the complete list, half of the readers 64 KiB a second.
func (h *host) lists(ctx context.Context) (int, error) {
	var all sync.WaitGroup
	var read atomic.Int64
	for i := range 40 {
		all.Go(func() {
			request, err := http.NewRequestWithContext(ctx, "GET", "http://"+h.Address+"/instances/many/private/webhooks", nil)
			if err != nil {
				return
			}
			request.Header.Set("Authorization", bearer)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return
			}
			defer response.Body.Close()
			for buffer := make([]byte, 16<<10); ; {
				n, err := response.Body.Read(buffer)
				read.Add(int64(n))
				if err != nil {
					return
				}
				if i%2 == 0 {
					<-time.After(250 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	return int(read.Load() >> 20), nil // MiB
}

// newEndless answers each request with some bytes a second, or with as many as it
// can, for as long as the other end takes them.
func newEndless() *httptest.Server {
	var turn atomic.Int64
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part, pause := large[:10], time.Second
		if turn.Add(1)%2 == 0 {
			part, pause = large[:64<<10], 0
		}
		w.WriteHeader(http.StatusInternalServerError)
		for {
			if _, err := w.Write(part); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(pause):
			}
		}
	}))
}

// deliver emits to that receiver.
func (h *host) deliver(ctx context.Context) (int, error) {
	return many(ctx, 4, func() error {
		_, err := h.ask(ctx, http.DefaultClient, "POST", "/emit", nil)
		return err
	})
}

// logs reads pages of the log, and single deliveries.
func (h *host) logs(ctx context.Context) (int, error) {
	return many(ctx, 20, func() error {
		for _, path := range []string{"/admin/webhook-deliveries", "/admin/webhooks/endless/view", "/private/webhook-deliveries?limit=100"} {
			if _, err := h.ask(ctx, http.DefaultClient, "GET", path, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
