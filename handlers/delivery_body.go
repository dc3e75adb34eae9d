package handlers

import (
	"cmp"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A bodyReader reads the members of a request's JSON object, one by one, and
// keeps the first thing that is wrong with them.
type bodyReader struct {
	object gjson.Result
	err    error
}

// readObject reads the body of a request, as strictly as a webhook's. It may be
// empty where all that it could say is optional.
func (a *App) readObject(c *call, optional bool) (*bodyReader, error) {
	body, err := a.readBody(c, a.MaxBody)
	if err != nil {
		return nil, err
	}
	if optional && len(body) == 0 {
		return &bodyReader{}, nil
	}
	object, err := decodeObject(body)
	return &bodyReader{object: object}, err
}

// optional finds the value of a name, if there is one: null is none.
func (r *bodyReader) optional(name string) (value gjson.Result, found bool) {
	value = member(r.object, name)
	return value, value.Type != gjson.Null
}

// blame notes what is wrong, of several things the first.
func (r *bodyReader) blame(problem *webhook.Problem) { r.err = cmp.Or[error](r.err, problem) }

func (r *bodyReader) refuse(field string, m webhook.Message) {
	r.blame(&webhook.Problem{Code: webhook.CodeJSONInvalid, Field: field, Message: m})
}

// flag reads an optional boolean; without it the answer is no.
func (r *bodyReader) flag(name string) bool {
	value, found := r.optional(name)
	if !found {
		return false
	}
	if !value.IsBool() {
		r.refuse(name, webhook.Say("json.boolean", "field", name, "type", cmp.Or(decodeValue(value).JSONType, "string")))
	}
	return value.Type == gjson.True
}

// webhookID reads an optional webhook_id.
func (r *bodyReader) webhookID() string {
	given, found := r.optional(webhook.FieldID)
	if !found {
		return ""
	}
	value := decodeValue(given)
	if problem := webhook.JudgeID(value); problem != nil {
		r.blame(problem)
	}
	return value.Text
}

// order reads a required order_id.
func (r *bodyReader) order() string {
	const name = "order_id"
	value := decodeValue(member(r.object, name))
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
	at, ok := readSeconds(member(member(r.object, name), "t_s").Raw)
	if !ok {
		r.refuse(name, webhook.Say("json.timestamp", "field", name, "example", `{"t_s": 1760000000}`))
	}
	return at
}
