package repo

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// TestNeedle holds what a search costs: one pattern where it can, few where it
// must, and nothing that PostgreSQL would refuse or take long for.
func TestNeedle(t *testing.T) {
	for text, shown := range map[string][]string{
		"Shop K":                       {`%shop\ k%`},
		`50%_\.*`:                      {`%50\%\_\\\.\*%`},
		"\u212A\u017F":                 {"%\u212A\u017F%"},
		"日本":                           {"%日本%"},
		"Bü":                           {"%bü%", "%bÜ%"},
		"σ.":                           {`%σ\.%`, `%Σ\.%`, `%ς\.%`},
		"https://":                     {`%https\:\/\/%`},
		"s:/":                          {`%s\:\/%`},
		"\xff":                         nil,
		"a\nb":                         nil,
		"\x00":                         nil,
		strings.Repeat("ü", maxNeedle): nil,
	} {
		t.Run(fmt.Sprintf("A1 %.10q", text), func(t *testing.T) {
			if got := needleOf(text); !reflect.DeepEqual(got, needle{shown: shown, whole: shown}) {
				t.Errorf("it is %q, want the patterns %q", got, shown)
			}
		})
	}
	for text, wanted := range map[string]needle{
		"Äpfel.ö": {
			shown: []string{`%Äpfel\._%`, `%äpfel\._%`},
			whole: []string{`%Äpfel\._%`, `%äpfel\._%`},
			exact: `[Ää]pfel\.[öÖ]`,
		},
		"θa":         {shown: []string{"%_a%"}, whole: []string{"%_a%"}, exact: "[θϑϴΘ]a"},
		"/a":         {shown: []string{`%\/a%`}, whole: []string{`%\/%@a%`, `%\/a%`}},
		"S://ü":      {shown: []string{`%s\:\/\/ü%`, `%s\:\/\/Ü%`}, whole: []string{`%s\:\/\/%@ü%`, `%s\:\/\/%@Ü%`, `%s\:\/\/ü%`, `%s\:\/\/Ü%`}},
		"http://a/b": {shown: []string{`%http\:\/\/a\/b%`}, whole: []string{`%http\:\/\/%@a\/b%`, `%http\:\/\/a\/b%`}},
	} {
		t.Run("A1 "+text, func(t *testing.T) {
			if got := needleOf(text); !reflect.DeepEqual(got, wanted) {
				t.Errorf("it is %q, want %q", got, wanted)
			}
		})
	}
}
