package handlers

import (
	"net/http"
	"slices"
	"strings"
)

// An endpoint is a kind of path.
type endpoint int

const (
	endpointWebhooks endpoint = iota // [I]/private/webhooks
	endpointWebhook                  // [I]/private/webhooks/:webhook_id
	endpointConfig                   // [I]/config
)

// An operation is a method at an endpoint.
type operation struct {
	endpoint   endpoint
	method     string
	permission Permission // empty: anybody
	run        func(*call) error
}

// table lists every operation. Routes, 405 with Allow, and permissions come
// from it: to add an operation is to add a row and a function.
func (a *API) table() []operation {
	return []operation{
		{endpointWebhooks, http.MethodGet, WebhooksRead, a.listWebhooks},
		{endpointWebhooks, http.MethodPost, WebhooksWrite, a.createWebhook},
		{endpointWebhook, http.MethodGet, WebhooksRead, a.getWebhook},
		{endpointWebhook, http.MethodPatch, WebhooksWrite, a.updateWebhook},
		{endpointWebhook, http.MethodDelete, WebhooksWrite, a.deleteWebhook},
		{endpointConfig, http.MethodGet, "", a.getConfig},
	}
}

// find gives the operation of a method at an endpoint. HEAD is answered as GET.
func (a *API) find(at endpoint, method string) (operation, bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	i := slices.IndexFunc(a.operations, func(op operation) bool {
		return op.endpoint == at && op.method == method
	})
	if i < 0 {
		return operation{}, false
	}
	return a.operations[i], true
}

// allowed lists the methods of an endpoint, as the header Allow does.
func (a *API) allowed(at endpoint) string {
	var methods []string
	for _, op := range a.operations {
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
