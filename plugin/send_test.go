package plugin_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// sends starts the plugin, emits in a transaction of the host's, and waits until
// it has arrived.
func sends(t *testing.T, h *host, db *sqlx.DB) {
	t.Helper()
	arrived := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.Header.Get("X-Order")
	}))
	t.Cleanup(receiver.Close)
	body := `{"webhook_id": "a", "event_type": "pay", "http_method": "POST", "header_template": "X-Order: {{order_id}}", "url": "` + receiver.URL + `"}`
	if got, err := h.try("POST", "/private/webhooks", body); err != nil || got.status != http.StatusNoContent {
		t.Fatal(got, err)
	}
	if err := h.plugin.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.plugin.Stop(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	tx, err := db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.plugin.Emit(t.Context(), tx, "admin", webhook.Pay("order-1", map[string]any{})); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	select {
	case order := <-arrived:
		if order != "order-1" {
			t.Errorf("what arrived is about %q", order)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing arrived within a minute")
	}
}

func toLoopback(c *plugin.Config) {
	c.AllowedNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// TestH3UserSends: what Migrate's comment says is enough.
func TestH3UserSends(t *testing.T) {
	dsn := pgtest.DSN(t)
	admin := pgtest.Open(t, dsn)
	newHost(t, admin, nil)
	role := "guest_" + strings.ToLower(rand.Text())
	for _, command := range []string{
		"CREATE ROLE " + role,
		"GRANT USAGE ON SCHEMA merchant_webhooks TO " + role,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA merchant_webhooks TO " + role,
		"GRANT USAGE ON ALL SEQUENCES IN SCHEMA merchant_webhooks TO " + role,
	} {
		admin.MustExec(command)
	}
	t.Cleanup(func() { admin.MustExec("DROP OWNED BY " + role + "; DROP ROLE " + role) })
	db := openWith(t, dsn, setting("role", role))
	sends(t, newHost(t, db, toLoopback), db)
}
