package webhook

import (
	"slices"
	"strings"
)

// maxRemarks is how many names a preview remarks on in one template.
const maxRemarks = 20

// unknownNames are the keys of a remark, by whether it is on the headers and
// whether the tag prints null.
var unknownNames = map[[2]bool]string{
	{false, false}: "preview.unknown",
	{false, true}:  "preview.unknown_json",
	{true, false}:  "preview.unknown_header",
	{true, true}:   "preview.unknown_header_json",
}

// remarks are on the names in a template that its event does not have: each once,
// where it stands first. A name that may come, although the example lacks it, is
// none. What only another event's data would bring in is not looked at.
func (t *template) remarks(text string, event EventType) []Message {
	tr := trace{isText: true}
	dressed, _ := t.dress(event.data)
	tr.run(parseTree(text), dressed)
	var remarks []Message
	seen := map[string]bool{}
	for _, r := range tr.reads {
		if seen[r.rest] || r.kind == '^' || !event.lacks(r) {
			continue
		}
		seen[r.rest] = true
		key := unknownNames[[2]bool{t.field == FieldHeaderTemplate, r.root == jsonRoot}]
		list := strings.Join(event.namesAround(r), ", ")
		remarks = append(remarks, Say(key, "line", r.line, "name", shorten(r.rest), "list", list))
		if len(remarks) == maxRemarks {
			break
		}
	}
	return remarks
}

// lacks reports whether the event has nothing that a tag could read, in any of
// its data.
func (e EventType) lacks(r *read) bool { return len(e.sources(r)) == 0 }

// namesAround are the names that a tag could have instead: those of the object
// that its name leads to before it fails, else all that there are around it.
func (e EventType) namesAround(r *read) []string {
	around := r.scope
	if r.root != "" {
		around = &scope{place: r.scope.object()}
	}
	parts := strings.Split(r.rest, ".")
	for n := range slices.Backward(parts) {
		prefix := strings.Join(parts[:n], ".")
		from, ok := around.find(prefix)
		if names := e.exampleNames(from.path); ok && len(names) > 0 {
			dotted := make([]string, len(names))
			for i, name := range names {
				dotted[i] = prefix + "." + name
			}
			return dotted
		}
	}
	var names []string
	for s := around; s != nil; s = s.outer {
		names = append(names, e.exampleNames(s.path)...)
	}
	return names
}
