package adminui

import (
	"html/template"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD6_EventsByTitle: people read what happened, and the name of an event that is
// no more; programs read names.
func TestD6_EventsByTitle(t *testing.T) {
	events, err := webhook.NewCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	_, why := webhook.Explain(webhook.Facts{WebhookEvent: "refund", OrderEvents: []string{"pay", "order.shipped"}}, events)
	if got, want := why.English(), "It only listens to “refund”; this order had: pay, order.shipped."; got != want {
		t.Errorf("programs read %q, want %q", got, want)
	}
	for tag, want := range map[string]template.HTML{
		"en": "It only listens to “<bdi>A refund was granted</bdi>”; this order had: <bdi>An order was paid, order.shipped</bdi>.",
		"de": "Er wartet nur auf „<bdi>Eine Erstattung wurde gewährt</bdi>“; diese Bestellung hatte: <bdi>Eine Bestellung wurde bezahlt, order.shipped</bdi>.",
	} {
		if got := builtIn(t).best(tag).MessageHTML(why); got != want {
			t.Errorf("people read %q, want %q", got, want)
		}
	}
}

// TestA11_HostsEvent holds that a host's event type speaks for itself until a
// host's language translates it, its variables too.
func TestA11_HostsEvent(t *testing.T) {
	shipped := webhook.EventType{
		Name: "order.shipped", Title: "An order was shipped", Meaning: "Sent when the parcel is on its way.",
		Variables: []webhook.Variable{
			{Name: "address", Meaning: "Where it goes."},
			{Name: "order_id", Meaning: "The order's ID."},
			{Name: "parcel", Meaning: "The parcel's number."},
		},
	}
	said := func(l *Language) []string {
		all := []string{l.EventTitle(shipped), l.EventMeaning(shipped)}
		for _, v := range shipped.Variables {
			all = append(all, l.VariableMeaning(shipped, v))
		}
		return all
	}
	compare := func(got []string, want ...string) {
		t.Helper()
		if g, w := strings.Join(got, "|"), strings.Join(want, "|"); g != w {
			t.Errorf("the event says %s, want %s", g, w)
		}
	}
	compare(said(builtIn(t).best("en")), "An order was shipped", "Sent when the parcel is on its way.",
		"Where it goes.", "The order's ID.", "The parcel's number.")
	compare(said(builtIn(t).best("de")), "An order was shipped", "Sent when the parcel is on its way.",
		"Where it goes.", "Die ID der Bestellung.", "The parcel's number.")
	host := Language{Tag: "de", Texts: map[string]string{
		"event.order.shipped.title":           "Eine Bestellung wurde versandt",
		"event.order.shipped.variable.parcel": "Die Nummer des Pakets.",
	}}
	compare(said(builtIn(t, host).best("de")), "Eine Bestellung wurde versandt", "Sent when the parcel is on its way.",
		"Where it goes.", "Die ID der Bestellung.", "Die Nummer des Pakets.")
	compare([]string{builtIn(t).best("de").EventTitle(webhook.EventType{Name: "order.made"})}, "order.made")
}

func TestA11_TalersEvents(t *testing.T) {
	l := builtIn(t).best("de")
	for _, e := range talerEvents() {
		if l.EventTitle(e) == e.Title || l.EventMeaning(e) == e.Meaning {
			t.Errorf("%s reads %q, %q in German", e.Name, l.EventTitle(e), l.EventMeaning(e))
		}
		for _, v := range e.Variables {
			if l.VariableMeaning(e, v) == v.Meaning {
				t.Errorf("the variable %s of %s reads %q in German", v.Name, e.Name, v.Meaning)
			}
		}
	}
}
