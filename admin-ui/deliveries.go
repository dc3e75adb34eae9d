package adminui

import (
	"html/template"
	"net/url"
	"strconv"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// The states of a delivery.
const (
	statePending   = "pending"
	stateDelivered = "delivered"
	stateFailed    = "failed"
)

// A deliveryTable is what [[template "delivery-table" .]] prints, on every page
// that lists deliveries: make one with maker.deliveries.
type deliveryTable struct {
	*maker
	// Title is the ID of the heading that names the table.
	Title string
	// OfAll says that the rows are of several webhooks, so that each names its own.
	OfAll bool
	Rows  []deliveryCells
	// IsPending says that a row will change by itself: the page should end with
	// maker.asOf.
	IsPending bool
}

// deliveryCells are a row's cells, each ready to be printed.
type deliveryCells struct {
	State, Webhook, Event, Happened, Attempts, Answer, Order template.HTML
}

// deliveries makes the table of rows, whose name is in the element with the ID
// title. webhookID is the webhook that they are all of; empty: they are of
// several.
func (m *maker) deliveries(rows []DeliveryRow, webhookID, title string) deliveryTable {
	t := deliveryTable{maker: m, Title: title, OfAll: webhookID == "", Rows: make([]deliveryCells, len(rows))}
	for i, row := range rows {
		t.Rows[i] = m.delivery(row, t.OfAll)
		t.IsPending = t.IsPending || row.State == statePending
	}
	return t
}

func (m *maker) delivery(row DeliveryRow, ofAll bool) deliveryCells {
	cells := deliveryCells{
		State:    m.state(row),
		Event:    m.happened(row),
		Happened: link(m.deliveryPage(row.WebhookID, row.ID), m.time(row.EventAt)),
		Attempts: m.HTML("log.attempts", "number", row.Attempts, "most", row.Most),
		Answer:   m.answer(row),
	}
	logOf := row.WebhookID
	if ofAll {
		cells.Webhook, logOf = link(m.to(row.WebhookID, "view"), typed(row.WebhookID)), ""
	}
	if row.OrderID != "" {
		cells.Order = m.orderLink(logOf, row.OrderID)
	}
	return cells
}

// state says where a delivery is, and when it goes on.
func (m *maker) state(row DeliveryRow) template.HTML {
	icon, words := "waits", m.HTML("log.state_pending")
	switch {
	case row.State == stateDelivered:
		icon, words = "good", m.HTML("log.state_delivered")
	case row.State == stateFailed:
		icon, words = "bad", m.HTML("log.state_failed")
	case row.IsHeld:
		words = m.HTML("log.state_held")
	case row.DueAt.After(m.Now):
		words = m.HTML("log.state_next", "time", m.short(row.DueAt))
	}
	return m.iconed("mw-state mw-", icon, words)
}

// happened says what happened, and whether it was a test.
func (m *maker) happened(row DeliveryRow) template.HTML {
	event := typed(m.Language.EventTitle(row.Event))
	if row.IsTest {
		event += ` <span class="mw-badge">` + m.HTML("log.test") + `</span>`
	}
	return event
}

// answer says what came back last, or why nothing did.
func (m *maker) answer(row DeliveryRow) template.HTML {
	switch {
	case row.LastStatus != 0:
		return escaped(strconv.Itoa(row.LastStatus))
	case !row.LastError.IsZero():
		return m.Language.MessageHTML(row.LastError)
	}
	return m.Language.MessageHTML(row.Failure)
}

// statusLine is a status as receivers name it: 503 Service Unavailable.
func statusLine(status int) template.HTML {
	return `<span lang="en" dir="ltr">` + escaped(webhook.StatusText(status)) + `</span>`
}

// logPage is the address of a webhook's deliveries; of the instance's where the
// ID is empty.
func (m *maker) logPage(webhookID string) string {
	if webhookID == "" {
		return m.List() + "/deliveries"
	}
	return m.to(webhookID, "deliveries")
}

// orderLink leads to an order's deliveries, in the log that logPage leads to.
func (m *maker) orderLink(webhookID, orderID string) template.HTML {
	return link(m.logPage(webhookID)+"?"+url.Values{fieldOrderID: {orderID}}.Encode(), typed(orderID))
}

// deliveryPage is the address of a delivery.
func (m *maker) deliveryPage(webhookID, deliveryID string) string {
	return m.to(webhookID, "deliveries/"+url.PathEscape(deliveryID))
}

// asOf says of when a page is, and leads to itself, at an address.
func (m *maker) asOf(address string) template.HTML {
	return m.HTML("page.as_of", "time", m.clock(m.Now), "link", link(address, m.HTML("page.load_again")))
}
