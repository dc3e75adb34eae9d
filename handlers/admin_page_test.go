package handlers_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestPagesFromOtherSites(t *testing.T) {
	h := newAdmin(t, func(c *plugin.Config) { c.TrustedOrigins = []string{"https://admin.example"} })
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	posts := map[string]string{"": fine("b"), "/preview": fine("b"), "/a/edit": fine("a"), "/a/delete": "x=y"}
	for path, body := range posts {
		for name, header := range map[string][]string{
			"cross-site":                       {"Sec-Fetch-Site", "cross-site"},
			"same-site":                        {"Sec-Fetch-Site", "same-site"},
			"Origin alone, as over plain http": {"Origin", "http://evil.example"},
			"Origin: null":                     {"Origin", "null"},
		} {
			t.Run("A7 "+name+" "+path, func(t *testing.T) {
				p := h.open(t, "/admin/webhooks"+path, body, append(header, asOwner...)...).want(t, 403, "This form came from another site")
				if !p.Close {
					t.Error("the connection stays, for a body that nobody reads")
				}
			})
		}
	}
	t.Run("A7 it is logged with both origins", func(t *testing.T) {
		if log := h.log.String(); !strings.Contains(log, "http://evil.example") || !strings.Contains(log, "127.0.0.1") {
			t.Errorf("the log: %s", log)
		}
	})
	t.Run("A7 a trusted origin, and this one by Origin alone", func(t *testing.T) {
		h.open(t, "/admin/webhooks", fine("c"), append([]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://admin.example"}, asOwner...)...).
			want(t, 303, "webhooks?saved=c")
		h.open(t, "/admin/webhooks", fine("d"), append([]string{"Origin", h.URL}, asOwner...)...).want(t, 303, "webhooks?saved=d")
	})
	t.Run("A7 a wrong method, and a page that is not there", func(t *testing.T) {
		p := h.ask(t, "PUT", "/admin/webhooks", "")
		if p.StatusCode != 405 || p.Header.Get("Allow") != "GET, HEAD, POST" || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			t.Errorf("PUT: %d, Allow %q", p.StatusCode, p.Header.Get("Allow"))
		}
		for _, path := range []string{"/a/b/c", "/a/nothing", "/a/view/"} {
			if p := h.open(t, "/admin/webhooks"+path, "", asOwner...); p.StatusCode != 404 || p.text("h1") == "" {
				t.Errorf("%s: %d %q", path, p.StatusCode, p.text("h1"))
			}
		}
		h.open(t, "/admin/webhooks/", "", asOwner...).want(t, 303, "../webhooks")
		h.open(t, "/admin/webhooks/a", "", asOwner...).want(t, 303, "../webhooks/a/view")
	})
}

func TestPageHeaders(t *testing.T) {
	h := newAdmin(t, nil)
	t.Run("A8 of every page", func(t *testing.T) {
		for path, body := range map[string]string{"": "", "/new": "", "/a/view": "", "/nothing/at/all": ""} {
			p := h.open(t, "/admin/webhooks"+path, body, asOwner...)
			for name, want := range map[string]string{
				"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
			} {
				if got := p.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
			policy := p.Header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("%s: Content-Security-Policy %q", path, policy)
			}
			p.Find("style, [style], script:not([src]):not([type='application/json']), [onclick], [onsubmit], [onload]").Each(func(_ int, at *goquery.Selection) {
				t.Errorf("%s: %s needs unsafe-inline", path, goquery.NodeName(at))
			})
		}
	})
	t.Run("A8 the assets are the plugin's own, with their hash, for ever", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks/new", "", asOwner...)
		var names []string
		p.Find("link[rel=stylesheet], script[src], img").Each(func(_ int, at *goquery.Selection) {
			names = append(names, at.AttrOr("href", at.AttrOr("src", "")))
		})
		if len(names) < 2 {
			t.Fatalf("the page has the assets %v", names)
		}
		for _, name := range names {
			path, found := strings.CutPrefix(name, "../webhook-assets/")
			a := h.ask(t, "GET", "/admin/webhook-assets/"+path, "", asNobody...)
			if !found || a.StatusCode != 200 || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || strings.Count(path, ".") != 2 || len(a.body) == 0 {
				t.Errorf("%s: %d, %s", name, a.StatusCode, a.Header.Get("Cache-Control"))
			}
		}
		if p := h.open(t, "/admin/webhook-assets/admin.css", "", asNobody...); p.StatusCode != 404 {
			t.Errorf("a name without a hash: %d", p.StatusCode)
		}
	})
	t.Run("A8 the host's policy stays, its nonce is on the tags", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) {
			c.Admin.CSPNonce = func(c *gin.Context) string { return c.GetString("nonce") }
		})
		e := gin.New()
		h.plugin.Register(e.Group("/", func(c *gin.Context) {
			c.Set("nonce", "n0nce")
			c.Header("Content-Security-Policy", "script-src 'nonce-n0nce'")
		}))
		w := serve(e, "GET", "/admin/webhooks/new")
		if got := w.Header().Values("Content-Security-Policy"); len(got) != 1 || got[0] != "script-src 'nonce-n0nce'" {
			t.Errorf("the policy is %q", got)
		}
		doc, _ := goquery.NewDocumentFromReader(w.Body)
		if doc.Find("script[src]").Length() == 0 || doc.Find("script:not([nonce=n0nce]):not([type='application/json']), link[rel=stylesheet]:not([nonce=n0nce])").Length() != 0 {
			t.Error("a tag has no nonce")
		}
	})
	t.Run("A8 what users typed is escaped, and masked", func(t *testing.T) {
		const evil = `"><script>alert(1)</script>`
		check(t, h.ask(t, "POST", "/private/webhooks", hook("x", `"url":"https://u:hunter2@a.example/?q='\u003cb\u003e"`, `"header_template":"Authorization: Bearer tok3n\nX-Api-Secret: tok3n\nX-Plain: <script>"`, `"body_template":"</textarea><script>"`)), 204, 0)
		for _, path := range []string{"/admin/webhooks", "/admin/webhooks/x/view", "/admin/webhooks/x/delete", "/admin/webhooks?q=" + url.QueryEscape(evil), "/admin/webhooks?saved=" + url.QueryEscape(evil)} {
			p := h.open(t, path, "", asOwner...)
			if strings.Contains(string(p.body), "<script>") || strings.Contains(string(p.body), "hunter2") || strings.Contains(string(p.body), "tok3n") {
				t.Errorf("%s: %s", path, p.body)
			}
		}
		p := h.open(t, "/admin/webhooks/x/edit", "", asOwner...)
		if p.field("url") != "https://u:hunter2@a.example/?q='<b>" || !strings.Contains(p.field("header_template"), "tok3n") || strings.TrimPrefix(p.field("body_template"), "\n") != "</textarea><script>" {
			t.Errorf("the form holds %q", p.fields())
		}
		const image = `"><img src=x onerror=alert(1)>'&lt;`
		id, _ := json.Marshal(image)
		check(t, h.ask(t, "POST", "/private/webhooks", `{"webhook_id":`+string(id)+`,"event_type":"pay","url":"https://a.example/?q='<img>","http_method":"POST","body_template":"<img>"}`), 204, 0)
		query, path := url.QueryEscape(image), "/"+url.PathEscape(image)
		for _, page := range []string{"", "?saved=" + query, "?deleted=" + url.QueryEscape(image+"x"), "?q=" + query, path + "/view", path + "/edit", path + "/delete", path + "x/view", "/new?from=" + query} {
			for _, language := range []string{"en", "de"} {
				p := h.open(t, "/admin/webhooks"+page, "", append(asOwner, "Accept-Language", language)...)
				if p.Find("img").Length() != 0 || p.StatusCode != 200 && p.StatusCode != 404 {
					t.Errorf("%s in %s: %d %s", page, language, p.StatusCode, p.body)
				}
			}
		}
		for page, body := range map[string]string{"": fine(image, "url", "https://b.example/"), path + "/edit": fine(image, "version", "99"), "/preview": fine(image, "body_template", "<img>{{"+image+"}}")} {
			if p := h.open(t, "/admin/webhooks"+page, body, asOwner...); p.Find("img").Length() != 0 {
				t.Errorf("%s: %s", page, p.body)
			}
		}
		posted := h.open(t, "/admin/webhooks", fine(evil, "url", evil, "event_type", evil, "http_method", evil, "version", evil, "start_from", evil, "header_template", evil, "body_template", evil), asOwner...)
		if posted.StatusCode != 400 || strings.Contains(string(posted.body), "<script>alert") {
			t.Errorf("%d %s", posted.StatusCode, posted.body)
		}
	})
}

