package handlers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// TestBrowserLayouts shows every state in hosts' layouts: it is accessible, fit
// for a phone, and looks the same whatever the host's stylesheet says.
func TestBrowserLayouts(t *testing.T) {
	plain := map[string][]string{}
	t.Run("A10 plain", func(t *testing.T) {
		h := inLayouts(t, nil)
		p := browser.New(t, h.URL)
		walk{h, p, "/plain", "Save", "Preview"}.states(t, func(state string) {
			plain[state] = judge(t, p, state, p.CheckLook)
			besideMenu(t, p, state)
		})
	})
	for _, style := range []string{"normalize", "reset", "bootstrap"} {
		t.Run("A10 "+style, func(t *testing.T) {
			t.Parallel()
			h := inLayouts(t, nil)
			p := browser.New(t, h.URL)
			walk{h, p, "/" + style, "Save", "Preview"}.states(t, func(state string) {
				compare(t, state, judge(t, p, state, p.CheckLook), plain[state])
			})
		})
	}
}

// besideMenu leaves a part of a window of middle width to the pages, as a menu
// of the host's at the side does.
func besideMenu(t *testing.T, p *browser.Page, state string) {
	t.Helper()
	p.Look(800, browser.Light)
	var wide bool
	p.Eval(nil, `document.querySelector("main").style.marginInlineStart = "280px"`)
	p.Eval(&wide, `document.documentElement.scrollWidth > document.documentElement.clientWidth`)
	p.Eval(nil, `document.querySelector("main").style.marginInlineStart = ""`)
	p.Look(browser.Wide, browser.Light)
	if wide {
		t.Errorf("%s: beside a menu it scrolls sideways", state)
	}
}

// compare wants a page to look as it does in a layout without a stylesheet.
// What differs in one element often differs in many: each difference is told
// once.
func compare(t *testing.T, state string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d elements are seen, without a stylesheet %d", state, len(got), len(want))
		return
	}
	told := map[string]bool{}
	for i := range got {
		a, b := strings.Split(got[i], "; "), strings.Split(want[i], "; ")
		for k := range min(len(a), len(b)) {
			difference := fmt.Sprintf("%s instead of %s", a[k], b[k])
			if a[k] != b[k] && !told[difference] && len(told) < 20 {
				told[difference] = true
				t.Errorf("%s: %s has %s as without a stylesheet", state, a[0], difference)
			}
		}
	}
}

// hostsLook is all that is computed for the host's own elements, but for what
// depends on how long the plugin's part is.
const hostsLook = `[...document.querySelectorAll("html, body, nav, nav *, main, #sample, #sample *")].flatMap(e => {
	const outer = ["html", "body", "main"].includes(e.localName)
	const style = getComputedStyle(e)
	return [...style].filter(p => !(outer && /^(height|block-size|perspective-origin|transform-origin)$/.test(p)))
		.map(p => e.localName + " " + p + ": " + style.getPropertyValue(p))
})`

func TestBrowserHostKeepsItsLook(t *testing.T) {
	h := inLayouts(t, nil)
	for _, style := range []string{"plain", "reset", "bootstrap"} {
		t.Run("A10 the host's own elements in "+style, func(t *testing.T) {
			p := browser.New(t, h.URL)
			p.Open("/" + style + "/admin/webhooks/new?sample=1")
			for _, scheme := range []string{browser.Light, browser.Dark} {
				p.Look(browser.Wide, scheme)
				var with, without []string
				p.Eval(&with, hostsLook)
				p.Eval(nil, `document.querySelector("link[href*=webhook-assets]").disabled = true`)
				p.Eval(&without, hostsLook)
				p.Eval(nil, `document.querySelector("link[href*=webhook-assets]").disabled = false`)
				if len(with) != len(without) || len(with) < 5000 {
					t.Fatalf("%d properties with the plugin's stylesheet, %d without", len(with), len(without))
				}
				for i := range with {
					if with[i] != without[i] {
						t.Errorf("%s: the plugin's stylesheet makes of %q %q", scheme, without[i], with[i])
					}
				}
			}
		})
	}
}

// TestBrowserColorScheme has a host that is light whatever the reader prefers.
func TestBrowserColorScheme(t *testing.T) {
	t.Run("A10 colours follow the host's color-scheme", func(t *testing.T) {
		h := inLayouts(t, nil)
		p := browser.New(t, h.URL)
		colours := map[string]string{}
		for _, style := range []string{"light", "plain"} {
			p.Open("/" + style + "/admin/webhooks/new")
			for _, scheme := range []string{browser.Light, browser.Dark} {
				p.Look(browser.Wide, scheme)
				var seen [3]string
				p.Eval(&seen, `["", " .mw-input", " .mw-main"].map(at => getComputedStyle(document.querySelector(".merchant-webhooks" + at)).backgroundColor)`)
				text, _ := json.Marshal(seen)
				colours[style+" "+scheme] = string(text)
			}
			p.CheckLook("A10 " + style)
		}
		if colours["light dark"] != colours["light light"] || colours["plain dark"] == colours["plain light"] {
			t.Error(fmt.Sprint(colours))
		}
	})
}
