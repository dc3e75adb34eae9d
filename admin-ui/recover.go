package adminui

import "html/template"

// A recoverSheet is what templates/recover.html prints, in both of its steps.
type recoverSheet struct {
	*maker
	View     Recover
	Heading  template.HTML
	Back     backLink
	Summary  summary
	Nothing  bool // the time was counted, and there is none in it
	Asks     bool // the second step
	Address  string
	Cancel   string
	From, To field
	Which    radios
	// Lead, Rebuild and Button are of the second step.
	Lead    template.HTML
	Rebuild radios
	Button  template.HTML
}

func (v Recover) sheet(m *maker) sheet {
	s := recoverSheet{
		maker:   m,
		View:    v,
		Back:    backLink{m.logPage(v.WebhookID), m.logTitle(v.WebhookID)},
		Summary: m.summary(v.Problems, []string{fieldFrom, fieldTo}),
		Asks:    v.Counted && v.Count > 0,
		Nothing: v.Counted && v.Count == 0,
		Address: m.recoverPage(v.WebhookID),
		Cancel:  m.logPage(v.WebhookID),
		From:    m.fieldOf(v.Problems, fieldFrom, v.From, true),
		To:      m.fieldOf(v.Problems, fieldTo, v.To, true),
		Which: radios{Legend: m.HTML("recover.which"), Name: "all", Options: []radio{
			{Text: m.HTML("recover.failed"), Checked: !v.All},
			{Value: "1", Text: m.HTML("recover.all"), Checked: v.All},
		}},
	}
	key, pairs := "recover.title", []any(nil)
	if s.Asks {
		question, n := known("recover.question", v.Count)
		key, pairs = question, []any{"n", n}
		s.fillQuestion()
	}
	var title string
	s.Heading, title = m.heading(v.Problems, key, pairs...)
	return sheet{template: "recover", title: title, data: s}
}

// fillQuestion says what would be done.
func (s *recoverSheet) fillQuestion() {
	v := s.View
	s.Lead = s.HTML("recover.lead_all", "from", v.FromTime, "to", v.ToTime)
	if v.Host != "" {
		s.Lead = s.HTML("recover.lead", "from", v.FromTime, "to", v.ToTime, "host", v.Host)
	}
	s.Button = s.counted("recover.send", v.Count)
	if v.Changed {
		legend := "recover.changed"
		if v.WebhookID == "" {
			legend = "recover.some_changed"
		}
		s.Rebuild = s.rebuildChoice(legend, s.HTML("recover.present"), s.HTML("recover.exact"))
	}
}

// recoverPage is the address of the question what to send again.
func (m *maker) recoverPage(webhookID string) string {
	if webhookID == "" {
		return m.List() + "/recover"
	}
	return m.to(webhookID, "recover")
}
