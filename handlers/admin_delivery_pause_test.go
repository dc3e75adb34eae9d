package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestD8_PausePages(t *testing.T) {
	told := make(chan string, 100) // beside the answers
	h := newAdmin(t, func(c *plugin.Config) {
		c.Delivery.Notify = func(_ ctx, n plugin.Notice) { told <- n.Kind }
	})
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	view := func(query string) page { return h.open(t, "/admin/webhooks/a/view"+query, "", asOwner...) }
	t.Run("D8 pressed twice, it is paused once", func(t *testing.T) {
		before := view("")
		var since [2]string
		for i := range since {
			p := h.press(t, before, "Pause").want(t, 303, "../../webhooks/a/view?done=paused")
			p = h.followed(t, p, asOwner...)
			p.says(t, "It is paused. What happens from now on waits until you resume.", "Paused since ", " by hand.")
			if p.text("[role=status]") == "" || p.Find(`form[action$="/a/pause"]`).Length() != 0 {
				t.Errorf("a paused webhook's page: %s", p.text("body"))
			}
			if err := h.db.Get(&since[i], `SELECT paused_at::text FROM merchant_webhooks.webhook`); err != nil {
				t.Fatal(err)
			}
		}
		if since[0] != since[1] {
			t.Errorf("it is paused since %s, then since %s", since[0], since[1])
		}
	})
	t.Run("D8 what happens meanwhile waits", func(t *testing.T) {
		h.emit(t, "order-1", "order-2")
		wantStates(t, h, "2 pending, 0 delivered, 0 failed, 0 attempts")
		view("").says(t, "2 deliveries wait, the oldest since ", "Pending, paused")
		h.open(t, "/admin/webhooks", "", asOwner...).says(t, "Paused since ", "; 2 wait")
		h.open(t, "/admin/webhooks/a/delete", "", asOwner...).says(t, "2 waiting deliveries will not be sent, and the log of 2 deliveries is deleted too. This can not be undone.").
			lacks(t, "Pause instead")
	})
	t.Run("D8 notices only when they are true", func(t *testing.T) {
		for query, want := range map[string]bool{"?done=paused": true, "?done=resumed": false, "?done=rotated": false, "?done=test": false, "?done=x": false, "": false} {
			if got := view(query).Find("[role=status]").Length() > 0; got != want {
				t.Errorf("%s: there is a notice: %v", query, got)
			}
		}
	})
	t.Run("D8 Resume asks, and sends what waits", func(t *testing.T) {
		p := h.follow(t, view(""), "Resume").want(t, 200, "Resume “a”?").says(t, "2 deliveries wait.")
		for range 2 {
			h.press(t, p, "Resume").want(t, 303, "../../webhooks/a/view?done=resumed")
		}
		wantStates(t, h, "2 pending, 0 delivered, 0 failed, 0 attempts")
		view("?done=resumed").says(t, "It is active again.", "Active").lacks(t, "Pending, paused")
		view("?done=paused").lacks(t, `role="status"`)
		h.open(t, "/admin/webhooks/a/resume", "", asOwner...).want(t, 303, "../../webhooks/a/view")
	})
	t.Run("D8 Resume without them marks them as failed, twice too", func(t *testing.T) {
		p := h.press(t, h.open(t, "/admin/webhooks/a/delete", "", asOwner...), "Pause instead").want(t, 303, "../../webhooks/a/view?done=paused")
		p = h.follow(t, h.followed(t, p, asOwner...), "Resume")
		for range 2 {
			h.press(t, p, "Resume", "drop", "1").want(t, 303, "../../webhooks/a/view?done=resumed")
			wantStates(t, h, "0 pending, 0 delivered, 2 failed, 0 attempts")
		}
		h.emit(t, "order-3") // what comes after is not dropped by a second click
		h.press(t, p, "Resume", "drop", "1").want(t, 303, "../../webhooks/a/view?done=resumed")
		wantStates(t, h, "1 pending, 0 delivered, 2 failed, 0 attempts")
		h.open(t, "/admin/webhooks/why?order_id=order-1", "", asOwner...).says(t, "It was not sent because someone resumed without the waiting ones at ")
	})
	t.Run("D8 without anything that waits there is no question", func(t *testing.T) {
		h.answered(t, 200)
		p := h.press(t, h.open(t, "/admin/webhooks/a/pause", "", asOwner...).want(t, 200, "Pause “a”?"), "Pause")
		h.press(t, h.followed(t, p, asOwner...), "Resume").want(t, 303, "../../webhooks/a/view?done=resumed")
	})
	t.Run("D8 the host is told of each change once", func(t *testing.T) {
		kinds := map[string]int{}
		for range 6 {
			select {
			case kind := <-told:
				kinds[kind]++
			case <-time.After(patience):
				t.Fatalf("it was told %v", kinds)
			}
		}
		if len(told) > 0 || kinds["paused"] != 3 || kinds["resumed"] != 3 {
			t.Errorf("it was told %v, and %d more", kinds, len(told))
		}
	})
}

