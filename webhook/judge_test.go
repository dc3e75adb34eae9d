package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// jsonTemplate makes bodies as people write them: JSON with tags in it, good
// ones and bad ones.
type jsonTemplate struct {
	t *rapid.T
	// names are what may be read where it stands.
	names []string
	depth int
}

// outerNames are names in an event like pay, and innerNames in an item of its
// lists.
var (
	outerNames = []string{
		"order_id", "contract_terms", "contract_terms.amount", "contract_terms.summary", "contract_terms.timestamp.t_s",
		"contract_terms.refund_deadline.t_s", "contract_terms.merchant", "contract_terms.merchant.name", "contract_terms.products",
		"contract_terms.extra.gift", "contract_terms.extra.note", "contract_terms.choices", "contract_terms.nonsense", "nothing",
	}
	innerNames = []string{"description", "unit", "price", "taxes", "description_i18n.de", "image", "order_id", "name", ".", "amount"}
)

func (j jsonTemplate) pick(from ...string) string { return rapid.SampledFrom(from).Draw(j.t, "") }

func (j jsonTemplate) tag() string {
	return fmt.Sprintf(j.pick("{{%s}}", "{{{%s}}}", "{{&%s}}", "{{{json.%s}}}", "{{{json.%s}}}", "{{json.%s}}", "{{{form.%s}}}"), j.pick(j.names...))
}

func (j jsonTemplate) value() string {
	if j.depth++; j.depth > 3 {
		return j.tag()
	}
	switch j.pick("number", "text", "tag", "tag", "quoted", "quoted", "longer", "number and tag", "url", "object", "list", "section") {
	case "number":
		return "1"
	case "text":
		return `"a"`
	case "number and tag":
		return "1" + j.tag()
	case "tag":
		return j.tag()
	case "quoted":
		return `"` + j.tag() + `"`
	case "longer":
		return `"a ` + j.tag() + ` b"`
	case "url":
		return `"https://x.example/?a=` + j.tag() + `"`
	case "object":
		return `{"a":` + j.value() + `,` + j.pick("", "\n") + `"b":` + j.value() + j.optional() + `}`
	case "list":
		return `[` + j.value() + `,` + j.value() + `]`
	}
	inner := j
	inner.names = innerNames
	section := j.pick("contract_terms.products", "contract_terms.choices", "contract_terms.merchant", "contract_terms.amount", "taxes")
	open := "{{#" + section + "}}" + j.pick("", "\n")
	return `[` + j.pick("", "0,") + open + inner.value() + j.pick("", ",") + `{{/` + section + `}}` + j.pick("", "0") + `]`
}

// optional is a member that comes only if something is there.
func (j jsonTemplate) optional() string {
	name := j.pick("", "", "contract_terms.amount", "contract_terms.choices", "contract_terms.extra.note", "order_id")
	if name == "" {
		return ""
	}
	sign := j.pick("#", "^")
	return `{{` + sign + name + `}},"c":` + j.value() + `{{/` + name + `}}`
}

// allPaths are the paths of all values in data, those of items once a list.
func allPaths(v any, at dataPath) []dataPath {
	var all []dataPath
	switch v := v.(type) {
	case object:
		for name, inner := range v {
			if name != jsonKey {
				all = append(append(all, at.name(name)), allPaths(inner, at.name(name))...)
			}
		}
	case list:
		for _, item := range v {
			for _, path := range append(allPaths(item, at.item()), at.item()) {
				if !slices.Contains(all, path) {
					all = append(all, path)
				}
			}
		}
	}
	return all
}

// TestV8_Properties makes bodies at random and holds what is said of them to
// what is sent: one that is called sound is JSON under each hostile value of
// each variable of the example; one that is called broken or breakable is not,
// with the very data that is named; and what is offered mends, until nothing is
// left to mend.
func TestV8_Properties(t *testing.T) {
	event, _ := newCatalogue(t).Lookup("pay")
	contract := dataPath("").name("contract_terms")
	paths := append(allPaths(event.data.root, ""), contract.name("choices"), contract.name("products").item().name("image"))
	verdicts := map[verdict]int{}
	mended := 0
	rapid.Check(t, func(t *rapid.T) {
		body := jsonTemplate{t: t, names: outerNames}.value()
		template, m := parseTemplate(FieldBodyTemplate, body)
		if !m.IsZero() {
			t.Fatalf("%s: %s", body, m.English())
		}
		f := judgeJSON(body, template, event)
		verdicts[f.verdict]++
		switch f.verdict {
		case bodySound:
			holdsAlways(t, body, template, event, paths)
		case bodyBroken, bodyBreaks:
			if sent, err := template.expand(t.Context(), f.trace.data); err != nil || json.Valid([]byte(sent)) {
				t.Errorf("%s: it is JSON, or can not be expanded (%v), with %s: %s", body, err, jsonOf(f.trace.data.root), sent)
			}
			if f.verdict == bodyBroken && f.trace.data.root["order_id"] != event.data.root["order_id"] {
				t.Errorf("%s: broken, but not with the example", body)
			}
		case bodyPartly:
			t.Errorf("%s: a short body was not judged", body)
		}
		for tags := strings.Count(body, "{{"); ; tags-- {
			m := f.mend(body, event)
			if m == nil {
				break
			}
			if tags < 0 {
				t.Fatalf("it mends without end: %s", body)
			}
			mended++
			before := body
			body = m.apply(body)
			template, msg := parseTemplate(FieldBodyTemplate, body)
			if !msg.IsZero() {
				t.Fatalf("%s is mended to %s: %s", before, body, msg.English())
			}
			f = judgeJSON(body, template, event)
			if r := f.culprit; r != nil && r.node.start >= m.at && r.node.start < m.end() {
				t.Errorf("%s is mended to %s, which is to blame again", before, body)
			}
		}
	})
	// The rarer verdicts have tables of their own.
	for _, v := range []verdict{bodySound, bodyBroken} {
		if verdicts[v] == 0 {
			t.Errorf("V8 no body was made with verdict %d: %v", v, verdicts)
		}
	}
	if mended == 0 {
		t.Error("V8 nothing was mended")
	}
}

