package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// patch changes where a webhook sends to.
func (h *host) patch(t testing.TB, id, address string) {
	t.Helper()
	check(t, h.ask(t, "PATCH", "/private/webhooks/"+url.PathEscape(id), `{"event_type":"pay","url":"`+address+`","http_method":"POST"}`), 204, 0)
}

// column is a value of the one delivery that there is.
func (h *host) column(t testing.TB, expression string) (value string) {
	t.Helper()
	if err := h.db.GetContext(t.Context(), &value, `SELECT (`+expression+`)::text FROM merchant_webhooks.delivery`); err != nil {
		t.Fatal(err)
	}
	return value
}

// Nobody sends in these hosts, so that what is sent again stays as it was queued.
func TestD6_SendAgainPages(t *testing.T) {
	newOne := func(t *testing.T) (h *host, at string) {
		h = newAdmin(t, nil)
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
		h.emit(t, "order-1")
		return h, "/admin/webhooks/a/deliveries/" + h.newest(t, "a")
	}
	t.Run("D6 one that failed, without a question, twice", func(t *testing.T) {
		h, at := newOne(t)
		h.open(t, at, "", asOwner...).says(t, "What is to be sent").lacks(t, "What was sent")
		h.answered(t, 400)
		h.open(t, at+"/redeliver", "", asOwner...).want(t, 303, "../../../../webhooks"+strings.TrimPrefix(at, "/admin/webhooks"))
		p := h.open(t, at, "", asOwner...).says(t, "Failed", "The receiver answered 400 Bad Request at ", "192.0.2.1:443")
		for range 2 {
			again := h.press(t, p, "Send again")
			if strings.Contains(again.Header.Get("Location"), "waiting") {
				t.Error("it waited although nobody sends")
			}
			h.followed(t, again, asOwner...).says(t, "Pending", "Nothing is sending just now: tell the operator.")
			wantStates(t, h, "1 pending, 0 delivered, 0 failed, 1 attempts")
		}
		h.answered(t, 200)
		// The second of two clicks may come when the first was answered.
		h.followed(t, h.press(t, p, "Send again"), asOwner...).says(t, "Delivered at ", "attempt 2")
		wantStates(t, h, "0 pending, 1 delivered, 0 failed, 2 attempts")
		h.db.MustExec(`UPDATE merchant_webhooks.delivery_attempt SET at = '2026-01-01 00:00Z'::timestamptz + number * interval '1 day'`)
		h.open(t, at, "", asOwner...).says(t, "First sent 2 Jan 2026, 00:00:00 UTC", "Delivered 3 Jan 2026, 00:00:00 UTC", "What was sent").lacks(t, "What is to be sent")
		h.press(t, h.open(t, at, "", asOwner...), "Send again")
		wantStates(t, h, "1 pending, 0 delivered, 0 failed, 2 attempts")
		h.open(t, at+"/redeliver", "x=y", asOwner...) // a program's form
		wantStates(t, h, "1 pending, 0 delivered, 0 failed, 2 attempts")
	})
	t.Run("D6 one that waits is sent now, and goes on with its schedule", func(t *testing.T) {
		h, at := newOne(t)
		h.db.MustExec(`UPDATE merchant_webhooks.delivery SET due_at = now() + interval '1 hour', tries = 3, attempt_count = 3`)
		h.open(t, at, "", asOwner...).says(t, "Pending, next ")
		h.db.MustExec(`INSERT INTO merchant_webhooks.delivery_attempt (instance_serial, delivery_serial, number, at, duration_ms, url, error)
			SELECT instance_serial, delivery_serial, n, now(), 12, url, '{"key":"attempt.refused"}' FROM merchant_webhooks.delivery, generate_series(1, 3) AS n`)
		p := h.open(t, at, "", asOwner...)
		for range 2 {
			h.press(t, p, "Send now")
		}
		if got := h.column(t, "format('%s %s %s', state, tries, due_at <= now())"); got != "pending 3 t" {
			t.Errorf("it is %s", got)
		}
	})
	t.Run("D6 where the webhook was changed, it asks", func(t *testing.T) {
		for _, rebuild := range []string{"1", ""} {
			h, at := newOne(t)
			h.answered(t, 400)
			id := h.newest(t, "a")
			h.patch(t, "a", "https://new.example/hook")
			p := h.open(t, at, "", asOwner...)
			if p.Find(`form[action$="/redeliver"]`).Length() != 0 {
				t.Error("a button sends at once although there is a choice")
			}
			p = h.follow(t, p, "Send again").want(t, 200, "Send again").says(t, "The webhook was changed since.", "With its present settings, to new.example",
				"Exactly as it was, to example.com", "The receiver gets the same webhook-id")
			for range 2 {
				h.press(t, p, "Send again", "rebuild", rebuild)
			}
			want := map[string]string{"1": "https://new.example/hook", "": "https://example.com/hook"}[rebuild]
			if got := h.column(t, "url"); got != want || h.newest(t, "a") != id {
				t.Errorf("it goes to %s as %s, want %s as %s", got, h.newest(t, "a"), want, id)
			}
			wantStates(t, h, "1 pending, 0 delivered, 0 failed, 1 attempts")
		}
	})
	t.Run("D6 one that could not be made is made anew", func(t *testing.T) {
		h, at := newOne(t)
		h.db.MustExec(`UPDATE merchant_webhooks.delivery SET state = 'failed', finished_at = now(), headers = NULL, body = NULL,
			failure = '{"key":"delivery.body_not_made","args":{"reason":"Line 3 …"}}'`)
		p := h.open(t, at, "", asOwner...).says(t, "The body could not be made. It was not sent. Line 3 …")
		h.patch(t, "a", "https://new.example/hook")
		h.open(t, at+"/redeliver", "", asOwner...).want(t, 303, "../../../../webhooks"+strings.TrimPrefix(at, "/admin/webhooks")) // there is no choice
		h.press(t, p, "Send again")
		if got := h.column(t, "format('%s %s', state, url)"); got != "pending https://new.example/hook" {
			t.Errorf("it is %s", got)
		}
	})
	t.Run("D10 one whose content was erased can not be sent, and its page says so", func(t *testing.T) {
		h, at := newOne(t)
		h.answered(t, 400)
		before := h.open(t, at, "", asOwner...)
		check(t, h.ask(t, "POST", "/private/webhook-deliveries/forget", `{"order_id":"order-1"}`), 200, 0)
		for _, p := range []page{h.open(t, at+"/redeliver", "", asOwner...), h.press(t, before, "Send again")} {
			p = h.followed(t, p, asOwner...).says(t, "The content was erased on ", "Its SHA-256 is ").lacks(t, "Cheese", "That is", "/redeliver")
			if p.StatusCode != http.StatusOK {
				t.Errorf("%d", p.StatusCode)
			}
		}
		wantStates(t, h, "0 pending, 0 delivered, 1 failed, 1 attempts")
	})
}

