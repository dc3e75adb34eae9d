package handlers_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// inClear is a webhook's secret.
var inClear = regexp.MustCompile(`whsec_[A-Za-z0-9+/]{43}=`)

// inClear are the secrets of webhooks that a page shows.
func (p page) inClear() []string {
	return inClear.FindAllString(html.UnescapeString(string(p.body)), -1)
}

func TestD4_SecretPages(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	secrets := func(t *testing.T) []string {
		t.Helper()
		return decoded[struct{ Secrets []string }](t, h.ask(t, "GET", "/private/webhooks/a/secret", "")).Secrets
	}
	before := secrets(t)[0]
	view := func(who []string) page { return h.open(t, "/admin/webhooks/a/view", "", who...) }
	t.Run("D4 the webhook's page shows its end, to who may write", func(t *testing.T) {
		end := strings.TrimRight(before, "=")
		p := view(asOwner).says(t, "…"+end[len(end)-4:])
		if found := p.inClear(); len(found) > 0 {
			t.Errorf("it shows %s", found)
		}
		view(asViewer).lacks(t, end[len(end)-4:], "/secret")
	})
	t.Run("D4 no address shows it, a button does", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks/a/secret", "", asOwner...).want(t, 200, "Secret of “a”")
		if found := p.inClear(); len(found) > 0 {
			t.Errorf("the address shows %s", found)
		}
		for _, from := range []page{p, view(asOwner)} {
			shown := h.press(t, from, "Show").want(t, 200, "Secret of “a”")
			if found := shown.inClear(); len(found) != 1 || found[0] != before {
				t.Errorf("the page shows %v, want %s", found, before)
			}
			if shown.Header.Get("Cache-Control") != "no-store" {
				t.Error("it may be stored")
			}
		}
	})
	t.Run("D4 pressed twice, one new secret is made, and the old one stays valid", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks/a/secret/rotate", "", asOwner...).want(t, 200, "New secret for “a”?")
		if p.says(t, "The old one stays valid until ").lacks(t, "ends at once"); len(p.inClear()) > 0 {
			t.Error("the question shows a secret")
		}
		// All have read the secret when the first of them changes it.
		row := h.db.MustBegin()
		defer row.Rollback()
		row.MustExec(`SELECT FROM merchant_webhooks.webhook FOR UPDATE`)
		const many = 3
		var all sync.WaitGroup
		for range many {
			all.Go(func() { h.press(t, p, "Make a new secret").want(t, 303, "../../../webhooks/a/view?done=rotated") })
		}
		await(t, h.db, "all clicks wait", fmt.Sprintf(`(SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%previous_secret%%') = %d`, many))
		if err := row.Rollback(); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		now := secrets(t)
		if len(now) != 2 || now[1] != before || now[0] == before {
			t.Fatalf("there are %d secrets, the old one is %v", len(now), now[1] == before)
		}
		h.press(t, p, "Make a new secret").want(t, 303, "../../../webhooks/a/view?done=rotated")
		if again := secrets(t); again[0] != now[0] || again[1] != before {
			t.Error("a late click made another one")
		}
		h.open(t, "/admin/webhooks/a/view?done=rotated", "", asOwner...).says(t, "There is a new secret. Give it to the receiver before the old one ends.")
		shown := h.press(t, h.open(t, "/admin/webhooks/a/secret", "", asOwner...), "Show")
		if found := shown.inClear(); strings.Join(found, " ") != strings.Join(now, " ") {
			t.Errorf("the page shows %v, want %v", found, now)
		}
	})
	t.Run("D4 who asks anew gets another one", func(t *testing.T) {
		was := secrets(t)
		p := h.open(t, "/admin/webhooks/a/secret/rotate", "", asOwner...)
		h.press(t, p, "Make a new secret").want(t, 303, "../../../webhooks/a/view?done=rotated")
		if now := secrets(t); now[1] != was[0] || now[0] == was[0] {
			t.Error("none was made")
		}
		h.db.MustExec(`UPDATE merchant_webhooks.webhook SET previous_until = previous_until - interval '1 minute'`)
		h.open(t, "/admin/webhooks/a/secret/rotate", "a=program", asOwner...).want(t, 303, "../../../webhooks/a/view?done=rotated")
		if now := secrets(t); now[1] == was[0] {
			t.Error("a program's form made none")
		}
	})
	t.Run("D4 no notice of a secret that ended a day ago", func(t *testing.T) {
		h.db.MustExec(`UPDATE merchant_webhooks.webhook SET previous_until = now() - interval '1 second'`)
		h.open(t, "/admin/webhooks/a/view?done=rotated", "", asOwner...).lacks(t, `role="status"`)
	})
}

