package adminui

import (
	"html/template"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// fewVariables is how many variables are shown unfolded.
const fewVariables = 6

// longExample is the most characters that are shown of a variable's example.
const longExample = 120

// A variableList is what the templates of an event can use.
type variableList struct {
	Event  string
	Title  template.HTML
	Hidden bool // it is not the list of the chosen event
	Open   bool
	Items  []variableItem
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

func (s *formSheet) variables(event webhook.EventType) variableList {
	title := s.Language.EventTitle(event)
	list := variableList{
		Event:  event.Name,
		Title:  s.HTML("form.variables", "event", title),
		Hidden: event.Name != s.View.Values.EventType,
		Open:   len(event.Variables) <= fewVariables,
	}
	if len(event.Variables) == 0 {
		list.None = s.HTML("form.no_variables", "event", title)
	}
	for _, v := range event.Variables {
		item := variableItem{
			Name:    v.Name,
			Meaning: s.Language.VariableMeaning(event, v),
			Ways: [3]template.HTML{
				s.HTML("form.variable_json", "tag", code("{{{json."+v.Name+"}}}")),
				s.HTML("form.variable_form", "tag", code("{{{form."+v.Name+"}}}")),
				s.HTML("form.variable_elsewhere", "tag", code("{{"+v.Name+"}}")),
			},
		}
		if v.Example != "" {
			item.Example = s.HTML("form.variable_example", "value", code(cutEnd(v.Example, longExample)))
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
