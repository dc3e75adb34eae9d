package adminui

import (
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestD8_DeleteWithDeliveries(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	const lead = "From now on nothing is sent to erp.example.com when: An order was paid. "
	for _, c := range []struct {
		name           string
		waiting, total int
		want           string
	}{
		{"all", 312, 2000, "312 waiting deliveries will not be sent, and the log of 2,000 deliveries is deleted too. This can not be undone."},
		{"one", 1, 1, "1 waiting delivery will not be sent, and the log of 1 delivery is deleted too. This can not be undone."},
		{"nothing waits", 0, 10_001, "The log of more than 10,000 deliveries is deleted too. This can not be undone."},
		{"very many", 10_001, 10_001, "More than 10,000 waiting deliveries will not be sent, and the log of more than 10,000 deliveries is deleted too. This can not be undone."},
		{"nothing", 0, 0, "This can not be undone."},
	} {
		t.Run("D8 "+c.name, func(t *testing.T) {
			_, body := render(t, ui, r, Delete{Webhook: erp, Event: event(t, ui, "pay"), Account: Account{Waiting: c.waiting, Total: c.total}})
			check(t, body, in(".mw-lead", isText(lead+c.want)),
				in(".mw-instead", isText("To stop it for a while only: Pause instead"),
					in("form", has("method", "post"), has("action", erpAt+"pause"), in("[name=csrf]", has("value", "1")))))
			check(t, all(body, "form")[0], has("action", erpAt+"delete"), hasText("Delete"))
		})
	}
	t.Run("D8 one that is paused", func(t *testing.T) {
		check(t, show(t, Delete{Webhook: erp, Event: event(t, ui, "pay"), Account: paused(Account{}, "hand", 0)}),
			none(".mw-instead"), count("form", 1))
	})
}

// question wants a page with one form that posts, and Cancel.
func question(action, button string) checker {
	return func(n *html.Node) error {
		if err := in("form", has("method", "post"), has("action", action), in("[name=csrf]", has("value", "1")),
			in("button", isText(button)), in("a.mw-quiet", isText("Cancel"), has("href", erpAt+"view")))(n); err != nil {
			return err
		}
		return none("[autofocus]")(n)
	}
}

func TestD8_Questions(t *testing.T) {
	ui := newUI(t, Options{Title: "Shop"})
	r := request(ui)
	r.Fields, r.Instance = []Field{{"csrf", "1"}}, "sandbox"
	t.Run("D8 Pause", func(t *testing.T) {
		page, body := render(t, ui, r, Pause{WebhookID: "pay erp", Event: event(t, ui, "pay")})
		if want := "Pause “pay erp”? – Webhooks – Shop"; page.Title != want {
			t.Errorf("the title is %q, want %q", page.Title, want)
		}
		check(t, body, in("h1", isText("Pause “pay erp”?")), question(erpAt+"pause", "Pause"), in(".mw-instance", isText("Instance: sandbox")),
			in(".mw-lead", isText("From now on nothing is sent when: An order was paid. What happens meanwhile waits until you resume.")))
	})
	t.Run("D8 Resume", func(t *testing.T) {
		for waiting, want := range map[int]string{1: "1 delivery waits.", 312: "312 deliveries wait.", 10_001: "More than 10,000 deliveries wait."} {
			_, body := render(t, ui, r, Resume{WebhookID: "pay erp", Waiting: waiting})
			check(t, body, in("h1", isText("Resume “pay erp”?")), question(erpAt+"resume", "Resume"),
				in("fieldset legend", isText(want)), count("[name=drop]", 2), in("[name=drop][checked]", has("value", "")),
				in("[name=drop][value=1]", has("type", "radio")))
			labels := all(body, "fieldset label")
			check(t, labels[0], isText("Send them, oldest first"), in("[checked]"))
			check(t, labels[1], isText("Do not send them, mark them as failed"))
		}
		_, body := render(t, ui, r, Resume{WebhookID: "pay erp", Waiting: 10_001, GoesOn: true})
		check(t, body, in("[role=status]", hasText("Those that are left still wait: press Resume to go on.")), in("[name=drop][checked]", has("value", "1")))
		_, body = render(t, ui, r, Resume{WebhookID: "pay erp", GoesOn: true})
		check(t, body, question(erpAt+"resume", "Resume"), none("[name=drop]"), none("[role=status]"), hasText("No delivery waits."))
	})
	t.Run("D4 New secret", func(t *testing.T) {
		_, body := render(t, ui, r, Rotate{WebhookID: "pay erp", Until: now})
		const lead = "The old one stays valid until 23 Nov 2026, 14:03 UTC. Give the new one to the receiver before that."
		check(t, body, in("h1", isText("New secret for “pay erp”?")), question(erpAt+"secret/rotate", "Make a new secret"), in(".mw-lead", isText(lead)))
		_, body = render(t, ui, r, Rotate{WebhookID: "pay erp", Until: now, HasPrevious: true})
		check(t, body, in(".mw-lead", isText(lead+" The one before that is still valid, and ends at once.")))
	})
}

func TestD4_SecretPage(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	_, body := render(t, ui, r, SecretPage{WebhookID: "pay erp"})
	check(t, body, in("h1", isText("Secret of “pay erp”")), none("pre"),
		in("form", has("method", "post"), has("action", erpAt+"secret"), isText("Show"), in("[name=csrf]", has("value", "1"))),
		in("a", isText("Back to the webhook"), has("href", erpAt+"view")))
	_, body = render(t, ui, r, SecretPage{WebhookID: "pay erp", Secret: recipeSecret})
	check(t, body, in("pre", isText(recipeSecret), has("dir", "ltr")), none("form"), count("h2", 1),
		in(`a[href="`+erpAt+`secret/rotate"]`, isText("New secret")))
	_, body = render(t, ui, r, SecretPage{WebhookID: "pay erp", Secret: recipeSecret, Previous: otherSecret, PreviousUntil: now})
	secrets := all(body, "pre")
	check(t, secrets[0], isText(recipeSecret))
	check(t, secrets[1], isText(otherSecret))
	check(t, all(body, "h2")[1], isText("The one before, valid until 23 Nov 2026, 14:03 UTC"), in("time"))
	checkReferences(t, body)
}

func TestD3_ScheduleInWords(t *testing.T) {
	const start = "If the program does not answer, we try "
	minutes := func(m ...float64) []time.Duration {
		var schedule []time.Duration
		for _, n := range m {
			schedule = append(schedule, time.Duration(n*float64(time.Minute)))
		}
		return schedule
	}
	for _, c := range []struct {
		schedule []time.Duration
		want     string
	}{
		{minutes(1.0/12, 1, 5, 30, 120, 360, 720, 1440, 1440), start + "again after 5 seconds, 1 minute, 5 minutes … for almost 3 days."},
		{minutes(1), start + "once more, after 1 minute."},
		{minutes(1440, 90), start + "again after 1 day and 90 minutes."},
		{minutes(1.0/60, 2.0/60, 4.0/60), start + "again after 1 second, 2 seconds and 4 seconds."},
		{minutes(60, 60, 60, 60), start + "again after 1 hour, 1 hour, 1 hour … for 4 hours."},
		{minutes(1.0/6000, 1, 1, 1), start + "again after 1 second, 1 minute, 1 minute … for more than 3 minutes."},
		{minutes(0.001, 0.001, 0.001, 0.001), start + "again after 1 second, 1 second, 1 second … for 1 second."},
		{minutes(30, 30, 30, 20.0/60), start + "again after 30 minutes, 30 minutes, 30 minutes … for more than 90 minutes."},
	} {
		form := newForm(newUI(t, Options{}))
		form.Schedule = c.schedule
		check(t, show(t, form), in("#url-retries", isText(c.want)), in("#url", has("aria-describedby", "url-hint url-retries")))
	}
	form := newForm(newUI(t, Options{}))
	check(t, show(t, form), none("#url-retries"))
	t.Run("D3 in German", func(t *testing.T) {
		ui := newUI(t, Options{})
		r := request(ui)
		r.Language = ui.Language("de")
		form.Schedule = minutes(1.0/12, 1, 5, 30, 120, 360, 720, 1440, 1440)
		_, body := render(t, ui, r, form)
		check(t, body, in("#url-retries", isText("Antwortet das Programm nicht, versuchen wir es nach 5 Sekunden, 1 Minute, 5 Minuten … fast 3 Tage lang erneut.")))
	})
}

func TestD13_WhatWaitsAtAnEdit(t *testing.T) {
	ui := newUI(t, Options{})
	form := newForm(ui)
	form.Waiting = 3
	check(t, show(t, form), none("[name=rebuild_waiting]"))
	form.Editing = "a"
	for n, want := range map[int]string{
		1:      "1 delivery is still waiting. It was made before your change and goes to the old address.",
		3:      "3 deliveries are still waiting. They were made before your change and go to the old address.",
		10_001: "More than 10,000 deliveries are still waiting. They were made before your change and go to the old address.",
	} {
		form.Waiting = n
		check(t, show(t, form), in("#mw-waiting-title", isText(want)),
			in("[name=rebuild_waiting]", has("value", "1"), has("type", "checkbox"), lacks("checked")),
			in("#mw-waiting label", isText("Make them anew with the new settings")))
	}
	form.RebuildWaiting = true
	check(t, show(t, form), in("[name=rebuild_waiting]", has("checked", "")))
	buttons := all(show(t, form), "form button")
	check(t, buttons[0], isText("Save"))
	form.Deleted = true
	check(t, show(t, form), none("[name=rebuild_waiting]"))
	form.Deleted, form.Waiting = false, 0
	check(t, show(t, form), none("[name=rebuild_waiting]"))
}
