package adminui

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// fullDelivery is a delivery that failed in every way, and waits.
func fullDelivery(tb testing.TB, ui *UI) DeliveryPage {
	tb.Helper()
	row := DeliveryRow{
		ID: "msg_1_00112233", WebhookID: "pay erp", Event: event(tb, ui, "pay"), OrderID: "2026-1", IsTest: true, State: statePending,
		EventAt: now.Add(-30 * time.Minute), DueAt: now.Add(time.Minute), Attempts: 3, Most: 10, LastStatus: 503,
	}
	return DeliveryPage{
		Row: row, Why: webhook.Say("why.later", "time", row.DueAt),
		FirstSent: row.EventAt.Add(59 * time.Second), Delivered: row.EventAt.Add(time.Minute),
		Attempts: []AttemptRow{
			{
				Number: 3, Most: 10, At: now, Duration: 410 * time.Millisecond, Address: "erp.example.com (192.0.2.1)", Status: 503,
				AnswerHeaders: "Content-Type: text/html\nSet-Cookie: geheim\n", Answer: []byte("<b>down</b>"),
			},
			{Number: 2, At: now.Add(-24 * time.Hour), Error: webhook.Say("attempt.refused"), Detail: "dial tcp: <connection refused>"},
			{Number: 1, Most: 2, At: now, Duration: time.Millisecond, Status: 999, Answer: []byte("earlier"), AnswerHeaders: "X-Token: geheim\nA: b\n"},
		},
		Method: "POST", URL: "https://shop:geheim@erp.example.com/hook",
		Headers: []webhook.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "Authorization", Value: "geheim"}, {Name: "Webhook-Id", Value: "msg_1_00112233"}},
		Body:    []byte(`{"a":"</pre>"}`),
		IsSent:  true,
	}
}

func TestD6_Delivery(t *testing.T) {
	ui := newUI(t, Options{Title: "Shop"})
	madeAnew := fullDelivery(t, ui)
	madeAnew.IsSent, madeAnew.Body = false, nil
	_, unsent := render(t, ui, request(ui), madeAnew)
	check(t, unsent, in("#mw-sent", isText("What is to be sent")), hasText("There is nothing in the body."))
	page, body := render(t, ui, request(ui), fullDelivery(t, ui))
	if want := "An order was paid, 23 Nov 2026, 13:33:05 UTC – Webhooks – Shop"; page.Title != want {
		t.Errorf("the title is %q, want %q", page.Title, want)
	}
	const at = "webhooks/pay%20erp/deliveries/msg_1_00112233"
	check(t, body,
		in("h1", isText("An order was paid, 23 Nov 2026, 13:33:05 UTC"), in("time")),
		in(".mw-back a", isText("Deliveries of “pay erp”"), has("href", "webhooks/pay%20erp/deliveries")),
		in(".mw-state", isText("Pending, next 23 Nov, 14:04 UTC")), in(".mw-titles .mw-badge", isText("Test")),
		in(".mw-sentence", isText("It is to be sent at 23 Nov 2026, 14:04:05 UTC."), in("time")),
		in("dl", isText("Happened 23 Nov 2026, 13:33:05 UTC First sent 23 Nov 2026, 13:34:04 UTC Delivered 23 Nov 2026, 13:34:05 UTC late "+
			"Webhook pay erp Event An order was paid (pay) Order 2026-1 webhook-id msg_1_00112233")),
		in(".mw-late svg", has("aria-hidden", "true")),
		in("#mw-sent", isText("What was sent")), in("#mw-came", isText("What came back (first 64 KiB)")),
		hasText(`{"a":"</pre>"}`), hasText("<b>down</b>"), none("b"),
		none("[role=status]"), none("[autofocus]"),
		in(".mw-as-of", isText("As of 14:03:05 UTC. Load again"), in("a", has("href", at))),
	)
	for i, want := range []string{
		"Attempt 3 of 10, 14:03:05 UTC, took 0.4 s: 503 Service Unavailable Sent to erp.example.com (192.0.2.1)",
		"Attempt 2, 22 Nov 2026, 14:03:05 UTC: The connection was refused In technical words dial tcp: <connection refused>",
		"Attempt 1 of 2, 14:03:05 UTC, took 1 ms: 999 What came back (first 64 KiB) 999 earlier Headers X-Token: ••• A: b",
	} {
		check(t, all(body, ".mw-attempt")[i], isText(want))
	}
	for _, block := range all(body, "pre") {
		check(t, block, has("dir", "ltr"))
	}
}

