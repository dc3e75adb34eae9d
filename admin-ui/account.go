package adminui

import (
	"html/template"
	"time"
)

// last writes a webhook's cell in the column of the last delivery.
func (w *rowWriter) last(a Account) {
	if a.PausedAt.IsZero() && a.Last.ID == "" {
		w.add(`<span aria-hidden="true">—</span><span class="mw-hidden">`, w.HTML("list.no_delivery"), `</span>`)
		return
	}
	w.lastOutcome(a)
	if a.FailedToday > 0 {
		w.add(` <span class="mw-aside">`, w.counted("list.failed_today", a.FailedToday), `</span>`)
	}
}

func (w *rowWriter) lastOutcome(a Account) {
	switch {
	case !a.PausedAt.IsZero() && a.Waiting > 0:
		w.add(w.outcome("pause", w.counted("list.paused_waiting", a.Waiting, "time", w.day(a.PausedAt))))
	case !a.PausedAt.IsZero():
		w.outcomeAt("pause", "list.paused", w.day(a.PausedAt))
	case a.Last.State == stateDelivered:
		w.outcomeAt("good", "list.delivered", w.short(a.Last.FinishedAt))
	case a.Last.State == stateFailed:
		w.outcomeAt("bad", "list.failed", w.short(a.Last.FinishedAt))
	default:
		w.outcomeAt("waits", "list.pending", w.short(a.Last.EventAt))
	}
}

// outcomeAt writes an outcome in the words of a key, which hold a time.
func (w *rowWriter) outcomeAt(icon, key string, at template.HTML) {
	words, ok := w.outcomes[key]
	if !ok {
		words = patternOf(w.outcome(icon, w.HTML(key, "time", template.HTML(gap))))
		w.outcomes[key] = words
	}
	w.fill(words, at)
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
