package adminui

import (
	"html/template"
	"net/url"
)

// A whySheet is what templates/why.html prints.
type whySheet struct {
	*maker
	View    Why
	Heading template.HTML
	Back    backLink
	Address string
	OrderID field
	About   template.HTML
	Answers []whyItem
	AsOf    template.HTML
}

// A whyItem is a sentence, and the webhook or the delivery that it is about;
// Link is empty where it is about none.
type whyItem struct{ Link, Sentence template.HTML }

func (v Why) sheet(m *maker) sheet {
	s := whySheet{
		maker:   m,
		View:    v,
		Heading: m.HTML("ask.title"),
		Back:    backLink{m.List(), m.HTML("list.title")},
		Address: m.List() + "/why",
		OrderID: m.fieldOf(nil, fieldOrderID, v.OrderID, false),
	}
	if v.Asked {
		s.About = m.HTML("ask.about", "id", v.OrderID)
		s.AsOf = m.asOf(s.Address + "?" + url.Values{fieldOrderID: {v.OrderID}}.Encode())
	}
	for _, a := range v.Answers {
		item := whyItem{Sentence: m.Language.MessageHTML(a.Sentence)}
		switch {
		case a.DeliveryID != "":
			item.Link = link(m.deliveryPage(a.WebhookID, a.DeliveryID), typed(a.WebhookID))
		case a.WebhookID != "":
			item.Link = link(m.to(a.WebhookID, "view"), typed(a.WebhookID))
		}
		s.Answers = append(s.Answers, item)
	}
	return sheet{template: "why", title: m.Say("ask.title"), data: s}
}
