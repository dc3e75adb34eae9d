package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// layouts are three ways in which hosts write pages.
var layouts = map[string]func(c *gin.Context, p plugin.Page) error{
	"c.HTML": func(c *gin.Context, p plugin.Page) error {
		c.HTML(p.Status, "layout", p)
		return nil
	},
	"html/template": func(c *gin.Context, p plugin.Page) error {
		c.Status(p.Status)
		c.Header("Content-Type", "text/html; charset=utf-8")
		return shopLayout.ExecuteTemplate(c.Writer, "layout", p)
	},
	"templ": func(c *gin.Context, p plugin.Page) error {
		shell := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			fmt.Fprintf(w, `<!doctype html><html lang=%q dir=%q><head><title>%s</title>`, p.Lang, p.Dir, templ.EscapeString(p.Title))
			if err := templ.Raw(string(p.Head)).Render(ctx, w); err != nil {
				return err
			}
			fmt.Fprint(w, `</head><body><nav>The shop</nav><main>`)
			return templ.Join(templ.Raw(string(p.Body)), templ.Raw(`</main></body></html>`)).Render(ctx, w)
		})
		templ.Handler(shell, templ.WithStatus(p.Status)).ServeHTTP(c.Writer, c.Request)
		return nil
	},
}

var shopLayout = template.Must(template.New("layout").Parse(
	`<!doctype html><html lang="{{.Lang}}" dir="{{.Dir}}"><head><title>{{.Title}}</title>{{.Head}}</head>` +
		`<body><nav>The shop</nav><main>{{.Body}}</main></body></html>`))

func TestLayout(t *testing.T) {
	for name, layout := range layouts {
		t.Run("A10 by "+name, func(t *testing.T) {
			h := newAdmin(t, func(c *plugin.Config) { c.Admin.Layout, c.Admin.Title = layout, "The shop" })
			h.engine.SetHTMLTemplate(shopLayout)
			for path, want := range map[string]struct {
				status  int
				heading string
			}{"": {200, "Webhooks"}, "/new": {200, "New webhook"}, "/x/view": {404, "There is no webhook “x”"}} {
				p := h.open(t, "/admin/webhooks"+path, "", append(asOwner, "Accept-Language", "en")...).want(t, want.status, want.heading)
				if p.Find("main").Length() != 1 || p.Find("h1").Length() != 1 || p.Find("main h1").Length() != 1 || p.Find("html").AttrOr("lang", "") != "en" {
					t.Errorf("%s: the page is not one with the host's: %s", path, p.body)
				}
				if title := p.text("title"); title != want.heading+" – Webhooks – The shop" && title != want.heading+" – The shop" {
					t.Errorf("%s: the title is %q", path, title)
				}
				if p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Content-Type") != "text/html; charset=utf-8" || p.Find("head link[rel=stylesheet]").Length() != 1 {
					t.Errorf("%s: headers %v, head %v", path, p.Header, p.Find("head").Text())
				}
			}
			h.open(t, "/admin/webhooks", fine("a"), asOwner...).want(t, 303, "webhooks?saved=a")
		})
	}
	t.Run("A10 an error of it sends no half page, and it is not asked again", func(t *testing.T) {
		asked := 0
		h := newAdmin(t, func(c *plugin.Config) {
			c.Admin.Layout = func(c *gin.Context, _ plugin.Page) error {
				asked++
				c.Header("X-Half", "yes")
				c.String(http.StatusOK, "<html>half")
				return errors.New("the menu's database is away")
			}
		})
		for path, status := range map[string]int{"": 500, "/x/view": 404} {
			p := h.open(t, "/admin/webhooks"+path, "", asOwner...)
			if p.StatusCode != status || strings.Contains(string(p.body), "half") || p.Header.Get("X-Half") != "" || p.text("h1") == "" {
				t.Errorf("%s: %d %s", path, p.StatusCode, p.body)
			}
		}
		if !strings.Contains(h.log.String(), "the menu's database is away") || asked != 2 {
			t.Errorf("the log does not hold the cause, or it was asked %d times", asked)
		}
	})
	t.Run("A10 nor does a panic, which is the host's", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) {
			c.Admin.Layout = func(c *gin.Context, _ plugin.Page) error {
				c.String(http.StatusOK, "<html>half")
				panic("the layout")
			}
		})
		e := gin.New()
		e.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, cause any) { c.String(http.StatusTeapot, fmt.Sprint(cause)) }))
		h.plugin.Register(&e.RouterGroup)
		if w := serve(e, "GET", "/admin/webhooks"); w.Code != http.StatusTeapot || w.Body.String() != "the layout" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("A10 a header that it takes away is not sent", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) {
			c.Admin.Layout = func(c *gin.Context, p plugin.Page) error {
				c.Writer.Header().Del("X-Content-Type-Options")
				c.Data(p.Status, "text/html; charset=utf-8", []byte(p.Body))
				return nil
			}
		})
		if p := h.open(t, "/admin/webhooks", "", asOwner...).want(t, 200, "Webhooks"); p.Header.Get("X-Content-Type-Options") != "" {
			t.Error("it is sent")
		}
	})
	t.Run("A10 one that writes nothing is an error", func(t *testing.T) {
		h := newAdmin(t, func(c *plugin.Config) { c.Admin.Layout = func(*gin.Context, plugin.Page) error { return nil } })
		if p := h.open(t, "/admin/webhooks", "", asOwner...); p.StatusCode != 500 || len(p.body) == 0 {
			t.Errorf("%d %s", p.StatusCode, p.body)
		}
	})
}
