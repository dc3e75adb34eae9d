package plugin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/migrations"
)

// Migrate makes the database ready: the schema of Config.Database.Schema with its
// tables at their newest version, and the default instance. Call it before
// Register, at every start; what is done already is not done again.
//
// Any number of processes may call it at once, and be killed at any moment: each
// version is one transaction, under an advisory lock that the others wait for
// until ctx ends. Give ctx a deadline if the host is not to wait for ever.
//
// The database user needs the right to create schemas for the first call, and
// its own rights on the schema for a new version. For a schema that is ready it
// is enough to use it: USAGE on the schema and its sequences; SELECT, INSERT,
// UPDATE and DELETE on its tables.
//
// It is nil, with a warning in the log, for a schema that a newer version of
// this module has migrated: during a rolling deployment and after a rollback the
// older program works on. It is an error for a database that is not UTF8, and
// for a pool behind PgBouncer that Config.Database does not fit.
//
// It takes one connection of the pool, which it closes, since its settings must
// not get to the host's statements, or opens one of its own with
// Config.Database.MigrateDSN.
func (p *Plugin) Migrate(ctx context.Context) error {
	if err := p.migrate(ctx); err != nil {
		return fmt.Errorf("merchant-webhooks: Migrate: %w", err)
	}
	return nil
}

func (p *Plugin) migrate(ctx context.Context) error {
	database := p.cfg.Database
	if database.Unprepared {
		if database.MigrateDSN == "" {
			return errors.New("Config.Database.MigrateDSN is required with Unprepared, since migrations need one session of PostgreSQL for their lock")
		}
		if err := probeBinaryParameters(ctx, p.cfg.DB); err != nil {
			return err
		}
	}
	if err := p.warnOfLoss(ctx); err != nil {
		return err
	}
	pool := p.cfg.DB.DB
	if database.MigrateDSN != "" {
		connector, err := pq.NewConnector(database.MigrateDSN)
		if err != nil { // its text may hold the password
			return errors.New("Config.Database.MigrateDSN is not of the form postgres://user:password@host:5432/database?sslmode=disable")
		}
		pool = sql.OpenDB(connector)
		defer func() { _ = pool.Close() }() // its one connection is closed already
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }() // Up closed it
	if err := migrations.Up(ctx, conn, database.Schema, p.cfg.Logger, p.cfg.DefaultInstance); err != nil {
		return err
	}
	if err := p.courier.Reseal(ctx); err != nil {
		return fmt.Errorf("seal the secrets with Config.Delivery.SecretKey: %w", err)
	}
	return p.repo.PrepareEmit(ctx)
}

// probeBinaryParameters asks for a number in PostgreSQL's binary form, which is
// no text of one.
func probeBinaryParameters(ctx context.Context, db *sqlx.DB) error {
	var answer int
	err := db.QueryRowContext(ctx, "SELECT $1::int4", []byte{0, 0, 0, 1}).Scan(&answer)
	var said *pq.Error
	refused := errors.As(err, &said) && !said.Fatal()
	switch {
	case err == nil && answer == 1:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil || refused:
		return errors.New("the DSN of Config.DB must hold binary_parameters=yes with Config.Database.Unprepared, " +
			"since PgBouncer would mix up the statements of its clients")
	}
	return fmt.Errorf("connect: %w", err)
}

// warnOfLoss tells the operator when what was answered with 204 may be lost.
func (p *Plugin) warnOfLoss(ctx context.Context) error {
	var commit string
	if err := p.cfg.DB.GetContext(ctx, &commit, "SHOW synchronous_commit"); err != nil {
		return fmt.Errorf("read synchronous_commit: %w", err)
	}
	if commit == "off" {
		p.cfg.Logger.Warn("synchronous_commit is off: if PostgreSQL crashes, the last webhooks that were stored are lost")
	}
	return nil
}
