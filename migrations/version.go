package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/database/postgres"
	"github.com/golang-migrate/migrate/v4/source"
	"github.com/golang-migrate/migrate/v4/source/iofs"
)

// versionTable is golang-migrate's, in our schema.
const versionTable = "schema_migrations"

// migrate runs golang-migrate under our lock. So its own lock, which it would
// wait for without end, is free unless somebody works on our schema with
// golang-migrate by hand.
func (u upgrade) migrate(ctx context.Context, conn *sql.Conn) error {
	files, err := iofs.New(u.files, ".")
	if err != nil {
		return err
	}
	newest, err := newestVersion(files)
	if err != nil {
		return err
	}
	db, err := postgres.WithConnection(ctx, conn, &postgres.Config{SchemaName: u.schema, MigrationsTable: versionTable})
	if err != nil {
		return fmt.Errorf("make the table %q.%s, or see it, which takes the right to select from it: %w", u.schema, versionTable, cause(err))
	}
	version, dirty, err := db.Version()
	if err != nil {
		return fmt.Errorf("read the version of the schema %q: %w", u.schema, cause(err))
	}
	log := u.log.With("schema", u.schema)
	switch {
	case version > newest:
		log.Warn("the database's schema is newer than this program, which uses it as it is", "version", version, "known", newest)
		return nil
	case dirty:
		log.Warn("a migration was interrupted and is run again", "version", version)
		if err := db.SetVersion(versionBefore(files, version), false); err != nil {
			return fmt.Errorf("mend the version of the schema %q: %w", u.schema, cause(err))
		}
	}
	m, err := migrate.NewWithInstance("files", files, "postgres", db) // never closed: conn is not its own
	if err != nil {
		return err
	}
	m.LockTimeout = math.MaxInt64 // ctx ends the wait
	switch err := m.Up(); {
	case errors.Is(err, migrate.ErrNoChange):
		return nil
	case err != nil:
		return fmt.Errorf("bring the schema %q to version %d: %w", u.schema, newest, cause(err))
	}
	log.Info("the database's schema is at its newest version", "version", newest)
	return nil
}

func newestVersion(files source.Driver) (int, error) {
	version, err := files.First()
	for err == nil {
		var next uint
		if next, err = files.Next(version); err == nil {
			version = next
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	return int(version), nil
}

// versionBefore is the version to go on from when it is not known whether the
// migration to version was run.
func versionBefore(files source.Driver, version int) int {
	if version < 0 {
		return database.NilVersion // the first was being undone
	}
	before, err := files.Prev(uint(version))
	if err != nil {
		return database.NilVersion
	}
	return int(before)
}

// cause takes golang-migrate's errors apart: their text holds the whole file.
func cause(err error) error {
	var value database.Error
	var pointer *database.Error
	switch {
	case errors.As(err, &value):
		return value.OrigErr
	case errors.As(err, &pointer):
		return pointer.OrigErr
	}
	return err
}
