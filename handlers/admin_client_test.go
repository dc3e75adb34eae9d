package handlers_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// A page is an answer with its HTML, parsed.
type page struct {
	answer
	*goquery.Document
}

// form makes the body of a form that a program posts: names and values in turn,
// the last of a name counts.
func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

// fine are the fields of a webhook that is fine, with more to add or replace.
func fine(id string, more ...string) string {
	return form(append([]string{
		"webhook_id", id, "event_type", "pay", "url", "https://example.com/hook", "http_method", "POST",
	}, more...)...)
}

// open asks for a page, or posts a form if body is not empty. It does not
// follow redirects.
func (h *host) open(t testing.TB, path, body string, header ...string) page {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
		header = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)
	}
	a := h.ask(t, method, path, body, header...)
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return page{a, doc}
}

// want checks a page's status and its heading, or, of a redirect, where it
// leads.
func (p page) want(t testing.TB, status int, heading string) page {
	t.Helper()
	got := p.text("h1")
	if status == http.StatusSeeOther {
		got = p.Header.Get("Location")
	}
	if p.StatusCode != status || got != heading {
		t.Errorf("%s: status %d, %q; want %d, %q: %s", p.Request.URL, p.StatusCode, got, status, heading, shortened(string(p.body)))
	}
	return p
}

// text is what a person reads at a selector, with its blanks folded.
func (p page) text(selector string) string {
	return strings.Join(strings.Fields(p.Find(selector).Text()), " ")
}

// field is what stands in a field of the form.
func (p page) field(name string) string {
	at := p.Find(`[name="` + name + `"]`)
	switch goquery.NodeName(at) {
	case "textarea":
		return at.Text()
	case "select":
		return at.Find("[selected]").AttrOr("value", "")
	case "input":
		if kind := at.AttrOr("type", ""); kind == "radio" || kind == "checkbox" {
			return at.Filter("[checked]").AttrOr("value", "")
		}
	}
	return at.AttrOr("value", "")
}

// fields are the names and values that a browser would post if somebody pressed
// Save, with others in their place if more says so.
func (p page) fields(more ...string) string {
	pairs := []string{}
	for _, name := range []string{
		"webhook_id", "event_type", "url", "http_method", "header_template", "body_template", "start_from", "version",
	} {
		if p.Find(`[name="`+name+`"]`).Length() > 0 {
			// Text areas are posted with both line ends.
			value := strings.ReplaceAll(p.field(name), "\n", "\r\n")
			pairs = append(pairs, name, value)
		}
	}
	return form(append(pairs, more...)...)
}

// message is what the page says beside a field.
func (p page) message(name string) string {
	field := p.Find(`[name="` + name + `"]`).First()
	if group := field.Closest("[role=radiogroup]"); group.Length() > 0 {
		field = group
	}
	for id := range strings.FieldsSeq(field.AttrOr("aria-describedby", "")) {
		if strings.HasSuffix(id, "-message") && field.AttrOr("aria-invalid", "") == "true" {
			return p.text("#" + id)
		}
	}
	return ""
}

// bySession lets who bears the session's cookie in, and else a token; the
// value "viewer" may read only.
func bySession(c *gin.Context, instance string, p plugin.Permission) error {
	switch session, _ := c.Cookie("session"); {
	case session == "owner", session == "viewer" && p == plugin.WebhooksRead:
		return nil
	case session == "viewer":
		return plugin.ErrForbidden
	}
	return plugin.Tokens(tokens...)(c, instance, p)
}

// Headers of somebody who is signed in with a session, and of nobody.
var (
	asOwner  = []string{"Authorization", "", "Cookie", "session=owner"}
	asViewer = []string{"Authorization", "", "Cookie", "session=viewer"}
	asNobody = []string{"Authorization", ""}
)

// newAdmin is a host whose people sign in by a session.
func newAdmin(t testing.TB, configure func(*plugin.Config)) *host {
	t.Helper()
	return newHost(t, func(c *plugin.Config) {
		c.Authorize = bySession
		if configure != nil {
			configure(c)
		}
	})
}

// count is how many webhooks an instance holds.
func count(t testing.TB, db *sqlx.DB, instance string) (n int) {
	t.Helper()
	err := db.Get(&n, `SELECT count(*) FROM merchant_webhooks.webhook JOIN merchant_webhooks.instance USING (instance_serial) WHERE instance_id = $1`, instance)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ginContext is what a host's functions are given.
type ginContext = *gin.Context

// A selection is a part of a page.
type selection = goquery.Selection

func hrefOf(_ int, link *goquery.Selection) string { return link.AttrOr("href", "") }

type ctx = context.Context
