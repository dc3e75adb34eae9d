package repo

import (
	"strconv"
	"strings"
)

// parseDeliveryID takes a public ID apart: the serial, by which a delivery is
// found, and the nonce, by which nobody guesses one from another. For what is no
// ID it gives what no delivery has.
func parseDeliveryID(id string) (serial int64, nonce string) {
	rest, ours := strings.CutPrefix(id, "msg_")
	digits, nonce, _ := strings.Cut(rest, "_")
	serial, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case !ours, err != nil, serial < 1, strconv.FormatInt(serial, 10) != digits,
		len(nonce) != 16, strings.Trim(nonce, "0123456789abcdef") != "":
		return 0, ""
	}
	return serial, nonce
}
