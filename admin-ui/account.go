package adminui

import "html/template"

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
