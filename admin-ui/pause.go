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

// A resumeSheet is what templates/resume.html prints. Choice has no options where
// nothing waits.
type resumeSheet struct {
	*maker
	Heading        template.HTML
	Choice         radios
	GoesOn         bool
	Action, Cancel string
}

func (v Resume) sheet(m *maker) sheet {
	s := resumeSheet{
		maker:   m,
		Heading: m.HTML("resume.title", "id", v.WebhookID),
		Action:  m.to(v.WebhookID, "resume"),
		Cancel:  m.to(v.WebhookID, "view"),
	}
	if v.Waiting > 0 {
		s.GoesOn = v.GoesOn
		s.Choice = radios{Legend: m.counted("resume.waiting", v.Waiting), Name: "drop", Options: []radio{
			{Text: m.HTML("resume.send"), Checked: !v.GoesOn},
			{Value: "1", Text: m.HTML("resume.drop"), Checked: v.GoesOn},
		}}
	}
	return sheet{template: "resume", title: m.Say("resume.title", "id", v.WebhookID), data: s}
}
