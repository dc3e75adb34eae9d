package adminui

import "html/template"

// A pauseSheet is what templates/pause.html prints.
type pauseSheet struct {
	*maker
	Heading, Lead  template.HTML
	Action, Cancel string
}

func (v Pause) sheet(m *maker) sheet {
	return sheet{template: "pause", title: m.Say("pause.title", "id", v.WebhookID), data: pauseSheet{
		maker:   m,
		Heading: m.HTML("pause.title", "id", v.WebhookID),
		Lead:    m.HTML("pause.lead", "event", m.Language.EventTitle(v.Event)),
		Action:  m.to(v.WebhookID, "pause"),
		Cancel:  m.to(v.WebhookID, "view"),
	}}
}

// A resumeSheet is what templates/resume.html prints. Waiting is empty where
// there is nothing to choose.
type resumeSheet struct {
	*maker
	Heading, Waiting template.HTML
	GoesOn           bool
	Action, Cancel   string
}

func (v Resume) sheet(m *maker) sheet {
	s := resumeSheet{
		maker:   m,
		Heading: m.HTML("resume.title", "id", v.WebhookID),
		Action:  m.to(v.WebhookID, "resume"),
		Cancel:  m.to(v.WebhookID, "view"),
	}
	if v.Waiting > 0 {
		s.Waiting, s.GoesOn = m.counted("resume.waiting", v.Waiting), v.GoesOn
	}
	return sheet{template: "resume", title: m.Say("resume.title", "id", v.WebhookID), data: s}
}
