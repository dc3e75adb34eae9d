package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestInstanceOfTheHost(t *testing.T) {
	away := errors.New("the directory at 10.0.0.7 is away")
	h := newHost(t, func(c *plugin.Config) {
		c.Instance = func(c *gin.Context) (string, error) {
			switch name, _, _ := strings.Cut(c.Request.Host, "."); name {
			case "nobody-knows-you":
				return "", plugin.ErrUnauthenticated
			case "not-yours":
				return "", fmt.Errorf("a guest: %w", plugin.ErrForbidden)
			case "broken":
				return "", away
			default:
				return name, nil
			}
		}
		c.Currency = &plugin.Currency{Code: "KUDOS"}
	})
	tests := []struct {
		name, method, path, host string
		status, code             int
	}{
		{"H8 the subdomain's instance", "POST", "/private/webhooks", "sandbox.shop.test", 204, 0},
		{"H8 is where the webhook is", "GET", "/private/webhooks/a", "sandbox.shop.test", 200, 0},
		{"H8 and not in another", "GET", "/private/webhooks/a", "admin.shop.test", 404, 2019},
		{"H8 an unknown instance", "GET", "/private/webhooks", "nobody.shop.test", 404, 2000},
		{"H8 no instance's name", "GET", "/private/webhooks", "no body.shop.test", 404, 2000},
		{"H8 an unknown instance, asked for its config", "GET", "/config", "nobody.shop.test", 404, 2000},
		{"H8 who are you", "GET", "/private/webhooks", "nobody-knows-you.shop.test", 401, 2015},
		{"H8 not you", "GET", "/private/webhooks", "not-yours.shop.test", 403, 16},
		{"H8 another error", "GET", "/private/webhooks", "broken.shop.test", 500, 60},
		{"H8 wrong methods come first", "PUT", "/private/webhooks", "broken.shop.test", 405, 20},
		{"H8 there are no /instances routes", "GET", "/instances/sandbox/private/webhooks", "sandbox.shop.test", 404, 0},
		{"H8 nor one for the config", "GET", "/instances/sandbox/config", "sandbox.shop.test", 404, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(test.method, test.path, strings.NewReader(hook("a")))
			r.Host = test.host
			r.Header.Set("Authorization", "Bearer secret-token:all")
			h.engine.ServeHTTP(w, r)
			check(t, answer{w.Result(), w.Body.Bytes()}, test.status, test.code)
			if strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("the answer shows the cause: %s", w.Body)
			}
		})
	}
	t.Run("H8 a parameter of the host's own", func(t *testing.T) {
		p := newPlugin(t, func(c *plugin.Config) {
			c.Instance = func(c *gin.Context) (string, error) { return c.Param("shop"), nil }
		})
		e := gin.New()
		p.Register(e.Group("/shops/:shop"))
		if w := serve(e, "POST", "/shops/sandbox/private/webhooks"); w.Code != http.StatusNoContent {
			t.Errorf("POST: %d %s", w.Code, w.Body)
		}
		if w := serve(e, "GET", "/shops/admin/private/webhooks/a"); w.Code != http.StatusNotFound {
			t.Errorf("GET from another: %d %s", w.Code, w.Body)
		}
	})
	t.Run("H8 another name for the parameter", func(t *testing.T) {
		p := newPlugin(t, func(c *plugin.Config) { c.InstanceParam = "merchant" })
		e := gin.New()
		e.GET("/instances/:merchant/orders", func(*gin.Context) {})
		p.Register(&e.RouterGroup)
		if !slices.ContainsFunc(e.Routes(), func(r gin.RouteInfo) bool { return r.Path == "/instances/:merchant/private/webhooks" }) {
			t.Error("no route has that name")
		}
		if w := serve(e, "POST", "/instances/sandbox/private/webhooks"); w.Code != http.StatusNoContent {
			t.Errorf("POST: %d %s", w.Code, w.Body)
		}
	})
}
