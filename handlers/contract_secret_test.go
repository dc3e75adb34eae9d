package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// TestD4_Secrets checks what a receiver gets with the secrets that the API
// tells, by the published library of Standard Webhooks.
func TestD4_Secrets(t *testing.T) {
	type message struct {
		header http.Header
		body   []byte
	}
	got := make(chan message, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- message{r.Header, body}
	}))
	defer receiver.Close()
	h := newHost(t, func(c *plugin.Config) {
		c.AllowedNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	h.startSending(t)
	defer h.stopSending(t)
	secrets := func() []string {
		return decoded[struct{ Secrets []string }](t, h.ask(t, "GET", "/private/webhooks/a/secret", "")).Secrets
	}
	// verified are those of the secrets that a new test event verifies with.
	verified := func(secrets ...string) (good []string) {
		check(t, h.ask(t, "POST", "/private/webhooks/a/test", ""), http.StatusNoContent, 0)
		var m message
		select {
		case m = <-got:
		case <-time.After(patience):
			t.Fatal("nothing came")
		}
		for _, secret := range secrets {
			verifier, err := standard.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			if verifier.Verify(m.body, m.header) == nil {
				good = append(good, secret)
			}
		}
		return good
	}

	check(t, h.ask(t, "POST", "/private/webhooks", hook("a", `"body_template":"{{order_id}}"`)), http.StatusNoContent, 0)
	body := `{"event_type":"pay", "url":"` + receiver.URL + `/hook", "http_method":"POST", "body_template":"{{order_id}}"}`
	first := secrets()
	check(t, h.ask(t, "PATCH", "/private/webhooks/a", body), http.StatusNoContent, 0)
	t.Run("D4 a change of the webhook leaves its secret", func(t *testing.T) {
		if now := secrets(); len(first) != 1 || !slices.Equal(now, first) {
			t.Errorf("the number of secrets is %d, then %d, and they differ", len(first), len(now))
		}
		if len(verified(first...)) != 1 {
			t.Error("what came does not verify with the secret")
		}
	})
	t.Run("D4 both verify after a rotation, the newest first", func(t *testing.T) {
		check(t, h.ask(t, "POST", "/private/webhooks/a/secret/rotate", ""), http.StatusNoContent, 0)
		now := secrets()
		if len(now) != 2 || now[0] == first[0] || now[1] != first[0] {
			t.Fatalf("there are %d secrets, want a new one and then the one before", len(now))
		}
		if len(verified(now...)) != 2 {
			t.Error("what came does not verify with both secrets")
		}
	})
	t.Run("D4 sent again within a minute, since the answer was lost, it does nothing", func(t *testing.T) {
		was := secrets()
		check(t, h.ask(t, "POST", "/private/webhooks/a/secret/rotate", ""), http.StatusNoContent, 0)
		if now := secrets(); !slices.Equal(now, was) {
			t.Error("the secrets are others")
		}
	})
	t.Run("D4 the one before the last does not verify any more", func(t *testing.T) {
		h.db.MustExec(`UPDATE merchant_webhooks.webhook SET previous_until = previous_until - interval '1 minute'`)
		check(t, h.ask(t, "POST", "/private/webhooks/a/secret/rotate", ""), http.StatusNoContent, 0)
		now := secrets()
		if good := verified(append(now, first...)...); len(now) != 2 || !slices.Equal(good, now) {
			t.Errorf("%d of %d secrets and the one before the last verify, want the two", len(good), len(now))
		}
	})
	t.Run("D4 no secret is in the log", func(t *testing.T) {
		for _, secret := range append(secrets(), first...) {
			if slices.Contains([]string{"", "whsec_"}, secret) || strings.Contains(h.log.String(), secret) {
				t.Error("the log holds a secret, or there is none")
			}
		}
	})
}
