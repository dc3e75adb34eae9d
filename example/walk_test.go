package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// comeTo loads the page again until it shows a text.
func comeTo(t *testing.T, p *browser.Page, text string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !strings.Contains(p.Text(), text); p.Reload() {
		if time.Now().After(end) {
			t.Fatalf("%s did not come to show %q:\n%s", p.Path(), text, p.Text())
		}
	}
}

// listen makes a webhook to the example's own receiver by the form, and gives
// the secret that its page shows.
func listen(t *testing.T, s *site, p *browser.Page, event string) (secret string) {
	t.Helper()
	p.Open("/admin/webhooks/new")
	p.Choose(event)
	p.Fill("Send to this address", s.URL+"/receiver")
	p.Click("Save")
	p.Shows("is saved.")
	p.Click("Show its page")
	p.Click("Show")
	p.Eval(&secret, `document.querySelector(".mw-secret").textContent`)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("the page shows the secret %q", secret)
	}
	return secret
}

// TestD6Walk is what a person does to try delivery: makes webhooks to the
// example's own receiver by the form, pays an order and finds that on the
// receiver's page, signature verified (D1, D4); stops the receiver, refunds, and
// sees the attempt and when the next is (D3, D6); sends it now until it is given
// up; starts the receiver and sends it again (D6).
func TestD6Walk(t *testing.T) {
	oneRetry := func(with *settings) { with.schedule = []time.Duration{time.Hour} }
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		s.send()
		secrets := listen(t, s, p, "An order was paid") + "\n" + listen(t, s, p, "A refund was granted")
		p.Open("/receiver")
		p.Fill("Secret", secrets)
		p.Click("Use this secret")

		p.Click("Shop")
		p.Fill("Amount", "KUDOS:4.50")
		p.Fill("Summary", "Coffee and cake")
		p.Click("New order")
		p.Click("Pay")
		p.Shows("is paid, and the webhooks that listen are told.")
		id, err := url.QueryUnescape(p.Path()[strings.Index(p.Path(), "order=")+len("order="):])
		if err != nil {
			t.Fatal(err)
		}
		p.Click("Receiver")
		comeTo(t, p, "✓ signature verified")
		p.Shows("1 message", id, "KUDOS:4.50", "Coffee and cake", "webhook-event-time")
		p.Check("a payment has come in")

		p.Click("Stop the receiver")
		p.Click("Shop")
		p.Unfold("Refund")
		p.Fill("Amount to refund", "KUDOS:1.25")
		p.Fill("Reason", "cold")
		p.Click("Refund")
		p.Click("See its deliveries")
		comeTo(t, p, "503")
		p.Check("the deliveries of an order, one of them waits")
		openRefund(p, id)
		p.Shows("Attempt 1 of 2", "was answered 503", "the next is at")
		p.Check("a delivery that waits for its next attempt")

		p.Click("Send now")
		comeTo(t, p, "Given up at")
		p.Shows("after 2 attempts", "Failed")
		p.Check("a delivery that was given up")
		p.Click("Receiver")
		p.Shows("It is stopped", "503 to everybody, 2 times so far.", "1 message")
		p.Click("Start the receiver")
		openRefund(p, id)
		p.Click("Send again")
		comeTo(t, p, "Delivered at")
		p.Check("a delivery that was sent again")
		p.Click("Receiver")
		comeTo(t, p, "2 messages")
		if text := p.Text(); strings.Count(text, "✓ signature verified") != 2 || !strings.Contains(text, "KUDOS:1.25") || strings.Contains(text, "repeat") {
			t.Errorf("the refund did not come in as it should:\n%s", text)
		}
	}, oneRetry)
}

// openRefund opens the refund's delivery, by the deliveries of its order.
func openRefund(p *browser.Page, order string) {
	p.Open("/admin/webhooks/deliveries?event_type=refund&order_id=" + url.QueryEscape(order))
	var path string
	p.Eval(&path, `document.querySelector('a[href*="/msg_"]').pathname`)
	p.Open(path)
}

// TestD4SecretHidden shows a webhook's secret to who asks for it by a button and
// may change the webhook, and to nobody by an address.
func TestD4SecretHidden(t *testing.T) {
	s := newSite(t)
	s.create("w", address, nil)
	p := s.sitDown("demo")
	p.Open("/admin/webhooks/w/view")
	if strings.Contains(p.Text(), "whsec_") {
		t.Error("the webhook's page shows its secret")
	}
	p.Open("/admin/webhooks/w/secret")
	if strings.Contains(p.Text(), "whsec_") {
		t.Error("an address shows the secret")
	}
	p.Check("D4 before the secret is shown")
	p.Click("Show")
	p.Shows("whsec_")
	p.Check("D4 the secret")
	viewer := s.sitDown("viewer")
	if viewer.Open("/admin/webhooks/w/secret"); viewer.Status != 403 {
		t.Errorf("who may only read is answered with %d", viewer.Status)
	}
}