const period = "from=2020-01-01T00%3A00&to=2030-01-01T00%3A00"

func TestD9_RecoverPages(t *testing.T) {
	h := newAdmin(t, nil)
	for _, id := range []string{"a", "b"} {
		check(t, h.ask(t, "POST", "/private/webhooks", hook(id)), 204, 0)
	}
	h.emit(t, "order-1")
	h.answered(t, 200)
	h.emit(t, "order-2", "order-3")
	h.answered(t, 400)
	const one, all = "/admin/webhooks/a/recover", "/admin/webhooks/recover"
	t.Run("D9 it asks for a time first, which must be good", func(t *testing.T) {
		h.open(t, one, "", asOwner...).want(t, 200, "Send again what failed").lacks(t, "mw-message")
		for query, wrong := range map[string]string{
			"count=1": "from to", "count=1&from=2026-11-23T14:03": "to", "count=1&to=x&from=2026-11-23T14:03": "to",
			"count=1&to=2026-11-23T14:03&from=2026-11-23T14:04": "to", "count=1&to=0000-00-00T00:00&from=%00": "from to",
		} {
			for _, path := range []string{one, all} {
				p := h.open(t, path+"?"+query, "", asOwner...).want(t, 400, "Error: Send again what failed")
				values, _ := url.ParseQuery(query)
				for _, field := range []string{"from", "to"} {
					typed := strings.ReplaceAll(values.Get(field), "\x00", "\uFFFD")
					if bad := p.message(field) != ""; bad != strings.Contains(wrong, field) || p.field(field) != typed {
						t.Errorf("%s: beside %s stands %q; it holds %q", query, field, p.message(field), p.field(field))
					}
				}
				p = h.open(t, path, strings.TrimPrefix(query, "count=1&")+"&x=y", asOwner...)
				p.want(t, 400, "Error: Send again what failed")
			}
		}
		wantStates(t, h, "0 pending, 2 delivered, 4 failed, 6 attempts")
	})
	t.Run("D9 none", func(t *testing.T) {
		h.open(t, one+"?from=2020-01-01T00:00&to=2020-01-01T00:00&count=1", "", asOwner...).want(t, 200, "Send again what failed").
			says(t, "There is nothing to send again in this time.")
	})
	t.Run("D9 it shows the count, and pressed twice queues nothing twice", func(t *testing.T) {
		p := h.open(t, one+"?count=1&"+period, "", asOwner...).want(t, 200, "Send 2 deliveries again?")
		p.says(t, "From 1 Jan 2020, 00:00:00 UTC to 1 Jan 2030, 00:00:00 UTC, to example.com. They go out oldest first.").lacks(t, `name="rebuild"`)
		wantStates(t, h, "0 pending, 2 delivered, 4 failed, 6 attempts")
		again := h.press(t, p, "Send 2 again").want(t, 303, "../../webhooks/a/deliveries?again=2")
		h.followed(t, again, asOwner...).says(t, "2 deliveries are sent again, oldest first.")
		wantStates(t, h, "2 pending, 2 delivered, 2 failed, 6 attempts")
		h.press(t, p, "Send 2 again").want(t, 303, "../../webhooks/a/deliveries?again=0")
		h.answered(t, 400) // the second click may come when they have failed again
		h.press(t, p, "Send 2 again").want(t, 303, "../../webhooks/a/deliveries?again=0")
		wantStates(t, h, "0 pending, 2 delivered, 4 failed, 8 attempts")
		h.press(t, h.open(t, one+"?count=1&"+period, "", asOwner...), "Send 2 again").want(t, 303, "../../webhooks/a/deliveries?again=2")
		h.answered(t, 400)
	})
	t.Run("D9 what came since the question is left out", func(t *testing.T) {
		p := h.open(t, one+"?count=1&"+period, "", asOwner...).want(t, 200, "Send 2 deliveries again?")
		h.emit(t, "order-4")
		h.answered(t, 400)
		h.press(t, p, "Send 2 again").want(t, 303, "../../webhooks/a/deliveries?again=2")
		h.answered(t, 400)
	})
	t.Run("D9 all of them, of all webhooks", func(t *testing.T) {
		p := h.open(t, all+"?count=1&all=1&"+period, "", asOwner...).want(t, 200, "Send 8 deliveries again?").lacks(t, "example.com")
		for _, want := range []string{"8", "0"} {
			h.press(t, p, "Send 8 again").want(t, 303, "../webhooks/deliveries?again="+want)
			h.answered(t, 200)
		}
		if got := h.tally(t); !strings.HasPrefix(got, "0 pending, 8 delivered, 0 failed") {
			t.Errorf("there are %s", got)
		}
	})
	t.Run("D9 where the webhook was changed, it asks how, and counts what can be made now", func(t *testing.T) {
		h.emit(t, "order-5", "order-6")
		h.answered(t, 400)
		h.db.MustExec(`UPDATE merchant_webhooks.delivery AS d SET headers = NULL, body = NULL FROM merchant_webhooks.event AS e
			WHERE e.event_serial = d.event_serial AND order_id = 'order-6'`)
		h.open(t, one+"?count=1&"+period, "", asOwner...).want(t, 200, "Send 1 delivery again?")
		h.patch(t, "a", "https://new.example/hook")
		p := h.open(t, one+"?count=1&"+period, "", asOwner...).want(t, 200, "Send 2 deliveries again?").says(t, "to new.example", "The webhook was changed since.")
		h.press(t, p, "Send 2 again", "rebuild", "").want(t, 303, "../../webhooks/a/deliveries?again=1")
		h.press(t, p, "Send 2 again").want(t, 303, "../../webhooks/a/deliveries?again=1")
		if n := h.open(t, "/admin/webhooks/a/deliveries?state=pending", "", asOwner...).Find("tbody tr").Length(); n != 2 {
			t.Errorf("%d wait", n)
		}
	})
	t.Run("D9 where one of all webhooks was changed, so it does", func(t *testing.T) {
		h.answered(t, 400)
		p := h.open(t, all+"?count=1&"+period, "", asOwner...).want(t, 200, "Send 4 deliveries again?").says(t, "Webhooks were changed since.")
		h.press(t, p, "Send 4 again").want(t, 303, "../webhooks/deliveries?again=4")
		var toNew int
		if err := h.db.Get(&toNew, `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'pending' AND url = 'https://new.example/hook'`); err != nil || toNew != 2 {
			t.Errorf("%d are sent to the present address, want both of a, %v", toNew, err)
		}
	})
}

