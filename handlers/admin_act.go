package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/delivery"
)

// showPause is GET [I]/admin/webhooks/:webhook_id/pause.
func (a *App) showPause(c *call) error {
	stored, err := a.stored(c)
	if err != nil {
		return err
	}
	return a.show(c, http.StatusOK, adminui.Pause{WebhookID: c.webhookID, Event: a.Policy.EventTypes.Named(stored.EventType)})
}

// pauseByForm is POST to the same. Sent twice it succeeds twice.
func (a *App) pauseByForm(c *call) error {
	if err := a.Courier.Pause(c.ctx, c.instance, c.webhookID); err != nil {
		return err
	}
	return c.leadToDone("paused")
}

// showResume is GET [I]/admin/webhooks/:webhook_id/resume: it asks what to do
// with what waits.
func (a *App) showResume(c *call) error {
	account, err := a.Repo.AccountOf(c.ctx, c.instance, c.webhookID)
	if err != nil {
		return err
	}
	if account.PausedAt.IsZero() {
		return a.leadToView(c)
	}
	return a.show(c, http.StatusOK, adminui.Resume{WebhookID: c.webhookID, Waiting: account.Waiting, GoesOn: c.Query("left") != ""})
}

// resumeByForm is POST to the same. Sent twice it succeeds twice. What there was no
// time for to drop is asked for again.
func (a *App) resumeByForm(c *call) error {
	fields, err := a.readFields(c)
	if err != nil {
		return a.refuse(c, err)
	}
	ctx, drop := c.ctx, fields.Get("drop") != ""
	if drop {
		var cancel context.CancelFunc
		ctx, cancel = early(ctx)
		defer cancel()
	}
	err = a.Courier.Resume(ctx, c.instance, c.webhookID, drop)
	switch {
	case err != nil && drop && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return c.seeOther("webhooks/" + url.PathEscape(c.webhookID) + "/resume?left=1")
	case err != nil:
		return err
	}
	return c.leadToDone("resumed")
}

// askSecret is GET [I]/admin/webhooks/:webhook_id/secret, which shows nothing yet.
func (a *App) askSecret(c *call) error { return a.showSecretPage(c, false) }

// showSecret is POST [I]/admin/webhooks/:webhook_id/secret: it is no GET, so that
// no address shows the secret.
func (a *App) showSecret(c *call) error { return a.showSecretPage(c, true) }

func (a *App) showSecretPage(c *call, revealed bool) error {
	secrets, until, err := a.Courier.Secrets(c.ctx, c.instance, c.webhookID)
	if err != nil {
		return err
	}
	if !revealed {
		return a.show(c, http.StatusOK, adminui.SecretPage{WebhookID: c.webhookID})
	}
	page := adminui.SecretPage{WebhookID: c.webhookID, Secret: secrets[0].Text(), PreviousUntil: until}
	if len(secrets) > 1 {
		page.Previous = secrets[1].Text()
	}
	return a.show(c, http.StatusOK, page)
}

// showRotate is GET [I]/admin/webhooks/:webhook_id/secret/rotate.
func (a *App) showRotate(c *call) error {
	secrets, _, err := a.Courier.Secrets(c.ctx, c.instance, c.webhookID)
	if err != nil {
		return err
	}
	return a.show(c, http.StatusOK, adminui.Rotate{
		WebhookID:   c.webhookID,
		Until:       time.Now().Add(delivery.SecretOverlap),
		HasPrevious: len(secrets) > 1,
		End:         secrets[0].End(),
	})
}

// rotateByForm is POST to the same. Sent twice, it makes one secret: a second one
// would end that which the receiver has.
func (a *App) rotateByForm(c *call) error {
	fields, err := a.readFields(c)
	if err != nil {
		return a.refuse(c, err)
	}
	if end := fields.Get("end"); end != "" {
		err = a.Courier.RotateSecretThatEnds(c.ctx, c.instance, c.webhookID, end)
	} else {
		err = a.Courier.RotateSecret(c.ctx, c.instance, c.webhookID)
	}
	if err != nil {
		return err
	}
	return c.leadToDone("rotated")
}

// leadToDone leads to the webhook's page, which tells what was done.
func (c *call) leadToDone(what string) error {
	return c.seeOther("webhooks/" + url.PathEscape(c.webhookID) + "/view?done=" + what)
}

// doneNotice is what the page tells of, if it is true at this moment: a link can
// be old, or somebody else's.
func doneNotice(done string, isPaused, hasPrevious, waits bool) string {
	switch {
	case done == "paused" && isPaused, done == "resumed" && !isPaused, done == "rotated" && hasPrevious, done == "saved_only" && waits:
		return done
	}
	return ""
}
