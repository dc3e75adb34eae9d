package adminui

import "html/template"

// A secretSheet is what templates/secret.html prints. Show is the button that
// shows the secret, where it is not shown.
type secretSheet struct {
	*maker
	View             SecretPage
	Heading          template.HTML
	Previous         template.HTML
	Show             postButton
	NewSecret, Leave string
}

func (v SecretPage) sheet(m *maker) sheet {
	s := secretSheet{
		maker:     m,
		View:      v,
		Heading:   m.HTML("secret.title", "id", v.WebhookID),
		NewSecret: m.to(v.WebhookID, "secret/rotate"),
		Leave:     m.to(v.WebhookID, "view"),
	}
	if v.Secret == "" {
		s.Show = m.post(v.WebhookID, "secret", m.HTML("secret.show"))
	}
	if v.Previous != "" {
		s.Previous = m.HTML("secret.previous", "time", m.minute(v.PreviousUntil))
	}
	return sheet{template: "secret", title: m.Say("secret.title", "id", v.WebhookID), data: s}
}

// A rotateSheet is what templates/rotate.html prints.
type rotateSheet struct {
	*maker
	Heading, Lead  template.HTML
	HasPrevious    bool
	End            string
	Action, Cancel string
}

func (v Rotate) sheet(m *maker) sheet {
	return sheet{template: "rotate", title: m.Say("rotate.title", "id", v.WebhookID), data: rotateSheet{
		maker:       m,
		Heading:     m.HTML("rotate.title", "id", v.WebhookID),
		Lead:        m.HTML("rotate.lead", "time", m.minute(v.Until)),
		HasPrevious: v.HasPrevious,
		End:         v.End,
		Action:      m.to(v.WebhookID, "secret/rotate"),
		Cancel:      m.to(v.WebhookID, "view"),
	}}
}
