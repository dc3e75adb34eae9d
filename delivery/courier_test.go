package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

func TestD2_StartTwiceAndAfterStop(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(nil)
	if err := c.Start(t.Context()); !errors.Is(err, errRunning) || !c.IsRunning() {
		t.Errorf("the second Start says %v", err)
	}
	until(s, 1, "SELECT count(*) FROM webhooks.worker")
	for range 2 {
		if err := c.Stop(t.Context()); err != nil || c.IsRunning() {
			t.Errorf("Stop says %v", err)
		}
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.worker"); n != 0 {
		t.Error("who stopped is still listed as sending")
	}
	s.pay(c, "o")
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.next(s)
}

func TestD2_StartWithoutDatabase(t *testing.T) {
	s := newShop(t)
	_ = s.db.Close()
	c := s.courier(nil)
	if err := c.Start(t.Context()); err == nil || c.IsRunning() {
		t.Errorf("Start says %v", err)
	}
}

// TestD2_StopDrains: what is under way ends, what waits behind it stays.
func TestD2_StopDrains(t *testing.T) {
	s := newShop(t)
	arrived, answer := make(chan struct{}, 10), make(chan struct{})
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-answer
	})
	s.hook("hook", r.url)
	c := s.started(func(o *Options, _ *tuning) { o.PerReceiver = 1 })
	s.many(c, 20)
	<-arrived
	until(s, 19, "SELECT count(*) FROM webhooks.delivery WHERE lane = 1")
	stopped := make(chan error)
	go func() { stopped <- c.Stop(context.Background()) }()
	until(s, 0, "SELECT count(*) FROM webhooks.river_job WHERE state = 'available'")
	for !c.isDraining() {
		takeAWhile()
	}
	close(answer)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if got := one[int](s, countDelivered); got != 1 || len(r.got) != 1 {
		t.Errorf("%d were delivered, %d came in, want the one", got, len(r.got))
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE sending_since IS NOT NULL"); n != 0 {
		t.Errorf("%d are still claimed", n)
	}
}

func (c *Courier) isDraining() bool {
	if !c.mu.TryLock() {
		return true // Stop has it
	}
	defer c.mu.Unlock()
	return c.running == nil
}

// TestD2_StopGivesBack what can not end in time, so that another replica takes it
// at once.
func TestD2_StopGivesBack(t *testing.T) {
	s := newShop(t)
	location, hung := hanging(t)
	s.hook("hook", location)
	c := s.started(nil)
	s.pay(c, "o")
	<-hung
	until(s, 1, "SELECT count(*) FROM webhooks.river_job JOIN webhooks.worker ON worker_id = ANY (attempted_by)") // who has it
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) || c.IsRunning() {
		t.Errorf("Stop says %v", err)
	}
	if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE state = 'pending' AND sending_since IS NULL AND due_at <= now()"); n != 1 {
		t.Error("it was not given back")
	}
	s.started(nil)
	<-hung
}

