package handlers_test

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestD13_EditPages(t *testing.T) {
	const edit, unticked = "/admin/webhooks/a/edit", ""
	newOne := func(t *testing.T) *host {
		h := newAdmin(t, nil)
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
		return h
	}
	box := func(p page) *selection { return p.Find("[name=rebuild_waiting]") }
	t.Run("D13 nothing waits: no offer", func(t *testing.T) {
		h := newOne(t)
		if p := h.open(t, edit, "", asOwner...); box(p).Length() != 0 {
			t.Error("it is offered")
		}
		h.emit(t, "order-1")
		h.answered(t, 400)
		if p := h.open(t, edit, "", asOwner...); box(p).Length() != 0 {
			t.Error("it is offered for what failed")
		}
	})
	for name, ticked := range map[string]bool{"D13 ticked, they are made anew": true, "D13 unticked, they stay": false} {
		t.Run(name, func(t *testing.T) {
			h := newOne(t)
			h.emit(t, "order-1")
			id := h.newest(t, "a")
			p := h.open(t, edit, "", asOwner...).says(t, "1 delivery is still waiting. It was made before your change and goes to the old address.",
				"Make them anew with the new settings")
			if box(p).Length() != 1 || p.field("rebuild_waiting") != unticked {
				t.Errorf("%d boxes, ticked %q", box(p).Length(), p.field("rebuild_waiting"))
			}
			more := []string{"url", "https://new.example/hook"}
			want := "https://example.com/hook"
			if ticked {
				more, want = append(more, "rebuild_waiting", "1"), "https://new.example/hook"
			}
			for range 2 {
				h.press(t, p, "Save", more...).want(t, 303, "../../webhooks?saved=a")
			}
			if got := h.column(t, "url"); got != want || h.newest(t, "a") != id {
				t.Errorf("it goes to %s, want %s", got, want)
			}
			wantStates(t, h, "1 pending, 0 delivered, 0 failed, 0 attempts")
		})
	}
	t.Run("D13 the offer and the tick are kept when the form comes back", func(t *testing.T) {
		h := newOne(t)
		h.emit(t, "order-1", "order-2")
		first := h.open(t, edit, "", asOwner...)
		const said = "2 deliveries are still waiting."
		for _, tick := range []string{"1", unticked} {
			set := func(values ...string) []string {
				if tick == "1" {
					values = append(values, "rebuild_waiting", tick)
				}
				return values
			}
			refused := h.press(t, first, "Save", set("url", "ftp://x/")...).want(t, 400, "Error: Edit “a”").says(t, said)
			_, body := first.formOf(t, h, "Save", set("url", "https://new.example/hook")...)
			preview := h.open(t, "/admin/webhooks/preview", body, asOwner...).want(t, 200, "Preview: Edit “a”").says(t, said)
			stale := h.press(t, first, "Save", set("url", "https://new.example/hook", "version", "99")...).want(t, 409, "Error: Edit “a”").says(t, said)
			for name, p := range map[string]page{"refused": refused, "preview": preview, "changed meanwhile": stale} {
				if got := p.field("rebuild_waiting"); got != tick || box(p).Length() != 1 {
					t.Errorf("%s: it comes back as %q, was %q", name, got, tick)
				}
			}
			if tick == "1" {
				continue
			}
			// Who ticks it in the form that came back gets it.
			h.press(t, preview, "Save", "rebuild_waiting", "1").want(t, 303, "../../webhooks?saved=a")
		}
		var old int
		if err := h.db.Get(&old, `SELECT count(*) FROM merchant_webhooks.delivery WHERE url <> 'https://new.example/hook'`); err != nil || old != 0 {
			t.Errorf("%d go to the old address, %v", old, err)
		}
	})
	t.Run("D13 a form that is not of an edit offers nothing", func(t *testing.T) {
		h := newOne(t)
		h.emit(t, "order-1")
		for _, path := range []string{"/admin/webhooks/new", "/admin/webhooks/new?from=a"} {
			if p := h.open(t, path, "", asOwner...); box(p).Length() != 0 {
				t.Errorf("%s offers it", path)
			}
		}
		h.open(t, "/admin/webhooks", fine("b", "waiting", "7", "rebuild_waiting", "1"), asOwner...).want(t, 303, "webhooks?saved=b")
		for _, nonsense := range []string{"x", "-1"} {
			p := h.open(t, edit, fine("", "waiting", nonsense, "url", "ftp://x/", "rebuild_waiting", "1"), asOwner...)
			p.Find("[name=waiting]").Each(func(_ int, at *goquery.Selection) { t.Errorf("nonsense comes back as %q", at.AttrOr("value", "")) })
		}
	})
}