func TestReadersLanguage(t *testing.T) {
	h := newAdmin(t, func(c *plugin.Config) {
		c.Admin.Language = func(c *gin.Context) string { return c.Query("lang") }
		c.Admin.Location = time.FixedZone("CET", 3600)
	})
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	for name, test := range map[string]struct{ query, accept, lang, text string }{
		"A11 English where nothing is said": {"", "", "en", "1 webhook"},
		"A11 as the browser asks":           {"", "fr;q=0.9, de-CH;q=0.8, en;q=0.1", "de", "1 Webhook"},
		"A11 Config.Language goes before":   {"lang=de", "en", "de", "1 Webhook"},
		"A11 a language that there is not":  {"lang=fr", "de", "de", "1 Webhook"},
		"A11 nonsense":                      {"", "\xff;;q=9", "en", "1 webhook"},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.open(t, "/admin/webhooks?"+test.query, "", append(asOwner, "Accept-Language", test.accept)...)
			if lang := p.Find("html").AttrOr("lang", ""); lang != test.lang || !strings.Contains(p.text("body"), test.text) {
				t.Errorf("lang %q: %s", lang, p.text("body"))
			}
		})
	}
	t.Run("A11 times in Config.Location, with the zone", func(t *testing.T) {
		form := h.open(t, "/admin/webhooks/a/edit", "", asOwner...)
		h.open(t, "/admin/webhooks/a/edit", form.fields("http_method", "PUT"), asOwner...).want(t, 303, "../../webhooks?saved=a")
		p := h.open(t, "/admin/webhooks/a/edit", form.fields("http_method", "PATCH"), asOwner...).want(t, 409, "Error: Edit “a”")
		sent, err := time.Parse(time.RFC3339, p.Find("time").AttrOr("datetime", ""))
		if want := sent.In(time.FixedZone("CET", 3600)).Format("15:04"); err != nil || !strings.Contains(p.text("time"), want) || !strings.HasSuffix(p.text("time"), " CET") {
			t.Errorf("the time %v reads %q", sent, p.text("time"))
		}
	})
	t.Run("A11 a refusal is in the reader's language, the API's in English", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks?lang=de", fine("a", "url", "ftp://a/"), asOwner...)
		if got := p.message("url"); got != "Die Adresse beginnt mit ftp:. Sie muss mit https:// oder http:// beginnen." {
			t.Errorf("the message is %q", got)
		}
		a := h.ask(t, "POST", "/private/webhooks?lang=de", hook("b", `"url":"ftp://a/"`), "Accept-Language", "de")
		if !strings.Contains(string(a.body), "The address begins with ftp:.") {
			t.Errorf("the API says %s", a.body)
		}
	})
}

