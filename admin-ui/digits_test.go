package adminui

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/number"
)

// TestA11_Digits holds that numbers written by their digits read as x/text
// writes them.
func TestA11_Digits(t *testing.T) {
	for _, tag := range []string{"en", "de", "fr", "ar", "ar-MA", "fa", "hi", "mr", "bn", "my", "ne", "th", "ja", "sw", "eo"} {
		slow := &Language{tag: language.Make(tag)}
		quick := &Language{tag: slow.tag, digits: digitsOf(slow.tag)}
		for n := range int64(2100) {
			var b strings.Builder
			quick.writeDigits(&b, int(n), 2)
			if got, want := b.String(), slow.number(n, number.NoSeparator(), number.MinIntegerDigits(2)); got != want {
				t.Fatalf("%s: %d reads %q, want %q", tag, n, got, want)
			}
			if got, want := quick.number(n), slow.number(n); got != want {
				t.Fatalf("%s: %d reads %q, want %q", tag, n, got, want)
			}
		}
	}
}
