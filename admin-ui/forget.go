package adminui

import "html/template"

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
