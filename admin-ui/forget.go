package adminui

import (
	"html/template"
	"net/url"
)

// A forgetSheet is what templates/forget.html prints, in both of its steps.
type forgetSheet struct {
	*maker
	View            Forget
	Heading         template.HTML
	Back            backLink
	Summary         summary
	Nothing         template.HTML // the order was asked for, and nothing is of it
	Asks            bool          // the second step
	Address, Cancel string
	OrderID         field
	Lead            template.HTML
}

func (v Forget) sheet(m *maker) sheet {
	s := forgetSheet{
		maker:   m,
		View:    v,
		Back:    backLink{m.logPage(""), m.logTitle("")},
		Summary: m.summary(v.Problems, []string{fieldOrderID}),
		Asks:    v.Counted && v.Count > 0,
		Address: m.List() + "/forget",
		Cancel:  m.logPage(""),
		OrderID: m.fieldOf(v.Problems, fieldOrderID, v.OrderID, false),
	}
	switch {
	case s.Asks && v.Waiting > 0:
		waiting := m.HTML("forget.waiting", "n", v.Waiting)
		s.Lead = m.HTML("forget.count_waiting", "n", v.Count, "id", v.OrderID, "waiting", waiting)
	case s.Asks:
		s.Lead = m.HTML("forget.count", "n", v.Count, "id", v.OrderID)
	case v.Counted:
		s.Nothing = m.HTML("forget.nothing", "id", v.OrderID)
	}
	heading, title := m.heading(v.Problems, "forget.title")
	s.Heading = heading
	return sheet{template: "forget", title: title, data: s}
}

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
		Back:    backLink{m.List(), m.HTML("view.back")},
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
