package handlers

import (
	"net/http"
	"slices"
	"strings"
)

// An endpoint is a kind of path below a mount, as gin writes it.
type endpoint string

const (
	endpointOpenAPI    endpoint = "private/openapi.json"
	endpointWebhooks   endpoint = "private/webhooks"
	endpointWebhook    endpoint = "private/webhooks/:webhook_id"
	endpointTest       endpoint = "private/webhooks/:webhook_id/test"
	endpointPause      endpoint = "private/webhooks/:webhook_id/pause"
	endpointResume     endpoint = "private/webhooks/:webhook_id/resume"
	endpointSecret     endpoint = "private/webhooks/:webhook_id/secret"
	endpointRotate     endpoint = "private/webhooks/:webhook_id/secret/rotate"
	endpointDeliveries endpoint = "private/webhooks/:webhook_id/deliveries"
	endpointDelivery   endpoint = "private/webhooks/:webhook_id/deliveries/:delivery_id"
	endpointRedeliver  endpoint = "private/webhooks/:webhook_id/deliveries/:delivery_id/redeliver"
	endpointLog        endpoint = "private/webhook-deliveries"
	endpointWhy        endpoint = "private/webhook-deliveries/why"
	endpointRecover    endpoint = "private/webhook-deliveries/recover"
	endpointForget     endpoint = "private/webhook-deliveries/forget"
	endpointConfig     endpoint = "config"

	pageList       endpoint = "admin/webhooks"
	pageSlash      endpoint = "admin/webhooks/"
	pageNew        endpoint = "admin/webhooks/new"
	pagePreview    endpoint = "admin/webhooks/preview"
	pageLog        endpoint = "admin/webhooks/deliveries"
	pageWhy        endpoint = "admin/webhooks/why"
	pageRecoverAll endpoint = "admin/webhooks/recover"
	pageForget     endpoint = "admin/webhooks/forget"
	pageWebhook    endpoint = "admin/webhooks/:webhook_id"
	pageView       endpoint = "admin/webhooks/:webhook_id/view"
	pageEdit       endpoint = "admin/webhooks/:webhook_id/edit"
	pageDelete     endpoint = "admin/webhooks/:webhook_id/delete"
	pageTest       endpoint = "admin/webhooks/:webhook_id/test"
	pagePause      endpoint = "admin/webhooks/:webhook_id/pause"
	pageResume     endpoint = "admin/webhooks/:webhook_id/resume"
	pageSecret     endpoint = "admin/webhooks/:webhook_id/secret"
	pageRotate     endpoint = "admin/webhooks/:webhook_id/secret/rotate"
	pageRecover    endpoint = "admin/webhooks/:webhook_id/recover"
	pageDeliveries endpoint = "admin/webhooks/:webhook_id/deliveries"
	pageDelivery   endpoint = "admin/webhooks/:webhook_id/deliveries/:delivery_id"
	pageReveal     endpoint = "admin/webhooks/:webhook_id/deliveries/:delivery_id/show"
	pageRedeliver  endpoint = "admin/webhooks/:webhook_id/deliveries/:delivery_id/redeliver"
	pageAsset      endpoint = "admin/webhook-assets/:name"
)

// parameters are the values of an endpoint's, in its order; each may be anything
// but empty.
type parameters [2]string

// match reports whether the unescaped segments of a path are of the endpoint,
// with the values of its parameters.
func (e endpoint) match(path []string) (values parameters, ok bool) {
	i, n := 0, 0
	for segment := range strings.SplitSeq(string(e), "/") {
		switch {
		case i == len(path):
			return parameters{}, false
		case strings.HasPrefix(segment, ":") && path[i] != "":
			values[n] = path[i]
			n++
		case path[i] != segment:
			return parameters{}, false
		}
		i++
	}
	return values, i == len(path)
}

// namesWebhook reports whether the path holds a webhook's ID.
func (e endpoint) namesWebhook() bool { return strings.Contains(string(e), ":"+webhookParam) }

// hasWebhook reports whether a webhook's form is posted to the page.
func (e endpoint) hasWebhook() bool { return e == pageList || e == pagePreview || e == pageEdit }

// An operation is a method at an endpoint.
type operation struct {
	endpoint   endpoint
	method     string
	permission Permission // empty: anybody
	run        func(*call) error
}

