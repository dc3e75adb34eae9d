package repo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

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

// hinder makes the first n changes of webhooks or deliveries fail, with an
// SQLSTATE, at their row or at their commit.
func hinder(t *testing.T, db *sqlx.DB, table, state string, n int, when string) {
	t.Helper()
	db.MustExec(fmt.Sprintf(`
		CREATE SEQUENCE tries;
		CREATE FUNCTION hinder() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF nextval('public.tries') <= %d THEN
				RAISE 'in the way' USING ERRCODE = '%s', DETAIL = coalesce(NEW.url, OLD.url);
			END IF;
			RETURN coalesce(NEW, OLD);
		END $$;
		CREATE %s INSERT OR UPDATE OR DELETE ON merchant_webhooks.%s %s
		FOR EACH ROW EXECUTE FUNCTION hinder()`, n, state, before[when], table, deferred[when]))
}

var (
	before   = map[string]string{"row": "TRIGGER hinder BEFORE", "commit": "CONSTRAINT TRIGGER hinder AFTER"}
	deferred = map[string]string{"row": "", "commit": "DEFERRABLE INITIALLY DEFERRED"}
)

// told is a context that tells of a deadline, at which nothing ends: a slow
// machine may come to it.
type told struct {
	context.Context
	deadline time.Time
}

func (t told) Deadline() (time.Time, bool) { return t.deadline, true }

const longestPause = time.Millisecond << 6

func TestConflicts(t *testing.T) {
	const tries = `SELECT last_value FROM tries`
	// hindered has a webhook that is in the way of nobody.
	hindered := func(t *testing.T, state string, n int, when string) *Repo {
		r := fresh(t)
		create(t, r, "admin", sample)
		hinder(t, r.db, "webhook", state, n, when)
		return r
	}
	changes := operations[:0:0]
	for _, op := range operations {
		if op.name == "create" || op.name == "update" || op.name == "update a version" || op.name == "delete" {
			changes = append(changes, op)
		}
	}
	for _, state := range []string{"40001", "40P01"} {
		for _, when := range []string{"row", "commit"} {
			for _, op := range changes {
				t.Run(fmt.Sprint("R5 ", state, " is tried again, at the ", when, ": ", op.name), func(t *testing.T) {
					r := hindered(t, state, 3, when)
					want(t, op.do(t.Context(), r), none, "")
					if n := number(t, r.db, tries); n != 4 {
						t.Errorf("it was tried %d times, want 4", n)
					}
				})
			}
		}
	}
	for _, op := range changes {
		t.Run("R5 another failure of the commit: "+op.name, func(t *testing.T) {
			r := hindered(t, "P0001", 1, "commit")
			if err := op.do(t.Context(), r); codeOf(err) != op.fault {
				t.Errorf("got %v, want code %d", err, op.fault)
			}
			if n := number(t, r.db, tries); n != 1 {
				t.Errorf("it was tried %d times, want once", n)
			}
		})
		t.Run("R5 conflicts until a second before the deadline: "+op.name, func(t *testing.T) {
			r := hindered(t, "40001", 1_000_000, "row")
			deadline := time.Now().Add(reserve + 300*time.Millisecond)
			want(t, op.do(told{t.Context(), deadline}, r), webhook.CodeDBSoftFailure, "")
			if left := time.Until(deadline); left > reserve+longestPause {
				t.Errorf("%v was left of the time", left)
			}
			before := number(t, r.db, tries)
			want(t, op.do(told{t.Context(), time.Now().Add(reserve)}, r), webhook.CodeDBSoftFailure, "")
			if n := number(t, r.db, tries) - before; n != 1 {
				t.Errorf("in the last second it was tried %d times, want once", n)
			}
		})
		t.Run("R5 conflicts without a deadline end, too: "+op.name, func(t *testing.T) {
			r := hindered(t, "40001", 1_000_000, "row")
			if err := op.do(context.Background(), r); codeOf(err) != webhook.CodeDBSoftFailure {
				t.Errorf("got %v, want code %d", err, webhook.CodeDBSoftFailure)
			}
			if n := number(t, r.db, tries); n != maxTries {
				t.Errorf("it was tried %d times, want %d", n, maxTries)
			}
		})
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

// TestBackendsKilled kills sessions while they create.
func TestBackendsKilled(t *testing.T) {
	t.Run("R5 C2 what was answered is stored, and nothing twice", func(t *testing.T) {
		dsn := database(t)
		admin := pgtest.Open(t, dsn)
		r := over(t, connect(t, dsn, func(c *pq.Config) { c.ApplicationName = "victim" }), Options{})
		const writers, each = 8, 60
		var failed atomic.Int64
		var writing sync.WaitGroup
		for writer := range writers {
			writing.Go(func() {
				for i := range each {
					w := named(sample, fmt.Sprint(writer, "-", i))
					for range 1000 {
						err := r.Create(t.Context(), "admin", w, 100_000)
						if err == nil {
							break
						}
						failed.Add(1)
						if codeOf(err) != webhook.CodeDBStartFailed {
							t.Errorf("got %v, want code %d", err, webhook.CodeDBStartFailed)
							return
						}
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writing.Wait(); close(done) }()
		killed := 0
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
				killed += number(t, admin, `
					SELECT count(pg_terminate_backend(pid)) FROM (
						SELECT pid FROM pg_stat_activity
						WHERE datname = current_database() AND application_name = 'victim' AND state = 'active' LIMIT 1
					) AS active`)
			}
		}
		if killed == 0 {
			t.Error("no session was killed: this test sees nothing")
		}
		if n := number(t, admin, countWebhooks); n != writers*each {
			t.Errorf("%d webhooks are stored, want %d", n, writers*each)
		}
		t.Logf("%d sessions killed, %d creates failed and were repeated", killed, failed.Load())
	})
}
