package delivery

import (
	"encoding/binary"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

// trips lead to PostgreSQL and count what waits for an answer.
type trips struct{ count atomic.Int64 }

// open is a pool of one connection that is counted on.
func (w *trips) open(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	db := pgtest.OpenOver(t, dsn, func(conn net.Conn) net.Conn { return &tripsConn{conn, w} })
	db.SetMaxOpenConns(1)
	return db
}

type tripsConn struct {
	net.Conn
	trips *trips
}

// Write is given whole messages: a letter and a length of four bytes, which
// counts itself; at first the length alone.
func (c *tripsConn) Write(b []byte) (int, error) {
	for rest := b; len(rest) >= 5 && rest[0] != 0; rest = rest[1+binary.BigEndian.Uint32(rest[1:]):] {
		if rest[0] == 'S' || rest[0] == 'Q' {
			c.trips.count.Add(1)
		}
	}
	return c.Conn.Write(b)
}

// TestD5_OneRoundTripEach to claim and to record, where nothing is unusual.
func TestD5_OneRoundTripEach(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	s.many(s.courier(nil), 2)
	var wire trips
	s.over(wire.open(t, s.dsn))
	w := newWorker(s.courier(nil))
	for _, usual := range []bool{false, true} { // at first the statements are prepared
		next := repo.Key{Instance: 1, Delivery: one[int64](s, "SELECT min(delivery_serial) FROM webhooks.delivery WHERE state = 'pending'")}
		before := wire.count.Load()
		claim, v, _, err := w.claim(t.Context(), next)
		if err != nil || v != repo.Claimed {
			t.Fatal(v, err)
		}
		claims := wire.count.Load() - before
		answer := reply{Attempt: repo.Attempt{Number: claim.Attempt, At: time.Now(), URL: claim.Request.URL, Status: http.StatusOK}}
		if _, err := w.record(t.Context(), claim, answer); err != nil {
			t.Fatal(err)
		}
		if all := wire.count.Load() - before; usual && (claims != 1 || all != 2) {
			t.Errorf("to claim takes %d round trips, and to record %d", claims, all-claims)
		}
	}
}

// TestD2_DoneJobsAreDeleted by one statement, and what that says is told though
// other jobs are not done.
func TestD2_DoneJobsAreDeleted(t *testing.T) {
	s := newShop(t)
	var wire trips
	s.over(wire.open(t, s.dsn))
	e := workDriver{riverdatabasesql.New(s.db.DB), s.repo, time.Minute}.GetExecutor()
	ended := func(states ...rivertype.JobState) (int64, error) {
		n := len(states)
		now := time.Now()
		p := &riverdriver.JobSetStateIfRunningManyParams{
			ID: make([]int64, n), Attempt: make([]*int, n), ErrData: make([][]byte, n), FinalizedAt: make([]*time.Time, n),
			MetadataDoMerge: make([]bool, n), MetadataUpdates: make([][]byte, n), ScheduledAt: make([]*time.Time, n),
			State: states, Schema: schema,
		}
		for i := range n {
			p.FinalizedAt[i] = &now
			if err := s.db.Get(&p.ID[i], "INSERT INTO "+schema+".river_job (kind, args, state, max_attempts, attempted_at) VALUES ('k', '{}', 'running', 1, now()) RETURNING id"); err != nil {
				t.Fatal(err)
			}
		}
		before := wire.count.Load()
		_, err := e.JobSetStateIfRunningMany(t.Context(), p)
		return wire.count.Load() - before, err
	}
	const done, discarded = rivertype.JobStateCompleted, rivertype.JobStateDiscarded
	alone, err := ended(done, done)
	if n := one[int](s, "SELECT count(*) FROM webhooks.river_job"); err != nil || n != 0 {
		t.Errorf("%d are left, %v", n, err)
	}
	both, err := ended(done, discarded)
	if states := one[string](s, "SELECT string_agg(state::text, ',') FROM webhooks.river_job"); err != nil || states != "discarded" {
		t.Errorf("left are %s, %v", states, err)
	}
	if both <= alone {
		t.Errorf("jobs that are done take %d round trips, with another %d", alone, both)
	}
	s.refuse("DELETE", "river_job", "")
	if _, err := ended(done, discarded); err == nil {
		t.Error("that they can not be deleted is not told")
	}
}
