package handlers_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// newPlugin is a Plugin over a fresh database.
func newPlugin(t *testing.T, configure func(*plugin.Config)) *plugin.Plugin {
	t.Helper()
	return newHost(t, configure).plugin
}

// serve answers one request by an engine, without a socket.
func serve(e http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(hook("a")))
	r.Header.Set("Authorization", "Bearer secret-token:all")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestMounting(t *testing.T) {
	t.Run("H5 twice in one engine", func(t *testing.T) {
		p := newPlugin(t, nil)
		e := gin.New()
		p.Register(e.Group("/a"))
		p.Register(e.Group("/b/:tenant"))
		if w := serve(e, "POST", "/a/private/webhooks"); w.Code != http.StatusNoContent {
			t.Errorf("POST: %d %s", w.Code, w.Body)
		}
		if w := serve(e, "GET", "/b/x/private/webhooks/a"); w.Code != http.StatusOK {
			t.Errorf("GET by the other group: %d %s", w.Code, w.Body)
		}
	})
	t.Run("H5 behind it the host's middleware sees that it has answered", func(t *testing.T) {
		p := newPlugin(t, func(c *plugin.Config) { c.Authorize = everybody })
		e := gin.New()
		e.Use(func(c *gin.Context) {
			if c.Next(); !c.Writer.Written() {
				c.String(http.StatusTeapot, "not answered")
			}
		})
		p.Register(&e.RouterGroup)
		for _, path := range []string{"/private/webhooks", "/admin/webhooks/a/pause", "/admin/webhooks/x/view"} {
			if w := serve(e, "POST", path); w.Code == http.StatusTeapot {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if w := serve(e, "GET", "/admin/webhook-assets/none"); w.Code == http.StatusTeapot {
			t.Errorf("an asset: %d", w.Code)
		}
	})
	t.Run("H5 two schemas of one database", func(t *testing.T) {
		db := migrated(t)
		e := gin.New()
		for path, schema := range map[string]string{"/a": "merchant_webhooks", "/b": "Another_Schema"} {
			p, err := plugin.New(plugin.Config{
				DB: db, Authorize: plugin.Tokens(tokens...), Logger: slog.New(slog.DiscardHandler),
				Database: plugin.Database{Schema: schema},
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.Register(e.Group(path))
		}
		if w := serve(e, "POST", "/a/private/webhooks"); w.Code != http.StatusNoContent {
			t.Errorf("POST to the one: %d %s", w.Code, w.Body)
		}
		if w := serve(e, "GET", "/b/private/webhooks/a"); w.Code != http.StatusNotFound {
			t.Errorf("GET from the other: %d %s", w.Code, w.Body)
		}
		if w := serve(e, "POST", "/b/private/webhooks"); w.Code != http.StatusNoContent {
			t.Errorf("POST to the other: %d %s", w.Code, w.Body)
		}
	})
	t.Run("H5 beside routes of the host", func(t *testing.T) {
		p := newPlugin(t, nil)
		e := gin.New()
		for _, path := range []string{"/", "/private/orders/:order_id", "/instances", "/instances/:instance", "/instances/:instance/private/orders", "/webhooks/*path", "/private/webhooks-of-another-kind", "/config"} {
			e.GET(path, func(c *gin.Context) { c.String(http.StatusOK, "the host's "+path) })
		}
		p.Register(&e.RouterGroup)
		for _, target := range []string{"/", "/private/orders/7", "/instances/admin/private/orders", "/private/webhooks-of-another-kind", "/config"} {
			if w := serve(e, "GET", target); !strings.HasPrefix(w.Body.String(), "the host's ") {
				t.Errorf("GET %s: %d %s", target, w.Code, w.Body)
			}
		}
		if w := serve(e, "GET", "/instances/admin/private/webhooks"); w.Code != http.StatusOK {
			t.Errorf("GET of the list: %d %s", w.Code, w.Body)
		}
	})
	t.Run("H5 behind a proxy, or a mux, that strips a path", func(t *testing.T) {
		p := newPlugin(t, nil)
		e := gin.New()
		p.Register(e.Group("/inner"))
		stripped := http.StripPrefix("/outer", e)
		if w := serve(stripped, "POST", "/outer/inner/private/webhooks"); w.Code != http.StatusNoContent {
			t.Errorf("POST: %d %s", w.Code, w.Body)
		}
		if w := serve(stripped, "GET", "/outer/inner/private/webhooks/%61"); w.Code != http.StatusOK {
			t.Errorf("GET: %d %s", w.Code, w.Body)
		}
	})
	t.Run("H5 R1 an engine that keeps double slashes finds nothing there", func(t *testing.T) {
		p := newPlugin(t, nil)
		e := gin.New()
		p.Register(&e.RouterGroup)
		for _, path := range []string{"/private/webhooks/a//deliveries", "/private/webhooks//a/deliveries", "/admin/webhooks/a//view"} {
			if w := serve(e, "GET", path); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), `"code":2019`) {
				t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
			}
		}
	})
	t.Run("H5 middleware of the group runs first", func(t *testing.T) {
		p := newPlugin(t, nil)
		e := gin.New()
		p.Register(e.Group("/", func(c *gin.Context) { c.Header("X-Host", "was here") }))
		if w := serve(e, "GET", "/private/webhooks"); w.Header().Get("X-Host") != "was here" || w.Code != http.StatusOK {
			t.Errorf("GET: %d %v", w.Code, w.Header())
		}
	})
	t.Run("H5 no global state", func(t *testing.T) {
		mode, logger := gin.Mode(), slog.Default()
		h := newHost(t, nil)
		h.ask(t, "POST", "/private/webhooks", hook("a"))
		if gin.Mode() != mode || slog.Default() != logger {
			t.Error("gin's mode or the default logger has changed")
		}
		if _, pattern := http.DefaultServeMux.Handler(httptest.NewRequest("GET", "/private/webhooks", nil)); pattern != "" {
			t.Errorf("the default mux serves %q", pattern)
		}
	})
}

func TestMountingThatCanNotBe(t *testing.T) {
	p := newPlugin(t, nil)
	byHost := newPlugin(t, func(c *plugin.Config) {
		c.Instance = func(*gin.Context) (string, error) { return "admin", nil }
	})
	renamed := newPlugin(t, func(c *plugin.Config) { c.InstanceParam = "tenant" })
	tests := []struct {
		name   string
		plugin *plugin.Plugin
		group  string
		taken  string // a route of the host's
		names  []string
	}{
		{"H5 another name at the webhook's place", p, "/", "/private/webhooks/:id", []string{"/private/webhooks/:webhook_id", "/private/webhooks/:id"}},
		{"H5 another name at the instance's place", p, "/", "/instances/:id", []string{"/instances/:instance/private/webhooks", "/instances/:id"}},
		{"H5 the same route", p, "/shop", "/shop/private/webhooks", []string{"/shop/private/webhooks"}},
		{"H5 a catch-all", p, "/", "/private/*rest", []string{"/private/webhooks", "/private/*rest"}},
		{"H8 the group's path holds :instance", p, "/t/:instance", "", []string{"/t/:instance", ":instance", "InstanceParam"}},
		{"H8 the group's path holds :webhook_id", p, "/t/:webhook_id", "", []string{"/t/:webhook_id", ":webhook_id"}},
		{"H8 the group's path holds InstanceParam", renamed, "/t/:tenant", "", []string{"/t/:tenant", ":tenant"}},
		{"H8 :webhook_id, though the host tells the instance", byHost, "/t/:webhook_id", "", []string{"/t/:webhook_id"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := gin.New()
			if test.taken != "" {
				e.GET(test.taken, func(*gin.Context) {})
			}
			sentence := panicOf(func() { test.plugin.Register(e.Group(test.group)) })
			if sentence == "" || strings.Contains(sentence, "\n") {
				t.Fatalf("Register's panic is %q", sentence)
			}
			for _, name := range test.names {
				if !strings.Contains(sentence, name) {
					t.Errorf("Register's panic does not name %s: %s", name, sentence)
				}
			}
		})
	}
	allowed := []struct {
		name   string
		plugin *plugin.Plugin
		group  string
	}{
		{"H8 :instance of the host, where the host tells the instance", byHost, "/t/:instance"},
		{"H8 :instance of the host, where ours has another name", renamed, "/t/:instance"},
	}
	for _, test := range allowed {
		t.Run(test.name, func(t *testing.T) {
			e := gin.New()
			test.plugin.Register(e.Group(test.group))
			if w := serve(e, "GET", "/t/whatever/private/webhooks"); w.Code != http.StatusOK {
				t.Errorf("GET: %d %s", w.Code, w.Body)
			}
		})
	}
}

// panicOf is what f panics with; "" if it does not.
func panicOf(f func()) (sentence string) {
	defer func() {
		if v := recover(); v != nil {
			sentence = fmt.Sprint(v)
		}
	}()
	f()
	return ""
}

func TestPanics(t *testing.T) {
	tests := []struct {
		name      string
		configure func(*plugin.Config)
	}{
		{"H7 in Authorize", func(c *plugin.Config) {
			c.Authorize = func(*gin.Context, string, plugin.Permission) error { panic("oops") }
		}},
		{"H7 in Instance", func(c *plugin.Config) {
			c.Instance = func(*gin.Context) (string, error) { panic("oops") }
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlugin(t, test.configure)
			e := gin.New()
			var recovered any
			e.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, v any) {
				recovered = v
				if c.Writer.Written() {
					t.Error("something was written before")
				}
				c.String(http.StatusInternalServerError, "the host's own words")
			}))
			p.Register(&e.RouterGroup)
			w := serve(e, "POST", "/private/webhooks")
			if recovered != "oops" || w.Code != http.StatusInternalServerError || w.Body.String() != "the host's own words" {
				t.Errorf("the host recovered %v; the answer is %d %q", recovered, w.Code, w.Body)
			}
		})
	}
}

func TestDurability(t *testing.T) {
	for _, test := range []struct {
		name, value string
		warns       bool
	}{
		{"C1 a warning where commits do not wait for the disk", "off", true},
		{"C1 no warning where they do", "on", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := migrated(t)
			alter(t, db, "SET synchronous_commit = "+test.value)
			h := startHost(t, db, setting{}, nil)
			defer h.Close()
			if err := h.plugin.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			if warned := strings.Contains(h.log.String(), "synchronous_commit"); warned != test.warns {
				t.Errorf("the log is: %s", h.log)
			}
		})
	}
}
