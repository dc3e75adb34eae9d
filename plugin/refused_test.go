package plugin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// TestO1_RefusedLines: a request that is refused is one line, which says what was
// refused and nothing of what was sent.
func TestO1_RefusedLines(t *testing.T) {
	h := newHost(t, pgtest.DB(t), func(c *plugin.Config) {
		c.Authorize = plugin.Tokens(plugin.Token{Value: "secret-token:all", Instance: "*", Scope: "all"},
			plugin.Token{Value: "secret-token:read", Instance: "*", Scope: "readonly"})
	})
	h.do(t, "POST", "/private/webhooks", webhookJSON("hunter2"))
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct{ method, path, body, token, content, want string }{
		{"GET", "/private/webhooks", "", "secret-token:hunter2", "", `method=GET route=/private/webhooks status=401 code=2015`},
		{"POST", "/private/webhooks", "hunter2", "secret-token:read", "", `method=POST route=/private/webhooks status=403 code=16`},
		{"GET", "/instances/hunter2/private/webhooks", "", "secret-token:all", "", `method=GET route=/instances/:instance/private/webhooks status=404 code=2000`},
		{"GET", "/private/webhooks/hunter22", "", "secret-token:all", "", `method=GET route=/private/webhooks/:webhook_id status=404 code=2019`},
		{"GET", "/private/webhooks/hunter2/hunter2", "", "secret-token:all", "", `method=GET route=/private/webhooks/:webhook_id/*rest status=404 code=21`},
		{"PUT", "/private/webhooks/hunter2", "", "secret-token:all", "", `method=PUT route=/private/webhooks/:webhook_id status=405 code=20`},
		{"POST", "/private/webhooks", `{"webhook_id":"hunter2"}`, "secret-token:all", "", `method=POST route=/private/webhooks status=400 code=22 field=event_type`},
		{"POST", "/private/webhooks", strings.Replace(webhookJSON("hunter2"), "pay", "refund", 1), "secret-token:all", "", `method=POST route=/private/webhooks status=409 code=2900`},
		{"GET", "/private/webhooks?limit=hunter2", "", "secret-token:all", "", `method=GET route=/private/webhooks status=400 code=26 parameter=limit`},
		{"GET", "/admin/webhooks/hunter22/view", "", "secret-token:all", "", `method=GET route=/admin/webhooks/:webhook_id/view status=404 code=2019`},
		{"POST", "/admin/webhooks", "event_type=hunter2", "secret-token:all", form, `method=POST route=/admin/webhooks status=400 code=22 field=webhook_id`},
		{"POST", "/admin/webhooks/forget", "order_id=", "secret-token:all", form, `method=POST route=/admin/webhooks/forget status=400 code=22 field=order_id`},
		{"POST", "/private/webhooks", "hunter2", "", "", `method=POST route=/private/webhooks status=403 code=44 origin=https://evil.example`},
	} {
		h.log.take()
		request, err := http.NewRequestWithContext(t.Context(), c.method, h.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Api-Key", "hunter2")
		request.Header.Set("Cookie", "session=hunter2")
		if c.token == "" {
			request.Header.Set("Origin", "https://evil.example")
		} else {
			request.Header.Set("Authorization", "Bearer "+c.token)
		}
		if c.content != "" {
			request.Header.Set("Content-Type", c.content)
		}
		response, err := h.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		lines := h.log.take()
		if len(lines) != 1 || !strings.Contains(lines[0], c.want) || !strings.Contains(lines[0], "request refused") {
			t.Errorf("O1 %s %s answers %d and logs %q, want one line with %s", c.method, c.path, response.StatusCode, lines, c.want)
		}
		if text := strings.Join(lines, ""); strings.Contains(text, "hunter2") {
			t.Errorf("S2 %s %s logs what was sent: %s", c.method, c.path, text)
		}
	}
	h.do(t, "GET", "/private/webhooks", "")
	if lines := h.log.take(); len(lines) != 0 {
		t.Errorf("O1 what was not refused is logged: %q", lines)
	}
}
