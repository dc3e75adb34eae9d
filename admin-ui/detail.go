package adminui

import (
	"html/template"
	"net/url"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A detailSheet is what templates/detail.html prints.
type detailSheet struct {
	*maker
	Back                           backLink
	ID                             string
	EditPage, CopyPage, DeletePage string
	Notice                         notice
	Breaks                         template.HTML
	Event                          template.HTML
	Target                         string
	Made                           template.HTML
	Headers, Body                  longText
	Curl                           string

	Deliveries recentSheet
	Pause      pauseBox
	// NobodySends says that something waits and no worker is there to send it.
	NobodySends bool
	// Test and Stop are buttons of who may write; without Stop it is paused.
	Test, Stop postButton

	// SecretEnd is how the secret ends; empty: nothing is said of it. NewSecret is
	// an address.
	SecretEnd  template.HTML
	ShowSecret postButton
	NewSecret  string
	Recipe     recipeSheet
}

func (v Detail) sheet(m *maker) sheet {
	w := v.Webhook
	s := detailSheet{
		maker:      m,
		Back:       backLink{m.List(), m.HTML("list.title")},
		ID:         w.ID,
		EditPage:   m.to(w.ID, "edit"),
		CopyPage:   m.New() + "?" + url.Values{"from": {w.ID}}.Encode(),
		DeletePage: m.to(w.ID, "delete"),
		Notice:     v.notice(m),
		Breaks:     m.Language.MessageHTML(v.Breaks),
		Event:      m.event(v.Event),
		Target:     w.HTTPMethod + " " + webhook.MaskURL(w.URL, mask),
		Made:       m.HTML("view.made", "made", m.date(v.Created)),
		Headers:    m.long(webhook.MaskHeaders(w.HeaderTemplate, mask)),
		Body:       m.long(w.BodyTemplate),
		Curl:       curlLine(m.Root, w),
	}
	if !v.Updated.Equal(v.Created) {
		s.Made = m.HTML("view.made_changed", "made", m.date(v.Created), "changed", m.date(v.Updated))
	}
	s.addDeliveries(v)
	s.addSecret(v)
	return sheet{template: "detail", title: w.ID, data: s}
}

// addSecret says how the secret ends to who may see it, and how a receiver uses
// it to everybody.
func (s *detailSheet) addSecret(v Detail) {
	s.Recipe = s.recipe(v.Webhook, v.SecretEnd)
	if v.SecretEnd == "" {
		return
	}
	s.SecretEnd = s.HTML("view.secret_end", "end", code("…"+v.SecretEnd))
	s.ShowSecret = s.post(v.Webhook.ID, "secret", s.HTML("secret.show"))
	s.NewSecret = s.to(v.Webhook.ID, "secret/rotate")
}
