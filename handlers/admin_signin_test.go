package handlers_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestNotSignedIn(t *testing.T) {
	h := newAdmin(t, nil)
	leading := newAdmin(t, func(c *plugin.Config) {
		c.Admin.LoginURL = func(_ ginContext, back string) string { return "/login?next=" + back }
		c.PublicURL = "https://shop.example/behind"
	})
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	pages := []string{"", "/new", "/a/view", "/a/edit", "/a/delete"}
	t.Run("A12 a page without a sign-in page", func(t *testing.T) {
		for _, path := range pages {
			h.open(t, "/admin/webhooks"+path, "", asNobody...).want(t, 401, "Please sign in")
		}
	})
	t.Run("A12 a page leads to the sign-in page, with the way back", func(t *testing.T) {
		for _, path := range pages {
			leading.open(t, "/admin/webhooks"+path+"?q=x", "", asNobody...).want(t, 303, "/login?next=/behind/admin/webhooks"+path+"?q=x")
		}
		if a := leading.ask(t, "HEAD", "/admin/webhooks", "", asNobody...); a.StatusCode != 303 {
			t.Errorf("HEAD is answered %s", a.Status)
		}
	})
	t.Run("A12 the way back stays on this host", func(t *testing.T) {
		atRoot := newAdmin(t, func(c *plugin.Config) {
			c.Admin.LoginURL = func(_ ginContext, back string) string { return "/login?next=" + back }
		})
		for h, root := range map[*host]string{leading: "/behind", atRoot: ""} {
			h.engine.RemoveExtraSlash = true
			for sent, want := range map[string]string{
				"//evil.example/../admin/webhooks": "/evil.example/../admin/webhooks", "///admin/webhooks/new?a=//b": "/admin/webhooks/new?a=//b",
			} {
				if root != "" {
					want = root + sent // one slash stands before it already
				}
				w := serve(h.engine, "GET", sent, "Authorization", "Basic x")
				if to := w.Header().Get("Location"); to != "/login?next="+want {
					t.Errorf("from %s it leads to %q, want %q", sent, to, want)
				}
			}
		}
	})
	t.Run("A4 a form comes back as posted, with a link to sign in", func(t *testing.T) {
		for path, editing := range map[string]bool{"": false, "/preview": false, "/a/edit": true} {
			body := fine("typed", "url", "nothing that is valid", "body_template", "\r\n typed", "start_from", "own")
			p := leading.open(t, "/admin/webhooks"+path, body, asNobody...).want(t, 401, "You are no longer signed in")
			if p.field("url") != "nothing that is valid" || strings.TrimLeft(p.field("body_template"), "\r\n") != " typed" {
				t.Errorf("%s: came back as %q, %q", path, p.field("url"), p.field("body_template"))
			}
			link := p.Find(`a[target=_blank]`)
			if !strings.HasPrefix(link.AttrOr("href", ""), "/login?next=/behind/admin/webhooks") {
				t.Errorf("%s: the link to sign in leads to %q", path, link.AttrOr("href", ""))
			}
			if got := p.Find("form[method=post]").First().AttrOr("action", ""); strings.HasSuffix(got, "/edit") != editing {
				t.Errorf("%s: Save posts to %q", path, got)
			}
		}
		if p := h.open(t, "/admin/webhooks", fine("a"), asNobody...).want(t, 401, "You are no longer signed in"); p.Find(`a[target=_blank]`).Length() != 0 {
			t.Error("a link to sign in, though the host has named none")
		}
	})
	t.Run("A4 a deletion that was not signed in leads to the sign-in, and back to the question", func(t *testing.T) {
		p := leading.open(t, "/admin/webhooks/a/delete", "x=y", asNobody...).want(t, 401, "You are no longer signed in")
		if got := p.Find(`.merchant-webhooks a`).AttrOr("href", ""); got != "/login?next=/behind/admin/webhooks/a/delete" {
			t.Errorf("the link leads to %q", got)
		}
		p = h.open(t, "/admin/webhooks/a/delete", "x=y", asNobody...).want(t, 401, "You are no longer signed in")
		if p.Find(`.merchant-webhooks a`).Length() != 0 {
			t.Error("a link to sign in, though the host has named none")
		}
	})
	t.Run("A4 what is compressed is not unpacked for who is not signed in", func(t *testing.T) {
		var body bytes.Buffer
		w := gzip.NewWriter(&body)
		if _, err := w.Write([]byte(fine("a", "body_template", strings.Repeat("<", 1<<20)))); err != nil {
			t.Fatal(err)
		}
		w.Close()
		encoded := append(asNobody, "Content-Encoding", "gzip")
		p := h.open(t, "/admin/webhooks", body.String(), encoded...).want(t, 401, "You are no longer signed in")
		if p.Find("form").Length() != 0 || len(p.body) > 10<<10 {
			t.Errorf("%d bytes were posted, %d came back", body.Len(), len(p.body))
		}
	})
	t.Run("A4 a broken form comes back as far as it could be read", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", "url=typed&x=%zz", asNobody...).want(t, 401, "You are no longer signed in")
		if got := p.field("url"); got != "typed" {
			t.Errorf("the address is %q", got)
		}
	})
	t.Run("A4 nothing is read from the database for who is not signed in", func(t *testing.T) {
		away := newAdmin(t, nil)
		away.db.Close()
		away.open(t, "/admin/webhooks/a/edit", fine("a", "version", "3"), asNobody...).want(t, 401, "You are no longer signed in")
	})
	t.Run("R2 who may not even look is told so", func(t *testing.T) {
		closed := newAdmin(t, func(c *plugin.Config) {
			c.Authorize = func(ginContext, string, plugin.Permission) error { return plugin.ErrForbidden }
		})
		for path, body := range map[string]string{"": "", "/new": "", "/a/edit": fine("a")} {
			p := closed.open(t, "/admin/webhooks"+path, body).want(t, 403, "You may not see this page")
			if links := p.Find(".merchant-webhooks a").Length(); links != 0 {
				t.Errorf("%s: %d links, which would be refused", path, links)
			}
		}
	})
	t.Run("R2 who may only look is refused, and sees nothing that would be", func(t *testing.T) {
		for path, body := range map[string]string{"": fine("b"), "/new": "", "/preview": fine("b"), "/a/edit": "", "/a/delete": "x=y"} {
			h.open(t, "/admin/webhooks"+path, body, asViewer...).want(t, 403, "You may not do this")
		}
		for _, path := range []string{"", "/a/view"} {
			p := h.open(t, "/admin/webhooks"+path, "", asViewer...)
			if p.StatusCode != http.StatusOK || p.Find(`a[href*="new"], a[href*="edit"], a[href*="delete"], form[method=post]`).Length() != 0 {
				t.Errorf("%s: status %d, links %v", path, p.StatusCode, p.Find("a").Map(hrefOf))
			}
		}
		if n := count(t, h.db, "admin"); n != 1 {
			t.Errorf("there are %d webhooks", n)
		}
	})
}
