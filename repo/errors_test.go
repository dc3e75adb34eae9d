package repo

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/lib/pq"
)

// TestR5_LostAndInTheWay: what lib/pq says without an SQLSTATE of a connection
// that broke, and the two SQLSTATEs of other transactions.
func TestR5_LostAndInTheWay(t *testing.T) {
	for err, want := range map[error]struct{ lost, conflict bool }{
		driver.ErrBadConn:                    {lost: true},
		sql.ErrConnDone:                      {lost: true},
		io.EOF:                               {lost: true},
		io.ErrUnexpectedEOF:                  {lost: true},
		&net.OpError{Err: errors.New("cut")}: {lost: true},
		&pq.Error{Code: "40001"}:             {conflict: true},
		&pq.Error{Code: "40P01"}:             {conflict: true},
		&pq.Error{Code: "23505"}:             {},
		errors.New("something else"):         {},
	} {
		wrapped := fmt.Errorf("read: %w", err)
		if lost, conflict := isLost(wrapped), isConflict(wrapped); lost != want.lost || conflict != want.conflict {
			t.Errorf("%v: lost %t, a conflict %t; want %+v", err, lost, conflict, want)
		}
	}
}

// TestD6_LastSent is of the request as it is now.
func TestD6_LastSent(t *testing.T) {
	attempts := []Attempt{{Number: 1}, {Number: 2}, {Number: 3}}
	for _, c := range []struct {
		attempts []Attempt
		remade   int // after this one
		want     int // 0: none
	}{{nil, 0, 0}, {attempts, 0, 3}, {attempts, 2, 3}, {attempts, 3, 0}, {attempts[:1], 0, 1}} {
		last := FullDelivery{Attempts: c.attempts, RemadeAfter: c.remade}.LastSent()
		if (last == nil) != (c.want == 0) || last != nil && last.Number != c.want {
			t.Errorf("of %d attempts, made anew after %d: %+v, want %d", len(c.attempts), c.remade, last, c.want)
		}
	}
}
