package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// TestD12_TestEventPages sends test events by the button, with a worker.
func TestD12_TestEventPages(t *testing.T) {
	type message struct {
		header http.Header
		body   []byte
	}
	got, release := make(chan message, 10), make(chan struct{})
	receiver := receiverOf(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- message{r.Header, body}
		switch r.URL.Path {
		case "/hangs":
			<-release
		case "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(w, "taken")
	})
	h := newSender(t, nil)
	t.Cleanup(func() { close(release) }) // before the sender stops, and the receiver is closed
	hasty := startHost(t, h.db, setting{}, func(c *plugin.Config) {
		c.Authorize, c.Limits.RequestTime = bySession, 2500*time.Millisecond
	})
	t.Cleanup(hasty.Close)
	for _, id := range []string{"fine", "busy", "hangs", "paused"} {
		check(t, h.ask(t, "POST", "/private/webhooks", hook(id, `"url":"`+receiver+"/"+id+`"`)), 204, 0)
	}
	// The workers are seen by the pages with their first sweep.
	await(t, h.db, "a worker", `EXISTS (SELECT FROM merchant_webhooks.worker)`)
	send := func(t *testing.T, h *host, id string) (page, message) {
		t.Helper()
		p := h.press(t, h.open(t, "/admin/webhooks/"+id+"/view", "", asOwner...), "Send a test event")
		select {
		case m := <-got:
			return p, m
		case <-time.After(patience):
			t.Fatal("nothing came to the receiver")
			panic("unreachable")
		}
	}
	t.Run("D12 it leads to its delivery when it is answered, and verifies at the receiver", func(t *testing.T) {
		p, m := send(t, h, "fine")
		if to := p.Header.Get("Location"); !strings.HasPrefix(to, "../../webhooks/fine/deliveries/msg_") || strings.Contains(to, "?") {
			t.Errorf("it leads to %q", to)
		}
		page := h.followed(t, p, asOwner...).says(t, "Delivered at ", "attempt 1; the receiver answered 200", "taken", "Test").lacks(t, "Still waiting")
		shown := h.press(t, h.open(t, "/admin/webhooks/fine/secret", "", asOwner...), "Show")
		verifier, err := standard.NewWebhook(shown.inClear()[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(m.body, m.header); err != nil || !strings.Contains(page.text("body"), m.header.Get("webhook-id")) {
			t.Errorf("%v; the page does not name %s", err, m.header.Get("webhook-id"))
		}
		for _, path := range []string{"/fine/deliveries", "/deliveries", "/fine/view"} {
			if badge := h.open(t, "/admin/webhooks"+path, "", asOwner...).text("tbody .mw-badge"); badge != "Test" {
				t.Errorf("%s marks it with %q", path, badge)
			}
		}
		h.open(t, "/admin/webhooks", "", asOwner...).says(t, "Delivered ")
	})
	t.Run("D12 an answer for which it is tried again is one", func(t *testing.T) {
		p, _ := send(t, h, "busy")
		if strings.Contains(p.Header.Get("Location"), "waiting") {
			t.Error("it waited for another answer")
		}
		h.followed(t, p, asOwner...).says(t, "Attempt 1 of 10 was answered 503 Service Unavailable")
	})
	t.Run("D12 one that can not be made is not waited for", func(t *testing.T) {
		check(t, h.ask(t, "POST", "/private/webhooks", hook("unmade")), 204, 0)
		h.db.MustExec(`UPDATE merchant_webhooks.webhook SET body_template = '{{#a}}' WHERE webhook_id = 'unmade'`)
		p := h.press(t, h.open(t, "/admin/webhooks/unmade/view", "", asOwner...), "Send a test event")
		if strings.Contains(p.Header.Get("Location"), "waiting") {
			t.Error("it waited for what is over")
		}
		h.followed(t, p, asOwner...).says(t, "Failed", "The body could not be made.")
	})
	t.Run("D12 while the webhook is paused, too", func(t *testing.T) {
		check(t, h.ask(t, "POST", "/private/webhooks/paused/pause", ""), 204, 0)
		p, _ := send(t, h, "paused")
		h.followed(t, p, asOwner...).says(t, "Delivered at ")
		h.open(t, "/admin/webhooks/paused/view", "", asOwner...).says(t, "Paused since ", " by hand.")
	})
	t.Run("D6 a receiver that hangs: the page does not wait for long", func(t *testing.T) {
		h := hasty
		p, _ := send(t, h, "hangs")
		p = h.followed(t, p, asOwner...).says(t, "Still waiting for the answer.", "It is being sent right now (attempt 1, since ")
		if !strings.HasSuffix(p.Request.URL.String(), "?waiting=1") || p.Find("[role=status] a").Length() != 1 {
			t.Errorf("%s: %s", p.Request.URL, p.text("[role=status]"))
		}
		h.follow(t, p, "Load again").lacks(t, "Still waiting")
		// Send now, while it is being sent, does not send it twice.
		h.press(t, h.open(t, p.Request.URL.Path, "", asOwner...), "Send now")
		select {
		case <-got:
			t.Error("it was sent twice at once")
		default:
		}
	})
	t.Run("D6 “waiting” is not said of what is done", func(t *testing.T) {
		h.open(t, "/admin/webhooks/fine/deliveries/"+h.newest(t, "fine")+"?waiting=1", "", asOwner...).lacks(t, "Still waiting")
	})
}

func TestD6_TestEventWithoutWorkers(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	h.open(t, "/admin/webhooks/a/test", "", asOwner...).want(t, 303, "../../webhooks/a/view")
	p := h.press(t, h.open(t, "/admin/webhooks?saved=a", "", asOwner...), "Send a test event")
	if strings.Contains(p.Header.Get("Location"), "waiting") {
		t.Error("it waited although nobody sends")
	}
	h.followed(t, p, asOwner...).says(t, "Nothing is sending just now: tell the operator.", "Pending", "Test")
	h.open(t, "/admin/webhooks/a/view", "", asOwner...).says(t, "Nothing is sending just now: tell the operator.")
}
