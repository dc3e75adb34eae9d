package handlers

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// usualLog is the limit of a log's page where the client gave none: the newest
// deliveries. A log may be endless, so it is never sent whole.
const usualLog = -20

// states are those of a delivery.
var states = map[string]bool{repo.Pending: true, repo.Delivered: true, repo.Failed: true}

// A queryReader reads what a query says, name by name, and keeps the first thing
// that is wrong with it.
type queryReader struct {
	query string // as it was sent
	err   error
}

// parseFilter reads which deliveries of a log are wanted. What is given must be
// good, and so not empty: a program that lost an order's ID on the way is told
// so, and not shown all orders.
func (a *App) parseFilter(query string) (repo.Filter, error) {
	r := &queryReader{query: query}
	f := repo.Filter{
		State: r.text("state", webhook.Say("parameter.state", "name", "state"), func(text string) bool { return states[text] }),
		EventType: r.judged(webhook.FieldEventType, func(text string) webhook.Message {
			return webhook.JudgeEventType(text, a.Policy.EventTypes)
		}),
		OrderID: r.text("order_id", sayOrder, webhook.ValidOrderID),
		From:    r.time("from"),
		To:      r.time("to"),
	}
	if isReversed(f.From, f.To) {
		r.err = malformed("to", webhook.Say("parameter.period"))
	}
	return f, r.err
}

// parseOrder reads the order that is asked about.
func parseOrder(query string) (string, error) {
	order, _, err := textParameter(query, "order_id", sayOrder)
	if err == nil && !webhook.ValidOrderID(order) {
		err = malformed("order_id", sayOrder)
	}
	return order, err
}

var sayOrder = webhook.Say("parameter.order", "name", "order_id", "limit", webhook.MaxOrderIDBytes)

// text reads a parameter that must be valid where it is given.
func (r *queryReader) text(name string, allowed webhook.Message, valid func(string) bool) string {
	return r.judged(name, func(text string) webhook.Message {
		if valid(text) {
			return webhook.Message{}
		}
		return allowed
	})
}

// judged reads a parameter that judge must find nothing wrong with where it is
// given.
func (r *queryReader) judged(name string, judge func(string) webhook.Message) string {
	if r.err != nil {
		return ""
	}
	text, given, err := textParameter(r.query, name, judge(""))
	if err != nil {
		r.err = err
		return ""
	}
	if !given {
		return ""
	}
	if m := judge(text); !m.IsZero() {
		r.err = malformed(name, m)
		return ""
	}
	return text
}

// time reads a time in seconds.
func (r *queryReader) time(name string) time.Time {
	text := r.text(name, webhook.Say("parameter.time", "name", name), func(text string) bool {
		_, ok := readSeconds(text)
		return ok
	})
	at, _ := readSeconds(text)
	return at
}

// latestSecond is the end of the year 9999, as Unix seconds.
const latestSecond = 253_402_300_799

// readSeconds reads a time as Unix seconds, to the end of the year 9999.
func readSeconds(text string) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > latestSecond {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

// isReversed reports whether a period ends before it begins.
func isReversed(from, to time.Time) bool {
	return !from.IsZero() && !to.IsZero() && to.Before(from)
}

// logLink points to the page behind the one that ends with the row last, with
// all else that the query says. It is relative to the request, as nextLink is.
func logLink(query string, page repo.Page, last int64) string {
	var rest strings.Builder
	for key, value := range parametersOf(query) {
		key, keyErr := url.QueryUnescape(key)
		value, valueErr := url.QueryUnescape(value)
		if keyErr != nil || valueErr != nil || key == "" || key == "limit" || key == "offset" {
			continue
		}
		fmt.Fprintf(&rest, "%s=%s&", url.QueryEscape(key), url.QueryEscape(value))
	}
	return fmt.Sprintf(`<?%slimit=%d&offset=%d>; rel="next"`, rest.String(), signedLimit(page), last)
}
