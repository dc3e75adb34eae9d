package webhook

import "testing"

func TestHostASCII(t *testing.T) {
	for _, c := range []struct{ name, host, want string }{
		{"V2 lower case", "Shop.EXAMPLE", "shop.example"},
		{"V2 final dot", "shop.example.", "shop.example."},
		{"V2 underscore", "_my_shop.example", "_my_shop.example"},
		{"V2 international", "BÜCHER.example", "xn--bcher-kva.example"},
		{"V2 decomposed", "bu\u0308cher.example", "xn--bcher-kva.example"},
		{"V2 sharp s stays itself", "straße.example", "xn--strae-oqa.example"},
		{"V2 ideographic dots", "商店。example。", "xn--czrs0t.example."},
		{"V2 wide", "１２７．０.0｡１", "127.0.0.1"},
		{"V2 soft hyphen is left out", "local\u00adhost", "localhost"},
		{"V2 zero width space is left out", "local\u200bhost", "localhost"},
		{"V2 Kelvin sign", "\u212Aelvin.example", "kelvin.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, m := hostASCII(c.host)
			if got != c.want || !m.IsZero() {
				t.Errorf("hostASCII(%q) = %q, %q, want %q", c.host, got, m.Key, c.want)
			}
		})
	}
}

func TestHostOf(t *testing.T) {
	for raw, want := range map[string]string{
		"https://shop.example/hook":      "shop.example",
		"https://shop.example:443/":      "shop.example",
		"http://shop.example:443/":       "shop.example:443",
		"https://shop.example:80/":       "shop.example:80",
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
