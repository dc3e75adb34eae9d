package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cbroglie/mustache"
)

// hostileData has values that templates, headers and the Mustache package may
// stumble over.
const hostileData = `{"a":{"b":{"c":"\"<&>'\n\r\u0000\ud800"},"json":1,".":2,"":3},"b":[[],{},null,false,0,"",[[1]]],"c":"{{a}}{{{json}}}",
	"x":[{"x":[{"x":[]}]},"  ",{"a":null}],"n":1e400,"json":{"a":1},"Format":"f","String":"s",".":"dot","":"empty","ü":"\u2028"}`

// quietly fails the test when anything is printed: the Mustache package prints
// what it recovers from.
func quietly(f *testing.F) (check func(t *testing.T)) {
	f.Helper()
	stdout := os.Stdout
	file, err := os.Create(filepath.Join(f.TempDir(), "stdout"))
	if err != nil {
		f.Fatal(err)
	}
	os.Stdout = file
	f.Cleanup(func() {
		os.Stdout = stdout
		file.Close()
	})
	return func(t *testing.T) {
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 0 {
			text, _ := os.ReadFile(file.Name())
			_ = file.Truncate(0)
			t.Errorf("printed: %s", text)
		}
	}
}

// FuzzTemplate: any text parses to the same verdict twice; what is accepted
// expands over any data within the budget and in bounded time, to UTF-8, and
// consists of the tags that the Mustache package sees in it.
func FuzzTemplate(f *testing.F) {
	f.Add(`{"id":{{{json.a.b}}},"all":{{{json}}}}`)                      // as the pages offer it
	f.Add("{{#x}}\r\n  {{^a}}{{/a}}{{.}}{{#x}}{{{json.x}}}{{/x}}{{/x}}") // a list within itself
	f.Add("{{=<% %>=}}<%#b%><%{.}%><%/b%><%={{ }}=%>{{&a.b.c}}")         // other delimiters
	f.Add("{{=| |=}}|#x||.||/x|")                                        // delimiters that are alike
	f.Add("{{={ }=}}{a}{{{a}}}")                                         // delimiters that look like a raw tag
	f.Add("{{Format}}{{a.Format}}{{String}}{{.}}{{..}}{{a..}}{{.a}}")    // names of methods, and dots
	f.Add("{{json.}}{{json..a}}{{a.json.b}}{{#a}}{{json.json}}{{/a}}")   // json at odd places
	f.Add("{{{a}} {{{ }}} {{ {a} }}")                                    // braces astray
	f.Add("{{> a}}{{<b}}{{$c}}{{/b}}{{!}}{{=}}{{&}}")                    // signs
	f.Add("X-A: {{c}}\r\n{{#a}}{{#b}}{{c}}{{/b}}{{/a}}: {{ü}}")          // headers
	f.Add(strings.Repeat("{{#a}}", 33) + "{{a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q}}")

	catalogue, err := NewCatalogue(EventType{Name: "hostile", Example: json.RawMessage(hostileData)})
	if err != nil {
		f.Fatal(err)
	}
	check := quietly(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > MaxBodyTemplateBytes || !utf8.ValidString(text) {
			return // Not parsed at all.
		}
		for _, field := range []string{FieldHeaderTemplate, FieldBodyTemplate} {
			parsed, m := parseTemplate(field, text)
			if _, again := parseTemplate(field, text); m.English() != again.English() {
				t.Fatalf("two verdicts: %q and %q", m.English(), again.English())
			}
			if m.English() == m.Key && m.Key != "" || !utf8.ValidString(m.English()) {
				t.Errorf("no text for %q: %q", m.Key, m.English())
			}
			sameTags(t, field, text)
			if parsed == nil {
				continue
			}
			for _, event := range catalogue.types {
				expandsWithin(t, parsed, event)
			}
		}
		check(t)
	})
}

func expandsWithin(t *testing.T, template *template, event EventType) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	out, err := template.expand(ctx, event.data)
	if problem, is := errors.AsType[*Problem](err); err != nil && (!is || problem.Message.English() == problem.Message.Key) {
		t.Errorf("over %s: %v", event.Name, err)
	}
	if err != nil && template.isHarmless(event.data) {
		t.Errorf("over %s, harmless as it was said to be: %v", event.Name, err)
	}
	if len(out) > maxExpandedBytes || !utf8.ValidString(out) || err != nil && out != "" {
		t.Errorf("over %s: %d bytes, %v", event.Name, len(out), err)
	}
}

