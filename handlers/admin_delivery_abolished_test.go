package handlers_test

import "testing"

// TestD12_OfAnEventThatIsNoMore: the host had it once.
func TestD12_OfAnEventThatIsNoMore(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	h.db.MustExec(`UPDATE merchant_webhooks.webhook SET event_type = 'abolished'`)
	check(t, h.ask(t, "POST", "/private/webhooks/a/test", ""), 403, 44)
	p := h.press(t, h.open(t, "/admin/webhooks/a/view", "", asOwner...), "Send a test event")
	h.followed(t, p.want(t, 303, "../../webhooks/a/edit"), asOwner...).says(t, "When should it be sent?")
}
