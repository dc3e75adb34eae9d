package handlers

import (
	"fmt"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/openapi"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// aboutAll is what the description says of all operations.
func (a *App) aboutAll() string {
	return fmt.Sprintf(`An answer of 400 or above is JSON: test its code, a number of GNU Taler's registry; its hint and detail are for people.

A request's body is JSON in UTF-8, whatever its Content-Type says, at most %d bytes of it; it may be compressed, with Content-Encoding gzip or deflate. Members that nobody knows are ignored, of two with one name the last counts, and null is as if left out.

HEAD answers as GET does, without the body. Another method that is not described here is answered as components/responses/405-20 says, a path below one of these that is not as components/responses/404-21; both before anything else is asked. Every answer bears Cache-Control: no-store.

A time in JSON is an object with t_s: whole seconds since the beginning of 1970 (UTC), as GNU Taler writes it. In a query it is the number alone. A period is from its beginning to before its end.

A request that changes something and bears no Authorization must not come from another origin's page (Sec-Fetch-Site, Origin).`, a.MaxBody)
}

// components are what the operations refer to.
func (a *App) components() openapi.Components {
	return openapi.Components{
		Schemas: append(a.webhookSchemas(), deliverySchemas()...),
		Responses: openapi.Map[openapi.Response]{
			refusedWith(webhook.CodeMethodInvalid),
			refusedWith(webhook.CodeEndpointUnknown),
		},
		SecuritySchemes: openapi.Map[openapi.SecurityScheme]{openapi.As("bearer", openapi.SecurityScheme{
			Type: "http", Scheme: "bearer",
			Description: "A token as the host gives it; GNU Taler's begin with secret-token:. The host may know people by other means, such as a session's cookie. " +
				"An operation's requirement names its permission.",
		})},
	}
}

func (a *App) webhookSchemas() openapi.Map[openapi.Schema] {
	settings := a.settingFields()
	id := openapi.Field{Name: webhook.FieldID, Schema: openapi.Ref("WebhookID")}
	return openapi.Map[openapi.Schema]{
		openapi.As("WebhookID", idSchema()),
		openapi.As("EventType", a.eventSchema()),
		openapi.As("NewWebhook", openapi.Object("A webhook to create.", append([]openapi.Field{id}, settings...)...)),
		openapi.As("WebhookSettings", openapi.Object("All that a webhook is set to. What is left out is cleared.", settings...)),
		openapi.As("Webhook", openapi.Object("A webhook. Its ID is in the path.",
			openapi.Field{Name: webhook.FieldEventType, Schema: openapi.Text("The event that it is sent for; one that the host has taken back may still stand here.")},
			openapi.Field{Name: webhook.FieldURL, Schema: openapi.Text("Where it is sent, as it was saved, a password included.")},
			openapi.Field{Name: webhook.FieldHTTPMethod, Schema: openapi.OneOf("", webhook.Methods()...)},
			openapi.Field{Name: webhook.FieldHeaderTemplate, Schema: openapi.Text("Left out where there is none."), Optional: true},
			openapi.Field{Name: webhook.FieldBodyTemplate, Schema: openapi.Text("Left out where there is none."), Optional: true},
		)),
		openapi.As("WebhookList", openapi.Object("", openapi.Field{Name: "webhooks", Schema: openapi.List(openapi.Object("",
			id,
			openapi.Field{Name: webhook.FieldEventType, Schema: openapi.Text("The event that it is sent for.")},
		), "In the order of their creation.")})),
		openapi.As("Problem", problemSchema()),
		openapi.As("Timestamp", openapi.Object("A time, as GNU Taler writes it.",
			openapi.Field{Name: "t_s", Schema: openapi.Integer(0, latestSecond, "Seconds since the beginning of 1970 (UTC).")},
		).Like(stampExample)),
	}
}

var stampExample = map[string]any{"t_s": 1760000000}

// settingFields are what POST and PATCH of a webhook take besides its ID.
func (a *App) settingFields() []openapi.Field {
	url := openapi.Text(fmt.Sprintf("Where it is sent: absolute, http or https, with a host, at most %d bytes of UTF-8, without spaces, backslashes and a fragment. "+
		"A host that is no public address is refused unless this server allows it.", webhook.MaxURLBytes)).Like("https://erp.example.com/hook")
	url.MinLength, url.MaxLength = 1, webhook.MaxURLBytes
	url.Pattern = `^[Hh][Tt][Tt][Pp][Ss]?://[^\p{Cc}\p{Z}#\\/?][^\p{Cc}\p{Z}#\\]*$`
	method := openapi.Text("The method that it is sent with, in any case: " + strings.Join(webhook.Methods(), ", ") + ".").Like("POST")
	method.Pattern = "^(?:" + inAnyCase(webhook.Methods()) + ")$"
	return []openapi.Field{
		{Name: webhook.FieldEventType, Schema: openapi.Ref("EventType")},
		{Name: webhook.FieldURL, Schema: url},
		{Name: webhook.FieldHTTPMethod, Schema: method},
		{Name: webhook.FieldHeaderTemplate, Optional: true, Schema: template(webhook.MaxHeaderTemplateBytes,
			"Mustache; filled in it gives lines of the form Name: value.", "Content-Type: application/json")},
		{Name: webhook.FieldBodyTemplate, Optional: true, Schema: template(webhook.MaxBodyTemplateBytes,
			"Mustache; filled in it is the body.", `{"order": {{{json.order_id}}}}`)},
	}
}

func template(bytes int, text, example string) openapi.Schema {
	s := openapi.Text(fmt.Sprintf("%s At most %d bytes of UTF-8. Empty, it is as if left out.", text, bytes)).OrNull().Like(example)
	s.MaxLength = bytes
	s.Pattern = `^[\t\n\r\P{Cc}]*$`
	return s
}

// inAnyCase is a pattern of words of A to Z, in upper and in lower case: what
// other languages have for that, (?i), JSON Schema has not.
func inAnyCase(words []string) string {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, letter := range word {
			fmt.Fprintf(&b, "[%c%c]", letter, letter|0x20)
		}
	}
	return b.String()
}

