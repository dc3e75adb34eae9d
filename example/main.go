// Command example is a small shop that mounts merchant-webhooks: what the
// developer of a Gin application would write. Its settings come from the
// environment: ADDR (127.0.0.1:8080), DATABASE_URL (a private PostgreSQL of its
// own without it), ALLOW_NETWORKS (127.0.0.0/8,::1/128; what deliveries may reach
// beside public addresses) and RETRY_SCHEDULE (such as 1s,2s,4s; what is waited
// after each failed try, the plugin's without it).
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
	with, err := readSettings()
	if err != nil {
		return err
	}
	addr := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("can not listen on ADDR %q, such as 127.0.0.1:8080: %w", addr, err)
	}
	defer listener.Close()

	db, dsn, closeDB, err := openDatabase(ctx, log)
	if err != nil {
		return err
	}
	defer closeDB()
	with.listenDSN = dsn

	shop, err := newShop(ctx, db, with, log)
	if err != nil {
		return err
	}
	if err := shop.webhooks.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	server := &http.Server{Handler: shop, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		<-ctx.Done()
		shop.drain(server)
	}()
	printWelcome(out, listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving ended: %w", err)
	}
	<-drained // Serve returns as soon as the shutdown begins
	return nil
}

// drain lets what is under way end, for a few seconds each: first deliveries,
// since they may go to this server's own receiver, then requests.
func (s *shop) drain(server *http.Server) {
	const patience = 4 * time.Second
	deliveries, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.webhooks.Stop(deliveries); err != nil {
		s.log.Warn("deliveries under way were given back", "error", err)
	}
	s.inbox.end()
	requests, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if server.Shutdown(requests) != nil {
		server.Close()
	}
}
