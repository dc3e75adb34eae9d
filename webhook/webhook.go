// Package webhook is the ground that the other rooms stand on: what a webhook
// is, which events there are, how a request is judged and expanded, and how
// anything that goes wrong is told. It knows no gin, no SQL and no server.
package webhook

import "strings"

// Limits on a webhook's fields. The database holds the same as constraints.
const (
	MaxIDCharacters        = 128       // Unicode's, of a webhook's and an instance's ID
	MaxURLBytes            = 2048      // of UTF-8, as the others
	MaxHeaderTemplateBytes = 16 << 10  // 16 KiB
	MaxBodyTemplateBytes   = 256 << 10 // 256 KiB
)

// Webhook is one webhook of an instance, as Validate accepts it and the
// database holds it.
type Webhook struct {
	// ID is unique in its instance: 1 to 128 printable characters, no / and \.
	ID string
	// EventType names the event that it is sent for, such as "pay".
	EventType string
	// URL is where it is sent, as typed; it may hold a user and a password.
	URL string
	// HTTPMethod is in upper case.
	HTTPMethod string
	// HeaderTemplate and BodyTemplate are Mustache; empty = none.
	HeaderTemplate string
	BodyTemplate   string
}

// Input is what somebody asked a webhook to be, before it is judged. The
// API's JSON and the pages' forms are both decoded into it.
type Input struct {
	WebhookID      Value
	EventType      Value
	URL            Value
	HTTPMethod     Value
	HeaderTemplate Value
	BodyTemplate   Value
}

// Value is one field of an Input. The zero Value is a field that was left out,
// was null, or was empty: these mean the same.
type Value struct {
	// Text is the field's text as sent. It may be anything: too long, not
	// UTF-8 (a lone surrogate of JSON arrives as its three bytes).
	Text string
	// JSONType is the type of a JSON value that is no string ("number",
	// "boolean", "array", "object"); else empty.
	JSONType string
}

// PlainLines gives a text with \n as its line breaks, as programs write them,
// where it has \r\n, which browsers make of each in a form, or \r. Texts that
// differ in nothing else are equal to a person.
func PlainLines(text string) string { return lineBreaks.Replace(text) }

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")
