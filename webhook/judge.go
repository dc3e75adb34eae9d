package webhook

import (
	"slices"
	"strings"
)

// What judging one body costs at most, about 0.1 s.
const (
	// maxJudgeWork is for expansions, in bytes read (see workOfNode): a few of the
	// largest template, thousands of a usual one. The last may go beyond.
	maxJudgeWork = 32 << 20
	// maxChecks is how many values are tried in place, and maxTrials how many may
	// need an expansion.
	maxChecks = 200_000
	maxTrials = 20_000
)

// A finding is what a body that should be JSON was found to be.
type finding struct {
	verdict verdict
	// trace is the expansion that shows it.
	trace *trace
	// culprit is the tag that is to blame, nil if none can be named.
	culprit *read
	// trial is what breaks the body.
	trial trial
}

type verdict byte

const (
	bodySound   verdict = iota // under every value that was tried
	bodyPartly                 // the same, but not all could be tried
	bodyGarbled                // JSON, but with an &quot; in a text of the example
	bodyBroken                 // no JSON with the example
	bodyBreaks                 // JSON with the example, but not with another value
)

// A trial is a change to be tried, or one that was.
type trial struct {
	at dataPath
	to change
	// base is the trial that this one goes on from; nil for the example.
	base *trial
}

// A judge tries what a body template gives as JSON over an event's example, and
// over it with one variable at a time changed to each of the hostile values.
//
// A variable that is only printed is tried in place: the JSON must expect the
// same behind the other value as behind the example's. Where it does not, and
// where sections or other tags depend on the variable, the whole body is
// expanded anew. If that enters a tag which was not entered before, in a section
// that the example skips, the variables read there are tried upon that change.
type judge struct {
	event    EventType
	template *template
	nodes    []*node
	entered  map[entry]bool
	prints   map[printedAs]string
	// left is how much work may still be done, and checks and tries how many
	// values may be tried; below 0 some were not.
	left, checks, tries int
}

// judgeJSON judges the body that a template gives, which is within the budget of
// V9 over the event's example. Where the limits above do not suffice, what was
// tried decides.
func judgeJSON(text string, template *template, event EventType) finding {
	j := judge{
		event: event, template: template, nodes: parseTree(text),
		entered: map[entry]bool{}, prints: map[printedAs]string{},
		left: maxJudgeWork, checks: maxChecks, tries: maxTrials,
	}
	t := j.run(event.data)
	if t.fault != "" {
		return finding{verdict: bodyBroken, trace: t, culprit: t.culprit()}
	}
	if r := t.garbled(); r != nil {
		return finding{verdict: bodyGarbled, trace: t, culprit: r}
	}
	return j.explore(t)
}

// run expands the body over data.
func (j *judge) run(d Data) *trace {
	dressed, within := j.template.dress(d)
	t := &trace{data: d, over: !within}
	t.run(j.nodes, dressed)
	j.left -= t.work + workOfData*len(jsonOf(d.root))
	return t
}

// explore tries all variables that a sound trace read, and then those that only
// a change brings in.
func (j *judge) explore(example *trace) finding {
	type explored struct {
		*trace
		trial *trial
	}
	// What brings in objects goes first: it says more of what may come.
	var queue, later []explored
	for from := (explored{example, nil}); ; queue = queue[1:] {
		plain := plainData(from.data)
		for _, try := range j.trials(from.trace, from.trial) {
			if j.left < 0 {
				break
			}
			d, err := NewData(try.to.changed(plain, try.at.steps()))
			if err != nil {
				continue // Nested too deep by now.
			}
			t := j.run(d)
			switch {
			case t.fault != "":
				return finding{verdict: bodyBreaks, trace: t, culprit: t.culpritOf(try.at), trial: *try}
			case !j.entersNew(t):
			case strings.Contains(string(try.to), "{"):
				queue = append(queue, explored{t, try})
			default:
				later = append(later, explored{t, try})
			}
		}
		if j.left < 0 || j.checks < 0 || j.tries < 0 {
			return finding{verdict: bodyPartly, trace: example}
		}
		if len(queue) == 0 {
			queue, later = later, nil
		}
		if len(queue) == 0 {
			return finding{verdict: bodySound, trace: example}
		}
		from = queue[0]
	}
}

