// Command example is a small shop that mounts merchant-webhooks: what the
// developer of a Gin application would write. Its settings come from the
// environment: ADDR (127.0.0.1:8080) and DATABASE_URL (a private PostgreSQL of
// its own without it).
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, out io.Writer, log *slog.Logger) error {
	addr := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("can not listen on ADDR %q, such as 127.0.0.1:8080: %w", addr, err)
	}
	defer listener.Close()

	db, closeDB, err := openDatabase(ctx, log)
	if err != nil {
		return err
	}
	defer closeDB()

	shop, err := newShop(ctx, db, log)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: shop, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(drain) != nil {
			server.Close()
		}
	}()
	printWelcome(out, listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving ended: %w", err)
	}
	<-drained // Serve returns as soon as the shutdown begins
	return nil
}

// newShop is the Gin application: it mounts the plugin in three calls.
func newShop(ctx context.Context, db *sqlx.DB, log *slog.Logger) (http.Handler, error) {
	webhooks, err := plugin.New(plugin.Config{
		DB: db,
		Authorize: plugin.Tokens(
			plugin.Token{Value: "secret-token:demo-all", Instance: "*", Scope: "all"},
			plugin.Token{Value: "secret-token:demo-readonly", Instance: "*", Scope: "readonly"},
			plugin.Token{Value: "secret-token:demo-order-simple", Instance: "*", Scope: "order-simple"},
		),
		Currency: &plugin.Currency{Code: "KUDOS", Name: "Kudos"},
		Logger:   log,
	})
	if err != nil {
		return nil, err
	}
	if err := webhooks.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := webhooks.AddInstance(ctx, nil, "sandbox"); err != nil {
		return nil, err
	}

	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, cause any) {
		log.Error("panic", "method", c.Request.Method, "route", c.FullPath(), "cause", cause, "stack", string(debug.Stack()))
		c.AbortWithStatus(http.StatusInternalServerError)
	}))
	engine.GET("/", showHome)
	webhooks.Register(&engine.RouterGroup)
	return engine, nil
}
