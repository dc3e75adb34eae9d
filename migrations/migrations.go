// Package migrations holds the versions of the database's schema, as pairs of
// SQL files for golang-migrate, and brings a database to the newest.
//
// The names in the files have no schema: they are run with the plugin's own in
// search_path. A file is run as one message, which PostgreSQL makes one
// transaction of. And it must be such that it can be run again over itself:
// golang-migrate marks its version as dirty before it and as clean after it, in
// transactions of their own, so when a process is killed in between, nobody
// knows whether the file was run. Up runs it again.
package migrations

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
)

// Files are the migrations, named as golang-migrate wants them.
//
//go:embed *.sql
var Files embed.FS

// Up makes the schema if it is absent, brings it to the newest version, and
// River's tables within it to the one that the library knows, and adds the
// instances that are absent. What is done already is not written, and needs
// no right to. A version that Up does not know, for it is newer, is left as it
// is, with a warning in the log.
//
// Any number of processes may call it at once: they wait for each other, until
// ctx ends. When ctx ends or the process is killed, at whatever moment, the next
// Up does what was left undone.
//
// It works on conn alone, a connection of github.com/lib/pq, and closes it, since
// its settings must not get into the pool.
func Up(ctx context.Context, conn *sql.Conn, schema string, log *slog.Logger, instances ...string) error {
	return upgrade{files: Files, schema: schema, log: log, instances: instances}.run(ctx, conn)
}

// An upgrade is what one Up is to do.
type upgrade struct {
	files     fs.FS
	schema    string
	log       *slog.Logger
	instances []string
}

func (u upgrade) run(ctx context.Context, conn *sql.Conn) error {
	var err error
	raw := conn.Raw(func(driverConn any) error {
		err = lend(ctx, driverConn, func(conn *sql.Conn) error { return u.steps(ctx, conn) })
		return driver.ErrBadConn // the pool closes it
	})
	switch {
	case !errors.Is(raw, driver.ErrBadConn):
		return raw
	case err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		// The server's and the driver's words for it are many.
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

func (u upgrade) steps(ctx context.Context, conn *sql.Conn) error {
	if err := u.settle(ctx, conn); err != nil {
		return err
	}
	if err := u.lock(ctx, conn); err != nil {
		return err
	}
	if err := u.makeSchema(ctx, conn); err != nil {
		return fmt.Errorf("make the schema %q: %w", u.schema, err)
	}
	if err := u.migrate(ctx, conn); err != nil {
		return err
	}
	if err := u.migrateRiver(ctx, conn); err != nil {
		return err
	}
	for _, instance := range u.instances {
		if err := addInstance(ctx, conn, instance); err != nil {
			return fmt.Errorf("add the instance %q: %w", instance, err)
		}
	}
	return u.unlock(ctx, conn)
}

// addInstance looks first, so that a user who may not insert can go on.
func addInstance(ctx context.Context, conn *sql.Conn, id string) error {
	var known bool
	err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM instance WHERE instance_id = $1)", id).Scan(&known)
	if err != nil || known {
		return err
	}
	_, err = conn.ExecContext(ctx, "INSERT INTO instance (instance_id) VALUES ($1) ON CONFLICT (instance_id) DO NOTHING", id)
	return err
}