func holdsAlways(t *rapid.T, body string, template *template, event EventType, paths []dataPath) {
	plain := plainData(event.data)
	for _, at := range paths {
		for _, to := range hostile(at, event.data.example(at)) {
			if event.always(at) && to.takesAway() {
				continue
			}
			d, err := NewData(to.changed(plain, at.steps()))
			if err != nil {
				t.Fatal(err)
			}
			if sent, err := template.expand(t.Context(), d); err != nil || !json.Valid([]byte(sent)) {
				t.Errorf("%s is called sound, but when %s is %s it gives %s (%v)", body, at, to, sent, err)
			}
		}
	}
}

// FuzzPreview: whatever the input, a preview has words for what it says, says it
// in bounded time, and calls no body JSON that is none.
func FuzzPreview(f *testing.F) {
	f.Add("pay", "Content-Type: application/json", `{"a":"{{order_id}}","b":[{{#contract_terms.products}}{{{json}}},{{/contract_terms.products}}0]}`)
	f.Add("bare", "content-type: a/b+json;c", "[0{{#a}}{{#b}},\"{{c.d}}\"{{/b}}{{^b}}{{{.}}}{{/b}}{{/a}}]") // nothing is known
	f.Add("hostile", "Content-Type: application/json", "{{=| |=}}[|#b|\n|.|,\n|/b|\"|&a.b.c|\"]")           // other delimiters
	f.Add("hostile", "Content-Type: application/json", "[{{#x}}{{#x}}\"{{x}}\",{{{json..}}}{{/x}}{{/x}}{{form.}}{{..}}{{a..}}]")
	f.Add("refund", "A: {{a}}\n\n{{#b}}", "{{json.a.b.c}}{{reason.x}}") // headers that can not be
	p := policy(f, EventType{Name: "bare"}, EventType{Name: "hostile", Example: json.RawMessage(hostileData)})
	f.Fuzz(func(t *testing.T, event, headers, body string) {
		in := jsonInput(event, body)
		in.HeaderTemplate.Text = headers
		start := processorTime()
		preview := MakePreview(in, p)
		if took := processorTime() - start; took > 20*time.Second {
			t.Errorf("it took %v of a processor", took)
		}
		for _, m := range append(preview.Remarks, preview.Verdict) {
			if text := m.English(); !m.IsZero() && (text == m.Key || placeholder.MatchString(withoutArgs(m))) {
				t.Errorf("no words for %v: %s", m, text)
			}
		}
		isJSON := json.Valid([]byte(preview.Body))
		if key := preview.Verdict.Key; key == "preview.sound" && !isJSON || strings.HasPrefix(key, "preview.json") && isJSON {
			t.Errorf("%s says %s, but it gives %q", body, preview.Verdict.English(), preview.Body)
		}
		if preview.Indented != "" && !json.Valid([]byte(preview.Indented)) {
			t.Errorf("indented to %q", preview.Indented)
		}
		p := p
		p.RefuseBreakable = true
		_, problems := Validate(in, p)
		if len(problems) == 0 && !preview.Sound || len(problems) == 1 && problems[0].Field == FieldBodyTemplate && preview.Sound {
			t.Errorf("the preview calls it sound (%t), Validate says %v", preview.Sound, problems)
		}
	})
}

// processorTime is what this process has used, which grows no faster on a machine
// that has much else to do.
func processorTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // it can not fail for this process
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// withoutArgs is a message's text with each placeholder that has a value gone.
func withoutArgs(m Message) string {
	text := english[m.Key]
	for name := range m.Args {
		text = strings.ReplaceAll(text, "{"+name+"}", "")
	}
	return text
}
