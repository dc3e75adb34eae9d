package webhook

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/cbroglie/mustache"
)

// Limits on what a template may nest. Expansion costs more the deeper it looks.
const (
	maxSections  = 32
	maxNameParts = 16
)

// The reserved names under which a template gets values as JSON, and
// percent-encoded for forms.
const (
	jsonRoot = "json"
	formRoot = "form"
)

func isRoot(name string) bool { return name == jsonRoot || name == formRoot }

// A template is a Mustache template that can be expanded: it parses, is within
// the limits, and reads nothing but the event's data. It never changes.
type template struct {
	// field is the JSON name of the field that holds it.
	field string
	text  string
	// roots are the names below json and form that the template asks for, by the
	// root; nil where it uses neither.
	roots map[string]paths
	// sections are the parts of the names of all sections around them.
	sections map[string]bool

	tags        int
	hasSections bool
}

// paths are dotted names as a tree: for each first part the parts after it.
type paths map[string]paths

func (p paths) add(parts []string) {
	for _, part := range parts {
		if p[part] == nil {
			p[part] = paths{}
		}
		p = p[part]
	}
}

// A section is one that is not closed yet.
type section struct {
	tag
	close   string
	hasRoot bool
}

// templateParser judges a template tag by tag.
type templateParser struct {
	*tagReader
	template *template
	open     []section
}

// parseTemplate parses the text of a field, header_template or body_template,
// which is UTF-8, or says what is wrong with it and in which line.
func parseTemplate(field, text string) (*template, Message) {
	p := templateParser{tagReader: newTagReader(text), template: &template{field: field, text: text}}
	if m := p.judgeAll(); !m.IsZero() {
		return nil, m
	}
	return p.template, Message{}
}

// escapeHTML is what {{x}} does to a value.
var escapeHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace

// noPartials has no partial, of whatever name. The package would look for
// files.
type noPartials struct{}

func (noPartials) Get(string) (string, error) { return "", errors.New("a template has no partials") }

// judgeAll says what is wrong with the first tag that can not stay.
func (p *templateParser) judgeAll() Message {
	for t, ok := p.next(); ok; t, ok = p.next() {
		p.template.tags++
		if m := p.judge(t); !m.IsZero() {
			return m
		}
	}
	if n := len(p.open); n > 0 {
		last := p.open[n-1]
		return Say(p.template.field+".unclosed", "line", last.line, "tag", excerpt(last.source), "close", last.close)
	}
	return Message{}
}

// judge says what is wrong with a tag in its place.
func (p *templateParser) judge(t tag) Message {
	field := p.template.field
	say := func(fault string, pairs ...any) Message {
		return Say(field+fault, append(pairs, "line", t.line, "tag", excerpt(t.source))...)
	}
	switch {
	case !t.complete:
		return say(".incomplete")
	case t.kind == '!':
		return Message{}
	case t.kind == '=':
		if !p.setDelimiters(t) {
			return say(".delimiters", "limit", maxDelimiterBytes)
		}
		return Message{}
	case p.swallowed(t):
		return say(".incomplete")
	case t.name == "":
		return say(".empty")
	case t.kind == '>', t.kind == '<':
		return say(".partial")
	}

	parts := strings.Split(t.name, ".")
	if len(parts) > maxNameParts {
		return say(".parts", "n", len(parts), "limit", maxNameParts)
	}
	switch t.kind {
	case '/':
		return p.closeSection(t, say)
	case '#', '^':
		if isRoot(parts[0]) {
			_, path, _ := strings.Cut(t.name, ".")
			return say(".root_section", "root", parts[0], "instead", p.write(string(t.kind), cmp.Or(path, "name")))
		}
		if len(p.open) == maxSections {
			return say(".nested", "limit", maxSections)
		}
		p.template.hasSections = true
		p.open = append(p.open, section{tag: t, close: p.write("/", t.name)})
	default:
		if isRoot(parts[0]) {
			p.useRoot(parts[0], parts[1:])
		}
	}
	return Message{}
}

// closeSection closes the innermost section, which must have the tag's name.
func (p *templateParser) closeSection(t tag, say func(string, ...any) Message) Message {
	if len(p.open) == 0 {
		return say(".unopened", "open", p.write("#", t.name))
	}
	last := p.open[len(p.open)-1]
	if last.name != t.name {
		return say(".crossed", "open", excerpt(last.source), "opened", last.line, "close", last.close)
	}
	p.open = p.open[:len(p.open)-1]
	return Message{}
}

// useRoot notes that the template asks for a name below json or form and where
// it does so.
func (p *templateParser) useRoot(root string, parts []string) {
	if p.template.roots == nil {
		p.template.roots, p.template.sections = map[string]paths{}, map[string]bool{}
	}
	if p.template.roots[root] == nil {
		p.template.roots[root] = paths{}
	}
	p.template.roots[root].add(parts)
	for i := len(p.open) - 1; i >= 0 && !p.open[i].hasRoot; i-- {
		p.open[i].hasRoot = true
		for part := range strings.SplitSeq(p.open[i].name, ".") {
			p.template.sections[part] = true
		}
	}
}

// excerpt is what a message shows of a tag: its first line, cut where it is
// long.
func excerpt(source string) string {
	line, _, _ := strings.Cut(source, "\n")
	return shorten(strings.TrimRight(line, "\r"))
}

// expand puts the data of an event into the template. It ends with a Problem
// (CodeJSONInvalid, with the template's field) when more than maxExpandedBytes
// come out or more than maxTagsEntered tags are entered, and, for a header
// template, when a value would begin a new line; with the context's error when
// that ends.
func (t *template) expand(ctx context.Context, d Data) (string, error) {
	if t.tags == 0 {
		return t.text, nil
	}
	out := &output{ctx: ctx, field: t.field}
	root, ok := t.dress(d)
	if !ok {
		return "", out.overBudget()
	}
	// Not all that is judged is expanded, and to parse it once more is most of the
	// work. What was judged is parsed without an error; FuzzTemplate holds it.
	parsed, err := mustache.ParseStringPartials(t.text, noPartials{})
	if err != nil {
		return "", err
	}
	parsed.Escape(escapeHTML)
	if err := parsed.FRender(out, root); err != nil {
		return "", err
	}
	return out.text.String(), nil
}

// fewTags is how many tags a body without sections may have to be far from the
// budget by their number.
const fewTags = 100

// isHarmless reports whether expand surely gives no Problem, without trying. A
// body of few tags, each entered once, is over no budget if it is not when each
// gives all the data, with every byte escaped.
func (t *template) isHarmless(d Data) bool {
	longest := len("&quot;") * len(jsonOf(d.root))
	return t.field == FieldBodyTemplate && !t.hasSections && t.tags <= fewTags &&
		MaxBodyTemplateBytes+t.tags*longest <= maxExpandedBytes
}

// dress gives the data what the template's json and form tags ask for. It
// reports false where that is over the budget.
func (t *template) dress(d Data) (any, bool) {
	if t.roots == nil {
		return d.root, true
	}
	v := views{roots: t.roots, sections: t.sections, left: maxViews}
	return v.dress(d.root), v.left >= 0
}
