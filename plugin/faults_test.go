package plugin_test

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// operations are the API's, with the code that SPEC R5 gives to a fault of each.
var operations = []struct {
	name, method, path, body string
	code                     int
}{
	{"create", "POST", "/private/webhooks", webhookJSON("new"), 54},
	{"list", "GET", "/private/webhooks", "", 53},
	{"read", "GET", "/private/webhooks/stored", "", 53},
	{"change", "PATCH", "/private/webhooks/stored", webhookJSON(""), 52},
	{"delete", "DELETE", "/private/webhooks/stored", "", 52},
	{"refused body", "POST", "/private/webhooks", "{}", 53},
}

// expectFault runs every operation in a host that has a fault, and wants its
// code, one line in the log with the cause, and an answer that gives nothing
// away.
func expectFault(t *testing.T, h *host, code func(own int) int) {
	t.Helper()
	for _, op := range operations {
		want := code(op.code)
		got := h.fails(t, op.method, op.path, op.body, want)
		if got.status != 500 || got.Code != want {
			t.Errorf("%s: status %d, code %d, want 500 and %d: %s", op.name, got.status, got.Code, want, got.body)
		}
		for _, secret := range []string{"SELECT", "INSERT", "pq:", "sql", "dial", "socket", "webhook_serial", "goroutine"} {
			if strings.Contains(got.body, secret) {
				t.Errorf("%s: the answer shows %q: %s", op.name, secret, got.body)
			}
		}
		lines := h.log.take()
		if len(lines) != 1 || !strings.Contains(lines[0], "level=ERROR") || !strings.Contains(lines[0], "error=") {
			t.Errorf("%s: logged %d lines, want one with the cause: %q", op.name, len(lines), lines)
		}
	}
}

// fails sends a request until its code is the one that is wanted, and leaves its
// line in the log: on a slow machine the time limit may come before the fault.
func (h *host) fails(t *testing.T, method, path, body string, code int) answer {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		h.log.take()
		got := h.do(t, method, path, body)
		if got.Code == code {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("%s %s: %+v, want %d", method, path, got, code)
		}
	}
}

func own(code int) int { return code }

func always(code int) func(int) int { return func(int) int { return code } }

func stored(t *testing.T, h *host) {
	t.Helper()
	if got := h.do(t, "POST", "/private/webhooks", webhookJSON("stored")); got.status != 204 {
		t.Fatal(got)
	}
}

func TestR5(t *testing.T) {
	short := func(c *plugin.Config) { c.Limits.RequestTime = 400 * time.Millisecond }

	t.Run("R5 PostgreSQL is stopped, and comes back", func(t *testing.T) {
		server := pgtest.Server(t, nil)
		h := newHost(t, pgtest.Open(t, server.DSN("postgres")), nil)
		stored(t, h)
		if err := server.Down(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		expectFault(t, h, always(51))
		if err := server.Up(); err != nil {
			t.Fatal(err)
		}
		if got := h.do(t, "GET", "/private/webhooks/stored", ""); got.status != 200 {
			t.Errorf("after the server came back: %+v", got)
		}
	})

	t.Run("R5 the pool has no connection until the time limit", func(t *testing.T) {
		db := pgtest.DB(t)
		stored(t, newHost(t, db, nil))
		h := mount(t, db, short)
		db.SetMaxOpenConns(1)
		held, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		expectFault(t, h, always(51))
	})

	t.Run("R5 a lock is held until the time limit", func(t *testing.T) {
		db := pgtest.DB(t)
		stored(t, newHost(t, db, nil))
		h := mount(t, db, short)
		tx := db.MustBegin()
		defer tx.Rollback()
		tx.MustExec(`LOCK TABLE merchant_webhooks.instance, merchant_webhooks.webhook`)
		expectFault(t, h, own)
	})

	t.Run("R5 rights are revoked", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		owner := pgtest.Open(t, dsn)
		newHost(t, owner, nil)
		db, role := restricted(t, owner, dsn)
		h := mount(t, db, nil)
		stored(t, h)
		owner.MustExec("REVOKE ALL ON ALL TABLES IN SCHEMA merchant_webhooks FROM " + role)
		expectFault(t, h, own)
	})

	t.Run("R5 serialization failures until a second before the time limit", func(t *testing.T) {
		db := pgtest.DB(t)
		stored(t, newHost(t, db, nil))
		h := mount(t, db, func(c *plugin.Config) { c.Limits.RequestTime = 1200 * time.Millisecond })
		db.MustExec(`
			CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS
				$$BEGIN RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001'; END$$;
			CREATE TRIGGER conflict BEFORE INSERT OR UPDATE OR DELETE ON merchant_webhooks.webhook
				EXECUTE FUNCTION conflict()`)
		for _, op := range operations {
			if op.code == 53 {
				continue // reads meet no trigger
			}
			if got := h.fails(t, op.method, op.path, op.body, 55); got.status != 500 {
				t.Errorf("%s: %+v, want 500", op.name, got)
			}
		}
	})
}

// restricted gives a pool of a role that may use the ready schema only, and the
// role.
func restricted(t *testing.T, owner *sqlx.DB, dsn string) (*sqlx.DB, string) {
	t.Helper()
	role := "restricted_" + strings.ToLower(rand.Text())
	owner.MustExec(fmt.Sprintf(`
		CREATE ROLE %[1]s LOGIN PASSWORD 'restricted';
		GRANT USAGE ON SCHEMA merchant_webhooks TO %[1]s;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA merchant_webhooks TO %[1]s`, role))
	location, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := location.Query()
	query.Set("user", role)
	query.Set("password", "restricted")
	location.User, location.RawQuery = nil, query.Encode()
	db := pgtest.Open(t, location.String())
	t.Cleanup(func() {
		db.Close()
		owner.MustExec("DROP OWNED BY " + role)
		owner.MustExec("DROP ROLE " + role)
	})
	return db, role
}
