package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MakeTime is how long it may take to make all requests of one event.
const MakeTime = 100 * time.Millisecond

// userAgent is what a request says that sends it, unless its template says so.
const userAgent = "merchant-webhooks/1"

// Request is what a delivery sends, made when its event happened. What is added
// at each try is not in it: the headers of headersOfEachTry.
type Request struct {
	Method string
	// URL is as it goes to the wire: its host in ASCII, without user and password,
	// which have become a header.
	URL string
	// Receiver is the URL's host and port, in lower case.
	Receiver string
	// Headers are in the form that net/http sends them in, User-Agent among them.
	Headers []Header
	Body    []byte
}

// MakeRequest expands a webhook with an event's data. The Message says why that
// can not be done, and then the Request has Method, URL and Receiver only. ctx
// bounds the time; when that is over the message is delivery.too_long_to_make.
func MakeRequest(ctx context.Context, w Webhook, d Data) (Request, Message) {
	r := Request{Method: w.HTTPMethod}
	address, err := url.Parse(w.URL)
	if err != nil || address.Host == "" {
		return r, Say("delivery.not_made")
	}
	user := address.User
	address.User, address.Host = nil, hostHeader(address)
	r.URL, r.Receiver = address.String(), receiver(address)

	expanded, m := filledIn(ctx, FieldHeaderTemplate, w.HeaderTemplate, MaxHeaderTemplateBytes, d)
	if !m.IsZero() {
		return r, m
	}
	headers, m := parseHeaders(expanded)
	if !m.IsZero() {
		return r, Say("delivery.headers_not_made", "reason", m)
	}
	body, m := filledIn(ctx, FieldBodyTemplate, w.BodyTemplate, MaxBodyTemplateBytes, d)
	if !m.IsZero() {
		return r, m
	}
	r.Headers, r.Body = completed(headers, user), []byte(body)
	return r, Message{}
}

// filledIn puts the data into the template of a field.
func filledIn(ctx context.Context, field, text string, limit int, d Data) (string, Message) {
	if text == "" {
		return "", Message{}
	}
	if ctx.Err() != nil {
		return "", tooLongToMake() // to parse a large one takes its time, too
	}
	template, m := readTemplate(field, Value{Text: text}, limit)
	if !m.IsZero() {
		return "", notMade(field, m)
	}
	expanded, err := template.expand(ctx, d)
	problem, isOver := errors.AsType[*Problem](err)
	switch {
	case err == nil:
		return expanded, Message{}
	case isOver:
		return "", notMade(field, problem.Message)
	case ctx.Err() != nil:
		return "", tooLongToMake()
	default:
		return "", Say("delivery.not_made")
	}
}

func tooLongToMake() Message {
	return Say("delivery.too_long_to_make", "limit", int(MakeTime.Milliseconds()))
}

func notMade(field string, reason Message) Message {
	if field == FieldHeaderTemplate {
		return Say("delivery.headers_not_made", "reason", reason)
	}
	return Say("delivery.body_not_made", "reason", reason)
}

// receiver is the host and the port that a URL is sent to, its scheme's where it
// names none.
func receiver(address *url.URL) string {
	port := 80
	if address.Scheme == "https" {
		port = 443
	}
	if n, err := strconv.Atoi(address.Port()); err == nil {
		port = n
	}
	return net.JoinHostPort(strings.ToLower(address.Hostname()), strconv.Itoa(port))
}

// hostHeader is a URL's host as net/http sends it.
func hostHeader(address *url.URL) string {
	name := address.Hostname()
	ascii, m := hostASCII(name)
	if !m.IsZero() {
		return address.Host
	}
	return strings.Replace(address.Host, name, ascii, 1)
}

// headersOfEachTry are made anew at each try, in canonical form: no template
// sets them.
var headersOfEachTry = map[string]bool{
	"Webhook-Id":         true,
	"Webhook-Timestamp":  true,
	"Webhook-Signature":  true,
	"Webhook-Event-Time": true,
	"Traceparent":        true,
}

// completed are a template's headers as they are sent: in net/http's form,
// without those of each try, with the ones that the URL's user and this program
// add.
func completed(headers []Header, user *url.Userinfo) []Header {
	sent := userHeader(user, headers)
	for _, h := range headers {
		h.Name = textproto.CanonicalMIMEHeaderKey(h.Name)
		if !headersOfEachTry[h.Name] {
			sent = append(sent, h)
		}
	}
	const agent = "User-Agent"
	if !slices.ContainsFunc(sent, func(h Header) bool { return h.Name == agent }) {
		sent = append(sent, Header{agent, userAgent})
	}
	return sent
}

// userHeader is the header that net/http makes of a URL's user, none where
// there is one among the others.
func userHeader(user *url.Userinfo, others []Header) []Header {
	const name = "Authorization"
	if user == nil || slices.ContainsFunc(others, func(h Header) bool { return strings.EqualFold(h.Name, name) }) {
		return nil
	}
	password, _ := user.Password()
	return []Header{{name, "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))}}
}

// HeaderLines are headers as the database holds them, lines of Name: value.
func HeaderLines(headers []Header) string {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h.Name + ": " + h.Value + "\n")
	}
	return b.String()
}

// ReadHeaderLines undoes HeaderLines.
func ReadHeaderLines(lines string) []Header {
	var headers []Header
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		headers = append(headers, Header{name, value})
	}
	return headers
}
