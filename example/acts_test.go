package main

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// TestD9Acts answers each question of the pages about deliveries, without
// scripts. Nobody sends, so that what is queued stays as it is.
func TestD9Acts(t *testing.T) {
	s := history(t)
	p := browser.New(t, s.URL)
	p.NoScripts()
	signIn(p, "demo")
	pending := func(id, address string, want int) {
		t.Helper()
		from := `merchant_webhooks.delivery JOIN merchant_webhooks.webhook AS w USING (instance_serial, webhook_serial)
			WHERE state = 'pending' AND webhook_id = '` + id + `' AND delivery.url = '` + address + `'`
		if got := s.count(from); got != want {
			t.Errorf("of %s %d wait for %s, want %d", id, got, address, want)
		}
	}
	const before, after = "https://failed.example.com/hook", "https://other.example/hook"

	t.Log("D9 Recover")
	p.Open("/admin/webhooks/failed/view")
	p.Click("Send again what failed")
	p.Shows("Which deliveries?")
	glance(p, "D9 Recover asks for a time")
	p.Click("Count")
	p.Shows("There are 2 problems.")
	glance(p, "D9 Recover without a time")
	p.Open("/admin/webhooks/failed/recover?count=1&from=2020-01-01T00:00&to=2020-01-02T00:00")
	p.Shows("There is nothing to send again in this time.")
	glance(p, "D9 Recover, none")
	const period = "?count=1&from=2020-01-01T00:00&to=2100-01-01T00:00"
	p.Open("/admin/webhooks/failed/recover" + period)
	p.Shows("Send 3 deliveries again?", "to failed.example.com. They go out oldest first.")
	glance(p, "D9 Recover asks")
	p.Click("Send 3 again")
	p.Shows("3 deliveries are sent again, oldest first.", "Pending")
	pending("failed", before, 3)

	t.Log("D13 an edit while deliveries wait")
	p.Open("/admin/webhooks/failed/edit")
	p.Shows("3 deliveries are still waiting. They were made before your change and go to the old address.")
	p.Fill("Send to this address", after)
	glance(p, "D13 an edit while deliveries wait")
	p.Click("Preview")
	p.Choose("Make them anew with the new settings")
	p.Click("Save")
	p.Shows("“failed” is saved.")
	pending("failed", after, 3)

	t.Log("D6 Send again, where there is a choice")
	s.became("failed", `state = 'failed', finished_at = now(), failure = '{"key":"delivery.given_up","args":{"n":10}}', url = '`+before+`', webhook_version = 1`)
	openDelivery(p, "failed")
	p.Click("Send again")
	p.Shows("The webhook was changed since.", "With its present settings, to other.example", "Exactly as it was, to failed.example.com")
	glance(p, "D6 Send again asks")
	p.Click("Send again")
	p.Shows("Nothing is sending just now: tell the operator.", "Pending")
	glance(p, "D6 nobody sends")
	pending("failed", after, 1)
	p.Open("/admin/webhooks/failed/recover" + period)
	p.Shows("Send 2 deliveries again?", "The webhook was changed since.", "With the present settings")
	glance(p, "D9 Recover asks how")

	t.Log("D10 Forget")
	p.Open("/admin/webhooks/forget")
	p.Fill("Order ID", "nothing")
	glance(p, "D10 Forget asks for an order")
	p.Click("Count")
	p.Shows("No delivery holds data of order nothing.")
	glance(p, "D10 Forget, none")
	p.Fill("Order ID", "2026.327-01TQ7N9VX6P9A")
	p.Click("Count")
	p.Shows("6 deliveries hold data of order 2026.327-01TQ7N9VX6P9A; 4 of them still wait and would then not be sent.", "State, times and hash stay.")
	glance(p, "D10 Forget asks")
	p.Click("Erase their content")
	p.Shows("The content of 6 deliveries is erased.")

	t.Log("Why")
	p.Click("Why was something not sent?")
	p.Fill("Order ID", "2026.327-01TQ7N9VX6P9A")
	p.Click("Ask")
	p.Shows("Order 2026.327-01TQ7N9VX6P9A", "It was not sent because its content was erased at ", "Delivered at ", "It was made at ")
	glance(p, "D10 why, with several answers")

	t.Log("D4 New secret")
	p.Open("/admin/webhooks/failed/view")
	p.Click("New secret")
	p.Shows("The old one stays valid until ")
	glance(p, "D4 New secret asks")
	p.Click("Make a new secret")
	p.Shows("There is a new secret. Give it to the receiver before the old one ends.")
	p.Click("Show")
	p.Shows("whsec_")
	glance(p, "D4 two secrets")

	t.Log("D8 Pause, and Resume without what waits")
	p.Open("/admin/webhooks/failed/delete")
	p.Shows("waiting delivery will not be sent, and the log of 3 deliveries is deleted too. This can not be undone.", "To stop it for a while only:")
	glance(p, "D8 Delete with deliveries")
	p.Click("Pause instead")
	p.Shows("It is paused.", "Resume")
	p.Open("/admin/webhooks/by-hand/resume")
	p.Choose("Do not send them, mark them as failed")
	p.Click("Resume")
	p.Shows("It is active again.", "Active")
	pending("by-hand", "https://by-hand.example.com/hook", 0)
	p.Open("/admin/webhooks/new/pause")
	p.Shows("Pause “new”?")
	glance(p, "D8 Pause asks")
}

// TestD6Keyboard finds a delivery, and sends it again, with the keyboard alone.
func TestD6Keyboard(t *testing.T) {
	s := history(t)
	p := s.sitDown("demo")
	p.TabTo("Deliveries")
	p.Submit(browser.Enter)
	p.TabTo("State")
	p.Press("F")
	p.TabTo("From (UTC)")
	p.TabTo("Order ID")
	p.Type("2026.327-01TQ7N9VX6P9A")
	p.Submit(browser.Enter)
	p.Shows("1 delivery, newest first")
	p.TabTo("failed")
	var path string
	p.Eval(&path, `document.querySelector('tbody th a').textContent.trim()`)
	p.TabTo(path)
	p.Submit(browser.Enter)
	p.Shows("Given up at ")
	p.TabTo("Send again")
	p.Submit(browser.Space)
	p.Shows("Nothing is sending just now")
	p.TabTo("failed")
	p.Submit(browser.Enter)
	p.TabTo("Pause")
	p.Submit(browser.Space)
	p.Shows("It is paused.")
	p.TabTo("Resume")
	p.Submit(browser.Enter)
	p.TabTo("Send them, oldest first")
	p.Press(browser.Down)
	p.TabTo("Resume")
	p.Submit(browser.Space)
	p.Shows("It is active again.")
}
