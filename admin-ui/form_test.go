package adminui

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

func TestA2_New(t *testing.T) {
	ui := newUI(t, Options{Title: "Shop"})
	page, body := render(t, ui, request(ui), newForm(ui))
	if want := "New webhook – Webhooks – Shop"; page.Title != want {
		t.Errorf("the title is %q, want %q", page.Title, want)
	}
	check(t, body,
		in("h1", isText("New webhook")),
		in("form", has("action", "webhooks"), has("method", "post"), has("novalidate", "")),
		none("[name=version]"), none("[autofocus]"), none("[maxlength]"), none("[required]"),
		in("details#mw-texts", lacks("open")),
		in("#webhook_id", has("name", "webhook_id"), has("value", "")),
		in("#webhook_id-hint", hasText("such as pay-erp.example.com")),
		in("#url", has("type", "url"), has("dir", "ltr")),
		in("[name=start_from][checked]", has("value", webhook.StartAll)),
		in("[name=event_type][checked]", has("value", "pay"), has("id", "event_type")),
		in("option[selected]", has("value", "POST")),
	)
	t.Run("A2 the order that a person thinks in", func(t *testing.T) {
		want := []string{"event_type", "url", "http_method", "start_from", "header_template", "body_template", "webhook_id"}
		if got := controls(body); !slices.Equal(got, want) {
			t.Errorf("the fields stand in the order %v, want %v", got, want)
		}
	})
	t.Run("A2 Enter presses Save, and no button stands between fields", func(t *testing.T) {
		buttons := all(body, "form button")
		if len(buttons) != 2 {
			t.Fatalf("the form has %d buttons, want 2", len(buttons))
		}
		check(t, buttons[0], isText("Save"), lacks("formaction"), lacks("type"))
		check(t, buttons[1], isText("Preview"), has("formaction", "webhooks/preview"), lacks("type"))
		check(t, body, in(".mw-buttons", isText("Save Preview Cancel"), in("a", has("href", "webhooks"))))
	})
	t.Run("A2 the events are grouped, each with what it means", func(t *testing.T) {
		var groups []string
		for _, group := range all(body, ".mw-groups .mw-group") {
			groups = append(groups, text(all(group, ".mw-group-title")[0]))
		}
		if want := []string{"Orders", "Products", "Categories"}; !slices.Equal(groups, want) {
			t.Errorf("the groups are %v, want %v", groups, want)
		}
		check(t, body, count("[name=event_type]", 10),
			in("#mw-event-pay", isText("An order was paid pay")),
			in("#mw-meaning-pay", isText("Sent as soon as the customer's payment has arrived.")))
	})
	t.Run("A2 only the chosen event's variables are shown without a script", func(t *testing.T) {
		for _, list := range all(body, ".mw-variables") {
			name, _ := attribute(list, "data-event")
			if _, hidden := attribute(list, "hidden"); hidden == (name == "pay") {
				t.Errorf("the variables of %s: hidden is %v", name, hidden)
			}
		}
		check(t, body, in("[data-event=pay]",
			in("summary", isText("Variables of “An order was paid”")),
			hasText("order_id The order's ID. Example: 2025.282-01MRE3X"),
			hasText("{{{json.order_id}}} in JSON"), hasText("{{{form.order_id}}} in form fields"), hasText("{{order_id}} elsewhere")))
	})
}

