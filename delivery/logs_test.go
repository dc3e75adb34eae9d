package delivery

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestS2_LogWithoutSecrets is of all that is logged, also for who debugs.
func TestS2_LogWithoutSecrets(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, status(http.StatusServiceUnavailable))
	hidden := []string{"hunter2", "/T00", "query1", "header1", "body1", "webhook-signature", "v1,"}
	for id, location := range map[string]string{"answers": r.url, "refused": "http://10.0.0.1:1", "reset": raw(t, func(net.Conn) {})} {
		location, _, _ = strings.Cut(location, "/hook")
		s.webhook(webhook.Webhook{
			ID: id, EventType: "pay", URL: strings.Replace(location, "://", "://user:hunter2@", 1) + "/T00?token=query1", HTTPMethod: "POST",
			HeaderTemplate: "X-Api-Key: header1", BodyTemplate: "body1 {{order_id}}",
		})
	}
	s.webhook(webhook.Webhook{ID: "not-made", EventType: "pay", URL: r.url + "/T00", HTTPMethod: "POST", HeaderTemplate: "X-Api-Key: header1 {{contract_terms.summary}}"})
	c := s.courier(func(o *Options, t *tuning) {
		quick(o, t)
		o.Schedule = webhook.Schedule{time.Millisecond}
		o.Logger = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	all, _, err := c.Secrets(t.Context(), "admin", "answers")
	if err != nil {
		t.Fatal(err)
	}
	hidden = append(hidden, all[0].Text(), strings.TrimPrefix(all[0].Text(), "whsec_"), base64.StdEncoding.EncodeToString([]byte("user:hunter2")))
	s.within(func(tx *sqlx.Tx) error {
		return c.Emit(t.Context(), tx, "admin", webhook.Pay("o", map[string]any{"summary": "body1\nbody1"}))
	})
	// What another key sealed can not be opened, and is told too.
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(s, 4, countFailed)
	s.db.MustExec("UPDATE " + schema + ".webhook SET secret = '\\x01020304' || secret WHERE webhook_id = 'answers'")
	if _, err := c.Test(t.Context(), "admin", "answers"); err != nil {
		t.Fatal(err)
	}
	until(s, 5, countFailed)
	if err := errors.Join(c.Pause(t.Context(), "admin", "answers"), c.Resume(t.Context(), "admin", "answers", true), c.Stop(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, told := range []string{"status=503", "10.0.0.1", "broken off", "could not be made", "open a webhook's secret", "webhook paused", "webhook resumed", "level=DEBUG"} {
		if len(s.log.with(told)) == 0 {
			t.Errorf("the log does not tell %q, so nothing is known of that", told)
		}
	}
	for _, secret := range hidden {
		if lines := s.log.with(secret); len(lines) > 0 {
			t.Errorf("the log holds %q:\n%s", secret, lines[0])
		}
	}
}
