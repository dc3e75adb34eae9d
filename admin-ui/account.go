package adminui

import (
	"html/template"
	"time"
)

// last is a webhook's cell in the column of the last delivery.
func (m *maker) last(a *Account) template.HTML {
	if a == nil || a.PausedAt.IsZero() && a.Last.ID == "" {
		return `<span aria-hidden="true">—</span><span class="mw-hidden">` + m.HTML("list.no_delivery") + `</span>`
	}
	cell := m.lastOutcome(a)
	if a.FailedToday > 0 {
		cell += ` <span class="mw-aside">` + m.counted("list.failed_today", a.FailedToday) + `</span>`
	}
	return cell
}

func (m *maker) lastOutcome(a *Account) template.HTML {
	switch {
	case !a.PausedAt.IsZero() && a.Waiting > 0:
		return m.outcome("pause", m.counted("list.paused_waiting", a.Waiting, "time", m.day(a.PausedAt)))
	case !a.PausedAt.IsZero():
		return m.outcome("pause", m.HTML("list.paused", "time", m.day(a.PausedAt)))
	case a.Last.State == stateDelivered:
		return m.outcome("good", m.HTML("list.delivered", "time", m.short(a.Last.FinishedAt)))
	case a.Last.State == stateFailed:
		return m.outcome("bad", m.HTML("list.failed", "time", m.short(a.Last.FinishedAt)))
	}
	return m.outcome("waits", m.HTML("list.pending", "time", m.short(a.Last.EventAt)))
}

// short and day are moments for a list: without the year where it is this one.
func (m *maker) short(t time.Time) template.HTML {
	if !m.isThisYear(t) {
		return m.minute(t)
	}
	return timeElement(t, m.Language.moment("time.short", t, m.ui.location))
}

func (m *maker) day(t time.Time) template.HTML {
	if !m.isThisYear(t) {
		return m.date(t)
	}
	return timeElement(t, m.Language.moment("time.day", t, m.ui.location))
}

func (m *maker) isThisYear(t time.Time) bool {
	return t.In(m.ui.location).Year() == m.Now.In(m.ui.location).Year()
}
