package repo

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestFaults makes each fault, tries every operation in it, and checks the code.
func TestFaults(t *testing.T) {
	const (
		safety = 3 * time.Minute
		lock   = 0 // its time is over once it waits for one
		sooner = 20 * time.Millisecond
	)
	for _, fault := range []struct {
		name         string
		limit        time.Duration // of each operation
		make         func(t *testing.T) *sqlx.DB
		noConnection bool   // else the code is the operation's own
		cause        string // a part of what the log is told
	}{
		{"R5 a right is missing", safety, withoutRights, false, "permission denied"},
		{"R5 Migrate has not run", safety, func(t *testing.T) *sqlx.DB { return pgtest.DB(t) }, false, "Migrate"},
		{"R5 R6 a lock is held until the deadline", lock, locked, false, ""},
		{"R5 R6 the pool has no connection until the deadline", sooner, exhausted, true, "no connection"},
		{"R5 the server is down", safety, stopped, true, ""},
		{"R5 no such database", safety, func(t *testing.T) *sqlx.DB {
			return connect(t, pgtest.DSN(t), func(c *pq.Config) { c.Database = "missing" })
		}, true, "does not exist"},
		{"R5 the server takes no more connections", safety, refused, true, "too many connections"},
		{"R5 the pool is closed", safety, closed, true, "closed"},
	} {
		for mode, o := range map[string]Options{"prepared": {}, "unprepared": {Unprepared: true}} {
			t.Run(fault.name+" "+mode, func(t *testing.T) {
				r := over(t, fault.make(t), o)
				for _, op := range operations {
					var err error
					if fault.limit == lock {
						err = untilItWaits(t, r, op)
					} else {
						ctx, cancel := context.WithTimeout(t.Context(), fault.limit)
						err = op.do(ctx, r)
						cancel()
					}
					wanted := op.fault
					if fault.noConnection {
						wanted = webhook.CodeDBStartFailed
					}
					if codeOf(err) != wanted {
						t.Errorf("%s: got %v, want code %d", op.name, err, wanted)
					}
					if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Cause == nil || !strings.Contains(problem.Cause.Error(), fault.cause) {
						t.Errorf("%s: the cause of %v does not tell of %q", op.name, err, fault.cause)
					} else if fault.cause != "Migrate" && strings.Contains(problem.Cause.Error(), "Migrate") {
						t.Errorf("%s: the cause of %v blames Migrate", op.name, err)
					}
				}
			})
		}
	}
}

// role makes a role for the test and removes it at the end.
func role(t *testing.T, dsn, options string) (name string) {
	admin := pgtest.Open(t, dsn)
	name = "pgtest_" + strings.ToLower(rand.Text())
	admin.MustExec("CREATE ROLE " + name + " " + options)
	t.Cleanup(func() {
		admin := pgtest.Open(t, dsn)
		admin.MustExec("DROP OWNED BY " + name)
		admin.MustExec("DROP ROLE " + name)
	})
	return name
}

// withoutRights may look at the schema, and at nothing in it.
func withoutRights(t *testing.T) *sqlx.DB {
	dsn := database(t)
	name := role(t, dsn, "NOLOGIN")
	pgtest.Open(t, dsn).MustExec("GRANT USAGE ON SCHEMA merchant_webhooks TO " + name)
	return connect(t, dsn, func(c *pq.Config) { c.Runtime["role"] = name })
}

// locked has the tables locked by somebody else. Some statements were prepared
// before.
func locked(t *testing.T) *sqlx.DB {
	db := pgtest.Open(t, database(t))
	lock(t, db)
	return db
}

func lock(t *testing.T, db *sqlx.DB) {
	tx := db.MustBegin()
	t.Cleanup(func() { _ = tx.Rollback() })
	tx.MustExec(`LOCK TABLE merchant_webhooks.instance, merchant_webhooks.webhook, merchant_webhooks.delivery IN ACCESS EXCLUSIVE MODE`)
}

// expiring is a context whose time is over when the channel is closed.
type expiring struct {
	context.Context
	over chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.over }

func (e expiring) Err() error {
	select {
	case <-e.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// untilItWaits does an operation whose time is over once it waits for a lock.
// Before, it may be over in vain: lib/pq asks once that a statement be cancelled,
// which does nothing where the server has not begun it.
func untilItWaits(t *testing.T, r *Repo, op operationCase) error {
	t.Helper()
	ctx := expiring{t.Context(), make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- op.do(ctx, r) }()
	waiting(t, r.db, 1)
	close(ctx.over)
	err := <-done
	waiting(t, r.db, 0)
	return err
}

func exhausted(t *testing.T) *sqlx.DB {
	db := pgtest.Open(t, database(t))
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return db
}

func stopped(t *testing.T) *sqlx.DB {
	server := pgtest.Server(t, nil)
	db := pgtest.Open(t, server.DSN("postgres"))
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	if err := server.Down(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	return db
}

// refused logs in as a role that may have no connection.
func refused(t *testing.T) *sqlx.DB {
	dsn := database(t)
	name := role(t, dsn, "LOGIN PASSWORD 'secret-of-the-role' CONNECTION LIMIT 0")
	return connect(t, dsn, func(c *pq.Config) { c.User, c.Password = name, "secret-of-the-role" })
}

func TestLockOfPrepared(t *testing.T) {
	t.Run("R5 R6 a lock is held until the deadline, all was prepared before", func(t *testing.T) {
		r := fresh(t)
		for _, op := range operations {
			r.db.MustExec(`DELETE FROM merchant_webhooks.webhook`)
			create(t, r, "admin", sample)
			want(t, op.do(t.Context(), r), none, "")
		}
		lock(t, r.db)
		for _, op := range operations {
			if err := untilItWaits(t, r, op); codeOf(err) != op.fault {
				t.Errorf("%s: got %v, want code %d", op.name, err, op.fault)
			}
		}
	})
}

func TestClientLeaves(t *testing.T) {
	for _, op := range operations {
		t.Run("R6 its work ends: "+op.name, func(t *testing.T) {
			db := locked(t)
			r := over(t, db, Options{})
			ctx, cancel := context.WithCancel(within(t))
			done := make(chan error)
			go func() { done <- op.do(ctx, r) }()
			waiting(t, db, 1)
			cancel()
			err := <-done
			if codeOf(err) != neither || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled and no Problem", err)
			}
			waiting(t, db, 0)
		})
	}
}

// waiting returns once that many sessions of the database wait for a lock.
func waiting(t *testing.T, db *sqlx.DB, n int) {
	t.Helper()
	ctx := within(t)
	for found := -1; found != n; {
		err := db.GetContext(ctx, &found, `
			SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		if err != nil {
			t.Fatalf("%d sessions wait, want %d: %v", found, n, err)
		}
	}
}

var (
	before   = map[string]string{"row": "TRIGGER hinder BEFORE", "commit": "CONSTRAINT TRIGGER hinder AFTER"}
	deferred = map[string]string{"row": "", "commit": "DEFERRABLE INITIALLY DEFERRED"}
)
