package webhook

import (
	"strings"
	"unicode/utf8"
)

// MaxOrderIDBytes is the most bytes of an order's ID.
const MaxOrderIDBytes = 255

// JudgeOrderID says what is wrong with an order's ID that a person typed; the
// zero Message: nothing.
func JudgeOrderID(id string) Message {
	switch {
	case id == "":
		return Say("order_id.missing")
	case len(id) > MaxOrderIDBytes:
		return Say("order_id.too_long", "n", len(id), "limit", MaxOrderIDBytes)
	case !ValidOrderID(id):
		return Say("order_id.encoding")
	}
	return Message{}
}

// ValidOrderID reports whether a text can be an order's ID, as deliveries are
// found by: 1 to 255 bytes of UTF-8 without NUL, which PostgreSQL can not hold.
func ValidOrderID(id string) bool {
	return id != "" && len(id) <= MaxOrderIDBytes && utf8.ValidString(id) && !strings.ContainsRune(id, 0)
}
