package handlers

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/openapi"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// describedOperations says of each row of the API's table what does not follow
// from it.
func (a *App) describedOperations() []described {
	return slices.Concat(a.describedWebhooks(), describedStates(), describedLog(), describedRepairs(), describedAbout())
}

// The tags that operations are grouped by.
const (
	tagWebhooks   = "webhooks"
	tagDeliveries = "deliveries"
	tagAbout      = "about"
)

// webhookExample is what the README creates.
var webhookExample = map[string]string{
	webhook.FieldEventType:    "pay",
	webhook.FieldURL:          "https://erp.example.com/hook",
	webhook.FieldHTTPMethod:   "POST",
	webhook.FieldBodyTemplate: "{{{contract_terms}}}",
}

func (a *App) describedWebhooks() []described {
	created := map[string]string{webhook.FieldID: "erp"}
	for name, value := range webhookExample {
		created[name] = value
	}
	room := "An instance may have any number of webhooks."
	if a.MaxWebhooks >= 0 {
		room = fmt.Sprintf("An instance may have %d webhooks; one more is refused with code %d.", a.MaxWebhooks, webhook.CodeForbidden)
	}
	return []described{
		{
			endpoint: endpointWebhooks, method: http.MethodGet,
			id: "listWebhooks", tag: tagWebhooks, summary: "List the webhooks",
			text:  "Complete and the oldest first, unless a limit is given.",
			query: pageParameters("Without it the list is complete."),
			success: pages("The webhooks.", "WebhookList",
				map[string]any{"webhooks": []map[string]string{{webhook.FieldID: "erp", webhook.FieldEventType: "pay"}}}),
		},
		{
			endpoint: endpointWebhooks, method: http.MethodPost,
			id: "createWebhook", tag: tagWebhooks, summary: "Create a webhook",
			text:     "The same request again is answered with 204 too. " + room,
			body:     takes(openapi.Ref("NewWebhook"), created),
			success:  done("It is stored."),
			refusals: []webhook.Code{webhook.CodeWebhookExists},
		},
		{
			endpoint: endpointWebhook, method: http.MethodGet,
			id: "getWebhook", tag: tagWebhooks, summary: "Read a webhook",
			success: answered("The webhook.", openapi.Ref("Webhook"), webhookExample),
		},
		{
			endpoint: endpointWebhook, method: http.MethodPatch,
			id: "updateWebhook", tag: tagWebhooks, summary: "Change a webhook",
			text:    "All of it is replaced: a template that is left out is cleared. Deliveries that wait stay as they were made.",
			body:    takes(openapi.Ref("WebhookSettings"), webhookExample),
			success: done("It is stored."),
		},
		{
			endpoint: endpointWebhook, method: http.MethodDelete,
			id: "deleteWebhook", tag: tagWebhooks, summary: "Delete a webhook",
			text:    "Its deliveries go with it, those that wait too. A second time it is not known.",
			success: done("It is gone."),
		},
	}
}

// describedStates are what can be done with a webhook beside changing it.
func describedStates() []described {
	return []described{
		{
			endpoint: endpointTest, method: http.MethodPost,
			id: "sendTest", tag: tagDeliveries, summary: "Send a test event",
			text: "Its data are the event's example. It goes the whole way of a real one, also while the webhook is paused. Where no request can be made of it, " +
				"the delivery says why.",
			success: done("It is queued.").With("Location", "Where the delivery is, relative to this path.", true),
		},
		{
			endpoint: endpointPause, method: http.MethodPost,
			id: "pauseWebhook", tag: tagDeliveries, summary: "Pause a webhook",
			text:    "What happens from now on waits.",
			success: done("It is paused, or was already."),
		},
		{
			endpoint: endpointResume, method: http.MethodPost,
			id: "resumeWebhook", tag: tagDeliveries, summary: "Resume a webhook",
			text:    "What waits is sent, the oldest first. It goes in steps: cut off, it may be repeated.",
			body:    flag("drop", "What waits is failed instead."),
			success: done("It is not paused."),
		},
		{
			endpoint: endpointSecret, method: http.MethodGet,
			id: "getSecrets", tag: tagWebhooks, summary: "Read what a webhook's deliveries are signed with",
			success: answered("The secrets.", openapi.Ref("Secrets"), map[string][]string{"secrets": {secretExample}}),
		},
		{
			endpoint: endpointRotate, method: http.MethodPost,
			id: "rotateSecret", tag: tagWebhooks, summary: "Make a new secret",
			text:    "The one before stays valid for a day. Sent again within a minute it does nothing, so that a program may repeat it.",
			success: done("Deliveries are signed with the new secret too."),
		},
	}
}

