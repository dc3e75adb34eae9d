package delivery

import (
	"context"
	"database/sql"
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// trips dials PostgreSQL and counts what waits for an answer.
type trips struct {
	net.Dialer
	count atomic.Int64
}

// open is a pool of one connection that is counted on.
func (w *trips) open(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	connector.Dialer(w)
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *trips) Dial(network, address string) (net.Conn, error) {
	return w.DialContext(context.Background(), network, address)
}

func (w *trips) DialTimeout(network, address string, d time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.DialContext(ctx, network, address)
}

func (w *trips) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := w.Dialer.DialContext(ctx, network, address)
	return &tripsConn{conn, w}, err
}

type tripsConn struct {
	net.Conn
	trips *trips
}

// Write is given whole messages: a letter and a length of four bytes, which
// counts itself; at first the length alone.
func (c *tripsConn) Write(b []byte) (int, error) {
	for rest := b; len(rest) >= 5 && rest[0] != 0; rest = rest[1+binary.BigEndian.Uint32(rest[1:]):] {
		if rest[0] == 'S' || rest[0] == 'Q' {
			c.trips.count.Add(1)
		}
	}
	return c.Conn.Write(b)
}
