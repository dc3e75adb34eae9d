package adminui

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// curlLine is a command for a shell that makes the webhook by the API at root,
// once the words in capitals are replaced: secrets are never in it. It is one
// line, and safe to paste: the shell reads nothing into what a webhook holds,
// nor does curl.
func curlLine(root string, w webhook.Webhook) string {
	const password, secret = "PASSWORD", "SECRET"
	object := struct {
		WebhookID      string `json:"webhook_id"`
		EventType      string `json:"event_type"`
		URL            string `json:"url"`
		HTTPMethod     string `json:"http_method"`
		HeaderTemplate string `json:"header_template,omitempty"`
		BodyTemplate   string `json:"body_template,omitempty"`
	}{
		w.ID, w.EventType, webhook.MaskURL(w.URL, password), w.HTTPMethod,
		webhook.MaskHeaders(w.HeaderTemplate, secret), w.BodyTemplate,
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(object) // six strings, into memory

	return strings.Join([]string{
		"curl", "--globoff", "--request", quote("POST"), quote(root + "/private/webhooks"),
		"--header", quote("Authorization: Bearer TOKEN"),
		"--header", quote("Content-Type: application/json"),
		"--data-raw", quote(strings.TrimSuffix(body.String(), "\n")),
	}, " ")
}

// quote makes one argument of a text for any POSIX shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
