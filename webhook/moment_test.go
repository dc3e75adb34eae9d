package webhook

import "testing"

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
	} {
		t.Run(name, func(t *testing.T) {
			got, m := ReadTime(test.field, test.typed, test.required)
			if m.Key != test.says || m.IsZero() && got.UTC().String() != test.want {
				t.Errorf("got %v, %q; want %s, %q", got.UTC(), m.Key, test.want, test.says)
			}
		})
	}
}

func TestHostOf(t *testing.T) {
	for raw, want := range map[string]string{
		"https://shop.example/hook":      "shop.example",
		"https://shop.example:443/":      "shop.example",
		"http://shop.example:443/":       "shop.example:443",
		"http://u:p@shop.example:80/x?y": "shop.example",
		"https://[2001:db8::1]:8443/":    "[2001:db8::1]:8443",
		"https://[2001:db8::1]/":         "2001:db8::1",
		"://":                            "",
	} {
		if got := HostOf(raw); got != want {
			t.Errorf("HostOf(%s) = %s, want %s", raw, got, want)
		}
	}
}
