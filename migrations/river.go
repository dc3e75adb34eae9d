package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"
)

// migrateRiver brings River's tables to the version of the library. Each version
// is one transaction with its mark: unlike our own files they can not be run
// again over themselves.
func (u upgrade) migrateRiver(ctx context.Context, conn *sql.Conn) error {
	version, err := riverVersion(ctx, conn)
	if err != nil {
		return fmt.Errorf("read the version of River's tables in the schema %q: %w", u.schema, err)
	}
	return river(conn, func(migrator *rivermigrate.Migrator[*sql.Tx]) error {
		known := migrator.AllVersions()
		switch newest := known[len(known)-1].Version; {
		case version > newest:
			u.log.Warn("River's tables are newer than this program, which uses them as they are", "schema", u.schema, "version", version, "known", newest)
		case version < newest:
			if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
				return fmt.Errorf("bring River's tables in the schema %q to version %d: %w", u.schema, newest, err)
			}
		}
		return nil
	})
}

// river calls f with River's migrator over the connection. It is told no schema:
// the session's search_path holds ours alone, and so its name may be one that
// River would not quote.
func river(conn *sql.Conn, f func(*rivermigrate.Migrator[*sql.Tx]) error) error {
	return conn.Raw(func(driverConn any) error {
		pool := sql.OpenDB(lender{driverConn.(lent)})
		defer pool.Close()
		pool.SetMaxOpenConns(1)
		// It would tell each of its versions; what goes wrong it answers.
		config := &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}
		migrator, err := rivermigrate.New(riverdatabasesql.New(pool), config)
		if err != nil {
			return err
		}
		return f(migrator)
	})
}

// riverVersion is 0 where there are no tables of River's. Their table of
// versions had no column line at first.
func riverVersion(ctx context.Context, conn *sql.Conn) (version int, err error) {
	var there bool
	if err := conn.QueryRowContext(ctx, "SELECT to_regclass('river_migration') IS NOT NULL").Scan(&there); err != nil || !there {
		return 0, err
	}
	err = conn.QueryRowContext(ctx, `
SELECT coalesce(max(version), 0)
FROM river_migration AS m
WHERE coalesce(to_jsonb(m)->>'line', 'main') = 'main'`).Scan(&version)
	return version, err
}
