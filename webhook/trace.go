package webhook

import "strings"

// A read is one time that a tag was entered.
type read struct {
	*node
	scope *scope
	// root is json or form where the tag reads below it, and rest what it reads
	// there, else the whole name.
	root, rest string
	// place is what it read; found is false where there is nothing.
	place
	found bool
	// start and end are where a variable's value stands in what was printed, and
	// before and after what the JSON around it expected.
	start, end    int
	before, after jsonText
	// broken is set where the JSON ended in what it printed.
	broken bool
}

// prints is what a variable prints where the data has a value.
func (r *read) prints(v any) string {
	switch r.root {
	case jsonRoot:
		v = jsonOf(v)
	case formRoot:
		v = encoded(jsonOf(v))
	}
	return r.written(v)
}

// A trace is one expansion of a template: what was printed, and which tags read
// what. If that should be JSON, it ends at the first byte that can not stay.
type trace struct {
	// data is what it is an expansion over.
	data Data
	// isText is set where it is not to be JSON.
	isText bool

	out   strings.Builder
	json  jsonText
	reads []*read
	// fault is what is wrong with the JSON, empty if nothing is. It is at faultAt,
	// a place in the template: in text, or at the beginning of a tag. The character
	// there is faultChar, if any.
	fault     jsonFault
	faultAt   int
	faultChar string
	// over is set when it was not completed, since it was over the budget of V9.
	over bool
	// work is what it took.
	work int
}

// The work of a trace is counted in bytes read, some nanoseconds each.
const (
	// workOfNode is for a tag that is entered, or a piece of text.
	workOfNode = 256
	// workOfData is for each byte of data that is made ready.
	workOfData = 16
)

// run expands the nodes over data that is dressed for them.
func (t *trace) run(nodes []*node, dressed any) {
	if t.walk(nodes, &scope{place: place{value: dressed}}); t.stopped() || t.isText {
		return
	}
	t.fault = t.json.end() // at the end, where what was printed last ends
	switch t.fault {
	case faultString:
		t.faultAt = t.json.stringAt
	case faultOpen:
		t.faultAt, t.faultChar = t.json.open.at, string(t.json.open.bracket)
	}
}

func (t *trace) stopped() bool { return t.over || t.fault != "" }

func (t *trace) walk(nodes []*node, s *scope) {
	for _, n := range nodes {
		t.work += workOfNode
		if len(t.reads) > maxTagsEntered {
			t.over = true
		}
		if t.stopped() {
			return
		}
		switch {
		case n.isText():
			t.print(n.text, n.at, true)
		case n.isSection():
			t.section(n, s)
		default:
			r := t.read(n, s)
			r.start, r.before = t.out.Len(), t.json
			if r.found {
				t.print(n.written(r.value), n.start, false)
			}
			r.end, r.after, r.broken = t.out.Len(), t.json, t.fault != ""
		}
	}
}

// read enters a tag.
func (t *trace) read(n *node, s *scope) *read {
	r := &read{node: n, scope: s, rest: n.name}
	first, rest, _ := strings.Cut(n.name, ".")
	r.place, r.found = s.find(n.name)
	if isRoot(first) {
		r.root, r.rest = first, rest
	}
	t.reads = append(t.reads, r)
	return r
}

func (t *trace) section(n *node, s *scope) {
	r := t.read(n, s)
	switch {
	case n.kind == '^':
		if isEmpty(r.value) {
			t.walk(n.inner, s)
		}
	case isEmpty(r.value):
	default:
		items, isList := r.value.(list)
		if !isList {
			t.walk(n.inner, &scope{r.place, s})
		}
		for _, item := range items {
			t.walk(n.inner, &scope{place{item, r.path.item()}, s})
		}
	}
}

// isEmpty reports whether a section over the value is skipped, as the Mustache
// package decides it.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case object, raw:
		return false
	case list:
		return len(v) == 0
	case text:
		return v == ""
	case boolean:
		return !bool(v)
	}
	return true
}

func (t *trace) print(s string, at int, moves bool) {
	if t.out.Len()+len(s) > maxExpandedBytes {
		t.over = true
		return
	}
	t.work += len(s)
	t.out.WriteString(s)
	if t.isText {
		return
	}
	n, fault := t.json.feed(s, at, moves)
	t.fault, t.faultAt = fault, at
	if moves {
		t.faultAt += n
	}
	t.faultChar = firstCharacters(s[n:], 1)
}

// holds reports whether JSON that is sound stays so when the value that a read
// printed is another. A false may be wrong: what was printed else may
// depend on it.
func (t *trace) holds(r *read, other string) bool {
	j, was := r.before, r.after
	if _, fault := j.feed(other, r.node.start, false); fault != "" {
		return false
	}
	// A number and a string differ in what may follow, until something follows.
	next := firstCharacters(t.out.String()[r.end:], 1)
	_, fault := j.feed(next, 0, false)
	was.feed(next, 0, false)
	return fault == "" && j == was
}

// culprit is the first variable that leaves the JSON in another place than one
// value would; nil if there is none.
func (t *trace) culprit() *read {
	for _, r := range t.reads {
		if !r.isSection() && !r.balanced() {
			return r
		}
	}
	return nil
}

// balanced reports whether what a variable printed is one value where one must
// stand, or a part of the string that it is in.
func (r *read) balanced() bool {
	if r.broken {
		return false
	}
	if r.before.wantsValue() {
		return r.after.open == r.before.open && (r.after.step == stepAfter || r.after.endsNumber())
	}
	return r.after == r.before
}
