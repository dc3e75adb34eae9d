package adminui

import "html/template"

// radios are a question with answers to choose from, for [[template "radios" .]].
type radios struct {
	Legend  template.HTML
	Name    string // of the field
	Options []radio
}

type radio struct {
	Value   string
	Text    template.HTML
	Checked bool
}

// A redeliverSheet is what templates/redeliver.html prints.
type redeliverSheet struct {
	*maker
	Heading        template.HTML // what the button says too
	Choice         radios
	Attempts       int
	Action, Cancel string
}

func (v Redeliver) sheet(m *maker) sheet {
	page := m.deliveryPage(v.WebhookID, v.DeliveryID)
	key := "one.send_again"
	if v.IsPending {
		key = "one.send_now"
	}
	return sheet{template: "redeliver", title: m.Say(key), data: redeliverSheet{
		maker:   m,
		Heading: m.HTML(key),
		Choice: m.rebuildChoice("redeliver.changed",
			m.HTML("redeliver.present", "host", v.NewHost), m.HTML("redeliver.exact", "host", v.OldHost)),
		Attempts: v.Attempts,
		Action:   page + "/redeliver",
		Cancel:   page,
	}}
}

// rebuildChoice asks whether deliveries are made anew.
func (m *maker) rebuildChoice(legend string, present, exact template.HTML) radios {
	return radios{Legend: m.HTML(legend), Name: "rebuild", Options: []radio{
		{Value: "1", Text: present, Checked: true},
		{Text: exact},
	}}
}

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

// logTitle is the heading of the page of a webhook's deliveries.
func (m *maker) logTitle(webhookID string) template.HTML {
	if webhookID == "" {
		return m.HTML("log.title")
	}
	return m.HTML("log.title_of", "id", webhookID)
}
