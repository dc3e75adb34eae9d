package adminui

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// fullLog is the log of a webhook with all that it can have.
func fullLog(tb testing.TB, ui *UI) Deliveries {
	tb.Helper()
	return Deliveries{
		WebhookID: "pay erp", Event: event(tb, ui, "pay"), Rows: deliveryRows(tb, ui), Count: 10_000,
		Filter: DeliveryFilter{State: stateFailed, EventType: "pay", From: "2026-11-23T14:03", To: "2026-11-24T14:03", OrderID: `"1`},
		Events: []webhook.EventType{event(tb, ui, "pay"), event(tb, ui, "refund")},
		Newer:  "?after=9", Older: "?before=7", Notice: LogNotice{Kind: "again", Count: 312},
	}
}

func TestD6_Log(t *testing.T) {
	ui := newUI(t, Options{Title: "Shop"})
	page, body := render(t, ui, request(ui), fullLog(t, ui))
	if want := "Deliveries of “pay erp” – Webhooks – Shop"; page.Title != want {
		t.Errorf("the title is %q, want %q", page.Title, want)
	}
	check(t, body,
		in("h1", isText("Deliveries of “pay erp”")),
		in(".mw-back a", isText("pay erp"), has("href", "webhooks/pay%20erp/view")),
		in(".mw-count", isText("10,000 deliveries, newest first")),
		in("[role=status]", isText("312 deliveries are sent again, oldest first."), has("autofocus", "")),
		in("[rel=prev]", has("href", "webhooks/pay%20erp/deliveries?after=9")),
		in("[rel=next]", has("href", "webhooks/pay%20erp/deliveries?before=7")),
		in(".mw-as-of", isText("As of 14:03:05 UTC. Load again"), in("a", has("href", ""))),
		count("[autofocus]", 1), count("tbody tr", 6),
		in("form", has("method", "get"), has("action", "webhooks/pay%20erp/deliveries"),
			in("[name=from]", has("type", "datetime-local"), has("value", "2026-11-23T14:03")),
			in("[name=to]", has("value", "2026-11-24T14:03")),
			in("[name=order_id]", has("value", `"1`)),
			in("[name=state]", count("option", 4), in("[selected]", has("value", "failed"), isText("Failed"))),
			in("[name=event_type]", count("option", 3), in("[selected]", has("value", "pay"), isText("An order was paid"))),
			in("button", isText("Show"))))
	for i, want := range []struct{ text, address string }{
		{"Send again what failed", "webhooks/pay%20erp/recover"},
		{"Forget an order's content", "webhooks/forget"},
		{"Why was something not sent?", "webhooks/why"},
	} {
		check(t, all(body, ".mw-actions a")[i], isText(want.text), has("href", want.address))
	}
	for _, field := range []string{"mw-log-state", "mw-log-event", "from", "to", "mw-log-order"} {
		check(t, body, in("#"+field), in("[for="+field+"]"))
	}
}

func TestD6_LogOfAll(t *testing.T) {
	ui := newUI(t, Options{})
	view := fullLog(t, ui)
	view.WebhookID, view.Count, view.Rows, view.Notice = "", 10_001, view.Rows[:1], LogNotice{Kind: "erased", Count: 1}
	_, body := render(t, ui, request(ui), view)
	check(t, body,
		in("h1", isText("Deliveries")), in(".mw-back a", isText("Webhooks"), has("href", "webhooks")),
		in(".mw-count", isText("More than 10,000 deliveries, newest first")), count("thead th", 7), none(".mw-as-of"),
		in("[role=status]", isText("The content of 1 delivery is erased.")),
		in("[rel=next]", has("href", "webhooks/deliveries?before=7")))
	check(t, all(body, ".mw-actions a")[0], has("href", "webhooks/recover"))
}

func TestD6_LogWithoutDeliveries(t *testing.T) {
	ui := newUI(t, Options{})
	pay := event(t, ui, "pay")
	reader := request(ui)
	reader.CanWrite = false
	t.Run("D6 nothing was sent", func(t *testing.T) {
		_, body := render(t, ui, request(ui), Deliveries{WebhookID: "a", Event: pay})
		check(t, body, none("table"), none("[role=search]"), count(".mw-actions a", 1),
			in(".mw-empty", isText("Nothing has been sent yet. The first delivery appears when: An order was paid. Send a test event"),
				in("form", has("method", "post"), has("action", "webhooks/a/test"))))
	})
	t.Run("D6 nothing was sent, for who may only read", func(t *testing.T) {
		_, body := render(t, ui, reader, Deliveries{WebhookID: "a", Event: pay})
		check(t, body, in(".mw-empty", isText("Nothing has been sent yet. The first delivery appears when: An order was paid.")), none("form"))
	})
	t.Run("D6 nothing was sent at all", func(t *testing.T) {
		check(t, show(t, Deliveries{}), in(".mw-empty", isText("Nothing has been sent yet.")))
	})
	t.Run("D6 nothing matches", func(t *testing.T) {
		check(t, show(t, Deliveries{WebhookID: "a", Event: pay, Filter: DeliveryFilter{State: "odd"}}),
			in(".mw-empty", isText("No delivery matches. Show all"), in("a", has("href", "webhooks/a/deliveries"))),
			in("[name=state] [selected]", has("value", "odd")), in("[role=search]"))
	})
}

func TestD6_LogRefusesATime(t *testing.T) {
	problems := webhook.Problems{{Field: "to", Message: webhook.Say("url.missing")}, {Field: "from", Message: webhook.Say("url.scheme", "scheme", "a")}}
	body := show(t, Deliveries{Filter: DeliveryFilter{From: "x", To: "y"}, Problems: problems})
	check(t, body,
		in("h1", isText("Error: Deliveries")), in("[role=region]", hasText("There are 2 problems."), has("autofocus", "")),
		in("#from-message", isText(problems[1].Message.English())), in("#to-message", isText(problems[0].Message.English())),
		in("#from", has("aria-invalid", "true"), has("aria-describedby", "from-message"), has("value", "x")), none(".mw-empty"))
	check(t, all(body, "[role=region] a")[0], has("href", "#from"))
}

func TestD6_LogShowsReadersNothingThatIsRefused(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.CanWrite = false
	_, body := render(t, ui, r, fullLog(t, ui))
	check(t, body, count(".mw-actions a", 1), none("[method=post]"), count("tbody tr", 6))
}
