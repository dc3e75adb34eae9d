package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// glance judges the state that a page is in, in both schemes and both widths,
// but not in each of each: for pages whose parts are judged whole elsewhere.
func glance(p *browser.Page, state string) {
	p.Look(browser.Wide, browser.Light)
	p.CheckLook(state)
	p.Look(browser.Narrow, browser.Dark)
	p.CheckLook(state)
	p.Look(browser.Wide, browser.Light)
}

// paid tells the webhooks that an order was paid, of which the shop knows nothing.
func (s *site) paid(order string) {
	s.t.Helper()
	tx := s.db.MustBegin()
	defer tx.Rollback()
	event := webhook.Pay(order, map[string]any{"summary": "Coffee", "order_id": order, "amount": "KUDOS:4.50"})
	if err := s.shop.webhooks.Emit(s.t.Context(), tx, defaultInstance, event); err != nil {
		s.t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		s.t.Fatal(err)
	}
}

// became makes of a webhook's deliveries what it would take days to: set are
// columns of the table.
func (s *site) became(id, set string, values ...any) {
	s.t.Helper()
	s.db.MustExec(`UPDATE merchant_webhooks.delivery AS d SET `+set+` FROM merchant_webhooks.webhook AS w
		WHERE w.webhook_serial = d.webhook_serial AND webhook_id = $1`, append([]any{id}, values...)...)
}

// tried gives each of a webhook's deliveries an attempt: more are columns from
// the status on, and their values.
func (s *site) tried(id, columns, values string, more ...any) {
	s.t.Helper()
	s.db.MustExec(`
		WITH tried AS (
			UPDATE merchant_webhooks.delivery AS d SET attempt_count = attempt_count + 1, tries = tries + 1
			FROM merchant_webhooks.webhook AS w
			WHERE w.webhook_serial = d.webhook_serial AND webhook_id = $1
			RETURNING d.*
		)
		INSERT INTO merchant_webhooks.delivery_attempt (instance_serial, delivery_serial, number, at, duration_ms, url, `+columns+`)
		SELECT instance_serial, delivery_serial, attempt_count, now() - interval '2 days' + attempt_count * interval '7 minutes', 412, url, `+values+`
		FROM tried`, append([]any{id}, more...)...)
}

// openDelivery opens the newest delivery of a webhook.
func openDelivery(p *browser.Page, id string) {
	p.Open("/admin/webhooks/" + url.PathEscape(id) + "/deliveries")
	var path string
	p.Eval(&path, `document.querySelector('tbody a[href*="/msg_"]').pathname`)
	p.Open(path)
}

// The columns of an attempt that was gotAnswer, and of one that was not.
const (
	gotAnswer = `address, status, answer_headers, answer`
	noAnswer  = `error, detail`
)

// old moves what happened two days back.
const old = `UPDATE merchant_webhooks.event SET event_at = now() - interval '2 days'`