// An entry is a tag, entered in a place.
type entry struct {
	*node
	at       dataPath
	isObject bool
}

func (r *read) entry() entry {
	_, isObject := r.scope.value.(object)
	return entry{r.node, r.scope.path, isObject}
}

func (j *judge) entersNew(t *trace) bool {
	return slices.ContainsFunc(t.reads, func(r *read) bool { return !j.entered[r.entry()] })
}

// A variable is a path in the data, with the tags that read it.
type variable struct {
	at    dataPath
	reads []*read
	// shapes is set where more depends on the value than what its tags print: a
	// section, or another tag below it.
	shapes bool
}

// trials are the changes that may break the body, by the variables of tags that
// are entered for the first time; the shortest values first.
func (j *judge) trials(t *trace, base *trial) []*trial {
	var trials []*trial
	for _, v := range j.variables(t) {
		for _, to := range hostile(v.at, t.data.example(v.at)) {
			if to.takesAway() && j.event.always(v.at) {
				continue
			}
			if v.shapes || !j.withstands(t, v, to) {
				if j.tries--; j.tries < 0 {
					break
				}
				trials = append(trials, &trial{v.at, to, base})
			}
		}
	}
	slices.SortStableFunc(trials, func(a, b *trial) int { return len(a.to) - len(b.to) })
	return trials
}

// variables are what the tags that are new in a trace read, in their order. It
// marks these tags as entered.
func (j *judge) variables(t *trace) []*variable {
	byPath := map[dataPath]*variable{}
	var all []*variable
	for _, r := range t.reads {
		if j.entered[r.entry()] {
			continue
		}
		for _, at := range j.event.sources(r) {
			v := byPath[at]
			if v == nil {
				v = &variable{at: at}
				byPath[at] = v
				all = append(all, v)
			}
			v.reads = append(v.reads, r)
			v.shapes = v.shapes || r.isSection()
		}
	}
	for _, r := range t.reads {
		j.entered[r.entry()] = true
		for at := r.path; at != ""; {
			if at = at.up(); byPath[at] != nil {
				byPath[at].shapes = true
			}
		}
	}
	return all
}

// withstands reports whether the JSON surely stays sound when a variable that is
// only printed has another value.
func (j *judge) withstands(t *trace, v *variable, to change) bool {
	for _, r := range v.reads {
		if j.checks--; j.checks < 0 {
			return true
		}
		if to == missing && r.foundFurtherOut() || !t.holds(r, j.printed(r, to)) {
			return false
		}
	}
	return true
}

// printedAs is a value and a way to print it.
type printedAs struct {
	change
	root string
	raw  bool
}

func (j *judge) printed(r *read, to change) string {
	as := printedAs{to, r.root, r.raw()}
	s, known := j.prints[as]
	if !known {
		s = r.prints(to.value())
		j.prints[as] = s
	}
	return s
}

// garbled is the first tag whose value reads &quot; where the example has a
// quote; nil if there is none.
func (t *trace) garbled() *read {
	for _, r := range t.reads {
		if t.turnsQuotes(r) {
			return r
		}
	}
	return nil
}

// turnsQuotes reports whether a tag printed a quote as &quot;.
func (t *trace) turnsQuotes(r *read) bool {
	return !r.isSection() && !r.raw() && strings.Contains(t.out.String()[r.start:r.end], "&quot;")
}

// culpritOf is the tag to blame for a fault that a change of the variable at a
// path made.
func (t *trace) culpritOf(at dataPath) *read {
	if r := t.culprit(); r != nil {
		return r
	}
	for _, r := range t.reads {
		if r.isSection() && (r.path == at || r.path.under(at)) {
			return r
		}
	}
	return nil
}
