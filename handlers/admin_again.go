package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// hasChoice reports whether a delivery could be sent again in two ways: as it
// was, or as its webhook would make it now.
func hasChoice(d repo.FullDelivery) bool {
	return d.WasChanged && d.Request.Headers != nil
}

// showRedeliver is GET [I]/admin/webhooks/:webhook_id/deliveries/:delivery_id/redeliver.
// It asks only where there is a choice.
func (a *App) showRedeliver(c *call) error {
	d, err := a.storedDelivery(c)
	if err != nil {
		return err
	}
	if !hasChoice(d) {
		return c.seeOther(deliveryPage(c.webhookID, c.deliveryID))
	}
	return a.show(c, http.StatusOK, adminui.Redeliver{
		WebhookID:  c.webhookID,
		DeliveryID: c.deliveryID,
		OldHost:    webhook.HostOf(d.Request.URL),
		NewHost:    webhook.HostOf(d.Webhook.URL),
		IsPending:  d.State == repo.Pending,
		Attempts:   len(d.Attempts),
	})
}

// redeliverByForm is POST [I]/admin/webhooks/:webhook_id/deliveries/:delivery_id/redeliver.
// What could not be made before is made anew without a question. A form that is
// older than the last attempt sends nothing: of two clicks the second came late.
func (a *App) redeliverByForm(c *call) error {
	fields, err := a.readFields(c)
	if err != nil {
		return a.refuse(c, err)
	}
	d, err := a.storedDelivery(c)
	if err != nil {
		return err
	}
	if seen, err := strconv.Atoi(fields.Get("attempts")); err == nil && seen != len(d.Attempts) {
		return c.seeOther(deliveryPage(c.webhookID, c.deliveryID))
	}
	rebuild := fields.Get("rebuild") != "" || d.Request.Headers == nil
	err = a.Courier.Redeliver(c.ctx, c.instance, c.webhookID, c.deliveryID, rebuild)
	if isCode(err, webhook.CodeForbidden) { // its page says why it can not be sent
		return c.seeOther(deliveryPage(c.webhookID, c.deliveryID))
	}
	if err != nil {
		return err
	}
	return a.leadToOutcome(c, c.deliveryID, d.AttemptCount)
}

// sendTestByForm is POST [I]/admin/webhooks/:webhook_id/test.
func (a *App) sendTestByForm(c *call) error {
	id, err := a.Courier.Test(c.ctx, c.instance, c.webhookID)
	if isCode(err, webhook.CodeForbidden) { // of an event that is no more: the form asks for another
		return c.seeOther("webhooks/" + url.PathEscape(c.webhookID) + "/edit")
	}
	if err != nil {
		return err
	}
	return a.leadToOutcome(c, id, 0)
}

// The time that a page waits for the answer to what was just sent, how often it
// looks, and what is left of the request's time, to answer in.
const (
	answerWait = 8 * time.Second
	answerLook = 50 * time.Millisecond
	answerTime = time.Second
)

// early ends before a request's time does, so that there is some to answer in; but not
// before half of it is over. Each request has one.
func early(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := ctx.Deadline()
	return context.WithDeadline(ctx, deadline.Add(-min(answerTime, time.Until(deadline)/2)))
}

// leadToOutcome leads to a delivery's page as soon as there is an answer, or
// when it takes too long. Where nobody is sending, none is waited for.
func (a *App) leadToOutcome(c *call, deliveryID string, attempts int) error {
	page := deliveryPage(c.webhookID, deliveryID)
	ctx, cancel := early(c.ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, answerWait)
	defer cancel()
	look := time.Tick(answerLook)
	for ctx.Err() == nil {
		d, err := a.Repo.GetDelivery(c.ctx, c.instance, c.webhookID, deliveryID)
		if err != nil {
			return err
		}
		if d.AttemptCount > attempts || d.State != repo.Pending || d.Facts.WorkerAt.IsZero() {
			return c.seeOther(page)
		}
		select {
		case <-look:
		case <-ctx.Done():
		}
	}
	return c.seeOther(page + "?waiting=1")
}

func deliveryPage(webhookID, deliveryID string) string {
	return "webhooks/" + url.PathEscape(webhookID) + "/deliveries/" + url.PathEscape(deliveryID)
}

