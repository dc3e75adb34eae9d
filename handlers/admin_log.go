package handlers

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/delivery"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// showLog is GET [I]/admin/webhooks/deliveries and
// GET [I]/admin/webhooks/:webhook_id/deliveries.
func (a *App) showLog(c *call) error {
	query := c.Request.URL.Query()
	page := adminui.Deliveries{
		WebhookID: c.webhookID,
		Events:    a.Policy.EventTypes.All(),
		Filter: adminui.DeliveryFilter{
			State:     readable(query.Get("state")),
			EventType: readable(query.Get("event_type")),
			From:      query.Get("from"),
			To:        query.Get("to"),
			OrderID:   readable(query.Get("order_id")),
		},
	}
	if c.webhookID != "" {
		stored, err := a.stored(c)
		if err != nil {
			return err
		}
		page.Event = a.Policy.EventTypes.Named(stored.EventType)
	}
	filter, problems := a.understandFilter(c.webhookID, page.Filter)
	page.Problems = problems
	if problem := problems.First(); problem != nil {
		if err := a.Repo.HasInstance(c.ctx, c.instance); err != nil {
			return err
		}
		return a.showRefused(c, problem, page)
	}
	rows, newer, older, err := a.logPage(c, filter, query)
	if err != nil {
		return err
	}
	count, err := a.Repo.CountDeliveries(c.ctx, c.instance, filter)
	if err != nil {
		return err
	}
	if len(rows) == 0 && count > 0 { // all on this page are pruned by now
		return c.seeOther(ownLog(c.webhookID) + pageLink(query, "before", 0))
	}
	page.Count, page.Notice = count, logNotice(query, count)
	for _, row := range rows {
		page.Rows = append(page.Rows, a.deliveryRow(row))
	}
	if newer {
		page.Newer = pageLink(query, "after", rows[0].Serial)
	}
	if older {
		page.Older = pageLink(query, "before", rows[len(rows)-1].Serial)
	}
	return a.show(c, http.StatusOK, page)
}

// logPage reads the rows of a page of the log, newest first, and whether there
// are newer and older ones.
func (a *App) logPage(c *call, filter repo.Filter, query url.Values) (rows []repo.Delivery, newer, older bool, err error) {
	before, after := serial(query.Get("before")), serial(query.Get("after"))
	page := repo.Page{From: before, Backwards: true, Limit: rowsOnPage}
	switch {
	case after > 0:
		page.From, page.Backwards = after, false
	case before == 0:
		page.From = math.MaxInt64
	}
	rows, more, err := a.Repo.Deliveries(c.ctx, c.instance, filter, page)
	if err != nil || len(rows) == 0 {
		return nil, false, false, err
	}
	if page.Backwards {
		return rows, before > 0, more, nil
	}
	slices.Reverse(rows)
	return rows, more, true, nil
}

// ownLog is the page of a webhook's deliveries, or of all.
func ownLog(webhookID string) string {
	if webhookID == "" {
		return "webhooks/deliveries"
	}
	return "webhooks/" + url.PathEscape(webhookID) + "/deliveries"
}

// readable makes of what anybody may put into an address a text that PostgreSQL
// can look for, and finds nothing of.
func readable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// pageLink is the query of another page of the log with the same filter; of the
// first where the serial is 0.
func pageLink(query url.Values, name string, serial int64) string {
	link := url.Values{}
	for _, kept := range []string{"state", "event_type", "from", "to", "order_id"} {
		if value := query.Get(kept); value != "" {
			link.Set(kept, value)
		}
	}
	if serial > 0 {
		link.Set(name, strconv.FormatInt(serial, 10))
	}
	return "?" + link.Encode()
}

// logNotice tells what was just done, if that can be: a link can be old, or
// somebody else's. count is how many deliveries there are.
func logNotice(query url.Values, count int) adminui.LogNotice {
	for _, kind := range []string{"again", "erased"} {
		if n, err := strconv.Atoi(query.Get(kind)); err == nil && n >= 0 && (n <= count || count > repo.MaxCount) {
			return adminui.LogNotice{Kind: kind, Count: n}
		}
	}
	return adminui.LogNotice{}
}

// understandFilter reads what was typed into the log's form. A state or an event
// that there is not matches nothing.
func (a *App) understandFilter(webhookID string, typed adminui.DeliveryFilter) (repo.Filter, webhook.Problems) {
	filter := repo.Filter{WebhookID: webhookID, State: typed.State, EventType: typed.EventType, OrderID: typed.OrderID}
	var problems webhook.Problems
	filter.From, filter.To, problems = readRange(typed.From, typed.To, false)
	return filter, problems
}

// readRange reads two times that were typed, in UTC; with required both must be
// there.
func readRange(from, to string, required bool) (first, last time.Time, problems webhook.Problems) {
	read := func(field, text string) time.Time {
		moment, m := webhook.ReadTime(field, text, required)
		if !m.IsZero() {
			problems = append(problems, &webhook.Problem{Code: webhook.CodeJSONInvalid, Field: field, Message: m})
		}
		return moment
	}
	first, last = read("from", from), read("to", to)
	if !last.IsZero() && last.Before(first) {
		problems = append(problems, &webhook.Problem{Code: webhook.CodeJSONInvalid, Field: "to", Message: webhook.Say("time.range")})
	}
	return first, last, problems
}

