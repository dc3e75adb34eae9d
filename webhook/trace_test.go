package webhook

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// traced expands a template as the judge does.
func traced(t *testing.T, text string, data Data, isText bool) *trace {
	t.Helper()
	template, m := parseTemplate(FieldBodyTemplate, text)
	if !m.IsZero() {
		t.Fatalf("%q: %s", text, m.English())
	}
	dressed, _ := template.dress(data)
	tr := &trace{isText: isText}
	tr.run(parseTree(text), dressed)
	return tr
}

// TestV9_TracesEnd where expansions do, so that judging one body is bounded.
func TestV9_TracesEnd(t *testing.T) {
	data := dataOf(t, `{"l":[`+strings.Repeat("0,", maxTagsEntered-2)+`0],"half":"`+strings.Repeat("a", maxExpandedBytes/2)+`"}`)
	for text, over := range map[string]bool{
		"{{#l}}{{x}}{{/l}}": false, "{{#l}}{{x}}{{/l}}{{x}}": true,
		"{{half}}{{half}}": false, "{{half}}{{half}}a": true,
	} {
		if tr := traced(t, text, data, true); tr.over != over || tr.out.Len() > maxExpandedBytes || len(tr.reads) > maxTagsEntered+1 {
			t.Errorf("%s: over is %t, with %d bytes and %d tags", text, tr.over, tr.out.Len(), len(tr.reads))
		}
	}
}

// FuzzTrace: what the judge sees is what is sent, and it knows whether that is
// JSON.
func FuzzTrace(f *testing.F) {
	f.Add(`{"id":{{{json.a.b}}},"all":{{{json}}}}`)                                 // as the pages offer it
	f.Add("[{{#b}}\n{{.}}\n{{/b}}\n0]")                                             // tags alone on their lines
	f.Add("[\r\n  {{#x}}  \r\n{{#x}}\n{{^a}}{{/a}}1{{/x}}{{/x}}  ")                 // blanks at the end
	f.Add("{{=<% %>=}}\n\"<%#b%><%{c}%><%/b%><%={{ }}=%>{{&a.b.c}}\"")              // other delimiters
	f.Add("{{! a }}\n  {{! b }}  \n {{c}} {{! d }}\n{{^no}}\n{{/no}}\n")            // comments
	f.Add("{{json.}}{{json..a}}{{a.json.b}}{{#a}}{{json..}}{{form.b}}{{/a}}")       // roots at odd places
	f.Add("0\n  {{! a }}")                                                          // alone on the last line
	f.Add("[\n  {{{n}}}  \n,\n {{&n}}\n]")                                          // values alone on their lines
	f.Add("{{..}}{{a..}}{{.a}}{{a.}}{{#.}}{{.}}{{/.}}{{#a..}}{{b}}{{/a..}}")        // dots
	f.Add("{{=| |=}}|#x||.||/x|")                                                   // delimiters that are alike
	f.Add(`{"a":"{{c}}","b":{{{n}}},"c":[{{#b}}{{#.}}{{.}}{{/.}}1,{{/b}}{{{n}}}]}`) // partial JSON
	data, err := NewData(json.RawMessage(hostileData))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > MaxBodyTemplateBytes || !utf8.ValidString(text) {
			return
		}
		template, m := parseTemplate(FieldBodyTemplate, text)
		if !m.IsZero() {
			return
		}
		sent, err := template.expand(t.Context(), data)
		if _, is := errors.AsType[*Problem](err); is {
			return
		}
		if tr := traced(t, text, data, true); tr.over || tr.fault != "" || tr.out.String() != sent {
			t.Errorf("%q: traced %q (over: %t), sent %q", text, tr.out.String(), tr.over, sent)
		}
		switch tr := traced(t, text, data, false); {
		case !strings.HasPrefix(sent, tr.out.String()):
			t.Errorf("%q: traced %q, sent %q", text, tr.out.String(), sent)
		case (tr.fault == "") != json.Valid([]byte(sent)):
			t.Errorf("%q: sent %q, fault %q", text, sent, tr.fault)
		}
		for i, n := range parseTree(text) {
			if n.source != "" && text[n.start:n.end()] != n.source {
				t.Errorf("%q: node %d is at %d: %q", text, i, n.start, n.source)
			}
		}
	})
}