func TestS2_DeliveryHidesSecrets(t *testing.T) {
	ui := newUI(t, Options{})
	view := fullDelivery(t, ui)
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	_, body := render(t, ui, r, view)
	check(t, body, lacksText("geheim"),
		hasText("POST https://shop:•••@erp.example.com/hook"), hasText("Authorization: •••"), hasText("Set-Cookie: •••"), hasText("Content-Type: application/json"),
		hasText("'https://shop:PASSWORD@erp.example.com/hook'"), hasText("'Authorization: SECRET'"))
	show := all(body, ".mw-bar")[0]
	check(t, show, isText("Passwords and secrets are hidden. Show"), has("method", "post"),
		has("action", "webhooks/pay%20erp/deliveries/msg_1_00112233/show"), in("[name=csrf]", has("value", "1")))

	t.Run("S2 shown", func(t *testing.T) {
		view := view
		view.Revealed = true
		_, body := render(t, ui, r, view)
		check(t, body, hasText("POST https://shop:geheim@erp.example.com/hook"), hasText("Authorization: geheim"), hasText("Set-Cookie: geheim"),
			hasText("X-Token: geheim"), hasText("'Authorization: geheim'"), lacksText("•••"), none(".mw-bar"), in("#mw-sent", has("autofocus", "")))
	})
	t.Run("S2 who may only read sees no button", func(t *testing.T) {
		r := r
		r.CanWrite = false
		_, body := render(t, ui, r, view)
		check(t, body, lacksText("geheim"), none("form"), none("button"))
	})
	t.Run("S2 nothing is hidden", func(t *testing.T) {
		view := view
		view.URL, view.Headers, view.Attempts = "https://erp.example.com/", nil, view.Attempts[1:2]
		_, body := render(t, ui, r, view)
		check(t, body, none(".mw-bar"))
	})
}

func TestD6_SendAgain(t *testing.T) {
	ui := newUI(t, Options{})
	const at = "webhooks/pay%20erp/deliveries/msg_1_00112233/redeliver"
	for _, test := range []struct {
		name, state, text string
		asks              bool
	}{
		{"a pending one now", statePending, "Send now", false},
		{"a failed one again", stateFailed, "Send again", false},
		{"where there is a choice it is asked", stateDelivered, "Send again", true},
	} {
		t.Run("D6 "+test.name, func(t *testing.T) {
			view := fullDelivery(t, ui)
			view.Row.State, view.Asks = test.state, test.asks
			_, body := render(t, ui, request(ui), view)
			if test.asks {
				check(t, body, in("a.mw-button", isText(test.text), has("href", at)), none("form.mw-actions"))
			} else {
				check(t, body, in("form.mw-actions", has("action", at), has("method", "post"), in("button", isText(test.text))), none("a.mw-button"))
			}
			if pending := test.state == statePending; !pending {
				check(t, body, none(".mw-as-of"))
			}
		})
	}
}

