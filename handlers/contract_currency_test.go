package handlers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// TestCurrency holds what GET /config makes of the currencies that a host may
// set, and which it may not.
func TestCurrency(t *testing.T) {
	db := migrated(t)
	for _, c := range []struct {
		name     string
		currency plugin.Currency
		digits   int    // -1: refused
		symbol   string // with the digits
	}{
		{"C16 a code of 1 letter", plugin.Currency{Code: "A"}, 2, "A"},
		{"C16 a code of 11 letters", plugin.Currency{Code: "AZazAZazAZa"}, 2, "AZazAZazAZa"},
		{"C16 no code", plugin.Currency{}, -1, ""},
		{"C16 a code of 12 letters", plugin.Currency{Code: "AZazAZazAZaz"}, -1, ""},
		{"C16 a sign before A", plugin.Currency{Code: "@"}, -1, ""},
		{"C16 a sign behind Z", plugin.Currency{Code: "["}, -1, ""},
		{"C16 a sign before a", plugin.Currency{Code: "`"}, -1, ""},
		{"C16 a sign behind z", plugin.Currency{Code: "{"}, -1, ""},
		{"C16 without digits", plugin.Currency{Code: "JPY", Digits: -1, Symbol: "¥"}, 0, "¥"},
		{"C16 1 digit", plugin.Currency{Code: "EUR", Digits: 1}, 1, "EUR"},
		{"C16 8 digits", plugin.Currency{Code: "BTC", Digits: 8}, 8, "BTC"},
		{"C16 9 digits", plugin.Currency{Code: "BTC", Digits: 9}, -1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := plugin.Config{DB: db, Authorize: plugin.Tokens(tokens...), Currency: &c.currency}
			if _, err := plugin.New(config); err != nil || c.digits < 0 {
				if err == nil || !strings.Contains(err.Error(), "Currency.") || c.digits >= 0 {
					t.Errorf("New says %v", err)
				}
				return
			}
			h := startHost(t, db, setting{}, func(to *plugin.Config) { to.Currency = &c.currency })
			t.Cleanup(h.Close)
			want := fmt.Sprintf(`"num_fractional_input_digits":%[1]d,"num_fractional_normal_digits":%[1]d,"num_fractional_trailing_zero_digits":%[1]d,"alt_unit_names":{"0":%[2]q}`,
				c.digits, c.symbol)
			if got := h.ask(t, "GET", "/config", ""); got.StatusCode != 200 || !strings.Contains(string(got.body), want) {
				t.Errorf("answered %s %s, want %s", got.Status, got.body, want)
			}
		})
	}
}
