package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// jsonInput is an input whose header says that its body is JSON.
func jsonInput(eventType, body string) Input {
	in := valid()
	in.EventType.Text = eventType
	in.HeaderTemplate.Text = "Content-Type: application/json"
	in.BodyTemplate.Text = body
	return in
}

const bodySoundText = "The body is valid JSON, with unusual values too (quotes, line breaks, nothing, emoji)."

func TestV8_Verdict(t *testing.T) {
	const (
		breaks = "The body is valid JSON with the example, but breaks when "
		broken = "The body is not valid JSON. "
		quotes = " turns \" into `&quot;`, so the receiver can not read it. "
		inside = " stands within a longer text, where no way to write it is safe. Give it a field of its own: "
		commas = ": commas can not be put between the entries of "
		place  = " in the place of the brackets and all between them: it gives the whole list."
	)
	shop := EventType{Name: "shop", Example: json.RawMessage(`{"note":"a","n":1,"yes":true,"tags":["x"],"none":null,"who":{"name":"b"},"note2":"c","empty":[]}`)}
	lists := EventType{Name: "lists", Example: json.RawMessage(`{"big":1e400,"q":"&quot;","close":"1]","half":"{\"a\":1","esc":"\"\\","t":["\""],"o":{"m":[1,2]},"l":[{"a":1,"b":"x"},{"a":"y","b":1}],"a":[{"b":[` + strings.Repeat(`{"c":[]},`, maxMends) + `{"c":["\"x"]}]}]}`)}
	p := policy(t, EventType{Name: "bare"}, shop, lists)
	tests := []struct{ name, event, body, want string }{
		{"V8 a value as JSON", "pay", `{"a":{{{json.order_id}}}}`, bodySoundText},
		{"V8 everything", "pay", `{{{json}}}`, bodySoundText},
		{"V8 no variable", "pay", `{"a":[1,true,null]}`, bodySoundText},
		{"V8 an object that is always there", "pay", `{"a":{{{contract_terms}}}}`, bodySoundText},
		{"V8 a number that is always there", "pay", `{"a":{{contract_terms.timestamp.t_s}}}`, bodySoundText},
		{"V8 an optional field, left out with its comma", "pay", `{"a":1{{#contract_terms.amount}},"b":{{{json.contract_terms.amount}}}{{/contract_terms.amount}}}`, bodySoundText},
		{"V8 either amount or choices", "pay", `{"a":{{^contract_terms.choices}}{{{json.contract_terms.amount}}}{{/contract_terms.choices}}{{#contract_terms.choices}}{{/contract_terms.choices}}{{#contract_terms.choices}}null{{/contract_terms.choices}}}`, breaks + `contract_terms.choices is [{},{}]. See line 1.`},
		{"V8 percent-encoded in a text", "pay", `{"a":"Order {{{form.order_id}}}"}`, bodySoundText},

		{"V8 two braces in quotes", "pay", `{"a":"{{order_id}}"}`, breaks + `order_id is "\\". Line 1: write {{{json.order_id}}} instead of "{{order_id}}".`},
		{"V8 three braces in quotes", "pay", "{\n\"a\": \"{{{order_id}}}\"}", breaks + `order_id is "\"". Line 2: write {{{json.order_id}}} instead of "{{{order_id}}}".`},
		{"V8 an ampersand in quotes", "pay", `["{{& order_id }}"]`, breaks + `order_id is "\"". Line 1: write {{{json.order_id}}} instead of "{{& order_id }}".`},
		{"V8 a version 1 contract has no amount", "pay", `{"a":1,{{#contract_terms.amount}}"b":2{{/contract_terms.amount}}}`, breaks + `contract_terms.amount is missing. See line 1.`},
		{"V8 a version 1 contract has choices and no amount", "pay", "[{{{contract_terms}}},\n{{^contract_terms.amount}}0{{/contract_terms.amount}}{{#contract_terms.choices}}1{{/contract_terms.choices}}{{#contract_terms.amount}}7{{/contract_terms.amount}}\n]", breaks + `contract_terms is {"choices":[{"amount":"KUDOS:31.50","inputs":[],"max_fee":"KUDOS…. See line 2.`},
		{"V8 everything, which is never without what always comes", "pay", `[{{{json}}},{{contract_terms.timestamp.t_s}}]`, bodySoundText},
		{"V8 everything, by its dot", "pay", `{"a":{{{.}}}}`, bodySoundText},
		{"V8 a deadline may be never", "pay", `[{{contract_terms.refund_deadline.t_s}}]`, breaks + `contract_terms.refund_deadline.t_s is "never". Line 1: write {{{json.contract_terms.refund_deadline.t_s}}} instead of {{contract_terms.refund_deadline.t_s}}.`},
		{"V8 a missing optional number", "inventory_added", `{"a":{{minimum_age}}}`, breaks + `minimum_age is missing. Line 1: write {{{json.minimum_age}}} instead of {{minimum_age}}.`},
		{"V8 a number of another name that is always there", "category_added", `{"a":{{category_serial}}}`, bodySoundText},
		{"V8 within a longer text", "pay", `["Order {{order_id}} was paid"]`, breaks + `order_id is "\\". Line 1: {{order_id}}` + inside + `{{{json.order_id}}}, without quotes.`},
		{"V8 in the query of a URL", "pay", `["https://x.example/?a={{order_id}}&b=1"]`, breaks + `order_id is "\\". Line 1: write {{{form.order_id}}} instead of {{order_id}}.`},
		{"V8 in a name", "pay", `{"{{order_id}}":1}`, breaks + `order_id is "\\". See line 1.`},
		{"V8 in a list's objects", "pay", `[{{#contract_terms.products}}{"d":"{{unit}}"},{{/contract_terms.products}}0]`, breaks + `contract_terms.products[].unit is "\\". Line 1: write {{{json.unit}}} instead of "{{unit}}".`},
		{"V8 found further out, where json is another object's", "pay", `[{{#contract_terms.products}}"{{summary}}{{order_id}}",{{/contract_terms.products}}0]`, breaks + `order_id is "\\". See line 1.`},
		{"V8 other delimiters", "pay", "{{=<% %>=}}\n[\"<% order_id %>\"]", breaks + `order_id is "\\". Line 2: write <%&json.order_id%> instead of "<% order_id %>".`},
		{"V8 in a section that the example skips", "pay", `[0{{#contract_terms.choices}},"{{amount}}"{{/contract_terms.choices}}]`, breaks + `contract_terms.choices is {"amount":"\\"}. Line 1: write {{{json.amount}}} instead of "{{amount}}".`},
		{"V8 in an inverted section that the example skips", "pay", `[0{{^contract_terms.amount}},"{{order_id}}"{{/contract_terms.amount}}]`, breaks + `order_id is "\\" and contract_terms.amount is null. Line 1: write {{{json.order_id}}} instead of "{{order_id}}".`},

		{"V8 in a longer text of an inverted section", "pay", `[0{{^contract_terms.amount}},"a {{order_id}}"{{/contract_terms.amount}}]`, breaks + `order_id is "\\" and contract_terms.amount is null. See line 1.`},
		{"V8 a host's text", "shop", `["{{note}}"]`, breaks + `note is "\\". Line 1: write {{{json.note}}} instead of "{{note}}".`},
		{"V8 a host's number", "shop", `{"a":{{n}}}`, breaks + `n is missing. Line 1: write {{{json.n}}} instead of {{n}}.`},
		{"V8 a host's boolean", "shop", `{"a":{{yes}}}`, breaks + `yes is missing. Line 1: write {{{json.yes}}} instead of {{yes}}.`},
		{"V8 in a section of a host's boolean", "shop", `[0{{#yes}},{{note}}{{/yes}}]`, broken + `Line 1: write {{{json.note}}} instead of {{note}}.`},
		{"V8 a host's object", "shop", `{"a":{{{who}}}}`, breaks + `who is missing. Line 1: write {{{json.who}}} instead of {{{who}}}.`},
		{"V8 a host's null may be anything", "shop", `[{{{json.none}}},"{{none}}"]`, breaks + `none is "\\". Line 1: write {{{json.none}}} instead of "{{none}}".`},
		{"V8 an object below a host's null", "shop", `["{{none.x}}"]`, breaks + `none.x is "\\". Line 1: write {{{json.none.x}}} instead of "{{none.x}}".`},
		{"V8 a field that a host's object may have", "shop", `["{{who.age}}"]`, breaks + `who.age is "\\". Line 1: write {{{json.who.age}}} instead of "{{who.age}}".`},
		{"V8 two items where the example has one", "shop", `[{{#tags}}"{{{form.n}}}"{{/tags}}]`, breaks + `tags is ["x","x"]. Line 1` + commas + `{{#tags}}. Write {{{json.tags}}}` + place},
		{"V8 no item where the example has one", "shop", `[0,{{#tags}}1{{/tags}}]`, breaks + `tags is missing. See line 1.`},
		{"V8 a number behind another", "shop", `[1{{n}}]`, breaks + `n is -1. See line 1.`},
		{"V8 of two variables the one with the shorter value", "shop", `["{{note}}",{{n}}]`, breaks + `n is missing. Line 1: write {{{json.n}}} instead of {{n}}.`},
		{"V8 the section that it depends on", "shop", "[0{{#who}},0{{/who}},\n1{{#tags}}{{!\n}}.5{{/tags}}]", breaks + `tags is ["x","x"]. See line 2.`},
		{"V8 found around an object that may have it too", "shop", `[0{{#who}},"{{note}}"{{/who}}]`, breaks + `note is "\\". See line 1.`},
		{"V8 percent-encoded without quotes", "shop", `[{{{form.none}}}]`, breaks + `none is {}. Line 1: write {{{json.none}}} instead of {{{form.none}}}.`},
		{"V8 a list that is empty in the example", "shop", `[{{#empty}}{{{json}}}{{/empty}}]`, breaks + `empty is [{},{}]. Line 1` + commas + `{{#empty}}. Write {{{json.empty}}}` + place},
		{"V8 in quotes a list of further out", "shop", `[0{{#who}},"[{{#tags}}\{{/tags}}]"{{/who}}]`, broken + `Line 1, column 33: a \ can not stand before ]. Write \\ for the sign itself.`},
		{"V8 in quotes a list that no way to write it mends", "bare", `["[{{#l}}\{{/l}}]"]`, breaks + `l is 1. See line 1.`},
		{"V8 of two lists the inner one", "lists", `[{{#o}}[{{#m}}{{.}}{{/m}}]{{/o}}]`, breaks + `o.m[] is 0. Line 1` + commas + `{{#m}}. Write {{{json.m}}}` + place},
		{"V8 one item where the example has two", "lists", `"{{#l}}{{#b}}\{{/b}}{{/l}}x"`, breaks + `l is [{"a":1,"b":"x"}]. See line 1.`},
		{"V8 a text that was escaped before", "lists", `["{{{q}}}"]`, breaks + `q is "\"". Line 1: write {{{json.q}}} instead of "{{{q}}}".`},
		{"V8 a list in which other delimiters begin", "lists", `[0{{#o}},[{{#m}}{{=<% %>=}}"a"<%/m%>]<%/o%>]`, broken + `Line 1, column 28: a comma or ] must stand here, not ".`},
		{"V8 a number too large for most programs", "lists", `[{{#l}}{{/l}}{{^big}},{{/big}}0]`, breaks + `big is missing. See line 1.`},
		{"V8 the list around one that is in quotes", "lists", `[{{#a}}"{{#b}}[{{#c}}{{{.}}}{{/c}}]{{/b}}"{{/a}}]`, broken + `Line 1` + commas + `{{#a}}. Write {{{json.a}}}` + place},
		{"V8 the next item breaks before what would be mended", "lists", `[0{{#l}},{{a}},{{b}}{{/l}}]`, broken + `Line 1, column 16: a value must stand here, not x. Text stands in quotes.`},
		{"V8 found around a list of texts", "shop", `[0{{#tags}},"{{note}}"{{/tags}}]`, breaks + `note is "\\". Line 1: write {{{json.note}}} instead of "{{note}}".`},
		{"V8 a list before others", "shop", `[[{{#tags}}"{{{form.n}}}"{{/tags}}]` + strings.Repeat(`,[{{#who}}{{/who}}]`, 8) + `]`, breaks + `tags is ["x","x"]. Line 1` + commas + `{{#tags}}. Write {{{json.tags}}}` + place},
		{"V8 a list around others", "shop", `[{{#tags}}` + strings.Repeat(`[{{#who}}{{/who}}],`, 8) + `{{/tags}}]`, broken + `Line 1` + commas + `{{#tags}}. Write {{{json.tags}}}` + place},
		{"V8 a name that ends in dots, of what there is not", "shop", `[1{{x..}}]`, bodySoundText},
		{"V8 items that are texts", "shop", `[0{{#tags}},"{{.}}"{{/tags}}]`, breaks + `tags[] is "\\". See line 1.`},

		{"V8 a host's event without example", "bare", `["{{x}}"]`, breaks + `x is "\\". Line 1: write {{{json.x}}} instead of "{{x}}".`},
		{"V8 a host's event without example, as JSON", "bare", `[{{{json.x}}},{{{json.y.z}}}{{#l}},{{{json.x}}}{{/l}}]`, bodySoundText},
		{"V8 a host's list without example", "bare", `[0{{#l}},"{{x}}"{{/l}}]`, breaks + `l is {"x":"\\"}. Line 1: write {{{json.x}}} instead of "{{x}}".`},
		{"V8 a host's list of lists without example", "bare", `[0{{#l}}{{#m}},{{{.}}}{{/m}}{{/l}}]`, breaks + `l is {"m":"a"}. See line 1.`},
		{"V8 all data of which nothing is known, escaped", "bare", `[{{json}}]`, breaks + `json is {"a":"\""}. See line 1.`},
		{"V8 all data of which nothing is known, in quotes", "bare", `["{{{.}}}"]`, breaks + `json is {"a":"\""}. See line 1.`},
		{"V8 all data, printed as JSON, and more", "shop", `[{{{json}}},{{{.}}},{{{json.n}}}]`, bodySoundText},
		{"V8 all data is never missing", "shop", `[{{{json}}},{{n}}]`, breaks + `n is missing. Line 1: write {{{json.n}}} instead of {{n}}.`},
		{"V8 two items without example", "bare", `[{{#l}}{{{json}}}{{/l}}]`, breaks + `l is [{},{}]. Line 1` + commas + `{{#l}}. Write {{{json.l}}}` + place},

		{"V8 an object, escaped", "pay", `{"a":{{contract_terms}}}`, "Line 1: {{contract_terms}}" + quotes + `Write {{{json.contract_terms}}}.`},
		{"V8 JSON, escaped", "pay", "\n[{{json.order_id}}]", "Line 2: {{json.order_id}}" + quotes + `Write {{{json.order_id}}}.`},
		{"V8 a quote of the example, escaped", "pay", `[{{#contract_terms.products}}"{{description}}",{{/contract_terms.products}}0]`, "Line 1: {{description}}" + quotes + `Write {{{json.description}}} instead of "{{description}}", without quotes around it.`},
		{"V8 a quote of the example, escaped in a longer text", "pay", `["{{#contract_terms.products}}{{description}}; {{/contract_terms.products}}"]`, "Line 1: {{description}}" + quotes + `Within a longer text no way to write it is safe. Give it a field of its own: {{{json.description}}}, without quotes.`},
		{"V8 a quote of the example, escaped where json does not lead", "pay", `["{{#contract_terms.products}}{{#taxes}}{{description}}{{/taxes}}{{/contract_terms.products}}"]`, "Line 1: {{description}}" + quotes[:len(quotes)-1]},

		{"V8 a text without quotes", "pay", `{"a":{{order_id}}}`, broken + `Line 1: write {{{json.order_id}}} instead of {{order_id}}.`},
		{"V8 two texts without quotes", "pay", `{"a":{{order_id}},"b":{{order_id}}}`, broken + `Line 1: write {{{json.order_id}}} instead of {{order_id}}.`},
		{"V8 two objects in quotes", "pay", `["{{{contract_terms}}}","{{{contract_terms}}}"]`, broken + `Line 1: write {{{json.contract_terms}}} instead of "{{{contract_terms}}}".`},
		{"V8 two objects in the path of a URL", "pay", `["https://x.example/{{{contract_terms}}}{{{contract_terms}}}"]`, broken + `Line 1: write {{{form.contract_terms}}} instead of {{{contract_terms}}}.`},
		{"V8 an object in quotes", "pay", `{"a":"{{{contract_terms}}}"}`, broken + `Line 1: write {{{json.contract_terms}}} instead of "{{{contract_terms}}}".`},
		{"V8 JSON in quotes", "pay", `{"a":"{{{json.order_id}}}"}`, broken + `Line 1: write {{{json.order_id}}} instead of "{{{json.order_id}}}".`},
		{"V8 JSON within a longer text", "pay", `{"a":"Order {{{json.order_id}}}"}`, broken + `Line 1: {{{json.order_id}}}` + inside + `{{{json.order_id}}}, without quotes.`},
		{"V8 a variable that there is not", "pay", `{"a":{{amount}}}`, broken + `Line 1: write {{{json.amount}}} instead of {{amount}}.`},
		{"V8 where no tag would do", "pay", `{"a":1{{order_id}}}`, broken + `Line 1, column 7: a comma or } must stand here, not -.`},
		{"V8 two variables for one value", "pay", `[{{order_id}}{{contract_terms.amount}}]`, broken + `Line 1, column 2: a comma or ] must stand here, not -.`},
		{"V8 a comma after each item", "pay", "[\n{{#contract_terms.products}}\n{{{json.unit}}},\n{{/contract_terms.products}}\n]", broken + `Line 1` + commas + `{{#contract_terms.products}}. Write {{{json.contract_terms.products}}}` + place},
		{"V8 a comma after each item of an inner list", "pay", `[{{#contract_terms.products}}{"t":[{{#taxes}}{{{json}}},{{/taxes}}]},{{/contract_terms.products}}0]`, broken + `Line 1` + commas + `{{#taxes}}. Write {{{json.taxes}}}` + place},
		{"V8 a comma after the last item alone", "pay", `[1,{{#contract_terms.products}}{{{json.unit}}},{{/contract_terms.products}}]`, broken + `Line 1, column 76: nothing stands between a comma and ]. Remove the comma.`},

		{"V8 a comma after what an inverted section prints", "pay", `[{{^contract_terms.choices}}1,{{/contract_terms.choices}}]`, broken + `Line 1, column 58: nothing stands between a comma and ]. Remove the comma.`},
		{"V8 a missing brace", "pay", "{\n\"a\":{\"b\":1\n}", broken + `Line 1, column 1: { is never closed. Write } where it ends.`},
		{"V8 a missing bracket", "pay", "{\"a\":\n [", broken + `Line 2, column 2: [ is never closed. Write ] where it ends.`},
		{"V8 a missing quote", "pay", "{\"a\":\"b}", broken + `Line 1, column 6: a text begins here and never ends. Write " after it.`},
		{"V8 a missing quote, lines after it", "pay", "{\"a\":\"b\n}", broken + `Line 1, column 8: a text in quotes can not hold a line break or a tab. Write \n or \t, or end the text before it.`},
		{"V8 a missing comma", "pay", "{\"a\":1\n\"b\":2}", broken + `Line 2, column 1: a comma or } must stand here, not ".`},
		{"V8 a missing colon", "pay", `{"ü" 1}`, broken + `Line 1, column 6: a colon must stand here, after a name, not 1.`},
		{"V8 a missing value", "pay", `{"a":}`, broken + `Line 1, column 6: a value must stand here, not }. Text stands in quotes.`},
		{"V8 a name without quotes", "pay", `{a:1}`, broken + `Line 1, column 2: a name in quotes must stand here, not a.`},
		{"V8 a text without quotes, no variable", "pay", `{"a":ü}`, broken + `Line 1, column 6: a value must stand here, not ü. Text stands in quotes.`},
		{"V8 a comma too many", "pay", `{"a":1,}`, broken + `Line 1, column 8: nothing stands between a comma and }. Remove the comma.`},
		{"V8 a brace too many", "pay", `{"a":1}}`, broken + `Line 1, column 8: it is complete before }. Nothing may follow.`},
		{"V8 the wrong bracket", "pay", `{"a":[1}`, broken + `Line 1, column 8: a comma or ] must stand here, not }.`},
		{"V8 a backslash", "pay", `["a\b\c"]`, broken + `Line 1, column 7: a \ can not stand before c. Write \\ for the sign itself.`},
		{"V8 a number with a 0 in front", "pay", `[01]`, broken + `Line 1, column 3: this is no number. A number begins with no needless 0 and ends in a digit.`},
		{"V8 a word", "pay", `[True, nil]`, broken + `Line 1, column 2: a value must stand here, not T. Text stands in quotes.`},
		{"V8 a word that begins well", "pay", `[nil]`, broken + `Line 1, column 3: of all words only true, false and null may stand without quotes.`},
		{"V8 nested too deep", "pay", strings.Repeat("[", 10_001), broken + `Line 1, column 10,001: more than 10,000 lists and objects stand within each other.`},
		{"V8 nothing", "pay", " \n", broken + `There is nothing in it.`},
		{"V8 an escaped text that no way to write it mends", "lists", `[{{#t}}[{{.}}],{{/t}}0]`, broken + `Line 1, column 9: a value must stand here, not &. Text stands in quotes.`},
		{"V8 an escaped text that breaks a longer one", "lists", `["a {{esc}} b"]`, "Line 1: {{esc}}" + quotes + `Within a longer text no way to write it is safe. Give it a field of its own: {{{json.esc}}}, without quotes.`},
		{"V8 a text without quotes, and a comma too many", "pay", `{"a":{{order_id}},}`, broken + `Line 1: write {{{json.order_id}}} instead of {{order_id}}.`},
		{"V8 a text without quotes, and another bracket", "pay", `[{{order_id}}}`, broken + `Line 1: write {{{json.order_id}}} instead of {{order_id}}.`},
		{"V8 what breaks in the same place when it is JSON", "lists", `[{{{half}}},}`, broken + `Line 1, column 13: nothing stands between a comma and }. Remove the comma.`},
		{"V8 a list without commas in one that is never closed", "lists", `[[{{#l}}"a"{{! a remark that makes it long }}{{/l}}]`, broken + `Line 1, column 9: a comma or ] must stand here, not ".`},
		{"V8 a number alone", "shop", `{{{n}}}`, breaks + `n is missing. Line 1: write {{{json.n}}} instead of {{{n}}}.`},
		{"V8 a word that ends too soon", "pay", "\ntru", broken + `Line 2, column 4: of all words only true, false and null may stand without quotes.`},
		{"V8 a text behind a number, both without quotes", "lists", `[{{big}},{{{q}}}]`, broken + `Line 1: write {{{json.q}}} instead of {{{q}}}.`},
		{"V8 a value that closes the list that it is in", "lists", `{"a":[{{{close}}}],"b":1}`, broken + `Line 1: write {{{json.close}}} instead of {{{close}}}.`},
		{"V8 nothing with the example", "pay", `{{#contract_terms.choices}}[]{{/contract_terms.choices}}`, broken + `There is nothing in it.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			preview := MakePreview(jsonInput(test.event, test.body), p)
			if got := preview.Verdict.English(); got != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", test.body, got, test.want)
			}
			if preview.Sound != (test.want == bodySoundText) {
				t.Errorf("sound is %t: %s", preview.Sound, test.want)
			}
			isBroken := strings.HasPrefix(preview.Verdict.Key, "preview.broken") || strings.HasPrefix(preview.Verdict.Key, "preview.json")
			if json.Valid([]byte(preview.Body)) && isBroken {
				t.Errorf("the body is JSON: %s", preview.Body)
			}
		})
	}
}

func TestV8_WhenItIsJudged(t *testing.T) {
	const unchecked = "The body was not checked: only bodies with the header Content-Type: application/json are."
	p := policy(t)
	for headers, judged := range map[string]bool{
		"":                                   false,
		"Content-Type: application/json":     true,
		"content-type:APPLICATION/JSON":      true,
		"A: b\r\nContent-Type: text/json;\n": false,
		"Content-Type: application/json; charset=utf-8":                                            true,
		"Content-Type: application/json; charset=":                                                 true,
		"Content-Type: application/json;charset=utf-8;charset=x":                                   true,
		"Content-Type: application/vnd.shop+json":                                                  true,
		"Content-Type: application/Cloudevents+JSON; a=b":                                          true,
		"Content-Type: text/plain":                                                                 false,
		"Content-Type: application/jsonp":                                                          false,
		"Content-Type: json":                                                                       false,
		"Content-Type: +json":                                                                      false,
		"X-Content-Type: application/json":                                                         false,
		"Content-Type: {{#order_id}}application/json{{/order_id}}":                                 true,
		"Content-Type: {{^order_id}}application/json{{/order_id}}":                                 false,
		"Host: refused\nContent-Type: application/json":                                            true,
		"Content-Type: application/json\nno header":                                                true,
		"{{#contract_terms.products}}Content-Type: application/json\n{{/contract_terms.products}}": true,
	} {
		in := jsonInput("pay", `{"a":"{{order_id}}"}`)
		in.HeaderTemplate.Text = headers
		preview := MakePreview(in, p)
		if got := preview.Verdict.English() != unchecked; got != judged || preview.Sound == judged {
			t.Errorf("V8 %q: %s", headers, preview.Verdict.English())
		}
		m, breaks := Breaks(Webhook{EventType: "pay", HeaderTemplate: headers, BodyTemplate: in.BodyTemplate.Text}, p)
		if breaks != judged || judged && m.English() != preview.Verdict.English() {
			t.Errorf("V8 %q: Breaks says %t, %s", headers, breaks, m.English())
		}
	}
}

func TestV8_Breaks(t *testing.T) {
	p := policy(t)
	w := Webhook{EventType: "pay", HeaderTemplate: "Content-Type: application/json"}
	for name, test := range map[string]struct {
		event, body string
		breaks      bool
	}{
		"V8 no body":                  {"pay", "", false},
		"V8 a sound one":              {"pay", "{{{json}}}", false},
		"V8 one that breaks":          {"pay", `"{{order_id}}"`, true},
		"V8 one that is broken":       {"pay", `{`, true},
		"V8 one that escapes":         {"pay", `[{{json.order_id}}]`, true},
		"V8 one that does not parse":  {"pay", `{{#a}}`, false},
		"V8 an event that was there":  {"was", `{`, false},
		"V8 one beyond the budget":    {"pay", strings.Repeat("{{a}}", maxTagsEntered+1), false},
		"V8 one that is too long":     {"pay", `"` + strings.Repeat("a", MaxBodyTemplateBytes), false},
		"V8 one too large to try all": {"pay", "[" + strings.Repeat("{{#contract_terms.products}}{{/contract_terms.products}}\n", 4000) + "1]", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := w
			w.EventType, w.BodyTemplate = test.event, test.body
			m, breaks := Breaks(w, p)
			if breaks != test.breaks || m.IsZero() == breaks {
				t.Errorf("breaks is %t: %s", breaks, m.English())
			}
		})
	}
}

func TestV8_RefuseBreakable(t *testing.T) {
	p := policy(t)
	in := jsonInput("pay", `{"a":"{{order_id}}"}`)
	if w, problems := Validate(in, p); len(problems) > 0 || w.BodyTemplate != in.BodyTemplate.Text {
		t.Errorf("V8 it is warned of only: %v", problems)
	}
	p.RefuseBreakable = true
	_, problems := Validate(in, p)
	if len(problems) != 1 || problems.First().Field != "body_template" || problems.First().Code != CodeJSONInvalid {
		t.Fatalf("V8 refused with %v", problems)
	}
	if got, want := problems.First().Detail(), MakePreview(in, p).Verdict.English(); got != want {
		t.Errorf("V8 refused with other words than the preview's:\n%s\n%s", got, want)
	}
	for name, body := range map[string]string{"sound": "{{{json}}}", "none": ""} {
		if _, problems := Validate(jsonInput("pay", body), p); len(problems) > 0 {
			t.Errorf("V8 %s is refused: %v", name, problems)
		}
	}
	in.HeaderTemplate.Text = ""
	if _, problems := Validate(in, p); len(problems) > 0 {
		t.Errorf("V8 a body that does not say it is JSON is refused: %v", problems)
	}
	in = jsonInput("pay", `{"a":"{{order_id}}"}`)
	in.URL.Text = ""
	if _, problems := Validate(in, p); len(problems) != 1 || problems.First().Field != "url" {
		t.Errorf("V8 with another problem: %v", problems)
	}
}

func TestA3_Preview(t *testing.T) {
	p := policy(t)
	t.Run("A3 the request", func(t *testing.T) {
		in := jsonInput("pay", "{\"id\":{{{json.order_id}}},\r\n\"n\":{{contract_terms.timestamp.t_s}}}")
		in.HeaderTemplate.Text += "\r\nAuthorization: Bearer x\r\nX-Order: {{order_id}}"
		in.URL.Text, in.HTTPMethod.Text = "https://a:b@erp.example.com/hook", "put"
		got := MakePreview(in, p)
		if got.Method != "PUT" || got.URL != in.URL.Text {
			t.Errorf("%s %s", got.Method, got.URL)
		}
		if h := fmt.Sprint(got.Headers); h != "[{Content-Type application/json} {Authorization Bearer x} {X-Order 2025.282-01MRE3X} {User-Agent merchant-webhooks/1}]" {
			t.Errorf("headers %s", h)
		}
		if want := "{\"id\":\"2025.282-01MRE3X\",\r\n\"n\":1760000000}"; got.Body != want {
			t.Errorf("body %q, want %q", got.Body, want)
		}
		if want := "{\n  \"id\": \"2025.282-01MRE3X\",\n  \"n\": 1760000000\n}"; got.Indented != want {
			t.Errorf("indented %q, want %q", got.Indented, want)
		}
		if got.Verdict.English() != bodySoundText || !got.Sound || len(got.Remarks) > 0 {
			t.Errorf("%s %t %v", got.Verdict.English(), got.Sound, got.Remarks)
		}
	})
	t.Run("A3 the address as it is sent", func(t *testing.T) {
		const agent = "[{User-Agent merchant-webhooks/1}]"
		for _, test := range []struct{ url, target, host, headers string }{
			{"https://erp.example.com", "/", "erp.example.com", agent},
			{"https://Bücher.example:8443/ü?q=ü", "/%C3%BC?q=ü", "xn--bcher-kva.example:8443", agent},
			{"https://[2001:db8::1]:8443/a", "/a", "[2001:db8::1]:8443", agent},
			{"https://a:b@erp.example.com/", "/", "erp.example.com", "[{Authorization Basic YTpi} {User-Agent merchant-webhooks/1}]"},
			{"erp.example.com/a", "/", "", agent},
			{"https://a b/", "/", "", agent},
		} {
			in := valid()
			in.URL.Text = test.url
			got := MakePreview(in, p)
			if got.Target != test.target || got.Host != test.host || fmt.Sprint(got.Headers) != test.headers {
				t.Errorf("%s: %s, host %q, headers %v", test.url, got.Target, got.Host, got.Headers)
			}
		}
	})
	t.Run("A3 no body", func(t *testing.T) {
		got := MakePreview(valid(), p)
		if got.Body != "" || !got.Verdict.IsZero() || !got.Sound || fmt.Sprint(got.Headers) != "[{User-Agent merchant-webhooks/1}]" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("A3 it shows what it can", func(t *testing.T) {
		in := jsonInput("pay", "{{#a}}")
		in.URL.Text, in.HTTPMethod.Text, in.WebhookID.Text = "ftp:", "SEND", ""
		in.HeaderTemplate.Text = "A: 1\nnone\nHost: x\nB: 2"
		got := MakePreview(in, p)
		if got.Method != "SEND" || got.URL != "ftp:" || fmt.Sprint(got.Headers) != "[{A 1} {B 2} {User-Agent merchant-webhooks/1}]" || got.Body != "" || got.Sound || !got.Verdict.IsZero() {
			t.Errorf("%+v", got)
		}
		in.HeaderTemplate.Text = "{{#a}}"
		in.BodyTemplate.Text = "{{order_id}}"
		if got := MakePreview(in, p); len(got.Headers) != 1 || got.Body != "2025.282-01MRE3X" {
			t.Errorf("%+v", got)
		}
		in.EventType.Text = "none"
		if got := MakePreview(in, p); got.Body != "" || got.Method != "SEND" {
			t.Errorf("%+v", got)
		}
		in = jsonInput("pay", strings.Repeat("{{a}}", maxTagsEntered+1))
		if got := MakePreview(in, p); got.Body != "" || got.Sound {
			t.Errorf("%+v", got)
		}
	})
	t.Run("A3 what is indented", func(t *testing.T) {
		for body, want := range map[string]string{
			" [1]": "[\n  1\n]", "{}": "{}", "[1": "", "1": "", "a": "", "[1] x": "",
			strings.Repeat("[", 3000) + strings.Repeat("]", 3000): "",
		} {
			if got := MakePreview(jsonInput("pay", body), p).Indented; got != want {
				t.Errorf("%.20s is indented %.40q, want %q", body, got, want)
			}
		}
	})
}

func TestA3_Remarks(t *testing.T) {
	shop := EventType{Name: "shop", Variables: []Variable{{Name: "note"}}, Example: json.RawMessage(`{"who":{"name":"b"},"none":null}`)}
	p := policy(t, EventType{Name: "bare"}, shop)
	const contract = "contract_terms.amount, contract_terms.extra, contract_terms.fulfillment_url, contract_terms.max_fee, " +
		"contract_terms.merchant, contract_terms.merchant_base_url, contract_terms.order_id, contract_terms.pay_deadline, " +
		"contract_terms.products, contract_terms.refund_deadline, contract_terms.summary, contract_terms.timestamp, contract_terms.wire_transfer_deadline"
	const product = "description, description_i18n, price, product_id, quantity, taxes, unit"
	tests := []struct{ name, event, headers, body, want string }{
		{"A3 nothing to remark", "pay", "A: {{order_id}}", "{{order_id}} {{contract_terms.amount}} {{#contract_terms.products}}{{unit}}{{image}}{{order_id}}{{/contract_terms.products}}", ""},
		{"A3 what may come", "pay", "", "{{#contract_terms.choices}}{{amount}}{{/contract_terms.choices}}{{contract_terms.auto_refund}}{{contract_terms.extra.x}}{{contract_terms.extra.note.x}}{{^nothing}}{{/nothing}}", ""},
		{"A3 behind a tag alone on its line", "pay", "", "{{! a }}\n{{amount}}", "Line 2: this event has no “amount”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name", "pay", "", "a\n{{amount}}\n{{ amount }}", "Line 2: this event has no “amount”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown section", "pay", "", "{{#a}}{{b}}{{/a}}{{^a}}{{/a}}", "Line 1: this event has no “a”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name below json", "pay", "", "{{{json.amount}}}{{{form.reason}}}", "Line 1: this event has no “amount”, so null appears there. It has: contract_terms, order_id.\nLine 1: this event has no “reason”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name in the headers", "pay", "A: {{amount}}\nB: {{{json.b}}}", "", "Line 1 of the headers: this event has no “amount”, so nothing appears there. It has: contract_terms, order_id.\nLine 2 of the headers: this event has no “b”, so null appears there. It has: contract_terms, order_id."},
		{"A3 an unknown name in an object", "pay", "", "{{contract_terms.sumary}}", "Line 1: this event has no “contract_terms.sumary”, so nothing appears there. It has: " + contract + "."},
		{"A3 a name in a list that no section enters", "pay", "", "{{contract_terms.products.unit}}", "Line 1: this event has no “contract_terms.products.unit”, so nothing appears there. It has: " + contract + "."},
		{"A3 an unknown name in a list", "pay", "", "{{#contract_terms.products}}{{colour}}{{{json.order_id}}}{{/contract_terms.products}}", "Line 1: this event has no “colour”, so nothing appears there. It has: " + product + ", contract_terms, order_id.\nLine 1: this event has no “order_id”, so null appears there. It has: " + product + "."},
		{"A3 further out than the list", "pay", "", "{{#contract_terms.products}}{{contract_terms.sumary}}{{/contract_terms.products}}", "Line 1: this event has no “contract_terms.sumary”, so nothing appears there. It has: " + contract + "."},
		{"A3 further out than the list, where json does not lead", "pay", "", "{{#contract_terms.products}}{{{json.contract_terms.sumary}}}{{/contract_terms.products}}", "Line 1: this event has no “contract_terms.sumary”, so null appears there. It has: " + product + "."},
		{"A3 in an object that the example lacks", "pay", "", "{{contract_terms.delivery_date.t_s}}{{contract_terms.delivery_date.day}}", "Line 1: this event has no “contract_terms.delivery_date.day”, so nothing appears there. It has: " + contract + "."},
		{"A3 the JSON of an object, from outside", "pay", "", "{{#contract_terms}}{{{json.amount}}}{{/contract_terms}}{{{contract_terms.json.amount}}}", ""},
		{"A3 below a text", "pay", "", "{{order_id.x}}", "Line 1: this event has no “order_id.x”, so nothing appears there. It has: contract_terms, order_id."},
		{"A3 the order in order_created", "order_created", "", "{{contract_terms.amount}}", "Line 1: this event has no “contract_terms.amount”, so nothing appears there. It has: contract, instance_id, order_id."},
		{"A3 a host's event", "shop", "", "{{note}}{{who.age}}{{none.x}}{{{.}}}{{{json}}}{{x}}", "Line 1: this event has no “x”, so nothing appears there. It has: none, note, who."},
		{"A3 a name below json in a text", "shop", "", "{{#who.name}}{{{json.x}}}{{/who.name}}", "Line 1: this event has no “x”, so null appears there. It has: none, note, who."},
		{"A3 a host's event of which nothing is known", "bare", "A: {{x}}", "{{note}}{{#a}}{{b}}{{/a}}", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := valid()
			in.EventType.Text, in.HeaderTemplate.Text, in.BodyTemplate.Text = test.event, test.headers, test.body
			var got []string
			for _, m := range MakePreview(in, p).Remarks {
				got = append(got, m.English())
			}
			if got := strings.Join(got, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
	t.Run("A3 a body with a method that has none", func(t *testing.T) {
		for method, want := range map[string]string{
			"get": "Many programs ignore a body sent with GET. POST is usual.", "HEAD": "Many programs ignore a body sent with HEAD. POST is usual.",
			"POST": "", "DELETE": "",
		} {
			in := jsonInput("pay", "[]")
			in.HTTPMethod.Text = method
			got := ""
			for _, m := range MakePreview(in, p).Remarks {
				got += m.English()
			}
			if got != want {
				t.Errorf("%s: %q, want %q", method, got, want)
			}
			if in.BodyTemplate.Text = ""; len(MakePreview(in, p).Remarks) > 0 {
				t.Errorf("%s: a remark without a body", method)
			}
		}
	})
	t.Run("A3 not without end", func(t *testing.T) {
		in := valid()
		for i := range 1000 {
			in.BodyTemplate.Text += fmt.Sprintf("{{x%d}}", i)
		}
		if n := len(MakePreview(in, p).Remarks); n != 20 {
			t.Errorf("%d remarks", n)
		}
	})
}

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
