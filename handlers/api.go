package handlers

import (
	"errors"
	"net/http"
	"os"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// createWebhook is POST [I]/private/webhooks.
func (a *App) createWebhook(c *call) error {
	in, err := a.readWebhook(c)
	if err != nil {
		return a.refuse(c, err)
	}
	w, problems := webhook.Validate(in, a.Policy)
	if problem := problems.First(); problem != nil {
		return a.refuse(c, problem)
	}
	return c.done(a.Repo.Create(c.ctx, c.instance, w, a.MaxWebhooks))
}

// getWebhook is GET [I]/private/webhooks/:webhook_id.
func (a *App) getWebhook(c *call) error {
	w, err := a.Repo.Get(c.ctx, c.instance, c.webhookID)
	if err != nil {
		return err
	}
	writeJSON(c.Context, http.StatusOK, struct {
		EventType      string `json:"event_type"`
		URL            string `json:"url"`
		HTTPMethod     string `json:"http_method"`
		HeaderTemplate string `json:"header_template,omitempty"`
		BodyTemplate   string `json:"body_template,omitempty"`
	}{w.EventType, w.URL, w.HTTPMethod, w.HeaderTemplate, w.BodyTemplate})
	return nil
}

// updateWebhook is PATCH [I]/private/webhooks/:webhook_id. It replaces every
// field; a template that is left out is cleared.
func (a *App) updateWebhook(c *call) error {
	in, err := a.readWebhook(c)
	if err != nil {
		return a.refuse(c, err)
	}
	in.WebhookID = webhook.Value{Text: c.webhookID}
	w, problems := webhook.Validate(in, a.Policy)
	if problem := problems.First(); problem != nil {
		return a.refuse(c, problem)
	}
	return c.done(a.Repo.Update(c.ctx, c.instance, w))
}

// deleteWebhook is DELETE [I]/private/webhooks/:webhook_id.
func (a *App) deleteWebhook(c *call) error {
	return c.done(a.Courier.Delete(c.ctx, c.instance, c.webhookID))
}

// getConfig is GET [I]/config.
func (a *App) getConfig(c *call) error {
	if err := a.Repo.HasInstance(c.ctx, c.instance); err != nil {
		return err
	}
	c.Data(http.StatusOK, "application/json", a.config)
	return nil
}

// readWebhook reads and decodes the body of a request.
func (a *App) readWebhook(c *call) (webhook.Input, error) {
	body, err := a.readBody(c, a.MaxBody)
	if err != nil {
		return webhook.Input{}, err
	}
	return decodeWebhook(body)
}

// checkID answers for IDs that no webhook can have, and that PostgreSQL may not
// even be asked for (a NUL, bytes that are not UTF-8).
func (a *App) checkID(c *call, id string) error {
	if webhook.ValidID(id) {
		return nil
	}
	return a.refuse(c, &webhook.Problem{Code: webhook.CodeWebhookUnknown, Subject: id})
}

// refuse gives the problem of a request that is not worth asking the database
// about, unless the instance is unknown: that is said first, whatever else is
// wrong. A body that took all the time there is leaves none to ask in, and who
// ended it before it was complete may have left.
func (a *App) refuse(c *call, problem error) error {
	if errors.Is(problem, os.ErrDeadlineExceeded) || errors.Is(problem, errBodyCut) {
		return problem
	}
	if err := a.Repo.HasInstance(c.ctx, c.instance); err != nil {
		return err
	}
	return problem
}
