package adminui

import (
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// someAccount is of a webhook that is active.
func someAccount(tb testing.TB, ui *UI) Account {
	tb.Helper()
	last := deliveryRows(tb, ui)[2]
	last.FinishedAt = now.Add(-time.Hour)
	return Account{Last: last, Total: 6, IsSending: true, FailingFor: 72 * time.Hour}
}

// accountedDetail is the page of a webhook with deliveries.
func accountedDetail(tb testing.TB, ui *UI) Detail {
	tb.Helper()
	return Detail{
		Webhook: erp, Event: event(tb, ui, "pay"), Created: now, Updated: now,
		Account: someAccount(tb, ui), Recent: deliveryRows(tb, ui), SecretEnd: "c2a1",
	}
}

// paused is an account of a webhook that is paused.
func paused(a Account, reason string, waiting int) Account {
	a.PausedAt, a.PausedReason = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), reason
	a.Waiting, a.OldestWaiting = waiting, time.Date(2026, 11, 17, 8, 30, 0, 0, time.UTC)
	return a
}

const erpAt = "webhooks/pay%20erp/"

func TestD6_DetailWithDeliveries(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	_, body := render(t, ui, r, accountedDetail(t, ui))
	check(t, body,
		in("h1", isText("pay erp")), none("#mw-paused"), none("[role=status]"),
		in("section h2#mw-deliveries-title", isText("Deliveries")),
		in("section table", has("aria-labelledby", "mw-deliveries-title"), count("tbody tr", 6)),
		in("section .mw-more", isText("All deliveries Send again what failed")),
		in(".mw-as-of", isText("As of 14:03:05 UTC. Load again"), in("a", has("href", erpAt+"view"))),
		in("dd.mw-actions", isText("ends in …c2a1 Show New secret")),
	)
	for address, text := range map[string]string{"test": "Send a test event", "pause": "Pause", "secret": "Show"} {
		check(t, body, in(`form[action="`+erpAt+address+`"]`, has("method", "post"), isText(text), in("[name=csrf]", has("value", "1"))))
	}
	for address, text := range map[string]string{
		"deliveries": "All deliveries", "recover": "Send again what failed", "secret/rotate": "New secret",
		"deliveries/msg_1_0011223344556677": "",
	} {
		links := all(body, `a[href="`+erpAt+address+`"]`)
		if len(links) == 0 {
			t.Errorf("nothing leads to %s", address)
		} else if text != "" {
			check(t, links[0], isText(text))
		}
	}
	t.Run("D6 who may only read", func(t *testing.T) {
		view := accountedDetail(t, ui)
		view.SecretEnd = ""
		view.Account = paused(view.Account, "hand", 3)
		r.CanWrite = false
		_, body := render(t, ui, r, view)
		check(t, body, none("form"), none("button"), lacksText("ends in"), in("section .mw-more", isText("All deliveries")),
			in("#mw-recipe", hasText("whsec_…")), in("#mw-paused", lacksText("Resume"), none("a")))
	})
	t.Run("D6 nothing yet", func(t *testing.T) {
		view := accountedDetail(t, ui)
		view.Recent = nil
		check(t, show(t, view), in("section", isText("Deliveries Nothing has been sent yet. The first delivery appears when: An order was paid.")),
			none(".mw-as-of"))
	})
	t.Run("D6 no worker is running", func(t *testing.T) {
		view := accountedDetail(t, ui)
		view.Account.Waiting, view.Account.IsSending = 1, false
		check(t, show(t, view), in(".mw-warns", isText("Nothing is sending just now: tell the operator.")))
		view.Account = paused(view.Account, "hand", 1)
		check(t, show(t, view), lacksText("Nothing is sending"))
	})
}

