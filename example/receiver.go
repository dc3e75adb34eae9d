package main

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// maxMessage is the most bytes that the receiver takes; a webhook's body has at
// most as many.
const maxMessage = 1 << 20

// receive is the receiver that a webhook can be pointed at: what comes to
// /receiver by any method, but for the page. A receiver in earnest answers 401
// where the signature is not right; this one takes all, and shows it.
func (s *shop) receive(c *gin.Context) {
	asksForPage := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if asksForPage && c.GetHeader("webhook-id") == "" {
		return
	}
	c.Abort()
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxMessage))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		c.String(http.StatusRequestEntityTooLarge, "At most %d bytes.\n", maxMessage)
		return
	}
	if err != nil {
		c.Status(http.StatusBadRequest) // it broke off, and nobody reads this
		return
	}
	taken := s.inbox.take(message{
		At:     time.Now(),
		Method: c.Request.Method,
		Path:   c.Request.URL.RequestURI(),
		Header: c.Request.Header,
		Body:   body,
	})
	if !taken {
		c.String(http.StatusServiceUnavailable, "The receiver is stopped.\n")
		return
	}
	c.String(http.StatusOK, "Received.\n")
}

type receiverView struct {
	reading
	Address  string
	HasForms bool   // not for those who may only read
	Typed    string // secrets that were refused
	Refusal  string
	Field    string // where it is wrong; empty: at none
	Messages []messageView
}

// A messageView is a message as the page shows it.
type messageView struct {
	message
	Marks   []line // the headers that say what it is
	Headers []line // all of them
	Text    string // the body
	IsLong  bool
}

type line struct{ Name, Value string }

// showReceiver answers GET /receiver. With ?shown=N it waits until there is
// something else to show than that page of number N: so the page's script
// learns of what comes in.
func (s *shop) showReceiver(c *gin.Context) {
	if number, err := strconv.ParseInt(c.Query("shown"), 10, 64); err == nil {
		s.inbox.wait(c.Request.Context(), number)
	}
	s.showInbox(c, http.StatusOK, receiverView{})
}

// showInbox fills and writes the page.
func (s *shop) showInbox(c *gin.Context, status int, view receiverView) {
	canRead := s.mayNot(c, plugin.WebhooksRead) == nil
	if canRead {
		view.reading = s.inbox.read()
	}
	view.Address = root(c) + "/receiver"
	view.HasForms = !canRead || s.mayNot(c, plugin.WebhooksWrite) == nil
	for _, m := range view.reading.Messages {
		view.Messages = append(view.Messages, viewMessage(m))
	}
	title := "Receiver"
	if view.Refusal != "" {
		title = "Error: Receiver"
	}
	s.show(c, status, title, receiverPage, view)
}

func viewMessage(m message) messageView {
	view := messageView{message: m, Text: strings.ToValidUTF8(string(m.Body), "�")}
	view.IsLong = len(view.Text) > 2000 || strings.Count(view.Text, "\n") > 40
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		for _, value := range m.Header[name] {
			view.Headers = append(view.Headers, line{name, value})
		}
	}
	for _, name := range []string{"webhook-id", "webhook-event-time", "webhook-timestamp", "webhook-signature"} {
		view.Marks = append(view.Marks, line{name, cmp.Or(m.Header.Get(name), "none")})
	}
	return view
}

// maySetReceiver is the middleware of the page's forms.
func (s *shop) maySetReceiver(c *gin.Context) {
	if !readForm(c) {
		return
	}
	why := s.mayNot(c, plugin.WebhooksWrite)
	switch {
	case why == nil:
		return
	case wantsJSON(c):
		c.JSON(why.status, gin.H{"error": why.message})
	default:
		s.showInbox(c, why.status, receiverView{Typed: c.PostForm("secret"), Refusal: why.message})
	}
	c.Abort()
}

// trustSecret answers POST /receiver/secret: one secret or several, with space
// between, or none.
func (s *shop) trustSecret(c *gin.Context) {
	var keys [][]byte
	var endings []string
	for _, text := range strings.Fields(c.PostForm("secret")) {
		key, err := parseSecret(text)
		if err != nil {
			s.showInbox(c, http.StatusBadRequest, receiverView{
				Typed:   c.PostForm("secret"),
				Field:   "secret",
				Refusal: "“" + text + "” is no secret: " + err.Error() + ".",
			})
			return
		}
		keys = append(keys, key)
		endings = append(endings, "whsec_…"+text[len(text)-4:])
	}
	s.inbox.trust(keys, endings)
	c.Redirect(http.StatusSeeOther, "/receiver")
}

// stopReceiver answers POST /receiver/stop, startReceiver POST /receiver/start.
func (s *shop) stopReceiver(c *gin.Context) {
	s.inbox.stop(true)
	c.Redirect(http.StatusSeeOther, "/receiver")
}

func (s *shop) startReceiver(c *gin.Context) {
	s.inbox.stop(false)
	c.Redirect(http.StatusSeeOther, "/receiver")
}
