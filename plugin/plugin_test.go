package plugin_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// otherDriver is a database/sql driver that is not lib/pq.
type otherDriver struct{}

func (otherDriver) Open(string) (driver.Conn, error)             { return nil, errors.New("closed") }
func (d otherDriver) Driver() driver.Driver                      { return d }
func (otherDriver) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("closed") }
func allow(*gin.Context, string, plugin.Permission) error        { return nil }
func closedPool() *sqlx.DB                                       { db, _ := sqlx.Open("postgres", ""); return db }

// TestNew wants a configuration that can not work to be an error that names the
// field, and never a route that is open.
func TestNew(t *testing.T) {
	for name, test := range map[string]struct {
		config plugin.Config
		says   string // empty: no error
	}{
		"H1 DB is required":                       {plugin.Config{Authorize: allow}, "Config.DB is required"},
		"H1 another driver than lib/pq":           {plugin.Config{Authorize: allow, DB: sqlx.NewDb(sql.OpenDB(otherDriver{}), "postgres")}, "github.com/lib/pq"},
		"H1 New does not ask the database":        {plugin.Config{Authorize: allow, DB: closedPool()}, ""},
		"H2 Authorize is required":                {plugin.Config{DB: closedPool()}, "Config.Authorize is required"},
		"H3 a schema's name that PostgreSQL cuts": {plugin.Config{Authorize: allow, DB: closedPool(), Database: plugin.Database{Schema: strings.Repeat("s", 64)}}, "Config.Database.Schema"},
		"H3 a schema's name that is reserved":     {plugin.Config{Authorize: allow, DB: closedPool(), Database: plugin.Database{Schema: "pg_mine"}}, "Config.Database.Schema"},
		"H4 a default instance that can not be":   {plugin.Config{Authorize: allow, DB: closedPool(), DefaultInstance: "a b"}, "Config.DefaultInstance"},
		"H6 an event type that can not be":        {plugin.Config{Authorize: allow, DB: closedPool(), EventTypes: []webhook.EventType{{Name: "pay"}}}, "Config.EventTypes"},
		"H6 a colour that is none":                {plugin.Config{Authorize: allow, DB: closedPool(), Admin: plugin.Admin{AccentColor: "red; }"}}, "Config.Admin: option AccentColor"},
		"H6 a language without a tag":             {plugin.Config{Authorize: allow, DB: closedPool(), Admin: plugin.Admin{Languages: []plugin.Language{{Name: "Polski"}}}}, "Config.Admin: option Languages[0]"},
		"H6 limits below zero":                    {plugin.Config{Authorize: allow, DB: closedPool(), Limits: plugin.Limits{MaxBody: -1}}, "Config.Limits"},
		"H8 a parameter's name that can not be":   {plugin.Config{Authorize: allow, DB: closedPool(), InstanceParam: "a/b"}, "Config.InstanceParam"},
		"A7 an origin that is none":               {plugin.Config{Authorize: allow, DB: closedPool(), TrustedOrigins: []string{"shop.example"}}, "Config.TrustedOrigins"},
		"A7 a root that is none":                  {plugin.Config{Authorize: allow, DB: closedPool(), PublicURL: "shop.example"}, "Config.PublicURL"},
		"C16 a currency without a code":           {plugin.Config{Authorize: allow, DB: closedPool(), Currency: &plugin.Currency{}}, "Currency.Code"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := plugin.New(test.config)
			switch {
			case test.says == "" && err != nil:
				t.Error(err)
			case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
				t.Errorf("error %v, want one with %q", err, test.says)
			}
		})
	}
}

// TestH1Pool wants the plugin to use the host's pool alone.
func TestH1Pool(t *testing.T) {
	dsn := pgtest.DSN(t)
	db := pgtest.Open(t, dsn)
	db.SetMaxOpenConns(1) // Migrate works with one connection
	h := newHost(t, db, nil)
	stored(t, h)
	alone(t, db)
}

