package webhook

import (
	"encoding/json"
	"strings"
	"testing"
)

func faultOf(s string) jsonFault {
	var j jsonText
	if _, fault := j.feed(s, 0, true); fault != "" {
		return fault
	}
	return j.end()
}

func TestV8_JSONText(t *testing.T) {
	for text, want := range map[string]jsonFault{
		`{"a":[1,-0.5e+3,true,false,null,"\u00fc\n"],"b":{}}`: "", " [] ": "", "\t[\r\n1\t]": "", "0": "", `"ü"`: "", "1e5 ": "", "-12": "", "-x": faultNumber,
		"": faultEmpty, " \n": faultEmpty, `{"a":}`: faultValue, "[1,]": faultLast, `{"a":1,}`: faultLast, "[,1]": faultValue,
		"{a:1}": faultName, `{"a" 1}`: faultColon, "[1 2]": faultComma, "[1}": faultComma, `{"a":1]`: faultComma,
		"1 2": faultMore, "{}}": faultMore, "\"a\nb\"": faultControl, "\"\t\"": faultControl, `"\x"`: faultEscape, `"\u12g4"`: faultEscape,
		`"\u123g"`: faultEscape, `"\u12:4"`: faultEscape, `"\u12/4"`: faultEscape, `"\u12@4"`: faultEscape, `"\u00u0000"`: faultEscape, "1e+5": "", "1E-5": "", "1e+": faultNumber,
		"01": faultNumber, "09": faultNumber, "1.": faultNumber, "-": faultNumber, "1e": faultNumber, ".5": faultValue, "+1": faultValue, "1.x": faultNumber, "1.5.5": faultMore, "1e5.5": faultMore, "-.5": faultNumber,
		"tru": faultWord, "trux": faultWord, "nul,": faultWord, "[": faultOpen, `{"a"`: faultOpen, `{"a":1`: faultOpen, `"a`: faultString, `{"a`: faultString, `"\`: faultString,
		"]": faultValue, `{"":]`: faultValue, "00": faultNumber, "KUDOS:1": faultValue, "\ufeff{}": faultValue, strings.Repeat("[", 10_001): faultDeep, strings.Repeat("[", 10_000): faultOpen,
	} {
		if got := faultOf(text); got != want {
			t.Errorf("V8 %.40q: %q, want %q", text, got, want)
		}
	}
}

// TestV8_ShortJSONTexts: of all texts that so few pieces make, those are accepted
// that encoding/json does.
func TestV8_ShortJSONTexts(t *testing.T) {
	for _, pieces := range [][]string{
		{"0", "1", "9", "-", "+", ".", "e"},
		{"{", "}", "[", "]", ",", ":", `""`, "0", " "},
		{`"`, `\`, `\u`, "n", "x", "00", "f", "\x1f"},
	} {
		var try func(text string, more int)
		try = func(text string, more int) {
			if got, want := faultOf(text) == "", json.Valid([]byte(text)); got != want {
				t.Errorf("%q: valid is %t, want %t", text, got, want)
			}
			if more == 0 {
				return
			}
			for _, piece := range pieces {
				try(text+piece, more-1)
			}
		}
		try("", 5)
	}
}

// FuzzJSONText: it accepts what encoding/json does, in one piece or in two.
func FuzzJSONText(f *testing.F) {
	f.Add(`{"a":[1,-0.5e+3,true,false,null,"\u00fc\n"],"b":{}}`, 7) // everything
	f.Add(`[0,-0,1.0E-5,""]`, 3)                                    // numbers
	f.Add("\"\xff\x7f\u2028\"", 2)                                  // no UTF-8
	f.Add(`{"a":1,}`, 6)                                            // a comma too many
	f.Add(`"\ud800"`, 4)                                            // half a surrogate pair
	f.Fuzz(func(t *testing.T, text string, cut int) {
		if got, want := faultOf(text) == "", json.Valid([]byte(text)); got != want {
			t.Errorf("%q: valid is %t, want %t", text, got, want)
		}
		if cut < 0 || cut > len(text) {
			return
		}
		var whole, parts jsonText
		n, fault := whole.feed(text, 0, true)
		m, fault2 := parts.feed(text[:cut], 0, true)
		if fault2 == "" {
			m, fault2 = parts.feed(text[cut:], cut, true)
			m += cut
		}
		if n != m || fault != fault2 || whole.end() != parts.end() {
			t.Errorf("%q at %d: %q at %d in one piece, %q at %d in two", text, cut, fault, n, fault2, m)
		}
	})
}
