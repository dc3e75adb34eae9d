package webhook

import (
	"slices"
	"strings"
)

// A mend is an edit of a template: new in the place of old, which begins at.
type mend struct {
	at       int
	old, new string
	// shown is what of old a message shows.
	shown string
	// wholeList is set where a section over a list gives way to the list as JSON.
	wholeList bool
}

func (m mend) apply(text string) string { return text[:m.at] + m.new + text[m.at+len(m.old):] }

// end is where new ends in the edited template.
func (m mend) end() int { return m.at + len(m.new) }

// maxMends is how many ways to mend are tried at most.
const maxMends = 8

// mend finds an edit that mends what was found in a template. Each that comes
// into question is made and judged; it gives the first that holds, else nil.
func (f finding) mend(text string, event EventType) *mend {
	mends := f.mends(text, event)
	for _, m := range mends[:min(len(mends), maxMends)] {
		if f.mendedBy(m, text, event) {
			return &m
		}
	}
	return nil
}

// mends are the edits that come into question, the best first.
func (f finding) mends(text string, event EventType) []mend {
	r := f.culprit
	if r == nil || r.isSection() {
		return f.wholeLists(text, event)
	}
	asJSON := r.tagBelow(jsonRoot, event)
	if asJSON == "" {
		return f.wholeLists(text, event)
	}
	begin := r.before.stringAt
	switch {
	case !r.before.inString():
		return append([]mend{{at: r.node.start, old: r.source, new: asJSON, shown: r.source}}, f.wholeLists(text, event)...)
	case r.fillsString(text):
		quoted := text[begin : r.node.end()+1]
		return []mend{{at: begin, old: quoted, new: asJSON, shown: quoted}}
	case strings.Contains(text[begin:r.node.start], "://"):
		return []mend{{at: r.node.start, old: r.source, new: r.tagBelow(formRoot, event), shown: r.source}}
	}
	return nil
}

// fillsString reports whether a variable is all that stands between two quotes.
func (r *read) fillsString(text string) bool {
	return r.before.step == stepString && !r.before.inName && r.before.stringAt == r.node.start-1 &&
		strings.HasPrefix(text[r.node.end():], `"`)
}

// tagBelow is the tag that reads the same value below a root; empty if there is
// none, since a root knows the nearest object alone.
func (r *read) tagBelow(root string, event EventType) string {
	if r.rest == "" || r.rest == "." {
		return ""
	}
	// What is not there would be read where it may come first, if anywhere.
	if sources := event.sources(r); len(sources) > 0 && sources[0] != r.scope.object().path.names(r.rest) {
		return ""
	}
	if r.left == "{{" && r.right == "}}" {
		return "{{{" + root + "." + r.rest + "}}}"
	}
	return r.left + "&" + root + "." + r.rest + r.right
}

// wholeLists gives way to the list as JSON where a section alone fills a list in
// which the fault is: Mustache can not put commas between items. The innermost
// list comes first.
func (f finding) wholeLists(text string, event EventType) []mend {
	var mends []mend
	seen := map[*node]bool{}
	for _, r := range f.trace.reads {
		if r.kind != '#' || seen[r.node] {
			continue
		}
		seen[r.node] = true
		before := strings.TrimRight(text[:r.node.start], " \t\r\n")
		after := strings.TrimLeft(text[r.closes:], " \t\r\n")
		if !strings.HasSuffix(before, "[") || !strings.HasPrefix(after, "]") {
			continue
		}
		begin, end := len(before)-1, len(text)-len(after)+1
		inside := f.trace.faultAt >= begin && f.trace.faultAt < end
		if asJSON := r.tagBelow(jsonRoot, event); asJSON != "" && inside {
			mends = append(mends, mend{at: begin, old: text[begin:end], new: asJSON, shown: r.source, wholeList: true})
		}
	}
	slices.Reverse(mends)
	return mends
}

// mendedBy makes an edit and judges again: what was blamed must be good then,
// and what may still be wrong must come later.
func (f finding) mendedBy(m mend, text string, event EventType) bool {
	edited := m.apply(text)
	template, fault := parseTemplate(FieldBodyTemplate, edited)
	if !fault.IsZero() {
		return false
	}
	if r := judgeJSON(edited, template, event).culprit; r != nil && r.node.start >= m.at && r.node.start < m.end() {
		return false
	}
	j := judge{event: event, template: template, nodes: parseTree(edited)}
	same := j.run(f.trace.data)
	if same.fault == "" {
		return !same.over
	}
	if r := same.culprit(); r != nil {
		// One that follows where nothing may is no fault of its own.
		return r.node.start >= m.end() && (r.before.wantsValue() || r.before.inString())
	}
	return same.faultAt >= m.end() && same.faultAt > f.trace.faultAt+len(m.new)-len(m.old)
}
