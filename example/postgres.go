package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

// cacheName is the directory that keeps the private PostgreSQL over restarts,
// below the user's cache directory.
const cacheName = "merchant-webhooks-example"

// startPostgres starts the private PostgreSQL, and downloads one where none is
// installed.
func startPostgres(ctx context.Context, log *slog.Logger) (*pgdev.Server, error) {
	dir, err := pgdev.CacheDir(cacheName)
	if err != nil {
		return nil, err
	}
	return pgdev.Start(pgdev.Options{
		Context: ctx,
		DataDir: filepath.Join(dir, "database"),
		Download: func(context.Context) (string, error) {
			return download(embeddedpostgres.DefaultConfig(), filepath.Join(dir, "postgresql"), log)
		},
	})
}

// download fetches PostgreSQL into dir, unless it is there already, and gives
// the directory of its programs.
func download(config embeddedpostgres.Config, dir string, log *slog.Logger) (string, error) {
	programs := filepath.Join(dir, "bin")
	if _, err := os.Stat(programs); err == nil {
		return programs, nil
	}
	log.Info("no PostgreSQL is installed, so one is downloaded", "to", dir)
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	// The library has no download alone: it starts a server too, which is
	// stopped at once. As root it can not (PostgreSQL refuses); what was
	// downloaded is there all the same.
	server := embeddedpostgres.NewDatabase(config.
		Port(port).
		CachePath(filepath.Join(partial, "cache")).
		RuntimePath(filepath.Join(partial, "runtime")).
		BinariesPath(filepath.Join(partial, "postgresql")).
		Logger(io.Discard))
	started := server.Start()
	if started == nil {
		started = server.Stop()
	}
	complete := filepath.Join(partial, "postgresql")
	if _, err := os.Stat(filepath.Join(complete, "bin", "postgres")); err != nil {
		if started != nil {
			err = started
		}
		return "", fmt.Errorf("no PostgreSQL is installed, and it can not be downloaded: %w; install it, or set DATABASE_URL", err)
	}
	if err := os.Rename(complete, dir); err != nil {
		return "", err
	}
	return programs, os.RemoveAll(partial)
}

// freePort gives a TCP port that nobody listens on.
func freePort() (uint32, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return uint32(listener.Addr().(*net.TCPAddr).Port), nil
}