// sameTags compares the tags that were judged with those that will be
// expanded.
func sameTags(t *testing.T, field, text string) {
	p := templateParser{tagReader: newTagReader(text), template: &template{field: field}}
	if !p.judgeAll().IsZero() {
		return
	}
	parsed, err := mustache.ParseStringPartials(text, noPartials{})
	if err != nil {
		t.Fatalf("the package does not parse %q: %v", text, err)
	}
	var ours []string
	r := newTagReader(text)
	for tag, ok := r.next(); ok; tag, ok = r.next() {
		switch tag.kind {
		case '=':
			r.setDelimiters(tag)
		case '!', '/':
		default:
			ours = append(ours, tag.name)
		}
	}
	if theirs := names(parsed.Tags()); !slices.Equal(ours, theirs) {
		t.Errorf("%q: we judged %q, expanded is %q", text, ours, theirs)
	}
}

func names(tags []mustache.Tag) []string {
	var all []string
	for _, tag := range tags {
		all = append(all, tag.Name())
		if tag.Type() != mustache.Variable {
			all = append(all, names(tag.Tags())...)
		}
	}
	return all
}

// FuzzData: any JSON object becomes data, comes out of {{{json}}} and {{{.}}}
// as the same JSON, and so does each of its members.
func FuzzData(f *testing.F) {
	f.Add(`{}`)                                             // nothing
	f.Add(hostileData)                                      // everything
	f.Add(`{"a":1.0,"a":{"b":[1,2,[3,{"c":"\u00fc\/"}]]}}`) // a key twice
	f.Add(`{"a":"` + "\xff" + `","\ud800":-0}`)             // no UTF-8, a lone surrogate
	f.Add(`[{}]`)                                           // no object
	f.Add(` { "a" : [ ] , "b" : { } } `)                    // blanks
	f.Add(`{"a":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`)

	check := quietly(f)
	f.Fuzz(func(t *testing.T, text string) {
		data, err := NewData(json.RawMessage(text))
		isObject := json.Valid([]byte(text)) && strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{")
		if (err == nil) != isObject {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(text)); err != nil {
			t.Fatal(err)
		}
		want := strings.ToValidUTF8(compact.String(), "\uFFFD")
		for _, template := range []string{"{{{json}}}", "{{{.}}}", "{{#.}}{{{.}}}{{/.}}"} {
			if got := expanded(t, template, data); got != want {
				t.Errorf("%s gave %q, want %q", template, got, want)
			}
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(want), &members); err != nil {
			return // A number that float64 does not hold.
		}
		for name, member := range members {
			if strings.ContainsAny(name, ".{}\r\n=") || strings.TrimSpace(name) != name || name == "" || strings.ContainsAny(name[:1], "#^/><!&") {
				continue
			}
			var back any
			if got := expanded(t, "{{{json."+name+"}}}", data); json.Unmarshal([]byte(got), &back) != nil {
				t.Errorf("%q as JSON is %q", name, got)
			}
			switch member := member.(type) {
			case map[string]any, []any:
				if got := expanded(t, "{{{"+name+"}}}", data); !json.Valid([]byte(got)) {
					t.Errorf("%q is %q, no JSON", name, got)
				}
			case string:
				if got := expanded(t, "{{{"+name+"}}}", data); got != member {
					t.Errorf("%q is %q, want %q", name, got, member)
				}
			}
		}
		check(t)
	})
}

func expanded(t *testing.T, template string, data Data) string {
	t.Helper()
	parsed, m := parseTemplate(FieldBodyTemplate, template)
	if !m.IsZero() {
		t.Fatalf("%q: %s", template, m.English())
	}
	out, err := parsed.expand(t.Context(), data)
	if err != nil {
		t.Fatalf("%q: %v", template, err)
	}
	return out
}

// A template as the pages offer it, and one that lists products.
var benchmarkTemplates = map[string]string{
	"json":     `{"order":{{{json.order_id}}},"amount":{{{json.contract_terms.amount}}},"all":{{{json}}}}`,
	"products": "{{#contract_terms.products}}\n{{quantity}} x {{description}} {{{json.taxes}}}\n{{/contract_terms.products}}\n",
	"text":     "Order {{order_id}} over {{contract_terms.amount}} was paid: {{contract_terms.summary}}",
}

func BenchmarkParse(b *testing.B) {
	for name, text := range benchmarkTemplates {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, m := parseTemplate(FieldBodyTemplate, text); !m.IsZero() {
					b.Fatal(m.English())
				}
			}
		})
	}
}

func BenchmarkExpand(b *testing.B) {
	event, _ := newCatalogue(b).Lookup("pay")
	for name, text := range benchmarkTemplates {
		b.Run(name, func(b *testing.B) {
			template, _ := parseTemplate(FieldBodyTemplate, text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := template.expand(b.Context(), event.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNewData(b *testing.B) {
	event, _ := newCatalogue(b).Lookup("pay")
	b.ReportAllocs()
	b.SetBytes(int64(len(event.Example)))
	for b.Loop() {
		if _, err := NewData(event.Example); err != nil {
			b.Fatal(err)
		}
	}
}
