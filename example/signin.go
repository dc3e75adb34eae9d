package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// An account is somebody who can sign in. A shop keeps them in its database,
// with passwords hashed and salted; these are on show.
type account struct {
	username, password string
	mayWrite           bool
}

var accounts = []account{
	{username: "demo", password: "demo", mayWrite: true},
	{username: "viewer", password: "viewer"},
}

// usernameKey is where a session holds who is signed in.
const usernameKey = "username"

// authorize is the plugin's Config.Authorize: a bearer token or else the
// session, for pages and API alike. With an Authorization header the session
// counts for nothing: such a request is exempt from the cross-origin check, and
// scs has read the cookie before the plugin took it away.
func (s *shop) authorize(c *gin.Context, instance string, p plugin.Permission) error {
	if c.GetHeader("Authorization") != "" {
		return s.tokens(c, instance, p)
	}
	signedIn := s.username(c)
	for _, a := range accounts {
		switch {
		case a.username != signedIn:
		case p == plugin.WebhooksRead || a.mayWrite:
			return nil
		default:
			return plugin.ErrForbidden
		}
	}
	return plugin.ErrUnauthenticated
}

// mayNot says why a request may not do something on the shop's own pages; nil:
// it may.
func (s *shop) mayNot(c *gin.Context, p plugin.Permission) *refusal {
	switch err := s.authorize(c, defaultInstance, p); {
	case err == nil:
		return nil
	case errors.Is(err, plugin.ErrForbidden):
		return &refusal{http.StatusForbidden, "", "You may look at this, but not change it. Nothing was done."}
	}
	return &refusal{http.StatusUnauthorized, "", "You are not signed in any more, so nothing was done. Sign in in another tab, then press the button again."}
}

// mayRead is the middleware of pages to read: who is not signed in is led to the
// sign-in.
func (s *shop) mayRead(c *gin.Context) {
	why := s.mayNot(c, plugin.WebhooksRead)
	switch {
	case why == nil:
		return
	case wantsJSON(c):
		c.JSON(why.status, gin.H{"error": why.message})
	case why.status == http.StatusForbidden:
		c.String(why.status, "You may not look at this.\n")
	default:
		c.Redirect(http.StatusSeeOther, signInURL(c, c.Request.URL.RequestURI()))
	}
	c.Abort()
}

// username is who is signed in; empty if nobody is.
func (s *shop) username(c *gin.Context) string {
	return s.sessions.GetString(c.Request.Context(), usernameKey)
}

// signInURL is the plugin's Config.Admin.LoginURL.
func signInURL(_ *gin.Context, back string) string {
	return "/login?" + url.Values{"next": {back}}.Encode()
}

// showSignIn answers GET /login.
func (s *shop) showSignIn(c *gin.Context) {
	s.show(c, http.StatusOK, "Sign in", signInPage, signInView{Next: localPath(c.Query("next"))})
}

// signIn answers POST /login. The session gets a new token, so that one that
// somebody planted in the browser before is worth nothing.
func (s *shop) signIn(c *gin.Context) {
	if err := c.Request.ParseForm(); err != nil {
		c.AbortWithStatus(http.StatusBadRequest) // too long, or not a form
		return
	}
	username, next := c.PostForm("username"), localPath(c.PostForm("next"))
	if !known(username, c.PostForm("password")) {
		s.show(c, http.StatusUnauthorized, "Error: Sign in", signInPage, signInView{Next: next, Typed: username, Refused: true})
		return
	}
	ctx := c.Request.Context()
	if err := s.sessions.RenewToken(ctx); err != nil {
		s.log.ErrorContext(ctx, "the session could not be renewed", "error", err)
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	s.sessions.Put(ctx, usernameKey, username)
	c.Redirect(http.StatusSeeOther, next)
}

// signOut answers POST /logout.
func (s *shop) signOut(c *gin.Context) {
	ctx := c.Request.Context()
	if err := s.sessions.Destroy(ctx); err != nil {
		s.log.ErrorContext(ctx, "the session could not be ended", "error", err)
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

// known compares with every account, in constant time, so that neither answer
// nor time tells whether there is such a username.
func known(username, password string) bool {
	sum := sha256.Sum256([]byte(username + "\x00" + password))
	found := 0
	for _, a := range accounts {
		want := sha256.Sum256([]byte(a.username + "\x00" + a.password))
		found |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return found == 1
}

// localPath gives next where it is a path of this host, else "/". Browsers take
// "\" for "/" and leave tabs and line breaks out, so "/\e" and "/<tab>/e" lead
// to the host e; it is judged as it stands and unescaped, as a proxy may do.
func localPath(next string) string {
	parsed, err := url.Parse(next)
	if err != nil || leadsAway(next) || leadsAway(parsed.Path) {
		return "/"
	}
	return next
}

func leadsAway(path string) bool {
	return !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.Contains(path, `\`) || strings.ContainsFunc(path, unicode.IsControl)
}

// maxForm is the most bytes of a form of the shop's own.
const maxForm = 16 << 10

// protect is the middleware of the shop's own pages: forms of other sites are
// refused, and nothing of another site goes into a page.
func (s *shop) protect(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "same-origin")
	if err := s.crossOrigin.Check(c.Request); err != nil {
		c.String(http.StatusForbidden, "This form came from another site. Nothing was done.\n")
		c.Abort()
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
}
