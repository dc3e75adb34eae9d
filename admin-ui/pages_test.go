package adminui

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

// now is when the pages of the tests are made.
var now = time.Date(2026, time.November, 23, 14, 3, 5, 0, time.UTC)

func newUI(tb testing.TB, o Options) *UI {
	tb.Helper()
	if o.Events == nil {
		events, err := webhook.NewCatalogue()
		if err != nil {
			tb.Fatal(err)
		}
		o.Events = events
	}
	ui, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return ui
}

// request is one of somebody who may do everything, in English, at
// /admin/webhooks.
func request(ui *UI) Request {
	return Request{Language: ui.Language("en"), CanWrite: true, InLayout: true, Root: "https://shop.example", Now: now}
}

func event(tb testing.TB, ui *UI, name string) webhook.EventType {
	tb.Helper()
	e, ok := ui.events.Lookup(name)
	if !ok {
		tb.Fatalf("there is no event %q", name)
	}
	return e
}

// newForm is the form as it opens.
func newForm(ui *UI) Form {
	in := webhook.Input{EventType: webhook.Value{Text: "pay"}, HTTPMethod: webhook.Value{Text: "POST"}}
	in, start := ui.events.Complete(in, webhook.StartAll)
	return Form{
		Values: Values{
			EventType: "pay", HTTPMethod: "POST",
			HeaderTemplate: in.HeaderTemplate.Text, BodyTemplate: in.BodyTemplate.Text,
		},
		StartFrom: start,
	}
}

// render gives a page with its parsed body.
func render(tb testing.TB, ui *UI, r Request, v View) (Page, *html.Node) {
	tb.Helper()
	page, err := ui.Render(200, r, v)
	if err != nil {
		tb.Fatal(err)
	}
	body, err := html.Parse(strings.NewReader(string(page.Body)))
	if err != nil {
		tb.Fatal(err)
	}
	return page, body
}

// show is render of a request that is as most are.
func show(tb testing.TB, v View) *html.Node {
	tb.Helper()
	ui := newUI(tb, Options{})
	_, body := render(tb, ui, request(ui), v)
	return body
}

// everyProblem is a problem of each field, and one of none.
func everyProblem(ui *UI) webhook.Problems {
	bad := webhook.Value{Text: "{{ \x00"}
	_, problems := webhook.Validate(webhook.Input{
		WebhookID: bad, EventType: bad, URL: bad, HTTPMethod: bad, HeaderTemplate: bad, BodyTemplate: bad,
	}, webhook.Policy{EventTypes: ui.events})
	return append(problems, &webhook.Problem{Code: webhook.CodeForbidden, Message: webhook.Say("webhook.limit", "limit", 10)})
}
