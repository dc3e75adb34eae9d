//go:build unix

package migrations

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// childOrder is the variable of the environment that makes a process of this
// test binary a child: an order as JSON.
const childOrder = "MIGRATIONS_TEST_CHILD"

// An order tells a child what to do.
type order struct {
	DSN   string
	Newer bool // run the migrations of a later program

	// KillAt is the number of the message to the server that the child kills
	// itself at: before it is sent, or just after. 0: it does not.
	KillAt int
	After  bool
}

// child is a host that starts, in a process of its own. It says that it is
// there, and begins when its standard input ends.
func child(text string) (status int) {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	connector, err := pq.NewConnector(o.DSN)
	if err != nil {
		panic(err)
	}
	connector.Dialer(&killer{order: o})
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	u := usual()
	if o.Newer {
		u.files = newer()
	}
	if err := u.on(context.Background(), sql.OpenDB(connector)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A killer counts the messages to the server, and ends the process at one.
type killer struct {
	net.Conn
	order order
	sent  int
}

func (k *killer) Dial(network, address string) (_ net.Conn, err error) {
	k.Conn, err = net.Dial(network, address)
	return k, err
}

func (k *killer) DialTimeout(network, address string, _ time.Duration) (net.Conn, error) {
	return k.Dial(network, address)
}

func (k *killer) Write(message []byte) (int, error) {
	k.sent++
	if k.sent == k.order.KillAt && !k.order.After {
		die()
	}
	n, err := k.Conn.Write(message)
	if k.sent == k.order.KillAt {
		die()
	}
	return n, err
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until it arrives
}

// A process is a child that runs.
type process struct {
	*exec.Cmd
	begin io.Closer
	errs  bytes.Buffer
}

// startChild returns when the child is there.
func startChild(t *testing.T, o order) *process {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), childOrder+"="+string(text))
	p.Stderr = &p.errs
	if p.begin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	return p
}

// end waits for the child and reports whether it was killed.
func (p *process) end(t *testing.T) (killed bool) {
	t.Helper()
	err := p.Wait()
	if p.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("a child failed: %v: %s", err, p.errs.String())
	}
	return false
}

func TestH3TenProcessesAtOnce(t *testing.T) {
	dsn := pgtest.DSN(t)
	db := open(t, dsn, nil)
	usual().must(t, db)
	want := snapshot(t, db)
	do(t, db, "DROP SCHEMA merchant_webhooks CASCADE")

	var children []*process
	for range 10 {
		children = append(children, startChild(t, order{DSN: dsn}))
	}
	for _, p := range children {
		_ = p.begin.Close()
	}
	for _, p := range children {
		p.end(t)
	}
	same(t, snapshot(t, db), want)
}

func TestH3KilledAtEveryStatement(t *testing.T) {
	cases := []struct {
		name    string
		data    bool // the schema is there, with data
		newer   bool
		dirties bool // some kill leaves a dirty mark
	}{
		{name: "H3 on an empty database", dirties: true},
		{name: "H3 at a second start, with data", data: true},
		{name: "H3 in an upgrade, with data", data: true, newer: true, dirties: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dsn := pgtest.DSN(t)
			db := open(t, dsn, nil)
			db.SetMaxOpenConns(1) // for isDirty
			u := usual()
			if c.newer {
				u.files = newer()
			}
			prepare := func() {
				do(t, db, "DROP SCHEMA IF EXISTS merchant_webhooks CASCADE")
				if c.data {
					usual().must(t, db)
					addData(t, db)
				}
			}
			prepare()
			u.must(t, db)
			want := snapshot(t, db)

			kills, dirty := 0, 0
			for _, after := range []bool{false, true} {
				for at := 1; ; at++ {
					prepare()
					p := startChild(t, order{DSN: dsn, Newer: c.newer, KillAt: at, After: after})
					_ = p.begin.Close()
					if !p.end(t) {
						break
					}
					kills++
					if isDirty(t, db) {
						dirty++
					}
					u.must(t, db)
					if got := snapshot(t, db); got != want {
						t.Errorf("killed at message %d (after it: %v)", at, after)
						same(t, got, want)
					}
				}
			}
			if kills < 20 || c.dirties != (dirty > 0) {
				t.Errorf("%d kills left %d dirty marks: the test kills at the wrong places", kills, dirty)
			}
		})
	}
}

// isDirty waits until there is no other session, for the child's may outlive it.
func isDirty(t *testing.T, db *sql.DB) bool {
	t.Helper()
	for read[int](t, db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()") > 0 {
	}
	if read[sql.NullString](t, db, "SELECT to_regclass('merchant_webhooks.schema_migrations')::text").Valid {
		return read[bool](t, db, "SELECT EXISTS (SELECT FROM merchant_webhooks.schema_migrations WHERE dirty)")
	}
	return false
}
