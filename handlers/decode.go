package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// decodeWebhook reads the JSON object of POST and PATCH.
func decodeWebhook(body []byte) (webhook.Input, error) {
	object, err := decodeObject(body)
	if err != nil {
		return webhook.Input{}, err
	}
	return webhook.Input{
		WebhookID:      decodeValue(object[webhook.FieldID]),
		EventType:      decodeValue(object[webhook.FieldEventType]),
		URL:            decodeValue(object[webhook.FieldURL]),
		HTTPMethod:     decodeValue(object[webhook.FieldHTTPMethod]),
		HeaderTemplate: decodeValue(object[webhook.FieldHeaderTemplate]),
		BodyTemplate:   decodeValue(object[webhook.FieldBodyTemplate]),
	}, nil
}

// decodeObject reads one JSON object. Keys are matched to the letter, unknown
// ones are ignored, of a key given twice the last counts, and null is the same
// as leaving a field out. (encoding/json alone, decoding into a struct, would
// take "URL" for "url" and null for "".)
func decodeObject(body []byte) (map[string]json.RawMessage, error) {
	if len(body) == 0 {
		return nil, refuseBody(webhook.Say("body.empty"), nil)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, noObject(err)
	}
	if object == nil {
		return nil, refuseBody(webhook.Say("body.object", "type", "null"), nil)
	}
	return object, nil
}

// noObject says why a body is no JSON object.
func noObject(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return refuseBody(webhook.Say("body.json", "n", int(syntax.Offset)), err)
	case errors.As(err, &wrong):
		return refuseBody(webhook.Say("body.object", "type", wrong.Value), err)
	}
	return refuseBody(webhook.Say("body.json", "n", 0), err)
}

// decodeValue reads one well-formed JSON value.
func decodeValue(raw json.RawMessage) webhook.Value {
	if len(raw) == 0 {
		return webhook.Value{}
	}
	switch raw[0] {
	case 'n':
		return webhook.Value{}
	case '"':
		return webhook.Value{Text: decodeText(raw)}
	case 't', 'f':
		return webhook.Value{JSONType: "boolean"}
	case '[':
		return webhook.Value{JSONType: "array"}
	case '{':
		return webhook.Value{JSONType: "object"}
	}
	return webhook.Value{JSONType: "number"}
}

// decodeText reads a JSON string without mending it: encoding/json writes
// U+FFFD for bytes that are not UTF-8 and for half a surrogate pair, and says
// nothing. Both stay in the text here, for Validate to refuse.
func decodeText(raw json.RawMessage) string {
	if !utf8.Valid(raw) {
		return string(raw)
	}
	if bytes.IndexByte(raw, '\\') < 0 { // it is what stands between its quotes
		return string(raw[1 : len(raw)-1])
	}
	if half, found := loneSurrogate(raw); found {
		return half
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return string(raw)
	}
	return text
}

// loneSurrogate finds an escape \uD800 to \uDFFF that is not one of a pair, and
// gives it as the three bytes that stand for it in no UTF-8 text.
func loneSurrogate(raw []byte) (half string, found bool) {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // the escaped character, which may be a backslash
		if raw[i] != 'u' {
			continue
		}
		unit := utf16Unit(raw, i)
		low := utf16Unit(raw, i+6)
		switch {
		case unit < 0xd800 || unit > 0xdfff:
		case unit < 0xdc00 && raw[i+5] == '\\' && low >= 0xdc00 && low <= 0xdfff:
			i += 6
		default:
			return string([]byte{0xed, byte(0x80 | unit>>6&0x3f), byte(0x80 | unit&0x3f)}), true
		}
	}
	return "", false
}

// utf16Unit reads the four digits after a u at i; 0 where there are none.
func utf16Unit(raw []byte, i int) int {
	if i+5 > len(raw) || raw[i] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(raw[i+1:i+5]), 16, 16)
	if err != nil {
		return 0
	}
	return int(unit)
}
