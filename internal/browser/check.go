package browser

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/emulation"
)

// The widths at which pages are judged, in CSS pixels. 320 is what a page of
// 1280 has when it is magnified four times (WCAG 1.4.10).
const (
	Wide   = 1280
	Narrow = 320
)

// The colour schemes that a person may prefer.
const (
	Light = "light"
	Dark  = "dark"
)

// A look is how a page is looked at.
type look struct {
	width  int64
	scheme string
}

// axeAll is WCAG 2.2 AA as far as a program can judge it. target-size is off in
// axe-core unless it is asked for.
const axeAll = `{
	runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
	rules: {"target-size": {enabled: true}},
	resultTypes: ["violations"],
}`

// axeColours are the rules of these that look at colours.
const axeColours = `{
	runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]},
	resultTypes: ["violations"],
}`

// coloursDiffer tells whether an element that is seen was not, or had other
// colours or another text, when this was asked before.
const coloursDiffer = `(() => {
	const before = globalThis.colours ?? new Map(), now = globalThis.colours = new Map()
	for (const e of document.querySelectorAll("body, body *")) if (e.checkVisibility()) {
		const s = getComputedStyle(e)
		now.set(e, [s.color, s.background, s.opacity, s.fontSize, s.fontWeight, s.textDecoration, s.borderBottom, s.position].join())
	}
	return [...now].some(([e, look]) => before.get(e) !== look)
})()`

// Look sets how the page is looked at: Wide or Narrow, Light or Dark.
func (p *Page) Look(width int64, scheme string) {
	p.t.Helper()
	p.look = look{width, scheme}
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 800, DeviceScaleFactor: 1,
	})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	// The page's own scripts hear of it with the next frame.
	if !p.noScripts {
		p.Eval(nil, "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
	}
}

// Check judges the state that the page is in, in both widths and schemes: light
// wide and dark narrow by all rules, and then, since a scheme changes nothing but
// colours, light narrow and dark wide by those of colours. Without scripts, where
// pages are nearly the same, this is left out. The state's name is for the report.
func (p *Page) Check(state string) {
	p.t.Helper()
	before := p.look
	p.Look(Wide, Light)
	p.CheckLook(state)
	p.checkColours(state, Narrow)
	p.Look(Narrow, Dark)
	p.CheckLook(state)
	p.checkColours(state, Wide)
	p.Look(before.width, before.scheme)
}

// checkColours judges the colours of another width, if one element has others
// there, or is not seen in the width that was judged.
func (p *Page) checkColours(state string, width int64) {
	p.t.Helper()
	if p.noScripts {
		return
	}
	var differ bool
	p.Eval(&differ, coloursDiffer)
	p.Look(width, p.look.scheme)
	if p.Eval(&differ, coloursDiffer); differ {
		p.checkRules(state, axeColours)
	}
}

// CheckLook judges the state that the page is in as it is looked at: axe finds
// nothing, and nothing is wider than the window.
func (p *Page) CheckLook(state string) {
	p.t.Helper()
	p.withScripts(func() {
		p.checkRules(state, axeAll)
		if wide := p.sideways(); wide != "" {
			p.t.Errorf("%s, %d px: scrolls sideways, because of %s", state, p.look.width, wide)
		}
	})
}

func (p *Page) checkRules(state, options string) {
	p.t.Helper()
	for _, violation := range p.violations(options) {
		p.t.Errorf("%s, %d px, %s: %s", state, p.look.width, p.look.scheme, violation)
	}
}

// withScripts lets axe, which needs timers, work on a page that was loaded
// without scripts. The page's own scripts are not run by that.
func (p *Page) withScripts(do func()) {
	p.t.Helper()
	if !p.noScripts {
		do()
		return
	}
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	do()
	p.NoScripts()
}

// violations is what axe finds, a line for each place.
func (p *Page) violations(options string) []string {
	p.t.Helper()
	var loaded bool
	if p.Eval(&loaded, "typeof axe === 'object'"); !loaded {
		p.Eval(nil, p.axe())
	}
	var found []struct {
		ID    string
		Help  string
		Nodes []struct {
			Target         json.RawMessage
			HTML           string
			FailureSummary string
		}
	}
	p.Eval(&found, "axe.run(document, "+options+").then(result => result.violations)")
	var lines []string
	for _, violation := range found {
		for _, node := range violation.Nodes {
			lines = append(lines, fmt.Sprintf("%s (%s) at %s: %s\n%s", violation.ID, violation.Help, node.Target, node.HTML, node.FailureSummary))
		}
	}
	return lines
}

// axe is the checker as a script that gives nothing back.
func (p *Page) axe() string { return process.axe + ";undefined" }

// sideways names the first few elements that make the page wider than the
// window; empty if none does.
func (p *Page) sideways() string {
	p.t.Helper()
	var wide []string
	p.Eval(&wide, `(() => {
		const root = document.documentElement
		if (root.scrollWidth <= root.clientWidth) return []
		return [...document.body.querySelectorAll("*")]
			.filter(e => e.getBoundingClientRect().right > root.clientWidth + .5)
			.map(e => e.outerHTML.slice(0, 120)).slice(0, 3).concat(root.scrollWidth + " px")
	})()`)
	return strings.Join(wide, "\n")
}