// history is a site whose webhooks are in every state that there is; each has
// been told of three orders, but that which is new.
func history(t *testing.T) *site {
	s := newSite(t)
	header := func(w *stored) {
		w.Header = "Content-Type: application/json\nAuthorization: Bearer geheim"
		w.Body = `{"order": {{{json.order_id}}}, "terms": {{{json.contract_terms}}}}`
	}
	for _, id := range []string{"delivered", "failed", "waits", "by-hand", "failing", "gone"} {
		s.create(id, "https://"+id+".example.com/hook", header)
	}
	s.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now() - interval '3 hours', paused_reason = 'hand' WHERE webhook_id = 'by-hand'`)
	s.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now() - interval '3 hours', paused_reason = 'gone' WHERE webhook_id = 'gone'`)
	s.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now() - interval '3 hours', paused_reason = 'failing', probe_at = now() + interval '20 minutes',
		failing_since = now() - interval '3 days', paused_after = '{"key":"attempt.answered","args":{"status":"503 Service Unavailable"}}' WHERE webhook_id = 'failing'`)
	for _, order := range []string{"2026.327-01TQ7N9VX6P9A", "2026.327-00EY3M2R5K4T8", "2026.328-02AX6W4SDKHT0"} {
		s.paid(order)
	}
	s.db.MustExec(old)
	s.tried("delivered", gotAnswer, `'192.0.2.10:443', 200, E'Content-Type: application/json\nSet-Cookie: geheim=1\n', '{"ok":true}'`)
	s.became("delivered", `state = 'delivered', finished_at = now() - interval '2 days', last_status = 200`)
	for range 10 {
		s.tried("failed", gotAnswer, `'192.0.2.11:443', 503, E'Retry-After: 60\n', '<html><h1>Sorry</h1></html>'`)
	}
	s.became("failed", `state = 'failed', finished_at = now() - interval '2 hours', last_status = 503, failure = '{"key":"delivery.given_up","args":{"n":10}}'`)
	s.tried("waits", gotAnswer, `'192.0.2.12:443', 500, E'Server: x\n', ''`)
	s.tried("waits", noAnswer, `'{"key":"attempt.timeout","args":{"n":15}}', 'net/http: request canceled (Client.Timeout exceeded while awaiting headers)'`)
	s.became("waits", `due_at = now() + interval '10 minutes', last_error = '{"key":"attempt.timeout","args":{"n":15}}'`)
	s.create("new", "https://new.example.com/hook", nil)
	return s
}

// TestD6States judges the pages of delivery in their states.
func TestD6States(t *testing.T) {
	s := history(t)
	p := s.sitDown("demo")
	s.db.MustExec(`INSERT INTO merchant_webhooks.worker (worker_id, seen_at) VALUES ('test', now() + interval '1 hour')`)

	p.Open("/admin/webhooks?saved=new")
	p.Shows("Last delivery", "Delivered ", "Failed ", "3 failed today", "Pending since ", "Paused since ", "; 3 wait", "Send a test event")
	p.Check("D6 the list")

	p.Open("/admin/webhooks/delivered/view")
	p.Shows("Active", "Send again what failed", "Pause", "1 of 10")
	p.Unfold("How the receiver checks a message")
	p.Shows("Go", "PHP", "Python", "JavaScript")
	glance(p, "D6 the page of a webhook")
	p.Open("/admin/webhooks/failing/view")
	p.Shows("every delivery failed for 3 days. Last answer: 503 Service Unavailable. 3 deliveries wait, the oldest since ", "We try one each hour.")
	glance(p, "D8 paused by itself")
	p.Open("/admin/webhooks/gone/view")
	p.Shows("the receiver said it is gone for good (410).")
	glance(p, "D8 paused by 410")
	p.Open("/admin/webhooks/by-hand/view?done=paused")
	p.Shows("by hand. 3 deliveries wait", "It is paused. What happens from now on waits until you resume.")
	glance(p, "D8 paused by hand")
	p.Click("Resume")
	p.Shows("3 deliveries wait.", "Send them, oldest first")
	glance(p, "D8 Resume asks")

	p.Open("/admin/webhooks/deliveries?again=3")
	p.Shows("18 deliveries, newest first", "Webhook", "Pending, paused", "Pending, next ", "10 of 10", "No answer within 15 seconds", "3 deliveries are sent again")
	p.Check("D6 the log of all")
	p.Open("/admin/webhooks/failed/deliveries")
	glance(p, "D6 the log of a webhook")
	p.Open("/admin/webhooks/failed/deliveries?state=pending&order_id=2026.327-01TQ7N9VX6P9A")
	p.Shows("No delivery matches.")
	if p.Value("Order ID") != "2026.327-01TQ7N9VX6P9A" || p.Value("State") != "pending" {
		t.Errorf("the filter shows the order %q and the state %q", p.Value("Order ID"), p.Value("State"))
	}
	glance(p, "D6 a filter that nothing matches")
	p.Open("/admin/webhooks/failed/deliveries?from=2026-11-23T14:03&to=2026-11-22T14:03")
	p.Shows("There is 1 problem.", "“To” is before “From”.")
	if p.Status != http.StatusBadRequest || p.Focused() != "There is 1 problem." {
		t.Errorf("a wrong filter is %d, the focus is on %q", p.Status, p.Focused())
	}
	glance(p, "D6 a filter that is wrong")
	p.Open("/admin/webhooks/new/deliveries")
	p.Shows("Nothing has been sent yet. The first delivery appears when: An order was paid.")
	glance(p, "D6 an empty log")

	openDelivery(p, "delivered")
	p.Shows("Delivered at ", "attempt 1; the receiver answered 200 OK.", "192.0.2.10:443", `"summary":"Coffee"`, "late", "What was sent", "What came back", "Passwords and secrets are hidden.")
	p.Unfold("As a curl line")
	glance(p, "D6 a delivery that was delivered")
	p.Click("Show")
	p.Shows("Bearer geheim")
	if focused := p.Focused(); focused != "What was sent" {
		t.Errorf("the focus is on %q", focused)
	}
	glance(p, "S2 a delivery with its secrets")
	openDelivery(p, "waits")
	p.Shows("Attempt 2 of 10", "No answer within 15 seconds", "the next is at ", "Send now")
	p.Unfold("In technical words")
	glance(p, "D6 a delivery that waits")
	openDelivery(p, "failed")
	p.Shows("Given up at ", "after 10 attempts; the last: 503 Service Unavailable.", "Attempt 10 of 10", "Attempt 1 of 10")
	glance(p, "D6 a delivery that failed")

	p.Speaks("de")
	for path, text := range map[string]string{"": "Angehalten seit", "/failing/view": "Angehalten", "/deliveries": "Zustellungen", "/failed/recover": "Fehlgeschlagenes erneut senden"} {
		p.Open("/admin/webhooks" + path)
		p.Shows(text)
		glance(p, "A11 in German "+path)
		p.Look(760, browser.Light) // between the widths, where tables are no cards yet
		p.CheckLook("A11 in German, a small window " + path)
		p.Look(browser.Wide, browser.Light)
	}
	openDelivery(p, "waits")
	p.Shows("Keine Antwort innerhalb von 15 Sekunden", "Jetzt senden")
	glance(p, "A11 a delivery in German")
}

// TestD6Hostile shows what strangers have written: it stays in its place, and is
// text.
func TestD6Hostile(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	long := strings.Repeat("x", 5000)
	id := "<b>\u05d0" + strings.Repeat("w", 120)
	order := "<img src=x>\u05d0" + strings.Repeat("9", 230)
	s.create(id, address+"?"+long[:1900], func(w *stored) {
		w.Header, w.Body = "X-Long: "+long, "<script>alert(1)</script>\n\u202eevil\u202c\n"+long+"\n"+strings.Repeat("line\n", 100)
	})
	s.paid(order)
	hostile := []byte("<script>alert(1)</script><img src=x onerror=alert(1)>\n\u202e\u05d0evil\u202c\n" + long + "\n" + strings.Repeat("\x1b[31m\n", 100))
	headers := "X-Long: " + long + "\nX-Evil: \u202e<b>evil\nno header\n"
	s.tried(id, gotAnswer, `'192.0.2.10:443', 418, $2, $3`, headers, hostile)
	s.tried(id, noAnswer, `'{"key":"attempt.refused"}', $2`, "dial <b>\u202e"+long[:290])
	s.tried(id, gotAnswer, `'192.0.2.10:443', 400, $2, $3`, headers, hostile)
	s.became(id, `state = 'failed', finished_at = now(), last_status = 400, failure = '{"key":"delivery.refused_answer","args":{"status":"400 Bad Request"}}'`)
	for _, path := range []string{"", "/deliveries", "/" + url.PathEscape(id) + "/view", "/" + url.PathEscape(id) + "/deliveries", "/why?order_id=" + url.QueryEscape(order), "/forget?order_id=" + url.QueryEscape(order)} {
		p.Open("/admin/webhooks" + path)
		if text := p.Text(); !strings.Contains(text, "<b>\u05d0") && !strings.Contains(text, "<img src=x>\u05d0") {
			t.Errorf("%s does not show what was typed: %s", path, text)
		}
		glance(p, "D6 hostile "+path[:min(len(path), 20)])
	}
	openDelivery(p, id)
	p.Shows("<script>alert(1)</script>", "\u202e", "<img src=x>")
	var counts map[string]int
	p.Eval(&counts, `Object.fromEntries(["img", "main b", "main script:not([type])"].map(s => [s, document.querySelectorAll(s).length]))`)
	if counts["img"] != 0 || counts["main b"] != 0 || counts["main script:not([type])"] != 0 {
		t.Errorf("what was answered is not text: %v", counts)
	}
	p.Eval(nil, `document.querySelectorAll("details").forEach(d => d.open = true), undefined`)
	p.Check("D6 a delivery with a hostile answer, all unfolded")

	s.db.MustExec(`UPDATE merchant_webhooks.delivery_attempt SET answer = decode(repeat('00ff1b', 400), 'hex')`)
	p.Reload()
	p.Shows("This is no text. It has 1,200 bytes and begins:", "00 ff 1b 00")
	glance(p, "D6 a delivery with a binary answer")

	p.Open("/admin/webhooks/forget?order_id=" + url.QueryEscape(order))
	p.Click("Erase their content")
	p.Shows("The content of 1 delivery is erased.")
	glance(p, "D10 the log after Forget")
	openDelivery(p, id)
	p.Shows("The content was erased on ", "Its SHA-256 is ")
	if p.Has("Send again", "button", "link") {
		t.Error("a delivery that was erased is offered to be sent again")
	}
	glance(p, "D10 a delivery that was erased")
}
