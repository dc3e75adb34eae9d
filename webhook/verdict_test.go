package webhook

import (
	"encoding/json"
	"strings"
	"testing"
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
