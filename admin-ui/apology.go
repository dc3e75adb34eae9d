package adminui

import (
	"html/template"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// An apologySheet is what templates/apology.html prints.
type apologySheet struct {
	*maker
	Heading, Text template.HTML
	// Link leads to Address; its text is empty where none would help.
	Link    template.HTML
	Address string
}

// apologies say by Kind which texts there are: apology.NAME.title, and further
// ones where they are named.
var apologies = map[Kind]struct{ name, text, link string }{
	SignIn:      {"sign_in", "apology.sign_in.text", ""},
	SignedOut:   {"signed_out", "apology.signed_out.nothing", ""},
	Forbidden:   {"forbidden", "apology.forbidden.text", "list.title"},
	NoEntry:     {"no_entry", "apology.no_entry.text", ""},
	CrossSite:   {"cross_site", "apology.cross_site.text", "list.title"},
	NoWebhook:   {"no_webhook", "apology.no_webhook.text", "apology.all_webhooks"},
	NoInstance:  {"no_instance", "", ""},
	NoPage:      {"no_page", "apology.no_page.text", "list.title"},
	TooLarge:    {"too_large", "", ""},
	Unavailable: {"unavailable", "", ""},
	WrongMethod: {"wrong_method", "apology.wrong_method.text", "list.title"},
}

func (v Apology) sheet(m *maker) sheet {
	texts := apologies[v.Kind]
	key := "apology." + texts.name + ".title"
	s := apologySheet{maker: m, Heading: m.HTML(key, "id", v.ID), Address: m.List()}
	switch {
	case v.Kind == TooLarge:
		s.Text = m.HTML("apology.too_large.text", "limit", m.size(v.Limit),
			"headers", m.size(webhook.MaxHeaderTemplateBytes), "body", m.size(webhook.MaxBodyTemplateBytes))
	case v.Kind == Unavailable:
		s.Text = m.failed("apology.unavailable.text", v.RequestID)
	case texts.text != "":
		s.Text = m.HTML(texts.text)
	}
	switch {
	case v.SignIn != "":
		s.Link, s.Address = m.HTML("apology.sign_in.link"), v.SignIn
	case texts.link != "":
		s.Link = m.HTML(texts.link)
	}
	return sheet{template: "apology", title: m.Say(key, "id", v.ID), data: s}
}

// size writes a number of bytes in the largest unit that keeps it whole.
func (m *maker) size(bytes int64) string {
	const kib, mib = 1 << 10, 1 << 20
	if bytes%mib == 0 && bytes > 0 {
		return m.Say("size.mib", "n", bytes/mib)
	}
	return m.Say("size.kib", "n", (bytes+kib-1)/kib)
}