// TestD7_EmitWaitsForNoStart: the host's transaction may have the connection that
// a Start waits for.
func TestD7_EmitWaitsForNoStart(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	pool := pgtest.Open(t, s.dsn)
	pool.SetMaxOpenConns(1)
	s.over(pool)
	c := s.courier(nil)
	started := make(chan error, 1)
	s.within(func(tx *sqlx.Tx) error {
		go func() { started <- c.Start(context.Background()) }()
		for pool.Stats().WaitCount == 0 {
			takeAWhile()
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		emitted := make(chan error, 1)
		go func() { emitted <- c.Emit(ctx, tx, "admin", paid("o")) }()
		select {
		case err := <-emitted:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err := <-started; err != nil {
		t.Error(err)
	}
}

// TestD7_EmitWaitsForNoStop, nor for the attempts that it waits for.
func TestD7_EmitWaitsForNoStop(t *testing.T) {
	s := newShop(t)
	location, hung := hanging(t)
	s.hook("hook", location)
	c := s.started(nil)
	s.pay(c, "o1")
	<-hung
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- c.Stop(ctx) }()
	for !c.isDraining() {
		takeAWhile()
	}
	s.pay(c, "o2")
	select {
	case <-stopped:
		t.Error("it waited for the Stop")
	default:
	}
	cancel()
	<-stopped
}

// TestD2_ListenerHearsAtOnce: nothing is polled or swept, and it arrives.
func TestD2_ListenerHearsAtOnce(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(func(_ *Options, t *tuning) { t.poll, t.sweep = time.Hour, time.Hour })
	for i := range 20 {
		s.pay(c, orderID(i))
		r.next(s)
	}
	// A burst needs no other wake-up either.
	for i := range 100 {
		s.pay(c, orderID(100+i))
	}
	for range 100 {
		r.next(s)
	}
	// Nor does a lost connection.
	const listeners = "FROM pg_stat_activity WHERE datname = current_database() AND (query ILIKE 'LISTEN%' OR query ILIKE 'DO%read_only%')"
	var lost int
	if err := s.db.Get(&lost, "SELECT pid "+listeners); err != nil {
		t.Fatal(err)
	}
	s.db.MustExec("SELECT pg_terminate_backend($1)", lost)
	until(s, true, fmt.Sprintf("SELECT count(*) > 0 %s AND pid <> %d", listeners, lost))
}

func TestD2_PollsWithoutListener(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(func(o *Options, _ *tuning) { o.ListenDSN = "" })
	s.pay(c, "o")
	r.next(s)
}

// TestD2_AsRiverDoes holds what Emit leans on: what River itself would say, and
// the row that it would write.
func TestD2_AsRiverDoes(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	heard := make(chan *pq.Notification, 100)
	conn, err := pq.NewListenerConn(s.dsn, heard)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const channel = schema + ".river_insert"
	if _, err := conn.Listen(channel); err != nil {
		t.Fatal(err)
	}
	c := s.courier(nil)
	said := func(do func()) []string {
		t.Helper()
		do()
		s.db.MustExec("SELECT pg_notify($1, 'end')", channel)
		var all []string
		for n := range heard {
			if n.Extra == "end" {
				break
			}
			all = append(all, strings.ReplaceAll(n.Extra, " ", ""))
		}
		return all
	}
	job := repo.Key{Instance: 1, Delivery: 1}
	loud, err := river.NewClient(riverdatabasesql.New(s.db.DB), c.riverConfig())
	if err != nil {
		t.Fatal(err)
	}
	rivers := said(func() {
		if _, err := loud.InsertManyFast(t.Context(), []river.InsertManyParams{{Args: jobArgs{job}}}); err != nil {
			t.Fatal(err)
		}
	})
	ours := said(func() { s.pay(c, "o") })
	if len(rivers) != 1 || strings.Join(ours, "|") != strings.Join(rivers, "|") {
		t.Errorf("River says %q, Emit %q", rivers, ours)
	}
	const row = "SELECT (to_jsonb(j) - '{id,args,created_at,scheduled_at}'::text[])::text FROM webhooks.river_job AS j ORDER BY id "
	if ours, rivers := one[string](s, row+"DESC LIMIT 1"), one[string](s, row+"LIMIT 1"); ours != rivers {
		t.Errorf("River writes %s, Emit %s", rivers, ours)
	}
	emitted := repo.Key{Instance: 1, Delivery: one[int64](s, "SELECT delivery_serial FROM webhooks.delivery")}
	if encoded, _ := json.Marshal(emitted); !one[bool](s, "SELECT args = $1::jsonb FROM webhooks.river_job ORDER BY id DESC LIMIT 1", encoded) {
		t.Errorf("the arguments of Emit's job are not %s", encoded)
	}
	const due = "SELECT abs(extract(epoch FROM max(scheduled_at) - min(scheduled_at)))::int < 60 FROM webhooks.river_job"
	if !one[bool](s, due) {
		t.Error("Emit dates its job otherwise than River's client does")
	}
	silent := s.courier(func(o *Options, _ *tuning) { o.ListenDSN = "" })
	if got := said(func() { s.pay(silent, "o2") }); len(got) != 0 {
		t.Errorf("without ListenDSN Emit says %q", got)
	}
}

func TestD6_Pruned(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(func(_ *Options, t *tuning) { t.prune = 50 * time.Millisecond })
	s.pay(c, "old")
	until(s, 1, countDelivered)
	s.db.MustExec("UPDATE " + schema + ".delivery SET finished_at = now() - interval '31 days'; UPDATE " + schema + ".event SET created_at = now() - interval '31 days'")
	until(s, 0, "SELECT count(*) FROM webhooks.delivery")
	until(s, 0, "SELECT count(*) FROM webhooks.event")
	ended, end := context.WithCancel(t.Context())
	end()
	c.prune(ended)
	if told := s.log.with("level=ERROR"); len(told) > 0 {
		t.Errorf("that Stop ends it is told as a fault: %q", told)
	}
}

// TestH10_BinaryParameters is how a pool behind PgBouncer speaks, River's
// statements too.
func TestH10_BinaryParameters(t *testing.T) {
	s := newShop(t)
	dsn, err := url.Parse(s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := dsn.Query()
	query.Set("binary_parameters", "yes")
	dsn.RawQuery = query.Encode()
	s.over(pgtest.Open(t, dsn.String()))
	r := newReceiver(t, answers(503, 200))
	s.hook("hook", r.url)
	c := s.started(quick)
	s.pay(c, "o")
	until(s, 1, countDelivered)
	if _, err := c.Test(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	until(s, 2, countDelivered)
	if s.log.String() != "" && len(s.log.with("level=ERROR")) > 0 {
		t.Error(s.log)
	}
}

// TestD3_ClocksThatDiffer: the job is dated by the host's clock, here a minute
// behind the database's; it is looked at when the database says so, and not over
// and over before.
func TestD3_ClocksThatDiffer(t *testing.T) {
	for ahead, want := range map[time.Duration]time.Duration{
		time.Minute: time.Minute, -time.Minute: -time.Minute, 20 * time.Millisecond: 0, -20 * time.Millisecond: 0,
	} {
		at := time.Now().Add(ahead)
		if got := clockAhead(&at); (got - want).Abs() > time.Second {
			t.Errorf("the database is ahead by %v, seen as %v", ahead, got)
		}
	}
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o")
	// Emit's job can be taken though the host's clock may go before.
	if n := one[int](s, "SELECT count(*) FROM webhooks.river_job WHERE scheduled_at < now() - interval '4 min' AND state = 'available'"); n != 1 {
		t.Error("a host whose clock goes before has to wait")
	}
}
