//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/child"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const (
	// serveCommand makes this program the host.
	serveCommand = "serve"
	bearer       = "Bearer secret-token:load"
)

// serve is the host: the README's, with a way to emit and one to collect garbage.
func serve(dsn string) error {
	gin.SetMode(gin.ReleaseMode)
	db := sqlx.MustConnect("postgres", dsn)
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	webhooks, err := plugin.New(plugin.Config{
		DB:              db,
		Authorize:       plugin.Tokens(plugin.Token{Value: strings.TrimPrefix(bearer, "Bearer "), Instance: "*", Scope: "all"}),
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Logger:          slog.New(slog.DiscardHandler),
		Delivery:        plugin.Delivery{ListenDSN: dsn, AttemptTime: 2 * time.Second},
		Limits:          plugin.Limits{MaxWebhooks: -1},
	})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := errors.Join(webhooks.Migrate(ctx), webhooks.Start(ctx)); err != nil {
		return err
	}
	engine := gin.New()
	webhooks.Register(&engine.RouterGroup)
	engine.POST("/emit", func(c *gin.Context) {
		tx := db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		if err := webhooks.Emit(ctx, tx, "admin", webhook.Pay("order", map[string]any{})); err != nil || tx.Commit() != nil {
			c.Status(http.StatusInternalServerError)
		}
	})
	engine.POST("/rest", func(*gin.Context) { debug.FreeOSMemory() })
	return child.Serve(&http.Server{Handler: engine, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute})
}

// host is that process.
type host struct{ *child.Child }

// idle collects the host's garbage, forgets its peak, and gives what is left.
func (h *host) idle() (int, error) {
	for range 2 {
		if status, err := h.ask(context.Background(), http.DefaultClient, "POST", "/rest", nil); err != nil || status != http.StatusOK {
			return 0, fmt.Errorf("rest: %d, %w", status, err)
		}
	}
	if err := h.ForgetPeak(); err != nil {
		return 0, err
	}
	return h.KiB("VmRSS")
}

// creates makes webhooks, one after the other, and gives the median of how long
// one took.
func (h *host) creates(ctx context.Context, d time.Duration) (time.Duration, error) {
	var took []time.Duration
	for end := time.Now().Add(d); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		began := time.Now()
		body := fmt.Sprintf(`{"webhook_id":"c%d","event_type":"refund","url":"https://erp.example.com/","http_method":"POST"}`, began.UnixNano())
		status, err := h.ask(ctx, http.DefaultClient, "POST", "/private/webhooks", strings.NewReader(body))
		if err != nil || status != http.StatusNoContent {
			return 0, fmt.Errorf("a create beside it: %d, %w", status, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
