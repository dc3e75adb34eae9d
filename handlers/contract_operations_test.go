package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// at is the operation's path with IDs in the places of its parameters.
func at(op handlers.Operation, webhookID, deliveryID string) string {
	return "/" + strings.NewReplacer(":webhook_id", webhookID, ":delivery_id", deliveryID).Replace(op.Endpoint)
}

// TestEveryOperation asks each operation of the API what all of them promise.
func TestEveryOperation(t *testing.T) {
	h := newHost(t, func(c *plugin.Config) { c.Currency = &plugin.Currency{Code: "KUDOS"} })
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	const body = `{"event_type":"pay", "url":"https://example.com/new", "http_method":"POST"}` // right for all that take a webhook's ID
	codes := contractCodes(t)
	operations := handlers.APIOperations()
	if len(operations) < 18 {
		t.Fatalf("there are %d operations: this test sees too few", len(operations))
	}

	credentials := []struct {
		authorization string
		// what R2 and H2 say of it, by permission; 0: it may.
		read, write int
	}{
		{"", 401, 401},
		{"Bearer secret-token:wrong", 401, 401},
		{"Basic c2VjcmV0LXRva2VuOmFsbA==", 401, 401},
		{"Bearer secret-token:sandbox", 401, 401},
		{"Bearer secret-token:order", 403, 403},
		{"Bearer secret-token:readonly", 0, 403},
		{"Bearer secret-token:refreshable", 0, 403},
		{"Bearer secret-token:write", 0, 0},
		{"Bearer secret-token:all", 0, 0},
	}
	for _, op := range operations {
		for _, c := range credentials {
			t.Run("R2 H2 "+op.Method+" "+op.Endpoint+" with "+c.authorization, func(t *testing.T) {
				// No such webhook: who may, changes nothing.
				got := h.ask(t, op.Method, at(op, "nobody", "msg_1_0"), "[", "Authorization", c.authorization)
				want := map[plugin.Permission]int{plugin.WebhooksRead: c.read, plugin.WebhooksWrite: c.write}[op.Permission]
				refused := got.StatusCode == 401 || got.StatusCode == 403
				if want != 0 && got.StatusCode != want || want == 0 && (refused || got.StatusCode >= 500) {
					t.Errorf("answered %s, want %d: %s", got.Status, want, got.body)
				}
				for _, wrong := range standingChecks(got, op.Method, codes) {
					t.Error(wrong)
				}
			})
		}
		if op.Permission == "" {
			continue
		}
		t.Run("C8 "+op.Method+" "+op.Endpoint, func(t *testing.T) {
			for _, query := range []string{"", "?limit=0&state=x&order_id="} {
				got := h.ask(t, op.Method, "/instances/nobody"+at(op, "a", "msg_1_0")+query, "[")
				check(t, got, http.StatusNotFound, 2000)
			}
			if strings.Contains(op.Endpoint, ":webhook_id") {
				for _, id := range []string{"b", "a%00", "%ff", "a%5Cb"} {
					check(t, h.ask(t, op.Method, at(op, id, "msg_1_0"), body), http.StatusNotFound, 2019)
				}
			}
		})
		t.Run("C9 "+op.Method+" "+op.Endpoint, func(t *testing.T) {
			if strings.Contains(op.Endpoint, ":webhook_id") {
				check(t, h.ask(t, op.Method, "/instances/sandbox"+at(op, "a", "msg_1_0"), body), http.StatusNotFound, 2019)
			}
		})
	}
}
