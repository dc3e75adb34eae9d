package plugin_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/bouncer"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// openWith is a pool whose connections differ from the usual.
func openWith(t *testing.T, dsn string, change func(*pq.Config)) *sqlx.DB {
	t.Helper()
	config, err := pq.NewConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config = config.Clone()
	change(&config)
	connector, err := pq.NewConnectorConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func setting(name, value string) func(*pq.Config) {
	return func(c *pq.Config) { c.Runtime[name] = value }
}

func binaryParameters(c *pq.Config) { c.BinaryParameters = true }

func TestMigrate(t *testing.T) {
	t.Run("H4 adds the default instance", func(t *testing.T) {
		db := pgtest.DB(t)
		h := newHost(t, db, func(c *plugin.Config) { c.DefaultInstance = "shop" })
		if err := h.plugin.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		var instances []string
		if err := db.Select(&instances, "SELECT instance_id FROM merchant_webhooks.instance"); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(instances, []string{"shop"}) {
			t.Errorf("the instances are %q, want shop", instances)
		}
	})
	t.Run("H3 leaves search_path to the host", func(t *testing.T) {
		db := pgtest.DB(t)
		db.SetMaxOpenConns(1)
		newHost(t, db, func(c *plugin.Config) { c.Database.Schema = "OtherOne" })
		var path, stored string
		if err := db.Get(&path, "SHOW search_path"); err != nil {
			t.Fatal(err)
		}
		if err := db.Get(&stored, `SELECT instance_id FROM "OtherOne".instance`); err != nil {
			t.Fatal(err)
		}
		if path != `"$user", public` {
			t.Errorf("search_path is %s", path)
		}
	})
	t.Run("H3 ends with ctx", func(t *testing.T) {
		h := mount(t, pgtest.DB(t), nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := h.plugin.Migrate(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("C1 warns when commits are not durable", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		for value, want := range map[string]bool{"off": true, "local": false, "on": false} {
			h := newHost(t, openWith(t, dsn, setting("synchronous_commit", value)), nil)
			log := strings.Join(h.log.take(), "\n")
			if strings.Contains(log, "level=WARN") != want || strings.Contains(log, "synchronous_commit") != want {
				t.Errorf("with synchronous_commit=%s the log is %q", value, log)
			}
		}
	})
}

func TestMigrateBehindPgBouncer(t *testing.T) {
	t.Run("H10 works", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		db := openWith(t, bouncer.Start(t, dsn), binaryParameters)
		h := newHost(t, db, func(c *plugin.Config) {
			c.Database.Unprepared = true
			c.Database.MigrateDSN = dsn
		})
		if got := h.do(t, http.MethodPost, "/private/webhooks", webhookJSON("erp")); got.status != http.StatusNoContent {
			t.Errorf("POST is answered with %d: %s", got.status, got.body)
		}
	})
	t.Run("H10 MigrateDSN is required", func(t *testing.T) {
		h := mount(t, openWith(t, pgtest.DSN(t), binaryParameters), func(c *plugin.Config) { c.Database.Unprepared = true })
		if err := h.plugin.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "MigrateDSN is required") {
			t.Errorf("the error is %v", err)
		}
	})
	for name, through := range map[string]func(testing.TB, string) string{
		"H10 a pool without binary_parameters": bouncer.Start,
		"H10 though nothing is between":        func(_ testing.TB, dsn string) string { return dsn },
	} {
		t.Run(name, func(t *testing.T) {
			dsn := pgtest.DSN(t)
			h := mount(t, pgtest.Open(t, through(t, dsn)), func(c *plugin.Config) {
				c.Database.Unprepared = true
				c.Database.MigrateDSN = dsn
			})
			err := h.plugin.Migrate(t.Context())
			if err == nil || !strings.Contains(err.Error(), "binary_parameters=yes") {
				t.Errorf("the error is %v", err)
			}
			var schemas int
			if err := pgtest.Open(t, dsn).Get(&schemas, "SELECT count(*) FROM pg_namespace WHERE nspname = 'merchant_webhooks'"); err != nil || schemas != 0 {
				t.Errorf("%d schemas were made all the same (%v)", schemas, err)
			}
		})
	}
}

func TestMigrateDSN(t *testing.T) {
	t.Run("H10 is used without a pooler too", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		reader := openWith(t, dsn, setting("default_transaction_read_only", "on"))
		newHost(t, reader, func(c *plugin.Config) { c.Database.MigrateDSN = dsn })
		alone(t, reader)
	})
	for name, dsn := range map[string]string{
		"H10 a bad port":           "postgres://shop:hunter2@localhost:port/shop",
		"H10 a bad escape":         "postgres://shop:hunter2%@localhost/shop",
		"H10 a bad word":           "password=hunter2 hunter2",
		"H10 a bad setting":        "password=hunter2 sslmode=hunter2",
		"H10 nobody listens there": "host=/nonexistent user=shop password=hunter2 sslmode=disable",
	} {
		t.Run(name, func(t *testing.T) {
			h := mount(t, pgtest.DB(t), func(c *plugin.Config) { c.Database.MigrateDSN = dsn })
			err := h.plugin.Migrate(t.Context())
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error is %v", err)
			}
			if log := strings.Join(h.log.take(), "\n"); strings.Contains(log, "hunter2") {
				t.Errorf("the log is %s", log)
			}
		})
	}
}