// TestD8_DropGoesOn: what there was no time for is shown, and the same button goes on.
func TestD8_DropGoesOn(t *testing.T) {
	h := newAdmin(t, func(c *plugin.Config) { c.Limits.RequestTime = 3 * time.Second })
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	h.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = 'hand'`)
	h.emit(t, "order-1", "order-2")
	p := h.open(t, "/admin/webhooks/a/resume", "", asOwner...)
	tx := h.db.MustBegin() // it takes long
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SELECT FROM merchant_webhooks.delivery FOR UPDATE`)
	p = h.press(t, p, "Resume", "drop", "1").want(t, 303, "../../webhooks/a/resume?left=1")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	p = h.followed(t, p, asOwner...).want(t, 200, "Resume “a”?").says(t, "2 deliveries wait.", "Those that are left still wait: press Resume to go on.")
	h.press(t, p, "Resume").want(t, 303, "../../webhooks/a/view?done=resumed")
	wantStates(t, h, "0 pending, 0 delivered, 2 failed, 0 attempts")
}

func TestD8_PausedByItself(t *testing.T) {
	h := newAdmin(t, nil)
	for _, id := range []string{"failing", "gone"} {
		check(t, h.ask(t, "POST", "/private/webhooks", hook(id)), 204, 0)
	}
	h.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now() - interval '1 day', paused_reason = webhook_id,
		paused_after = '{"key":"attempt.answered","args":{"status":"503 Service Unavailable"}}', probe_at = CASE webhook_id WHEN 'failing' THEN now() END`)
	h.emit(t, "order-1")
	h.open(t, "/admin/webhooks/failing/view", "", asOwner...).says(t, "Paused since ", ": every delivery failed for 3 days.",
		"503 Service Unavailable", "1 delivery waits, the oldest since ", "We try one each hour.")
	h.open(t, "/admin/webhooks/gone/view", "", asOwner...).says(t, "the receiver said it is gone for good (410).", "1 delivery waits").lacks(t, "We try one each hour.")
	h.open(t, "/admin/webhooks/why?order_id=order-1", "", asOwner...).says(t, "(after 3 days of failures). It waits.", "(because the receiver answered 410). It waits.")
}

func TestA5_DeleteWithDeliveries(t *testing.T) {
	h := newAdmin(t, nil)
	for _, id := range []string{"a", "b"} {
		check(t, h.ask(t, "POST", "/private/webhooks", hook(id)), 204, 0)
	}
	h.emit(t, "order-1", "order-2")
	h.answered(t, 400)
	h.emit(t, "order-3")
	p := h.open(t, "/admin/webhooks/a/delete", "", asOwner...).want(t, 200, "Delete “a”?")
	p.says(t, "1 waiting delivery will not be sent, and the log of 3 deliveries is deleted too. This can not be undone.", "To stop it for a while only:")
	for _, notice := range []string{"deleted", "gone"} {
		h.press(t, p, "Delete").want(t, 303, "../../webhooks?"+notice+"=a")
		wantStates(t, h, "1 pending, 0 delivered, 2 failed, 2 attempts")
	}
	if h.press(t, h.open(t, "/admin/webhooks/b/view", "", asOwner...), "Pause").StatusCode != http.StatusSeeOther {
		t.Error("the other one is gone too")
	}
}
