package migrations

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/lib/pq"
)

// lend calls f with a driver's connection. Whatever context the statements of f
// come with, they end when ctx ends: golang-migrate runs all of its own with
// context.Background.
func lend(ctx context.Context, driverConn any, f func(*sql.Conn) error) error {
	theirs, ok := driverConn.(pqConn)
	if !ok {
		return fmt.Errorf("the connection is no one of github.com/lib/pq, but %T", driverConn)
	}
	pool := sql.OpenDB(lender{lent{pqConn: theirs, ctx: ctx}})
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f(conn)
}

// pqConn is what database/sql uses of lib/pq's connections for f.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

// lent is a connection whose statements end with ctx.
type lent struct {
	pqConn
	ctx context.Context
}

func (l lent) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	return l.pqConn.BeginTx(l.ctx, o)
}

func (l lent) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	return l.pqConn.ExecContext(l.ctx, query, args)
}

func (l lent) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	return l.pqConn.QueryContext(l.ctx, query, args)
}

// Close leaves the connection to the pool that it is of.
func (lent) Close() error { return nil }

// lender is the connector of a pool of the one connection.
type lender struct{ lent lent }

func (l lender) Connect(context.Context) (driver.Conn, error) { return l.lent, nil }

func (lender) Driver() driver.Driver { return &pq.Driver{} }

// settle makes the session fit for migrations, whatever the host or the role has
// set. Temporary tables of the host come last. ctx is the one limit of time.
func (u upgrade) settle(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `
SET search_path TO `+pq.QuoteIdentifier(u.schema)+`, pg_temp;
SET default_transaction_isolation TO 'read committed';
SET standard_conforming_strings TO on;
SET statement_timeout TO 0;
SET lock_timeout TO 0;
SET idle_in_transaction_session_timeout TO 0`)
	if err != nil {
		return fmt.Errorf("set up the session: %w", err)
	}
	var encoding string
	if err := conn.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return fmt.Errorf("read the database's encoding: %w", err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database's encoding is %s, but webhooks need UTF8", encoding)
	}
	return nil
}

// retryLock is how long a wait for the lock goes on when it is free.
const retryLock = 50 * time.Millisecond

// lockKey is of the schema. PostgreSQL keeps the keys of databases apart.
func (u upgrade) lockKey() int64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte("merchant-webhooks migrations " + u.schema))
	return int64(sum.Sum64())
}

// lock takes our advisory lock. It asks again and again, since a session that
// waits in a statement holds up CREATE INDEX CONCURRENTLY, the host's too.
func (u upgrade) lock(ctx context.Context, conn *sql.Conn) error {
	const try = `
SELECT pg_try_advisory_lock($1), (
    SELECT min(pid)
    FROM pg_locks
    WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) | objid::bigint = $1 AND objsubid = 1
)`
	var holder sql.NullInt64
	for told := false; ; {
		var locked bool
		err := conn.QueryRowContext(ctx, try, u.lockKey()).Scan(&locked, &holder)
		if err == nil && locked {
			return nil
		}
		if err != nil && (ctx.Err() == nil || !holder.Valid) {
			return fmt.Errorf("take the lock of migrations: %w", err)
		}
		if holder.Valid && !told {
			u.log.Info("waiting for another process that migrates", "schema", u.schema, "lock", u.lockKey(), "holder", holder.Int64)
			told = true
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for the advisory lock %d of the schema %q, held by the process %d of PostgreSQL: %w",
				u.lockKey(), u.schema, holder.Int64, ctx.Err())
		case <-time.After(retryLock):
		}
	}
}

func (u upgrade) unlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", u.lockKey()); err != nil {
		return fmt.Errorf("free the lock of migrations: %w", err)
	}
	return nil
}

// makeSchema looks first: to say CREATE SCHEMA IF NOT EXISTS takes the right to
// create one.
func (u upgrade) makeSchema(ctx context.Context, conn *sql.Conn) error {
	var there bool
	err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", u.schema).Scan(&there)
	if err != nil {
		return err
	}
	if !there {
		// Somebody else, without our lock, may have been faster.
		_, err := conn.ExecContext(ctx, "CREATE SCHEMA "+pq.QuoteIdentifier(u.schema))
		if said, is := errors.AsType[*pq.Error](err); is && (said.Code == "42P06" || said.Code == "23505") {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	var current sql.NullString
	if err := conn.QueryRowContext(ctx, "SELECT current_schema()").Scan(&current); err != nil {
		return err
	}
	if current.String != u.schema {
		return errors.New("the database user may not use it: GRANT USAGE ON SCHEMA is missing")
	}
	return nil
}
