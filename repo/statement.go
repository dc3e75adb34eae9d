package repo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/lib/pq"
)

// defaultSchema stands in every SQL text, so that it can be tried in psql.
const defaultSchema = "merchant_webhooks"

// A statement is one SQL text, prepared for the whole pool when it is first
// needed; database/sql prepares it anew on each connection.
type statement struct {
	text     string
	prepared atomic.Pointer[sql.Stmt]
}

func newStatement(text, schema string) *statement {
	return &statement{text: strings.ReplaceAll(text, defaultSchema+".", pq.QuoteIdentifier(schema)+".")}
}

// prepare gives the prepared statement. What fails is tried again next time.
func (r *Repo) prepare(ctx context.Context, s *statement) (*sql.Stmt, error) {
	if prepared := s.prepared.Load(); prepared != nil {
		return prepared, nil
	}
	prepared, err := r.db.PrepareContext(ctx, s.text)
	if err != nil {
		return nil, err
	}
	if s.prepared.CompareAndSwap(nil, prepared) {
		return prepared, nil
	}
	_ = prepared.Close() // somebody else was first
	return s.prepared.Load(), nil
}

// prepareAll prepares what a transaction is going to need: within it, the pool
// may have no second connection to prepare on.
func (r *Repo) prepareAll(ctx context.Context, statements ...*statement) error {
	if r.unprepared {
		return nil
	}
	for _, s := range statements {
		if _, err := r.prepare(ctx, s); err != nil {
			return started(nil, err)
		}
	}
	return nil
}

// query begins a statement, in the transaction if one is given: one that is not
// prepared yet runs unprepared there, since the transaction may hold the pool's only
// connection.
func (r *Repo) query(ctx context.Context, tx *sql.Tx, s *statement, args []any) (*sql.Rows, error) {
	if r.unprepared || tx != nil && s.prepared.Load() == nil {
		if tx != nil {
			return tx.QueryContext(ctx, s.text, args...)
		}
		return r.db.QueryContext(ctx, s.text, args...)
	}
	prepared, err := r.prepare(ctx, s)
	if err != nil {
		return nil, err
	}
	if tx != nil {
		prepared = tx.StmtContext(ctx, prepared)
	}
	return prepared.QueryContext(ctx, args...)
}

// each runs a statement and hands every row to scan.
func (r *Repo) each(ctx context.Context, tx *sql.Tx, s *statement, args []any, scan func(*sql.Rows) error) error {
	rows, err := r.query(ctx, tx, s, args)
	if err != nil {
		return started(tx, err)
	}
	return readAll(rows, scan)
}

// eachIn is each for a statement that gives a row at least for a known instance. No
// row is a Problem: CodeInstanceUnknown.
func (r *Repo) eachIn(ctx context.Context, instance string, s *statement, args []any, scan func(*sql.Rows) error) error {
	known := false
	err := r.each(ctx, nil, s, args, func(rows *sql.Rows) error {
		known = true
		return scan(rows)
	})
	if err != nil || known {
		return err
	}
	return unknownInstance.otherwise(instance, "")
}

// readAll reads an answer to its end: a commit can fail, or be cut off, after the
// last row was sent, which (*sql.Row).Scan does not always see.
func readAll(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// started tells why a statement did not begin to answer. What PostgreSQL did
// not say itself, outside a transaction, was said on the way to a connection:
// by the pool, which answers with the context's bare error where a statement
// that is cut off has an SQLSTATE, by the network, by TLS.
func started(tx *sql.Tx, err error) error {
	if _, is := errors.AsType[*pq.Error](err); tx != nil || is {
		return err
	}
	return fmt.Errorf("%w: %w", errNoConnection, err)
}

// A verdict is what a statement says it did, in a row of its own.
type verdict string

// ask runs a statement that answers with a verdict alone.
func (r *Repo) ask(ctx context.Context, s *statement, args []any) (v verdict, err error) {
	err = r.each(ctx, nil, s, args, func(rows *sql.Rows) error { return rows.Scan(&v) })
	return v, err
}
