package handlers_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// arabic is a language as a host adds it. The texts that these tests read are
// Arabic; the others are as long as the English ones and in Arabic's letters.
func arabic() plugin.Language {
	l := plugin.Language{Tag: "ar", Name: "العربية", Dir: "rtl", Texts: map[string]string{}}
	for _, e := range adminui.Entries() {
		text := inArabicLetters(e.Text)
		if e.One == "" {
			l.Texts[e.Key] = text
			continue
		}
		for _, form := range []string{"zero", "one", "two", "few", "many", "other"} {
			l.Texts[e.Key+"#"+form] = text
		}
	}
	maps.Copy(l.Texts, map[string]string{
		"list.title":       "خطافات الويب",
		"form.new_title":   "خطاف ويب جديد",
		"form.save":        "حفظ",
		"form.preview":     "معاينة",
		"list.count#zero":  "لا خطافات ويب",
		"list.count#one":   "خطاف ويب واحد",
		"list.count#two":   "خطافا ويب",
		"list.count#few":   "{n} خطافات ويب",
		"list.count#many":  "{n} خطاف ويب، الأحدث أولاً",
		"list.count#other": "{n} خطاف",
	})
	return l
}

// inParts are a text's placeholders, and what is between them.
var inParts = regexp.MustCompile(`\{[a-z_]+\}|[^{]+|\{`)

func inArabicLetters(text string) string {
	letters := []rune("ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
	return inParts.ReplaceAllStringFunc(text, func(part string) string {
		if strings.HasPrefix(part, "{") {
			return part
		}
		return strings.Map(func(r rune) rune {
			if small := r | 0x20; small >= 'a' && small <= 'z' {
				return letters[small-'a']
			}
			return r
		}, part)
	})
}

// mirrored says what on a page is not laid out from right to left.
const mirrored = `(() => {
	const root = document.querySelector(".merchant-webhooks"), said = []
	const box = e => e.getBoundingClientRect()
	const textOf = e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect() }
	const say = (e, what) => said.push(what + ": " + e.outerHTML.slice(0, 100))
	const all = selector => [...root.querySelectorAll(selector)].filter(e => e.checkVisibility() && !e.closest(".mw-hidden"))
	const near = (a, b) => Math.abs(a - b) <= 1
	if (root.lang !== "ar" || root.dir !== "rtl" || getComputedStyle(root).direction !== "rtl") say(root, "it is in another direction")
	const start = box(root).right - parseFloat(getComputedStyle(root).paddingRight)
	for (const e of all("h1, .mw-lead, .mw-count, legend, .mw-label, .mw-back a")) {
		if (e.closest(".mw-box, .mw-texts, .mw-empty, .mw-fact")) continue
		if (e.dir !== "auto" && e.textContent && !near(textOf(e).right, start)) say(e, "it does not start at the right, but at " + textOf(e).right + " of " + start)
	}
	for (const e of all(".mw-flips")) if (!getComputedStyle(e).transform.startsWith("matrix(-1, 0, 0, 1")) say(e, "the arrow points to the other side")
	for (const e of all(".mw-icon + *")) if (box(e.previousElementSibling).left < box(e).right - 1) say(e, "the icon is not before its text")
	for (const e of all(".mw-buttons")) {
		const places = [...e.querySelectorAll(".mw-button")].map(box)
		if (places.length && !near(places[0].right, start)) say(e, "the main button is not the first at the right")
		places.forEach((place, i) => { if (i && place.top === places[i - 1].top && place.right > places[i - 1].left) say(e, "the buttons go the other way") })
	}
	if (innerWidth > 800) for (const row of all("tr")) {
		const cells = [...row.children].map(box)
		cells.forEach((cell, i) => { if (i && cell.right > cells[i - 1].left + 1) say(row, "the columns go the other way") })
	}
	for (const e of all("ul.mw-list")) if (parseFloat(getComputedStyle(e).paddingRight) < 16 || parseFloat(getComputedStyle(e).paddingLeft) > 0) say(e, "the list is indented on the other side")
	for (const e of all("#url, textarea, pre, code")) if (getComputedStyle(e).direction !== "ltr" || !["left", "start"].includes(getComputedStyle(e).textAlign)) say(e, "what programs read is from right to left")
	return said
})()`

func TestBrowserRightToLeft(t *testing.T) {
	for _, at := range []struct{ name, below string }{{"alone", ""}, {"in a layout", "/bootstrap-rtl"}} {
		t.Run("A11 A9 from right to left, "+at.name, func(t *testing.T) {
			t.Parallel()
			speak := func(c *plugin.Config) {
				c.Authorize = everybody
				c.Admin.Languages = []plugin.Language{arabic()}
			}
			h := newHost
			if at.below != "" {
				h = inLayouts
			}
			host := h(t, speak)
			p := browser.New(t, host.URL)
			p.Speaks("ar")
			walk{host, p, at.below, "حفظ", "معاينة"}.states(t, func(state string) {
				if at.below == "" {
					judge(t, p, state, p.CheckLook)
				} else {
					judge(t, p, state, nil)
				}
				for _, width := range []int64{browser.Wide, browser.Narrow} {
					p.Look(width, browser.Light)
					var faults []string
					p.Eval(&faults, mirrored)
					for _, fault := range faults {
						t.Errorf("%s, %d px: %s", state, width, fault)
					}
				}
			})
		})
	}
}

func TestBrowserSixPlurals(t *testing.T) {
	h := newAdmin(t, func(c *plugin.Config) { c.Admin.Languages = []plugin.Language{arabic()} })
	made := 0
	for _, test := range []struct {
		n    int
		want string
	}{
		{1, "خطاف ويب واحد"}, {2, "خطافا ويب"}, {3, "٣ خطافات ويب"}, {11, "١١ خطاف ويب، الأحدث أولاً"}, {100, "١٠٠ خطاف"}, {103, "١٠٣ خطافات ويب"},
	} {
		for ; made < test.n; made++ {
			check(t, h.ask(t, "POST", "/private/webhooks", hook(fmt.Sprint("w", made))), 204, 0)
		}
		t.Run(fmt.Sprintf("A11 %d in Arabic", test.n), func(t *testing.T) {
			p := h.open(t, "/admin/webhooks", "", append(asOwner, "Accept-Language", "ar-EG, en;q=0.5")...)
			if got := p.text(".mw-count"); got != test.want {
				t.Errorf("it says %q, want %q", got, test.want)
			}
		})
	}
}
