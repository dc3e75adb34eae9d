package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func init() { gin.SetMode(gin.ReleaseMode) }

// instances are those of every host in these tests; the first is the default.
var instances = []string{"admin", "sandbox"}

// tokens are the credentials that every host in these tests knows.
var tokens = []plugin.Token{
	{Value: "secret-token:all", Instance: "*", Scope: "all"},
	{Value: "secret-token:readonly", Instance: "*", Scope: "readonly"},
	{Value: "secret-token:order", Instance: "*", Scope: "order-simple"},
	{Value: "secret-token:sandbox", Instance: "sandbox", Scope: "all"},
	{Value: "secret-token:write", Instance: "*", Scope: "write"},
	{Value: "secret-token:refreshable", Instance: "*", Scope: "readonly:refreshable"},
}

// A setting is one way in which a host may be set up: where the plugin is
// mounted, how gin's engine is configured, and what is in every Config.
type setting struct {
	name   string
	group  string // the group's path, for gin
	path   string // the same in a request
	engine func(*gin.Engine)
	config func(*plugin.Config)
	// escaped tells that it only changes what gin makes of an escaped path.
	escaped bool
}

// settings are the hosts that every script runs in.
var settings = []setting{
	{name: "gin as it comes"},
	{name: "UseRawPath", escaped: true, engine: func(e *gin.Engine) { e.UseRawPath = true }},
	{name: "UseEscapedPath", escaped: true, engine: func(e *gin.Engine) { e.UseEscapedPath = true }},
	{name: "UseEscapedPath without UnescapePathValues", escaped: true, engine: func(e *gin.Engine) {
		e.UseEscapedPath, e.UnescapePathValues = true, false
	}},
	{
		name:  "below a prefix and a parameter, RemoveExtraSlash, HandleMethodNotAllowed, RedirectFixedPath",
		group: "/shop/v1/:tenant", path: "/shop/v1/acme",
		engine: func(e *gin.Engine) {
			e.RemoveExtraSlash, e.HandleMethodNotAllowed, e.RedirectFixedPath = true, true, true
		},
	},
}

// migrated gives a pool on a fresh database that holds the plugin's tables and
// instances.
func migrated(t testing.TB) *sqlx.DB {
	t.Helper()
	return open(t, migratedDSN(t))
}

