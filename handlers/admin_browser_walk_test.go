package handlers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// A walk goes through the states of the pages.
type walk struct {
	h *host
	p *browser.Page
	// below is where the admin is mounted.
	below string
	// The names of the two buttons.
	save, preview string
}

// states shows each state of the pages and does something in it. Whatever folds
// is open.
func (w walk) states(t *testing.T, do func(state string)) {
	t.Helper()
	const id = "crm"
	stored := func(method, path, address string) {
		check(t, w.h.ask(t, method, "/private/webhooks"+path, hook(id, `"url":`+quoted(address), `"body_template":"one\n{{{contract_terms.summary}}}"`,
			`"header_template":"Content-Type: application/json\nAuthorization: Bearer secret"`)), 204, 0)
	}
	stored("POST", "", "https://user:secret@erp.example.com/hook?"+strings.Repeat("long", 30))
	list := w.below + "/admin/webhooks"
	show := func(state string) {
		w.p.Eval(nil, `document.querySelectorAll(".merchant-webhooks details").forEach(folded => { folded.open = true })`)
		do(state)
	}
	for _, page := range []struct{ state, path string }{
		{"A1 the empty list", w.below + "/instances/sandbox/admin/webhooks"},
		{"A1 the list with a notice", list + "?saved=" + id},
		{"A1 a search without a hit", list + "?q=nothing"},
		{"A1 the page of a webhook", list + "/" + id + "/view"},
		{"A6 the question before it is deleted", list + "/" + id + "/delete"},
		{"A4 no such webhook", list + "/no-such-webhook/view"},
		{"A2 a new form", list + "/new"},
	} {
		w.p.Open(page.path)
		show(page.state)
	}
	w.p.Click(w.save)
	show("A4 a refused form")
	w.p.Open(list + "/" + id + "/edit")
	stored("PATCH", "/"+id, "https://erp.example.com/another")
	w.p.Eval(nil, `document.getElementById("url").value = "https://erp.example.com/mine"`)
	w.p.Click(w.preview)
	show("A3 a preview")
	w.p.Click(w.save)
	show("A6 changed meanwhile")
}

func quoted(text string) string {
	q, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(q)
}

// faultsOf is what can be measured of a page: what a person would say looks
// broken.
const faultsOf = `(() => {
	const root = document.querySelector(".merchant-webhooks"), said = []
	const all = selector => [...root.querySelectorAll(selector)].filter(e => e.checkVisibility() && !e.closest(".mw-hidden"))
	const say = (e, what) => said.push(what + ": " + e.outerHTML.slice(0, 100))
	const style = e => getComputedStyle(e)
	const px = text => parseFloat(text)
	const box = e => e.getBoundingClientRect()
	const clear = color => color === "transparent" || color.endsWith(", 0)")
	const textSize = px(style(root).fontSize)
	if (textSize < 16) say(root, "the text is small")
	if (style(root).fontFamily.split(",")[0] !== "system-ui") say(root, "the font is another")
	if (px(style(root).lineHeight) < 1.4 * textSize) say(root, "lines are too near")
	const dark = document.documentElement.dataset.expected === "dark"
	const light = text => Math.max(...text.match(/[\d.]+/g).slice(0, 3).map(Number)) > 128
	if (light(style(root).backgroundColor) === dark) say(root, "the background is of the other scheme")
	if (light(style(root).color) !== dark) say(root, "the text is of the other scheme")
	if (all("h1").length !== 1) say(root, "there is not one h1")
	for (const h of all("h1")) if (px(style(h).fontSize) < 1.4 * textSize) say(h, "the heading is as small as text")
	for (const h of all("h2, h3, legend, label.mw-label")) if (px(style(h).fontSize) < textSize || +style(h).fontWeight < 600) say(h, "the heading is like text")
	for (const b of all(".mw-button")) {
		if (box(b).height < 44) say(b, "the button is low")
		if (px(style(b).borderTopWidth) < 1 || px(style(b).paddingLeft) < 8) say(b, "the button is none to be seen")
		if (style(b).cursor !== "pointer") say(b, "the pointer is no hand")
	}
	for (const b of all(".mw-main")) if (clear(style(b).backgroundColor) || style(b).backgroundColor === style(root).backgroundColor) say(b, "the main button is like others")
	for (const e of all("input.mw-input, select, textarea")) {
		if (box(e).height < 44) say(e, "the field is low")
		if (px(style(e).borderLeftWidth) < 1 || px(style(e).paddingLeft) < 8) say(e, "the field is none to be seen")
	}
	for (const e of all("a, button, input, select, textarea, summary, .mw-choice")) {
		const target = e.closest(".mw-choice") ?? e
		const inline = style(e).display === "inline"
		if (!inline && (box(target).height < 24 || box(target).width < 24)) say(e, "the target is small")
	}
	for (const group of all("fieldset")) {
		let below = box(group.querySelector("legend")).bottom
		if (style(group).display !== "block" || style(group.querySelector("legend")).display !== "block") say(group, "the group does not hold together")
		let column = null
		for (const choice of group.querySelectorAll(".mw-choice")) {
			const radio = choice.querySelector("input"), text = choice.querySelector(".mw-choice-text")
			if (style(choice).display !== "flex" || style(radio).appearance === "none" || box(radio).width < 16 || box(radio).height < 16) say(choice, "the radio button is not to be seen")
			const rtl = style(root).direction === "rtl"
			if (rtl ? box(radio).left < box(text).right : box(radio).right > box(text).left) say(choice, "the radio button is not before its text")
			if (Math.abs(box(radio).top - box(text).top) > textSize) say(choice, "the radio button is not beside its first line")
			if (column === box(choice).left && box(choice).top < below - .5) say(choice, "choices overlap")
			column = box(choice).left
			below = box(choice).bottom
		}
	}
	for (const e of all("table")) {
		const wide = innerWidth > 800
		if (style(e).display !== (wide ? "table" : "block")) say(e, "the table is none for this width")
		for (const cell of e.querySelectorAll("td")) if (style(cell).display !== (wide ? "table-cell" : "block")) say(cell, "the cell is none for this width")
	}
	for (const label of root.querySelectorAll("label")) if (!root.contains(label.control)) say(label, "the label is another field's")
	for (const e of root.querySelectorAll("[aria-labelledby], [aria-describedby], a[href^='#']")) {
		const named = [e.getAttribute("aria-labelledby") ?? "", e.getAttribute("aria-describedby") ?? "", e.hash?.slice(1) ?? ""].join(" ")
		for (const id of named.split(" ")) if (id && !root.contains(document.getElementById(id))) say(e, "it points to what is not there")
	}
	for (const e of all("pre, code, .mw-mono")) if (!style(e).fontFamily.includes("monospace")) say(e, "code is no code")
	for (const e of all("svg")) if (box(e).width < 12 || box(e).width > 32) say(e, "the icon has another size")
	for (const e of root.querySelectorAll("span.mw-hidden, label.mw-hidden, p.mw-hidden")) if (box(e).width > 1 || box(e).height > 1) say(e, "it is not hidden")
	for (const e of root.querySelectorAll("[hidden]")) if (e.checkVisibility()) say(e, "it is not hidden")
	return said
})()`

