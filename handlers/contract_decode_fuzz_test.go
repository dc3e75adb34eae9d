package handlers_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// FuzzC7_Decode holds what a body is taken for against encoding/json: both accept
// the same, and where that mends a text, here it is one that Validate refuses.
func FuzzC7_Decode(f *testing.F) {
	for _, body := range []string{
		"", " ", "null", "[]", `"{}"`, "{}", " {\n} ", "{}{}", `{"url":1,}`, `{"url":"a" "b"}`, "\ufeff{}", `{"a":{"url":"x"}}`,
		`{"url":"a","url":null,"URL":"b","\u0075rl":"\u00fc\/\"\\\b\f\n\r\t"}`,
		`{"url":"\ud83d\ude00","webhook_id":"\ud83d","event_type":"\ude00\ud83d","body_template":"\ud83dx\u0000"}`,
		"{\"url\":\"\xff\\u0041\",\"webhook_id\":\"\xed\xa0\x80\",\"body_template\":\"\ufffd\\ufffd\",\"u\xffrl\":1}",
		`{"url":-1.5e+7,"webhook_id":true,"event_type":[{"a":"]"}],"http_method":{"a":"}"},"header_template":false,"body_template":""}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := handlers.DecodeWebhook(body)
		var want map[string]any
		isObject := json.Unmarshal(body, &want) == nil && want != nil
		if isObject != (err == nil) {
			t.Fatalf("taken: %v; encoding/json takes it for an object: %v", err == nil, isObject)
		}
		for name, got := range map[string]webhook.Value{
			"webhook_id": in.WebhookID, "event_type": in.EventType, "url": in.URL, "http_method": in.HTTPMethod,
			"header_template": in.HeaderTemplate, "body_template": in.BodyTemplate,
		} {
			text, isText := want[name].(string)
			isMended := isText && strings.Contains(text, "\ufffd") && !utf8.ValidString(got.Text)
			if got.Text != text && !isMended || got.JSONType != jsonType(want[name]) {
				t.Errorf("%s is %+v, want %#v", name, got, want[name])
			}
		}
	})
}

// jsonType names the type of what encoding/json has read, unless it is one of a
// field.
func jsonType(v any) string {
	switch v.(type) {
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return ""
}
