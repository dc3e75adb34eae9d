// Package pgdev runs a private PostgreSQL for the example and the tests: a
// server of one process, which ends when that process ends, however it ends.
//
// Nobody else gets in: the server listens on no network address, only on a Unix
// socket inside its own data directory, which its user alone may enter.
package pgdev

import (
	"context"
	"errors"
)

// ErrNotFound is in the error of [Start] when there is no PostgreSQL on this
// machine, or none of the version that wrote the data directory.
var ErrNotFound = errors.New("PostgreSQL was not found")

// Options says which server to start. The zero value starts the newest
// PostgreSQL found, with durable settings, in a directory that goes with it.
type Options struct {
	// DataDir keeps the data from one Start to the next. One process at a time
	// can use it. Empty: a temporary directory, deleted by Stop.
	DataDir string

	// TempDir is where the temporary directory is made. Empty: os.TempDir.
	TempDir string

	// Binaries is the directory of postgres and initdb. Empty: the first that
	// PATH names, else the newest in the usual directories of distributions.
	Binaries string

	// Download is called when no PostgreSQL is found, and returns a directory
	// like Binaries. Nil: Start returns ErrNotFound.
	Download func(context.Context) (binaries string, err error)

	// Settings are server settings as in postgresql.conf.
	Settings map[string]string

	// Context ends a Start that is under way; it does not end the server.
	// Nil: context.Background.
	Context context.Context
}
