package adminui

import (
	"html/template"
	"net/url"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A detailSheet is what templates/detail.html prints.
type detailSheet struct {
	*maker
	ID                             string
	EditPage, CopyPage, DeletePage string
	Breaks                         template.HTML
	Event                          template.HTML
	Target                         string
	Made                           template.HTML
	Headers, Body                  longText
	Curl                           string
}

func (v Detail) sheet(m *maker) sheet {
	w := v.Webhook
	s := detailSheet{
		maker:      m,
		ID:         w.ID,
		EditPage:   m.to(w.ID, "edit"),
		CopyPage:   m.New() + "?" + url.Values{"from": {w.ID}}.Encode(),
		DeletePage: m.to(w.ID, "delete"),
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
	if !v.Breaks.IsZero() {
		s.Breaks = m.Language.MessageHTML(v.Breaks)
	}
	return sheet{template: "detail", title: w.ID, data: s}
}

// A deleteSheet is what templates/delete.html prints.
type deleteSheet struct {
	*maker
	Heading        template.HTML
	Lead           template.HTML
	Action, Cancel string
}

func (v Delete) sheet(m *maker) sheet {
	w := v.Webhook
	host := webhook.MaskURL(w.URL, mask)
	if address, err := url.Parse(w.URL); err == nil && address.Host != "" {
		host = address.Hostname()
	}
	return sheet{template: "delete", title: m.Say("delete.title", "id", w.ID), data: deleteSheet{
		maker:   m,
		Heading: m.HTML("delete.title", "id", w.ID),
		Lead:    m.HTML("delete.lead", "host", host, "event", m.Language.EventTitle(v.Event)),
		Action:  m.to(w.ID, "delete"),
		Cancel:  m.to(w.ID, "view"),
	}}
}
