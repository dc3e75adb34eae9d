package webhook

import (
	"strings"
	"testing"
)

func TestD6_OrderIDs(t *testing.T) {
	for id, want := range map[string]bool{
		"2026.327-0042":          true,
		" ":                      true,
		"é\n":                    true,
		strings.Repeat("x", 255): true,
		"":                       false,
		strings.Repeat("x", 256): false,
		strings.Repeat("é", 128): false,
		"a\x00b":                 false,
		"a\xff":                  false,
	} {
		if got := ValidOrderID(id); got != want {
			t.Errorf("%q can be an order's ID: %v, want %v", id, got, want)
		}
	}
}
