package plugin_test

import (
	"context"
	"database/sql"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// A deadlineDialer gives lib/pq connections that wait so long for each part of an
// answer, and not for as long as TCP would. No statement may take longer.
type deadlineDialer struct {
	net.Dialer
	wait time.Duration
}

func (d deadlineDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return deadlineConn{conn, d.wait}, nil
}

func (d deadlineDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d deadlineDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

type deadlineConn struct {
	net.Conn
	wait time.Duration
}

func (c deadlineConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.wait)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// A database that falls silent, as behind a firewall that forgets connections, is an
// error within a minute here.
func ExampleConfig_silentDatabase() {
	connector, err := pq.NewConnector(os.Getenv("DATABASE_URL"))
	if err != nil {
		panic(err)
	}
	connector.Dialer(deadlineDialer{wait: time.Minute})
	_ = plugin.Config{DB: sqlx.NewDb(sql.OpenDB(connector), "postgres")}
}

// TestSilentDatabase has the pool's only session fall silent: with a dialer as above
// that is an error, and the next request has another session.
func TestSilentDatabase(t *testing.T) {
	dsn := pgtest.Server(t, nil).DSN("postgres")
	newHost(t, pgtest.Open(t, dsn), nil) // migrates, with all the time that it needs
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	connector.Dialer(deadlineDialer{wait: 5 * time.Second})
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	h := mount(t, db, nil)
	var session int
	if err := db.Get(&session, "SELECT pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(session, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(session, syscall.SIGCONT) })
	if got := h.do(t, "GET", "/private/webhooks", ""); got.status != 500 {
		t.Errorf("while it is silent: %+v", got)
	}
	for end := time.Now().Add(patience); ; {
		if got := h.do(t, "GET", "/private/webhooks", ""); got.status == 200 {
			break
		} else if time.Now().After(end) {
			t.Fatalf("afterwards: %+v", got)
		}
	}
}
