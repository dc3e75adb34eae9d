package adminui

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Time writes a time to the second in a zone, which it names: 23 Nov 2026,
// 14:03:05 UTC. A nil loc means UTC.
func (l *Language) Time(t time.Time, loc *time.Location) string { return l.moment("time.full", t, loc) }

// Minute is Time without the seconds: 23 Nov 2026, 14:03 UTC.
func (l *Language) Minute(t time.Time, loc *time.Location) string {
	return l.moment("time.minute", t, loc)
}

// Clock writes a time of a day that is known, in a zone: 14:03:05 UTC. A nil loc
// means UTC.
func (l *Language) Clock(t time.Time, loc *time.Location) string {
	return l.moment("time.clock", t, loc)
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
	return l.embed(of, fill(pattern, func(b *strings.Builder, name string) bool {
		switch name {
		case "day":
			of.writeDigits(b, t.Day(), 1)
		case "month":
			b.WriteString(of.Say("month." + strconv.Itoa(int(t.Month()))))
		case "year":
			of.writeDigits(b, t.Year(), 1)
		case "hour":
			of.writeDigits(b, t.Hour(), 2)
		case "minute":
			of.writeDigits(b, t.Minute(), 2)
		case "second":
			of.writeDigits(b, t.Second(), 2)
		case "zone":
			b.WriteString(of.zone(t))
		default:
			return false
		}
		return true
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
