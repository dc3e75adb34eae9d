// Package adminui makes the admin pages: their HTML, styles, script and texts.
// A handler fills a View, such as List or Form, and says how the request reads
// (Request); Render makes a Page of them, which goes into a host's layout, or
// alone by Document. It knows no gin and no SQL, and no rule about webhooks:
// those stand in package webhook.
package adminui

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"sync"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Options are how a host wants its pages.
type Options struct {
	// Title ends the title of each page. Empty: none.
	Title string
	// AccentColor is the colour of buttons and links, #rgb or #rrggbb. Defaults
	// to a blue.
	AccentColor string
	// Location is the time zone that times are shown in. Defaults to UTC.
	Location *time.Location
	// Languages are a host's own, beside English and German.
	Languages []Language
	// Events are the event types that there are. It is required.
	Events *webhook.Catalogue
}

// UI makes pages. It never changes, and is safe for use by several goroutines.
type UI struct {
	title     string
	events    *webhook.Catalogue
	languages *languages
	templates *template.Template
	// assets are the files by name; style and script are two of the names.
	assets        map[string]Asset
	style, script string
	// variables and starters are parts of every form, made once.
	variables map[*Language][]eventVariables
	starters  template.JS
	icons     map[string]template.HTML
	// buffers are for templates to print into, and used again.
	buffers sync.Pool
}

// New makes a UI. Its error names the option that is wrong.
func New(o Options) (*UI, error) {
	if o.Events == nil {
		return nil, errors.New("option Events is required")
	}
	languages, err := newLanguages(o.Languages, cmp.Or(o.Location, time.UTC))
	if err != nil {
		return nil, err
	}
	accent, ok := parseColor(cmp.Or(o.AccentColor, defaultAccent))
	if !ok {
		return nil, fmt.Errorf("option AccentColor: %q is no colour of the form #rgb or #rrggbb", o.AccentColor)
	}
	templates, err := parseTemplates()
	if err != nil {
		return nil, err
	}
	u := &UI{
		title:     o.Title,
		events:    o.Events,
		languages: languages,
		templates: templates,
		buffers:   sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	u.makeAssets(accent)
	if err = u.makeIcons(); err != nil {
		return nil, err
	}
	if u.starters, err = startersJSON(o.Events.All()); err != nil {
		return nil, err
	}
	return u, u.makeVariables()
}
