// Command bench measures, in one run on one machine, what the plugin costs beside
// what limits it, and writes a table of ratios: README.md says how to read it.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

// pool is how many connections a service has to PostgreSQL.
const pool = 32

// options say how much is measured.
type options struct {
	rounds   int
	duration time.Duration
	idle     time.Duration // how long nothing happens where that is measured
	// scale divides how many rows and deliveries there are. Tests alone have another than 1.
	scale int
}

// parts are what can be measured by itself, each over databases of its own.
var parts = []struct {
	name    string
	measure func(context.Context, *run) error
}{
	{"create", creates},
	{"grow", growth},
	{"read", reads},
	{"list", lists},
	{"page", pages},
	{"expand", expansions},
	{"emit", emits},
	{"deliver", deliveries},
	{"latency", latency},
}

// A run is what all parts share.
type run struct {
	options
	server *pgdev.Server
	table  table
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == serveCommand {
		log.Fatal(serve(os.Args[2], os.Args[3]))
	}
	var names []string
	for _, part := range parts {
		names = append(names, part.name)
	}
	o := options{idle: 5 * time.Second, scale: 1}
	flag.IntVar(&o.rounds, "rounds", 5, "rounds, in which those that are compared take turns")
	flag.DurationVar(&o.duration, "d", time.Second, "how long each takes in a round")
	only := flag.String("only", "", "measure only the parts with this in their name: "+strings.Join(names, ", "))
	results := flag.String("results", "RESULTS.md", "the last table: it is compared with, and after a run of all parts replaced")
	flag.Parse()
	if err := measure(context.Background(), o, *only, *results); err != nil {
		log.Fatal("bench: ", err)
	}
}

// measure measures the parts, prints the table with warnings of what has become
// worse, and keeps it when it is complete.
func measure(ctx context.Context, o options, only, results string) error {
	server, err := pgdev.Start(pgdev.Options{Settings: map[string]string{
		"shared_buffers": "512MB", "max_wal_size": "8GB", "track_activity_query_size": "16384",
		"shared_preload_libraries": "pg_stat_statements", "max_connections": "200",
	}})
	if err != nil {
		return err
	}
	defer server.Stop()
	r := &run{options: o, server: server}
	for _, part := range parts {
		if !strings.Contains(part.name, only) {
			continue
		}
		began := time.Now()
		if err := part.measure(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		log.Printf("%s took %v", part.name, time.Since(began).Round(time.Second))
	}
	made, err := r.versions()
	if err != nil {
		return err
	}
	text := r.table.markdown() + fmt.Sprintf("\nBy `go run . %s`: %d rounds of %v.\n%s\n", strings.Join(os.Args[1:], " "), o.rounds, o.duration, made)
	fmt.Print("\n", text)
	before, err := os.ReadFile(results)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, worse := range r.table.worse(string(before)) {
		fmt.Println("WARNING:", worse)
	}
	if only != "" {
		return nil
	}
	return os.WriteFile(results, []byte("# What it costs\n\nWritten by `make bench`; [README.md](README.md) says how to read it.\n\n"+text), 0o644)
}

// database makes a database, and a pool as the README tells hosts to have.
func (r *run) database(name string) (*sqlx.DB, error) {
	admin, err := sqlx.Connect("postgres", r.server.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		return nil, err
	}
	return connect(r.server.DSN(name))
}

func connect(dsn string) (*sqlx.DB, error) {
	db, err := sqlx.Connect("postgres", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	return db, nil
}

// scaled is a number of rows or deliveries.
func (o options) scaled(n int) int { return cmp.Or(n/o.scale, 1) }
