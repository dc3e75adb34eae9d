package handlers

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const (
	// rowsOnPage is how many webhooks, or deliveries, a page of a list shows.
	rowsOnPage = 50
	// recentOnPage is how many deliveries a webhook's own page shows.
	recentOnPage = 10
)

// showList is GET [I]/admin/webhooks. A page whose webhooks are all deleted by
// now leads to the newest.
func (a *App) showList(c *call) error {
	query := c.Request.URL.Query()
	search := repo.Search{Text: query.Get("q"), Limit: rowsOnPage}
	if search.Text != "" {
		search.EventTypes = a.Admin.UI.EventsMatching(a.language(c), search.Text)
	}
	search.From = serial(query.Get("before"))
	if after := serial(query.Get("after")); after > 0 {
		search.From, search.Backwards = after, true
	}
	found, err := a.Repo.Search(c.ctx, c.instance, search)
	if err != nil {
		return err
	}
	if len(found.Rows) == 0 && found.Newer {
		return c.seeOther("webhooks?" + url.Values{"q": {search.Text}}.Encode())
	}
	list := adminui.List{First: found.First, Count: found.Count, Search: search.Text}
	if list.Rows, err = a.listRows(c, found.Rows); err != nil {
		return err
	}
	list.Newer, list.Older = neighbours(found, search.Text)
	if err := a.addNotice(c, query, &list); err != nil {
		return err
	}
	return a.show(c, http.StatusOK, list)
}

// listRows are the rows of the list, with what became of their deliveries.
func (a *App) listRows(c *call, found []repo.Row) ([]adminui.Row, error) {
	if len(found) == 0 {
		return nil, nil
	}
	ids := make([]string, len(found))
	for i, row := range found {
		ids[i] = row.ID
	}
	accounts, err := a.Repo.Accounts(c.ctx, c.instance, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]adminui.Row, len(found))
	for i, row := range found {
		rows[i] = adminui.Row{
			ID: row.ID, Event: a.Policy.EventTypes.Named(row.EventType), Method: row.HTTPMethod, URL: row.URL,
			Account: a.account(accounts[row.ID]),
		}
	}
	return rows, nil
}

// serial reads a webhook's serial from a link of the list's own; what is none
// means the list's beginning.
func serial(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n == math.MaxInt64 {
		return 0
	}
	return n
}

// neighbours are the queries of the pages before and behind the one that was
// found.
func neighbours(found repo.Found, text string) (newer, older string) {
	link := func(name string, row repo.Row) string {
		query := url.Values{name: {strconv.FormatInt(row.Serial, 10)}}
		if text != "" {
			query.Set("q", text)
		}
		return "?" + query.Encode()
	}
	if found.Newer {
		newer = link("after", found.Rows[0])
	}
	if found.Older {
		older = link("before", found.Rows[len(found.Rows)-1])
	}
	return newer, older
}

// addNotice tells what was just done, if it is true at this moment: a link can
// be old, or somebody else's.
func (a *App) addNotice(c *call, query url.Values, list *adminui.List) error {
	for name, notice := range map[string]*string{"saved": &list.Saved, "deleted": &list.Deleted, "gone": &list.Gone} {
		id := query.Get(name)
		if !webhook.ValidID(id) {
			continue
		}
		stored, err := a.Repo.GetStored(c.ctx, c.instance, id)
		unknown := isUnknownWebhook(err)
		switch {
		case err != nil && !unknown:
			return err
		case unknown == (name == "saved"):
			continue
		}
		*notice = id
		if !unknown {
			_, list.SavedBreaks = webhook.Breaks(stored.Webhook, a.Policy)
		}
	}
	return nil
}

// leadToList is GET [I]/admin/webhooks/, with the slash that people add.
func (a *App) leadToList(c *call) error { return c.seeOther("webhooks") }

