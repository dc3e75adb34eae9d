package handlers

import (
	"net/http"
	"net/url"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// sendTest is POST [I]/private/webhooks/:webhook_id/test. Location says where the
// delivery is, from whose attempts a program sees what came of it.
func (a *App) sendTest(c *call) error {
	deliveryID, err := a.Courier.Test(c.ctx, c.instance, c.webhookID)
	if err != nil {
		return err
	}
	c.Header("Location", "deliveries/"+url.PathEscape(deliveryID))
	return c.done(nil)
}

// redeliver is POST [I]/private/webhooks/:webhook_id/deliveries/:delivery_id/redeliver.
func (a *App) redeliver(c *call) error {
	rebuild, err := a.readFlag(c, "rebuild")
	if err != nil {
		return a.refuse(c, err)
	}
	return c.done(a.Courier.Redeliver(c.ctx, c.instance, c.webhookID, c.deliveryID, rebuild))
}

// pauseWebhook is POST [I]/private/webhooks/:webhook_id/pause.
func (a *App) pauseWebhook(c *call) error {
	return c.done(a.Courier.Pause(c.ctx, c.instance, c.webhookID))
}

// resumeWebhook is POST [I]/private/webhooks/:webhook_id/resume.
func (a *App) resumeWebhook(c *call) error {
	drop, err := a.readFlag(c, "drop")
	if err != nil {
		return a.refuse(c, err)
	}
	return c.done(a.Courier.Resume(c.ctx, c.instance, c.webhookID, drop))
}

// readFlag reads a body that says nothing but one thing, and may be left out.
func (a *App) readFlag(c *call, name string) (bool, error) {
	r, err := a.readObject(c, true)
	if err != nil {
		return false, err
	}
	flag := r.flag(name)
	return flag, r.err
}

// getSecrets is GET [I]/private/webhooks/:webhook_id/secret: what deliveries are
// signed with, the newest first.
func (a *App) getSecrets(c *call) error {
	secrets, _, err := a.Courier.Secrets(c.ctx, c.instance, c.webhookID)
	if err != nil {
		return err
	}
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Text()
	}
	writeJSON(c.Context, http.StatusOK, map[string][]string{"secrets": texts})
	return nil
}

// rotateSecret is POST [I]/private/webhooks/:webhook_id/secret/rotate.
func (a *App) rotateSecret(c *call) error {
	return c.done(a.Courier.RotateSecret(c.ctx, c.instance, c.webhookID))
}

// twice is how long a program that repeats a request, since its answer was lost,
// may take to do so.
const twice = time.Minute

// recoverDeliveries is POST [I]/private/webhook-deliveries/recover. What failed
// waits once it is queued, so that a second request finds nothing; where
// delivered ones are asked for too, those that were queued in the last minute
// are left out instead.
func (a *App) recoverDeliveries(c *call) error {
	again, rebuild, dry, err := a.readAgain(c)
	if err != nil {
		return a.refuse(c, err)
	}
	if again.All {
		now, err := a.Repo.Now(c.ctx)
		if err != nil {
			return err
		}
		again.NotSince = now.Add(-twice)
	}
	var count int
	if dry {
		count, _, err = a.Repo.CountAgain(c.ctx, c.instance, again)
	} else {
		count, err = a.Courier.Recover(c.ctx, c.instance, again, rebuild)
	}
	if err != nil {
		return err
	}
	writeCount(c, count)
	return nil
}

// readAgain reads which deliveries are to be sent again.
func (a *App) readAgain(c *call) (again repo.Again, rebuild, dry bool, err error) {
	r, err := a.readObject(c, false)
	if err != nil {
		return repo.Again{}, false, false, err
	}
	again = repo.Again{
		WebhookID: r.webhookID(),
		From:      r.time("from"),
		To:        r.time("to"),
		All:       r.flag("all"),
	}
	rebuild, dry = r.flag("rebuild"), r.flag("dry_run")
	again.Rebuild = rebuild
	if isReversed(again.From, again.To) {
		r.refuse("to", webhook.Say("parameter.period"))
	}
	return again, rebuild, dry, r.err
}

// forgetOrder is POST [I]/private/webhook-deliveries/forget.
func (a *App) forgetOrder(c *call) error {
	r, err := a.readObject(c, false)
	if err != nil {
		return a.refuse(c, err)
	}
	order, dry := r.order(), r.flag("dry_run")
	if r.err != nil {
		return a.refuse(c, r.err)
	}
	var count int
	if dry {
		count, _, err = a.Repo.CountOrder(c.ctx, c.instance, order)
	} else {
		count, err = a.Courier.Forget(c.ctx, c.instance, order)
	}
	if err != nil {
		return err
	}
	writeCount(c, count)
	return nil
}

func writeCount(c *call, n int) {
	writeJSON(c.Context, http.StatusOK, map[string]int{"count": n})
}
