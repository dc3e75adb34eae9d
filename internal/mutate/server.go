package main

import (
	"os"
	"os/exec"
	"strings"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// needsServer tells whether a package's tests work with PostgreSQL.
func needsServer(pattern string) (bool, error) {
	deps, err := exec.Command("go", "list", "-deps", "-test", pattern).Output()
	return strings.Contains(string(deps), "/internal/pgdev/pgtest") && os.Getenv("DATABASE_URL") == "", err
}

// serve gives a worker a server of its own, which all its processes use: to
// start one takes longer than most tests.
func (r *runner) serve() (stop func() error, err error) {
	server, err := pgdev.Start(pgtest.Options())
	if err != nil {
		return nil, err
	}
	r.env = append(r.env, "DATABASE_URL="+server.DSN("postgres"))
	r.dsn = server.DSN("postgres")
	return server.Stop, nil
}

// sweep drops the databases that a process left behind that did not end well.
func (r *runner) sweep() error {
	if r.dsn == "" {
		return nil
	}
	db, err := sqlx.Connect("postgres", r.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	var left []string
	if err := db.Select(&left, "SELECT datname FROM pg_database WHERE datname LIKE 'pgtest%'"); err != nil {
		return err
	}
	for _, name := range left {
		if _, err := db.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}