// deliveryRow is a delivery as the pages' lists show it.
func (a *App) deliveryRow(d repo.Delivery) adminui.DeliveryRow {
	return adminui.DeliveryRow{
		ID:         d.ID,
		WebhookID:  d.WebhookID,
		Event:      a.Policy.EventTypes.Named(d.EventType),
		OrderID:    d.OrderID,
		IsTest:     d.IsTest,
		State:      d.State,
		IsHeld:     d.IsPaused,
		EventAt:    d.EventAt,
		DueAt:      d.DueAt,
		FinishedAt: d.FinishedAt,
		Attempts:   d.AttemptCount,
		Most:       a.mostAttempts(d),
		LastStatus: d.LastStatus,
		LastError:  d.LastError,
		Failure:    d.Failure,
	}
}

// mostAttempts is the number that the last attempt of a delivery can have.
func (a *App) mostAttempts(d repo.Delivery) int { return d.AttemptCount - d.Tries + a.Schedule.Tries() }

// account is what a webhook's pages say of its deliveries.
func (a *App) account(of repo.Account) adminui.Account {
	account := adminui.Account{
		Waiting:       of.Waiting,
		Total:         of.Total,
		FailedToday:   of.FailedToday,
		OldestWaiting: of.OldestWaiting,
		PausedAt:      of.PausedAt,
		PausedReason:  of.PausedReason,
		PausedAfter:   of.PausedAfter,
		FailingFor:    a.PauseAfter,
		IsSending:     of.Workers,
	}
	if of.Last.ID != "" {
		account.Last = a.deliveryRow(of.Last)
	}
	return account
}

// showDelivery is GET [I]/admin/webhooks/:webhook_id/deliveries/:delivery_id.
func (a *App) showDelivery(c *call) error { return a.showOneDelivery(c, false) }

// revealDelivery is POST [I]/admin/webhooks/:webhook_id/deliveries/:delivery_id/show:
// the same page with secrets in clear. It is no GET, so that no address shows
// them.
func (a *App) revealDelivery(c *call) error { return a.showOneDelivery(c, true) }

func (a *App) showOneDelivery(c *call, reveal bool) error {
	d, err := a.storedDelivery(c)
	if err != nil {
		return err
	}
	page := adminui.DeliveryPage{
		Row:       a.deliveryRow(d.Delivery),
		Method:    d.Request.Method,
		URL:       d.Request.URL,
		Body:      d.Request.Body,
		Revealed:  reveal,
		ErasedAt:  d.ErasedAt,
		SHA256:    d.SHA256,
		Asks:      hasChoice(d),
		IsWaiting: c.Query("waiting") != "" && d.State == repo.Pending,
	}
	_, page.Why = a.explain(d.Facts)
	if d.Request.Headers == nil {
		page.NotMade = d.Failure
	}
	for i, attempt := range d.Attempts {
		if i == 0 {
			page.FirstSent = attempt.At
		}
		if webhook.FateOf(attempt.Status) == webhook.Delivered {
			page.Delivered = attempt.At.Add(attempt.Duration)
		}
		page.Attempts = append(page.Attempts, a.attemptRow(d, attempt))
	}
	slices.Reverse(page.Attempts) // the newest first
	page.Headers, page.IsSent = delivery.SentHeaders(d), d.LastSent() != nil
	return a.show(c, http.StatusOK, page)
}

// leadToDelivery is GET of a page that only a button leads to.
func (a *App) leadToDelivery(c *call) error {
	return c.seeOther(deliveryPage(c.webhookID, c.deliveryID))
}

func (a *App) attemptRow(d repo.FullDelivery, attempt repo.Attempt) adminui.AttemptRow {
	row := adminui.AttemptRow{
		Number:        attempt.Number,
		At:            attempt.At,
		Duration:      attempt.Duration,
		Address:       attempt.Address,
		Status:        attempt.Status,
		Error:         attempt.Error,
		Detail:        attempt.Detail,
		AnswerHeaders: attempt.AnswerHeaders,
		Answer:        attempt.Answer,
	}
	if attempt.Number > d.AttemptCount-d.Tries {
		row.Most = a.mostAttempts(d.Delivery)
	}
	return row
}

// showWhy is GET [I]/admin/webhooks/why.
func (a *App) showWhy(c *call) error {
	page := adminui.Why{OrderID: readable(c.Query("order_id"))}
	if page.Asked = page.OrderID != ""; !page.Asked {
		if err := a.Repo.HasInstance(c.ctx, c.instance); err != nil {
			return err
		}
		return a.show(c, http.StatusOK, page)
	}
	answers, err := a.Repo.Why(c.ctx, c.instance, page.OrderID)
	if err != nil {
		return err
	}
	for _, answer := range answers {
		_, sentence := a.explain(answer.Facts)
		page.Answers = append(page.Answers, adminui.WhyAnswer{WebhookID: answer.WebhookID, DeliveryID: answer.DeliveryID, Sentence: sentence})
	}
	return a.show(c, http.StatusOK, page)
}
