package adminui

import (
	"html/template"
)

// A recentSheet are a webhook's newest deliveries.
type recentSheet struct {
	Table deliveryTable
	// None says that there is no delivery yet.
	None template.HTML
	// All and Recover are addresses; Recover is empty for who may only read.
	All, Recover string
	// AsOf says of when the page is, where something on it will change.
	AsOf template.HTML
}

// addDeliveries says how the webhook's deliveries go.
func (s *detailSheet) addDeliveries(v Detail) {
	id := v.Webhook.ID
	isPaused := !v.Account.PausedAt.IsZero()
	s.Deliveries = s.recent(v)
	s.NobodySends = v.Account.Waiting > 0 && !v.Account.IsSending && !isPaused
	if isPaused {
		s.Pause = s.pauseBox(id, v.Account)
	}
	if !s.CanWrite {
		return
	}
	s.Test = s.post(id, "test", s.HTML("view.test"))
	if !isPaused {
		s.Stop = s.post(id, "pause", s.HTML("pause.pause"))
	}
}

func (m *maker) recent(v Detail) recentSheet {
	id := v.Webhook.ID
	if len(v.Recent) == 0 {
		return recentSheet{None: m.HTML("log.empty", "event", m.Language.EventTitle(v.Event))}
	}
	s := recentSheet{Table: m.deliveries(v.Recent, id, "mw-deliveries-title"), All: m.logPage(id)}
	if m.CanWrite {
		s.Recover = m.to(id, "recover")
	}
	if s.Table.IsPending {
		s.AsOf = m.asOf(m.to(id, "view"))
	}
	return s
}

// A pauseBox says since when a webhook is paused and why. Ask is the address of
// the page that asks what becomes of what waits; without one, Resume is a button.
// Who may only read has neither.
type pauseBox struct {
	Sentences []template.HTML
	Ask       string
	Resume    postButton
}

func (m *maker) pauseBox(id string, a Account) pauseBox {
	var b pauseBox
	say := func(sentence template.HTML) { b.Sentences = append(b.Sentences, sentence) }
	since := m.minute(a.PausedAt)
	isFailing := a.PausedReason == "failing"
	switch {
	case isFailing:
		say(m.HTML("view.paused_failing", "time", since, "duration", during(a.FailingFor)))
		if !a.PausedAfter.IsZero() {
			say(m.cameTo(a))
		}
	case a.PausedReason == "gone":
		say(m.HTML("view.paused_gone", "time", since))
	default:
		say(m.HTML("view.paused_hand", "time", since))
	}
	if a.Waiting > 0 {
		say(m.counted("view.waiting", a.Waiting, "time", m.minute(a.OldestWaiting)))
	}
	if isFailing && a.Waiting > 0 {
		say(m.HTML("view.probes"))
	}
	switch {
	case !m.CanWrite:
	case a.Waiting > 0:
		b.Ask = m.to(id, "resume")
	default:
		b.Resume = m.post(id, "resume", m.HTML("resume.resume"))
	}
	return b
}

// cameTo says what the last attempt before a pause came to: an answer, whose
// status the message holds (503 Service Unavailable), or an error in words.
func (m *maker) cameTo(a Account) template.HTML {
	if status, ok := a.PausedAfter.Args["status"].(string); ok {
		return m.HTML("view.last_answer", "answer", status)
	}
	return m.HTML("view.last_error", "error", a.PausedAfter)
}

// notice tells what was just done.
func (v Detail) notice(m *maker) notice {
	switch v.Notice {
	case "paused":
		return notice{Text: m.HTML("view.notice_paused")}
	case "resumed":
		return notice{Text: m.HTML("view.notice_resumed")}
	case "saved_only":
		return notice{Text: m.HTML("view.notice_saved_only"), Warns: true}
	case "rotated":
		return notice{Text: m.HTML("view.notice_rotated")}
	}
	return notice{}
}
