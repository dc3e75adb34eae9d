package adminui

import (
	"fmt"
	"html/template"
	"strings"
)

// iconNames are the icons that cells made without a template hold.
var iconNames = []string{"good", "bad", "waits", "pause"}

// makeIcons renders the icons once.
func (u *UI) makeIcons() error {
	u.icons = map[string]template.HTML{}
	for _, name := range iconNames {
		var icon strings.Builder
		if err := u.templates.ExecuteTemplate(&icon, "icon-"+name, nil); err != nil {
			return fmt.Errorf("rendering an icon: %w", err)
		}
		u.icons[name] = template.HTML(icon.String())
	}
	return nil
}

// outcome is a state in words with its icon, whose name says what kind of state
// it is.
func (m *maker) outcome(icon string, words template.HTML) template.HTML {
	return `<span class="mw-outcome mw-is-` + template.HTML(icon) + `">` + m.ui.icons[icon] + ` <span>` + words + `</span></span>`
}
