package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A call is one request on its way through an operation.
type call struct {
	*gin.Context
	ctx      context.Context // ends with the client or at the time limit
	mount    mount
	at       location
	isKnown  bool         // at is an endpoint
	op       operation    // the zero one: the endpoint has none for the method
	code     webhook.Code // of the problem that it was answered with; 0: none
	granted  Permission   // what Authorize was asked for and allowed; empty: nothing yet
	instance string
	// webhookID and deliveryID are of the path, where its endpoint has them.
	webhookID, deliveryID string
}

// errAnswered says that the host's Authorize has answered the request itself.
var errAnswered = errors.New("answered by the host")

// serve is the adapter between gin and the operations. It alone has failures
// written, by the half that the route is of. What was refused or failed aborts, as
// middleware of the host expects in gin.
func (a *App) serve(c *gin.Context, m mount) {
	run := &call{Context: c, mount: m}
	if run.at, run.isKnown = m.locate(c); run.isKnown {
		run.op, _ = m.operations.find(run.at.endpoint, c.Request.Method)
	}
	seen := a.see(run)
	defer seen.end()
	var cancel context.CancelFunc
	run.ctx, cancel = context.WithTimeout(c.Request.Context(), a.RequestTime)
	defer cancel()
	m.before(run)
	err := a.dispatch(run)
	if err != nil && !errors.Is(err, errAnswered) {
		m.fail(run, err)
	}
	seen.is(err)
	if run.code != 0 {
		c.Abort()
	}
}

// dispatch takes the steps that all operations share, in the order that the contract
// R1, A7 and R2 give them, before the body is read.
func (a *App) dispatch(c *call) error {
	if !c.isKnown {
		return unknownPath(c.Request.URL.EscapedPath())
	}
	c.webhookID, c.deliveryID = c.at.values[0], c.at.values[1]
	op := c.op
	if op.run == nil {
		allow := c.mount.operations.allowed(c.at.endpoint)
		c.Header("Allow", allow)
		return &webhook.Problem{Code: webhook.CodeMethodInvalid, Message: webhook.Say("method.allowed", "list", allow)}
	}
	if err := a.checkOrigin(c); err != nil {
		return err
	}
	var err error
	if c.instance, err = a.instanceOf(c.Context, c.at); err != nil {
		return err
	}
	if err := a.authorize(c.Context, c.instance, op.permission); err != nil {
		return err
	}
	c.granted = op.permission
	if !webhook.ValidInstanceID(c.instance) {
		return &webhook.Problem{Code: webhook.CodeInstanceUnknown, Subject: c.instance}
	}
	c.limitBody()
	if op.endpoint.namesWebhook() {
		if err := a.checkID(c, c.webhookID); err != nil {
			return err
		}
	}
	return op.run(c)
}

// limitBody ends the wait for a body that the operation does not read, such as a
// deletion's: net/http reads what is left of it before it answers. It does so a
// little after the time limit, which other ways out have first.
func (c *call) limitBody() {
	if c.Request.Body != http.NoBody {
		deadline, _ := c.ctx.Deadline()
		_ = connectionOf(c.Writer).SetReadDeadline(deadline.Add(time.Second))
	}
}

// setHeaders sets what every answer carries.
func (a *App) setHeaders(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
}

// checkOrigin refuses what another site's page makes a browser send. A page can
// not set Authorization without CORS, so a request that bears it is exempt, and
// loses its cookies, so that Authorize can not take one for the credentials
// that the exemption was given for. (HTTP's own sign-in, Basic, is sent by
// browsers unasked: the README tells hosts to guard it themselves.)
func (a *App) checkOrigin(c *call) error {
	if c.GetHeader("Authorization") != "" {
		if !isSafe(c.Request.Method) {
			c.Request.Header.Del("Cookie")
		}
		return nil
	}
	if err := a.CrossOrigin.Check(c.Request); err != nil {
		return &webhook.Problem{Code: webhook.CodeForbidden, Message: webhook.Say(messageCrossOrigin), Cause: err}
	}
	return nil
}

// isSafe names the methods that change nothing, as CrossOriginProtection does.
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// instanceOf tells which instance a request means.
func (a *App) instanceOf(c *gin.Context, at location) (string, error) {
	switch {
	case a.Instance != nil:
		instance, err := a.Instance(c)
		return instance, hostAnswer(c, err)
	case at.named:
		return at.instance, nil
	}
	return a.DefaultInstance, nil
}

// authorize asks the host whether the request may do what it wants.
func (a *App) authorize(c *gin.Context, instance string, p Permission) error {
	if p == "" {
		return nil
	}
	return hostAnswer(c, a.Authorize(c, instance, p))
}

// hostAnswer turns what a function of the host said into a Problem.
func hostAnswer(c *gin.Context, err error) error {
	switch {
	case c.Writer.Written(), c.IsAborted() && c.Writer.Status() != http.StatusOK:
		return errAnswered // gin writes a status without a body when it is left
	case errors.Is(err, ErrUnauthenticated):
		return &webhook.Problem{Code: webhook.CodeUnauthorized, Cause: err}
	case errors.Is(err, ErrForbidden):
		return &webhook.Problem{Code: webhook.CodeTokenPermissionInsufficient, Cause: err}
	case err != nil:
		return &webhook.Problem{Code: webhook.CodeInternalInvariantFailure, Cause: err}
	case c.IsAborted():
		return &webhook.Problem{
			Code:  webhook.CodeInternalInvariantFailure,
			Cause: errors.New("the host aborted the request without answering it"),
		}
	}
	return nil
}
