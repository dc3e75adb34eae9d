package handlers

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// Currency is what GET /config tells of the host's currency.
type Currency struct {
	// Code is the currency's code, such as "KUDOS" or "EUR": 1 to 11 letters.
	Code string
	// Name is what people call it. Defaults to Code.
	Name string
	// Symbol is how amounts are written. Defaults to Code.
	Symbol string
	// Digits are the digits after the decimal point, 0 to 8. Negative means
	// none. Defaults to 2.
	Digits int
}

// config is the body of GET /config, in the shape of GNU Taler's merchant
// protocol, version 20: clients stop unless its name is "taler-merchant".
func (c Currency) config() ([]byte, error) {
	if n := len(c.Code); n < 1 || n > 11 {
		return nil, fmt.Errorf("Currency.Code %q: a currency's code has 1 to 11 letters", c.Code)
	}
	for _, letter := range c.Code {
		if (letter < 'A' || letter > 'Z') && (letter < 'a' || letter > 'z') {
			return nil, fmt.Errorf("Currency.Code %q: a currency's code has letters only", c.Code)
		}
	}
	digits := max(cmp.Or(c.Digits, 2), 0)
	if digits > 8 {
		return nil, fmt.Errorf("Currency.Digits %d: an amount has at most 8 digits after the point", digits)
	}
	type specification struct {
		Name          string            `json:"name"`
		Currency      string            `json:"currency"`
		InputDigits   int               `json:"num_fractional_input_digits"`
		NormalDigits  int               `json:"num_fractional_normal_digits"`
		TrailingZeros int               `json:"num_fractional_trailing_zero_digits"`
		AltUnitNames  map[string]string `json:"alt_unit_names"`
	}
	return json.Marshal(struct {
		Name                 string                   `json:"name"`
		Version              string                   `json:"version"`
		Currency             string                   `json:"currency"`
		Currencies           map[string]specification `json:"currencies"`
		Exchanges            []struct{}               `json:"exchanges"`
		HaveSelfProvisioning bool                     `json:"have_self_provisioning"`
		HaveDonau            bool                     `json:"have_donau"`
	}{
		Name:     "taler-merchant",
		Version:  "20:0:0",
		Currency: c.Code,
		Currencies: map[string]specification{c.Code: {
			Name:          cmp.Or(c.Name, c.Code),
			Currency:      c.Code,
			InputDigits:   digits,
			NormalDigits:  digits,
			TrailingZeros: digits,
			AltUnitNames:  map[string]string{"0": cmp.Or(c.Symbol, c.Code)},
		}},
		Exchanges: []struct{}{},
	})
}
