package migrations

import (
	"context"
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// guest is a pool of a role that has no rights but those granted to it.
func guest(t *testing.T, dsn string, admin *sql.DB, grants ...string) *sql.DB {
	t.Helper()
	role := "guest_" + strings.ToLower(rand.Text())
	do(t, admin, "CREATE ROLE "+role)
	t.Cleanup(func() { do(t, admin, "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	for _, grant := range grants {
		do(t, admin, "GRANT "+grant+" TO "+role)
	}
	return open(t, dsn, map[string]string{"role": role})
}

func TestH3Rights(t *testing.T) {
	const (
		usage  = "USAGE ON SCHEMA merchant_webhooks"
		tables = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA merchant_webhooks"
		reads  = "SELECT ON ALL TABLES IN SCHEMA merchant_webhooks"
	)
	for _, c := range []struct {
		name     string
		before   string // done to a ready schema
		grants   []string
		instance string
		refusal  string // in the error
	}{
		{name: "H3 a user of a ready schema", grants: []string{usage, tables}},
		{name: "H3 a reader of a ready schema", grants: []string{usage, reads}},
		{name: "H4 a user adds the default instance", grants: []string{usage, tables}, instance: "new"},
		{name: "H4 a reader can not add it", grants: []string{usage, reads}, instance: "new", refusal: `add the instance "new": pq: permission denied`},
		{name: "H3 no right to use the schema", grants: []string{tables}, refusal: "GRANT USAGE ON SCHEMA"},
		{
			name: "H3 no right to read the version", refusal: `"merchant_webhooks".schema_migrations, or see it, which takes the right to select from it`,
			grants: []string{usage, "SELECT ON merchant_webhooks.instance, merchant_webhooks.webhook"},
		},
		{
			name: "H3 no right to make tables", before: "DROP TABLE merchant_webhooks.schema_migrations",
			grants: []string{usage, tables}, refusal: "permission denied for schema merchant_webhooks",
		},
		{name: "H3 no right to make a schema", before: "DROP SCHEMA merchant_webhooks CASCADE", refusal: `make the schema "merchant_webhooks": pq: permission denied`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := pgtest.DSN(t)
			admin := open(t, dsn, nil)
			usual().must(t, admin)
			if c.before != "" {
				do(t, admin, c.before)
			}
			user := guest(t, dsn, admin, c.grants...)
			u := usual()
			if c.instance != "" {
				u.instances = []string{c.instance}
			}
			err := u.on(context.Background(), user)
			switch {
			case c.refusal == "" && err != nil:
				t.Error(err)
			case c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)):
				t.Errorf("the error is %v, want %s", err, c.refusal)
			}
			if c.refusal == "" {
				last := read[string](t, admin, "SELECT instance_id FROM merchant_webhooks.instance ORDER BY instance_serial DESC LIMIT 1")
				if want := u.instances[0]; last != want {
					t.Errorf("the instance is %q, want %q", last, want)
				}
			}
		})
	}
}

// TestH3OwnRole: a user who may make a schema owns what is in it.
func TestH3OwnRole(t *testing.T) {
	dsn := pgtest.DSN(t)
	admin := open(t, dsn, nil)
	user := guest(t, dsn, admin, "CREATE ON DATABASE "+read[string](t, admin, "SELECT current_database()"))
	usual().must(t, user)
	usual().must(t, user)
}
