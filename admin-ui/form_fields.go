package adminui

import (
	"encoding/json"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// An eventGroup is a part of the choice of events.
type eventGroup struct {
	ID, Title string
	Events    []eventChoice
}

// An eventChoice is a radio button of the choice of events.
type eventChoice struct {
	// ID is the element's: the field's own name for the one that links lead to.
	// Key is what the IDs of its parts end in.
	ID, Key, Name, Title, Meaning string
	Checked                       bool
}

// A methodOption is an option of the choice of methods.
type methodOption struct {
	Name     string
	Selected bool
}

// A startChoice is a radio button of the choice of texts to start from.
type startChoice struct {
	Name, Title, Hint string
	Checked           bool
}

// eventGroups are the groups of the choice of events, in their order.
var eventGroups = []string{"orders", "products", "categories", "other"}

// groupOf is the group that an event belongs to.
func groupOf(event string) string {
	switch {
	case strings.HasPrefix(event, "order_"), event == "pay", event == "refund":
		return "orders"
	case strings.HasPrefix(event, "inventory_"):
		return "products"
	case strings.HasPrefix(event, "category_"):
		return "categories"
	}
	return "other"
}

func (s *formSheet) fillFields() {
	values := s.View.Values
	s.Event = s.field(webhook.FieldEventType, values.EventType, false)
	s.URL = s.field(webhook.FieldURL, values.URL, true)
	s.Method = s.field(webhook.FieldHTTPMethod, values.HTTPMethod, true)
	s.Headers = s.field(webhook.FieldHeaderTemplate, values.HeaderTemplate, true)
	s.Body = s.field(webhook.FieldBodyTemplate, values.BodyTemplate, true)
	s.ID = s.field(webhook.FieldID, values.WebhookID, true)

	s.Groups = s.groups()
	s.Methods = methods(values.HTTPMethod)
	s.Starts = s.starts()
	s.Open = s.View.StartFrom == webhook.StartOwn || s.Fixed || s.View.Preview != nil || s.Headers.Message != "" || s.Body.Message != ""
	s.HeadersRows, s.BodyRows = rows(values.HeaderTemplate, 3, 8), rows(values.BodyTemplate, 6, 24)
	s.HeadersHint = s.HTML("form.headers_hint", "example", code("Content-Type: application/json"))
	s.IDHint = s.HTML("form.id_hint", "example", code(s.exampleID()))
	s.Variables = slices.Clone(s.ui.variables[s.Language])
	for i := range s.Variables {
		s.Variables[i].Hidden = s.Variables[i].Event != values.EventType
	}
	s.Starters = s.ui.starters
	s.addDeliveries()
}

// addDeliveries says when a delivery is tried again, and asks what becomes of
// those that wait.
func (s *formSheet) addDeliveries() {
	if m := retries(s.View.Schedule); !m.IsZero() {
		s.Retries = s.Language.MessageHTML(m)
		s.URL.Describe += " " + webhook.FieldURL + "-retries"
	}
	if s.Fixed && !s.View.Deleted && s.View.Waiting > 0 {
		s.Waiting = s.counted("form.waiting", s.View.Waiting)
	}
}

// exampleID is the ID that the webhook would get if none is typed, or one like
// it while the address is missing.
func (s *formSheet) exampleID() string {
	event, address := s.View.Values.EventType, s.View.Values.URL
	if _, known := s.ui.events.Lookup(event); !known {
		event = "pay"
	}
	if u, err := url.Parse(address); err != nil || u.Hostname() == "" {
		address = "https://erp.example.com/"
	}
	in := webhook.Input{EventType: webhook.Value{Text: event}, URL: webhook.Value{Text: address}}
	in, _ = s.ui.events.Complete(in, webhook.StartOwn)
	return in.WebhookID.Text
}

// groups are the choice of events. One that is not known, since a program has
// posted it or the host no longer has it, stands among them as it was typed.
func (s *formSheet) groups() []eventGroup {
	groups := make([]eventGroup, len(eventGroups))
	for i, group := range eventGroups {
		groups[i] = eventGroup{ID: "mw-events-" + group, Title: s.Say("form.group_" + group)}
	}
	add := func(event webhook.EventType, key string) {
		i := slices.Index(eventGroups, groupOf(event.Name))
		groups[i].Events = append(groups[i].Events, eventChoice{
			ID:      webhook.FieldEventType + "-" + key,
			Key:     key,
			Name:    event.Name,
			Title:   s.Language.EventTitle(event),
			Meaning: s.Language.EventMeaning(event),
			Checked: event.Name == s.View.Values.EventType,
		})
	}
	for _, event := range s.ui.events.All() {
		add(event, event.Name)
	}
	chosen := s.View.Values.EventType
	if _, known := s.ui.events.Lookup(chosen); !known && chosen != "" {
		const key = "?" // no event's name has it
		add(s.ui.events.Named(chosen), key)
	}
	groups = slices.DeleteFunc(groups, func(g eventGroup) bool { return len(g.Events) == 0 })
	markField(groups)
	return groups
}

// markField gives the chosen event, or the first, the field's own ID.
func markField(groups []eventGroup) {
	target := &groups[0].Events[0]
	for _, group := range groups {
		for i := range group.Events {
			if group.Events[i].Checked {
				target = &group.Events[i]
			}
		}
	}
	target.ID = webhook.FieldEventType
}

// methods are the choice of methods, with one that is none as it was typed.
func methods(chosen string) []methodOption {
	var options []methodOption
	known := false
	for _, name := range webhook.Methods() {
		selected := strings.EqualFold(name, chosen)
		known = known || selected
		options = append(options, methodOption{name, selected})
	}
	if !known {
		options = append(options, methodOption{chosen, true})
	}
	return options
}

func (s *formSheet) starts() []startChoice {
	names := []string{webhook.StartAll, webhook.StartID, webhook.StartChat, webhook.StartForm, webhook.StartOwn}
	chosen := s.View.StartFrom
	if !slices.Contains(names, chosen) {
		chosen = webhook.StartOwn
	}
	var choices []startChoice
	for _, name := range names {
		choice := startChoice{Name: name, Title: s.Say("form.start_" + name), Checked: name == chosen}
		if name == webhook.StartAll {
			choice.Hint = s.Say("form.start_all_hint")
		}
		choices = append(choices, choice)
	}
	return choices
}

// A starterText is a text to start from, for the script.
type starterText struct {
	Headers string `json:"headers"`
	Body    string `json:"body"`
}

// startersJSON is what there is to start from, by event and start, as a JSON
// object that can stand in a script element.
func startersJSON(events []webhook.EventType) (template.JS, error) {
	all := map[string]map[string]starterText{}
	for _, event := range events {
		texts := map[string]starterText{}
		for _, starter := range event.Starters() {
			texts[starter.Name] = starterText{Headers: starter.HeaderTemplate, Body: starter.BodyTemplate}
		}
		all[event.Name] = texts
	}
	text, err := json.Marshal(all)
	return template.JS(text), err
}

// rows is how high a field for a text is.
func rows(text string, least, most int) int {
	return min(max(strings.Count(text, "\n")+2, least), most)
}
