package delivery

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/riverqueue/river/riverdriver"
)

// listenDriver is River's driver with a listener of lib/pq, on a connection of
// its own.
type listenDriver struct {
	workDriver
	dsn string
}

func (d *listenDriver) SupportsListener() bool { return true }

func (d *listenDriver) GetListener(p *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{dsn: d.dsn, schema: p.Schema}
}

// heardMost is how many notifications wait to be heard. Those beyond are lost,
// as all are while there is no connection: the poll finds what they told of.
const heardMost = 1024

var errListenerLost = errors.New("the connection that listens was lost")

// listener is one connection that hears PostgreSQL's notifications. River makes
// another of it when it is lost.
type listener struct {
	dsn, schema string

	mu    sync.Mutex
	conn  *pq.ListenerConn
	heard chan *pq.Notification
}

// Connect connects. lib/pq heeds no context there, so what comes late is closed.
func (l *listener) Connect(ctx context.Context) error {
	type made struct {
		conn *pq.ListenerConn
		err  error
	}
	raw, heard := make(chan *pq.Notification), make(chan *pq.Notification, heardMost)
	ready := make(chan made, 1)
	go func() {
		conn, err := pq.NewListenerConn(l.dsn, raw)
		ready <- made{conn, err}
	}()
	select {
	case m := <-ready:
		if m.err != nil {
			return m.err
		}
		go pump(raw, heard)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.conn, l.heard = m.conn, heard
		return nil
	case <-ctx.Done():
		go func() {
			m := <-ready
			end(m.conn)
		}()
		return ctx.Err()
	}
}

// pump takes notifications from the connection at once, whoever waits for them:
// while one can not be handed over, lib/pq reads no answer to a ping either.
func pump(from <-chan *pq.Notification, to chan<- *pq.Notification) {
	defer close(to)
	for n := range from {
		select {
		case to <- n:
		default:
		}
	}
}

func (l *listener) connection() (*pq.ListenerConn, chan *pq.Notification) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn, l.heard
}

func (l *listener) Close(context.Context) error {
	conn, _ := l.connection()
	l.mu.Lock()
	l.conn = nil
	l.mu.Unlock()
	end(conn)
	return nil
}

// end closes a connection, if there is one.
func end(conn *pq.ListenerConn) {
	if conn != nil {
		_ = conn.Close() // an error says that it is closed already
	}
}

func (l *listener) Listen(ctx context.Context, topic string) error {
	return l.ask(ctx, func(conn *pq.ListenerConn) (bool, error) { return conn.Listen(l.channel(topic)) })
}

func (l *listener) Unlisten(ctx context.Context, topic string) error {
	return l.ask(ctx, func(conn *pq.ListenerConn) (bool, error) { return conn.Unlisten(l.channel(topic)) })
}

// pingSQL fails on a server that can not be written to any more: after a failover
// nobody notifies there.
const pingSQL = `DO $$
BEGIN
    IF current_setting('transaction_read_only')::bool THEN
        RAISE read_only_sql_transaction;
    END IF;
END
$$`

// Ping waits for an answer, as pq's own does; that one panics when the server
// says goodbye at that moment.
func (l *listener) Ping(ctx context.Context) error {
	return l.ask(ctx, func(conn *pq.ListenerConn) (bool, error) { return conn.ExecSimpleQuery(pingSQL) })
}

// askWithin is how long an answer on the connection may take; then it is lost.
const askWithin = 10 * time.Second

// ask waits for an answer on the connection. It ends by askWithin and not by ctx:
// River cancels a ping to listen to something else on the same connection, and
// closes one that fails.
func (l *listener) ask(ctx context.Context, ask func(*pq.ListenerConn) (bool, error)) error {
	conn, _ := l.connection()
	if conn == nil {
		return errListenerLost
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	_, err := inTime(within, func() (bool, error) { return ask(conn) })
	return err
}

func (l *listener) channel(topic string) string { return l.schema + "." + topic }

func (l *listener) Schema() string { return l.schema }

// SetAfterConnectExec is for River's own tests.
func (l *listener) SetAfterConnectExec(string) {}

func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	_, heard := l.connection()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case n, open := <-heard:
		if !open {
			return nil, errListenerLost
		}
		return &riverdriver.Notification{Topic: strings.TrimPrefix(n.Channel, l.schema+"."), Payload: n.Extra}, nil
	}
}

var (
	_ riverdriver.Driver[*sql.Tx] = workDriver{}
	_ riverdriver.Driver[*sql.Tx] = (*listenDriver)(nil)
)
