package handlers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/openapi"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// describedVersion is the version of the API's description, and changes with it:
// the first number where clients that were made from it break, the second where
// something is added, the third where only words change.
const describedVersion = "1.0.1"

// A described is what the description says of an operation beside its row. The
// rest follows from the row: the path's parameters, the permission, and the
// refusals that all such operations have.
type described struct {
	endpoint endpoint
	method   string

	id, tag, summary, text string

	query   []openapi.Parameter
	body    *openapi.RequestBody
	success openapi.Response // 204 where it has no content, else 200
	// refusals are those that do not follow from the row.
	refusals []webhook.Code
}

// getDescription is GET [I]/private/openapi.json.
func (a *App) getDescription(c *call) error {
	if err := a.Repo.HasInstance(c.ctx, c.instance); err != nil {
		return err
	}
	text := a.description
	if c.at.named {
		text = a.ofInstance
	}
	c.Data(http.StatusOK, "application/json", text())
	return nil
}

// describe makes the description, which is written when it is first asked for. It
// is the same for all requests, but for the servers: a path that names an instance is
// that instance's own.
func (a *App) describe() {
	document := a.document()
	at := func(servers ...openapi.Server) func() []byte {
		of := document
		of.Servers = servers
		return sync.OnceValue(func() []byte { return indented(of) })
	}
	here := openapi.Server{URL: "..", Description: "The instance that this description was asked of"}
	a.ofInstance = at(here)
	a.description = a.ofInstance
	if a.Instance == nil {
		a.description = at(here, openapi.Server{
			URL:         "../instances/{instance}",
			Description: "Another instance",
			Variables: openapi.Map[openapi.ServerVariable]{openapi.As("instance", openapi.ServerVariable{
				Default:     a.DefaultInstance,
				Description: fmt.Sprintf("The merchant: 1 to %d of A-Z a-z 0-9 _ . @ -, the first a letter or a digit.", webhook.MaxIDCharacters),
			})},
		})
	}
}

// indented writes a document for people too.
func indented(document openapi.Document) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		panic(err) // a type of ours that JSON can not hold
	}
	return b.Bytes()
}