func TestD6_DeliveryInOtherStates(t *testing.T) {
	ui := newUI(t, Options{})
	t.Run("D10 its content was erased", func(t *testing.T) {
		view := fullDelivery(t, ui)
		view.ErasedAt, view.SHA256, view.Body, view.Headers, view.Attempts[0].Answer = now, []byte{0xab, 1}, nil, nil, nil
		_, body := render(t, ui, request(ui), view)
		check(t, body, hasText("The content was erased on 23 Nov 2026. Its SHA-256 is ab01."), lacksText("As a curl line"), lacksText("Nothing came back"),
			none("form.mw-actions"), none("a.mw-button"))
	})
	t.Run("D7 it could not be made", func(t *testing.T) {
		view := fullDelivery(t, ui)
		view.NotMade, view.Attempts, view.IsSent = webhook.Say("delivery.not_made"), nil, false
		_, body := render(t, ui, request(ui), view)
		check(t, body, hasText(view.NotMade.English()), in("#mw-sent", isText("What is to be sent")), lacksText("curl"), none("#mw-came"))
	})
	t.Run("D6 a header alone is hidden", func(t *testing.T) {
		view := fullDelivery(t, ui)
		view.URL, view.Attempts = "https://erp.example.com/", nil
		_, body := render(t, ui, request(ui), view)
		check(t, body, hasText("Authorization: •••"), hasText("Passwords and secrets are hidden."))
		view.Headers = view.Headers[:1]
		_, body = render(t, ui, request(ui), view)
		check(t, body, lacksText("Passwords and secrets are hidden."))
	})
	t.Run("D6 it was not sent yet", func(t *testing.T) {
		view := fullDelivery(t, ui)
		view.IsSent = false
		view.Attempts, view.Body, view.FirstSent, view.Delivered, view.IsWaiting = nil, nil, time.Time{}, time.Time{}, true
		_, body := render(t, ui, request(ui), view)
		check(t, body, hasText("There is nothing in the body."), none("#mw-attempts"), lacksText("First sent"), none(".mw-late"),
			in("[role=status]", isText("Still waiting for the answer. Load again"), has("autofocus", "")))
	})
	t.Run("D6 nothing came back", func(t *testing.T) {
		view := fullDelivery(t, ui)
		view.Attempts = []AttemptRow{{Number: 1, Most: 10, At: now}}
		_, body := render(t, ui, request(ui), view)
		check(t, body, in("#mw-came"), hasText("Nothing came back."), in(".mw-attempt", hasText("Attempt 1 of 10, 14:03:05 UTC: no answer")))
		view.Attempts[0].Status = 204
		_, body = render(t, ui, request(ui), view)
		check(t, body, hasText("204 No Content Nothing came back in the body."), in(".mw-attempt.mw-good"))
	})
}

func TestD6_Bodies(t *testing.T) {
	ui := newUI(t, Options{})
	answer := func(content string) DeliveryPage {
		view := fullDelivery(t, ui)
		view.Body, view.Attempts = []byte("x"), []AttemptRow{{Number: 1, At: now, Status: 200, Answer: []byte(content)}}
		return view
	}
	for _, test := range []struct{ name, content, want string }{
		{"no UTF-8", "a\xffb", "This is no text. It has 3 bytes and begins: 00000000 61 ff 62 |a.b|"},
		{"a NUL", "\x00", "This is no text. It has 1 byte: 00000000 00 |.|"},
		{"a character that was cut", "für 😀"[:8], "200 OK für"},
		{"a character that is no end", "a\x80\x80\x80\x80", "This is no text. It has 5 bytes"},
	} {
		t.Run("D6 "+test.name, func(t *testing.T) {
			_, body := render(t, ui, request(ui), answer(test.content))
			check(t, all(body, ".mw-box")[2], hasText(test.want))
		})
	}
	t.Run("D6 long ones fold", func(t *testing.T) {
		_, body := render(t, ui, request(ui), answer(strings.Repeat("1\n", 41)))
		check(t, body, in(".mw-long details summary", isText("The whole text, 41 lines")))
	})
	t.Run("D6 only the beginning in digits", func(t *testing.T) {
		_, body := render(t, ui, request(ui), answer(strings.Repeat("\xff", 65536)))
		check(t, body, hasText("65,536 bytes"), hasText("000000f0"), lacksText("00000100"))
	})
}
