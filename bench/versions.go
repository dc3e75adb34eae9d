package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/jmoiron/sqlx"
)

// measuredModules are those whose version moves the figures.
var measuredModules = []string{
	"github.com/gin-gonic/gin", "github.com/jmoiron/sqlx", "github.com/lib/pq",
	"github.com/riverqueue/river", "gorm.io/gorm", "gorm.io/driver/postgres",
}

// versions says what was measured with and on.
func (r *run) versions() (string, error) {
	db, err := sqlx.Connect("postgres", r.server.DSN("postgres"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	var server string
	if err := db.Get(&server, "SHOW server_version"); err != nil {
		return "", err
	}
	text := fmt.Sprintf("PostgreSQL and pgbench %s, %s, %s/%s, %d CPUs", server, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	built, _ := debug.ReadBuildInfo()
	for _, module := range measuredModules {
		for _, dependency := range built.Deps {
			if dependency.Path == module {
				text += ", " + module + " " + dependency.Version
			}
		}
	}
	return text + ".", nil
}
