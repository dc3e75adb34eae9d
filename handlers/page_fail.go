package handlers

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// failPage shows what went wrong: the form with all that was typed where there
// is one, else a page that says what to do. The cause of a fault of the server
// goes to the log, once, and nowhere else.
func (a *App) failPage(c *call, err error) {
	problem := problemOf(err)
	if problem.Code == webhook.CodeUnauthorized && a.askToSignIn(c, problem) {
		return
	}
	a.logProblem(c, problem, err)
	var view adminui.View = a.apology(c, problem)
	if refused, is := errors.AsType[*refusal](err); is {
		view = a.again(c, refused.form, problem)
	}
	a.showFailure(c, problem.Code.Status(), view, err)
}

// showFailure shows a page of an error; where not even that can be made, a
// plain one.
func (a *App) showFailure(c *call, status int, view adminui.View, cause error) {
	closeUnread(c.Context)
	if !errors.As(cause, new(*layoutError)) {
		err := a.show(c, status, view)
		if err == nil {
			return
		}
		a.logFailure(c, "page failed", err)
	}
	if err := a.showAlone(c, status, view); err != nil {
		c.String(status, http.StatusText(status))
	}
}

// again is a form that comes back.
func (a *App) again(c *call, form adminui.Form, problem *webhook.Problem) adminui.Form {
	if problem.Code.IsFault() {
		form.IsFailed, form.Failed = true, requestID(c)
	}
	return form
}

// apology is the page for what went wrong without a form.
func (a *App) apology(c *call, problem *webhook.Problem) adminui.Apology {
	apology := adminui.Apology{ID: problem.Subject, RequestID: requestID(c), Limit: formLimit * a.MaxBody}
	switch problem.Code {
	case webhook.CodeUnauthorized:
		apology.Kind = adminui.SignIn
		if !isSafe(c.Request.Method) {
			apology.Kind, apology.SignIn = adminui.SignedOut, a.signIn(c)
		}
	case webhook.CodeTokenPermissionInsufficient:
		apology.Kind = adminui.NoEntry
		if a.wouldAllow(c, WebhooksRead) {
			apology.Kind = adminui.Forbidden
		}
	case webhook.CodeForbidden:
		apology.Kind = adminui.CrossSite
	case webhook.CodeInstanceUnknown:
		apology.Kind = adminui.NoInstance
	case webhook.CodeWebhookUnknown:
		apology.Kind = adminui.NoWebhook
	case webhook.CodeEndpointUnknown:
		apology.Kind = adminui.NoPage
	case webhook.CodeMethodInvalid:
		apology.Kind = adminui.WrongMethod
	case webhook.CodeUploadExceedsLimit:
		apology.Kind = adminui.TooLarge
	default:
		apology.Kind = adminui.Unavailable
	}
	return apology
}

// askToSignIn leads who is not signed in to the host's page for it. A form that
// was posted is never redirected: it comes back as it was typed, and nothing is
// read from the database.
func (a *App) askToSignIn(c *call, problem *webhook.Problem) bool {
	signIn := a.signIn(c)
	if isSafe(c.Request.Method) {
		if signIn == "" {
			return false
		}
		c.lead(signIn)
		return true
	}
	// No browser compresses a form, and a few bytes can hold megabytes: they are
	// not unpacked for just anybody.
	if !c.at.endpoint.hasWebhook() || c.GetHeader("Content-Encoding") != "" {
		return false
	}
	f, err := a.readForm(c)
	if refused, is := errors.AsType[*refusal](err); is {
		f = &posted{form: refused.form}
	} else if err != nil {
		return false
	}
	f.form.Problems = nil
	f.form.SignedOut, f.form.SignIn = true, signIn
	a.logProblem(c, problem, problem)
	a.showFailure(c, problem.Code.Status(), f.form, nil)
	return true
}

// signIn is where to sign in and come back from; empty where the host has not
// said.
func (a *App) signIn(c *call) string {
	if a.Admin.LoginURL == nil {
		return ""
	}
	return a.Admin.LoginURL(c.Context, a.back(c))
}

// requestID is what the host calls the request, if it has a name for it.
func requestID(c *call) string {
	const header = "X-Request-Id"
	return cmp.Or(c.Writer.Header().Get(header), c.GetHeader(header))
}