// TestS2_MaskedOnPages: what is secret is masked on every page but the form that
// edits it and what is shown by a button.
func TestS2_MaskedOnPages(t *testing.T) {
	h := newAdmin(t, nil)
	header := `"header_template":"Authorization: Bearer s3cr3t-bearer\nX-Api-Key: s3cr3t-key\nX-Auth-Id: s3cr3t-auth\nCookie: s3cr3t-biscuit\nX-Plain: in-the-open"`
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a", header, `"body_template":"hello"`)), 204, 0)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("u", `"url":"https://shop:s3cr3t-word@example.com/hook"`)), 204, 0)
	h.emit(t, "order-1")
	h.answered(t, 400)
	check(t, h.ask(t, "PATCH", "/private/webhooks/a", `{"event_type":"pay","url":"https://new.example/","http_method":"POST",`+header+`}`), 204, 0)
	one, other := "/a/deliveries/"+h.newest(t, "a"), "/u/deliveries/"+h.newest(t, "u")
	period := "?from=2020-01-01T00:00&to=2030-01-01T00:00&count=1"
	pages := []string{
		"", "/a/view", "/u/view", "/a/deliveries", "/deliveries", one, other, one + "/redeliver", "/a/recover" + period, "/recover" + period,
		"/forget?order_id=order-1", "/why?order_id=order-1", "/a/delete", "/u/delete", "/a/pause", "/a/resume", "/a/secret", "/a/secret/rotate",
	}
	for _, path := range pages {
		t.Run("S2 "+path, func(t *testing.T) {
			for _, who := range [][]string{asOwner, asViewer} {
				h.open(t, "/admin/webhooks"+path, "", who...).lacks(t, "s3cr3t", "czNjcjN0", "c2hvcDpz") // in base64, too
			}
		})
	}
	t.Run("S2 masked are the values alone", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks"+one, "", asOwner...)
		p.says(t, "Authorization: •••", "X-Api-Key: •••", "X-Auth-Id: •••", "Cookie: •••", "X-Plain: in-the-open", "Set-Cookie: •••",
			"X-Api-Key: SECRET", "Passwords and secrets are hidden.", "That is <b>all</b>").lacks(t, "<b>all")
		h.open(t, "/admin/webhooks"+other, "", asOwner...).says(t, "Authorization: •••")
	})
	t.Run("S2 a button shows them, to who may write, and no address does", func(t *testing.T) {
		shown := h.press(t, h.open(t, "/admin/webhooks"+one, "", asOwner...), "Show")
		shown.says(t, "Bearer s3cr3t-bearer", "X-Api-Key: s3cr3t-key", "X-Auth-Id: s3cr3t-auth", "Cookie: s3cr3t-biscuit", "Set-Cookie: session=s3cr3t-cookie")
		if shown.StatusCode != 200 || shown.Header.Get("Cache-Control") != "no-store" || strings.Contains(shown.text("body"), "Passwords and secrets are hidden.") {
			t.Errorf("%d, Cache-Control %q", shown.StatusCode, shown.Header.Get("Cache-Control"))
		}
		h.open(t, "/admin/webhooks"+one+"/show", "", asOwner...).want(t, 303, "../../../../webhooks"+one)
		h.open(t, "/admin/webhooks"+one+"/show", "x=y", asViewer...).want(t, 403, "You may not do this").lacks(t, "s3cr3t")
		h.open(t, "/admin/webhooks/a/edit", "", asOwner...).says(t, "s3cr3t-bearer")
	})
	t.Run("S2 nor does the log hold any", func(t *testing.T) {
		if log := h.log.String(); strings.Contains(log, "s3cr3t") || inClear.MatchString(log) {
			t.Errorf("the log: %s", log)
		}
	})
}
