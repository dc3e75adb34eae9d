package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The keys that are pressed by name.
const (
	Tab   = kb.Tab
	Enter = kb.Enter
	Space = " "
	Down  = kb.ArrowDown // the next of a group of radio buttons
	Left  = kb.ArrowLeft
)

// Fill puts text into the field with that label, in place of what is there.
func (p *Page) Fill(label, text string) {
	p.t.Helper()
	p.click(p.find(label, "textbox", "searchbox"))
	p.Actions++
	p.SelectAll()
	if text == "" {
		p.do(pressing(kb.Delete))
		return
	}
	p.Type(text)
}

// SelectAll selects what is in the field that has the focus.
func (p *Page) SelectAll() {
	p.t.Helper()
	p.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// Choose clicks the radio button or the check box with that label.
func (p *Page) Choose(label string) {
	p.t.Helper()
	p.click(p.find(label, "radio", "checkbox"))
	p.Actions++
}

// Select chooses an option of the list with that label, by its keys.
func (p *Page) Select(label, option string) {
	p.t.Helper()
	node := p.find(label, "combobox", "listbox")
	call(p, dom.Focus, dom.FocusParams{BackendNodeID: node})
	p.do(pressing(option))
	p.Actions++
}

// Unfold clicks what shows and hides a part of the page.
func (p *Page) Unfold(name string) {
	p.t.Helper()
	p.click(p.find(name, "DisclosureTriangle"))
	p.Actions++
}

// Push clicks a button that leads to no other page.
func (p *Page) Push(name string) {
	p.t.Helper()
	p.click(p.find(name, "button"))
	p.Actions++
}

// Click clicks the button or link with that name and waits for the page that
// it leads to.
func (p *Page) Click(name string) {
	p.t.Helper()
	node := p.find(name, "button", "link")
	x, y := p.centre(node)
	p.Actions++
	p.load(chromedp.MouseClickXY(x, y))
}

// Follow clicks a link that leads to another place of the same page.
func (p *Page) Follow(name string) {
	p.t.Helper()
	p.click(p.find(name, "link"))
	p.Actions++
}

// Press presses keys, one after another.
func (p *Page) Press(keys ...string) {
	p.t.Helper()
	p.do(pressing(strings.Join(keys, "")))
}

// Submit presses a key and waits for the page that it leads to.
func (p *Page) Submit(key string) {
	p.t.Helper()
	p.load(pressing(key))
}

// Type puts text to where the focus is.
func (p *Page) Type(text string) {
	p.t.Helper()
	call(p, input.InsertText, input.InsertTextParams{Text: text})
}

// pressing presses keys as a keyboard does: what a key types belongs to the
// press itself. (chromedp.KeyEvent sends it on its own, so that the Enter which
// follows a link to a field would submit the form of that field too.)
func pressing(keys string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, key := range keys {
			events := kb.Encode(key)
			for _, event := range events {
				if event.Type == kb.KeyChar {
					events[0].Text = event.Text
				}
			}
			for _, event := range events {
				if event.Type == kb.KeyChar {
					continue
				}
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *event); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// TabTo presses Tab until the focus is on what has that name, and fails the
// test if it does not get there, or if on the way it can not be seen where the
// focus is.
func (p *Page) TabTo(name string) {
	p.t.Helper()
	var passed []string
	for range 200 {
		p.Press(Tab)
		focused := p.Focused()
		var hidden string
		if p.Eval(&hidden, unseen); hidden != "" {
			p.t.Errorf("the focus on %q %s", focused, hidden)
		}
		if matches(focused, name) {
			return
		}
		passed = append(passed, focused)
	}
	p.fatalf("Tab does not reach %q, but %q", name, passed)
}

// unseen says why it can not be seen where the focus is; empty if it can.
const unseen = `(() => {
	const e = document.activeElement
	if (!e || e === document.body) return ""
	const marked = e => e && (s => s.outlineStyle !== "none" && s.outlineWidth !== "0px" || s.boxShadow !== "none")(getComputedStyle(e))
	if (!marked(e) && !marked(e.closest("label"))) return "is not marked"
	const place = e.getBoundingClientRect()
	if (place.bottom <= 0 || place.top >= innerHeight || place.width === 0) return "is out of sight"
	return ""
})()`

// Focused is the accessible name of what has the focus. What has autofocus gets it a
// moment after the page is there.
func (p *Page) Focused() string {
	p.t.Helper()
	for end, waits := time.Now().Add(patience/2), true; waits && time.Now().Before(end); { // not by a script: it may be off
		p.Eval(&waits, `document.activeElement === document.body && document.querySelector("[autofocus]") !== null`)
	}
	found := call(p, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.activeElement", ContextID: p.world})
	tree := call(p, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{
		ObjectID: found.Result.ObjectID, FetchRelatives: new(bool),
	})
	if len(tree.Nodes) == 0 {
		return ""
	}
	return text(tree.Nodes[0].Name)
}

// Value is what the field with that label holds.
func (p *Page) Value(label string) string {
	p.t.Helper()
	var value string
	p.property(p.find(label, "textbox", "searchbox", "combobox"), "value", &value)
	return value
}

// Chosen reports whether the radio button or check box with that label is on.
func (p *Page) Chosen(label string) bool {
	p.t.Helper()
	var on bool
	p.property(p.find(label, "radio", "checkbox"), "checked", &on)
	return on
}

// property reads what the document says of an element.
func (p *Page) property(node cdp.BackendNodeID, name string, value any) {
	p.t.Helper()
	yes := true
	object := call(p, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node})
	found := call(p, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		ObjectID: object.Object.ObjectID, FunctionDeclaration: "function() { return this." + name + " }", ReturnByValue: &yes,
	})
	if err := json.Unmarshal([]byte(found.Result.Value), value); err != nil {
		p.t.Fatal(err)
	}
}

// Has reports whether there is a thing of that name in one of the roles, for
// those who can not see the page.
func (p *Page) Has(name string, roles ...string) bool {
	p.t.Helper()
	return len(p.all(name, roles)) > 0
}

// find gives the one thing of that name; several that match whole or, if none
// does, by their start, are an error.
func (p *Page) find(name string, roles ...string) cdp.BackendNodeID {
	p.t.Helper()
	nodes := p.all(name, roles)
	if len(nodes) != 1 {
		p.fatalf("there are %d of %q as %v", len(nodes), name, roles)
	}
	return nodes[0]
}

func (p *Page) all(name string, roles []string) []cdp.BackendNodeID {
	p.t.Helper()
	root := call(p, dom.GetDocument, dom.GetDocumentParams{Depth: new(int64)}).Root
	var whole, begins []cdp.BackendNodeID
	for _, role := range roles {
		tree := call(p, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{BackendNodeID: root.BackendNodeID, Role: role})
		for _, node := range tree.Nodes {
			have := text(node.Name)
			switch {
			case node.Ignored:
			case have == name:
				whole = append(whole, node.BackendDOMNodeID)
			case matches(have, name):
				begins = append(begins, node.BackendDOMNodeID)
			}
		}
	}
	if len(whole) > 0 {
		return whole
	}
	return begins
}

// matches reports whether a name begins with what is looked for: labels may go
// on with an explanation.
func matches(have, want string) bool {
	return strings.HasPrefix(strings.Join(strings.Fields(have), " "), want)
}

func text(value *accessibility.Value) string {
	if value == nil {
		return ""
	}
	var text string
	_ = json.Unmarshal([]byte(value.Value), &text) // what is no text has none
	return text
}

func (p *Page) click(node cdp.BackendNodeID) {
	p.t.Helper()
	x, y := p.centre(node)
	p.do(chromedp.MouseClickXY(x, y))
}

// centre gives where to click, once that is in sight.
func (p *Page) centre(node cdp.BackendNodeID) (x, y float64) {
	p.t.Helper()
	call(p, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: node})
	quads := call(p, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node}).Quads
	if len(quads) == 0 {
		p.fatalf("what should be clicked has no place on the page")
	}
	for corner := range slices.Chunk(quads[0], 2) {
		x += corner[0] / 4
		y += corner[1] / 4
	}
	return x, y
}

func (p *Page) do(step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, step); err != nil {
		p.t.Fatal(fmt.Errorf("a key or click: %w", err))
	}
}
