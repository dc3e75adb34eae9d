package main

import (
	"fmt"
	"regexp"
	"strconv"
)

// kudos is an amount of the shop's currency, in hundredths.
type kudos int64

// mostKudos is the most that an order may cost.
const mostKudos kudos = 1_000_000_00

// String is the amount as GNU Taler writes it.
func (k kudos) String() string { return fmt.Sprintf("KUDOS:%d.%02d", k/100, k%100) }

var amountForm = regexp.MustCompile(`^([A-Za-z]{1,11}):([0-9]+)(?:\.([0-9]+))?$`)

// parseAmount reads an amount as somebody typed it. message says what is wrong
// with it; empty: nothing.
func parseAmount(typed string) (amount kudos, message string) {
	parts := amountForm.FindStringSubmatch(typed)
	switch {
	case typed == "":
		return 0, "The amount is missing. Write it as KUDOS:1.50."
	case parts == nil:
		return 0, fmt.Sprintf("“%s” is no amount. Write the currency, a colon, and the number with a point, as in KUDOS:1.50.", typed)
	case parts[1] != "KUDOS":
		return 0, fmt.Sprintf("This shop takes KUDOS, not %s. Write the amount as KUDOS:1.50.", parts[1])
	case len(parts[3]) > 2:
		return 0, fmt.Sprintf("KUDOS has two digits after the point, “%s” has %d.", typed, len(parts[3]))
	}
	// A number that is too long for an int64 is too much as well.
	hundredths, err := strconv.ParseInt(parts[2]+(parts[3] + "00")[:2], 10, 64)
	switch amount = kudos(hundredths); {
	case err != nil, amount > mostKudos:
		return 0, fmt.Sprintf("The amount is more than this shop takes: %s at most.", mostKudos)
	case amount == 0:
		return 0, fmt.Sprintf("The amount is zero. It must be %s at least.", kudos(1))
	}
	return amount, ""
}
