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
	"syscall"
	"time"
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
