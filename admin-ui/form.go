package adminui

import (
	"html/template"
	"slices"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A formSheet is what templates/form.html prints.
type formSheet struct {
	*maker
	View    Form
	Heading template.HTML
	// Lead stands between the heading and the form, for forms that come back
	// for another reason than what is in their fields.
	Lead    template.HTML
	Summary summary
	Changed changedSheet
	Preview previewSheet

	// Action is where Save posts to, Preview's button and Cancel elsewhere.
	Action, PreviewAction, Cancel string
	Save                          template.HTML
	// Fixed says that the ID is text and no field.
	Fixed bool

	Event                          field
	Groups                         []eventGroup
	URL, Method, Headers, Body, ID field
	Methods                        []methodOption
	Starts                         []startChoice
	Open                           bool
	HeadersHint, IDHint            template.HTML
	HeadersRows, BodyRows          int
	// Retries says when a delivery is tried again; Waiting how many deliveries
	// are still to be sent as they were made before. Both may be empty.
	Retries, Waiting template.HTML
	Variables        []eventVariables
	Starters         template.JS
}

// A field is an input with what is said about it.
type field struct {
	Name, Value string
	// Message says what is wrong with the value; empty: nothing.
	Message template.HTML
	// Describe are the IDs of the elements that describe it: its message, then
	// its hint.
	Describe string
}

// A summary lists all that is wrong with a form.
type summary struct {
	Title string
	Items []summaryItem
}

// A summaryItem is a message, and the field that it leads to; empty: none.
type summaryItem struct {
	Field string
	Text  template.HTML
}

func (v Form) sheet(m *maker) sheet {
	s := formSheet{
		maker:         m,
		View:          v,
		Action:        m.List(),
		PreviewAction: m.List() + "/preview",
		Cancel:        m.List(),
		Save:          m.HTML("form.save"),
		Fixed:         v.Editing != "",
	}
	if v.Editing != "" && !v.Deleted {
		s.Action, s.Cancel = m.to(v.Editing, "edit"), m.to(v.Editing, "view")
	}
	s.fillFields()
	title := s.head()
	if v.Preview != nil {
		s.Preview = m.preview(*v.Preview, v.Values.BodyTemplate)
	}
	return sheet{template: "form", title: title, data: s}
}

// head says what the form is, and why it comes back. It gives the heading as
// text.
func (s *formSheet) head() string {
	v := s.View
	key, pairs := "form.new_title", []any(nil)
	if v.Editing != "" {
		key, pairs = "form.edit_title", []any{"id", v.Editing}
	}
	wrap := ""
	switch {
	case v.SignedOut:
		key, pairs = "apology.signed_out.title", nil
		s.Lead = s.signedOut()
	case v.IsFailed:
		key, pairs = "apology.failed.title", nil
		s.Lead = s.failed("apology.failed.text", v.Failed)
	case v.Preview != nil:
		wrap = "page.heading_preview"
	case v.Changed != nil:
		wrap = "page.heading_error"
		s.Changed = s.changed(*v.Changed, v.Values)
		s.Save = s.HTML("changed.save")
	case v.Deleted:
		wrap = "page.heading_error"
		s.Lead = s.HTML("changed.deleted", "id", v.Editing)
		s.Save = s.HTML("changed.create")
	case len(v.Problems) > 0:
		wrap = "page.heading_error"
		order := formOrder
		if s.Fixed {
			order = order[:len(order)-1]
		}
		s.Summary = s.summary(v.Problems, order)
	}
	if wrap == "" {
		s.Heading = s.HTML(key, pairs...)
		return s.Say(key, pairs...)
	}
	s.Heading = s.HTML(wrap, "heading", s.HTML(key, pairs...))
	return s.Say(wrap, "heading", s.Say(key, pairs...))
}

func (s *formSheet) signedOut() template.HTML {
	if s.View.SignIn == "" {
		return s.HTML("apology.signed_out.text")
	}
	return s.HTML("apology.signed_out.text_link", "link", linkAside(s.View.SignIn, s.Say("apology.signed_out.link")))
}

// failed says that the server could not, and what to tell its operator.
func (m *maker) failed(key, requestID string) template.HTML {
	if requestID == "" {
		return m.HTML(key, "time", m.time(m.Now))
	}
	return m.HTML(key+"_request", "time", m.time(m.Now), "request", requestID)
}

// formOrder is the order of the fields in the form. That of an edit has no field
// for the ID, the last.
var formOrder = []string{webhook.FieldEventType, webhook.FieldURL, webhook.FieldHTTPMethod, webhook.FieldHeaderTemplate, webhook.FieldBodyTemplate, webhook.FieldID}

// summary lists problems in the order of a form's fields, and before them those
// of none.
func (m *maker) summary(problems webhook.Problems, order []string) summary {
	place := func(p *webhook.Problem) int { return slices.Index(order, p.Field) }
	problems = slices.SortedStableFunc(slices.Values(problems), func(a, b *webhook.Problem) int { return place(a) - place(b) })
	s := summary{Title: m.Say("refusal.summary", "n", len(problems))}
	for _, p := range problems {
		item := summaryItem{Text: m.problem(p)}
		if place(p) >= 0 {
			item.Field = p.Field
		}
		if isTaken(p) {
			item.Text = m.HTML("refusal.taken_summary", "id", p.Subject, "other", webhook.OtherID(p.Subject))
		}
		s.Items = append(s.Items, item)
	}
	return s
}

// isTaken reports whether the problem is an ID that another webhook has.
func isTaken(p *webhook.Problem) bool {
	return p.Code == webhook.CodeWebhookExists && p.Field == webhook.FieldID
}

// problem puts a problem into words. What is a fault of the server has none.
func (m *maker) problem(p *webhook.Problem) template.HTML {
	if isTaken(p) {
		show := linkAside(m.to(p.Subject, "view"), m.Say("refusal.taken_link"))
		return m.HTML("refusal.taken", "id", p.Subject, "link", show, "other", webhook.OtherID(p.Subject))
	}
	return m.Language.MessageHTML(p.Message)
}

// field makes the sheet of an input, with its message and whether it has a hint
// (an element NAME-hint).
func (s *formSheet) field(name, value string, hinted bool) field {
	return s.fieldOf(s.View.Problems, name, value, hinted)
}

// fieldOf is field for any form's problems.
func (m *maker) fieldOf(problems webhook.Problems, name, value string, hinted bool) field {
	f := field{Name: name, Value: value}
	for _, p := range problems {
		if p.Field == name {
			f.Message, f.Describe = m.problem(p), name+"-message"
			break
		}
	}
	if hinted {
		if f.Describe != "" {
			f.Describe += " "
		}
		f.Describe += name + "-hint"
	}
	return f
}
