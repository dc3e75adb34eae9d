package adminui

import (
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

var erp = webhook.Webhook{
	ID: "pay erp", EventType: "pay", URL: "https://shop:geheim@erp.example.com/" + "a/very/long/path/that/is/never/cut/on/this/page/since/it/is/shown/whole",
	HTTPMethod: "POST", HeaderTemplate: "Content-Type: application/json\nX-Api-Key: geheim", BodyTemplate: "{{{json}}}\n</pre>",
}

func TestA8_Detail(t *testing.T) {
	ui := newUI(t, Options{Title: "Shop", Location: time.FixedZone("CET", 3600)})
	r := request(ui)
	r.Base = "../../"
	view := Detail{
		Webhook: erp, Event: event(t, ui, "pay"),
		Created: time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC), Updated: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC),
		Breaks: webhook.Say("preview.method", "method", "GET"),
	}
	page, body := render(t, ui, r, view)
	if want := "pay erp – Webhooks – Shop"; page.Title != want {
		t.Errorf("the title is %q, want %q", page.Title, want)
	}
	check(t, body,
		in("h1", isText("pay erp"), has("dir", "auto")),
		in(".mw-back a", isText("Webhooks"), has("href", "../../webhooks")),
		in(".mw-state", isText("Active"), in("svg", has("aria-hidden", "true"))),
		in(".mw-notice", isText("The body can break "+view.Breaks.English())),
		in(".mw-mono", isText("POST https://shop:•••@erp.example.com/a/very/long/path/that/is/never/cut/on/this/page/since/it/is/shown/whole")),
		in("dl", hasText("When An order was paid (pay)"), hasText("Made 23 Nov 2026, changed 24 Nov 2026")),
		hasText("X-Api-Key: •••"), lacksText("geheim"), hasText("</pre>"),
	)
	folded := all(body, "details")
	check(t, folded[len(folded)-1], in("summary", isText("For programs: the curl line that makes this webhook")),
		in("pre", isText(curlLine("https://shop.example", erp))))
	checkReferences(t, body)
	const at = "../../webhooks/pay%20erp/"
	for i, want := range []struct{ text, address string }{
		{"Webhooks", "../../webhooks"},
		{"Edit", at + "edit"},
		{"Duplicate", "../../webhooks/new?from=pay+erp"},
		{"Delete", at + "delete"},
	} {
		check(t, all(body, "a")[i], isText(want.text), has("href", want.address))
	}
}

func TestA11_DetailInItsTimeZone(t *testing.T) {
	ui := newUI(t, Options{Location: time.FixedZone("", -5*3600)})
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	_, body := render(t, ui, request(ui), Detail{Webhook: erp, Event: event(t, ui, "pay"), Created: at, Updated: at})
	check(t, body, in("time", isText("22 Nov 2026"), has("datetime", "2026-11-23T02:00:00Z")), none(".mw-notice"))
}

func TestA8_DetailOfLittle(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.CanWrite = false
	_, body := render(t, ui, r, Detail{Webhook: webhook.Webhook{ID: "a", URL: "https://c.example/"}, Event: event(t, ui, "pay")})
	check(t, body, hasText("No headers of its own."), hasText("Nothing is sent in the body."), count("a", 1))
}

func TestA6_Delete(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	_, body := render(t, ui, r, Delete{Webhook: erp, Event: event(t, ui, "pay"), Account: paused(Account{}, "hand", 0)})
	check(t, body,
		in("h1", isText("Delete “pay erp”?")),
		in(".mw-lead", isText("From now on nothing is sent to erp.example.com when: An order was paid. This can not be undone.")),
		in("form", has("method", "post"), has("action", "webhooks/pay%20erp/delete"),
			in("[name=csrf]", has("value", "1")), count("button", 1), in("button", isText("Delete"))),
		in("a", isText("Cancel"), has("href", "webhooks/pay%20erp/view")),
		none("[autofocus]"), lacksText("geheim"))
}
