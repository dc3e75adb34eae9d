package adminui

import (
	"encoding/hex"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// late is how long after its event a delivery is said to be late.
const late = time.Minute

// A deliverySheet is what templates/delivery.html prints.
type deliverySheet struct {
	*maker
	Heading template.HTML
	Back    backLink
	State   template.HTML
	IsTest  bool
	// Waiting says that no answer came yet.
	Waiting  template.HTML
	Why      template.HTML
	Facts    []deliveryFact
	Attempts []attemptItem
	Sent     sentSheet
	// Came is what came back at the newest attempt.
	Came *cameSheet
	// Show reveals what is hidden. SendPage asks, and SendAction sends at once; one
	// of them is empty, both are where it can not be sent.
	Show, SendPage, SendAction string
	Send                       template.HTML
	AsOf                       template.HTML
}

// A deliveryFact is a line of what is known of a delivery.
type deliveryFact struct {
	Name, Value template.HTML
	Late        bool
}

// A sentSheet is a request as it was sent.
type sentSheet struct {
	Heading template.HTML
	// Focus says that the reader has just asked for it to be shown whole.
	Focus   bool
	Start   string // method and address
	Headers string // as lines
	Body    contentSheet
	// Instead stands in the place of headers and body.
	Instead template.HTML
	Curl    string
}

func (v DeliveryPage) sheet(m *maker) sheet {
	row := v.Row
	event := m.Language.EventTitle(row.Event)
	page := m.deliveryPage(row.WebhookID, row.ID)
	s := deliverySheet{
		maker:    m,
		Heading:  m.HTML("one.title", "event", event, "time", row.EventAt),
		Back:     backLink{m.logPage(row.WebhookID), m.logTitle(row.WebhookID)},
		State:    m.state(row),
		IsTest:   row.IsTest,
		Why:      m.Language.MessageHTML(v.Why),
		Facts:    v.facts(m),
		Attempts: v.attempts(m),
		Sent:     v.sent(m),
	}
	if row.State == statePending {
		s.AsOf = m.asOf(page)
		if v.IsWaiting {
			s.Waiting = m.HTML("one.still_waiting", "link", link(page, m.HTML("page.load_again")))
		}
	}
	if len(v.Attempts) > 0 {
		s.Came = v.came(m, v.Attempts[0])
	}
	if m.CanWrite {
		v.fillButtons(&s, page)
	}
	return sheet{template: "delivery", title: m.Say("one.title", "event", event, "time", row.EventAt), data: s}
}

// fillButtons says what who may write can do.
func (v DeliveryPage) fillButtons(s *deliverySheet, page string) {
	if !v.Revealed && v.hides() {
		s.Show = page + "/show"
	}
	if !v.ErasedAt.IsZero() {
		return
	}
	s.Send = s.HTML("one.send_again")
	if v.Row.State == statePending {
		s.Send = s.HTML("one.send_now")
	}
	if v.Asks {
		s.SendPage = page + "/redeliver"
	} else {
		s.SendAction = page + "/redeliver"
	}
}

// hides reports whether the page masks anything.
func (v DeliveryPage) hides() bool {
	return webhook.MaskURL(v.URL, mask) != v.URL ||
		slices.ContainsFunc(v.Headers, func(h webhook.Header) bool { return webhook.IsSecretHeader(h.Name) }) ||
		slices.ContainsFunc(v.Attempts, func(a AttemptRow) bool { return maskLines(a.AnswerHeaders) != a.AnswerHeaders })
}

// facts are when it happened and was sent, of what it is, and where it belongs.
func (v DeliveryPage) facts(m *maker) []deliveryFact {
	row := v.Row
	isLate := func(t time.Time) bool { return t.Sub(row.EventAt) >= late }
	facts := []deliveryFact{{Name: m.HTML("one.happened"), Value: m.time(row.EventAt)}}
	if !v.FirstSent.IsZero() {
		facts = append(facts, deliveryFact{m.HTML("one.first_sent"), m.time(v.FirstSent), isLate(v.FirstSent)})
	}
	if !v.Delivered.IsZero() {
		facts = append(facts, deliveryFact{m.HTML("one.delivered"), m.time(v.Delivered), isLate(v.Delivered)})
	}
	facts = append(
		facts,
		deliveryFact{Name: m.HTML("one.webhook"), Value: link(m.to(row.WebhookID, "view"), typed(row.WebhookID))},
		deliveryFact{Name: m.HTML("one.event"), Value: m.event(row.Event)},
	)
	if row.OrderID != "" {
		facts = append(facts, deliveryFact{Name: m.HTML("one.order"), Value: m.orderLink(row.WebhookID, row.OrderID)})
	}
	return append(facts, deliveryFact{Name: m.HTML("one.id"), Value: code(row.ID)})
}

// sent is what was sent, or why nothing is there.
func (v DeliveryPage) sent(m *maker) sentSheet {
	heading, none := "one.to_send", "one.nothing_to_send"
	if v.IsSent {
		heading, none = "one.sent", "one.no_body"
	}
	s := sentSheet{Heading: m.HTML(heading), Focus: v.Revealed, Start: v.Method + " " + v.shownURL(mask)}
	switch {
	case !v.ErasedAt.IsZero():
		s.Instead = m.HTML("one.erased", "date", m.date(v.ErasedAt), "hash", code(hex.EncodeToString(v.SHA256)))
		return s
	case !v.NotMade.IsZero():
		s.Instead = m.Language.MessageHTML(v.NotMade)
		return s
	}
	s.Headers = headerText(v.shownHeaders(mask))
	s.Body = m.content(v.Body, none)
	s.Curl = sentCurlLine(v.Method, v.shownURL("PASSWORD"), v.shownHeaders("SECRET"), v.Body)
	return s
}

// shownURL is the address, its password masked unless it is revealed.
func (v DeliveryPage) shownURL(mask string) string {
	if v.Revealed {
		return v.URL
	}
	return webhook.MaskURL(v.URL, mask)
}

// shownHeaders are the headers, secrets masked unless they are revealed.
func (v DeliveryPage) shownHeaders(mask string) []webhook.Header {
	if v.Revealed {
		return v.Headers
	}
	return maskHeaders(v.Headers, mask)
}

// maskHeaders masks the values of secret headers.
func maskHeaders(headers []webhook.Header, mask string) []webhook.Header {
	shown := slices.Clone(headers)
	for i := range shown {
		if webhook.IsSecretHeader(shown[i].Name) {
			shown[i].Value = mask
		}
	}
	return shown
}

// headerText are headers as lines.
func headerText(headers []webhook.Header) string {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h.Name + ": " + h.Value + "\n")
	}
	return b.String()
}
