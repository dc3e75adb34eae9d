// Command bench measures, in one run on one machine, what the plugin costs beside
// what limits it: creates beside pgbench running the very same statement, Emit
// beside the same transaction without it, deliveries beside Go's HTTP client
// alone to the same receiver. It prints medians and their ratios first. A ratio
// holds on any machine; a rate does not.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"slices"
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
	clients  int
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds, in which those that are compared take turns")
	flag.DurationVar(&o.duration, "d", 2*time.Second, "how long each takes in a round; pgbench takes whole seconds")
	flag.IntVar(&o.clients, "clients", 32, "connections to the service, and of pgbench")
	only := flag.String("only", "", "measure only those that have this in their name: creates, emit, deliveries, latency")
	flag.Parse()
	if err := run(context.Background(), o, *only); err != nil {
		log.Fatal("bench: ", err)
	}
}

func run(ctx context.Context, o options, only string) error {
	server, err := pgdev.Start(pgdev.Options{Settings: map[string]string{
		"shared_buffers": "512MB", "max_wal_size": "8GB", "track_activity_query_size": "16384",
		"shared_preload_libraries": "pg_stat_statements", "max_connections": "200",
	}})
	if err != nil {
		return err
	}
	defer server.Stop()
	for _, subject := range []struct {
		name    string
		measure func(context.Context, *pgdev.Server, options) error
	}{{"creates", creates}, {"emit", emits}, {"deliveries", deliveries}, {"latency", latency}} {
		if !strings.Contains(subject.name, only) {
			continue
		}
		if err := subject.measure(ctx, server, o); err != nil {
			return fmt.Errorf("%s: %w", subject.name, err)
		}
	}
	return nil
}

// database makes a database, and a pool as the README tells hosts to have.
func database(server *pgdev.Server, name string) (*sqlx.DB, error) {
	admin, err := sqlx.Connect("postgres", server.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		return nil, err
	}
	db, err := sqlx.Connect("postgres", server.DSN(name))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	return db, nil
}

// A table holds the figures of all rounds, a row a name.
type table struct {
	title string
	rows  []*row
}

type row struct {
	name, format string
	figures      []float64
}

func newTable(title string) *table { return &table{title: title} }

func (t *table) add(name, format string, figure float64) {
	i := slices.IndexFunc(t.rows, func(r *row) bool { return r.name == name })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, &row{name: name, format: format})
	}
	t.rows[i].figures = append(t.rows[i].figures, figure)
}

func (t *table) print() {
	fmt.Printf("%s\n%-42s %10s %10s %10s\n", t.title, "", "min", "median", "max")
	for _, r := range t.rows {
		slices.Sort(r.figures)
		fmt.Printf("%-42s", r.name)
		for _, figure := range []float64{r.figures[0], r.figures[len(r.figures)/2], r.figures[len(r.figures)-1]} {
			fmt.Printf(" %10s", fmt.Sprintf(r.format, figure))
		}
		fmt.Println()
	}
	fmt.Println()
}
