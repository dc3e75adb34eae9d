package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A failure is a Problem as GNU Taler's merchant writes it.
type failure struct {
	Code      webhook.Code `json:"code"`
	Hint      string       `json:"hint"`
	Detail    string       `json:"detail,omitempty"`
	Field     string       `json:"field,omitempty"`
	Parameter string       `json:"parameter,omitempty"`
	Path      string       `json:"path,omitempty"`
}

// fail writes what went wrong. The cause of a fault of the server goes to the
// log, once, and nowhere else.
func (a *App) fail(run *call, err error) {
	c, problem := run.Context, problemOf(err)
	a.logProblem(run, problem, err)
	closeUnread(c)
	if problem.Code == webhook.CodeUnauthorized {
		c.Header("WWW-Authenticate", "Bearer")
	}
	writeJSON(c, problem.Code.Status(), failure{
		Code:      problem.Code,
		Hint:      problem.Code.Hint(),
		Detail:    problem.Detail(),
		Field:     problem.Field,
		Parameter: problem.Parameter,
		Path:      problem.Path,
	})
}

// problemOf is the Problem of an error; one that is none should not have got
// here.
func problemOf(err error) *webhook.Problem {
	var problem *webhook.Problem
	if errors.As(err, &problem) {
		return problem
	}
	return &webhook.Problem{Code: webhook.CodeInternalInvariantFailure, Cause: err}
}

// closeUnread ends the connection of a request whose body was not read to its
// end: the rest is not waited for.
func closeUnread(c *gin.Context) {
	if c.Request.Body != http.NoBody {
		c.Header("Connection", "close")
	}
}

// hasLeft reports whether the client is gone, so that its work was given up on
// purpose.
func hasLeft(c *gin.Context, err error) bool {
	return errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil
}

// unknownPath says that nothing is at a path.
func unknownPath(escaped string) *webhook.Problem {
	m := webhook.Say("path.unknown")
	if strings.HasSuffix(escaped, "/") {
		m = webhook.Say("path.slash")
	}
	return &webhook.Problem{Code: webhook.CodeEndpointUnknown, Path: escaped, Message: m}
}

// writeJSON writes a whole answer at once.
func writeJSON(c *gin.Context, status int, v any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // a type of ours that JSON can not hold
	}
	c.Data(status, "application/json", b.Bytes())
}

// done answers 204 where all went well: there is no more to say.
func (c *call) done(err error) error {
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}
