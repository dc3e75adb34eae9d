package pgtest

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"
)

// Failing is the way to a database where one statement can fail, by an error of
// PostgreSQL's own: something else is executed instead, that it does not have.
type Failing struct{ left atomic.Int64 }

// OpenFailing is a pool as of Open, whose statements can fail.
func OpenFailing(t testing.TB, dsn string) (*sqlx.DB, *Failing) {
	t.Helper()
	f := &Failing{}
	return OpenOver(t, dsn, func(conn net.Conn) net.Conn { return &failingConn{conn, f} }), f
}

// Fail lets the nth statement from now on fail, whoever gives it; BEGIN and
// COMMIT are statements too. The next is the first.
func (f *Failing) Fail(n int64) { f.left.Store(n) }

// Failed reports whether it has failed. If not, it will not any more.
func (f *Failing) Failed() bool { return f.left.Swap(0) <= 0 }

type failingConn struct {
	net.Conn
	failing *Failing
}

// Write is given whole messages: a letter and a length of four bytes, which
// counts itself; at first the length alone.
func (c *failingConn) Write(b []byte) (int, error) {
	if len(b) == 0 || b[0] == 0 {
		return c.Conn.Write(b)
	}
	var sent []byte
	for rest := b; len(rest) > 0; {
		end := 1 + binary.BigEndian.Uint32(rest[1:])
		message := rest[:end]
		if isStatement(message) && c.failing.left.Add(-1) == 0 {
			message = nowhere[message[0]]
		}
		sent, rest = append(sent, message...), rest[end:]
	}
	if _, err := c.Conn.Write(sent); err != nil {
		return 0, err
	}
	return len(b), nil
}

// isStatement reports whether a message executes one, whose failure leaves no
// transaction open.
func isStatement(message []byte) bool {
	return nowhere[message[0]] != nil && !bytes.HasPrefix(message[5:], []byte("ROLLBACK"))
}

// nowhere are messages that execute what there is not: a statement, and a portal.
var nowhere = map[byte][]byte{
	'Q': []byte("Q\x00\x00\x00\x11EXECUTE away\x00"),
	'E': []byte("E\x00\x00\x00\x0daway\x00\x00\x00\x00\x00"),
}