// document describes every row of the API's table.
func (a *App) document() openapi.Document {
	d := openapi.Document{
		OpenAPI: openapi.Version,
		Info: openapi.Info{
			Title:       "Merchant webhooks",
			Version:     describedVersion,
			Summary:     "Webhooks of a merchant, and their deliveries",
			Description: a.aboutAll(),
			License:     &openapi.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Tags: []openapi.Tag{
			{Name: tagWebhooks, Description: "What is sent, where to, and after which event. The paths are those of GNU Taler's merchant API."},
			{Name: tagDeliveries, Description: "What was sent, what came back, and what can be done with it."},
			{Name: tagAbout, Description: "What clients ask first."},
		},
		Components: a.components(),
	}
	all := a.describedOperations()
	for _, op := range a.apiTable() {
		i := slices.IndexFunc(all, func(d described) bool { return d.endpoint == op.endpoint && d.method == op.method })
		if i < 0 {
			panic(op.method + " " + string(op.endpoint) + " is not described") // a row of ours
		}
		refused := refusedBy(append(op.codes(all[i]), all[i].refusals...))
		put(&d.Paths, op, op.describe(all[i], refused))
		for _, answer := range refused {
			if !d.Components.Responses.Has(answer.Name) {
				d.Components.Responses = append(d.Components.Responses, answer)
			}
		}
	}
	slices.SortFunc(d.Components.Responses, func(a, b openapi.Named[openapi.Response]) int { return strings.Compare(a.Name, b.Name) })
	return d
}

// put adds an operation to its path.
func put(paths *openapi.Map[*openapi.PathItem], op operation, o *openapi.Operation) {
	path := op.endpoint.template()
	i := slices.IndexFunc(*paths, func(m openapi.Named[*openapi.PathItem]) bool { return m.Name == path })
	if i < 0 {
		i = len(*paths)
		*paths = append(*paths, openapi.As(path, &openapi.PathItem{Parameters: op.endpoint.described()}))
	}
	item := (*paths)[i].Value
	switch op.method {
	case http.MethodGet:
		item.Get = o
	case http.MethodPost:
		item.Post = o
	case http.MethodPatch:
		item.Patch = o
	case http.MethodDelete:
		item.Delete = o
	}
}

// template is the endpoint as OpenAPI writes paths.
func (e endpoint) template() string {
	segments := strings.Split("/"+string(e), "/")
	for i, segment := range segments {
		if name, isParameter := strings.CutPrefix(segment, ":"); isParameter {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}

// describe says what follows from the row, and what is said of it beside.
func (op operation) describe(d described, refused openapi.Map[openapi.Response]) *openapi.Operation {
	o := &openapi.Operation{
		OperationID: d.id,
		Tags:        []string{d.tag},
		Summary:     d.summary,
		Description: d.text,
		Security:    []openapi.Map[[]string]{},
		Parameters:  d.query,
		RequestBody: d.body,
	}
	if op.permission != "" {
		o.Security = []openapi.Map[[]string]{{openapi.As("bearer", []string{string(op.permission)})}}
	}
	status := http.StatusOK
	if d.success.Content == nil {
		status = http.StatusNoContent
	}
	o.Responses = openapi.Map[openapi.Response]{openapi.As(strconv.Itoa(status), d.success)}
	for _, answer := range refused {
		status, _, _ := strings.Cut(answer.Name, "-")
		o.Responses = append(o.Responses, openapi.As(status, openapi.Response{Ref: "#/components/responses/" + answer.Name}))
	}
	return o
}

// codes are the refusals that follow from an operation's row and its input.
func (op operation) codes(d described) []webhook.Code {
	codes := []webhook.Code{webhook.CodeInstanceUnknown}
	if op.permission != "" {
		codes = append(codes, webhook.CodeUnauthorized, webhook.CodeTokenPermissionInsufficient)
	}
	if !isSafe(op.method) {
		codes = append(codes, webhook.CodeForbidden) // from another origin
	}
	if len(d.query) > 0 {
		codes = append(codes, webhook.CodeParameterMalformed)
	}
	if d.body != nil {
		codes = append(codes, webhook.CodeJSONInvalid, webhook.CodeCompressionInvalid, webhook.CodeUploadExceedsLimit)
	}
	if strings.Contains(string(op.endpoint), ":webhook_id") {
		codes = append(codes, webhook.CodeWebhookUnknown)
	}
	if strings.Contains(string(op.endpoint), ":delivery_id") {
		codes = append(codes, webhook.CodeEndpointUnknown)
	}
	for _, code := range webhook.Codes() {
		if code.IsFault() {
			codes = append(codes, code)
		}
	}
	return codes
}

// refusedBy are the answers with the codes, one for each status.
func refusedBy(codes []webhook.Code) (answers openapi.Map[openapi.Response]) {
	slices.SortFunc(codes, func(a, b webhook.Code) int { return cmp.Or(cmp.Compare(a.Status(), b.Status()), cmp.Compare(a, b)) })
	for len(codes) > 0 {
		i := 0
		for i < len(codes) && codes[i].Status() == codes[0].Status() {
			i++
		}
		answers = append(answers, refusedWith(slices.Compact(codes[:i])...))
		codes = codes[i:]
	}
	return answers
}

// refusedWith is an answer with one of the codes, which are of one status. It is
// named by both.
func refusedWith(codes ...webhook.Code) openapi.Named[openapi.Response] {
	name := strconv.Itoa(codes[0].Status())
	var lines []string
	var allowed openapi.Schema
	for _, code := range codes {
		name += "-" + strconv.Itoa(int(code))
		lines = append(lines, fmt.Sprintf("%d %s: %s", code, code, code.Hint()))
		allowed.Enum = append(allowed.Enum, int(code))
	}
	answer := answered(strings.Join(lines, "\n\n"), openapi.Schema{AllOf: []openapi.Schema{
		openapi.Ref("Problem"),
		{Properties: openapi.Map[openapi.Schema]{openapi.As("code", allowed)}},
	}}, nil)
	switch codes[0] {
	case webhook.CodeUnauthorized:
		answer = answer.With("WWW-Authenticate", "It is Bearer.", true)
	case webhook.CodeMethodInvalid:
		answer = answer.With("Allow", "The methods that there are at this path.", true)
	}
	return openapi.As(name, answer)
}
