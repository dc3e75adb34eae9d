package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// expand expands a body template over JSON, and fails the test if it can not.
func expand(t *testing.T, template, data string) string {
	t.Helper()
	out, err := tryExpand(t, FieldBodyTemplate, template, data)
	if err != nil {
		t.Fatalf("%.80s: %v", template, err)
	}
	return out
}

func tryExpand(t *testing.T, field, template, data string) (string, error) {
	t.Helper()
	parsed, m := parseTemplate(field, template)
	if !m.IsZero() {
		t.Fatalf("%.80s: %s", template, m.English())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	return parsed.expand(ctx, dataOf(t, data))
}

func dataOf(t testing.TB, data string) Data {
	t.Helper()
	d, err := NewData(json.RawMessage(data))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestExpand(t *testing.T) {
	const order = `{"order_id":"7","amount":"KUDOS:1.50","count":3,"free":false,"paid":true,"note":null,"empty":"",
		"t":{"t_s":1760000000},"items":[{"name":"a","price":{"v":1}},{"name":"b"}],"tags":["x","y"],"none":[],"nothing":{}}`
	tests := []struct{ name, template, data, want string }{
		{"E1 text alone", "no tag, { } }} { {", order, "no tag, { } }} { {"},
		{"E1 variable", "{{order_id}}", order, "7"},
		{"E1 blanks in a tag", "{{ order_id }}{{{ order_id }}}{{& order_id }}", order, "777"},
		{"E1 dotted name", "{{t.t_s}}", order, "1760000000"},
		{"E1 missing", "[{{x}}{{t.x}}{{x.y.z}}{{order_id.x}}{{count.x}}{{note.x}}{{tags.x}}]", order, "[]"},
		{"E1 null", "[{{note}}{{{note}}}]", order, "[]"},
		{"E1 boolean", "{{paid}} {{free}}", order, "true false"},
		{"E1 object, compact, in its own order", "{{{x}}}", `{"x": { "z": 1, "a": [ 1, {"y" : null} ] } }`, `{"z":1,"a":[1,{"y":null}]}`},
		{"E1 list", "{{{tags}}}", order, `["x","y"]`},
		{"E1 empty list and object", "{{{none}}} {{{nothing}}}", order, "[] {}"},
		{"E1 whole data", "{{{.}}}", `{"b":1,"a":"é"}`, `{"b":1,"a":"é"}`},
		{"E1 digits are kept", "{{a}} {{b}} {{c}} {{d}} {{e}}", `{"a":1760000000,"b":1.50,"c":1e400,"d":-0.0,"e":12345678901234567890123}`, "1760000000 1.50 1e400 -0.0 12345678901234567890123"},
		{"E1 digits are kept in objects", "{{{x}}}", `{"x":{"a":1760000000,"b":1.50}}`, `{"a":1760000000,"b":1.50}`},
		{"E1 text as it was", "{{{x}}}", `{"x":"a\"b\\c\n\u00fc\/ü\ud83d\ude00"}`, "a\"b\\c\nü/ü😀"},
		{"E1 quotes at the ends of a text", "{{{x}}}", `{"x":"\"\"a\""}`, `""a"`},
		{"E1 comment", "a{{! b {{ c }}d", order, "ad"},
		{"E1 comment of many lines", "a\n{{! b\nc }}\nd", order, "a\nd"},
		{"E1 section", "{{#t}}{{t_s}}{{/t}}", order, "1760000000"},
		{"E1 list in a section", "{{#items}}<{{name}}>{{/items}}", order, "<a><b>"},
		{"E1 implicit iterator", "{{#tags}}{{.}},{{/tags}}", order, "x,y,"},
		{"E1 inverted section", "{{^x}}no x{{/x}}{{^paid}}not paid{{/paid}}", order, "no x"},
		{"E1 section within itself", "{{#tags}}{{#tags}}{{.}}{{/tags}} {{/tags}}", order, "xy xy "},
		{"E1 tags alone on their lines", "a\n{{#tags}}\n  {{.}}\n{{/tags}}\nb", order, "a\n  x\n  y\nb"},
		{"E1 tags alone on their lines, \\r\\n", "a\r\n {{#tags}} \r\n{{.}}\r\n{{/tags}}\r\nb", order, "a\r\nx\r\ny\r\nb"},
		{"E1 other delimiters", "{{=<% %>=}}<%order_id%> {{order_id}} <%{order_id}%> <%={{ }}=%>{{order_id}}", order, "7 {{order_id}} 7 7"},
		{"E1 a value is no template", "{{{x}}}", `{"x":"{{x}}{{{x}}}"}`, "{{x}}{{{x}}}"},

		{"E2 two braces escape", "{{x}}", `{"x":"<a href=\"b\">&'</a>"}`, "&lt;a href=&quot;b&quot;&gt;&amp;'&lt;/a&gt;"},
		{"E2 three braces do not", "{{{x}}}{{&x}}", `{"x":"<\"&'>"}`, `<"&'><"&'>`},
		{"E2 JSON is escaped too", "{{x}}", `{"x":{"a":"<"}}`, "{&quot;a&quot;:&quot;&lt;&quot;}"},
		{"E2 what is escaped already", "{{x}}", `{"x":"&amp;"}`, "&amp;amp;"},

		{"E3 skipped", "{{#x}}x{{/x}}{{#note}}n{{/note}}{{#free}}f{{/free}}{{#empty}}e{{/empty}}{{#none}}l{{/none}}", order, ""},
		{"E3 inverted", "{{^x}}x{{/x}}{{^note}}n{{/note}}{{^free}}f{{/free}}{{^empty}}e{{/empty}}{{^none}}l{{/none}}", order, "xnfel"},
		{"E3 0, {}, true and text enter", "{{#z}}z{{/z}}{{#nothing}}o{{/nothing}}{{#paid}}p{{/paid}}{{#order_id}}t{{/order_id}}", order[:len(order)-1] + `,"z":0}`, "zopt"},
		{"E3 0, {}, true and text inverted", "{{^z}}z{{/z}}{{^nothing}}o{{/nothing}}{{^paid}}p{{/paid}}{{^order_id}}t{{/order_id}}", order[:len(order)-1] + `,"z":0}`, ""},
		{"E3 -0 and 0.0 enter", "{{#a}}a{{/a}}{{#b}}b{{/b}}", `{"a":-0,"b":0.0}`, "ab"},
		{"E3 blanks enter", "{{#x}}[{{.}}{{#.}}!{{/.}}]{{/x}}{{^x}}no{{/x}}", `{"x":" \n"}`, "[ \n!]"},
		{"E3 one text enters once", "{{#order_id}}<{{.}}>{{/order_id}}", order, "<7>"},
		{"E3 one number enters once", "{{#count}}<{{.}}>{{/count}}", order, "<3>"},
		{"E3 items that are empty enter", "{{#x}}<{{.}}>{{/x}}", `{"x":[null,false,"",[],0,{}]}`, "<><false><><[]><0><{}>"},
		{"E3 looked up outwards", "{{#items}}{{order_id}}{{name}} {{/items}}", order, "7a 7b "},
		{"E3 the nearest counts", "{{#t}}{{order_id}}{{/t}}", `{"order_id":1,"t":{"order_id":2}}`, "2"},
		{"E3 null is found", "[{{#t}}{{order_id}}{{/t}}]", `{"order_id":1,"t":{"order_id":null}}`, "[]"},
		{"E3 the first part decides", "[{{#t}}{{a.b}}{{/t}}]", `{"a":{"b":1},"t":{"a":{}}}`, "[]"},
		{"E3 dotted section", "{{#t.u}}{{v}}{{/t.u}}", `{"t":{"u":{"v":1}}}`, "1"},

		{"E5 text", "{{{json.x}}}", `{"x":"a \"b\" \u00fc\n"}`, `"a \"b\" \u00fc\n"`},
		{"E5 number, boolean, null", "{{{json.a}}},{{{json.b}}},{{{json.c}}},{{{json.d}}}", `{"a":1.50,"b":false,"c":null,"d":""}`, `1.50,false,null,""`},
		{"E5 object and list", "{{{json.a}}}{{{json.b}}}", `{"a":{"z":1,"y":[]},"b":[1,"2"]}`, `{"z":1,"y":[]}[1,"2"]`},
		{"E5 dotted", "{{{json.a.b}}}", `{"a":{"b":"c"}}`, `"c"`},
		{"E5 missing", "{{{json.x}}} {{{json.x.y.z}}}", `{}`, "null null"},
		{"E5 below what is no object", "{{{json.a.x}}} {{{json.b.x}}} {{{json.c.x.y}}}", `{"a":"t","b":[1],"c":null}`, "null null null"},
		{"E5 two paths below one", "{{{json.a.b}}} {{{json.a.c}}} {{{form.a.b}}}", `{"a":{"b":1,"c":2}}`, "1 2 1"},
		{"E5 a path and one below it", "{{{json.a}}} {{{json.a.b}}} {{{json.x}}} {{{json.x.b}}}", `{"a":{"b":1}}`, `{"b":1} 1 null null`},
		{"E5 everything", "{{{json}}}", `{"b":1, "a":{"json":2}}`, `{"b":1,"a":{"json":2}}`},
		{"E5 two braces escape", "{{json.x}}", `{"x":"<"}`, "&quot;&lt;&quot;"},
		{"E5 own json of each object", "{{#products}}{{{json.description}}}={{{json}}} {{/products}}", `{"products":[{"description":"a"},{"d":1}]}`, `"a"={"description":"a"} null={"d":1} `},
		{"E5 not the outer one's", "{{#a}}{{{json.x}}}{{/a}}", `{"x":1,"a":{}}`, "null"},
		{"E5 of the nearest object", "{{#a}}{{{json}}}{{/a}}", `{"a":["t",1,{"b":2}]}`, `{"a":["t",1,{"b":2}]}{"a":["t",1,{"b":2}]}{"b":2}`},
		{"E5 sections within each other", "{{#a}}{{#b}}{{{json.c}}}{{/b}}{{/a}}", `{"a":[{"b":{"c":1}},{"b":{"c":"2"}},{}]}`, `1"2"`},
		{"E5 dotted section", "{{#a.b}}{{{json.c}}}{{/a.b}}", `{"a":{"b":[{"c":1},{"c":2}]}}`, "12"},
		{"E5 lists of lists", "{{#a}}{{#.}}{{{json.b}}}{{/.}}{{/a}}", `{"a":[[{"b":1}],[{"b":2}]]}`, "12"},
		{"E5 inverted section", "{{^x}}{{{json.a}}}{{/x}}", `{"a":"b"}`, `"b"`},
		{"E5 found from within", "{{#a}}{{#b}}{{#c}}{{{json.d}}}{{/c}}{{/b}}{{/a}}", `{"a":{"b":true},"c":{"d":1}}`, "1"},
		{"E5 json is reserved", "{{{json}}}", `{"json":7}`, `{"json":7}`},
		{"E5 only at the beginning of a name", "{{{json.b}}} {{a.json}}", `{"a":{"json":1},"b":2}`, "2 1"},
		{"E5 a list beside its objects' json", "{{#l}}{{{json.a}}}{{/l}} {{{l}}} {{{json.l}}}", `{"l":[{"a":1}]}`, `1 [{"a":1}] [{"a":1}]`},
		{"E5 the rest stays as it is", "{{#a}}{{b}}{{{.}}}{{{json.b}}}{{/a}}", `{"a":[{"b":"c"}]}`, `c{"b":"c"}"c"`},
		{"E5 lists beside", "{{{json.a}}}{{{l}}}{{#l}}{{.}}{{/l}}", `{"a":1,"l":[2,3]}`, "1[2,3]23"},

		{"E6 text", "a={{{form.x}}}", `{"x":"a b&c=d+e%ü\n\"/:"}`, "a=a%20b%26c%3Dd%2Be%25%C3%BC%0A%22%2F%3A"},
		{"E6 text as it was", "{{{form.x}}}", `{"x":"2025.282-01MRE3X_~"}`, "2025.282-01MRE3X_~"},
		{"E6 number, boolean", "{{{form.a}}},{{{form.b}}}", `{"a":1.50,"b":false}`, "1.50,false"},
		{"E6 nothing", "[{{{form.a}}}{{{form.b}}}{{{form.c.d}}}{{{form.e}}}]", `{"a":null,"b":""}`, "[]"},
		{"E6 a text that is null", "{{{form.a}}}", `{"a":"null"}`, "null"},
		{"E6 object and list", "{{{form.a}}}&{{{form.b}}}", `{"a":{"z":" "},"b":[1,"2"]}`, "%7B%22z%22%3A%22%20%22%7D&%5B1%2C%222%22%5D"},
		{"E6 everything", "{{{form}}}", `{"a":1}`, "%7B%22a%22%3A1%7D"},
		{"E6 a name and one below it", "{{{form.a}}} {{{form.a.b}}}", `{"a":{"b":"<"}}`, "%7B%22b%22%3A%22%3C%22%7D %3C"},
		{"E6 two braces do the same", "{{form.x}}", `{"x":"<&\""}`, "%3C%26%22"},
		{"E6 own form of each object", "{{#l}}{{{form.a}}};{{/l}}", `{"a":1,"l":[{"a":" "},{}]}`, "%20;;"},
		{"E6 beside json", "{{{form.x}}}{{{json.x}}}{{x}}", `{"x":"/"}`, `%2F"/"/`},
		{"E6 form is reserved", "{{{form.a}}}", `{"form":{"a":7},"a":1}`, "1"},
		{"E6 only at the beginning of a name", "{{{form.b}}} {{a.form}}", `{"a":{"form":1},"b":2}`, "2 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := expand(t, test.template, test.data); got != test.want {
				t.Errorf("%s gave\n%q, want\n%q", test.template, got, test.want)
			}
		})
	}
}

