package pgtest

import (
	"context"
	"database/sql"
	"net"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A Dialer dials PostgreSQL for lib/pq; it gives each connection as what it makes
// of it.
type Dialer func(net.Conn) net.Conn

// OpenOver is a pool as of Open, which dials so.
func OpenOver(t testing.TB, dsn string, d Dialer) *sqlx.DB {
	t.Helper()
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	connector.Dialer(d)
	return pool(t, sqlx.NewDb(sql.OpenDB(connector), "postgres"))
}

// Dial is for lib/pq.
func (d Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout is for lib/pq.
func (d Dialer) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext is for lib/pq.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return d(conn), nil
}
