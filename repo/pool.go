package repo

import (
	"database/sql"
	"log/slog"
	"sync/atomic"
)

// A poolWatch finds out whether the host's pool keeps too few idle connections:
// database/sql's default is two, and then most statements of a busy server open
// a connection and prepare anew, at a fifth of the throughput. The pool does not
// tell its setting; it tells how many connections it closed because of it.
type poolWatch struct {
	logger *slog.Logger
	count  atomic.Int64 // operations
	closed atomic.Int64 // MaxIdleClosed at the last look
	warned atomic.Bool
}

// every is the number of operations between two looks.
const every = 256

// watch counts an operation, and warns once if since the last look more than
// every second one cost a connection.
func (w *poolWatch) watch(db *sql.DB) {
	if w.count.Add(1)%every != 0 {
		return
	}
	closed := db.Stats().MaxIdleClosed
	if closed-w.closed.Swap(closed) > every/2 && w.warned.CompareAndSwap(false, true) {
		w.logger.Warn("the database pool keeps too few idle connections, so that they are opened anew all the time; " +
			"call SetMaxIdleConns with the number that SetMaxOpenConns has")
	}
}
