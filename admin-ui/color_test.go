package adminui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestA9_Color(t *testing.T) {
	for text, want := range map[string]color{
		"#000": black, "#ffffff": white, "#FFF": white, "#1a2B3c": {0x1a, 0x2b, 0x3c}, "#f80": {0xff, 0x88, 0},
	} {
		if got, ok := parseColor(text); !ok || got != want {
			t.Errorf("parseColor(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"red", "#", "#12", "#1234", "#12345", "#1234567", "#12345g", "fff", " #fff", "#+12345", "#-1f", "#_12", "#ééé", "var(--x)", "#fff;}"} {
		if _, ok := parseColor(text); ok {
			t.Errorf("parseColor(%q) takes it", text)
		}
	}
}

func TestA9_AccentIsChecked(t *testing.T) {
	events := newUI(t, Options{}).events
	for _, accent := range []string{"red", "#ff", "#ffffff;}", "#12 "} {
		if _, err := New(Options{Events: events, AccentColor: accent}); err == nil || !strings.HasPrefix(err.Error(), "option AccentColor: ") {
			t.Errorf("AccentColor %q: the error is %v", accent, err)
		}
	}
	if _, err := New(Options{}); err == nil || !strings.HasPrefix(err.Error(), "option Events ") {
		t.Errorf("without Events the error is %v", err)
	}
}

// TestA9_AccentContrast: whatever colour a host has, links and the words on
// buttons can be read in both schemes.
func TestA9_AccentContrast(t *testing.T) {
	for r := 0; r <= 255; r += 15 {
		for g := 0; g <= 255; g += 15 {
			for b := 0; b <= 255; b += 15 {
				accent := color{uint8(r), uint8(g), uint8(b)}
				for _, pair := range []struct {
					what             string
					text, background color
				}{
					{"the words on a button", accent.ink(), accent},
					{"the words on a button pointed at", accent.ink(), accent.mix(accent.ink().opposite(), hoverPart)},
					{"a link in the light", accent.legible(lightBackground), lightBackground},
					{"a link in the dark", accent.legible(darkBackground), darkBackground},
				} {
					if ratio := contrast(pair.text, pair.background); ratio < textContrast {
						t.Fatalf("accent %v: %s has a contrast of %.2f, want %v", accent, pair.what, ratio, textContrast)
					}
				}
			}
		}
	}
	if ratio := contrast(color{0x76, 0x76, 0x76}, white); fmt.Sprintf("%.2f", ratio) != "4.54" { // as WCAG has it
		t.Errorf("the contrast of #767676 to white is %.2f", ratio)
	}
	if c := (color{0x0b, 0x3d, 0x91}); c.legible(lightBackground) != c {
		t.Error("a colour that can be read is changed all the same")
	}
	if got := (color{0x2b, 0x57, 0xd0}).legible(darkBackground).String(); got != "#7491e0" {
		t.Errorf("one that can not be read in the dark becomes %s: it is changed more than is needed", got)
	}
}

var variable = regexp.MustCompile(`(--mw-[a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`)

// palette are the variables of the stylesheet that are colours, in the light and
// in the dark.
func palette(t *testing.T) map[string][2]color {
	t.Helper()
	colors := map[string][2]color{}
	for _, found := range variable.FindAllStringSubmatch(stylesheet, -1) {
		light, _ := parseColor(found[2])
		dark, _ := parseColor(found[3])
		colors[found[1]] = [2]color{light, dark}
		if plain := fmt.Sprintf("  %s: %s;\n", found[1], light); !strings.Contains(stylesheet, plain) {
			t.Errorf("a browser without light-dark() gets another %s", found[1])
		}
	}
	if len(colors) < 15 {
		t.Fatalf("%d colours were found: this test sees nothing", len(colors))
	}
	return colors
}

func TestA9_PaletteContrast(t *testing.T) {
	colors := palette(t)
	const controls = 3.0 // WCAG 2.2, 1.4.11
	for _, pair := range []struct {
		front, back string
		least       float64
	}{
		{"ink", "bg", textContrast},
		{"ink", "soft", textContrast},
		{"ink", "softer", textContrast},
		{"ink", "field", textContrast},
		{"ink", "good-bg", textContrast},
		{"ink", "warn-bg", textContrast},
		{"ink", "bad-bg", textContrast},
		{"muted", "bg", textContrast},
		{"muted", "soft", textContrast},
		{"muted", "softer", textContrast},
		{"muted", "field", textContrast},
		{"good", "good-bg", textContrast},
		{"warn", "warn-bg", textContrast},
		{"bad", "bad-bg", textContrast},
		{"bad", "bg", textContrast},
		{"on-bad", "bad-fill", textContrast},
		{"edge", "bg", controls},
		{"edge", "field", controls},
		{"bad", "field", controls},
	} {
		for i, scheme := range []string{"light", "dark"} {
			front, back := colors["--mw-"+pair.front][i], colors["--mw-"+pair.back][i]
			if ratio := contrast(front, back); ratio < pair.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %v", scheme, pair.front, pair.back, ratio, pair.least)
			}
		}
	}
	t.Run("links are judged on the worst of their backgrounds", func(t *testing.T) {
		for name, pair := range colors {
			if name != "--mw-bg" && name != "--mw-soft" && name != "--mw-softer" && !strings.HasSuffix(name, "-bg") {
				continue
			}
			if pair[0].luminance() < lightBackground.luminance() || pair[1].luminance() > darkBackground.luminance() {
				t.Errorf("%s is further from black or white than the background that links are judged on", name)
			}
		}
	})
}
