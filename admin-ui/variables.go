package adminui

import (
	"html/template"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// fewVariables is how many variables are shown unfolded.
const fewVariables = 6

// longExample is the most characters that are shown of a variable's example.
const longExample = 120

// A variableList is what the templates of an event can use
// (templates/variables.html).
type variableList struct {
	Title template.HTML
	Open  bool
	Items []variableItem
	// None says so where there are none.
	None template.HTML
}

// A variableItem is a variable with the ways to write it.
type variableItem struct {
	Name    string
	Meaning string
	Example template.HTML
	Ways    [3]template.HTML
}

// An eventVariables is the list of an event, ready to be printed. Hidden says
// that another event is chosen.
type eventVariables struct {
	Event  string
	List   template.HTML
	Hidden bool
}

// makeVariables makes the lists of all events in all languages, which every
// form shows and which never change.
func (u *UI) makeVariables() error {
	u.variables = map[*Language][]eventVariables{}
	for _, l := range u.languages.all {
		m := &maker{ui: u, Request: Request{Language: l}}
		for _, event := range u.events.All() {
			list, err := u.execute("variables", m.variables(event))
			if err != nil {
				return err
			}
			u.variables[l] = append(u.variables[l], eventVariables{Event: event.Name, List: list})
		}
	}
	return nil
}

func (m *maker) variables(event webhook.EventType) variableList {
	title := m.Language.EventTitle(event)
	list := variableList{
		Title: m.HTML("form.variables", "event", title),
		Open:  len(event.Variables) <= fewVariables,
	}
	if len(event.Variables) == 0 {
		list.None = m.HTML("form.no_variables", "event", title)
	}
	for _, v := range event.Variables {
		item := variableItem{
			Name:    v.Name,
			Meaning: m.Language.VariableMeaning(event, v),
			Ways: [3]template.HTML{
				m.HTML("form.variable_json", "tag", code("{{{json."+v.Name+"}}}")),
				m.HTML("form.variable_form", "tag", code("{{{form."+v.Name+"}}}")),
				m.HTML("form.variable_elsewhere", "tag", code("{{"+v.Name+"}}")),
			},
		}
		if v.Example != "" {
			item.Example = m.HTML("form.variable_example", "value", code(cutEnd(v.Example, longExample)))
		}
		list.Items = append(list.Items, item)
	}
	return list
}

// cutEnd shortens a text to so many characters, at its end.
func cutEnd(s string, most int) string {
	if len(s) <= most {
		return s
	}
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}