func TestParseTemplate(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("{{#a}}\n", n) + strings.Repeat("{{/a}}\n", n) }
	tests := []struct{ name, template, want string }{
		{"V5 nothing wrong", "{{a}} {{#b}}\n{{/b}} {{^c}}{{/c}}", ""},
		{"V5 braces of JSON", `{"a":{"b":{{{json.x}}}}}`, ""},
		{"V5 empty", "", ""},
		{"V5 never closed", "a\n\n{{#products}}\nb", "Line 3 of the body: {{#products}} is never closed. Write {{/products}} after it."},
		{"V5 never closed, alone on its line", "{{#a}}\n{{/a}}\n\n  {{^b}}  \n", "Line 4 of the body: {{^b}} is never closed. Write {{/b}} after it."},
		{"V5 never closed, \\r\\n", "\r\n{{#a}}\r\n{{/a}}\r\n{{# b }}", "Line 4 of the body: {{# b }} is never closed. Write {{/b}} after it."},
		{"V5 never closed, other delimiters", "{{=<% %>=}}\n<%#a%>", "Line 2 of the body: <%#a%> is never closed. Write <%/a%> after it."},
		{"V5 after a comment of many lines", "{{! a\n\nb }}\n{{#a}}", "Line 4 of the body: {{#a}} is never closed. Write {{/a}} after it."},
		{"V5 not complete at the end", "a\nb {{order_id", "Line 2 of the body: {{order_id is not complete. A variable is written {{name}}."},
		{"V5 not complete, another follows", "\n{\"a\": \"{{order_id}\", \"b\": \"{{b}}\"}", "Line 2 of the body: {{order_id}\", \"b\": \"{{b}} is not complete. A variable is written {{name}}."},
		{"V5 not complete, a line break", "{{a\nb}}", "Line 1 of the body: {{a is not complete. A variable is written {{name}}."},
		{"V5 two braces close three", "{{#x}}\n{{{a}} {{/x}}", "Line 2 of the body: {{{a}} {{/x}} is not complete. A variable is written {{name}}."},
		{"V5 three with blanks between", "{{ {a }}", "Line 1 of the body: {{ {a }} is not complete. A variable is written {{name}}."},
		{"V5 comment not complete", "{{! a", "Line 1 of the body: {{! a is not complete. A variable is written {{name}}."},
		{"V5 no name", "\n{{ }}", "Line 2 of the body: {{ }} names nothing. A variable is written {{name}}."},
		{"V5 nothing at all", "{{}}", "Line 1 of the body: {{}} names nothing. A variable is written {{name}}."},
		{"V5 no name in three", "{{{}}}", "Line 1 of the body: {{{}}} names nothing. A variable is written {{name}}."},
		{"V5 section without name", "{{#}}{{/}}", "Line 1 of the body: {{#}} names nothing. A variable is written {{name}}."},
		{"V5 never opened", "{{#a}}\n{{/a}}\n{{/a}}", "Line 3 of the body: {{/a}} closes nothing. Remove it, or write {{#a}} before it."},
		{"V5 crossed", "{{#a}}\n{{#b}}\n{{/a}}\n{{/b}}", "Line 3 of the body: {{/a}} does not close {{#b}} of line 2. Write {{/b}} before it, or in its place."},
		{"V5 closed by its sign", "{{^a}}{{/^a}}", "Line 1 of the body: {{/^a}} does not close {{^a}} of line 1. Write {{/a}} before it, or in its place."},
		{"V5 partial", "a\n{{> footer }}", "Line 2 of the body: {{> footer }} is not possible. A text can only use the data of its event."},
		{"V5 partial in sections", "{{#a}}\n{{^b}}\n x {{>/etc/passwd}}{{/b}}{{/a}}", "Line 3 of the body: {{>/etc/passwd}} is not possible. A text can only use the data of its event."},
		{"V5 partial, other delimiters", "{{=| |=}}\n|>a|", "Line 2 of the body: |>a| is not possible. A text can only use the data of its event."},
		{"V5 partial in a comment", "{{! {{> a }}", ""},
		{"V5 partial as text", "{{=| |=}}{{> a}}", ""},
		{"V5 parent", "{{<a}}{{/a}}", "Line 1 of the body: {{<a}} is not possible. A text can only use the data of its event."},
		{"V5 delimiters of blanks", "{{=<%=}}", "Line 1 of the body: {{=<%=}} does not set delimiters. Write it like {{=<% %>=}}, each of them 1 to 16 bytes long."},
		{"V5 delimiters too far apart", "{{=<%  %>=}}", "Line 1 of the body: {{=<%  %>=}} does not set delimiters. Write it like {{=<% %>=}}, each of them 1 to 16 bytes long."},
		{"V5 delimiters with =", "{{=<= =>=}}", "Line 1 of the body: {{=<= =>=}} does not set delimiters. Write it like {{=<% %>=}}, each of them 1 to 16 bytes long."},
		{"V5 delimiters without end", "{{=<% %>}}", "Line 1 of the body: {{=<% %>}} does not set delimiters. Write it like {{=<% %>=}}, each of them 1 to 16 bytes long."},
		{"V5 delimiters of 16 bytes", "{{=<%%%%%%%%%%%%%%% %%%%%%%%%%%%%%%>=}}", ""},
		{"V5 delimiters too long", "{{=<%%%%%%%%%%%%%%%% %>=}}", "Line 1 of the body: {{=<%%%%%%%%%%%%%%%% %>=}} does not set delimiters. Write it like {{=<% %>=}}, each of them 1 to 16 bytes long."},
		{"V5 long name is cut", "{{#" + strings.Repeat("a", 100) + "}}", "Line 1 of the body: {{#" + strings.Repeat("a", 61) + "… is never closed. Write {{/" + strings.Repeat("a", 64) + "…}} after it."},

		{"V9 32 sections", deep(32), ""},
		{"V9 33 sections", deep(33), "Line 33 of the body: {{#a}} stands within 32 other sections. At most 32 are allowed within each other."},
		{"V9 many sections side by side", strings.Repeat(deep(2), 100), ""},
		{"V9 16 parts", "{{" + strings.Repeat("a.", 15) + "a}}", ""},
		{"V9 17 parts", "{{" + strings.Repeat("a.", 16) + "a}}", "Line 1 of the body: {{" + strings.Repeat("a.", 16) + "a}} has 17 names between dots. At most 16 are allowed."},
		{"V9 17 parts of a section", "{{^" + strings.Repeat("a.", 16) + "a}}", "Line 1 of the body: {{^" + strings.Repeat("a.", 16) + "a}} has 17 names between dots. At most 16 are allowed."},

		{"E5 json as a section", "{{#json.a.b}}{{/json.a.b}}", "Line 1 of the body: {{#json.a.b}} is not possible, since json gives a value as text. Write {{#a.b}}."},
		{"E5 json as an inverted section", "{{^json.a}}{{/json.a}}", "Line 1 of the body: {{^json.a}} is not possible, since json gives a value as text. Write {{^a}}."},
		{"E6 form as a section", "{{#form.a.b}}{{/form.a.b}}", "Line 1 of the body: {{#form.a.b}} is not possible, since form gives a value as text. Write {{#a.b}}."},
		{"E5 json alone as a section", "{{#json}}{{/json}}", "Line 1 of the body: {{#json}} is not possible, since json gives a value as text. Write {{#name}}."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			parsed, m := parseTemplate(FieldBodyTemplate, test.template)
			if m.English() != test.want {
				t.Errorf("%q:\n%s\nwant\n%s", test.template, m.English(), test.want)
			}
			if (parsed == nil) != (test.want != "") {
				t.Errorf("%q: template and message disagree", test.template)
			}
			_, m = parseTemplate(FieldHeaderTemplate, test.template)
			headers := strings.Replace(strings.Replace(test.want, "the body", "the headers", 1), "The body contains bytes that are not Unicode text. Send it", "The headers contain bytes that are not Unicode text. Send them", 1)
			if m.English() != headers {
				t.Errorf("as headers, %q:\n%s\nwant\n%s", test.template, m.English(), headers)
			}
		})
	}
}

