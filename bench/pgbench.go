package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// A limit is PostgreSQL alone, running by pgbench the very statement that the
// service runs.
type limit struct {
	program, script, dsn string
	bound                []string // pgbench's arguments for the texts
}

// A value is what stands in the place of a parameter: a text, which is bound as
// the service binds its own; or SQL, in which :x is one of the script's
// variables. Those are numbers, of which texts are made there.
type value struct{ text, sql string }

// newLimit finds the text of a statement that a service has just run: the one
// that matches. Its parameters become the values.
func newLimit(ctx context.Context, db *sqlx.DB, dsn, matches, variables string, values ...value) (*limit, error) {
	program, err := findPgbench()
	if err != nil {
		return nil, err
	}
	var statement string
	err = db.GetContext(ctx, &statement, `SELECT query FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ~ $1 LIMIT 1`, matches)
	if err != nil {
		return nil, fmt.Errorf("find the statement with %s: %w", matches, err)
	}
	statement = regexp.MustCompile(`\$\d+`).ReplaceAllStringFunc(statement, func(parameter string) string {
		n, _ := strconv.Atoi(parameter[1:])
		return cmp.Or(values[n-1].sql, ":p"+parameter[1:])
	})
	var bound []string
	for i, v := range values {
		if v.sql == "" {
			bound = append(bound, "-D", "p"+strconv.Itoa(i+1)+"="+v.text)
		}
	}
	file, err := os.CreateTemp("", "bench-*.sql")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	_, err = file.WriteString(variables + strings.TrimSpace(statement) + ";\n")
	return &limit{program, file.Name(), dsn, bound}, err
}

func (l *limit) remove() { _ = os.Remove(l.script) }

var (
	tps       = regexp.MustCompile(`tps = ([0-9.]+) \(without initial`)
	processed = regexp.MustCompile(`actually processed: ([1-9]\d*)`)
)

// rate is how often PostgreSQL runs the statement in a second. The time to
// connect, for which there is a second more, does not count.
func (l *limit) rate(ctx context.Context, clients int, duration time.Duration) (float64, error) {
	long := []string{"-T", strconv.Itoa(1 + int(duration.Seconds()))}
	if duration < time.Second { // it knows whole seconds only
		long = []string{"-t", "10"}
	}
	args := append(slices.Concat(l.bound, long), "-n", "-M", "prepared", "-f", l.script, "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 2)), l.dsn)
	command := exec.CommandContext(ctx, l.program, args...)
	// Left to itself PostgreSQL plans the statement anew each time in some runs, and in
	// others never, which is twice as fast.
	command.Env = append(os.Environ(), "PGOPTIONS=-c plan_cache_mode=force_generic_plan")
	out, err := command.CombinedOutput()
	found := tps.FindSubmatch(out)
	if err != nil || found == nil || !processed.Match(out) {
		return 0, fmt.Errorf("pgbench: %w\n%s", cmp.Or(err, io.ErrUnexpectedEOF), out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

// findPgbench looks where distributions put it: Debian's is not in PATH.
func findPgbench() (string, error) {
	if program, err := exec.LookPath("pgbench"); err == nil {
		return program, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if len(found) == 0 {
		return "", fmt.Errorf("pgbench was not found; it comes with PostgreSQL's server")
	}
	return found[len(found)-1], nil
}
