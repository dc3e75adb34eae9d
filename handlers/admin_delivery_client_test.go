package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// answered makes of all that waits what it is after an attempt with an answer
// that ends it: 200, or 400.
func (h *host) answered(t testing.TB, status int) {
	t.Helper()
	_, err := h.db.ExecContext(t.Context(), `
		WITH done AS (
			UPDATE merchant_webhooks.delivery
			SET state = CASE $1::integer WHEN 200 THEN 'delivered' ELSE 'failed' END, finished_at = now(), is_forced = false,
				failure = CASE $1::integer WHEN 200 THEN NULL ELSE '{"key":"delivery.refused_answer","args":{"status":"400 Bad Request"}}' END,
				attempt_count = attempt_count + 1, tries = tries + 1, last_status = $1
			WHERE state = 'pending'
			RETURNING *
		)
		INSERT INTO merchant_webhooks.delivery_attempt
			(instance_serial, delivery_serial, number, at, duration_ms, url, address, status, answer_headers, answer)
		SELECT instance_serial, delivery_serial, attempt_count, now(), 12, url, '192.0.2.1:443', $1,
			E'Set-Cookie: session=s3cr3t-cookie\nContent-Type: text/plain\n', 'That is <b>all</b>'
		FROM done`, status)
	if err != nil {
		t.Fatal(err)
	}
}

// newest is the ID of the delivery of a webhook that was made last.
func (h *host) newest(t testing.TB, webhookID string) (id string) {
	t.Helper()
	err := h.db.GetContext(t.Context(), &id, `
		SELECT 'msg_' || delivery_serial || '_' || nonce
		FROM merchant_webhooks.delivery JOIN merchant_webhooks.webhook USING (instance_serial, webhook_serial)
		WHERE webhook_id = $1 ORDER BY delivery_serial DESC LIMIT 1`, webhookID)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// tally is how many deliveries there are in each state, and how many attempts: "2 pending, 0 delivered, 1 failed, 1 attempts".
func (h *host) tally(t testing.TB) (text string) {
	t.Helper()
	err := h.db.GetContext(t.Context(), &text, `
		SELECT format('%s pending, %s delivered, %s failed, %s attempts', count(*) FILTER (WHERE state = 'pending'),
			count(*) FILTER (WHERE state = 'delivered'), count(*) FILTER (WHERE state = 'failed'),
			(SELECT count(*) FROM merchant_webhooks.delivery_attempt))
		FROM merchant_webhooks.delivery`)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func wantStates(t testing.TB, h *host, want string) {
	t.Helper()
	if got := h.tally(t); got != want {
		t.Errorf("there are %s; want %s", got, want)
	}
}

// press posts the form of a page that has a button of that text, as a browser
// would, with other values in place of its own if more says so.
func (h *host) press(t testing.TB, p page, button string, more ...string) page {
	t.Helper()
	path, body := p.formOf(t, h, button, more...)
	return h.open(t, path, body, asOwner...)
}

// formOf is where the form with a button posts to, and what.
func (p page) formOf(t testing.TB, h *host, button string, more ...string) (path, body string) {
	t.Helper()
	at := p.Find("form[method=post]").FilterFunction(func(_ int, form *selection) bool {
		return strings.TrimSpace(form.Find("button").First().Text()) == button
	})
	if at.Length() != 1 {
		t.Fatalf("%s has %d forms with the button %q: %s", p.Request.URL, at.Length(), button, p.text("button"))
	}
	values := url.Values{"x": {"y"}} // a body that is not empty is posted
	at.Find("input, textarea, select").Each(func(_ int, field *selection) {
		name, kind := field.AttrOr("name", ""), field.AttrOr("type", "")
		if _, on := field.Attr("checked"); name != "" && (kind != "radio" && kind != "checkbox" || on) {
			values.Set(name, page{Document: p.Document}.field(name))
			if kind == "hidden" {
				values.Set(name, field.AttrOr("value", ""))
			}
		}
	})
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	to, err := p.Request.URL.Parse(at.AttrOr("action", ""))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(to.RequestURI(), h.prefix), values.Encode()
}

// followed opens where a redirect leads.
func (h *host) followed(t testing.TB, p page, header ...string) page {
	t.Helper()
	to, err := p.Request.URL.Parse(p.Header.Get("Location"))
	if err != nil || p.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s leads nowhere: %d %q", p.Request.URL, p.StatusCode, p.Header.Get("Location"))
	}
	return h.open(t, strings.TrimPrefix(to.RequestURI(), h.prefix), "", header...)
}

// says wants texts on a page.
func (p page) says(t testing.TB, texts ...string) page {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.text("body"), text) {
			t.Errorf("%s (%d) does not say %q: %s", p.Request.URL, p.StatusCode, text, p.text("body"))
		}
	}
	return p
}

// lacks wants texts nowhere on a page, its attributes included.
func (p page) lacks(t testing.TB, texts ...string) page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(string(p.body), text) {
			t.Errorf("%s (%d) says %q: %s", p.Request.URL, p.StatusCode, text, p.text("body"))
		}
	}
	return p
}

// newSender is a host that sends, also to loopback.
func newSender(t testing.TB, configure func(*plugin.Config)) *host {
	t.Helper()
	h := newAdmin(t, func(c *plugin.Config) {
		c.AllowedNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		if configure != nil {
			configure(c)
		}
	})
	h.startSending(t)
	t.Cleanup(func() {
		if err := h.plugin.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// receiverOf is the address of a receiver that answers by a function.
func receiverOf(t testing.TB, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}
