package handlers

import "github.com/seed-7c2cc908/merchant-webhooks/webhook"

// An Operation is a row of a half's table, for tests of all of them.
type Operation struct {
	Method, Endpoint string
	Permission       Permission
}

// APIOperations are the rows of the API's table.
func APIOperations() []Operation {
	a := &App{Options: Options{Currency: &Currency{}}}
	return rows(a.apiTable())
}

// AdminOperations are the rows of the pages' table.
func AdminOperations() []Operation { return rows((&App{}).adminTable()) }

func rows(t table) (operations []Operation) {
	for _, op := range t {
		operations = append(operations, Operation{op.method, string(op.endpoint), op.permission})
	}
	return operations
}

// Description is what GET /private/openapi.json answers, and what it does at the
// path of an instance, with those options.
func Description(o Options) (whole, ofInstance []byte, err error) {
	a, err := New(o)
	if err != nil {
		return nil, nil, err
	}
	return a.description(), a.ofInstance(), nil
}

// DecodeWebhook reads the body of POST and PATCH.
func DecodeWebhook(body []byte) (webhook.Input, error) { return decodeWebhook(body) }
