package handlers

import (
	"net/http"
	"slices"
	"strings"
)

// An endpoint is a kind of path below a mount, as gin writes it.
type endpoint string

const (
	endpointWebhooks endpoint = "private/webhooks"
	endpointWebhook  endpoint = "private/webhooks/:webhook_id"
	endpointConfig   endpoint = "config"

	pageList    endpoint = "admin/webhooks"
	pageSlash   endpoint = "admin/webhooks/"
	pageNew     endpoint = "admin/webhooks/new"
	pagePreview endpoint = "admin/webhooks/preview"
	pageWebhook endpoint = "admin/webhooks/:webhook_id"
	pageView    endpoint = "admin/webhooks/:webhook_id/view"
	pageEdit    endpoint = "admin/webhooks/:webhook_id/edit"
	pageDelete  endpoint = "admin/webhooks/:webhook_id/delete"
	pageAsset   endpoint = "admin/webhook-assets/:name"
)

// match reports whether the unescaped segments of a path are of the endpoint,
// with the value of its parameter, which may be anything but empty.
func (e endpoint) match(path []string) (value string, ok bool) {
	i := 0
	for segment := range strings.SplitSeq(string(e), "/") {
		switch {
		case i == len(path):
			return "", false
		case strings.HasPrefix(segment, ":") && path[i] != "":
			value = path[i]
		case path[i] != segment:
			return "", false
		}
		i++
	}
	return value, i == len(path)
}

// An operation is a method at an endpoint.
type operation struct {
	endpoint   endpoint
	method     string
	permission Permission // empty: anybody
	run        func(*call) error
}

// apiTable lists every operation of the API. Routes, 405 with Allow, and
// permissions come from it: to add an operation is to add a row and a function.
func (a *App) apiTable() []operation {
	operations := []operation{
		{endpointWebhooks, http.MethodGet, WebhooksRead, a.listWebhooks},
		{endpointWebhooks, http.MethodPost, WebhooksWrite, a.createWebhook},
		{endpointWebhook, http.MethodGet, WebhooksRead, a.getWebhook},
		{endpointWebhook, http.MethodPatch, WebhooksWrite, a.updateWebhook},
		{endpointWebhook, http.MethodDelete, WebhooksWrite, a.deleteWebhook},
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
		{pageWebhook, http.MethodGet, WebhooksRead, a.leadToView},
		{pageView, http.MethodGet, WebhooksRead, a.showWebhook},
		{pageEdit, http.MethodGet, WebhooksWrite, a.showEdit},
		{pageEdit, http.MethodPost, WebhooksWrite, a.updateByForm},
		{pageDelete, http.MethodGet, WebhooksWrite, a.showDelete},
		{pageDelete, http.MethodPost, WebhooksWrite, a.deleteByForm},
		{pageAsset, http.MethodGet, "", a.sendAsset},
	}
}

// A table is the operations of one half: the API, or the admin.
type table []operation

// locate gives the endpoint of a path, the first that matches.
func (t table) locate(path []string) (at endpoint, value string, ok bool) {
	for _, op := range t {
		if value, ok := op.endpoint.match(path); ok {
			return op.endpoint, value, true
		}
	}
	return "", "", false
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