// leadToNew is GET [I]/admin/webhooks/preview: a preview that was loaded again
// by its address has nothing to show.
func (a *App) leadToNew(c *call) error { return c.seeOther("webhooks/new") }

// leadToView is GET [I]/admin/webhooks/:webhook_id. The page itself is below,
// so that the IDs new and preview have one too.
func (a *App) leadToView(c *call) error {
	return c.seeOther("webhooks/" + url.PathEscape(c.webhookID) + "/view")
}

// showWebhook is GET [I]/admin/webhooks/:webhook_id/view.
func (a *App) showWebhook(c *call) error {
	stored, account, err := a.accounted(c)
	if err != nil {
		return err
	}
	page := adminui.Detail{
		Webhook: stored.Webhook,
		Event:   a.Policy.EventTypes.Named(stored.EventType),
		Created: stored.CreatedAt,
		Updated: stored.UpdatedAt,
		Account: a.account(account),
	}
	page.Breaks, _ = webhook.Breaks(stored.Webhook, a.Policy)
	newest := repo.Page{From: math.MaxInt64, Backwards: true, Limit: recentOnPage}
	recent, _, err := a.Repo.Deliveries(c.ctx, c.instance, repo.Filter{WebhookID: c.webhookID}, newest)
	if err != nil {
		return err
	}
	for _, row := range recent {
		page.Recent = append(page.Recent, a.deliveryRow(row))
	}
	if a.mayWrite(c) {
		secrets, _, err := a.Courier.Secrets(c.ctx, c.instance, c.webhookID)
		if err != nil {
			return err
		}
		page.SecretEnd = secrets[0].End()
		page.Notice = doneNotice(c.Query("done"), !account.PausedAt.IsZero(), len(secrets) > 1, account.Waiting > 0)
	}
	return a.show(c, http.StatusOK, page)
}

// showDelete is GET [I]/admin/webhooks/:webhook_id/delete.
func (a *App) showDelete(c *call) error {
	stored, account, err := a.accounted(c)
	if err != nil {
		return err
	}
	return a.show(c, http.StatusOK, adminui.Delete{Webhook: stored.Webhook, Event: a.Policy.EventTypes.Named(stored.EventType), Account: a.account(account)})
}

// deleteByForm is POST [I]/admin/webhooks/:webhook_id/delete. Sent twice it
// succeeds twice.
func (a *App) deleteByForm(c *call) error {
	notice := "deleted"
	err := a.Courier.Delete(c.ctx, c.instance, c.webhookID)
	if isUnknownWebhook(err) {
		notice, err = "gone", nil
	}
	if err != nil {
		return err
	}
	return c.seeOther("webhooks?" + url.Values{notice: {c.webhookID}}.Encode())
}

// sendAsset is GET [I]/admin/webhook-assets/:name. A name holds its content's
// hash, so browsers may keep it for ever.
func (a *App) sendAsset(c *call) error {
	asset, ok := a.Admin.UI.Asset(c.at.values[0])
	if !ok {
		return unknownPath(c.Request.URL.EscapedPath())
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(http.StatusOK, asset.ContentType, asset.Content)
	return nil
}

// stored reads the webhook that the path names.
func (a *App) stored(c *call) (repo.Stored, error) {
	return a.Repo.GetStored(c.ctx, c.instance, c.webhookID)
}

// accounted is stored, with what is known of the webhook's deliveries.
func (a *App) accounted(c *call) (repo.Stored, repo.Account, error) {
	stored, err := a.stored(c)
	if err != nil {
		return repo.Stored{}, repo.Account{}, err
	}
	account, err := a.Repo.AccountOf(c.ctx, c.instance, c.webhookID)
	return stored, account, err
}

func isUnknownWebhook(err error) bool { return isCode(err, webhook.CodeWebhookUnknown) }

func isCode(err error, code webhook.Code) bool {
	problem, is := errors.AsType[*webhook.Problem](err)
	return is && problem.Code == code
}