// TestV5_PartialsAreNeverRead holds the second line of defence: should a
// partial ever pass the parser, there is none to be had.
func TestV5_PartialsAreNeverRead(t *testing.T) {
	if text, err := (noPartials{}).Get("template.go"); err == nil {
		t.Errorf("a partial was read: %q", text)
	}
}

func TestS2_LineBreaksOfValuesInHeaders(t *testing.T) {
	tests := []struct{ name, template, data, want string }{
		{"S2 \\n", "A: 1\r\nX: {{x}}", `{"x":"a\nInjected: b"}`, "Line 2 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"S2 \\r\\n, not escaped", "X: {{{x}}}", `{"x":"a\r\nInjected: b"}`, "Line 1 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"S2 \\r", "X: {{&x}}", `{"x":"a\rInjected: b"}`, "Line 1 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"S2 a line break at the end", "{{x}}: {{y}}", `{"x":"X","y":"a\n"}`, "Line 1 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"S2 in a section", "{{#x}}X: {{.}}\n{{/x}}", `{"x":["a","b\nc"]}`, "Line 2 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"S2 as JSON a text has no line break", "X: {{{json.x}}}", `{"x":"a\nb"}`, ""},
		{"S2 line breaks of the template", "A: {{x}}\n\n{{#x}}\nB: b\n{{/x}}\n", `{"x":"a"}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := tryExpand(t, FieldHeaderTemplate, test.template, test.data)
			got := ""
			if problem, is := errors.AsType[*Problem](err); is {
				got = problem.Message.English()
			} else if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if _, err := tryExpand(t, FieldBodyTemplate, test.template, test.data); err != nil {
				t.Errorf("a body may hold it: %v", err)
			}
		})
	}
}
