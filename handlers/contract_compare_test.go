package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// compare tells in what the answer differs from the script's.
func (want scriptAnswer) compare(got answer) (wrong []string) {
	if got.StatusCode != want.status {
		return []string{fmt.Sprintf("want status %d", want.status)}
	}
	for _, h := range want.header {
		if value := strings.Join(got.Header.Values(h[0]), ", "); !matches(value, h[1]) {
			wrong = append(wrong, fmt.Sprintf("%s: %s, want %s", h[0], value, h[1]))
		}
	}
	if want.empty && len(got.body) > 0 {
		wrong = append(wrong, "want an empty body")
	}
	if want.json != "" {
		wrong = append(wrong, compareJSON(want.json, got.body, want.status >= 400)...)
	}
	return wrong
}

// matches compares a header's value; * in the pattern is any text.
func matches(value, pattern string) bool {
	if pattern == "<absent>" {
		return value == ""
	}
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
	return regexp.MustCompile("^" + quoted + "$").MatchString(value)
}

var placeholder = regexp.MustCompile(`<(absent|any|contains [^>]+)>`)

// compareJSON tells in what got differs from what the script says; with
// namedOnly got may have members that the script does not name.
func compareJSON(wantText string, got []byte, namedOnly bool) (wrong []string) {
	quoted := placeholder.ReplaceAllStringFunc(wantText, func(s string) string { return `"` + s + `"` })
	want, err := decodeJSON([]byte(quoted))
	if err != nil {
		return []string{fmt.Sprintf("the script's JSON %s: %v", wantText, err)}
	}
	value, err := decodeJSON(got)
	if err != nil {
		return []string{fmt.Sprintf("the answer is not JSON: %v", err)}
	}
	wantObject, isObject := want.(map[string]any)
	object, gotObject := value.(map[string]any)
	if !isObject || !gotObject {
		return []string{"want " + wantText}
	}
	for _, name := range slices.Sorted(maps.Keys(wantObject)) {
		v, found := object[name]
		if !fits(wantObject[name], v, found) {
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %v", name, shortened(fmt.Sprint(v)), wantObject[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if _, named := wantObject[name]; !named && !namedOnly {
			wrong = append(wrong, fmt.Sprintf("there is a member %q", name))
		}
	}
	return wrong
}

// fits reports whether a value is what a script says, its placeholders too.
func fits(want, got any, found bool) bool {
	switch want := want.(type) {
	case map[string]any:
		object, isObject := got.(map[string]any)
		for name := range object {
			if _, named := want[name]; !named {
				return false
			}
		}
		for name, value := range want {
			if v, found := object[name]; !fits(value, v, found) {
				return false
			}
		}
		return isObject
	case []any:
		array, isArray := got.([]any)
		if !isArray || len(array) != len(want) {
			return false
		}
		for i, value := range want {
			if !fits(value, array[i], true) {
				return false
			}
		}
		return true
	case string:
		if part, contains := strings.CutPrefix(strings.TrimSuffix(want, ">"), "<contains "); contains {
			text, _ := got.(string)
			return strings.Contains(text, part)
		}
		if want == "<absent>" || want == "<any>" {
			return found == (want == "<any>")
		}
	}
	return found && reflect.DeepEqual(want, got)
}

func decodeJSON(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON value")
	}
	return v, nil
}
