package adminui

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkList renders the list of a full page, 50 webhooks, in a host's
// layout.
func BenchmarkList(b *testing.B) {
	ui := newUI(b, Options{})
	pay := event(b, ui, "pay")
	list := List{First: 51, Count: 10_001, Newer: "?after=1", Older: "?before=2"}
	for i := range 50 {
		list.Rows = append(list.Rows, Row{
			ID: fmt.Sprintf("pay-erp-%d.example.com", i), Event: pay,
			Method: "POST", URL: "https://user:password@erp.example.com/hooks/1234567890?from=shop",
		})
	}
	r := request(ui)
	for b.Loop() {
		if _, err := ui.Render(200, r, list); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkListWithDeliveries is BenchmarkList with the column of the last
// deliveries: it may take half as long again.
func BenchmarkListWithDeliveries(b *testing.B) {
	ui := newUI(b, Options{})
	pay := event(b, ui, "pay")
	list := List{First: 51, Count: 10_001, Newer: "?after=1", Older: "?before=2"}
	for i := range 50 {
		last := DeliveryRow{ID: "a", State: "delivered", FinishedAt: now.Add(-time.Duration(i) * time.Hour)}
		list.Rows = append(list.Rows, Row{
			ID: fmt.Sprintf("pay-erp-%d.example.com", i), Event: pay,
			Method: "POST", URL: "https://user:password@erp.example.com/hooks/1234567890?from=shop",
			Account: Account{Last: last, FailedToday: i % 2},
		})
	}
	r := request(ui)
	for b.Loop() {
		if _, err := ui.Render(200, r, list); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkForm renders the form of a new webhook.
func BenchmarkForm(b *testing.B) {
	ui := newUI(b, Options{})
	r := request(ui)
	form := newForm(ui)
	for b.Loop() {
		if _, err := ui.Render(200, r, form); err != nil {
			b.Fatal(err)
		}
	}
}
