package adminui

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// time, minute, clock and date are moments for a page, for people and for
// programs: 23 Nov 2026, 14:03:05 UTC; 23 Nov 2026, 14:03 UTC; 14:03:05 UTC;
// 23 Nov 2026.
func (m *maker) time(t time.Time) template.HTML   { return m.moment("time.full", t) }
func (m *maker) minute(t time.Time) template.HTML { return m.moment("time.minute", t) }
func (m *maker) clock(t time.Time) template.HTML  { return m.moment("time.clock", t) }
func (m *maker) date(t time.Time) template.HTML   { return m.moment("time.date", t) }

// short and day are moments for a list: without the year where it is this one.
func (m *maker) short(t time.Time) template.HTML {
	if !m.isThisYear(t) {
		return m.minute(t)
	}
	return m.moment("time.short", t)
}

func (m *maker) day(t time.Time) template.HTML {
	if !m.isThisYear(t) {
		return m.date(t)
	}
	return m.moment("time.day", t)
}

func (m *maker) isThisYear(t time.Time) bool {
	zone := m.Language.location
	return t.In(zone).Year() == m.Now.In(zone).Year()
}

func (m *maker) moment(key string, t time.Time) template.HTML {
	return timeElement(t, m.Language.moment(key, t))
}

func timeElement(t time.Time, text string) template.HTML {
	return `<time datetime="` + escaped(t.UTC().Format(time.RFC3339)) + `">` + escaped(text) + `</time>`
}

// moment writes a time in the language's zone, which it names, by the text of a
// key: time.full, time.minute and so on.
func (l *Language) moment(key string, t time.Time) string {
	t = t.In(l.location)
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
