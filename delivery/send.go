package delivery

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// The headers of sending. Standard Webhooks names the first three. A request has
// none of them from its template: webhook.MakeRequest leaves those out.
const (
	headerID          = "webhook-id"
	headerTimestamp   = "webhook-timestamp"
	headerSignature   = "webhook-signature"
	headerEventTime   = "webhook-event-time"
	headerTraceparent = "traceparent"
)

// SentHeaders are the headers of a delivery's request as its newest attempt sent
// them, in order: its own, then webhook-id, webhook-timestamp, webhook-signature,
// webhook-event-time. The two that are made at each try are left out where no
// attempt has sent the request as it is now, and where nothing is known of the
// attempt, since its process died.
func SentHeaders(d repo.FullDelivery) []webhook.Header {
	headers := slices.Clone(d.Request.Headers)
	headers = append(headers, webhook.Header{Name: headerID, Value: d.ID})
	if a := d.LastSent(); a != nil && a.Signature != "" {
		headers = append(headers,
			webhook.Header{Name: headerTimestamp, Value: unix(a.At)},
			webhook.Header{Name: headerSignature, Value: a.Signature})
	}
	return append(headers, webhook.Header{Name: headerEventTime, Value: unix(d.EventAt)})
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// sign gives the header's value: a signature by each secret.
func sign(secrets []webhook.Secret, id string, at time.Time, body []byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		signatures[i] = secret.Sign(id, at, body)
	}
	return strings.Join(signatures, " ")
}

// A reply is what came of sending: the attempt to be recorded, and how long the
// receiver asks to be left alone.
type reply struct {
	repo.Attempt
	retryAfter time.Duration
}

// send sends a delivery once. What is signed, sent and stored are the same
// bytes. Its end by ctx is not told apart from others: see whether ctx has ended.
func (c *Courier) send(ctx context.Context, claim repo.Claim, secrets []webhook.Secret) reply {
	at := c.now()
	r := reply{Attempt: repo.Attempt{
		Number: claim.Attempt, At: at, URL: claim.Request.URL,
		Signature: sign(secrets, claim.DeliveryID, at, claim.Request.Body),
	}}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	ctx, span := c.o.Tracer.Attempt(ctx, claim.Request.Method, claim.Request.URL, claim.Attempt)
	began := time.Now()
	r.exchange(ctx, c.client, claim, c.o.Timeout)
	r.Duration = time.Since(began)
	span.Tried(r.Status, r.cause())
	return r
}

// cause is one of a few words for why there was no answer: the key of what the
// log says.
func (r *reply) cause() string { return strings.TrimPrefix(r.Error.Key, "attempt.") }

// failure is a word for why the delivery has not been taken; empty: it has.
func (r *reply) failure() string {
	switch {
	case r.Status == 0:
		return r.cause()
	case webhook.FateOf(r.Status) == webhook.Delivered:
		return ""
	}
	return strconv.Itoa(r.Status)
}

func (r *reply) exchange(ctx context.Context, client *http.Client, claim repo.Claim, limit time.Duration) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) { r.Address = got.Conn.RemoteAddr().String() },
	})
	request, err := newRequest(ctx, claim, r.Attempt)
	if err == nil {
		var answer *http.Response
		if answer, err = client.Do(request); err == nil && answer.StatusCode >= 100 {
			r.read(answer)
			return
		}
		if err == nil { // net/http takes any three digits
			answer.Body.Close()
			err = errNoStatus
		}
	}
	r.Error = explain(err, hostOf(claim.Request.URL), limit)
	r.Detail = technical(err)
}

var errNoStatus = errors.New("malformed HTTP status code")

// newRequest makes the request with the headers spelt as SentHeaders has them.
func newRequest(ctx context.Context, claim repo.Claim, a repo.Attempt) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, claim.Request.Method, claim.Request.URL, bytes.NewReader(claim.Request.Body))
	if err != nil {
		return nil, err
	}
	for _, h := range claim.Request.Headers {
		request.Header[h.Name] = append(request.Header[h.Name], h.Value)
	}
	request.Header[headerID] = []string{claim.DeliveryID}
	request.Header[headerTimestamp] = []string{unix(a.At)}
	request.Header[headerSignature] = []string{a.Signature}
	request.Header[headerEventTime] = []string{unix(claim.EventAt)}
	// The receiver's spans belong to this attempt's, or, where the host makes no
	// spans, to that of who called Emit.
	if trace := cmp.Or(telemetry.Traceparent(ctx), claim.Traceparent); trace != "" {
		request.Header[headerTraceparent] = []string{trace}
	}
	return request, nil
}

// read reads the answer, its body to its end where that comes early enough, so
// that the connection can serve the next delivery. A body that breaks off is no
// failure: the status has been said.
func (r *reply) read(answer *http.Response) {
	defer answer.Body.Close()
	r.Status = answer.StatusCode
	r.AnswerHeaders = answerLines(answer.Header)
	r.retryAfter = webhook.RetryAfter(answer.Header.Get("Retry-After"), time.Now())
	if answer.StatusCode == http.StatusSwitchingProtocols {
		return // what follows is no body
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes+1))
	if err != nil {
		r.Detail = "the answer's body broke off: " + technical(err)
	}
	r.Answer = body[:min(len(body), maxAnswerBytes)]
}

// answerLines are headers as lines, sorted by name.
func answerLines(h http.Header) string {
	var lines []string
	for name, values := range h {
		for _, value := range values {
			lines = append(lines, printable(name+": "+value, maxAnswerHeaderBytes))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// hostOf is the host of a URL, without its port.
func hostOf(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// originOf is all of a URL that logs may hold: chat services have their secret
// in the path.
func originOf(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
