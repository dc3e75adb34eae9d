package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// openDatabase gives the pool of DATABASE_URL, or of a private PostgreSQL that
// keeps its data over restarts, its connection string, and what closes it.
func openDatabase(ctx context.Context, log *slog.Logger) (db *sqlx.DB, dsn string, closeDB func(), err error) {
	if dsn = os.Getenv("DATABASE_URL"); dsn != "" {
		db, closeDB, err = openPool(ctx, dsn)
		return db, dsn, closeDB, err
	}
	server, err := startPostgres(ctx, log)
	if err != nil {
		return nil, "", nil, err
	}
	dsn = server.DSN("postgres")
	db, closePool, err := openPool(ctx, dsn)
	if err != nil {
		server.Stop()
		return nil, "", nil, err
	}
	return db, dsn, func() { closePool(); server.Stop() }, nil
}

// openPool opens a pool that keeps its connections: database/sql's default of
// two idle ones costs most of the throughput.
func openPool(ctx context.Context, dsn string) (*sqlx.DB, func(), error) {
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, nil, errors.New("DATABASE_URL is not of the form postgres://user:password@host:5432/database?sslmode=disable")
	}
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, nil, fmt.Errorf("the database at DATABASE_URL can not be reached: %w", err)
	}
	return db, func() { db.Close() }, nil
}
