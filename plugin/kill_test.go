package plugin_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// number is one from the environment, or the usual one.
func number(t testing.TB, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%s is no number", name, text)
	}
	return n
}

// sender is the plugin as each replica of TestKilled has it.
func sender(db *sqlx.DB, dsn string, log *slog.Logger) (*plugin.Plugin, error) {
	return plugin.New(plugin.Config{
		DB: db, Authorize: allow, Logger: log,
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Delivery: plugin.Delivery{
			ListenDSN: dsn, Workers: 20, AttemptTime: 2 * time.Second,
			Schedule: webhook.Schedule{time.Second, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second},
		},
	})
}

// TestReplica is a replica: it sends until it is killed, or its standard input
// ends.
func TestReplica(t *testing.T) {
	dsn := os.Getenv("REPLICA_OF")
	if dsn == "" {
		t.Skip("it is started by TestKilled")
	}
	db := sqlx.MustOpen("postgres", dsn)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	p, err := sender(db, dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for p.Start(t.Context()) != nil { // PostgreSQL may be away just now
	}
	fmt.Println("started")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// A replica is a process that sends.
type replica struct {
	command *exec.Cmd
	stdin   io.WriteCloser
}

func startReplica(t *testing.T, dsn string) *replica {
	t.Helper()
	r := &replica{command: exec.Command(os.Args[0], "-test.run=^TestReplica$")}
	r.command.Env = append(os.Environ(), "REPLICA_OF="+dsn)
	r.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := r.command.StdinPipe()
	if err == nil {
		r.stdin = stdin
		err = r.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *replica) kill() {
	_ = r.command.Process.Kill()
	_ = r.command.Wait()
}

// A witness is a receiver that remembers what it got.
type witness struct {
	server *http.Server
	url    string

	mu      sync.Mutex
	arrived map[string]int // by webhook-id
	orders  map[string]int
	open    map[string]bool     // webhook-ids that are being answered
	ports   map[uint16]struct{} // of clients that wait for an answer
	twice   int                 // times that one came while it was being answered
	total   atomic.Int64
}

func startWitness(t *testing.T) *witness {
	t.Helper()
	w := &witness{arrived: map[string]int{}, orders: map[string]int{}, open: map[string]bool{}, ports: map[uint16]struct{}{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + listener.Addr().String() + "/"
	w.server = &http.Server{Handler: w}
	go func() { _ = w.server.Serve(listener) }()
	t.Cleanup(func() { _ = w.server.Close() })
	return w
}

// ServeHTTP takes its time, so that replicas are killed with attempts under way,
// and refuses one of ten for now.
func (w *witness) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	order, _ := io.ReadAll(r.Body)
	id := r.Header.Get("webhook-id")
	port := netip.MustParseAddrPort(r.RemoteAddr).Port()
	w.mu.Lock()
	if w.open[id] {
		w.twice++
	}
	w.open[id], w.ports[port] = true, struct{}{}
	w.mu.Unlock()

	timer := time.NewTimer(time.Duration(10+rand.IntN(40)) * time.Millisecond)
	select {
	case <-timer.C:
	case <-r.Context().Done(): // the replica was killed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, id)
	delete(w.ports, port)
	if rand.IntN(10) == 0 {
		answer.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.arrived[id]++
	w.orders[string(order)]++
	w.total.Add(1)
}

// underWay counts the attempts that a process has under way, by its sockets.
func (w *witness) underWay(pid int) int {
	inodes := map[string]bool{}
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	for _, fd := range fds {
		link, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name()))
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	table, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", pid))
	n := 0
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 10 || !inodes[fields[9]] {
			continue
		}
		_, hex, _ := strings.Cut(fields[1], ":")
		port, _ := strconv.ParseUint(hex, 16, 16)
		if _, waits := w.ports[uint16(port)]; waits {
			n++
		}
	}
	return n
}

// TestKilled lets a shop emit at a steady rate from before the first of many
// kills until after the last, while three replicas send, two of which are killed
// again and again with attempts under way, and PostgreSQL is restarted.
// KILL_EVENTS, KILL_TIMES and KILL_RESTARTS say how many.
func TestKilled(t *testing.T) {
	if _, err := os.Stat("/proc/self/net/tcp"); err != nil {
		t.Skip("which process has an attempt under way is read from /proc")
	}
	events, times, restarts := number(t, "KILL_EVENTS", 1500), number(t, "KILL_TIMES", 2), number(t, "KILL_RESTARTS", 1)
	server := pgtest.Server(t, map[string]string{"fsync": "on", "max_connections": "100"})
	dsn := server.DSN("postgres")
	db := pgtest.Open(t, dsn)
	p, err := sender(db, dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := startWitness(t)
	db.MustExec(`CREATE TABLE shop_order (order_id text PRIMARY KEY)`)
	db.MustExec(`INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, body_template)
		SELECT instance_serial, 'witness', 'pay', $1, 'POST', '{{order_id}}' FROM merchant_webhooks.instance`, w.url)

	began := time.Now()
	replicas := []*replica{startReplica(t, dsn), startReplica(t, dsn), startReplica(t, dsn)}
	shop := &shop{db: db, plugin: p}
	emitted := make(chan struct{})
	go func() {
		defer close(emitted)
		shop.emit(t.Context(), events)
	}()
	inFlight := killAndRestart(t, server, replicas, w, shop, times, restarts, events, dsn)
	<-emitted
	lastKill := time.Now()
	waiting := drain(t, db)
	for _, r := range replicas {
		_ = r.stdin.Close()
		_ = r.command.Wait()
	}

	var stored []string
	if err := db.Select(&stored, `SELECT order_id FROM shop_order`); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	lost, repeats := 0, 0
	for _, order := range stored {
		if w.orders[order] == 0 {
			lost++
		}
		repeats += max(0, w.orders[order]-1)
		delete(w.orders, order)
	}
	t.Run("D3 what was committed arrives", func(t *testing.T) {
		if lost > 0 || len(stored) < events/2 {
			t.Errorf("%d of %d orders were lost (%d deliveries wait still)", lost, len(stored), waiting)
		}
	})
	t.Run("D1 what was rolled back does not", func(t *testing.T) {
		if len(w.orders) > 0 || shop.rolledBack.Load() == 0 {
			t.Errorf("%d orders arrived that were rolled back, of %d", len(w.orders), shop.rolledBack.Load())
		}
	})
	t.Run("D2 each is sent by one replica at a time", func(t *testing.T) {
		if w.twice > 0 {
			t.Errorf("%d times a delivery came while it was being answered", w.twice)
		}
	})
	t.Logf("%d orders committed, %d rolled back; %d kills with %d attempts under way, %d restarts of PostgreSQL; "+
		"lost %d, repeated %d; %v to emit, %v more to drain",
		len(stored), shop.rolledBack.Load(), 2*times, inFlight, restarts, lost, repeats,
		lastKill.Sub(began).Round(time.Second), time.Since(lastKill).Round(time.Second))
}

// killAndRestart kills the first two replicas in turn, and restarts PostgreSQL
// in between, at equal parts of the events. It gives how many attempts were
// under way in those that were killed.
func killAndRestart(t *testing.T, server *pgdev.Server, replicas []*replica, w *witness, shop *shop, times, restarts, events int, dsn string) int {
	t.Helper()
	inFlight := 0
	steps := 2*times + restarts
	for step := range steps {
		shop.reach(t, (step+1)*events/(steps+1))
		if restarts > 0 && step%(steps/restarts) == steps/restarts-1 {
			if err := server.Down(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if err := server.Up(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		r := replicas[step%2]
		n := stopWithAttempts(t, r, w)
		r.kill()
		inFlight += n
		*r = *startReplica(t, dsn)
	}
	return inFlight
}

// stopWithAttempts stops a process at a moment when it has attempts under way,
// and says how many.
func stopWithAttempts(t *testing.T, r *replica, w *witness) int {
	t.Helper()
	pid := r.command.Process.Pid
	for late := time.Now().Add(2 * time.Minute); time.Now().Before(late); {
		if w.underWay(pid) == 0 {
			continue
		}
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		if n := w.underWay(pid); n > 0 {
			return n
		}
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	t.Fatal("a replica had no attempt under way for two minutes")
	return 0
}

// A shop commits orders, and rolls some back.
type shop struct {
	db         *sqlx.DB
	plugin     *plugin.Plugin
	made       atomic.Int64 // orders that were tried
	rolledBack atomic.Int64
}

// emit makes n orders, 300 a second at most, every fifth of which is rolled back
// after Emit.
func (s *shop) emit(ctx context.Context, n int) {
	tick := time.NewTicker(time.Second / 300)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		s.order(ctx, fmt.Sprintf("order-%d", i), i%5 == 4)
		s.made.Add(1)
	}
}

// order makes one order; where the database is away it is not made.
func (s *shop) order(ctx context.Context, id string, fail bool) {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `INSERT INTO shop_order (order_id) VALUES ($1)`, id); err != nil {
		return
	}
	if err := s.plugin.Emit(ctx, tx, "admin", webhook.Pay(id, map[string]any{"summary": "Coffee"})); err != nil {
		return
	}
	if fail {
		s.rolledBack.Add(1)
		return
	}
	_ = tx.Commit() // what became of it the table says
}

// reach waits until n orders were tried.
func (s *shop) reach(t *testing.T, n int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(5 * time.Minute); s.made.Load() < int64(n); <-tick.C {
		if time.Now().After(late) {
			t.Fatalf("only %d of %d orders were made in five minutes", s.made.Load(), n)
		}
	}
}

// drain waits until no delivery waits, and gives up when none was done for two
// minutes.
func drain(t *testing.T, db *sqlx.DB) (waiting int) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	before, since := -1, time.Now()
	for ; ; <-tick.C {
		if err := db.Get(&waiting, `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'pending'`); err != nil {
			t.Fatal(err)
		}
		if waiting == 0 || time.Since(since) > 2*time.Minute {
			return waiting
		}
		if waiting != before {
			before, since = waiting, time.Now()
		}
	}
}
