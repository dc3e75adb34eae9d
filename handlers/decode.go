package handlers

import (
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// decodeWebhook reads the JSON object of POST and PATCH.
func decodeWebhook(body []byte) (in webhook.Input, err error) {
	object, err := decodeObject(body)
	object.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case webhook.FieldID:
			in.WebhookID = decodeValue(value)
		case webhook.FieldEventType:
			in.EventType = decodeValue(value)
		case webhook.FieldURL:
			in.URL = decodeValue(value)
		case webhook.FieldHTTPMethod:
			in.HTTPMethod = decodeValue(value)
		case webhook.FieldHeaderTemplate:
			in.HeaderTemplate = decodeValue(value)
		case webhook.FieldBodyTemplate:
			in.BodyTemplate = decodeValue(value)
		}
		return true
	})
	return in, err
}

// decodeObject takes one JSON object. Its names are matched to the letter, unknown
// ones are ignored, of a name given twice the last counts, and null is the same
// as leaving a member out. (encoding/json, decoding into a struct, would take
// "URL" for "url" and null for "". It judges here, since gjson takes all for well
// formed, and gjson cuts out what stands there.)
func decodeObject(body []byte) (gjson.Result, error) {
	if len(body) == 0 {
		return gjson.Result{}, refuseBody(webhook.Say("body.empty"), nil)
	}
	if !json.Valid(body) {
		return gjson.Result{}, noObject(body)
	}
	object := gjson.ParseBytes(body)
	if !object.IsObject() {
		return gjson.Result{}, noObject(body)
	}
	return object, nil
}

// member is the value of a name in an object, null where there is none.
func member(object gjson.Result, name string) (found gjson.Result) {
	object.ForEach(func(key, value gjson.Result) bool {
		if key.Str == name {
			found = value
		}
		return true
	})
	return found
}

// noObject says why a body is no JSON object.
func noObject(body []byte) error {
	err := json.Unmarshal(body, new(struct{}))
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return refuseBody(webhook.Say("body.json", "n", int(syntax.Offset)), err)
	case errors.As(err, &wrong):
		return refuseBody(webhook.Say("body.object", "type", wrong.Value), err)
	}
	return refuseBody(webhook.Say("body.object", "type", "null"), nil)
}

// decodeValue reads one well-formed JSON value.
func decodeValue(v gjson.Result) webhook.Value {
	switch {
	case v.Type == gjson.Null:
		return webhook.Value{}
	case v.Type == gjson.String:
		return webhook.Value{Text: decodeText(v)}
	case v.IsBool():
		return webhook.Value{JSONType: "boolean"}
	case v.IsArray():
		return webhook.Value{JSONType: "array"}
	case v.IsObject():
		return webhook.Value{JSONType: "object"}
	}
	return webhook.Value{JSONType: "number"}
}

// decodeText reads a JSON string without mending it: readers of JSON write
// U+FFFD for bytes that are not UTF-8 and for half a surrogate pair, and say
// nothing. Both stay in the text here, for Validate to refuse.
func decodeText(v gjson.Result) string {
	if !utf8.ValidString(v.Raw) {
		return v.Raw
	}
	if half, found := loneSurrogate(v.Raw); found {
		return half
	}
	return v.Str
}

// loneSurrogate finds an escape \uD800 to \uDFFF that is not one of a pair, and
// gives it as the three bytes that stand for it in no UTF-8 text.
func loneSurrogate(raw string) (half string, found bool) {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // the escaped character, which may be a backslash
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
func utf16Unit(raw string, i int) int {
	if i+5 > len(raw) || raw[i] != 'u' {
		return 0
	}
	unit, _ := strconv.ParseUint(raw[i+1:i+5], 16, 16) // 0 of what is none
	return int(unit)
}