// idSchema is a webhook's ID, as webhook.ValidID has it.
func idSchema() openapi.Schema {
	s := openapi.Text(`Any visible characters but / and \, and spaces within; not . or .. alone.`).Like("erp")
	s.MinLength, s.MaxLength = 1, webhook.MaxIDCharacters
	s.Pattern = `^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$`
	s.Not = &openapi.Schema{Type: "string", Pattern: `[/\\]|^ | $|^\.\.?$`}
	return s
}

func (a *App) eventSchema() openapi.Schema {
	var text strings.Builder
	text.WriteString("What must happen for it to be sent.")
	for _, event := range a.Policy.EventTypes.All() {
		fmt.Fprintf(&text, "\n- %s: %s", event.Name, event.Meaning)
	}
	return openapi.OneOf(text.String(), a.Policy.EventTypes.Names()...)
}

func orderSchema() openapi.Schema {
	s := openapi.Text(fmt.Sprintf("The ID of an order, at most %d bytes of UTF-8.", webhook.MaxOrderIDBytes)).Like("2025.282-01MRE3X")
	s.MinLength, s.MaxLength = 1, webhook.MaxOrderIDBytes
	s.Pattern = `^[^\x00]*$`
	return s
}

func problemSchema() openapi.Schema {
	code := openapi.Schema{Type: "integer", Description: "Says what is wrong, for programs."}
	for _, c := range webhook.Codes() {
		code.Enum = append(code.Enum, int(c))
	}
	return openapi.Object("What went wrong.",
		openapi.Field{Name: "code", Schema: code},
		openapi.Field{Name: "hint", Schema: openapi.Text("The code's fixed text.")},
		openapi.Field{Name: "detail", Schema: openapi.Text("What is wrong and what is allowed, or the ID that is not known."), Optional: true},
		openapi.Field{Name: "field", Schema: openapi.Text("The member of the body that is refused, the first of several."), Optional: true},
		openapi.Field{Name: "parameter", Schema: openapi.Text("The parameter of the query that is refused, the first of several."), Optional: true},
		openapi.Field{Name: "path", Schema: openapi.Text("The path that there is nothing at."), Optional: true},
	)
}

