package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// A change is another value that a variable may have, as JSON; the empty change
// takes it away.
type change string

const missing change = ""

// Values that JSON around them may break on, by what a variable is. Those of one
// length are tried in this order.
var (
	hostileTexts   = []change{missing, `""`, `"<"`, `"\""`, `"\\"`, `"\n"`, `"\r"`, `"😀"`, `null`, `"\u2028"`}
	hostileNumbers = []change{missing, `0`, `-1`, `1.50`, `null`, `1e400`}
	hostileTimes   = append([]change{`"never"`}, hostileNumbers...)
	hostileTruths  = []change{missing, `true`, `null`, `false`}
	hostileObjects = []change{missing, `{}`, `null`, `{"a":"\""}`, `{"a":"\\"}`}
	hostileLists   = []change{missing, `[]`, `null`, `["\""]`}
	// hostileAny is for what is not known, which may be of any type.
	hostileAny = []change{
		missing, `1`, `""`, `{}`, `[]`, `"a"`, `"<"`, `[{}]`, `"\""`, `"\\"`, `"\n"`, `"😀"`, `true`, `null`, `"\u2028"`,
		`[{},{}]`, `["\""]`, `{"a":"\""}`, `["a","a"]`,
	}
)

// hostile are the values to try in the place of v at a path; nil: the example has
// none.
func hostile(at dataPath, v any) []change {
	switch v := v.(type) {
	case text:
		return hostileTexts
	case boolean:
		return hostileTruths
	case raw:
		if lastName(at) == "t_s" && lastName(at.up()) != "timestamp" {
			return hostileTimes
		}
		return hostileNumbers
	case list:
		return hostileListsLike(v)
	case object:
		return hostileObjectsLike(v)
	}
	return hostileAny
}

// hostileListsLike adds lists of one and two items as the list has them.
func hostileListsLike(v list) []change {
	item := "{}"
	if len(v) > 0 {
		item = string(jsonOf(v[0]))
	}
	return append(hostileLists[:len(hostileLists):len(hostileLists)], change("["+item+"]"), change("["+item+","+item+"]"))
}

// hostileObjectsLike adds to a contract the one of version 1, which has its
// amounts in choices[].
func hostileObjectsLike(v object) []change {
	_, hasAmount := v["amount"].(text)
	_, hasFee := v["max_fee"].(text)
	if !hasAmount || !hasFee {
		return hostileObjects
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal([]byte(jsonOf(v)), &fields) // It was decoded once already.
	choice, _ := json.Marshal(map[string]any{"amount": fields["amount"], "max_fee": fields["max_fee"], "inputs": []any{}, "outputs": []any{}})
	delete(fields, "amount")
	delete(fields, "max_fee")
	fields["version"], fields["choices"] = json.RawMessage("1"), json.RawMessage("["+string(choice)+"]")
	version1, _ := json.Marshal(fields)
	return append(hostileObjects[:len(hostileObjects):len(hostileObjects)], change(version1))
}

// takesAway reports whether a change leaves nothing, or nothing of what is below
// the variable.
func (c change) takesAway() bool { return slices.Contains(hostileObjects, c) }

// value is the change as a value of an event's data.
func (c change) value() any {
	data, _ := NewData(map[string]json.RawMessage{"v": json.RawMessage(cmp.Or(c, "null"))}) // It is JSON.
	return data.root["v"]
}

// plainData is an event's data as encoding/json decodes it, to be changed.
func plainData(d Data) any {
	decoder := json.NewDecoder(strings.NewReader(string(jsonOf(d.root))))
	decoder.UseNumber()
	var v any
	_ = decoder.Decode(&v) // It was decoded once already.
	return v
}

// changed gives a copy of v with another value at the path that the steps are;
// objects on the way are made where there are none.
func (c change) changed(v any, steps []string) any {
	if len(steps) == 0 {
		return json.RawMessage(cmp.Or(c, "null")) // An item can not be missing.
	}
	step, rest := steps[0], steps[1:]
	if step == itemStep {
		items, isList := v.([]any)
		if !isList {
			return v
		}
		copied := make([]any, len(items))
		for i, item := range items {
			copied[i] = c.changed(item, rest)
		}
		return copied
	}
	fields, _ := v.(map[string]any)
	inner, there := fields[step]
	if c == missing && !there {
		return v
	}
	copied := make(map[string]any, len(fields)+1)
	maps.Copy(copied, fields)
	if c == missing && len(rest) == 0 {
		delete(copied, step)
	} else {
		copied[step] = c.changed(inner, rest)
	}
	return copied
}

// String is the change as a message shows it: short, on one line. What is
// missing reads as what JSON has for it.
func (c change) String() string {
	var compact bytes.Buffer
	_ = json.Compact(&compact, []byte(cmp.Or(c, "null"))) // It is JSON.
	return shorten(compact.String())
}
