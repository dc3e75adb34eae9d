package handlers

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/openapi"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// described are the parameters of the endpoint's path.
func (e endpoint) described() (parameters []openapi.Parameter) {
	for segment := range strings.SplitSeq(string(e), "/") {
		switch segment {
		case ":webhook_id":
			parameters = append(parameters, openapi.Parameter{Name: webhook.FieldID, In: "path", Required: true, Schema: openapi.Ref("WebhookID")})
		case ":delivery_id":
			parameters = append(parameters, openapi.Parameter{
				Name: "delivery_id", In: "path", Required: true,
				Schema: openapi.Text("As lists and the header Location tell it.").Like(deliveryExample),
			})
		}
	}
	return parameters
}

const deliveryExample = "msg_1_0123456789abcdef"

// pageParameters are what parsePage reads.
func pageParameters(unlimited string) []openapi.Parameter {
	limit := openapi.Integer(-maxPage, maxPage, "How many at most; negative: the newest first. "+unlimited)
	limit.Not = &openapi.Schema{Const: 0}
	return []openapi.Parameter{
		inQuery("limit", limit),
		inQuery("offset", openapi.Integer(0, math.MaxInt64, "The row that was seen last, as Link has it.")),
	}
}

// logParameters are what parseFilter and parsePage read of a log.
func logParameters() []openapi.Parameter {
	limit := fmt.Sprintf("Without it %d are meant: the %d newest.", usualLog, -usualLog)
	return append([]openapi.Parameter{
		inQuery("state", stateSchema()),
		inQuery(webhook.FieldEventType, openapi.Ref("EventType")),
		inQuery("order_id", orderSchema()),
		inQuery("from", openapi.Integer(0, latestSecond, "The earliest time of an event, in seconds since the beginning of 1970 (UTC).")),
		inQuery("to", openapi.Integer(0, latestSecond, "The time that events are before; not before from.")),
	}, pageParameters(limit)...)
}

func inQuery(name string, schema openapi.Schema) openapi.Parameter {
	return openapi.Parameter{Name: name, In: "query", Schema: schema}
}

// takes is the body of a request that can not do without.
func takes(schema openapi.Schema, example any) *openapi.RequestBody {
	return &openapi.RequestBody{Required: true, Content: openapi.JSON(schema, example)}
}

// flag is the body of a request that says one thing, or nothing.
func flag(name, meaning string) *openapi.RequestBody {
	schema := openapi.Object("", openapi.Field{Name: name, Optional: true, Schema: openapi.Flag(meaning).OrNull()})
	return &openapi.RequestBody{Content: openapi.JSON(schema, map[string]bool{name: true})}
}

// done is 204.
func done(what string) openapi.Response { return openapi.Response{Description: what} }

// answered is 200.
func answered(what string, schema openapi.Schema, example any) openapi.Response {
	return openapi.Response{Description: what, Content: openapi.JSON(schema, example)}
}

// pages is a list that may have a page behind it.
func pages(what, schema string, example any) openapi.Response {
	return answered(what+" Where more follow, Link leads to them.", openapi.Ref(schema), example).
		With("Link", `The next page: <?limit=…&offset=…>; rel="next", relative to this request.`, false)
}
