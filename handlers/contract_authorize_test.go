package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestAuthorizeIsAsked(t *testing.T) {
	var asked []string
	h := newHost(t, func(c *plugin.Config) {
		c.Authorize = func(_ *gin.Context, instance string, p plugin.Permission) error {
			asked = append(asked, fmt.Sprint(instance, " ", p))
			return nil
		}
		c.Currency = &plugin.Currency{Code: "KUDOS"}
	})
	tests := []struct{ name, method, path, want string }{
		{"H2 create", "POST", "/private/webhooks", "admin webhooks-write"},
		{"H2 list", "GET", "/private/webhooks", "admin webhooks-read"},
		{"H2 list, without the body", "HEAD", "/private/webhooks", "admin webhooks-read"},
		{"H2 read", "GET", "/private/webhooks/a", "admin webhooks-read"},
		{"H2 change", "PATCH", "/private/webhooks/a", "admin webhooks-write"},
		{"H2 delete", "DELETE", "/private/webhooks/a", "admin webhooks-write"},
		{"H2 create in an instance", "POST", "/instances/sandbox/private/webhooks", "sandbox webhooks-write"},
		{"H2 delete in an instance that is not there", "DELETE", "/instances/no%20body/private/webhooks/a", "no body webhooks-write"},
		{"H2 config asks for nothing", "GET", "/config", ""},
		{"H2 a wrong method asks for nothing", "PUT", "/private/webhooks", ""},
		{"H2 an unknown path asks for nothing", "GET", "/private/webhooks/a/b", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			asked = nil
			h.ask(t, test.method, test.path, hook("a"))
			if got := strings.Join(asked, ", "); got != test.want {
				t.Errorf("Authorize was asked %q, want %q", got, test.want)
			}
		})
	}
}

func TestAuthorizeAnswers(t *testing.T) {
	secret := errors.New("the session store at 10.0.0.7 is away")
	tests := []struct {
		name      string
		authorize func(c *gin.Context) error
		status    int
		code      int
		body      string // where the host has answered itself
	}{
		{"R2 who are you", func(*gin.Context) error { return plugin.ErrUnauthenticated }, 401, 2015, ""},
		{"R2 not you", func(*gin.Context) error { return plugin.ErrForbidden }, 403, 16, ""},
		{"R2 not you, wrapped", func(*gin.Context) error { return fmt.Errorf("role cashier: %w", plugin.ErrForbidden) }, 403, 16, ""},
		{"R2 not you, with a status that is no answer", func(c *gin.Context) error { c.Status(http.StatusTeapot); return plugin.ErrForbidden }, 403, 16, ""},
		{"R2 another error", func(*gin.Context) error { return secret }, 500, 60, ""},
		{"R2 an answer of the host's own", func(c *gin.Context) error {
			c.AbortWithStatusJSON(http.StatusTeapot, gin.H{"host": "says no"})
			return nil
		}, 418, 0, `{"host":"says no"}`},
		{"R2 an answer of the host's own, and an error", func(c *gin.Context) error {
			c.String(http.StatusServiceUnavailable, "closed")
			c.Abort()
			return plugin.ErrUnauthenticated
		}, 503, 0, `closed`},
		{"R2 a redirection of the host's own", func(c *gin.Context) error {
			c.Redirect(http.StatusSeeOther, "/sign-in")
			c.Abort()
			return nil
		}, 303, 0, ""},
		{"R2 a status alone of the host's own", func(c *gin.Context) error {
			c.AbortWithStatus(http.StatusTeapot)
			return secret
		}, 418, 0, ""},
	}
	db := migrated(t)
	t.Run("R2 an end without an answer is a fault of the host's", func(t *testing.T) {
		h := startHost(t, db, setting{}, func(c *plugin.Config) {
			c.Authorize = func(c *gin.Context, _ string, _ plugin.Permission) error { c.Abort(); return nil }
		})
		defer h.Close()
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 500, 60)
	})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := startHost(t, db, setting{}, func(c *plugin.Config) {
				c.Authorize = func(c *gin.Context, _ string, _ plugin.Permission) error { return test.authorize(c) }
			})
			defer h.Close()
			h.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			a := h.ask(t, "POST", "/private/webhooks", hook("a"))
			check(t, a, test.status, test.code)
			if test.code == 0 && string(a.body) != test.body {
				t.Errorf("the body is %q, want %q", a.body, test.body)
			}
			if strings.Contains(string(a.body), "10.0.0.7") {
				t.Errorf("the answer shows the cause: %s", a.body)
			}
			if logged := strings.Count(h.log.String(), "10.0.0.7"); test.code == int(webhook.CodeInternalInvariantFailure) && logged != 1 {
				t.Errorf("the cause is logged %d times: %s", logged, h.log)
			}
		})
	}
	h := startHost(t, db, setting{}, nil)
	defer h.Close()
	if ids := h.ask(t, "GET", "/private/webhooks", "").ids(t); len(ids) > 0 {
		t.Errorf("%q was stored", ids)
	}
}