// apiTable lists every operation of the API. Routes, 405 with Allow, permissions
// and the description (O3) come from it: to add an operation is to add a row, a
// function, and what describedOperations says of it.
func (a *App) apiTable() []operation {
	operations := []operation{
		{endpointWebhooks, http.MethodGet, WebhooksRead, a.listWebhooks},
		{endpointWebhooks, http.MethodPost, WebhooksWrite, a.createWebhook},
		{endpointWebhook, http.MethodGet, WebhooksRead, a.getWebhook},
		{endpointWebhook, http.MethodPatch, WebhooksWrite, a.updateWebhook},
		{endpointWebhook, http.MethodDelete, WebhooksWrite, a.deleteWebhook},
		{endpointTest, http.MethodPost, WebhooksWrite, a.sendTest},
		{endpointPause, http.MethodPost, WebhooksWrite, a.pauseWebhook},
		{endpointResume, http.MethodPost, WebhooksWrite, a.resumeWebhook},
		{endpointSecret, http.MethodGet, WebhooksWrite, a.getSecrets},
		{endpointRotate, http.MethodPost, WebhooksWrite, a.rotateSecret},
		{endpointDeliveries, http.MethodGet, WebhooksRead, a.listDeliveries},
		{endpointDelivery, http.MethodGet, WebhooksRead, a.getDelivery},
		{endpointRedeliver, http.MethodPost, WebhooksWrite, a.redeliver},
		{endpointLog, http.MethodGet, WebhooksRead, a.listAllDeliveries},
		{endpointWhy, http.MethodGet, WebhooksRead, a.explainOrder},
		{endpointRecover, http.MethodPost, WebhooksWrite, a.recoverDeliveries},
		{endpointForget, http.MethodPost, WebhooksWrite, a.forgetOrder},
		{endpointOpenAPI, http.MethodGet, WebhooksRead, a.getDescription},
	}
	if a.Currency != nil {
		operations = append(operations, operation{endpointConfig, http.MethodGet, "", a.getConfig})
	}
	return operations
}

// adminTable lists every operation of the admin's pages. An endpoint without a
// parameter goes before the one that would take its name for an ID.
func (a *App) adminTable() []operation {
	return []operation{
		{pageList, http.MethodGet, WebhooksRead, a.showList},
		{pageList, http.MethodPost, WebhooksWrite, a.createByForm},
		{pageSlash, http.MethodGet, "", a.leadToList},
		{pageNew, http.MethodGet, WebhooksWrite, a.showNew},
		{pagePreview, http.MethodGet, WebhooksWrite, a.leadToNew},
		{pagePreview, http.MethodPost, WebhooksWrite, a.previewForm},
		{pageLog, http.MethodGet, WebhooksRead, a.showLog},
		{pageWhy, http.MethodGet, WebhooksRead, a.showWhy},
		{pageRecoverAll, http.MethodGet, WebhooksWrite, a.showRecover},
		{pageRecoverAll, http.MethodPost, WebhooksWrite, a.recoverByForm},
		{pageForget, http.MethodGet, WebhooksWrite, a.showForget},
		{pageForget, http.MethodPost, WebhooksWrite, a.forgetByForm},
		{pageWebhook, http.MethodGet, WebhooksRead, a.leadToView},
		{pageView, http.MethodGet, WebhooksRead, a.showWebhook},
		{pageEdit, http.MethodGet, WebhooksWrite, a.showEdit},
		{pageEdit, http.MethodPost, WebhooksWrite, a.updateByForm},
		{pageDelete, http.MethodGet, WebhooksWrite, a.showDelete},
		{pageDelete, http.MethodPost, WebhooksWrite, a.deleteByForm},
		{pageTest, http.MethodGet, WebhooksRead, a.leadToView},
		{pageTest, http.MethodPost, WebhooksWrite, a.sendTestByForm},
		{pagePause, http.MethodGet, WebhooksWrite, a.showPause},
		{pagePause, http.MethodPost, WebhooksWrite, a.pauseByForm},
		{pageResume, http.MethodGet, WebhooksWrite, a.showResume},
		{pageResume, http.MethodPost, WebhooksWrite, a.resumeByForm},
		{pageSecret, http.MethodGet, WebhooksWrite, a.askSecret},
		{pageSecret, http.MethodPost, WebhooksWrite, a.showSecret},
		{pageRotate, http.MethodGet, WebhooksWrite, a.showRotate},
		{pageRotate, http.MethodPost, WebhooksWrite, a.rotateByForm},
		{pageRecover, http.MethodGet, WebhooksWrite, a.showRecover},
		{pageRecover, http.MethodPost, WebhooksWrite, a.recoverByForm},
		{pageDeliveries, http.MethodGet, WebhooksRead, a.showLog},
		{pageDelivery, http.MethodGet, WebhooksRead, a.showDelivery},
		{pageReveal, http.MethodGet, WebhooksRead, a.leadToDelivery},
		{pageReveal, http.MethodPost, WebhooksWrite, a.revealDelivery},
		{pageRedeliver, http.MethodGet, WebhooksWrite, a.showRedeliver},
		{pageRedeliver, http.MethodPost, WebhooksWrite, a.redeliverByForm},
		{pageAsset, http.MethodGet, "", a.sendAsset},
	}
}

// A table is the operations of one half: the API, or the admin.
type table []operation

// locate gives the endpoint of a path, the first that matches.
func (t table) locate(path []string) (at endpoint, values parameters, ok bool) {
	for _, op := range t {
		if values, ok := op.endpoint.match(path); ok {
			return op.endpoint, values, true
		}
	}
	return "", parameters{}, false
}

// find gives the operation of a method at an endpoint. HEAD is answered as GET.
func (t table) find(at endpoint, method string) (operation, bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	i := slices.IndexFunc(t, func(op operation) bool { return op.endpoint == at && op.method == method })
	if i < 0 {
		return operation{}, false
	}
	return t[i], true
}

// allowed lists the methods of an endpoint, as the header Allow does.
func (t table) allowed(at endpoint) string {
	var methods []string
	for _, op := range t {
		if op.endpoint != at {
			continue
		}
		methods = append(methods, op.method)
		if op.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return strings.Join(methods, ", ")
}