func TestD10_ForgetPages(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a", `"body_template":"{{contract_terms.summary}} of {{order_id}}"`)), 204, 0)
	h.emit(t, "order-1", "order-2")
	h.answered(t, 200)
	h.emit(t, "order-1")
	const forget = "/admin/webhooks/forget"
	h.open(t, forget, "", asOwner...).want(t, 200, "Forget an order's content")
	h.open(t, forget+"?order_id=%3Cb%3E", "", asOwner...).want(t, 200, "Forget an order's content").says(t, "No delivery holds data of order ").lacks(t, "<b>")
	h.open(t, forget, "order_id=%3Cb%3E", asOwner...).want(t, 303, "../webhooks/deliveries?erased=0")
	for typed, says := range map[string]string{
		"": "Enter the order's ID.", "%00": "not Unicode text", "%ff": "not Unicode text", strings.Repeat("x", 256): "At most 255 are allowed",
	} {
		h.open(t, forget+"?order_id="+typed, "", asOwner...).want(t, 400, "Error: Forget an order's content").says(t, says)
		h.open(t, forget, "order_id="+typed, asOwner...).want(t, 400, "Error: Forget an order's content").says(t, says)
	}
	p := h.open(t, forget+"?order_id=order-1", "", asOwner...).want(t, 200, "Forget an order's content")
	p.says(t, "2 deliveries hold data of order order-1; 1 of them still waits and would then not be sent.", "State, times and hash stay.")
	wantStates(t, h, "1 pending, 2 delivered, 0 failed, 2 attempts")
	for _, erased := range []string{"2", "0"} {
		h.press(t, p, "Erase their content").want(t, 303, "../webhooks/deliveries?erased="+erased)
		wantStates(t, h, "0 pending, 2 delivered, 1 failed, 2 attempts")
	}
	h.open(t, "/admin/webhooks/deliveries?erased=3", "", asOwner...).says(t, "The content of 3 deliveries is erased.", "3 deliveries, newest first")
	h.open(t, "/admin/webhooks/deliveries?erased=4", "", asOwner...).says(t, "3 deliveries, newest first").lacks(t, "is erased")
	for order, kept := range map[string]bool{"order-1": false, "order-2": true} {
		list := h.open(t, "/admin/webhooks/a/deliveries?order_id="+order, "", asOwner...)
		to, err := list.Request.URL.Parse(list.Find("tbody th a").Last().AttrOr("href", ""))
		if err != nil {
			t.Fatal(err)
		}
		one := h.open(t, to.RequestURI(), "", asOwner...).says(t, "Delivered at ", "200 OK")
		if has := strings.Contains(one.text("body"), "Cheese of "+order); has != kept {
			t.Errorf("D10 the page of %s has its content: %v", order, has)
		}
		if has := strings.Contains(one.text("body"), "The content was erased on "); has == kept {
			t.Errorf("D10 the page of %s says it was erased: %v", order, has)
		}
	}
}
