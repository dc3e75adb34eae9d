package adminui

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/text/number"
)

// Time writes a time to the second in a zone, which it names: 23 Nov 2026,
// 14:03:05 UTC. A nil loc means UTC.
func (l *Language) Time(t time.Time, loc *time.Location) string { return l.moment("time.full", t, loc) }

// Minute is Time without the seconds: 23 Nov 2026, 14:03 UTC.
func (l *Language) Minute(t time.Time, loc *time.Location) string {
	return l.moment("time.minute", t, loc)
}

// Date writes the day that a time is on in a zone: 23 Nov 2026. A nil loc
// means UTC.
func (l *Language) Date(t time.Time, loc *time.Location) string { return l.moment("time.date", t, loc) }

func (l *Language) moment(key string, t time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	t = t.In(loc)
	pattern, of, _ := l.find(webhook.Say(key))
	two := func(n int) string {
		return of.number(int64(n), number.NoSeparator(), number.MinIntegerDigits(2))
	}
	parts := map[string]string{
		"day":    of.number(int64(t.Day())),
		"month":  of.Say(fmt.Sprintf("month.%d", t.Month())),
		"year":   of.number(int64(t.Year()), number.NoSeparator()),
		"hour":   two(t.Hour()),
		"minute": two(t.Minute()),
		"second": two(t.Second()),
		"zone":   of.zone(t),
	}
	return l.embed(of, fill(pattern, func(name string) (string, bool) {
		part, ok := parts[name]
		return part, ok
	}))
}

// zone names a time's zone: by its abbreviation where it has one, else by how
// far it is from UTC.
func (l *Language) zone(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") || name == "" {
		return l.Say("time.offset", "offset", t.Format("-07:00"))
	}
	return l.textOr("zone."+name, name)
}
