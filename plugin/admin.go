package plugin

import (
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Page is an admin page, complete but for what Admin.Layout puts around it.
type Page = adminui.Page

// Language is a language that the admin's pages are shown in.
type Language = adminui.Language

// Admin is how the admin's pages look and speak. Its zero value works.
type Admin struct {
	// Title ends the title of each page, such as the shop's name. Defaults to
	// none.
	Title string
	// AccentColor is the colour of buttons and links, #rgb or #rrggbb. Defaults
	// to a blue.
	AccentColor string

	// Layout writes a page into the host's own, by c.HTML or in any other way:
	// p.Head goes into the head, p.Body to the place of the content, and
	// p.Status is the answer's. It is called with the page complete; an error or
	// a panic of it sends no half page. Its own files need a
	// Content-Security-Policy that allows them: one that the host has set before
	// stays as it is. Defaults to a page of the plugin's own.
	Layout func(c *gin.Context, p Page) error

	// Language tells the reader's language by its tag, such as "de". Empty means
	// that the browser's Accept-Language decides, as it does by default.
	Language func(c *gin.Context) string
	// Languages are further languages, or other words for the built-in ones, en
	// and de. A text that is missing is read in the parent language, de-AT's in
	// de, else in English.
	Languages []Language
	// Location is the time zone that times are shown in. Defaults to UTC.
	Location *time.Location

	// LoginURL is where to sign in, for who is not: back is the path on this
	// host to come back to. Defaults to a page that says so, with status 401.
	LoginURL func(c *gin.Context, back string) string
	// FormFields are hidden fields for every form, such as a CSRF token of the
	// host's own middleware. Defaults to none.
	FormFields func(c *gin.Context) map[string]string
	// CSPNonce is the nonce that the host's own Content-Security-Policy has for
	// this request. Beside it the pages need form-action 'self', and for the
	// preview that follows typing connect-src 'self'. Defaults to none.
	CSPNonce func(c *gin.Context) string
}

// admin is what the pages are served with.
func (c Config) admin(events *webhook.Catalogue) (handlers.Admin, error) {
	ui, err := adminui.New(adminui.Options{
		Title:       c.Admin.Title,
		AccentColor: c.Admin.AccentColor,
		Location:    c.Admin.Location,
		Languages:   c.Admin.Languages,
		Events:      events,
	})
	if err != nil {
		return handlers.Admin{}, err
	}
	admin := handlers.Admin{
		UI:         ui,
		Layout:     c.Admin.Layout,
		Language:   c.Admin.Language,
		LoginURL:   c.Admin.LoginURL,
		FormFields: c.Admin.FormFields,
		CSPNonce:   c.Admin.CSPNonce,
	}
	if c.PublicURL != "" {
		if admin.PublicURL, err = url.Parse(c.PublicURL); err != nil {
			return handlers.Admin{}, err
		}
	}
	return admin, nil
}
