package adminui

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

// deliveryRows are deliveries in each state: those of PAGES, a test, one that
// waits for a pause to end, one that was never tried.
func deliveryRows(tb testing.TB, ui *UI) []DeliveryRow {
	tb.Helper()
	pay := event(tb, ui, "pay")
	row := DeliveryRow{ID: "msg_1_0011223344556677", WebhookID: "pay erp", Event: pay, EventAt: now.Add(-time.Hour), Most: 10}
	failed, pending, delivered, held, due, never := row, row, row, row, row, row
	failed.State, failed.OrderID, failed.Attempts, failed.LastStatus = stateFailed, "2026.327-0042", 10, 503
	pending.State, pending.DueAt, pending.Attempts = statePending, now.Add(time.Minute), 3
	pending.LastError = webhook.Say("url.scheme", "scheme", "ftp")
	delivered.State, delivered.IsTest, delivered.Attempts, delivered.LastStatus = stateDelivered, true, 1, 204
	held.State, held.IsHeld, held.DueAt = statePending, true, now.Add(time.Minute)
	due.State, due.DueAt, due.OrderID = statePending, now.Add(-time.Second), `<b>"&?/`
	never.State, never.Failure = stateFailed, webhook.Say("url.missing")
	return []DeliveryRow{failed, pending, delivered, held, due, never}
}

// showTable shows the rows of deliveries as any page with them does.
func showTable(t *testing.T, rows []DeliveryRow, webhookID string) (deliveryTable, *html.Node) {
	t.Helper()
	ui := newUI(t, Options{})
	table := (&maker{ui: ui, Request: request(ui)}).deliveries(rows, webhookID, "mw-title")
	var page strings.Builder
	if err := ui.templates.ExecuteTemplate(&page, "delivery-table", table); err != nil {
		t.Fatal(err)
	}
	body, err := html.Parse(strings.NewReader(page.String()))
	if err != nil {
		t.Fatal(err)
	}
	return table, body
}

func TestD6_RowsOfDeliveries(t *testing.T) {
	rows := deliveryRows(t, newUI(t, Options{}))
	table, body := showTable(t, rows, "pay erp")
	if !table.IsPending {
		t.Error("nothing is said to be pending")
	}
	const at = "23 Nov 2026, 13:03:05 UTC"
	for i, want := range []string{
		"Failed An order was paid " + at + " Attempts 10 of 10 Answer 503 Order 2026.327-0042",
		"Pending, next 23 Nov, 14:04 UTC An order was paid " + at + " Attempts 3 of 10 Answer " + rows[1].LastError.English(),
		"Delivered An order was paid Test " + at + " Attempts 1 of 10 Answer 204",
		"Pending, paused An order was paid " + at + " Attempts 0 of 10",
		"Pending An order was paid " + at + ` Attempts 0 of 10 Order <b>"&?/`,
		"Failed An order was paid " + at + " Attempts 0 of 10 Answer " + rows[5].Failure.English(),
	} {
		row := all(body, "tbody tr")[i]
		check(t, row, isText(want), in(".mw-state svg", has("aria-hidden", "true")), count("th[role=rowheader]", 1),
			in("th a", has("href", "webhooks/pay%20erp/deliveries/msg_1_0011223344556677"), in("time", has("datetime", "2026-11-23T13:03:05Z"))))
	}
	check(t, body, count("thead th", 6), none("b"))
	check(t, all(body, "tbody tr")[4], in("td a", has("href", "webhooks/pay%20erp/deliveries?order_id=%3Cb%3E%22%26%3F%2F"), in("[dir=auto]")))

	t.Run("D6 those of several webhooks name them", func(t *testing.T) {
		_, body := showTable(t, rows[:1], "")
		links := all(body, "tbody a")
		check(t, body, count("thead th", 7))
		check(t, links[0], isText("pay erp"), has("href", "webhooks/pay%20erp/view"))
		check(t, links[2], has("href", "webhooks/deliveries?order_id=2026.327-0042"))
	})
	t.Run("D6 nothing pending", func(t *testing.T) {
		if table, _ := showTable(t, rows[:1], "a"); table.IsPending {
			t.Error("a failed delivery is said to be pending")
		}
	})
}
