package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/jmoiron/sqlx"
	"github.com/rs/zerolog"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

// An arena is all that takes part, and can be broken.
type arena struct {
	server   *pgdev.Server
	db       *sqlx.DB // straight to it
	disk     *disk    // nil: it can not be filled
	lines    map[string]*toxiproxy.Proxy
	hooks    map[string]string // addresses of receivers behind their lines, by line
	ledger   *ledger
	shops    []*process
	workers  []*process
	books    *books
	merchant *merchant
	api      string // where the merchant is served when there is no shop

	ends []func() error
}

// The lines are the networks that are broken.
const (
	shopsToDB   = "shops to database"
	workersToDB = "workers to database"
	toPay       = "workers to the receiver of payments"
	toRest      = "workers to the receiver of the rest"
)

// settings make PostgreSQL as durable as it is in earnest, but for the disk's own
// cache, which no kill empties, and keep its log of changes short, so that a full
// disk is full for it too.
var settings = map[string]string{
	"fsync": "off", "full_page_writes": "on", "shared_buffers": "64MB", "max_connections": "150",
	"max_wal_size": "64MB", "min_wal_size": "32MB",
}

// build makes the arena. close ends what it has started, also after an error.
func build(o options) (a *arena, err error) {
	a = &arena{lines: map[string]*toxiproxy.Proxy{}, hooks: map[string]string{}, ledger: newLedger(), books: newBooks()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
			a = nil
		}
	}()
	if err := a.startDatabase(o); err != nil {
		return a, err
	}
	control := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	relayed, stop, err := relay(a.server)
	if err != nil {
		return a, err
	}
	a.ends = append(a.ends, stop)
	for _, name := range []string{shopsToDB, workersToDB, toPay, toRest} {
		upstream := relayed
		if name == toPay || name == toRest {
			var stop func() error
			if upstream, stop, err = a.ledger.serve(); err != nil {
				return a, err
			}
			a.ends = append(a.ends, stop)
		}
		line := toxiproxy.NewProxy(control, name, "127.0.0.1:0", upstream)
		if err := line.Start(); err != nil {
			return a, err
		}
		a.ends = append(a.ends, func() error { line.Stop(); return nil })
		a.lines[name], a.hooks[name] = line, line.Listen
	}
	return a, nil
}

// startDatabase starts PostgreSQL on a small disk, where one can be had.
func (a *arena) startDatabase(o options) error {
	dir, err := os.MkdirTemp("", "torture-*")
	if err != nil {
		return err
	}
	a.ends = append(a.ends, func() error { return os.RemoveAll(dir) })
	// PostgreSQL's user passes.
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	if slices.ContainsFunc(o.kinds, func(k *kind) bool { return k.fills }) {
		// What so many orders take, and room to work in.
		unmount, err := mountSmall(dir, fmt.Sprintf("%dm", 300+o.orders/20))
		if err != nil {
			o.tell("the disk will not be full: %v", err)
		} else {
			a.disk = &disk{dir}
			a.ends = append(a.ends, unmount)
		}
	}
	a.server, err = pgdev.Start(pgdev.Options{DataDir: filepath.Join(dir, "pg"), Settings: settings})
	if err != nil {
		return err
	}
	a.ends = append(a.ends, a.server.Stop)
	// Its own sessions are under no setting that is broken.
	a.db, err = sqlx.Open("postgres", a.server.DSN("postgres")+"&statement_timeout=0&default_transaction_read_only=off")
	if err != nil {
		return err
	}
	a.ends = append(a.ends, func() error {
		_ = a.db.Close() // its connections may be broken
		return nil
	})
	_, err = a.db.Exec(`CREATE TABLE shop_order (order_id text PRIMARY KEY);
		CREATE TABLE shop_event (order_id text REFERENCES shop_order, event_type text, PRIMARY KEY (order_id, event_type))`)
	return err
}

// close ends everything, what began last first.
func (a *arena) close() error {
	var errs []error
	for i := len(a.ends) - 1; i >= 0; i-- {
		errs = append(errs, a.ends[i]())
	}
	a.ends = nil
	return errors.Join(errs...)
}

// dsn is the database behind a line.
func (a *arena) dsn(line string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.User("postgres"), Host: a.lines[line].Listen, Path: "/postgres",
		RawQuery: "sslmode=disable&connect_timeout=5",
	}).String()
}

// relay leads from a port to the server's socket: toxiproxy dials TCP only.
func relay(server *pgdev.Server) (address string, stop func() error, err error) {
	at, err := url.Parse(server.DSN("postgres"))
	if err != nil {
		return "", nil, err
	}
	socket := filepath.Join(at.Query().Get("host"), ".s.PGSQL."+at.Query().Get("port"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go join(from, socket)
		}
	}()
	return listener.Addr().String(), listener.Close, nil
}

// join connects the two until one of them ends.
func join(from net.Conn, socket string) {
	defer from.Close()
	to, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	var ended sync.Once
	end := func() { ended.Do(func() { _ = from.Close(); _ = to.Close() }) }
	go func() {
		defer end()
		_, _ = io.Copy(to, from)
	}()
	defer end()
	_, _ = io.Copy(from, to)
}

// insist does what must be done until it succeeds: the database may be away just
// now.
func insist(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		err := do()
		if err == nil {
			return nil
		}
		if rest(ctx, 100*time.Millisecond) != nil {
			return err
		}
	}
}