// controls are the names of the fields in their order, each once.
func controls(body *html.Node) []string {
	var names []string
	for n := range body.Descendants() {
		name, ok := attribute(n, "name")
		if kind, _ := attribute(n, "type"); ok && kind != "hidden" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func TestA2_HostsEvents(t *testing.T) {
	events, err := webhook.NewCatalogue(webhook.EventType{Name: "shop.closed", Title: "The shop closed", Meaning: "Sent at night."})
	if err != nil {
		t.Fatal(err)
	}
	ui := newUI(t, Options{Events: events})
	form := newForm(ui)
	form.Values.EventType = "shop.closed"
	_, body := render(t, ui, request(ui), form)
	check(t, body,
		in("#mw-events-other", isText("Other")),
		in("[name=event_type][checked]", has("value", "shop.closed"), has("id", "event_type")),
		in("[data-event=shop.closed]", isText("“The shop closed” has no variables.")))
}

// TestA2_WhatIsNoneStays: a program may post an event or a method that there is
// none of; nothing else is chosen in its place.
func TestA2_WhatIsNoneStays(t *testing.T) {
	form := Form{Values: Values{EventType: "paid?", HTTPMethod: "fetch"}}
	check(t, show(t, form),
		in("[name=event_type][checked]", has("value", "paid?"), has("id", "event_type")),
		in("option[selected]", has("value", "fetch")),
		in("[name=start_from][checked]", has("value", webhook.StartOwn)))
	form = Form{Values: Values{HTTPMethod: "put"}}
	check(t, show(t, form), none("[name=event_type][checked]"), in("#event_type", has("value", "order_created")),
		in("option[selected]", has("value", "PUT")))
}

func TestA2_Edit(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Base, r.Instance = "../../", "sandbox"
	r.Fields = []Field{{"csrf", `"><x>`}}
	_, body := render(t, ui, r, Form{
		Editing: "ü+%: new", Version: 7, StartFrom: webhook.StartOwn,
		Values: Values{WebhookID: "ü+%: new", EventType: "pay", URL: "https://a:geheim@c.example/", HTTPMethod: "PUT", HeaderTemplate: "X-Token: 1"},
	})
	const at = "../../webhooks/%C3%BC+%25:%20new/"
	check(t, body,
		in("h1", isText("Edit “ü+%: new”")),
		in(".mw-instance", isText("Instance: sandbox")),
		in("form", has("action", at+"edit")),
		in("[name=webhook_id]", has("type", "hidden"), has("value", "ü+%: new")),
		in("[name=version]", has("type", "hidden"), has("value", "7")),
		in("[name=csrf]", has("type", "hidden"), has("value", `"><x>`)),
		in("#mw-preview-button", has("formaction", "../../webhooks/preview")),
		in(".mw-buttons a", has("href", at+"view")),
		in("#url", has("value", "https://a:geheim@c.example/")),
		in("#header_template", isText("X-Token: 1")),
		in("details#mw-texts", has("open", "")),
		in("[name=start_from][checked]", has("value", webhook.StartOwn)),
		none("#webhook_id"),
	)
	check(t, show(t, Form{Editing: "a", StartFrom: webhook.StartAll}), in("details#mw-texts", has("open", "")))
}

// TestA6_TextAreas: what a browser makes of the page is what was stored.
func TestA6_TextAreas(t *testing.T) {
	for _, value := range []string{
		"", "a", "\nfirst line is empty", "\n\n", "a\nb\n", "{{{json.order_id}}} [[.]] [[", "</textarea><script>alert(1)</script>",
		"&amp; &lt; &#10;", "<!-- ", "\ttab  ",
	} {
		body := show(t, Form{Values: Values{HeaderTemplate: value, BodyTemplate: value, URL: value, WebhookID: value}})
		for _, id := range []string{"#header_template", "#body_template"} {
			if got := rawText(all(body, id)[0]); got != value {
				t.Errorf("%s reads %q, want %q", id, got, value)
			}
		}
		check(t, body, in("#url", has("value", value)), in("#webhook_id", has("value", value)), count("script", 1))
	}
}

func TestA4_Refused(t *testing.T) {
	ui := newUI(t, Options{})
	values := Values{EventType: "pay", URL: "ftp://c.example/", HTTPMethod: "POST", BodyTemplate: "{{#products}}"}
	_, problems := webhook.Validate(webhook.Input{
		WebhookID: webhook.Value{Text: "a"}, EventType: webhook.Value{Text: "pay"}, URL: webhook.Value{Text: values.URL},
		HTTPMethod: webhook.Value{Text: "POST"}, BodyTemplate: webhook.Value{Text: values.BodyTemplate},
	}, webhook.Policy{EventTypes: ui.events})
	problems = append(problems, &webhook.Problem{Code: webhook.CodeForbidden, Message: webhook.Say("webhook.limit", "limit", 10)})
	page, body := render(t, ui, request(ui), Form{Values: values, StartFrom: webhook.StartAll, Problems: problems})
	if want := "Error: New webhook – Webhooks"; page.Title != want {
		t.Errorf("the title is %q, want %q", page.Title, want)
	}
	const address = "The address begins with ftp:. It must begin with https:// or http://."
	check(t, body,
		in("h1", isText("Error: New webhook")),
		in("[role=region]", has("tabindex", "-1"), has("autofocus", ""), has("aria-labelledby", "mw-summary"),
			in("h2#mw-summary", isText("There are 3 problems.")), count("li", 3), count("li a", 2)),
		count("[autofocus]", 1),
		in("#url", has("aria-invalid", "true"), has("aria-describedby", "url-message url-hint")),
		in("#url-message", isText(address)),
		in("#body_template", has("aria-invalid", "true"), has("aria-describedby", "body_template-message body_template-hint")),
		in("#header_template", lacks("aria-invalid"), has("aria-describedby", "header_template-hint")),
		in("details#mw-texts", has("open", "")),
	)
	links := all(body, "[role=region] li a")
	check(t, links[0], isText(address), has("href", "#url"))
	check(t, links[1], isText("Line 1 of the body: {{#products}} is never closed. Write {{/products}} after it."), has("href", "#body_template"))
	t.Run("A9 every element that is named is there", func(t *testing.T) { checkReferences(t, body) })
}

func TestA4_EventRefused(t *testing.T) {
	problems := webhook.Problems{{Code: webhook.CodeJSONInvalid, Field: "event_type", Message: webhook.Say("event_type.missing", "list", "pay")}}
	body := show(t, Form{Problems: problems})
	check(t, body,
		in("[role=radiogroup]", has("aria-invalid", "true"), has("aria-describedby", "event_type-message")),
		in("h2", isText("There is 1 problem.")),
		in("[role=region] a", has("href", "#event_type")), in("#event_type", has("type", "radio")))
}

func TestA4_SummaryInTheFormsOrder(t *testing.T) {
	ui := newUI(t, Options{})
	_, problems := webhook.Validate(webhook.Input{BodyTemplate: webhook.Value{Text: "{{#a}}"}}, webhook.Policy{EventTypes: ui.events})
	_, body := render(t, ui, request(ui), Form{Problems: problems})
	links := all(body, "[role=region] li a")
	want := []string{"#event_type", "#url", "#http_method", "#body_template", "#webhook_id"}
	if len(links) != len(want) {
		t.Fatalf("there are %d links, want %d", len(links), len(want))
	}
	for i, link := range links {
		check(t, link, has("href", want[i]))
	}
}

func TestA4_TakenID(t *testing.T) {
	taken := webhook.Problems{{Code: webhook.CodeWebhookExists, Subject: "a b", Field: "webhook_id"}}
	body := show(t, Form{Values: Values{WebhookID: "a b"}, Problems: taken})
	check(t, body,
		in("#webhook_id", has("value", "a b"), has("aria-invalid", "true")),
		in("#webhook_id-message", isText("There is already a webhook “a b”. Show it Choose another ID, such as a b-2."),
			in("a", has("href", "webhooks/a%20b/view"), has("target", "_blank"), has("rel", "noopener"))),
		in("[role=region] a", has("href", "#webhook_id"), isText("There is already a webhook “a b”. Choose another ID, such as a b-2.")))
}

// TestA4_EditedID: an edit has no field for the ID that a message could stand
// beside.
func TestA4_EditedID(t *testing.T) {
	fixed := webhook.Problems{webhook.JudgeSameID("b", "a")}
	check(t, show(t, Form{Editing: "a", Problems: fixed}),
		in("[role=region] li", hasText("The ID can not be changed.")), none("[role=region] a"))
}

func TestA4_ComesBack(t *testing.T) {
	ui := newUI(t, Options{})
	values := Values{WebhookID: "a", EventType: "pay", URL: "https://c.example/", HTTPMethod: "POST", BodyTemplate: "typed"}
	for _, test := range []struct {
		name     string
		form     Form
		h1, lead string
	}{
		{
			"not signed in",
			Form{Values: values, SignedOut: true, SignIn: "/login?next=%2F"},
			"You are no longer signed in",
			"Nothing was saved, nothing is lost: your text is below. Sign in in a new tab, come back here and press Save.",
		},
		{
			"not signed in, nobody knows where to",
			Form{Values: values, SignedOut: true},
			"You are no longer signed in",
			"Nothing was saved, nothing is lost: your text is below. Sign in in a new tab, come back here and press Save.",
		},
		{
			"the database is away",
			Form{Values: values, IsFailed: true},
			"It could not be saved just now",
			"Nothing was changed, your text is below. Try again in a minute. If it stays so, tell the operator: 23 Nov 2026, 14:03:05 UTC.",
		},
		{
			"the database is away, and the request has a name",
			Form{Values: values, IsFailed: true, Failed: "r-1"},
			"It could not be saved just now",
			"Nothing was changed, your text is below. Try again in a minute. If it stays so, tell the operator: 23 Nov 2026, 14:03:05 UTC, r-1.",
		},
	} {
		t.Run("A4 "+test.name, func(t *testing.T) {
			_, body := render(t, ui, request(ui), test.form)
			check(t, body, in("h1", isText(test.h1)), in(".mw-notice", isText(test.lead), has("autofocus", "")),
				in("#body_template", isText("typed")), in("#webhook_id", has("value", "a")), none("[role=region]"), count("[autofocus]", 1))
			if link := all(body, ".mw-notice a"); test.form.SignIn != "" {
				check(t, link[0], isText("Sign in in a new tab"), has("href", test.form.SignIn), has("target", "_blank"))
			} else if len(link) > 0 {
				t.Error("there is a link to nowhere")
			}
			if test.form.IsFailed {
				check(t, body, in("time", has("datetime", "2026-11-23T14:03:05Z")))
			}
		})
	}
}

// checkReferences wants each element that labels, describes or is led to.
func checkReferences(t *testing.T, body *html.Node) {
	t.Helper()
	ids := map[string]int{}
	for n := range body.Descendants() {
		if id, ok := attribute(n, "id"); ok {
			if ids[id]++; ids[id] > 1 {
				t.Errorf("%d elements have the ID %s", ids[id], id)
			}
		}
	}
	for n := range body.Descendants() {
		for _, name := range []string{"for", "aria-labelledby", "aria-describedby"} {
			named, _ := attribute(n, name)
			for id := range strings.FieldsSeq(named) {
				if ids[id] == 0 {
					t.Errorf("%s=%q names nothing", name, id)
				}
			}
		}
		if address, _ := attribute(n, "href"); strings.HasPrefix(address, "#") && ids[address[1:]] == 0 {
			t.Errorf("a link leads to %s, which is not there", address)
		}
	}
}
