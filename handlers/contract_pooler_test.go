//go:build unix

package handlers_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/bouncer"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestBehindPgBouncer(t *testing.T) {
	t.Run("H10 every script holds", func(t *testing.T) {
		db := open(t, bouncer.Start(t, migratedDSN(t))+"&binary_parameters=yes")
		behind := setting{config: func(c *plugin.Config) { c.Database.Unprepared = true }}
		for _, name := range scriptNames(t) {
			s, err := readScript(name)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(s.name, func(t *testing.T) { s.run(t, behind, db, nil) })
		}
	})

	tests := []struct {
		name    string
		query   string // after the pool's DSN
		direct  bool   // with a MigrateDSN that leads around PgBouncer
		refused string // what the refusal names; empty: Migrate succeeds
	}{
		{"H10 set up as the README says", "&binary_parameters=yes", true, ""},
		{"H10 without binary_parameters", "", true, "binary_parameters=yes"},
		{"H10 with binary_parameters off", "&binary_parameters=no", true, "binary_parameters=yes"},
		{"H10 without MigrateDSN", "&binary_parameters=yes", false, "MigrateDSN"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dsn := pgtest.DSN(t)
			config := plugin.Config{
				DB:        open(t, bouncer.Start(t, dsn)+test.query),
				Authorize: plugin.Tokens(tokens...),
				Logger:    slog.New(slog.DiscardHandler),
				Database:  plugin.Database{Unprepared: true},
			}
			if test.direct {
				config.Database.MigrateDSN = dsn
			}
			p, err := plugin.New(config)
			if err != nil {
				t.Fatal(err)
			}
			switch err = p.Migrate(t.Context()); {
			case test.refused == "" && err != nil:
				t.Error(err)
			case test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused) || strings.Contains(err.Error(), "\n")):
				t.Errorf("Migrate's refusal is: %v; want one sentence that names %s", err, test.refused)
			}
			if test.refused != "" {
				return
			}
			h := startHost(t, config.DB, setting{config: func(c *plugin.Config) { c.Database = config.Database }}, nil)
			defer h.Close()
			check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
		})
	}
}
