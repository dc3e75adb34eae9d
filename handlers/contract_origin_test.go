package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// cookieOrToken is the Authorize of a host whose people sign in with a cookie
// and whose programs use tokens.
func cookieOrToken() func(*gin.Context, string, plugin.Permission) error {
	byToken := plugin.Tokens(tokens...)
	return func(c *gin.Context, instance string, p plugin.Permission) error {
		if session, err := c.Cookie("session"); err == nil && session == "signed-in" {
			return nil
		}
		return byToken(c, instance, p)
	}
}

func TestCookiesAndOrigins(t *testing.T) {
	h := newHost(t, func(c *plugin.Config) {
		c.Authorize = cookieOrToken()
		c.TrustedOrigins = []string{"https://admin.example"}
		c.PublicURL = "https://Shop.example:443/" // browsers leave out the port
	})
	const cookie = "session=signed-in"
	tests := []struct {
		name   string
		method string
		header []string
		status int
		code   int
	}{
		{"A7 the cookie alone signs in", "POST", []string{"Cookie", cookie}, 204, 0},
		{"A7 from a page of this origin", "POST", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}, 204, 0},
		{"A7 from another site", "POST", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 403, 44},
		{"A7 from another host of this site", "POST", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-site"}, 403, 44},
		{"A7 by Origin, where browsers send no Sec-Fetch-Site", "POST", []string{"Cookie", cookie, "Origin", "http://evil.example"}, 403, 44},
		{"A7 by Origin and Host", "POST", []string{"Cookie", cookie, "Host", "shop.test:81", "Origin", "http://shop.test:81"}, 204, 0},
		{"A7 from a trusted origin", "POST", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site", "Origin", "https://admin.example"}, 204, 0},
		{"A7 from PublicURL's origin", "POST", []string{"Cookie", cookie, "Origin", "https://shop.example"}, 204, 0},
		{"A7 DELETE from another site", "DELETE", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 403, 44},
		{"A7 PATCH from another site", "PATCH", []string{"Cookie", cookie, "Origin", "http://evil.example"}, 403, 44},
		{"A7 GET from another site", "GET", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 200, 0},
		{"A7 a token from another site", "POST", []string{"Authorization", "Bearer secret-token:all", "Sec-Fetch-Site", "cross-site"}, 204, 0},
		{"A7 a cookie beside Authorization counts for nothing", "POST", []string{"Cookie", cookie, "Authorization", "Bearer x", "Sec-Fetch-Site", "cross-site"}, 401, 2015},
		{"A7 nor from this origin", "POST", []string{"Cookie", cookie, "Authorization", "Basic eDp5", "Sec-Fetch-Site", "same-origin"}, 401, 2015},
		{"A7 a cookie beside an empty Authorization", "POST", []string{"Cookie", cookie, "Authorization", " ", "Sec-Fetch-Site", "cross-site"}, 403, 44},
		{"A7 the token's permission counts, not the cookie's", "POST", []string{"Cookie", cookie, "Authorization", "Bearer secret-token:readonly"}, 403, 16},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := "/private/webhooks"
			if test.method == http.MethodPatch || test.method == http.MethodDelete {
				path += "/a"
			}
			a := h.ask(t, test.method, path, hook("a"), append([]string{"Authorization", ""}, test.header...)...)
			check(t, a, test.status, test.code)
		})
	}
	t.Run("A7 a refusal is logged with both origins", func(t *testing.T) {
		h.ask(t, "POST", "/private/webhooks", hook("a"), "Authorization", "", "Host", "shop.test", "Origin", "http://evil.test")
		lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
		last := lines[len(lines)-1]
		if !strings.Contains(last, "http://evil.test") || !strings.Contains(last, "shop.test") || !strings.Contains(last, `level=WARN msg="cross-origin request refused"`) {
			t.Errorf("the log's last line is: %s", last)
		}
	})
	t.Run("O1 of another refusal the log holds nothing that was sent", func(t *testing.T) {
		before := len(h.log.String())
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a"), "Authorization", "Bearer x", "Host", "shop.test", "Origin", "http://other.test"), 401, 2015)
		if line := h.log.String()[before:]; !strings.Contains(line, `msg="request refused"`) || strings.Contains(line, ".test") || strings.Contains(line, "field=") || strings.Contains(line, "parameter=") {
			t.Errorf("the log's line is: %s", line)
		}
	})
	t.Run("O1 the log says which field or parameter was refused", func(t *testing.T) {
		before := len(h.log.String())
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a", `"url":"ftp://a"`)), 400, 22)
		check(t, h.ask(t, "GET", "/private/webhooks?limit=x", ""), 400, 26)
		if lines := h.log.String()[before:]; !strings.Contains(lines, "field=url") || !strings.Contains(lines, "parameter=limit") {
			t.Errorf("the log's lines are: %s", lines)
		}
	})
	t.Run("A7 nobody fills the log", func(t *testing.T) {
		before := len(h.log.String())
		long := strings.Repeat("x", 100<<10)
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a"), "Authorization", "", "Origin", "http://"+long, "Sec-Fetch-Site", long), 403, 44)
		if n := len(h.log.String()) - before; n == 0 || n > 2000 {
			t.Errorf("the log has grown by %d bytes", n)
		}
	})
	if strings.Contains(h.log.String(), "signed-in") {
		t.Error("the log holds a cookie")
	}
}