// showRecover is GET [I]/admin/webhooks/recover and
// GET [I]/admin/webhooks/:webhook_id/recover: it asks for the time, and then, with the
// number, whether to.
func (a *App) showRecover(c *call) error {
	query := c.Request.URL.Query()
	page, again, err := a.understandRecover(c, query)
	if err != nil {
		return err
	}
	if query.Get("count") == "" {
		page.Problems = nil
		return a.show(c, http.StatusOK, page)
	}
	if problem := page.Problems.First(); problem != nil {
		return a.showRefused(c, problem, page)
	}
	var asked time.Time
	if page.Count, asked, err = a.Repo.CountAgain(c.ctx, c.instance, again); err != nil {
		return err
	}
	page.Counted, page.AskedAt = true, strconv.FormatInt(asked.UnixMicro(), 10)
	return a.show(c, http.StatusOK, page)
}

// recoverByForm is POST to the same addresses. Sent twice, it queues nothing
// twice: what was queued after the question is left out.
func (a *App) recoverByForm(c *call) error {
	fields, err := a.readFields(c)
	if err != nil {
		return a.refuse(c, err)
	}
	page, again, err := a.understandRecover(c, fields)
	if err != nil {
		return err
	}
	if problem := page.Problems.First(); problem != nil {
		return a.showRefused(c, problem, page)
	}
	if asked, err := strconv.ParseInt(fields.Get("asked_at"), 10, 64); err == nil {
		again.NotSince = time.UnixMicro(asked)
	}
	count, err := a.Courier.Recover(c.ctx, c.instance, again, fields.Get("rebuild") != "")
	if err != nil {
		return err
	}
	return c.seeOther(ownLog(c.webhookID) + "?again=" + strconv.Itoa(count))
}

// understandRecover reads the fields of the page, by the webhook's present
// settings where it is of one.
func (a *App) understandRecover(c *call, fields url.Values) (page adminui.Recover, _ repo.Again, err error) {
	page = adminui.Recover{
		WebhookID: c.webhookID,
		From:      fields.Get("from"),
		To:        fields.Get("to"),
		All:       fields.Get("all") != "",
	}
	page.FromTime, page.ToTime, page.Problems = readRange(page.From, page.To, true)
	if c.webhookID == "" {
		page.Changed, err = a.Repo.HasChanged(c.ctx, c.instance)
		return page, again(page), err
	}
	stored, err := a.stored(c)
	page.Changed, page.Host = stored.RowVersion > 1, webhook.HostOf(stored.URL)
	return page, again(page), err
}

// again is which deliveries are meant. Those that could not be made are counted
// where the page would make them anew.
func again(page adminui.Recover) repo.Again {
	return repo.Again{
		WebhookID: page.WebhookID, From: page.FromTime, To: page.ToTime, All: page.All,
		Rebuild: page.Changed,
	}
}

// showForget is GET [I]/admin/webhooks/forget: it asks for the order, and then,
// with the number, whether to.
func (a *App) showForget(c *call) error {
	typed, asked := c.GetQuery("order_id")
	page, err := a.understandForget(c, typed)
	if err != nil {
		return err
	}
	if !asked {
		page.Problems = nil
		return a.show(c, http.StatusOK, page)
	}
	if problem := page.Problems.First(); problem != nil {
		return a.showRefused(c, problem, page)
	}
	if page.Count, page.Waiting, err = a.Repo.CountOrder(c.ctx, c.instance, page.OrderID); err != nil {
		return err
	}
	page.Counted = true
	return a.show(c, http.StatusOK, page)
}

// understandForget reads the order that was typed.
func (a *App) understandForget(c *call, typed string) (adminui.Forget, error) {
	page := adminui.Forget{OrderID: typed}
	if m := webhook.JudgeOrderID(typed); !m.IsZero() {
		page.Problems = webhook.Problems{{Code: webhook.CodeJSONInvalid, Field: "order_id", Message: m}}
	}
	return page, a.Repo.HasInstance(c.ctx, c.instance)
}

// forgetByForm is POST [I]/admin/webhooks/forget. Sent twice it succeeds twice.
func (a *App) forgetByForm(c *call) error {
	fields, err := a.readFields(c)
	if err != nil {
		return a.refuse(c, err)
	}
	page, err := a.understandForget(c, fields.Get("order_id"))
	if err != nil {
		return err
	}
	if problem := page.Problems.First(); problem != nil {
		return a.showRefused(c, problem, page)
	}
	count, err := a.Courier.Forget(c.ctx, c.instance, page.OrderID)
	if err != nil {
		return err
	}
	return c.seeOther("webhooks/deliveries?erased=" + strconv.Itoa(count))
}
