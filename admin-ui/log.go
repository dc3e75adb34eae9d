package adminui

import "html/template"

// The fields of the forms about deliveries.
const (
	fieldFrom    = "from"
	fieldTo      = "to"
	fieldOrderID = "order_id"
)

// A logSheet is what templates/log.html prints.
type logSheet struct {
	*maker
	Heading template.HTML
	Back    backLink
	Notice  notice
	Summary summary
	// Address is the page's own, where its filter leads to too.
	Address        string
	States, Events []logOption
	From, To       field
	OrderID        string
	// Listed says that there is a log to show, even if nothing in it matches.
	Listed bool
	Count  template.HTML
	Table  deliveryTable
	Paging paging
	// These are addresses; Again and Forget are empty for who may only read.
	Again, Forget, Why string
	// Empty and Test stand where there is no log: none was sent yet, and a button
	// that sends a test event, the zero button: it is not there.
	Empty template.HTML
	Test  postButton
	AsOf  template.HTML
}

// A logOption is an option of a choice of the filter.
type logOption struct {
	Value, Text string
	Selected    bool
}

func (v Deliveries) sheet(m *maker) sheet {
	key, pairs := "log.title", []any(nil)
	s := logSheet{
		maker:   m,
		Back:    backLink{m.List(), m.HTML("list.title")},
		Notice:  v.Notice.notice(m),
		Address: m.logPage(v.WebhookID),
		States:  v.states(m),
		Events:  v.events(m),
		From:    m.fieldOf(v.Problems, fieldFrom, v.Filter.From, false),
		To:      m.fieldOf(v.Problems, fieldTo, v.Filter.To, false),
		OrderID: v.Filter.OrderID,
		Listed:  len(v.Rows) > 0 || v.Filter != DeliveryFilter{},
		Count:   m.counted("log.count", v.Count),
		Table:   m.deliveries(v.Rows, v.WebhookID, "mw-title"),
		Paging:  m.paging(m.Say("log.pages"), m.logPage(v.WebhookID), v.Newer, v.Older),
		Why:     m.List() + "/why",
	}
	if v.WebhookID != "" {
		key, pairs = "log.title_of", []any{"id", v.WebhookID}
		s.Back = backLink{m.to(v.WebhookID, "view"), typed(v.WebhookID)}
	}
	s.fillLinks(v)
	if s.Table.IsPending {
		s.AsOf = m.asOf("")
	}
	s.Summary = m.summary(v.Problems, []string{fieldFrom, fieldTo})
	var title string
	s.Heading, title = m.heading(v.Problems, key, pairs...)
	return sheet{template: "log", title: title, data: s}
}

// fillLinks says where the page leads to.
func (s *logSheet) fillLinks(v Deliveries) {
	if s.Listed && s.CanWrite {
		s.Again, s.Forget = s.recoverPage(v.WebhookID), s.List()+"/forget"
	}
	s.Empty = s.HTML("log.empty_all")
	if v.WebhookID != "" {
		s.Empty = s.HTML("log.empty", "event", s.Language.EventTitle(v.Event))
		if s.CanWrite {
			s.Test = s.post(v.WebhookID, "test", s.HTML("view.test"))
		}
	}
}

// states are the choice of states.
func (v Deliveries) states(m *maker) []logOption {
	options := []logOption{
		{Text: m.Say("log.all")},
		{Value: statePending, Text: m.Say("log.state_pending")},
		{Value: stateDelivered, Text: m.Say("log.state_delivered")},
		{Value: stateFailed, Text: m.Say("log.state_failed")},
	}
	return choose(options, v.Filter.State)
}

// events are the choice of events.
func (v Deliveries) events(m *maker) []logOption {
	options := []logOption{{Text: m.Say("log.all")}}
	for _, e := range v.Events {
		options = append(options, logOption{Value: e.Name, Text: m.Language.EventTitle(e)})
	}
	return choose(options, v.Filter.EventType)
}

// choose marks the option that is chosen; one that there is none of stands last,
// as it was given.
func choose(options []logOption, chosen string) []logOption {
	for i := range options {
		if options[i].Value == chosen {
			options[i].Selected = true
			return options
		}
	}
	return append(options, logOption{Value: chosen, Text: chosen, Selected: true})
}

func (n LogNotice) notice(m *maker) notice {
	switch n.Kind {
	case "again":
		return notice{Text: m.HTML("log.again_done", "n", n.Count)}
	case "erased":
		return notice{Text: m.HTML("log.erased", "n", n.Count)}
	}
	return notice{}
}

// logTitle is the heading of the page of a webhook's deliveries.
func (m *maker) logTitle(webhookID string) template.HTML {
	if webhookID == "" {
		return m.HTML("log.title")
	}
	return m.HTML("log.title_of", "id", webhookID)
}
