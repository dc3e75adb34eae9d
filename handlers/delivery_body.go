package handlers

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A bodyReader reads the members of a request's JSON object, one by one, and
// keeps the first thing that is wrong with them.
type bodyReader struct {
	object map[string]json.RawMessage
	err    error
}

// readObject reads the body of a request, as strictly as a webhook's. It may be
// empty where all that it could say is optional.
func (a *App) readObject(c *call, optional bool) (*bodyReader, error) {
	body, err := readBody(c, a.MaxBody)
	if err != nil {
		return nil, err
	}
	if optional && len(body) == 0 {
		return &bodyReader{}, nil
	}
	object, err := decodeObject(body)
	return &bodyReader{object: object}, err
}

// has reports whether there is still something to judge, and a value of the name:
// null is none.
func (r *bodyReader) has(name string) bool {
	raw := r.object[name]
	return r.err == nil && len(raw) > 0 && string(raw) != "null"
}

func (r *bodyReader) refuse(field string, m webhook.Message) {
	if r.err == nil {
		r.err = &webhook.Problem{Code: webhook.CodeJSONInvalid, Field: field, Message: m}
	}
}

// flag reads an optional boolean; without it the answer is no.
func (r *bodyReader) flag(name string) bool {
	if !r.has(name) {
		return false
	}
	if value := decodeValue(r.object[name]); value.JSONType != "boolean" {
		r.refuse(name, webhook.Say("json.boolean", "field", name, "type", cmp.Or(value.JSONType, "string")))
	}
	return string(r.object[name]) == "true"
}

// webhookID reads an optional webhook_id.
func (r *bodyReader) webhookID() string {
	if !r.has(webhook.FieldID) {
		return ""
	}
	value := decodeValue(r.object[webhook.FieldID])
	if problem := webhook.JudgeID(value); problem != nil {
		r.err = problem
	}
	return value.Text
}

// order reads a required order_id.
func (r *bodyReader) order() string {
	const name = "order_id"
	value := decodeValue(r.object[name])
	switch {
	case value.JSONType != "":
		r.refuse(name, webhook.Say("json.type", "field", name, "type", value.JSONType))
	case !webhook.ValidOrderID(value.Text):
		r.refuse(name, sayOrder)
	}
	return value.Text
}

// time reads a required time, as GNU Taler's protocol writes it: {"t_s": N}, N a
// whole number. ("never", which Taler also has, is no end of a period here.)
func (r *bodyReader) time(name string) time.Time {
	var object map[string]json.RawMessage
	err := json.Unmarshal(r.object[name], &object)
	at, ok := readSeconds(string(object["t_s"]))
	if r.object[name] == nil || err != nil || !ok {
		r.refuse(name, webhook.Say("json.timestamp", "field", name, "example", `{"t_s": 1760000000}`))
	}
	return at
}
