package handlers

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// statusLeft is what a request counts as whose client has left, so that its end
// is nobody's fault. No answer has it.
const statusLeft = 499

// messageCrossOrigin is the key of the Message for what checkOrigin refuses.
const messageCrossOrigin = "cross_origin"

// A sight is a request as an operator sees it.
type sight struct {
	app     *App
	call    *call
	span    telemetry.Span
	began   time.Time
	isWhole bool // nothing panicked
	hasLeft bool
}

// see begins to look at a request. Its context gets the span, if there is one.
func (a *App) see(c *call) sight {
	s := sight{app: a, call: c, began: time.Now()}
	if a.Tracer.IsOn() {
		var ctx context.Context
		ctx, s.span = a.Tracer.Serve(c.Request, a.route(c))
		c.Request = c.Request.WithContext(ctx)
	}
	return s
}

// is notes how the operation ended.
func (s *sight) is(err error) {
	s.isWhole = true
	if err != nil && !errors.Is(err, errAnswered) {
		s.call.code, s.hasLeft = problemOf(err).Code, hasLeft(s.call.Context, err)
	}
}

// end counts the request, and ends its span. A panic, which is the host's to
// answer, counts as what the host's answer nearly always is.
func (s *sight) end() {
	status, code := s.call.Writer.Status(), s.call.code
	switch {
	case !s.isWhole && !s.call.Writer.Written():
		code = webhook.CodeInternalInvariantFailure
		status = code.Status()
	case s.hasLeft:
		code, status = 0, statusLeft
	}
	s.span.Answered(status, code)
	if s.app.Metrics == nil {
		return
	}
	route, method := telemetry.Other, telemetry.Other
	if s.call.op.run != nil {
		route, method = s.call.op.endpoint.label(), s.call.Request.Method
	}
	s.app.Metrics.Request(route, method, status, code, time.Since(s.began))
}

// label is the endpoint as metrics name it, wherever it is mounted.
func (e endpoint) label() string { return "/" + string(e) }

// route is the request's as gin writes it: the group's, and the table's.
func (a *App) route(c *call) string {
	if !c.isKnown {
		return c.FullPath()
	}
	var b strings.Builder
	for _, segment := range c.mount.base {
		b.WriteString("/" + segment)
	}
	if c.at.named {
		b.WriteString("/instances/:" + a.InstanceParam)
	}
	b.WriteString(c.at.endpoint.label())
	return b.String()
}

// logProblem tells the operator, in one line, of a request that was refused or
// that failed, unless it is only that the client has left. Of what was sent it
// holds the origin and the host of one from another site, cut, and nothing else.
func (a *App) logProblem(c *call, problem *webhook.Problem, err error) {
	switch {
	case hasLeft(c.Context, err):
		return
	case problem.Code.IsFault():
		a.logFailure(c, "request failed", err)
		return
	}
	attrs := append(a.seen(c), slog.Int("status", problem.Code.Status()), slog.Int("code", int(problem.Code)))
	level, message := slog.LevelInfo, "request refused"
	if problem.Field != "" {
		attrs = append(attrs, slog.String("field", problem.Field))
	}
	if problem.Parameter != "" {
		attrs = append(attrs, slog.String("parameter", problem.Parameter))
	}
	if problem.Message.Key == messageCrossOrigin {
		level, message = slog.LevelWarn, "cross-origin request refused"
		attrs = append(attrs, slog.String("origin", logged(c.GetHeader("Origin"))),
			slog.String("host", logged(c.Request.Host)), slog.String("sec_fetch_site", logged(c.GetHeader("Sec-Fetch-Site"))))
	}
	a.Logger.LogAttrs(c.Request.Context(), level, message, attrs...)
}

func (a *App) logFailure(c *call, message string, err error) {
	a.Logger.LogAttrs(c.Request.Context(), slog.LevelError, message, append(a.seen(c), slog.Any("error", err))...)
}

// seen is what every line of the log says of a request.
func (a *App) seen(c *call) []slog.Attr {
	return []slog.Attr{slog.String("method", c.Request.Method), slog.String("route", a.route(c))}
}

// logged cuts what anybody may send, a megabyte of it, to what a log needs.
func logged(header string) string {
	const most = 300 // a host name of 253, its scheme and port
	if len(header) > most {
		return header[:most] + "…"
	}
	return header
}