// alone wants the pool's one connection to be the only one to its database. A
// session that was closed ends a moment later in PostgreSQL, so it returns once
// the others have; those of another pool would stay.
func alone(t *testing.T, db *sqlx.DB) {
	t.Helper()
	if open := db.Stats().OpenConnections; open != 1 {
		t.Fatalf("the pool has %d connections, want 1", open)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	others := []string{"not asked yet"}
	for len(others) > 0 {
		var found []string
		err := db.SelectContext(ctx, &found, `
			SELECT backend_type || ': ' || query FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if err != nil {
			t.Fatalf("beside the pool's connection there stay %q: %v", others, err)
		}
		others = found
	}
}

// TestTokens asks with every kind of credentials for both permissions.
func TestTokens(t *testing.T) {
	authorize := plugin.Tokens(
		plugin.Token{Value: "secret-token:all", Instance: "*", Scope: "all"},
		plugin.Token{Value: "secret-token:write", Instance: "*", Scope: "write"},
		plugin.Token{Value: "secret-token:read", Instance: "*", Scope: "readonly"},
		plugin.Token{Value: "secret-token:refresh", Instance: "*", Scope: "readonly:refreshable"},
		plugin.Token{Value: "secret-token:order", Instance: "*", Scope: "order-full"},
		plugin.Token{Value: "secret-token:unknown", Instance: "*", Scope: "administrator"},
		plugin.Token{Value: "secret-token:none", Instance: "*"},
		plugin.Token{Value: "secret-token:sandbox", Instance: "sandbox", Scope: "all"},
		plugin.Token{Value: "secret-token:twice", Instance: "sandbox", Scope: "all"},
		plugin.Token{Value: "secret-token:twice", Instance: "*", Scope: "readonly"},
		plugin.Token{Value: "", Instance: "*", Scope: "all"},
	)
	who, may, mayNot := plugin.ErrUnauthenticated, error(nil), plugin.ErrForbidden
	for header, want := range map[string][2]error{ // to read, to write
		"":                                      {who, who},
		"Bearer":                                {who, who},
		"Bearer ":                               {who, who},
		"Bearer secret-token:al":                {who, who},
		"Bearer secret-token:all2":              {who, who},
		"Basic secret-token:all":                {who, who},
		"secret-token:all":                      {who, who},
		"Bearer secret-token:sandbox":           {who, who}, // of another instance
		"Bearer secret-token:all":               {may, may},
		"bearer secret-token:all":               {may, may},
		"Bearer secret-token:write":             {may, may},
		"Bearer secret-token:read":              {may, mayNot},
		"Bearer secret-token:refresh":           {may, mayNot},
		"Bearer secret-token:order":             {mayNot, mayNot},
		"Bearer secret-token:unknown":           {mayNot, mayNot},
		"Bearer secret-token:none":              {mayNot, mayNot},
		"Bearer secret-token:twice":             {may, mayNot},
		"Bearer secret-token:all, Bearer other": {who, who},
	} {
		t.Run("H2 "+header, func(t *testing.T) {
			for i, permission := range []plugin.Permission{plugin.WebhooksRead, plugin.WebhooksWrite} {
				c, _ := gin.CreateTestContext(httptest.NewRecorder())
				c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
				c.Request.Header.Set("Authorization", header)
				if got := authorize(c, "admin", permission); !errors.Is(got, want[i]) {
					t.Errorf("%s: %v, want %v", permission, got, want[i])
				}
			}
		})
	}
}

// TestInstances keeps the plugin's instances in step with the host's.
func TestInstances(t *testing.T) {
	db := pgtest.DB(t)
	h := newHost(t, db, nil)
	ctx := t.Context()
	exists := func(id string) bool {
		return h.do(t, "GET", "/instances/"+id+"/private/webhooks", "").status == 200
	}

	t.Run("H4 Migrate adds the default instance", func(t *testing.T) {
		if !exists("admin") {
			t.Error("there is no instance admin")
		}
	})
	t.Run("H4 adding what exists and removing what does not is nil", func(t *testing.T) {
		for range 2 {
			if err := h.plugin.AddInstance(ctx, nil, "shop"); err != nil || !exists("shop") {
				t.Errorf("AddInstance: %v", err)
			}
		}
		for range 2 {
			if err := h.plugin.RemoveInstance(ctx, nil, "shop"); err != nil || exists("shop") {
				t.Errorf("RemoveInstance: %v", err)
			}
		}
	})
	t.Run("H4 in the host's transaction, with it or not at all", func(t *testing.T) {
		tx := db.MustBegin()
		if err := h.plugin.AddInstance(ctx, tx, "shop"); err != nil {
			t.Fatal(err)
		}
		if exists("shop") {
			t.Error("it is there before the commit")
		}
		if err := tx.Rollback(); err != nil || exists("shop") {
			t.Error("it is there after the rollback", err)
		}
		tx = db.MustBegin()
		if err := h.plugin.AddInstance(ctx, tx, "shop"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil || !exists("shop") {
			t.Error("it is not there after the commit", err)
		}
	})
	t.Run("H4 removing an instance removes what is its, and no more", func(t *testing.T) {
		for _, path := range []string{"/instances/shop/private/webhooks", "/private/webhooks"} {
			if got := h.do(t, "POST", path, webhookJSON("a")); got.status != 204 {
				t.Fatal(got)
			}
		}
		if err := h.plugin.RemoveInstance(ctx, nil, "shop"); err != nil {
			t.Fatal(err)
		}
		if err := h.plugin.AddInstance(ctx, nil, "shop"); err != nil {
			t.Fatal(err)
		}
		if got := h.do(t, "GET", "/instances/shop/private/webhooks/a", ""); got.Code != 2019 {
			t.Errorf("the removed instance's webhook: %+v", got)
		}
		if got := h.do(t, "GET", "/private/webhooks/a", ""); got.status != 200 {
			t.Errorf("the other instance's webhook: %+v", got)
		}
	})
	t.Run("H4 an ID that can not be is refused, and the transaction goes on", func(t *testing.T) {
		tx := db.MustBegin()
		defer tx.Rollback()
		for _, id := range []string{"", ".a", "a b", "a/b", "ü", "a\x00", strings.Repeat("a", 129)} {
			err := h.plugin.AddInstance(ctx, tx, id)
			if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Code != webhook.CodeParameterMalformed {
				t.Errorf("AddInstance %q: %v, want a Problem of code 26", id, err)
			}
		}
		for _, id := range []string{"0", "Shop_1.b@c-d", strings.Repeat("a", 128)} {
			if err := h.plugin.AddInstance(ctx, tx, id); err != nil {
				t.Errorf("AddInstance %q: %v", id, err)
			}
		}
	})
}

// TestH6 gives what a host may set.
func TestH6(t *testing.T) {
	h := newHost(t, pgtest.DB(t), func(c *plugin.Config) {
		c.DefaultInstance = "main"
		c.EventTypes = []webhook.EventType{{Name: "stocktaking", Title: "Stock was taken", Example: []byte(`{"shelf": 7}`)}}
		c.Limits.MaxWebhooks = 1
		c.Limits.MaxBody = 300
	})
	for name, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"H6 the default instance":          {"GET", "/instances/main/private/webhooks", "", 200},
		"H6 no other default instance":     {"GET", "/instances/admin/private/webhooks", "", 404},
		"H6 an event type of the host's":   {"POST", "/private/webhooks", strings.Replace(webhookJSON("a"), "pay", "stocktaking", 1), 204},
		"H6 the limit of a request's body": {"POST", "/private/webhooks", strings.Repeat(" ", 301), 413},
	} {
		t.Run(name, func(t *testing.T) {
			if got := h.do(t, test.method, test.path, test.body); got.status != test.status {
				t.Errorf("%+v, want status %d", got, test.status)
			}
		})
	}
	t.Run("H6 no limit of a request's body that could be met", func(t *testing.T) {
		h := newHost(t, pgtest.DB(t), func(c *plugin.Config) { c.Limits.MaxBody = math.MaxInt64 })
		if got := h.do(t, "POST", "/private/webhooks", webhookJSON("a")); got.status != 204 {
			t.Errorf("%+v, want status 204", got)
		}
	})
	t.Run("H6 the limit of an instance", func(t *testing.T) {
		h.do(t, "POST", "/private/webhooks", webhookJSON("a"))
		if got := h.do(t, "POST", "/private/webhooks", webhookJSON("b")); got.Code != 44 {
			t.Errorf("one more than allowed: %+v", got)
		}
	})
}

// TestSecretsStayOutOfLogs makes everything fail that can, with secrets in it.
func TestSecretsStayOutOfLogs(t *testing.T) {
	db := pgtest.DB(t)
	h := newHost(t, db, nil)
	body := `{"webhook_id":"s","event_type":"pay","url":"https://user:hidden-password@erp.example.com/","http_method":"POST",
		"header_template":"Authorization: Bearer hidden-header"}`
	db.MustExec(`ALTER TABLE merchant_webhooks.webhook ADD CONSTRAINT never CHECK (webhook_id <> 's')`)
	t.Run("R5 what was sent is in no log and in no answer", func(t *testing.T) {
		got := h.do(t, "POST", "/private/webhooks", body)
		lines := strings.Join(h.log.take(), "\n")
		if got.Code != 54 || !strings.Contains(lines, "never") {
			t.Fatalf("the fault was not met: %+v, logged %q", got, lines)
		}
		for _, secret := range []string{"hidden-password", "hidden-header", "secret-token"} {
			if strings.Contains(lines, secret) || strings.Contains(got.body, secret) {
				t.Errorf("%s is shown: answered %s, logged %s", secret, got.body, lines)
			}
		}
	})
}
