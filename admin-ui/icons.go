package adminui

import "html/template"

// iconNames are the icons that cells made without a template hold.
var iconNames = []string{"good", "bad", "waits", "pause"}

// makeIcons renders the icons once.
func (u *UI) makeIcons() error {
	u.icons = map[string]template.HTML{}
	for _, name := range iconNames {
		icon, err := u.execute("icon-"+name, nil)
		if err != nil {
			return err
		}
		u.icons[name] = icon
	}
	return nil
}

// outcome is a state in words with its icon, whose name says what kind of state
// it is.
func (m *maker) outcome(icon string, words template.HTML) template.HTML {
	return m.iconed("mw-outcome mw-is-", icon, words)
}

// iconed is a text with its icon, whose name ends the classes.
func (m *maker) iconed(classes template.HTML, icon string, words template.HTML) template.HTML {
	return `<span class="` + classes + escaped(icon) + `">` + m.ui.icons[icon] + ` <span>` + words + `</span></span>`
}
