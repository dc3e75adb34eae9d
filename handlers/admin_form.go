package handlers

import (
	"net/http"
	"net/url"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// showNew is GET [I]/admin/webhooks/new: the form as most need it, or with the
// values of the webhook that is to be duplicated.
func (a *App) showNew(c *call) error {
	form := adminui.Form{StartFrom: webhook.StartAll, Schedule: a.Schedule}
	if c.webhookID = c.Query("from"); c.webhookID != "" {
		if err := a.checkID(c, c.webhookID); err != nil {
			return err
		}
		stored, err := a.stored(c)
		if err != nil {
			return err
		}
		form.Values, form.StartFrom = valuesOf(stored), webhook.StartOwn
		form.Values.WebhookID = ""
		return a.show(c, http.StatusOK, form)
	}
	if err := a.Repo.HasInstance(c.ctx, c.instance); err != nil {
		return err
	}
	in := webhook.Input{EventType: webhook.Value{Text: "pay"}, HTTPMethod: webhook.Value{Text: http.MethodPost}}
	in, form.StartFrom = a.Policy.EventTypes.Complete(in, form.StartFrom)
	form.Values = typed(in)
	form.Values.WebhookID = ""
	return a.show(c, http.StatusOK, form)
}

// createByForm is POST [I]/admin/webhooks.
func (a *App) createByForm(c *call) error {
	f, err := a.readForm(c)
	if err != nil {
		return a.refuse(c, err)
	}
	w, problems := webhook.Validate(f.input, a.Policy)
	if len(problems) > 0 {
		return a.refuse(c, f.refuse(problems...))
	}
	if err := a.Repo.Create(c.ctx, c.instance, w, a.MaxWebhooks); err != nil {
		return f.fail(err)
	}
	return c.seeOther("webhooks?" + url.Values{"saved": {w.ID}}.Encode())
}

// showEdit is GET [I]/admin/webhooks/:webhook_id/edit.
func (a *App) showEdit(c *call) error {
	stored, account, err := a.accounted(c)
	if err != nil {
		return err
	}
	return a.show(c, http.StatusOK, adminui.Form{
		Editing:   stored.ID,
		Values:    valuesOf(stored),
		StartFrom: webhook.StartOwn,
		Version:   stored.Version,
		Schedule:  a.Schedule,
		Waiting:   account.Waiting,
	})
}

// updateByForm is POST [I]/admin/webhooks/:webhook_id/edit. Sent twice it
// succeeds twice.
func (a *App) updateByForm(c *call) error {
	f, err := a.readForm(c)
	if err != nil {
		return a.refuse(c, err)
	}
	w, problems := webhook.Validate(f.input, a.Policy)
	if fixed := webhook.JudgeSameID(f.postedID, c.webhookID); fixed != nil {
		problems = append(webhook.Problems{fixed}, problems...)
	}
	if len(problems) > 0 {
		return a.refuse(c, f.refuse(problems...))
	}
	err = a.Repo.UpdateVersion(c.ctx, c.instance, w, f.form.Version)
	switch {
	case isCode(err, webhook.CodeWebhookExists):
		return a.failChanged(c, f, err)
	case err != nil:
		return f.fail(err)
	case f.form.RebuildWaiting:
		if _, err := a.Courier.Rebuild(c.ctx, c.instance, c.webhookID); err != nil {
			a.logProblem(c, problemOf(err), err)
			return c.leadToDone("saved_only")
		}
	}
	return c.seeOther("webhooks?" + url.Values{"saved": {w.ID}}.Encode())
}

// failChanged shows both versions of a webhook that somebody else changed
// meanwhile.
func (a *App) failChanged(c *call, f *posted, changed error) error {
	stored, err := a.Repo.GetStored(c.ctx, c.instance, c.webhookID)
	if err != nil {
		return f.fail(err)
	}
	f.form.Changed = &adminui.Changed{Stored: valuesOf(stored), At: stored.UpdatedAt}
	f.form.Version = stored.Version
	return f.fail(changed)
}

// previewForm is POST [I]/admin/webhooks/preview. It stores nothing.
func (a *App) previewForm(c *call) error {
	f, err := a.readForm(c)
	if err != nil {
		return a.refuse(c, err)
	}
	if err := a.Repo.HasInstance(c.ctx, c.instance); err != nil {
		return f.fail(err)
	}
	preview := webhook.MakePreview(f.input, a.Policy)
	_, f.form.Problems = webhook.Validate(f.input, a.Policy)
	f.form.Preview = &preview
	return a.show(c, http.StatusOK, f.form)
}

// valuesOf are the fields of what is stored.
func valuesOf(stored repo.Stored) adminui.Values {
	return adminui.Values{
		WebhookID:      stored.ID,
		EventType:      stored.EventType,
		URL:            stored.URL,
		HTTPMethod:     stored.HTTPMethod,
		HeaderTemplate: stored.HeaderTemplate,
		BodyTemplate:   stored.BodyTemplate,
	}
}