func migratedDSN(t testing.TB) string {
	t.Helper()
	return pgtest.Template(t, "handlers", func(dsn string) error {
		db, err := sqlx.Open("postgres", dsn)
		if err != nil {
			return err
		}
		defer db.Close()
		p, err := plugin.New(plugin.Config{DB: db, Authorize: plugin.Tokens(tokens...), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		if err := p.Migrate(context.Background()); err != nil {
			return err
		}
		return p.AddInstance(context.Background(), nil, "sandbox")
	})
}

// open opens a pool as the README tells hosts to.
func open(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	t.Cleanup(func() { db.Close() })
	return db
}

// A host is an application that mounts the plugin, listening on loopback.
type host struct {
	*httptest.Server
	db     *sqlx.DB
	plugin *plugin.Plugin
	engine *gin.Engine
	log    *logBuffer
	// prefix is where the plugin's routes are, in a request's path.
	prefix string
	// isSending tells that the plugin was started.
	isSending bool
}

// startHost makes a host as the README does. configure, which may be nil, may
// change the Config before New.
func startHost(t testing.TB, db *sqlx.DB, s setting, configure func(*plugin.Config)) *host {
	t.Helper()
	h := &host{db: db, engine: gin.New(), log: &logBuffer{}, prefix: s.path}
	config := plugin.Config{
		DB:        db,
		Authorize: plugin.Tokens(tokens...),
		Logger:    slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	config.Limits.RequestTime = patience // on however slow a machine
	if s.config != nil {
		s.config(&config)
	}
	if configure != nil {
		configure(&config)
	}
	var err error
	if h.plugin, err = plugin.New(config); err != nil {
		t.Fatal(err)
	}
	h.engine.Use(watch)
	if s.engine != nil {
		s.engine(h.engine)
	}
	h.plugin.Register(h.engine.Group(s.group))
	h.Server = httptest.NewServer(h.engine)
	h.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return h
}

// watch wants what a middleware of the host finds behind each request: an answer
// that is written, and a refusal that aborts.
func watch(c *gin.Context) {
	c.Next()
	if status := c.Writer.Status(); c.FullPath() != "" && !c.IsAborted() && (!c.Writer.Written() || status >= 400) {
		panic(fmt.Sprintf("H1 %s %s: status %d, written %t, not aborted", c.Request.Method, c.Request.URL.Path, status, c.Writer.Written()))
	}
}

// newHost is a host over a fresh database, stopped when the test ends.
func newHost(t testing.TB, configure func(*plugin.Config)) *host {
	t.Helper()
	h := startHost(t, migrated(t), setting{}, configure)
	t.Cleanup(h.Close)
	return h
}

func (h *host) wire() *wire { return &wire{address: h.Listener.Addr().String()} }

// emptyInstances gives a script its instances as if they were new.
func emptyInstances(t testing.TB, p *plugin.Plugin) {
	t.Helper()
	for _, id := range instances {
		if err := p.RemoveInstance(t.Context(), nil, id); err != nil {
			t.Fatal(err)
		}
		if err := p.AddInstance(t.Context(), nil, id); err != nil {
			t.Fatal(err)
		}
	}
}

// configured makes of the settings in a script ("MaxWebhooks = 3") a function
// that puts them into a Config.
func configured(t testing.TB, settings []string) func(*plugin.Config) {
	t.Helper()
	return func(c *plugin.Config) {
		for _, s := range settings {
			name, value, _ := strings.Cut(s, " = ")
			if err := configure(c, name, value); err != nil {
				t.Fatalf("host: %s: %v", s, err)
			}
		}
	}
}

func configure(c *plugin.Config, name, value string) (err error) {
	switch name {
	case "as usual":
	case "Sending": // see host.startSending
		c.AllowedNetworks = append(c.AllowedNetworks, netip.MustParsePrefix("127.0.0.0/8"))
	case "Schedule":
		for text := range strings.SplitSeq(value, ", ") {
			var wait time.Duration
			if wait, err = time.ParseDuration(text); err != nil {
				break
			}
			c.Delivery.Schedule = append(c.Delivery.Schedule, wait)
		}
	case "MaxBody":
		c.Limits.MaxBody, err = strconv.ParseInt(value, 10, 64)
	case "MaxWebhooks":
		c.Limits.MaxWebhooks, err = strconv.Atoi(value)
	case "RefuseBreakable":
		c.RefuseBreakable, err = strconv.ParseBool(value)
	case "DefaultInstance":
		c.DefaultInstance = value
	case "PublicURL":
		c.PublicURL = value
	case "TrustedOrigins":
		c.TrustedOrigins = strings.Split(value, ", ")
	case "AllowedNetworks":
		for text := range strings.SplitSeq(value, ", ") {
			var prefix netip.Prefix
			if prefix, err = netip.ParsePrefix(text); err != nil {
				break
			}
			c.AllowedNetworks = append(c.AllowedNetworks, prefix)
		}
	case "EventTypes":
		for text := range strings.SplitSeq(value, ", ") {
			c.EventTypes = append(c.EventTypes, webhook.EventType{
				Name: text, Title: "Stock is low", Meaning: "Sent when little is left.",
				Variables: []webhook.Variable{{Name: "left", Meaning: "How many are left"}},
				Example:   []byte(`{"left":3}`),
			})
		}
	case "Currency":
		code, name, _ := strings.Cut(value, " ")
		c.Currency = &plugin.Currency{Code: code, Name: name}
	default:
		err = fmt.Errorf("scripts know no such setting")
	}
	return err
}

// logBuffer keeps what a host logs.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