func describedLog() []described {
	row := map[string]any{
		"delivery_id": deliveryExample, webhook.FieldEventType: "pay", "state": "failed", "attempt_count": 1,
		"event_at": stampExample, "created_at": stampExample, "last_status": 400, "order_id": "2025.282-01MRE3X",
	}
	return []described{
		{
			endpoint: endpointDeliveries, method: http.MethodGet,
			id: "listDeliveries", tag: tagDeliveries, summary: "List the deliveries of a webhook",
			query: logParameters(),
			success: pages("The deliveries.", "DeliveryList",
				map[string]any{"deliveries": []any{row}}),
		},
		{
			endpoint: endpointDelivery, method: http.MethodGet,
			id: "getDelivery", tag: tagDeliveries, summary: "Read a delivery",
			text:    "What was sent, every attempt, and why it is where it is.",
			success: answered("The delivery.", openapi.Ref("Delivery"), nil),
		},
		{
			endpoint: endpointRedeliver, method: http.MethodPost,
			id: "redeliver", tag: tagDeliveries, summary: "Send a delivery again, now",
			text: fmt.Sprintf("One that waits is sent now. One that was erased or could not be made, and a rebuild that gives nothing to send, are refused with code %d.",
				webhook.CodeForbidden),
			body:    flag("rebuild", "It is made anew with the webhook's present settings."),
			success: done("It is queued."),
		},
		{
			endpoint: endpointLog, method: http.MethodGet,
			id: "listAllDeliveries", tag: tagDeliveries, summary: "List the deliveries of all webhooks",
			query:   logParameters(),
			success: pages("The deliveries.", "DeliveryListOfAll", nil),
		},
		{
			endpoint: endpointWhy, method: http.MethodGet,
			id: "explainOrder", tag: tagDeliveries, summary: "Why was an order's event sent, or not sent?",
			query:   []openapi.Parameter{{Name: "order_id", In: "query", Required: true, Schema: orderSchema()}},
			success: answered("An answer for each webhook, or one where the order is not known.", openapi.Ref("Answers"), nil),
		},
	}
}

// describedRepairs are what can be done with many deliveries.
func describedRepairs() []described {
	dry := func(how string) openapi.Field {
		return openapi.Field{Name: "dry_run", Optional: true, Schema: openapi.Flag(how).OrNull()}
	}
	period := openapi.Object("Which deliveries.",
		openapi.Field{Name: webhook.FieldID, Optional: true, Schema: idSchema().OrNull()},
		openapi.Field{Name: "from", Schema: openapi.Ref("Timestamp")},
		openapi.Field{Name: "to", Schema: openapi.Ref("Timestamp")},
		openapi.Field{Name: "all", Optional: true, Schema: openapi.Flag("Delivered ones too, but not what was queued within the last minute.").OrNull()},
		openapi.Field{Name: "rebuild", Optional: true, Schema: openapi.Flag("They are made anew with the webhook's present settings.").OrNull()},
		dry(fmt.Sprintf("Only count; %d means more than %d.", repo.MaxCount+1, repo.MaxCount)))
	order := openapi.Object("Which order.", openapi.Field{Name: "order_id", Schema: orderSchema()}, dry("Only count."))
	return []described{
		{
			endpoint: endpointRecover, method: http.MethodPost,
			id: "recover", tag: tagDeliveries, summary: "Send again what failed in a time",
			text:     "Of one webhook or of all, by the time of the event, the oldest first. It goes in steps: cut off, it may be repeated, and goes on where it stopped.",
			body:     takes(period, map[string]any{"from": stampExample, "to": map[string]any{"t_s": 1760086400}, "dry_run": true}),
			success:  answered("How many are sent again.", openapi.Ref("Count"), map[string]int{"count": 12}),
			refusals: []webhook.Code{webhook.CodeWebhookUnknown},
		},
		{
			endpoint: endpointForget, method: http.MethodPost,
			id: "forget", tag: tagDeliveries, summary: "Erase what was sent of an order",
			text:    "What was sent and answered, and the data of its events. Times, outcome and the hash of each body are kept. What still waits is failed.",
			body:    takes(order, map[string]any{"order_id": "2025.282-01MRE3X", "dry_run": true}),
			success: answered("How many are erased.", openapi.Ref("Count"), map[string]int{"count": 2}),
		},
	}
}

func describedAbout() []described {
	number := openapi.Integer(0, 8, "")
	return []described{
		{
			endpoint: endpointConfig, method: http.MethodGet,
			id: "getConfig", tag: tagAbout, summary: "Read what a client of GNU Taler asks first",
			success: answered("What this server is.", openapi.Object("",
				openapi.Field{Name: "name", Schema: openapi.Schema{Const: "taler-merchant"}},
				openapi.Field{Name: "version", Schema: openapi.Text("Of Taler's protocol: current:revision:age.").Like("20:0:0")},
				openapi.Field{Name: "currency", Schema: openapi.Text("").Like("KUDOS")},
				openapi.Field{Name: "currencies", Schema: openapi.Schema{Type: "object", More: new(openapi.Object("",
					openapi.Field{Name: "name", Schema: openapi.Text("")},
					openapi.Field{Name: "currency", Schema: openapi.Text("")},
					openapi.Field{Name: "num_fractional_input_digits", Schema: number},
					openapi.Field{Name: "num_fractional_normal_digits", Schema: number},
					openapi.Field{Name: "num_fractional_trailing_zero_digits", Schema: number},
					openapi.Field{Name: "alt_unit_names", Schema: openapi.Schema{Type: "object", More: new(openapi.Text(""))}},
				))}},
				openapi.Field{Name: "exchanges", Schema: openapi.List(openapi.Schema{}, "Always empty.")},
				openapi.Field{Name: "have_self_provisioning", Schema: openapi.Flag("")},
				openapi.Field{Name: "have_donau", Schema: openapi.Flag("")},
			), nil),
		},
		{
			endpoint: endpointOpenAPI, method: http.MethodGet,
			id: "getDescription", tag: tagAbout, summary: "Read this description",
			success: answered("A document of OpenAPI 3.1.", openapi.Schema{Type: "object", More: &openapi.Schema{}}, nil),
		},
	}
}
