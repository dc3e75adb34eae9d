package repo

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

const (
	// renewEvery is how often the pool is looked through at most: where every
	// server is a standby, each statement that writes asks for it.
	renewEvery = time.Second
	// renewWithin is how long that may take.
	renewWithin = 2 * time.Second
)

// renew closes the idle connections of the pool that can not write: after a
// failover they lead to a server that was the primary once, and would stay in
// the pool for as long as it lives. It reports whether it closed any, so that the
// statement is worth another try. One caller at a time does it; the others'
// clients repeat.
func (r *Repo) renew(ctx context.Context) bool {
	if !r.renewing.TryLock() {
		return false
	}
	defer r.renewing.Unlock()
	if time.Since(r.renewed) < renewEvery {
		return false
	}
	defer func() { r.renewed = time.Now() }()
	ctx, cancel := context.WithTimeout(ctx, renewWithin)
	defer cancel()
	closed := false
	for range r.db.Stats().Idle {
		conn, err := r.db.Conn(ctx)
		if err != nil {
			break
		}
		// Kept until the end, so that the next one is another.
		defer func() { _ = conn.Close() }()
		closed = closeReadOnly(ctx, conn) || closed
	}
	return closed
}

// closeReadOnly closes a connection of the pool whose transactions can not write.
func closeReadOnly(ctx context.Context, conn *sql.Conn) bool {
	var readOnly bool
	err := conn.QueryRowContext(ctx, "SELECT current_setting('transaction_read_only')::bool").Scan(&readOnly)
	if err != nil || !readOnly {
		return false
	}
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the pool closes it
	return true
}