// deliverySchemas are what is told of deliveries.
func deliverySchemas() openapi.Map[openapi.Schema] {
	row := deliveryFields()
	ofAll := append([]openapi.Field{row[0], {Name: webhook.FieldID, Schema: openapi.Ref("WebhookID")}}, row[1:]...)
	whole := append(row,
		openapi.Field{Name: "request", Schema: openapi.Ref("SentRequest")},
		openapi.Field{Name: "attempts", Schema: openapi.List(openapi.Ref("Attempt"), "The oldest first.")},
		openapi.Field{Name: "cause", Schema: openapi.Ref("Cause")},
		openapi.Field{Name: "sentence", Schema: openapi.Text("The cause in words, in English.")},
		openapi.Field{Name: "erased", Schema: openapi.Ref("Timestamp"), Optional: true},
		openapi.Field{Name: "sha256", Schema: openapi.Text("Of the body that was erased, in hexadecimal digits."), Optional: true},
	)
	list := func(fields []openapi.Field) openapi.Schema {
		return openapi.Object("", openapi.Field{Name: "deliveries", Schema: openapi.List(openapi.Object("", fields...), "")})
	}
	return openapi.Map[openapi.Schema]{
		openapi.As("DeliveryList", list(row)),
		openapi.As("DeliveryListOfAll", list(ofAll)),
		openapi.As("Delivery", openapi.Object("A delivery with all that is known of it.", whole...)),
		openapi.As("SentRequest", sentRequestSchema()),
		openapi.As("Attempt", attemptSchema()),
		openapi.As("Cause", openapi.OneOf("Why a delivery is where it is, or why there is none.", webhook.Causes()...)),
		openapi.As("Secrets", openapi.Object("", openapi.Field{Name: "secrets", Schema: openapi.List(
			openapi.Text("A key of Standard Webhooks.").Like(secretExample), "The newest first; the one before it is valid for a day.")})),
		openapi.As("Answers", openapi.Object("", openapi.Field{Name: "answers", Schema: openapi.List(openapi.Object("",
			openapi.Field{Name: webhook.FieldID, Schema: openapi.Text("Empty where no event with this order is known.")},
			openapi.Field{Name: "cause", Schema: openapi.Ref("Cause")},
			openapi.Field{Name: "sentence", Schema: openapi.Text("The cause in words, in English.")},
		), "")})),
		openapi.As("Count", openapi.Object("", openapi.Field{Name: "count", Schema: openapi.Count("How many deliveries.")})),
	}
}

const secretExample = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func deliveryFields() []openapi.Field {
	return []openapi.Field{
		{Name: "delivery_id", Schema: openapi.Text("What the receiver gets as webhook-id, the same in each attempt.")},
		{Name: webhook.FieldEventType, Schema: openapi.Text("The event that happened.")},
		{Name: "state", Schema: stateSchema()},
		{Name: "attempt_count", Schema: openapi.Count("How often it was tried.")},
		{Name: "event_at", Schema: openapi.Ref("Timestamp")},
		{Name: "created_at", Schema: openapi.Ref("Timestamp")},
		{Name: "next_attempt_at", Schema: openapi.Ref("Timestamp"), Optional: true},
		{Name: "last_status", Schema: openapi.Integer(100, 999, "The status of the last answer."), Optional: true},
		{Name: "order_id", Schema: openapi.Text("The order that the event is about."), Optional: true},
	}
}

func stateSchema() openapi.Schema {
	return openapi.OneOf("pending: it waits, or is being sent; delivered: answered with 2xx; failed: given up.",
		repo.Pending, repo.Delivered, repo.Failed)
}

func encodingSchema() openapi.Schema { return openapi.OneOf("Given where it is no text.", "base64") }

func sentRequestSchema() openapi.Schema {
	return openapi.Object("The request of the last attempt, or of the one to come. Headers and body are left out where it could not be made, or was erased.",
		openapi.Field{Name: "method", Schema: openapi.OneOf("", webhook.Methods()...)},
		openapi.Field{Name: "url", Schema: openapi.Text("A password in it is masked.")},
		openapi.Field{Name: "headers", Optional: true, Schema: openapi.List(openapi.Object("",
			openapi.Field{Name: "name", Schema: openapi.Text("")},
			openapi.Field{Name: "value", Schema: openapi.Text("Masked where it may be secret.")},
		), "In the order in which they are sent.")},
		openapi.Field{Name: "body", Schema: openapi.Text(""), Optional: true},
		openapi.Field{Name: "body_encoding", Schema: encodingSchema(), Optional: true},
	)
}

func attemptSchema() openapi.Schema {
	return openapi.Object("One attempt, and what came back.",
		openapi.Field{Name: "at", Schema: openapi.Ref("Timestamp")},
		openapi.Field{Name: "duration_ms", Schema: openapi.Count("How long it took, in milliseconds.")},
		openapi.Field{Name: "status", Schema: openapi.Integer(100, 999, "The answer's status; left out where there was none."), Optional: true},
		openapi.Field{Name: "error", Schema: openapi.Text("Why there was no answer."), Optional: true},
		openapi.Field{Name: "answer", Schema: openapi.Text("How the answer's body began."), Optional: true},
		openapi.Field{Name: "answer_encoding", Schema: encodingSchema(), Optional: true},
	)
}
