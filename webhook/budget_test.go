package webhook

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestV9_ParsingIsQuick(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, MaxBodyTemplateBytes/len(s)) }
	for name, template := range map[string]string{
		"sections":            many("{{#a}}"),
		"sections, closed":    many("{{#a}}{{/a}}"),
		"delimiters":          many("{{=<% %>=}}<%={{ }}=%>"),
		"delimiters once":     many("{{=<% %>=}}"),
		"delimiters, hard":    "{{=aaaaaaaaaaaaaaab x=}}" + many("a"),
		"left, 2":             many("{{"),
		"left, 3":             many("{{{"),
		"right":               many("}}"),
		"both":                many("{{}}"),
		"blanks":              many(" "),
		"blanks, then a tag":  many(" ") + "{{a}}" + many(" "),
		"tags and blanks":     many("{{!}}                  "),
		"a long name":         "{{" + many("a") + "}}",
		"a long dotted name":  "{{" + many("a.") + "}}",
		"a long section name": "{{#" + many("a") + "}}{{/" + many("a") + "}}",
		"json":                strings.Repeat("{{#a.b.c.d.e.f.g.h}}", 32) + many("{{json.a}}") + strings.Repeat("{{/a.b.c.d.e.f.g.h}}", 32),
		"json, long":          many("{{json.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o}}"),
		"line breaks":         many("\n{{a}}\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if parsed, m := parseTemplate(FieldBodyTemplate, template); m.IsZero() {
				_, _ = parsed.expand(t.Context(), Data{})
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("%d bytes took %v", len(template), took)
			}
		})
	}
}

