package webhook_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A receiver checks a message before it reads it. The secret is what the webhook's
// page shows, or GET /private/webhooks/ID/secret.
func ExampleSecret() {
	secret := webhook.NewSecret()

	// What arrives:
	const id, body = "msg_1_0123456789abcdef", `{"order":"2025.282-01MRE3X"}`
	now := time.Now()
	header := http.Header{}
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	header.Set("webhook-signature", secret.Sign(id, now, []byte(body)))

	checker, err := standardwebhooks.NewWebhook(secret.Text())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("genuine:", checker.Verify([]byte(body), header))
	fmt.Println("changed on the way:", checker.Verify([]byte(body+" "), header))
	fmt.Println("in a log:", secret)
	// Output:
	// genuine: <nil>
	// changed on the way: unable to verify payload, err: no matching signature found
	// in a log: whsec_•••
}

// What a webhook makes of an event of the host's own.
func ExampleMakeRequest() {
	catalogue, err := webhook.NewCatalogue(webhook.EventType{Name: "stock_low", Example: []byte(`{"product": "Tea", "left": 4}`)})
	if err != nil {
		log.Fatal(err)
	}
	text := func(s string) webhook.Value { return webhook.Value{Text: s} }
	w, problems := webhook.Validate(webhook.Input{
		WebhookID:      text("crm"),
		EventType:      text("stock_low"),
		URL:            text("https://crm.example/hook"),
		HTTPMethod:     text("post"),
		HeaderTemplate: text("Content-Type: application/json"),
		BodyTemplate:   text(`{"text": {{{json.product}}}, "left": {{left}}}`),
	}, webhook.Policy{EventTypes: catalogue})
	if len(problems) > 0 {
		log.Fatal(problems.First())
	}
	data, err := webhook.NewData(map[string]any{"product": `Tea "Earl Grey"`, "left": 3})
	if err != nil {
		log.Fatal(err)
	}
	request, failure := webhook.MakeRequest(context.Background(), w, data)
	if !failure.IsZero() {
		log.Fatal(failure.English())
	}
	fmt.Println(request.Method, request.URL)
	fmt.Println(request.Headers[0].Name, request.Headers[0].Value)
	fmt.Printf("%s\n", request.Body)
	// Output:
	// POST https://crm.example/hook
	// Content-Type application/json
	// {"text": "Tea \"Earl Grey\"", "left": 3}
}

// What is wrong with a webhook, as the API tells it.
func ExampleValidate() {
	catalogue, err := webhook.NewCatalogue()
	if err != nil {
		log.Fatal(err)
	}
	_, problems := webhook.Validate(webhook.Input{
		WebhookID:  webhook.Value{Text: "erp"},
		EventType:  webhook.Value{Text: "pay"},
		URL:        webhook.Value{Text: "http://10.0.0.1/hook"},
		HTTPMethod: webhook.Value{JSONType: "number"},
	}, webhook.Policy{EventTypes: catalogue})
	for _, p := range problems {
		fmt.Println(int(p.Code), p.Field, p.Detail())
	}
	// Output:
	// 22 url 10.0.0.1 is 10.0.0.1: an address of a private or special network. Only public addresses can be reached from here.
	// 22 http_method http_method must be a JSON string, but it is of type number.
}
