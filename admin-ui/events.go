package adminui

import "strings"

// EventsMatching names the events whose title in the language holds the text;
// case does not matter.
func (u *UI) EventsMatching(l *Language, text string) []string {
	text = strings.ToLower(text)
	var names []string
	for _, event := range u.events.All() {
		if strings.Contains(strings.ToLower(l.EventTitle(event)), text) {
			names = append(names, event.Name)
		}
	}
	return names
}
