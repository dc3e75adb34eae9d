package repo

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
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

func TestCausesKeepSecrets(t *testing.T) {
	secret := other(sample, func(w *webhook.Webhook) {
		w.URL = "https://user:hunter2@shop.example/"
		w.HeaderTemplate = "Authorization: hunter2"
	})
	t.Run("R5 a row's values stay out of the cause", func(t *testing.T) {
		r := fresh(t)
		err := r.Create(t.Context(), "admin", other(secret, func(w *webhook.Webhook) { w.HTTPMethod = "BREW" }), anyNumber)
		if codeOf(err) != webhook.CodeDBCommitFailed || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want code %d without the URL", err, webhook.CodeDBCommitFailed)
		}
		hinder(t, r.db, "webhook", "P0001", 1, "row")
		err = r.Create(t.Context(), "admin", secret, anyNumber)
		if codeOf(err) != webhook.CodeDBCommitFailed || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want code %d without the URL", err, webhook.CodeDBCommitFailed)
		}
	})
	t.Run("R5 the DSN's password stays out of the cause", func(t *testing.T) {
		err := over(t, refused(t), Options{}).HasInstance(t.Context(), "admin")
		if codeOf(err) != webhook.CodeDBStartFailed || strings.Contains(err.Error(), "secret-of-the-role") {
			t.Errorf("got %v, want code %d without the password", err, webhook.CodeDBStartFailed)
		}
	})
}

// TestStates holds the judgement of what can not be made in a test.
func TestStates(t *testing.T) {
	for state, wanted := range map[string]webhook.Code{
		"08006": webhook.CodeDBStartFailed, // connection failure
		"28P01": webhook.CodeDBStartFailed, // wrong password
		"3D000": webhook.CodeDBStartFailed, // no such database
		"53300": webhook.CodeDBStartFailed, // too many connections
		"57P01": webhook.CodeDBStartFailed, // shutdown
		"57P03": webhook.CodeDBStartFailed, // starting up
		"40001": webhook.CodeDBSoftFailure,
		"40P01": webhook.CodeDBSoftFailure,
		"25006": webhook.CodeDBStartFailed, // read only, as a standby is
		"53100": webhook.CodeDBStoreFailed, // disk full
		"57014": webhook.CodeDBStoreFailed, // cancelled
		"XX000": webhook.CodeDBStoreFailed,
	} {
		t.Run("R5 "+state, func(t *testing.T) {
			said := &pq.Error{Severity: "SCHWERER FEHLER", Code: pqerror.Code(state)}
			if code, _ := updating.code(fmt.Errorf("wrapped: %w", said)); code != wanted {
				t.Errorf("got %d, want %d", code, wanted)
			}
		})
	}
	t.Run("R5 whatever else refuses a session", func(t *testing.T) {
		said := &pq.Error{Severity: "FATAL", Code: "42501"}
		if code, _ := updating.code(said); code != webhook.CodeDBStartFailed {
			t.Errorf("got %d, want %d", code, webhook.CodeDBStartFailed)
		}
	})
}
