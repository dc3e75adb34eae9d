package adminui

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

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

// mostArgument is the most bytes of a body that stands in an argument of a
// command. Linux takes 128 KiB.
const mostArgument = 96 << 10

// sentCurlLine is a command for a shell that sends a request as it was sent. A
// body that can not stand in an argument, or would not come through a page and a
// terminal as it is, is piped to curl as base64.
func sentCurlLine(method, address string, headers []webhook.Header, body []byte) string {
	words := []string{"curl", "--globoff"}
	if method == "HEAD" && len(body) == 0 {
		words = append(words, "--head")
	} else {
		words = append(words, "--request", quote(method))
	}
	words = append(words, quote(address))
	hasType := false
	for _, h := range headers {
		hasType = hasType || strings.EqualFold(h.Name, "Content-Type")
		if h.Value == "" {
			words = append(words, "--header", quote(h.Name+";")) // what curl sends as an empty header
		} else {
			words = append(words, "--header", quote(h.Name+": "+h.Value))
		}
	}
	if len(body) == 0 {
		return strings.Join(words, " ")
	}
	if !hasType {
		words = append(words, "--header", quote("Content-Type:")) // curl adds none of its own
	}
	if len(body) <= mostArgument && isPasteable(body) {
		return strings.Join(append(words, "--data-raw", quote(string(body))), " ")
	}
	pipe := "printf %s " + quote(base64.StdEncoding.EncodeToString(body)) + " | base64 -d | "
	return pipe + strings.Join(append(words, "--data-binary", "@-"), " ")
}

// isPasteable reports whether a body is text without control characters but line
// feeds and tabs: pages and terminals change the others.
func isPasteable(body []byte) bool {
	return utf8.Valid(body) && !bytes.ContainsFunc(body, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t'
	})
}
