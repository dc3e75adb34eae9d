package handlers_test

import (
	"crypto/rand"
	"fmt"
	"html/template"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// harsh is a stylesheet that takes every look away, as resets do, and gives
// texts one that nobody would want in a form. #content makes each rule stronger
// than any class.
const harsh = `
*, ::before, ::after, ::placeholder, ::marker { margin: 0; padding: 0; border: 0 solid red; border-radius: 0; outline: 0;
	background: none; font: inherit; color: inherit; list-style: none; text-decoration: none; vertical-align: baseline;
	box-sizing: content-box; appearance: none }
html { font-size: 62.5% }
body { color: CanvasText; font: italic small-caps 300 1.6rem/1 Georgia, serif; text-align: center; text-transform: uppercase;
	text-indent: 2em; letter-spacing: .1em; word-spacing: 1em; word-break: break-all; white-space: nowrap; tab-size: 1;
	text-align-last: right; text-wrap: pretty; line-break: anywhere; cursor: crosshair; user-select: none; quotes: none; hyphens: auto;
	text-emphasis: dot; text-underline-offset: 9px; font-variant-ligatures: none; text-rendering: optimizeSpeed }
svg, img { display: block; width: 100%; height: auto }
path { fill: red; stroke: red; opacity: .5; transform: rotate(9deg) }
fieldset, legend, label, details, summary, p, li { display: inline }
table, input, select, textarea, button { width: auto; border-collapse: collapse; border-spacing: 9px; background: transparent }
summary::after { content: "+" }
#content :is(h1, h2, h3, p, a, button, input, select, textarea, table, th, td, ul, li, dl, dd, fieldset, legend, label, pre, code, mark) {
	margin: 0; padding: 0; border: 0; font-size: 10px; color: red; background: none }
`

// ownColours are a host's that follows the reader's preference.
const ownColours = ":root { color-scheme: light dark; color: CanvasText; background: Canvas }"

// themed follows the reader's preference as Bootstrap's documentation says.
const themed = `
	const dark = matchMedia("(prefers-color-scheme: dark)")
	const follow = () => { document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light" }
	dark.addEventListener("change", follow)
	follow()`

// hostStyles are what hosts' stylesheets do to a page before anything is in it.
func hostStyles(t testing.TB) map[string]string {
	t.Helper()
	return map[string]string{
		"plain":         ownColours,
		"light":         ":root { background: white }",
		"normalize":     string(browser.File(t, "modern-normalize/modern-normalize.css")) + ownColours,
		"reset":         ownColours + harsh,
		"bootstrap":     string(browser.File(t, "bootstrap/dist/css/bootstrap.min.css")),
		"bootstrap-rtl": string(browser.File(t, "bootstrap/dist/css/bootstrap.rtl.min.css")),
	}
}

// browserLayout is a host's layout: a page of the host's with a navigation, a
// search of its own, and, where a test asks for it, one of each element.
var browserLayout = template.Must(template.New("layout").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}" dir="{{.Dir}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<link rel="stylesheet" href="/host/{{.Style}}.css" nonce="{{.Nonce}}">
<style nonce="{{.Nonce}}">html { overflow-y: scroll } body { margin: 0 } main { display: block; padding: 0 }
 nav { padding: 8px } nav > * { display: inline-block; min-height: 24px }</style>
<script nonce="{{.Nonce}}">{{.Script}}</script>
{{.Head}}</head>
<body><nav aria-label="Shop"><a href="/shop">Shop</a> <form role="search"><label for="q">Orders</label> <input id="q" name="q" size="9"></form></nav>
<main id="content">{{.Body}}</main>
{{if .Sample}}<aside id="sample">
<h1>Host</h1><h2>Host</h2><p class="mw-lead">A paragraph with <a href="/">a link</a>, <code class="mw-tag">code</code>, <mark>a mark</mark>.</p>
<form class="mw-form"><fieldset class="mw-field" role="radiogroup"><legend>Legend</legend><label class="mw-choice"><input type="radio"> Radio</label></fieldset>
<p><label for="mw-host">Label</label> <input id="mw-host" class="mw-input"> <select class="mw-input"><option>Option</select>
<textarea>Text</textarea> <button class="mw-button mw-main">Button</button></p></form>
<table class="mw-table"><thead><tr><th>Head</th></tr></thead><tbody><tr><td>Cell</td></tr></tbody></table>
<ul><li>Item</li></ul><dl><dt>Term</dt><dd>Details</dd></dl><details open><summary>Summary</summary><pre>Pre</pre></details>
<div class="mw-hidden" hidden>Hidden</div><svg class="mw-icon" width="9" height="9"><path d="M0 0h9v9z"/></svg><section class="mw-box">Box</section>
</aside>{{end}}</body></html>`))

// noncePolicy lets nothing in that does not bear the page's nonce.
const noncePolicy = "default-src 'none'; style-src 'nonce-%[1]s'; script-src 'nonce-%[1]s' 'strict-dynamic'; connect-src 'self'; " +
	"img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// inLayouts is a host whose pages have its layout around them, below the name
// of each of its stylesheets, such as /bootstrap/admin/webhooks, and whose
// policy is strict. Everybody is signed in.
func inLayouts(t testing.TB, configure func(*plugin.Config)) *host {
	t.Helper()
	styles := hostStyles(t)
	h := newHost(t, func(c *plugin.Config) {
		c.Authorize = everybody
		c.Admin.Title = "The shop"
		c.Admin.Layout = func(c *gin.Context, p plugin.Page) error {
			style, script := c.Param("style"), ""
			if style == "bootstrap" || style == "bootstrap-rtl" {
				script = themed
			}
			c.Status(p.Status)
			c.Header("Content-Type", "text/html; charset=utf-8")
			return browserLayout.Execute(c.Writer, struct {
				plugin.Page
				Style, Nonce string
				Script       template.JS
				Sample       bool
			}{p, style, c.GetString("nonce"), template.JS(script), c.Query("sample") != ""})
		}
		c.Admin.CSPNonce = func(c *gin.Context) string { return c.GetString("nonce") }
		if configure != nil {
			configure(c)
		}
	})
	h.engine.GET("/host/:file", func(c *gin.Context) {
		for name, css := range styles {
			if c.Param("file") == name+".css" {
				c.Data(http.StatusOK, "text/css; charset=utf-8", []byte(css))
			}
		}
	})
	h.plugin.RegisterAdmin(h.engine.Group("/:style", func(c *gin.Context) {
		nonce := rand.Text()
		c.Set("nonce", nonce)
		c.Header("Content-Security-Policy", fmt.Sprintf(noncePolicy, nonce))
	}))
	return h
}

// everybody lets everybody do everything.
func everybody(*gin.Context, string, plugin.Permission) error { return nil }
