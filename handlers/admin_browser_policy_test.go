package handlers_test

import (
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// TestBrowserPolicies goes through every state under a strict policy. The
// browser's tab fails the test for whatever its console complains of, and so
// for each breach.
func TestBrowserPolicies(t *testing.T) {
	t.Run("A8 under the host's policy with a nonce", func(t *testing.T) {
		underPolicy(t, inLayouts(t, nil), "/bootstrap", "'nonce-")
	})
	t.Run("A8 under the plugin's own policy", func(t *testing.T) {
		h := newHost(t, func(c *plugin.Config) { c.Authorize = everybody })
		underPolicy(t, h, "", "style-src 'self'; script-src 'self'")
	})
	t.Run("A8 a tag without the nonce is not let in", func(t *testing.T) {
		h := inLayouts(t, func(c *plugin.Config) { c.Admin.CSPNonce = nil })
		w := &watched{TB: t}
		t.Run("open", func(t *testing.T) {
			w.TB = t
			p := browser.New(w, h.URL)
			p.Open("/plain/admin/webhooks/new")
			if works(p) {
				t.Error("the page is styled and its script works")
			}
		})
		if w.said == "" && !w.Skipped() {
			t.Error("the browser's tab does not say so")
		}
	})
}

// watched takes what a tab complains of at its end.
type watched struct {
	testing.TB
	said string
}

func (w *watched) Error(values ...any) {
	for _, value := range values {
		w.said += value.(string)
	}
}

// works reports whether the page is styled and the script has run.
func works(p *browser.Page) bool {
	var colour string
	var buttons int
	p.Eval(&colour, `getComputedStyle(document.querySelector("#mw-save")).backgroundColor`)
	p.Eval(&buttons, `document.querySelectorAll(".mw-insert").length`)
	return colour == "rgb(43, 87, 208)" && buttons > 0
}

func underPolicy(t *testing.T, h *host, below, policy string) {
	t.Helper()
	p := browser.New(t, h.URL)
	walk{h, p, below, "Save", "Preview"}.states(t, func(state string) {
		if got := p.Header.Values("Content-Security-Policy"); len(got) != 1 || !strings.Contains(got[0], policy) || strings.Contains(got[0], "unsafe") {
			t.Errorf("%s: the policy is %q", state, got)
		}
		var colour string
		p.Eval(&colour, `getComputedStyle(document.querySelector(".merchant-webhooks")).color`)
		if colour != "rgb(27, 33, 48)" {
			t.Errorf("%s: the page is not styled: its text is %s", state, colour)
		}
		var form bool
		if p.Eval(&form, `document.getElementById("mw-form") !== null`); form && !works(p) {
			t.Errorf("%s: the script does not work", state)
		}
		var breaches []string
		p.Eval(&breaches, `new Promise(done => {
			const watch = new ReportingObserver(() => {}, {types: ["csp-violation"], buffered: true})
			watch.observe()
			requestAnimationFrame(() => done(watch.takeRecords().map(r => JSON.stringify(r.body))))
		})`)
		for _, breach := range breaches {
			t.Errorf("%s: %s", state, breach)
		}
	})
	p.Open(below + "/admin/webhooks/new")
	livePreview(p, `{"live": {{{json.order_id}}}}`)
}

// livePreview types a body and waits for the preview that the script asks for.
func livePreview(p *browser.Page, body string) {
	p.Eval(nil, `document.getElementById("mw-texts").open = true`)
	p.Fill("Body", body)
	p.Until(`document.querySelector("#mw-preview .mw-code + *, #mw-preview")?.textContent.includes('{"live"')`)
}
