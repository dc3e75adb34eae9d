package handlers

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Admin is what the pages alone need. All but UI is optional.
type Admin struct {
	UI *adminui.UI
	// Layout writes a page into the host's own.
	Layout func(c *gin.Context, p adminui.Page) error
	// Language tells the tag of the reader's language, before Accept-Language.
	Language func(c *gin.Context) string
	// LoginURL is where to sign in; back is the path to come back to.
	LoginURL func(c *gin.Context, back string) string
	// FormFields are hidden fields for every form.
	FormFields func(c *gin.Context) map[string]string
	// CSPNonce is the nonce of the host's own Content-Security-Policy.
	CSPNonce func(c *gin.Context) string
	// PublicURL is the host's root as browsers see it.
	PublicURL *url.URL
}

// contentPolicy lets a page load the plugin's own files and post to its own
// host, and nothing else.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// setPageHeaders sets what every page carries. Under the policy no-referrer
// browsers would send Origin: null with every form over plain http. A
// Content-Security-Policy of the host's stays.
func (a *App) setPageHeaders(c *call) {
	a.setHeaders(c.Context)
	c.Header("Referrer-Policy", "same-origin")
	if c.Writer.Header().Get("Content-Security-Policy") == "" {
		c.Header("Content-Security-Policy", contentPolicy)
	}
}

// show writes a page, in the host's layout if it has one. Nothing is written
// before the page is whole.
func (a *App) show(c *call, status int, view adminui.View) error {
	if a.Admin.Layout == nil {
		return a.showAlone(c, status, view)
	}
	request := a.pageRequest(c)
	request.InLayout = true
	page, err := a.Admin.UI.Render(status, request, view)
	if err != nil {
		return err
	}
	return a.showInLayout(c, page)
}

// showRefused shows a page with what is wrong on it.
func (a *App) showRefused(c *call, problem *webhook.Problem, view adminui.View) error {
	a.logProblem(c, problem, problem)
	c.code = problem.Code
	return a.show(c, problem.Code.Status(), view)
}

// showAlone writes a page without the host's layout.
func (a *App) showAlone(c *call, status int, view adminui.View) error {
	page, err := a.Admin.UI.Render(status, a.pageRequest(c), view)
	if err != nil {
		return err
	}
	document, err := a.Admin.UI.Document(page)
	if err != nil {
		return err
	}
	c.Data(page.Status, "text/html; charset=utf-8", document)
	return nil
}

// showInLayout lets the host write the page into a buffer: neither an error nor
// a panic of its leaves half a page behind.
func (a *App) showInLayout(c *call, page adminui.Page) error {
	writer := c.Writer
	whole := newBuffer(writer)
	c.Writer = whole
	defer func() { c.Writer = writer }()
	if err := a.Admin.Layout(c.Context, page); err != nil {
		return &layoutError{err}
	}
	if !whole.Written() {
		return &layoutError{errors.New("it wrote nothing")}
	}
	whole.send(writer)
	return nil
}

// A layoutError is a fault of the host's layout, which must not be asked again.
type layoutError struct{ cause error }

func (e *layoutError) Error() string { return "Config.Admin.Layout: " + e.cause.Error() }

func (e *layoutError) Unwrap() error { return e.cause }

// pageRequest is what a page needs to know of its request.
func (a *App) pageRequest(c *call) adminui.Request {
	r := adminui.Request{
		Language: a.language(c),
		Base:     c.base(),
		CanWrite: a.mayWrite(c),
		Root:     a.apiRoot(c),
		Now:      time.Now(),
	}
	if c.instance != a.DefaultInstance {
		r.Instance = c.instance
	}
	if a.Admin.FormFields != nil {
		fields := a.Admin.FormFields(c.Context)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			r.Fields = append(r.Fields, adminui.Field{Name: name, Value: fields[name]})
		}
	}
	if a.Admin.CSPNonce != nil {
		r.Nonce = a.Admin.CSPNonce(c.Context)
	}
	return r
}

// language is the reader's: as the host says, else as the browser asks.
func (a *App) language(c *call) *adminui.Language {
	var preferred []string
	if a.Admin.Language != nil {
		preferred = append(preferred, a.Admin.Language(c.Context))
	}
	return a.Admin.UI.Language(append(preferred, c.GetHeader("Accept-Language"))...)
}

// mayWrite reports whether this reader may change webhooks too.
func (a *App) mayWrite(c *call) bool {
	return c.granted == WebhooksWrite || c.granted == WebhooksRead && a.wouldAllow(c, WebhooksWrite)
}

// wouldAllow asks the host what else this reader may do, on a copy of the
// request: what that answers goes nowhere.
func (a *App) wouldAllow(c *call, p Permission) bool {
	question := c.Copy()
	answer := newBuffer(c.Writer)
	question.Writer = answer
	return a.Authorize(question, c.instance, p) == nil && !answer.Written() && answer.Status() == http.StatusOK
}

// base is the way from the page's address to the directory that the list is in.
func (c *call) base() string { return strings.Repeat("../", max(0, c.at.level-2)) }

// seeOther leads to another page of the admin, relative to the request: so it
// holds behind any prefix and proxy.
func (c *call) seeOther(page string) error {
	c.lead(c.base() + page)
	return nil
}

// lead leads to another address.
func (c *call) lead(address string) {
	c.Header("Location", address)
	c.Status(http.StatusSeeOther)
	c.Writer.WriteHeaderNow()
}

// apiRoot is the API's absolute address, for lines to be pasted elsewhere: where
// it is added beside the pages, the way to them; else that of its first group.
func (a *App) apiRoot(c *call) string {
	base := "/" + strings.Join(c.mount.base, "/")
	if len(a.apiBases) == 0 || slices.Contains(a.apiBases, base) {
		return a.publicRoot(c) + c.at.root()
	}
	path := ""
	for _, segment := range segments(a.apiBases[0]) {
		if name, isParameter := strings.CutPrefix(segment, ":"); isParameter {
			segment = url.PathEscape(c.Param(name))
		}
		path += "/" + segment
	}
	if c.at.named {
		path += "/instances/" + c.instance
	}
	return a.publicRoot(c) + path
}

// PageURL is the absolute address of a webhook's page; empty where it can not be
// told without a request: no PublicURL, no pages, or a path with parameters.
func (a *App) PageURL(instance, webhookID string) string {
	if a.Admin.PublicURL == nil || len(a.adminBases) == 0 || strings.Contains(a.adminBases[0], ":") {
		return ""
	}
	path := strings.TrimSuffix(a.adminBases[0], "/")
	switch {
	case instance == a.DefaultInstance:
	case a.Instance != nil:
		return ""
	default:
		path += "/instances/" + instance
	}
	return strings.TrimSuffix(a.Admin.PublicURL.String(), "/") + path + "/admin/webhooks/" + url.PathEscape(webhookID) + "/view"
}

// publicRoot is the host's root as the reader's browser sees it.
func (a *App) publicRoot(c *call) string {
	if a.Admin.PublicURL != nil {
		return strings.TrimSuffix(a.Admin.PublicURL.String(), "/")
	}
	scheme := "http"
	if c.Request.TLS != nil {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s", scheme, c.Request.Host)
}

// back is the path of this page on this host, for the way back from signing in.
func (a *App) back(c *call) string {
	path := ""
	if a.Admin.PublicURL != nil {
		path = a.Admin.PublicURL.EscapedPath()
	}
	return "/" + strings.TrimLeft(strings.TrimSuffix(path, "/")+c.Request.URL.RequestURI(), "/\\")
}
