package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// How a process is told what it is.
const (
	roleVariable = "TORTURE_ROLE" // "shop" or "worker"
	nameVariable = "TORTURE_NAME" // begins its orders' IDs
	dsnVariable  = "TORTURE_DSN"
	rateVariable = "TORTURE_RATE"    // orders a second
	pollVariable = "TORTURE_POLLING" // it has no connection that listens
	timeVariable = "TORTURE_ATTEMPT" // how long an attempt may take
)

const (
	instance = "admin"
	token    = "secret-token:torture"
	tills    = 4 // orders that a shop makes at once
	orderMay = 5 * time.Second
)

// play is a process that is killed: a host that emits and serves its API, or one
// that sends. It goes on until its standard input ends.
func play(role string) {
	dsn := os.Getenv(dsnVariable)
	db := sqlx.MustOpen("postgres", dsn)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	listens := dsn
	if os.Getenv(pollVariable) != "" {
		listens = ""
	}
	attempt, err := time.ParseDuration(os.Getenv(timeVariable))
	if err != nil {
		log.Fatal(err)
	}
	p, err := newPlugin(db, listens, attempt)
	if err != nil {
		log.Fatal(err)
	}
	ended, end := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end()
	}()
	if role == "shop" {
		sell(ended, db, p)
		return
	}
	for p.Start(ended) != nil { // PostgreSQL may be away just now
		if rest(ended, 100*time.Millisecond) != nil {
			return
		}
	}
	<-ended.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		log.Print(err)
	}
}

// newPlugin is the plugin as every process here has it.
func newPlugin(db *sqlx.DB, listenDSN string, attempt time.Duration) (*plugin.Plugin, error) {
	schedule := webhook.Schedule{time.Second}
	for range 60 {
		schedule = append(schedule, 2*time.Second)
	}
	return plugin.New(plugin.Config{
		DB:              db,
		Authorize:       plugin.Tokens(plugin.Token{Value: token, Instance: "*", Scope: "all"}),
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Logger:          slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Delivery:        plugin.Delivery{ListenDSN: listenDSN, Workers: 20, AttemptTime: attempt, Schedule: schedule},
	})
}

// sell serves the API and makes orders.
func sell(ended context.Context, db *sqlx.DB, p *plugin.Plugin) {
	address, _, err := serveAPI(p)
	if err != nil {
		log.Fatal(err)
	}
	s := &shop{db: db, plugin: p, name: os.Getenv(nameVariable), out: os.Stdout}
	s.say(serves, address)

	rate, err := strconv.Atoi(os.Getenv(rateVariable))
	if err != nil {
		log.Fatal(err)
	}
	turn := make(chan int)
	var all sync.WaitGroup
	for range tills {
		all.Go(func() {
			for n := range turn {
				s.order(n)
			}
		})
	}
	tick := time.Tick(time.Second / time.Duration(rate))
	for n := 0; ended.Err() == nil; n++ {
		select {
		case <-tick:
			turn <- n
		case <-ended.Done():
		}
	}
	close(turn)
	all.Wait()
}

// serveAPI starts to serve, and gives the address.
func serveAPI(p *plugin.Plugin) (address string, stop func() error, err error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	p.RegisterAPI(&engine.RouterGroup)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: engine}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), server.Close, nil
}

// A shop commits orders with their events, and rolls some back.
type shop struct {
	db     *sqlx.DB
	plugin *plugin.Plugin
	name   string

	mu  sync.Mutex
	out io.Writer
}

// What a shop tells: where its API is, and what becomes of each order.
const (
	serves     = "serves"
	committed  = "committed"
	rolledBack = "rolled-back"
	failed     = "failed"     // it did not come to its commit
	unanswered = "unanswered" // the commit was sent; the table knows
)

func (s *shop) say(what, about string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintln(s.out, what, about)
}

// order makes one order: a payment, and for every third a refund too. Every fifth
// is rolled back at its end.
func (s *shop) order(n int) {
	id := fmt.Sprintf("%s-%d", s.name, n)
	ctx, cancel := context.WithTimeout(context.Background(), orderMay)
	defer cancel()
	tx, err := s.db.BeginTxx(ctx, nil)
	if err == nil {
		defer func() { _ = tx.Rollback() }() // nothing is left to do after a commit
		err = s.fill(ctx, tx, id, n%3 == 0)
	}
	switch {
	case err != nil:
		s.say(failed, id)
		_ = rest(ctx, 20*time.Millisecond)
	case n%5 == 4:
		if err := tx.Rollback(); err != nil {
			s.say(failed, id)
			return
		}
		s.say(rolledBack, id)
	case tx.Commit() != nil:
		s.say(unanswered, id)
	default:
		s.say(committed, id)
	}
}

func (s *shop) fill(ctx context.Context, tx *sqlx.Tx, id string, refunds bool) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO shop_order (order_id) VALUES ($1)`, id); err != nil {
		return err
	}
	events := []webhook.Event{webhook.Pay(id, terms(id))}
	if refunds {
		events = append(events, webhook.Refund(id, terms(id), webhook.RefundGrant{Amount: "KUDOS:1", Reason: "cold"}))
	}
	for _, event := range events {
		if _, err := tx.ExecContext(ctx, `INSERT INTO shop_event (order_id, event_type) VALUES ($1, $2)`, id, event.Type); err != nil {
			return err
		}
		if err := s.plugin.Emit(ctx, tx, instance, event); err != nil {
			return err
		}
	}
	return nil
}

// terms are an order's, which its ID alone decides, so that a receiver can tell
// whether it has them whole.
func terms(id string) map[string]any { return map[string]any{"summary": summary(id)} }

func summary(id string) string {
	sum := sha256.Sum256([]byte(id))
	return strings.Repeat(hex.EncodeToString(sum[:])+" \"grüß\" ", 1+int(sum[0])/8)
}

// hear hands each line that a shop says to tell.
func hear(from io.Reader, tell func(what, about string)) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		what, about, ok := strings.Cut(lines.Text(), " ")
		if ok { // the last line of one that was killed may be cut off
			tell(what, about)
		}
	}
}

// rest waits, unless ctx ends before.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
