package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// mount serves the plugin in an engine of the test's own, where everybody may
// do everything.
func mount(t *testing.T, group string, configure func(*gin.Engine, *plugin.Config), around func(http.Handler) http.Handler) *httptest.Server {
	t.Helper()
	engine := gin.New()
	config := plugin.Config{
		DB:        pgtest.Open(t, migrated(t)),
		Authorize: func(*gin.Context, string, plugin.Permission) error { return nil },
		Logger:    slog.New(slog.DiscardHandler),
	}
	configure(engine, &config)
	webhooks, err := plugin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	webhooks.Register(engine.Group(group))
	var handler http.Handler = engine
	if around != nil {
		handler = around(engine)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// framework is a stylesheet as hosts have them: a reset, then elements dressed
// without a class. Its pages are light only, and one rem has 10 pixels.
const framework = `
*, *::before, *::after { box-sizing: content-box; margin: 0; padding: 0; border: 0; font: inherit; vertical-align: baseline }
:root { color-scheme: light; font-size: 62.5% }
body { font: 1.6rem/1.2 serif; background: #fff; color: #222 }
ol, ul { list-style: none }
h1, h2 { margin: 5rem 0; font-size: 4rem; text-transform: uppercase; letter-spacing: 1px }
a { color: #a00; text-decoration: none }
p { max-width: 20em; margin-bottom: 3em }
button, input, select, textarea { float: left; width: 90%; height: 20px; border-radius: 0; background: #eee; color: #999; appearance: none }
label { display: inline-block; float: left; width: 30%; font-weight: 700 }
fieldset { padding: 2em; border: 1px solid }
table { border-collapse: collapse } tr:nth-child(even) { background: #eee } td, th { padding: 3em; text-align: center }
pre, code, mark { background: #ff0; color: #00f; white-space: pre }
summary { display: block; list-style: none } li { line-height: 3rem } section { padding: 4rem } svg { width: 100% }
:focus { outline: none }
`

// dressed is a layout with the framework's stylesheet and things of its own.
var dressed = template.Must(template.New("dressed").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>
<style nonce="{{.Nonce}}">` + framework + `</style>{{.Head}}</head>
<body><header><p>Shop</p><h2>Menu</h2><ul><li><a href="../">Home</a></li></ul><details><summary>More</summary><code>x</code></details></header>
<main>{{.Body}}</main></body></html>`))

// inFramework sets a host up in which much is different at once: its own
// stylesheet and policy with a nonce, a CSRF middleware that has read the form,
// a group with a parameter.
func inFramework(engine *gin.Engine, config *plugin.Config) {
	engine.Use(func(c *gin.Context) {
		nonce := rand.Text()
		c.Set("nonce", nonce)
		c.Header("Content-Security-Policy", fmt.Sprintf("default-src 'none'; style-src 'nonce-%[1]s'; script-src 'nonce-%[1]s'; connect-src 'self'; form-action 'self'", nonce))
		secret, err := c.Cookie("csrf")
		if err != nil {
			secret = rand.Text()
			c.SetCookie("csrf", secret, 0, "/", "", false, true)
		}
		c.Set("csrf", secret)
		if c.Request.Method == http.MethodPost && c.PostForm("csrf") != secret {
			c.AbortWithStatus(http.StatusTeapot)
		}
	})
	config.Admin.CSPNonce = func(c *gin.Context) string { return c.GetString("nonce") }
	config.Admin.FormFields = func(c *gin.Context) map[string]string { return map[string]string{"csrf": c.GetString("csrf")} }
	config.Admin.Layout = func(c *gin.Context, p plugin.Page) error {
		c.Status(p.Status)
		c.Header("Content-Type", "text/html; charset=utf-8")
		return dressed.Execute(c.Writer, struct {
			plugin.Page
			Nonce string
		}{p, c.GetString("nonce")})
	}
}

// outside is how everything looks that is not the plugin's, and not around it.
const outside = `[...document.querySelectorAll("body *")]
	.filter(e => !e.closest(".merchant-webhooks") && !e.querySelector(".merchant-webhooks"))
	.map(e => e.tagName + " " + [...getComputedStyle(e)].map(name => name + ":" + getComputedStyle(e)[name]).join(";"))`

// inside is how what is the plugin's is laid out.
const inside = `[...document.querySelectorAll(".merchant-webhooks :not([type=hidden])")].flatMap(e => ["display", "float", "position", "box-sizing", "appearance",
	"margin", "padding", "border-width", "border-style", "border-radius", "text-transform", "text-decoration-line", "list-style-type",
	"letter-spacing", "white-space", "max-width", "min-height", "font-size", "font-weight", "text-align", "vertical-align", "width", "height"]
	.map(name => e.tagName + "." + e.className + " " + name + ": " + getComputedStyle(e).getPropertyValue(name)))`

// walk makes, looks at, changes and deletes a webhook.
func walk(t *testing.T, p *browser.Page, list string) {
	p.Open(list)
	p.Check("A10 the empty list")
	p.Click("Create your first webhook")
	p.Fill("Send to this address", "erp.example.com")
	if p.Click("Save"); p.Status != 400 {
		t.Errorf("an address without a scheme is answered with %d", p.Status)
	}
	p.Check("A10 a refused form")
	p.Fill("Send to this address", address)
	p.Click("Preview")
	p.Check("A10 a preview")
	p.Click("Save")
	p.Shows("“pay-erp.example.com” is saved.")
	p.Check("A10 the list")
	p.Click("Edit “pay-erp.example.com”")
	p.Fill("Send to this address", "https://other.example/")
	p.Click("Save")
	p.Click("Show its page")
	p.Check("A10 the page of a webhook")
	p.Click("Delete")
	p.Click("Delete")
	p.Shows("“pay-erp.example.com” is deleted.")
	p.Click("Create your first webhook")
	p.Fill("Send to this address", address)
	p.Click("Save")
}

// TestA10Hosts works with the pages alone, and in a host that has little in
// common with the example.
func TestA10Hosts(t *testing.T) {
	alone := mount(t, "/", func(_ *gin.Engine, c *plugin.Config) { c.Admin.Title, c.Admin.AccentColor = "The shop", "#0a7d55" }, nil)
	framed := mount(t, "/t/:tenant", inFramework, func(next http.Handler) http.Handler { return http.StripPrefix("/shop", next) })
	p, q := browser.New(t, alone.URL), browser.New(t, framed.URL)
	t.Run("A10 alone", func(t *testing.T) { walk(t, p, "/admin/webhooks") })
	t.Run("H9 in a host's layout, with its policy and CSRF token, behind a proxy that strips a prefix", func(t *testing.T) {
		walk(t, q, "/shop/t/acme/admin/webhooks")
	})
	for _, page := range []string{"", "/new", "/pay-erp.example.com/view", "/pay-erp.example.com/edit", "/pay-erp.example.com/delete"} {
		p.Open("/admin/webhooks" + page)
		q.Open("/shop/t/acme/admin/webhooks" + page)
		t.Run("A10 the plugin's styles do not leak out of "+page, func(t *testing.T) {
			var with, without []string
			q.Eval(&with, outside)
			q.Eval(&without, `document.querySelector("link[rel=stylesheet]").disabled = true, `+outside)
			q.Eval(nil, `document.querySelector("link[rel=stylesheet]").disabled = false`)
			compare(t, with, without)
		})
		t.Run("A10 the host's styles do not break "+page, func(t *testing.T) {
			var in, out []string
			for _, at := range []*browser.Page{p, q} { // as wide in one as in the other, with the same curl line
				at.Eval(nil, `document.querySelector(".merchant-webhooks").style.width = "960px"`)
				at.Eval(nil, `document.querySelectorAll("details pre").forEach(e => e.textContent = "curl")`)
			}
			p.Eval(&out, inside)
			q.Eval(&in, inside)
			compare(t, in, out)
		})
	}
}

// compare reports the first few differences.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) == 0 || len(got) != len(want) {
		t.Fatalf("there are %d lines, want %d", len(got), len(want))
	}
	different := 0
	for i := range got {
		if got[i] == want[i] {
			continue
		}
		if different++; different <= 20 {
			t.Errorf("it is %s\nnot %s", got[i], want[i])
		}
	}
	if different > 20 {
		t.Errorf("and %d more", different-20)
	}
}

// TestA11RightToLeft adds a language with six plurals, from right to left,
// through Config alone.
func TestA11RightToLeft(t *testing.T) {
	host := mount(t, "/", func(_ *gin.Engine, c *plugin.Config) {
		c.Admin.Languages = []plugin.Language{{Tag: "ar", Name: "العربية", Dir: "rtl", Texts: arabicLooking(t)}}
	}, nil)
	p := browser.New(t, host.URL)
	p.Speaks("ar")
	p.Open("/admin/webhooks/new")
	p.Check("A11 a form from right to left")
	p.Fill(arabic("Send to this address"), "ftp://erp.example.com/")
	p.Click(arabic("Save"))
	p.Check("A11 a refused form from right to left")
	p.Fill(arabic("Send to this address"), address)
	p.Click(arabic("Preview"))
	p.Check("A11 a preview from right to left")
	p.Click(arabic("Save"))
	p.Shows("pay-erp.example.com")
	p.Check("A11 the list from right to left")
	var dir, lang string
	p.Eval(&dir, `getComputedStyle(document.querySelector("h1")).direction`)
	p.Eval(&lang, `document.documentElement.lang`)
	if dir != "rtl" || lang != "ar" {
		t.Errorf("the page is in %q, %q", lang, dir)
	}
}

// arabicLooking is every text in letters from right to left, as long as the
// English one, with a form for each of Arabic's plurals.
func arabicLooking(t *testing.T) map[string]string {
	file, err := os.ReadFile("../admin-ui/texts/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var english map[string]map[string]string
	if err := json.Unmarshal(file, &english); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for key, forms := range english {
		if text, ok := forms["text"]; ok {
			texts[key] = arabic(text)
			continue
		}
		for _, plural := range []string{"zero", "one", "two", "few", "many", "other"} {
			texts[key+"#"+plural] = arabic(forms["other"])
		}
	}
	return texts
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}|[^{]+|\{`)

// arabic puts letters of another script into the places of a text's own.
func arabic(text string) string {
	const letters = "ابتثجحخدذرزسشصضطظعغفقكلمنه"
	var b strings.Builder
	for _, part := range placeholder.FindAllString(text, -1) {
		if strings.HasPrefix(part, "{") {
			b.WriteString(part)
			continue
		}
		b.WriteString(strings.Map(func(r rune) rune {
			if r |= 0x20; r >= 'a' && r <= 'z' {
				return []rune(letters)[r-'a']
			}
			return r
		}, part))
	}
	return b.String()
}
