package handlers_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// newestTried is where the page of the newest delivery is that was tried, below the list's.
func newestTried(t *testing.T, h *host) (path string) {
	t.Helper()
	err := h.db.Get(&path, `
		SELECT replace(webhook_id, ' ', '%20') || '/deliveries/msg_' || delivery_serial || '_' || nonce
		FROM merchant_webhooks.delivery JOIN merchant_webhooks.webhook USING (instance_serial, webhook_serial)
		WHERE attempt_count > 0 ORDER BY delivery_serial DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestD6_LogPages(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a b")), 204, 0)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("c", `"event_type":"refund"`)), 204, 0)
	const one, all = "/admin/webhooks/a%20b/deliveries", "/admin/webhooks/deliveries"
	t.Run("D6 an empty log says what comes", func(t *testing.T) {
		p := h.open(t, one, "", asOwner...).want(t, 200, "Deliveries of “a b”")
		p.says(t, "Nothing has been sent yet. The first delivery appears when: An order was paid.")
		if path, _ := p.formOf(t, h, "Send a test event"); path != "/admin/webhooks/a%20b/test" {
			t.Errorf("its button posts to %s", path)
		}
		h.open(t, all, "", asOwner...).want(t, 200, "Deliveries").says(t, "Nothing has been sent yet.")
	})
	fillLog(t, h.db, 60)
	h.emit(t, "order-2")
	rows := func(path string) []string { return h.open(t, path, "", asOwner...).Find("tbody tr").Map(textOf) }
	t.Run("D6 fifty on a page, newest first", func(t *testing.T) {
		p := h.open(t, one, "", asOwner...).says(t, "61 deliveries, newest first")
		first := p.Find("tbody tr").Map(textOf)
		if len(first) != 50 || !strings.Contains(first[0], "Pending") || !strings.Contains(first[0], "order-2") || !strings.Contains(first[0], "0 of 10") || !strings.Contains(first[1], "Failed") {
			t.Errorf("the first page has %d rows: %q", len(first), first[:2])
		}
		p = h.follow(t, p, "Older")
		if got := p.Find("tbody tr").Length(); got != 11 || p.Find("[rel=next]").Length() != 0 {
			t.Errorf("the last page has %d rows: %s", got, p.text("body"))
		}
		p = h.follow(t, p, "Newer")
		if again := p.Find("tbody tr").Map(textOf); strings.Join(again, "\n") != strings.Join(first, "\n") {
			t.Error("Newer does not lead back")
		}
		if p.Find("[rel=prev]").Length() != 0 || p.Find("[rel=next]").Length() != 1 {
			t.Error("there is something newer than the newest, or nothing older")
		}
		if p := h.open(t, one+"?before=9223372036854775807", "", asOwner...); p.Find("[rel=prev]").Length() != 0 {
			t.Error("there is something newer than the last that there can be")
		}
	})
	t.Run("D6 filters", func(t *testing.T) {
		for query, want := range map[string]int{
			"state=failed": 20, "state=delivered": 40, "state=pending": 1, "state=": 50, "order_id=order-2": 1, "order_id=order-1": 50,
			"event_type=pay": 50, "event_type=refund": 0, "from=2025-10-09T08:53": 50, "from=2025-10-09T08:54": 1, "to=2025-10-09T08:53": 0,
			"to=2025-10-09T08:54": 50, "from=2025-10-09T08:53:20&to=2025-10-09T08:53:21": 50, "state=failed&order_id=order-2": 0,
			"state=nothing": 0, "event_type=nothing": 0, "order_id=" + strings.Repeat("x", 300): 0, "order_id=%00": 0, "order_id=%ff": 0,
			"state=%00": 0, "event_type=%00%ff": 0, "before=x": 50, "before=-1": 50, "after=-1": 50, "before=99999999999999999999": 50,
		} {
			p := h.open(t, one+"?"+query, "", asOwner...).want(t, 200, "Deliveries of “a b”")
			if got := p.Find("tbody tr").Length(); got != want {
				t.Errorf("%s gives %d rows, want %d", query, got, want)
			}
			if want == 0 {
				p.says(t, "No delivery matches.")
			}
		}
		if got := rows(all + "?order_id=order-2"); len(got) != 1 || !strings.Contains(got[0], "a b") {
			t.Errorf("the log of all has of an order %q", got)
		}
	})
	t.Run("D6 the attempts of one, newest first, and none is waited for", func(t *testing.T) {
		h.db.MustExec(`
			WITH one AS (SELECT max(delivery_serial) AS serial FROM merchant_webhooks.delivery WHERE state = 'delivered'), tried AS (
				INSERT INTO merchant_webhooks.delivery_attempt (instance_serial, delivery_serial, number, at, duration_ms, url, status)
				SELECT instance_serial, delivery_serial, n, now(), 1, url, 500 - 100 * n
				FROM one JOIN merchant_webhooks.delivery ON delivery_serial = serial, generate_series(1, 2) AS n
			)
			UPDATE merchant_webhooks.delivery SET attempt_count = 2, tries = 2 FROM one WHERE delivery_serial = serial`)
		id := newestTried(t, h)
		p := h.open(t, all[:len(all)-len("deliveries")]+id+"?waiting=1", "", asOwner...).lacks(t, "Still waiting")
		if newest, oldest := strings.Index(p.text("body"), "Attempt 2 of 10"), strings.Index(p.text("body"), "Attempt 1 of 10"); newest < 0 || oldest < newest {
			t.Errorf("the attempts stand at %d and %d: %s", newest, oldest, p.text("body"))
		}
	})
	t.Run("D6 a filter stays on its pages", func(t *testing.T) {
		p := h.open(t, all+"?state=delivered&order_id=order-1", "", asOwner...).says(t, "80 deliveries")
		p = h.follow(t, p, "Older")
		if got := p.Find("tbody tr").Length(); got != 30 || p.field("state") != "delivered" || p.field("order_id") != "order-1" {
			t.Errorf("%s has %d rows; state %q, order %q", p.Request.URL, got, p.field("state"), p.field("order_id"))
		}
	})
	t.Run("D6 a bad time comes back with what was typed", func(t *testing.T) {
		for _, bad := range []string{"yesterday", "2026-13-01T00:00", "2026-11-23", "99999-01-01T00:00", "0001-01-01T00:00", `"><b>`, "\x00"} {
			query := url.Values{"from": {bad}, "to": {"2026-11-23T14:03"}, "state": {"failed"}, "order_id": {"order-1"}, "event_type": {"pay"}}
			for _, path := range []string{one, all} {
				p := h.open(t, path+"?"+query.Encode(), "", asOwner...)
				if p.StatusCode != 400 || !strings.HasPrefix(p.text("h1"), "Error: Deliveries") || p.message("from") == "" || p.message("to") != "" {
					t.Errorf("%q: %d %q, %q", bad, p.StatusCode, p.text("h1"), p.message("from"))
				}
				p.says(t, "There is 1 problem.")
				typed := strings.ReplaceAll(bad, "\x00", "\uFFFD") // as HTML has it
				if p.field("from") != typed || p.field("to") != "2026-11-23T14:03" || p.field("state") != "failed" || p.field("order_id") != "order-1" || p.field("event_type") != "pay" {
					t.Errorf("%q comes back as %q, with %q and %q", bad, p.field("from"), p.field("to"), p.field("state"))
				}
			}
		}
		p := h.open(t, one+"?from=2026-11-23T14:03&to=2026-11-23T14:02", "", asOwner...)
		if p.StatusCode != 400 || p.message("to") != "“To” is before “From”." {
			t.Errorf("%d %q", p.StatusCode, p.message("to"))
		}
	})
	t.Run("D6 a page whose deliveries are pruned leads to the newest", func(t *testing.T) {
		h.open(t, one+"?before=1&state=failed", "", asOwner...).want(t, 303, "../../webhooks/a%20b/deliveries?state=failed")
		h.open(t, all+"?after=99999", "", asOwner...).want(t, 303, "../webhooks/deliveries?")
	})
	t.Run("D6 notices only when they can be true", func(t *testing.T) {
		for query, want := range map[string]string{
			"again=3": "3 deliveries are sent again, oldest first.", "again=1": "1 delivery is sent again.", "again=0": "0 deliveries are sent again",
			"erased=2": "The content of 2 deliveries is erased.", "again=62": "", "erased=999": "", "again=-1": "", "again=x": "", "done=paused": "",
		} {
			if got := h.open(t, one+"?"+query, "", asOwner...).text("[role=status]"); !strings.HasPrefix(got, want) || want == "" && got != "" {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
	})
}

func textOf(_ int, at *selection) string { return strings.Join(strings.Fields(at.Text()), " ") }

// TestD6_WhyPage says why an order's webhook was not sent.
func TestD6_WhyPage(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	h.emit(t, "order-1")
	h.answered(t, 400)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("late")), 204, 0)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("refunds", `"event_type":"refund"`)), 204, 0)
	const why = "/admin/webhooks/why"
	h.open(t, why, "", asOwner...).want(t, 200, "Why was something not sent?").lacks(t, "mw-answers")
	p := h.open(t, why+"?order_id=order-1", "", asViewer...).want(t, 200, "Why was something not sent?")
	p.says(t, "The receiver answered 400", "that means “do not try again”.", "It only listens to “A refund was granted”; this order had: An order was paid.", "It was made at ", "As of ")
	if got := p.Find(".mw-answers li").Length(); got != 3 || p.field("order_id") != "order-1" {
		t.Errorf("it has %d answers, and the field holds %q", got, p.field("order_id"))
	}
	p = h.follow(t, p, "a").says(t, "The receiver answered 400", "order-1")
	if facts := p.Find("dt").Map(textOf); !slices.Contains(facts, "First sent") || slices.Contains(facts, "Delivered") {
		t.Errorf("its page has %q", facts)
	}
	for _, none := range []string{"order-9", "%00", "%ff", "%3Cb%3E", strings.Repeat("x", 300)} {
		h.open(t, why+"?order_id="+none, "", asOwner...).want(t, 200, "Why was something not sent?").
			says(t, "No event with this order's ID has reached the webhooks.").lacks(t, "<b>")
	}
}