func TestD8_Paused(t *testing.T) {
	ui := newUI(t, Options{})
	const since, oldest = "Paused since 20 Nov 2026, 09:00 UTC", "the oldest since 17 Nov 2026, 08:30 UTC."
	for _, test := range []struct {
		name, reason string
		waiting      int
		after        webhook.Message
		want         string
	}{
		{"by hand", "hand", 0, webhook.Message{}, since + " by hand. Resume"},
		{"by hand, one waits", "hand", 1, webhook.Message{}, since + " by hand. 1 delivery waits, " + oldest + " Resume"},
		{"by 410", "gone", 312, webhook.Message{}, since + ": the receiver said it is gone for good (410). 312 deliveries wait, " + oldest + " Resume"},
		{
			"by itself", "failing", 312, webhook.Say("attempt.answered", "status", "503 Service Unavailable"),
			since + ": every delivery failed for 3 days. Last answer: 503 Service Unavailable. 312 deliveries wait, " + oldest + " We try one each hour. Resume",
		},
		{
			"by itself, after an error", "failing", 10_001, webhook.Say("attempt.refused"),
			since + ": every delivery failed for 3 days. Last attempt: The connection was refused. More than 10,000 deliveries wait, " + oldest + " We try one each hour. Resume",
		},
		{"by itself, nothing waits", "failing", 0, webhook.Say("attempt.reset"), since + ": every delivery failed for 3 days. Last attempt: The connection was broken off by the receiver. Resume"},
	} {
		t.Run("D8 "+test.name, func(t *testing.T) {
			view := accountedDetail(t, ui)
			view.Account = paused(view.Account, test.reason, test.waiting)
			view.Account.PausedAfter = test.after
			body := show(t, view)
			check(t, body, in("h1", isText("pay erp")), in("#mw-paused", isText(test.want)), in(".mw-titles .mw-state", isText("Paused"), in("svg")),
				none(`form[action="`+erpAt+`pause"]`), count(`form[action="`+erpAt+`test"]`, 1))
			if test.waiting > 0 {
				check(t, body, in("#mw-paused a", has("href", erpAt+"resume")), none("#mw-paused form"))
			} else {
				check(t, body, in("#mw-paused form", has("action", erpAt+"resume"), has("method", "post")), none("#mw-paused a"))
			}
		})
	}
}

func TestD8_DetailsNotices(t *testing.T) {
	view := accountedDetail(t, newUI(t, Options{}))
	for kind, want := range map[string]string{
		"paused":     "It is paused. What happens from now on waits until you resume.",
		"resumed":    "It is active again.",
		"rotated":    "There is a new secret. Give it to the receiver before the old one ends.",
		"saved_only": "The webhook is saved, but the deliveries that wait could not be made anew: they stay as they were. Edit and save it once more to try again.",
	} {
		view.Notice = kind
		check(t, show(t, view), in("[role=status]", isText(want), has("tabindex", "-1"), has("autofocus", "")), count("[autofocus]", 1))
	}
	view.Notice = "x"
	check(t, show(t, view), none("[role=status]"))
}

func TestD6_ListsLastDelivery(t *testing.T) {
	ui := newUI(t, Options{Location: time.FixedZone("CET", 3600)})
	delivered := someAccount(t, ui)
	failed, pending, old, today := delivered, delivered, delivered, delivered
	failed.Last.State, failed.FailedToday = stateFailed, 1
	pending.Last.State = statePending
	old.Last.FinishedAt = time.Date(2025, 12, 31, 22, 0, 0, 0, time.UTC)
	today.FailedToday = 10_001
	for _, c := range []struct {
		name    string
		account Account
		want    string
	}{
		{"delivered", delivered, "Delivered 23 Nov, 14:03 CET"},
		{"failed", failed, "Failed 23 Nov, 14:03 CET 1 failed today"},
		{"pending", pending, "Pending since 23 Nov, 14:03 CET"},
		{"of another year", old, "Delivered 31 Dec 2025, 23:00 CET"},
		{"many failed", today, "Delivered 23 Nov, 14:03 CET More than 10,000 failed today"},
		{"paused", paused(delivered, "hand", 312), "Paused since 20 Nov; 312 wait"},
		{"paused, one waits", paused(delivered, "hand", 1), "Paused since 20 Nov; 1 waits"},
		{"paused, very many wait", paused(delivered, "hand", 10_001), "Paused since 20 Nov; more than 10,000 wait"},
		{"paused, none waits", paused(failed, "gone", 0), "Paused since 20 Nov 1 failed today"},
		{"nothing yet", Account{}, "—Nothing was sent yet"},
	} {
		t.Run("D6 "+c.name, func(t *testing.T) {
			rows := threeRows(t, ui)
			rows[0].Account, rows[1].Account = c.account, Account{}
			_, body := render(t, ui, request(ui), List{Rows: rows, First: 1, Count: 3})
			cell := all(all(body, "tbody tr")[0], "td")[2]
			check(t, cell, isText(c.want), has("role", "cell"))
			check(t, all(body, "thead th")[3], isText("Last delivery"))
			if state := all(cell, ".mw-outcome"); len(state) == 1 {
				check(t, state[0], in("svg", has("aria-hidden", "true")))
				check(t, cell, in("time"))
			} else {
				check(t, cell, in("[aria-hidden=true]", isText("—")), in(".mw-hidden"))
			}
		})
	}
	t.Run("D6 links, and as of when it is", func(t *testing.T) {
		rows := threeRows(t, ui)
		rows[2].Account = pending
		_, body := render(t, ui, request(ui), List{Rows: rows, First: 1, Count: 3, Newer: "?after=1"})
		links := all(body, ".mw-bar a")
		check(t, links[0], isText("Deliveries"), has("href", "webhooks/deliveries"))
		check(t, links[1], isText("Why was something not sent?"), has("href", "webhooks/why"))
		check(t, body, in(".mw-as-of", isText("As of 15:03:05 CET. Load again"), in("a", has("href", ""))))
	})
}

