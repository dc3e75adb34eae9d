package adminui

import (
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

// asked shows a page to somebody whose host has a hidden field.
func asked(t *testing.T, v View) *html.Node {
	t.Helper()
	ui := newUI(t, Options{})
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	_, body := render(t, ui, r, v)
	return body
}

func TestD6_Redeliver(t *testing.T) {
	view := Redeliver{WebhookID: "a b", DeliveryID: "msg_1", OldHost: "old.example", NewHost: "new.example"}
	const at = "webhooks/a%20b/deliveries/msg_1"
	body := asked(t, view)
	check(t, body,
		in("h1", isText("Send again")), in("legend", isText("The webhook was changed since.")),
		hasText("The receiver gets the same webhook-id; a program that has already taken the message may ignore it."),
		in("form", has("method", "post"), has("action", at+"/redeliver"), in("[name=csrf]"), in("button", isText("Send again"))),
		in("a", isText("Cancel"), has("href", at)))
	choices := all(body, ".mw-choice")
	check(t, choices[0], isText("With its present settings, to new.example"), in("[name=rebuild]", has("value", "1"), has("checked", "")))
	check(t, choices[1], isText("Exactly as it was, to old.example"), in("[name=rebuild]", has("value", ""), lacks("checked")))

	view.IsPending = true
	check(t, asked(t, view), in("h1", isText("Send now")), in("button", isText("Send now")))
}

func TestD9_RecoverAsksForATime(t *testing.T) {
	view := Recover{WebhookID: "a", From: "2026-11-23T14:03", To: "2026-11-24T14:03"}
	const at = "webhooks/a/recover"
	body := asked(t, view)
	check(t, body,
		in("h1", isText("Send again what failed")), in(".mw-back a", isText("Deliveries of “a”"), has("href", "webhooks/a/deliveries")),
		in("form", has("method", "get"), has("action", at), none("[name=csrf]"), in("[name=count]", has("value", "1")), in("button", isText("Count"))),
		in("#from", has("type", "datetime-local"), has("value", view.From), has("aria-describedby", "from-hint")), in("#from-hint"),
		in("#to", has("value", view.To)), in("a.mw-button", isText("Cancel"), has("href", "webhooks/a/deliveries")))
	choices := all(body, ".mw-choice")
	check(t, choices[0], isText("failed ones"), in("[name=all]", has("value", ""), has("checked", "")))
	check(t, choices[1], isText("all, delivered ones too"), in("[name=all]", has("value", "1"), lacks("checked")))

	t.Run("D9 of all webhooks", func(t *testing.T) {
		check(t, asked(t, Recover{All: true}), in("form", has("action", "webhooks/recover"), in("[checked]", has("value", "1"))),
			in(".mw-back a", isText("Deliveries"), has("href", "webhooks/deliveries")))
	})
	t.Run("D9 there is none", func(t *testing.T) {
		view := view
		view.Counted = true
		check(t, asked(t, view), in("[role=status]", isText("There is nothing to send again in this time."), has("autofocus", "")),
			in("form", has("method", "get")), in("#from", has("value", view.From)))
	})
	t.Run("D9 a time is refused", func(t *testing.T) {
		view := view
		view.Problems = webhook.Problems{{Field: "to", Message: webhook.Say("url.missing")}}
		check(t, asked(t, view), in("h1", isText("Error: Send again what failed")), in("[role=region] a", has("href", "#to")),
			in("#to", has("aria-invalid", "true"), has("aria-describedby", "to-message to-hint")), none("[method=post]"))
	})
}

func TestD9_RecoverAsksBeforeItIsDone(t *testing.T) {
	view := Recover{
		WebhookID: "a", From: "2026-11-23T14:03", To: "2026-11-24T14:03", Counted: true, Count: 312,
		FromTime: now, ToTime: now.Add(24 * time.Hour), Host: "erp.example.com", AskedAt: "123",
	}
	body := asked(t, view)
	check(t, body,
		in("h1", isText("Send 312 deliveries again?")),
		in(".mw-lead", isText("From 23 Nov 2026, 14:03:05 UTC to 24 Nov 2026, 14:03:05 UTC, to erp.example.com. They go out oldest first."), count("time", 2)),
		in("form", has("method", "post"), has("action", "webhooks/a/recover"), in("[name=csrf]"),
			in("[name=from]", has("value", view.From)), in("[name=to]", has("value", view.To)), in("[name=asked_at]", has("value", "123")),
			none("[name=all]"), none("[name=rebuild]"), in("button", isText("Send 312 again")), in("a", isText("Cancel"))))

	view.All, view.Changed, view.Count, view.Host = true, true, 1, ""
	body = asked(t, view)
	check(t, body, in("h1", isText("Send 1 delivery again?")), in("[name=all]", has("value", "1")), in("legend", isText("The webhook was changed since.")),
		in(".mw-lead", isText("From 23 Nov 2026, 14:03:05 UTC to 24 Nov 2026, 14:03:05 UTC. They go out oldest first.")),
		in("[checked]", has("name", "rebuild"), has("value", "1")))
	check(t, all(body, ".mw-choice")[0], isText("With the present settings"))
	check(t, all(body, ".mw-choice")[1], isText("Exactly as they were"))

	view.Count = 10_001
	check(t, asked(t, view), in("h1", isText("Send more than 10,000 deliveries again?")), in("button", isText("Send more than 10,000 again")))
}

func TestD10_Forget(t *testing.T) {
	check(t, asked(t, Forget{}), in("h1", isText("Forget an order's content")),
		in("form", has("method", "get"), has("action", "webhooks/forget"), in("#order_id", has("name", "order_id")), in("[for=order_id]", isText("Order ID")),
			in("button", isText("Count"))), none("[role=status]"))
	check(t, asked(t, Forget{OrderID: "<1>", Counted: true}), in("[role=status]", isText("No delivery holds data of order <1>.")), in("#order_id", has("value", "<1>")))
	check(t, asked(t, Forget{Problems: webhook.Problems{{Field: "order_id", Message: webhook.Say("url.missing")}}}),
		in("h1", isText("Error: Forget an order's content")), in("[role=region] a", has("href", "#order_id")), in("#order_id-message"))

	for _, test := range []struct {
		count, waiting int
		want           string
	}{
		{3, 2, "3 deliveries hold data of order <1>; 2 of them still wait and would then not be sent."},
		{3, 1, "3 deliveries hold data of order <1>; 1 of them still waits and would then not be sent."},
		{1, 0, "1 delivery holds data of order <1>."},
	} {
		check(t, asked(t, Forget{OrderID: "<1>", Counted: true, Count: test.count, Waiting: test.waiting}),
			in(".mw-lead", isText(test.want)), hasText("State, times and hash stay."),
			in("form", has("method", "post"), has("action", "webhooks/forget"), in("[name=csrf]"), in("[name=order_id]", has("value", "<1>")),
				in("button", isText("Erase their content")), in("a", has("href", "webhooks/deliveries"))))
	}
}

func TestD6_Why(t *testing.T) {
	check(t, asked(t, Why{}), in("h1", isText("Why was something not sent?")), none("section"), none(".mw-as-of"),
		in("form", has("method", "get"), has("action", "webhooks/why"), in("#order_id"), in("button", isText("Ask"))))

	body := asked(t, Why{OrderID: "2026 1&2", Asked: true, Answers: []WhyAnswer{
		{WebhookID: "a b", DeliveryID: "msg_1", Sentence: webhook.Say("why.failing", "n", 3, "max", 10, "time", now, "error", webhook.Say("attempt.refused"), "next", now)},
		{WebhookID: "c", Sentence: webhook.Say("why.other_event", "event", "pay", "events", "refund")},
		{Sentence: webhook.Say("why.not_emitted_ever")},
	}})
	check(t, body, in("#order_id", has("value", "2026 1&2")), in("h2", isText("Order 2026 1&2"), has("autofocus", "")),
		in(".mw-as-of a", has("href", "webhooks/why?order_id=2026+1%262")))
	const at = "23 Nov 2026, 14:03:05 UTC"
	answers := all(body, "section li")
	check(t, answers[0], isText("a b Attempt 3 of 10 failed at "+at+": The connection was refused; the next is at "+at+"."), count("time", 2),
		in("a", has("href", "webhooks/a%20b/deliveries/msg_1"), in("[dir=auto]")))
	check(t, answers[1], in("a", isText("c"), has("href", "webhooks/c/view")))
	check(t, answers[2], none("a"), none("h3"))
}
