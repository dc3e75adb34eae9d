package adminui

import (
	"html/template"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A deleteSheet is what templates/delete.html prints.
type deleteSheet struct {
	*maker
	Heading        template.HTML
	Lead           template.HTML
	Loses          []template.HTML // sentences
	Action, Cancel string
	// Pause is the button that pauses instead; the zero button: it is paused.
	Pause postButton
}

func (v Delete) sheet(m *maker) sheet {
	w := v.Webhook
	s := deleteSheet{
		maker:   m,
		Heading: m.HTML("delete.title", "id", w.ID),
		Lead:    m.HTML("delete.lead", "host", webhook.HostOf(w.URL), "event", m.Language.EventTitle(v.Event)),
		Loses:   v.loses(m),
		Action:  m.to(w.ID, "delete"),
		Cancel:  m.to(w.ID, "view"),
	}
	if v.Account.PausedAt.IsZero() {
		s.Pause = m.post(w.ID, "pause", m.HTML("delete.pause"))
	}
	return sheet{template: "delete", title: m.Say("delete.title", "id", w.ID), data: s}
}

// loses says what is lost with the webhook.
func (v Delete) loses(m *maker) []template.HTML {
	var sentences []template.HTML
	log := m.counted("delete.log_count", v.Account.Total)
	switch {
	case v.Account.Waiting > 0:
		sentences = append(sentences, m.counted("delete.waiting", v.Account.Waiting, "log", log))
	case v.Account.Total > 0:
		sentences = append(sentences, m.HTML("delete.log", "log", log))
	}
	return append(sentences, m.HTML("delete.for_good"))
}
