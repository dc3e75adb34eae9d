package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestV8_Remembers holds that the names around a tag are looked together once for
// each object and not for each tag, which took seconds here.
func TestV8_Remembers(t *testing.T) {
	var names strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&names, "{{%d}}", i)
	}
	in := jsonInput("pay", strings.Repeat("{{#contract_terms}}", 31)+`"`+names.String()+`"`+strings.Repeat("{{/contract_terms}}", 31))
	p := policy(t)
	in.HeaderTemplate.Text = ""
	unjudged := testing.AllocsPerRun(1, func() { MakePreview(in, p) })
	in = jsonInput("pay", in.BodyTemplate.Text)
	judged := testing.AllocsPerRun(1, func() { MakePreview(in, p) })
	if n := judged - unjudged; n > 300_000 {
		t.Errorf("judging took %.0f allocations", n)
	}
	hook := Webhook{EventType: "pay", HeaderTemplate: in.HeaderTemplate.Text, BodyTemplate: in.BodyTemplate.Text}
	if n := testing.AllocsPerRun(1, func() { Breaks(hook, p) }); n > judged {
		t.Errorf("judging a webhook took %.0f allocations, and with its preview %.0f", n, judged)
	}
}

// TestV8_WhatIsNotTriedIsSaid, whichever of the limits is reached.
func TestV8_WhatIsNotTriedIsSaid(t *testing.T) {
	event, _ := policy(t, EventType{Name: "shop", Example: json.RawMessage(`{"a":1,"b":[1]}`)}).EventTypes.Lookup("shop")
	const body = `[{{{json.a}}}{{#b}},1{{/b}}]`
	for name, test := range map[string]struct {
		body                string
		left, checks, tries int
		want                verdict
	}{
		"V8 all is tried":              {body, 1 << 20, 100, 100, bodySound},
		"V8 too much to expand":        {body, 5_000, 100, 100, bodyPartly},
		"V8 too long to expand":        {`[{{{json.a}}}` + strings.Repeat(" ", 5_000) + "]", 5_000, 100, 100, bodyPartly},
		"V8 too many to compare":       {body, 1 << 20, 3, 100, bodyPartly},
		"V8 too many to be expanded":   {body, 1 << 20, 100, 3, bodyPartly},
		"V8 the third, -1, breaks":     {`[1{{a}}]`, 1 << 20, 3, 100, bodyBreaks},
		"V8 the third is not compared": {`[1{{a}}]`, 1 << 20, 2, 100, bodyPartly},
		"V8 the third, {}, breaks":     {`[1{{^b}},{{/b}}]`, 1 << 20, 100, 2, bodyBreaks},
	} {
		t.Run(name, func(t *testing.T) {
			body := test.body
			template, _ := parseTemplate(FieldBodyTemplate, body)
			j := judge{
				event: event, template: template, nodes: parseTree(body), entered: map[entry]bool{}, prints: map[printedAs]string{},
				left: test.left, checks: test.checks, tries: test.tries,
			}
			if got := j.explore(j.run(event.data)).verdict; got != test.want {
				t.Errorf("verdict %d, want %d", got, test.want)
			}
		})
	}
}

// TestV8_IsBounded gives the judge the most that a template can hold. What it
// does is counted; the time is a net for what is not.
func TestV8_IsBounded(t *testing.T) {
	numbered := func(text string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(text, "%", fmt.Sprint(i)))
		}
		return b.String()
	}
	nested := func(open, inner, closing string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	big := EventType{Name: "big", Example: json.RawMessage(`{"who":{},"l":[` + strings.Repeat(`{"a":"b"},`, 50_000) + `{}]}`)}
	full := EventType{Name: "full", Example: json.RawMessage(`{"a":"` + strings.Repeat("b", maxExpandedBytes-2) + `"}`)}
	huge := EventType{Name: "huge", Example: json.RawMessage(`{"a":"` + strings.Repeat("b", maxJudgeWork/workOfData) + `"}`)}
	near := EventType{Name: "near", Example: json.RawMessage(`{"a":"` + strings.Repeat("b", maxExpandedBytes-1) + `"}`)}
	wide := EventType{Name: "wide", Example: json.RawMessage(`{"l":[{"m":[` + strings.Repeat(`{},`, 200) + `{}]}]}`)}
	p := policy(t, EventType{Name: "bare"}, big, full, huge, near, wide)
	for name, test := range map[string]struct{ event, body, key string }{
		"V8 a long text":                   {"pay", `["` + strings.Repeat("x", 256<<10-100) + `","{{order_id}}"]`, "preview.breaks"},
		"V8 10,000 times one variable":     {"pay", `[` + strings.Repeat(`{{{json.order_id}}},`, 10_000) + `0]`, "preview.sound"},
		"V8 10,000 variables, sound":       {"bare", `[` + numbered(`{{{json.a%}}},`, 10_000) + `0]`, "preview.sound"},
		"V8 10,000 variables, breaking":    {"bare", `[` + numbered(`"{{a%}}",`, 10_000) + `0]`, "preview.breaks"},
		"V8 10,000 sections":               {"bare", `[` + numbered(`{{#a%}}1,{{/a%}}`, 10_000) + `0]`, "preview.partly"},
		"V8 sections within each other":    {"bare", `[` + nested("{{#a}}{{#b}}", "1,", "{{/b}}{{/a}}", 16) + `0]`, "preview.partly"},
		"V8 lists within each other":       {"pay", `["` + nested("{{#contract_terms.products}}", "{{{form.unit}}}", "{{/contract_terms.products}}", 8) + `"]`, "preview.sound"},
		"V8 brackets within each other":    {"bare", nested("[", `{{{json.x}}}`, "]", 9_000), "preview.sound"},
		"V8 an example of 2 MiB":           {"huge", `[1]`, "preview.partly"},
		"V8 a body of 1 MiB":               {"full", `"{{{a}}}"`, "preview.breaks"},
		"V8 a text of 1 MiB, never closed": {"full", `"{{{a}}},`, "preview.json_unclosed"},
		"V8 mended, it is over 1 MiB":      {"near", `{{{a}}}`, "preview.json_value"},
		"V8 an example of half a MB":       {"big", `[{{{json.l}}}{{#who.x}},{{/who.x}}]`, "preview.breaks_at"},
		"V8 more views than are made":      {"wide", `["` + numbered(`{{{form.a%}}}`, 300) + `"{{#l}},{{{json.a1}}},"{{#m}}{{{form.a1}}}{{/m}}"{{/l}}]`, "preview.sound"},
		"V8 a large example, many names":   {"big", `[` + numbered(`{{#who.x%}}1,{{/who.x%}}`, 500) + `0]`, "preview.partly"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got := MakePreview(jsonInput(test.event, test.body), p)
			if took := time.Since(start); took > time.Minute {
				t.Errorf("it took %v", took)
			}
			if got.Verdict.Key != test.key {
				t.Errorf("%.200s", got.Verdict.English())
			}
		})
	}
}