// lookOf is how each element of the plugin's part of a page looks, in a line:
// where it is in that part, and what a stylesheet can do to it.
const lookOf = `(() => {
	const root = document.querySelector(".merchant-webhooks"), at = root.getBoundingClientRect()
	const near = n => Math.round(n)
	const says = (e, pseudo, list) => {
		const style = getComputedStyle(e, pseudo)
		return list.map(p => p + ":" + style.getPropertyValue(p)).join("; ")
	}
	const list = [...getComputedStyle(root)].filter(p => ` + "`" + `
		color background-color background-image display position box-sizing font-family font-size font-weight font-style font-variant-caps
		font-variant-ligatures line-height letter-spacing word-spacing text-align text-align-last text-indent text-transform
		text-decoration-line text-decoration-thickness text-underline-offset text-shadow text-emphasis-style white-space-collapse
		text-wrap-mode text-wrap-style word-break line-break overflow-wrap tab-size hyphens list-style-type list-style-position quotes cursor
		visibility opacity padding-top padding-right padding-bottom padding-left margin-top margin-right margin-bottom margin-left
		border-top-width border-top-style border-top-color border-left-width border-left-style border-left-color border-right-width
		border-bottom-width border-top-left-radius border-bottom-right-radius box-shadow outline-style float overflow-x overflow-y
		vertical-align appearance direction accent-color fill row-gap column-gap column-count border-collapse -webkit-border-horizontal-spacing
		user-select -webkit-user-select pointer-events transform filter max-width min-width text-rendering resize
	` + "`" + `.split(/\s+/).includes(p))
	return [root, ...root.querySelectorAll("*")].filter(e => e.checkVisibility() && e.localName !== "option").map(e => {
		const place = e.getBoundingClientRect()
		const where = [place.left - at.left, place.top - at.top, place.width, place.height].map(near).join(" ")
		const parts = [e.localName + [...e.classList].map(c => "." + c).join(""), "at:" + where, says(e, null, e.localName === "path" ? ["fill", "stroke", "opacity", "transform", "d"] : list)]
		for (const pseudo of ["::before", "::after"]) parts.push(pseudo + says(e, pseudo, ["content"]))
		if (e.placeholder) parts.push("::placeholder" + says(e, "::placeholder", ["color", "opacity", "font-style", "text-transform"]))
		if (["li", "summary"].includes(e.localName)) parts.push("::marker" + says(e, "::marker", ["color", "content", "font-family", "font-size"]))
		return parts.join("; ")
	})
})()`

// judge measures the page in two looks, so that both widths and both schemes
// are seen, and gives how it looks in them. In each it does more, if asked to.
func judge(t *testing.T, p *browser.Page, state string, more func(state string)) (looks []string) {
	t.Helper()
	for _, look := range []struct {
		width  int64
		scheme string
	}{{browser.Wide, browser.Light}, {browser.Narrow, browser.Dark}} {
		p.Look(look.width, look.scheme)
		p.Eval(nil, fmt.Sprintf("document.documentElement.dataset.expected = %q", look.scheme))
		var faults, seen []string
		p.Eval(&faults, faultsOf)
		for _, fault := range faults[:min(len(faults), 5)] {
			t.Errorf("%s, %d px, %s: %s", state, look.width, look.scheme, fault)
		}
		if more != nil {
			more(state)
		}
		p.Eval(&seen, lookOf)
		for _, line := range seen {
			looks = append(looks, fmt.Sprintf("%d px, %s: %s", look.width, look.scheme, line))
		}
	}
	p.Look(browser.Wide, browser.Light)
	return looks
}
