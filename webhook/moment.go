package webhook

import (
	"strings"
	"time"
)

// momentForms are how a time is typed: as browsers send one, with seconds or
// without, and as programs write it.
var momentForms = []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339}

// ReadTime reads a time that was typed into the field from or to, in UTC unless
// it says otherwise. Nothing is the zero time, and with required it is missing.
// The Message says what is wrong.
func ReadTime(field, typed string, required bool) (time.Time, Message) {
	const example = "2026-11-23T14:03"
	typed = strings.TrimSpace(typed)
	if typed == "" {
		if required && field == "from" {
			return time.Time{}, Say("time.from_missing", "example", example)
		}
		if required {
			return time.Time{}, Say("time.to_missing", "example", example)
		}
		return time.Time{}, Message{}
	}
	for _, form := range momentForms {
		// PostgreSQL knows years that Go does not, and the reverse.
		if t, err := time.Parse(form, typed); err == nil && t.Unix() >= 0 && t.UTC().Year() <= 9999 {
			return t, Message{}
		}
	}
	return time.Time{}, Say("time.form", "example", example)
}
