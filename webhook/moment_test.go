package webhook

import (
	"strings"
	"testing"
	"time"
)

func TestReadTime(t *testing.T) {
	for name, test := range map[string]struct {
		field, typed string
		required     bool
		want, says   string
	}{
		"D9 as browsers send it":     {"from", "2026-11-23T14:03", true, "2026-11-23 14:03:00 +0000 UTC", ""},
		"D9 with seconds":            {"to", " 2026-11-23T14:03:05 ", true, "2026-11-23 14:03:05 +0000 UTC", ""},
		"D9 as programs write it":    {"to", "2026-11-23T14:03:05+01:00", true, "2026-11-23 13:03:05 +0000 UTC", ""},
		"D6 nothing":                 {"from", "", false, "0001-01-01 00:00:00 +0000 UTC", ""},
		"D9 nothing, but it must be": {"from", " ", true, "", "time.from_missing"},
		"D9 the other":               {"to", "", true, "", "time.to_missing"},
		"D6 a day that is not":       {"to", "2026-02-30T14:03", false, "", "time.form"},
		"D6 words":                   {"to", "yesterday", false, "", "time.form"},
		"D6 a year too far":          {"to", "0000-11-23T14:03", false, "", "time.form"},
		"D6 before the first second": {"from", "1970-01-01T00:59:59+01:00", false, "", "time.form"},
		"D6 the first second":        {"from", "1970-01-01T00:00:00", false, "1970-01-01 00:00:00 +0000 UTC", ""},
		"D6 the last":                {"to", "9999-12-31T23:59:59Z", false, "9999-12-31 23:59:59 +0000 UTC", ""},
		"D6 behind the last":         {"to", "9999-12-31T23:59:59-00:01", false, "", "time.form"},
	} {
		t.Run(name, func(t *testing.T) {
			got, m := ReadTime(test.field, test.typed, test.required)
			if m.Key != test.says || m.IsZero() && got.UTC().String() != test.want {
				t.Errorf("got %v, %q; want %s, %q", got.UTC(), m.Key, test.want, test.says)
			}
		})
	}
}

// FuzzD6_ReadTime: what is typed is nothing, a moment that JSON and PostgreSQL can
// hold and that reads again as itself, or refused in words.
func FuzzD6_ReadTime(f *testing.F) {
	for _, seed := range []string{
		"", " ", "2026-11-23T14:03", "2026-11-23T14:03:05", "2026-11-23T14:03:05.999999999Z", "2026-11-23T14:03:05+01:00",
		"1970-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T14:03", "2026-11-23T24:00", "2026-11-23T14:03:60", "\xff",
	} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, typed string, required bool) {
		got, m := ReadTime("from", typed, required)
		isNothing := strings.TrimSpace(typed) == ""
		switch {
		case !m.IsZero():
			if _, known := english[m.Key]; !known || !got.IsZero() || isNothing && !required {
				t.Fatalf("%q: %v, %v", typed, got, m)
			}
		case isNothing != got.IsZero(), isNothing && required:
			t.Fatalf("%q: %v", typed, got)
		case !isNothing:
			if got.Unix() < 0 || got.UTC().Year() > 9999 {
				t.Fatalf("%q is %v", typed, got.UTC())
			}
			if again, m := ReadTime("to", got.UTC().Format(time.RFC3339Nano), false); !m.IsZero() || !again.Equal(got) {
				t.Fatalf("%q is %v, then %v, %v", typed, got, again, m)
			}
		}
	})
}
