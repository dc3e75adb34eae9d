package adminui

import "html/template"

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
		Choice: m.rebuildChoice("recover.changed",
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
