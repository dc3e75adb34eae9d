package handlers_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// A gate is a host's middleware against cross-site requests: what is posted
// must hold the token of the sender's cookie.
type gate struct{ passed, refused atomic.Int32 }

func (g *gate) check(c *gin.Context) {
	token, err := c.Cookie("csrf")
	if err != nil {
		token = rand.Text()
		http.SetCookie(c.Writer, &http.Cookie{Name: "csrf", Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	c.Set("csrf", token)
	if c.Request.Method != http.MethodPost {
		return
	}
	if err != nil || c.PostForm("csrf_token") != token {
		g.refused.Add(1)
		c.AbortWithStatus(http.StatusTeapot)
		return
	}
	g.passed.Add(1)
}

// behindProxy is a host below /t/:tenant, behind its gate, and a proxy that
// shows it below /shop/backoffice and strips that.
func behindProxy(t *testing.T) (h *host, g *gate, public string) {
	t.Helper()
	g = &gate{}
	h = newHost(t, func(c *plugin.Config) {
		c.Authorize = everybody
		c.Admin.FormFields = func(c *gin.Context) map[string]string { return map[string]string{"csrf_token": c.GetString("csrf")} }
	})
	h.plugin.RegisterAdmin(h.engine.Group("/t/:tenant", g.check))
	const stripped = "/shop/backoffice"
	target, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(http.StripPrefix(stripped, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}))
	t.Cleanup(proxy.Close)
	// A name that browsers do not trust over plain http: they send no
	// Sec-Fetch-Site to it.
	return h, g, strings.Replace(proxy.URL, "127.0.0.1", "shop.test", 1)
}

// TestBrowserProxy works with webhooks as a person does, where every address
// that the host knows is another than the browser's.
func TestBrowserProxy(t *testing.T) {
	h, g, public := behindProxy(t)
	const list = "/shop/backoffice/t/acme/admin/webhooks"
	p := browser.New(t, public)
	at := func(t *testing.T, path string, texts ...string) {
		t.Helper()
		if p.Status != http.StatusOK || p.Path() != list+path {
			t.Errorf("it is at %s (%d), want %s", p.Path(), p.Status, list+path)
		}
		p.Shows(texts...)
	}
	t.Run("H5 H9 created, after a live preview and a preview", func(t *testing.T) {
		p.Open(list)
		p.Click("Create your first webhook")
		if !works(p) {
			t.Error("the stylesheet and the script are not found")
		}
		p.Fill("Send to this address", "https://erp.example.com/hook")
		livePreview(p, `{"live": {{{json.order_id}}}}`)
		p.Click("Preview")
		at(t, "/preview", "The body is valid JSON")
		p.Click("Save")
		at(t, "?saved=pay-erp.example.com", "“pay-erp.example.com” is saved.", "1 webhook")
	})
	t.Run("H5 H9 edited, with what was refused before", func(t *testing.T) {
		p.Click("Show its page")
		at(t, "/pay-erp.example.com/view", "An order was paid")
		p.Click("Edit")
		p.Fill("Send to this address", "ftp://erp.example.com/other")
		if p.Click("Save"); p.Status != http.StatusBadRequest {
			t.Errorf("a wrong address is answered with %d", p.Status)
		}
		p.Fill("Send to this address", "https://erp.example.com/other")
		p.Click("Preview")
		at(t, "/preview", "POST /other HTTP/1.1")
		p.Click("Save")
		at(t, "?saved=pay-erp.example.com", "https://erp.example.com/other")
	})
	t.Run("H5 the slash at the end, an ID alone, a search and a reload", func(t *testing.T) {
		p.Open(list + "/")
		at(t, "")
		p.Open(list + "/pay-erp.example.com")
		at(t, "/pay-erp.example.com/view")
		p.Click("Webhooks")
		p.Fill("ID, address or event", "ERP")
		p.Click("Search")
		at(t, "?q=ERP", "1 webhook")
		p.Reload()
		at(t, "?q=ERP", "1 webhook")
	})
	t.Run("H5 H9 deleted", func(t *testing.T) {
		p.Click("Delete “pay-erp.example.com”")
		at(t, "/pay-erp.example.com/delete")
		p.Click("Delete")
		at(t, "?deleted=pay-erp.example.com", "“pay-erp.example.com” is deleted.", "No webhooks yet.")
	})
	t.Run("H9 the middleware let all of it pass, and nothing without its token", func(t *testing.T) {
		if g.refused.Load() != 0 || g.passed.Load() < 7 {
			t.Errorf("%d posts passed, %d were refused", g.passed.Load(), g.refused.Load())
		}
		h.open(t, "/t/acme/admin/webhooks", fine("a"), asNobody...).want(t, http.StatusTeapot, "")
	})
}