func TestV9_Budget(t *testing.T) {
	products := `{"products":[{"a":1},{"a":2},{"a":3},{"a":4}],"x":"` + strings.Repeat("x", 1000) + `","true":true}`
	nested := func(n int, open, inner, closing string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	long := func(n int) string { return `{"x":[` + strings.Repeat("1,", n-1) + `1]}` }
	tests := []struct {
		name, template, data string
		within               bool
	}{
		{"V9 20,000 tags", strings.Repeat("{{a}}", maxTagsEntered), `{"a":1}`, true},
		{"V9 20,001 tags", strings.Repeat("{{a}}", maxTagsEntered+1), `{"a":1}`, false},
		{"V9 20,000 tags of null", strings.Repeat("{{a}}", maxTagsEntered), `{"a":null}`, true},
		{"V9 20,001 tags of nothing", strings.Repeat("{{a}}", maxTagsEntered+1), `{}`, false},
		{"V9 20,001 tags that are not entered", "{{#no}}" + strings.Repeat("{{a}}", maxTagsEntered+1) + "{{/no}}", `{}`, true},
		{"V9 10,000 lines", strings.Repeat("{{a}}\n", maxTagsEntered/2), `{}`, true},
		{"V9 20,001 lines", strings.Repeat("{{a}}\n", maxTagsEntered+1), `{}`, false},
		{"V9 20,002 tags alone on their lines", strings.Repeat("{{!a}}\n", maxTagsEntered+2), `{}`, false},
		{"V9 a list of 9,999", "{{#x}}{{.}}{{/x}}", long(9_999), true},
		{"V9 a list of 10,001", "{{#x}}{{.}}{{/x}}", long(10_001), false},
		{"V9 a list of 19,999 with nothing in it", "{{#x}}{{/x}}", long(19_999), true},
		{"V9 a list of 20,001 with nothing in it", "{{#x}}{{/x}}", long(20_001), false},
		{"V9 a list of a million", "{{#x}}{{#x}}{{#x}}{{.}}{{/x}}{{/x}}{{/x}}", long(1_000_000), false},
		{"V9 145 bytes over 4 products", nested(12, "{{#p}}", "x", "{{/p}}"), `{"p":[{"a":1},{"a":2},{"a":3},{"a":4}]}`, false},
		{"V9 nothing within 4 products", nested(32, "{{#products}}", "", "{{/products}}"), products, false},
		{"V9 lines within 4 products", nested(32, "{{#products}}\n", "", "{{/products}}\n"), products, false},
		{"V9 a missing name within 4 products", nested(32, "{{#products}}", "{{a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p}}", "{{/products}}"), products, false},
		{"V9 inverted sections within 4 products", nested(16, "{{#products}}{{^no}}", "", "{{/no}}{{/products}}"), products, false},
		{"V9 inverted sections only", nested(32, "{{^no}}", "", "{{/no}}"), products, true},
		{"V9 everything within 4 products", nested(32, "{{#products}}", "{{{.}}}{{{json}}}{{{products}}}", "{{/products}}"), products, false},
		{"V9 1 MiB out", "{{#true}}" + strings.Repeat("x", 100<<10) + "{{/true}}" + strings.Repeat("x", 924<<10), products, true},
		{"V9 1 MiB and a byte out", "{{#true}}" + strings.Repeat("x", 100<<10) + "{{/true}}" + strings.Repeat("x", 924<<10) + ".", products, false},
		{"V9 1 MiB of values", strings.Repeat("{{{x}}}", 1048) + strings.Repeat(".", 576), products, true},
		{"V9 1 MiB of values and a byte", strings.Repeat("{{{x}}}", 1048) + strings.Repeat(".", 577), products, false},
		{"V9 a large value at the end", "{{x}}", `{"x":"` + strings.Repeat("x", 1<<20+1) + `"}`, false},
		{"V9 a large value often", strings.Repeat("{{x}}", 10_000), `{"x":"` + strings.Repeat("<", 1<<20) + `"}`, false},
		{"V9 a large value, asked only", strings.Repeat("{{#x}}{{/x}}", 9_000), `{"x":"` + strings.Repeat(" ", 1<<20) + `"}`, true},
		{"V9 json of 9,000 objects", "{{#x}}{{#no}}{{{json.a.b}}}{{{json.c}}}{{/no}}{{/x}}", `{"x":[` + strings.Repeat(`{"a":{"b":1}},`, 8_999) + `{}]}`, true},
		{"V9 10 views of each of 10,000 objects", "{{#x}}{{#no}}" + manyJSONNames(9) + "{{/no}}{{/x}}", `{"x":[` + strings.Repeat(`{},`, 9_998) + `{}]}`, true},
		{"V9 many names of json for many objects", "{{#x}}{{#no}}" + manyJSONNames(10_000) + "{{/no}}{{/x}}", `{"x":[` + strings.Repeat(`{},`, 4_999) + `{}]}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := tryExpand(t, FieldBodyTemplate, test.template, test.data)
			problem := (*Problem)(nil)
			if parsed, _ := parseTemplate(FieldBodyTemplate, test.template); !test.within && parsed.isHarmless(dataOf(t, test.data)) {
				t.Error("it passed for harmless")
			}
			switch {
			case test.within && err != nil:
				t.Errorf("over the budget: %v", err)
			case test.within && len(out) > maxExpandedBytes:
				t.Errorf("%d bytes came out", len(out))
			case !test.within && !errors.As(err, &problem):
				t.Errorf("no Problem: %v, %d bytes", err, len(out))
			case !test.within && (problem.Code != CodeJSONInvalid || problem.Field != FieldBodyTemplate || problem.Message.Key != "body_template.budget"):
				t.Errorf("another Problem: %v", problem)
			}
		})
	}
}

// TestV9_Harmless: what is usual needs no try.
func TestV9_Harmless(t *testing.T) {
	catalogue, err := NewCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range catalogue.types {
		for _, starter := range event.Starters() {
			if parsed, _ := parseTemplate(FieldBodyTemplate, starter.BodyTemplate); !parsed.isHarmless(event.data) {
				t.Errorf("%s, %s: its body would be tried, for nothing", event.Name, starter.Name)
			}
			if parsed, _ := parseTemplate(FieldHeaderTemplate, starter.HeaderTemplate); parsed.isHarmless(event.data) {
				t.Errorf("%s, %s: its headers would not be tried", event.Name, starter.Name)
			}
		}
	}
}

// TestV9_ViewsEnd: once too many views were asked for, no more are made.
func TestV9_ViewsEnd(t *testing.T) {
	names := paths{}
	for i := range 1000 {
		names.add([]string{strconv.Itoa(i), "a"})
	}
	v := views{roots: map[string]paths{jsonRoot: names}, left: 100}
	v.dress(dataOf(t, `{"0":{"a":1}}`).root)
	if v.left >= 0 || v.left < -5 {
		t.Errorf("%d views are left, want a little less than none", v.left)
	}
}

func manyJSONNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("{{json." + strings.Repeat("a", i%20) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + "}}")
	}
	return b.String()
}

func TestV9_Message(t *testing.T) {
	for field, want := range map[string]string{
		FieldBodyTemplate:   "The body is too large when it is filled in. At most 1 MiB may come out, and at most 20,000 tags may be filled in, those in a section each time anew.",
		FieldHeaderTemplate: "The headers are too large when they are filled in. At most 1 MiB may come out, and at most 20,000 tags may be filled in, those in a section each time anew.",
	} {
		_, err := tryExpand(t, field, strings.Repeat("{{a}}", maxTagsEntered+1), `{}`)
		if problem, is := errors.AsType[*Problem](err); !is || problem.Detail() != want {
			t.Errorf("%v, want: %s", err, want)
		}
	}
}

func TestV9_ContextEnds(t *testing.T) {
	template, m := parseTemplate(FieldBodyTemplate, "{{#x}}{{.}}{{/x}}")
	if !m.IsZero() {
		t.Fatal(m.English())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := template.expand(ctx, dataOf(t, `{"x":[1]}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}