func TestD12_TestOfWhatIsSaved(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	list := List{Rows: threeRows(t, ui), First: 1, Count: 3, Saved: "a b"}
	_, body := render(t, ui, r, list)
	check(t, body, in("[role=status]", isText("“a b” is saved. Send a test event Show its page"), count("button", 1),
		in("form", has("action", "webhooks/a%20b/test"), has("method", "post"), in("[name=csrf]", has("value", "1"))),
		in("a", has("href", "webhooks/a%20b/view"))), count("[autofocus]", 1))
	list.SavedBreaks = true
	_, body = render(t, ui, r, list)
	check(t, body, in("[role=status]", isText("“a b” is saved, but its body can break. Send a test event See how")))
	r.CanWrite = false
	_, body = render(t, ui, r, list)
	check(t, body, none("[role=status] form"))
}

// accountViews are pages that tell of deliveries, in each state.
func accountViews(tb testing.TB, ui *UI) map[string]View {
	tb.Helper()
	rows := threeRows(tb, ui)
	rows[0].Account, rows[1].Account = someAccount(tb, ui), paused(Account{}, "failing", 312)
	failing, nobody := accountedDetail(tb, ui), accountedDetail(tb, ui)
	failing.Account = paused(failing.Account, "failing", 312)
	failing.Account.PausedAfter = webhook.Say("attempt.refused")
	nobody.Account.Waiting, nobody.Account.IsSending, nobody.Notice = 1, false, "resumed"
	edit := Form{
		Editing: "a", Values: newForm(ui).Values, StartFrom: "own", Version: 1,
		Waiting: 2, Schedule: webhook.DefaultSchedule,
	}
	pay := event(tb, ui, "pay")
	return map[string]View{
		"list with deliveries":   List{Rows: rows, First: 1, Count: 3, Saved: "a"},
		"detail with deliveries": accountedDetail(tb, ui),
		"detail paused":          failing,
		"detail, nobody sends":   nobody,
		"delete with deliveries": Delete{Webhook: erp, Event: pay, Account: Account{Waiting: 1, Total: 2}},
		"edit with deliveries":   edit,
		"pause":                  Pause{WebhookID: "pay erp", Event: pay},
		"resume":                 Resume{WebhookID: "pay erp", Waiting: 2},
		"resume of what is left": Resume{WebhookID: "pay erp", Waiting: 2, GoesOn: true},
		"resume of none":         Resume{WebhookID: "pay erp"},
		"secret asked":           SecretPage{WebhookID: "pay erp"},
		"secret":                 SecretPage{WebhookID: "pay erp", Secret: recipeSecret, Previous: otherSecret, PreviousUntil: now},
		"rotate":                 Rotate{WebhookID: "pay erp", Until: now, HasPrevious: true},
	}
}