func TestHalves(t *testing.T) {
	t.Run("H9 the API and the admin apart", func(t *testing.T) {
		p, err := plugin.New(plugin.Config{DB: migrated(t), Authorize: plugin.Tokens(tokens...), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		e := gin.New()
		p.RegisterAPI(e.Group("/api/:tenant"))
		p.RegisterAdmin(e.Group("/t/:tenant/backoffice", func(c *gin.Context) { c.Header("X-Admin", "yes") }))
		if w := serve(e, "POST", "/api/acme/private/webhooks"); w.Code != http.StatusNoContent || w.Header().Get("X-Admin") != "" {
			t.Errorf("the API: %d", w.Code)
		}
		w := serve(e, "GET", "/t/acme/backoffice/admin/webhooks/a/view")
		if w.Code != http.StatusOK || w.Header().Get("X-Admin") != "yes" || !strings.Contains(w.Body.String(), "http://example.com/api/acme/private/webhooks") {
			t.Errorf("the admin: %d %s", w.Code, w.Body)
		}
		serve(e, "POST", "/api/acme/instances/sandbox/private/webhooks")
		if w := serve(e, "GET", "/t/acme/backoffice/instances/sandbox/admin/webhooks/a/view"); !strings.Contains(w.Body.String(), "http://example.com/api/acme/instances/sandbox/private/webhooks") {
			t.Errorf("the admin of an instance: %d %s", w.Code, w.Body)
		}
		for _, path := range []string{"/api/acme/admin/webhooks", "/t/acme/backoffice/private/webhooks"} {
			if w := serve(e, "GET", path); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
	t.Run("H9 several of both, each with its own", func(t *testing.T) {
		p := newPlugin(t, nil)
		e := gin.New()
		for _, path := range []string{"/a", "/b"} {
			p.Register(e.Group(path))
		}
		serve(e, "POST", "/a/private/webhooks")
		for _, path := range []string{"/a", "/b"} {
			if w := serve(e, "GET", path+"/admin/webhooks/a/view"); !strings.Contains(w.Body.String(), "http://example.com"+path+"/private/webhooks") {
				t.Errorf("no line leads to %s/private/webhooks: %s", path, w.Body)
			}
		}
	})
	t.Run("H9 the API beside the admin, at the root", func(t *testing.T) {
		h := newAdmin(t, nil)
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
		if p := h.open(t, "/admin/webhooks/a/view", "", asOwner...); !strings.Contains(string(p.body), h.URL+"/private/webhooks") {
			t.Errorf("no line leads to %s/private/webhooks: %s", h.URL, p.body)
		}
	})
	t.Run("H9 behind a proxy, by PublicURL", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) { c.PublicURL = "https://shop.example/behind/" })
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
		if p := h.open(t, "/admin/webhooks/a/view", "", asOwner...); !strings.Contains(string(p.body), "https://shop.example/behind/private/webhooks") {
			t.Errorf("no line leads there: %s", p.body)
		}
	})
	t.Run("H9 the host's fields are in every form", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) {
			c.Admin.FormFields = func(*gin.Context) map[string]string { return map[string]string{"csrf_token": `t"k`, "a": "b"} }
		})
		check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
		forms := 0
		for path, body := range map[string]string{"": "", "/new": "", "/a/view": "", "/a/edit": "", "/a/delete": "", "/preview": fine("b")} {
			h.open(t, "/admin/webhooks"+path, body, asOwner...).Find("form[method=post]").Each(func(_ int, form *goquery.Selection) {
				forms++
				if form.Find(`[type=hidden][name=csrf_token]`).AttrOr("value", "") != `t"k` || form.Find(`[name=a]`).Length() != 1 {
					t.Errorf("%s: a form without the host's fields", path)
				}
			})
		}
		if forms < 4 {
			t.Errorf("only %d forms", forms)
		}
	})
	t.Run("H9 behind a CSRF middleware of the host's", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) {
			c.Admin.FormFields = func(c *gin.Context) map[string]string { return map[string]string{"csrf_token": c.GetString("token")} }
		})
		e := gin.New()
		h.plugin.Register(e.Group("/shop", func(c *gin.Context) {
			c.Set("token", "t0ken")
			if c.Request.Method == http.MethodPost && c.PostForm("csrf_token") != "t0ken" {
				c.AbortWithStatus(http.StatusTeapot)
			}
		}))
		behind := &host{Server: httptest.NewServer(e), prefix: "/shop"}
		defer behind.Close()
		behind.Client().CheckRedirect = h.Client().CheckRedirect
		behind.open(t, "/admin/webhooks", fine("a"), asOwner...).want(t, http.StatusTeapot, "")
		page := behind.open(t, "/admin/webhooks/new", "", asOwner...)
		token := page.field("csrf_token")
		behind.open(t, "/admin/webhooks", page.fields("url", "https://a.example/", "csrf_token", token), asOwner...).want(t, 303, "webhooks?saved=pay-a.example")
	})
	t.Run("H8 the host tells the instance", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) {
			c.Instance = func(*gin.Context) (string, error) { return "sandbox", nil }
		})
		h.open(t, "/admin/webhooks", fine("a"), asOwner...).want(t, 303, "webhooks?saved=a")
		if n := count(t, h.db, "sandbox"); n != 1 {
			t.Errorf("sandbox has %d webhooks", n)
		}
		if a := h.ask(t, "GET", "/instances/sandbox/admin/webhooks", ""); a.StatusCode != 404 || strings.Contains(string(a.body), "<h1") {
			t.Errorf("an instance in the path: %d", a.StatusCode)
		}
	})
	t.Run("A1 another instance than the default one is named", func(t *testing.T) {
		h := newAdmin(t, nil)
		if p := h.open(t, "/instances/sandbox/admin/webhooks", "", asOwner...); !strings.Contains(p.text("body"), "Instance: sandbox") {
			t.Errorf("the page: %s", p.text("body"))
		}
		if p := h.open(t, "/admin/webhooks", "", asOwner...); strings.Contains(p.text("body"), "Instance:") {
			t.Errorf("the default's page: %s", p.text("body"))
		}
	})
}
