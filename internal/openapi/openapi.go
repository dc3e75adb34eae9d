// Package openapi has the words of OpenAPI 3.1 that the description of the API
// is made of: Go values that encoding/json writes in the order they stand here,
// the same bytes each time.
package openapi

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Version is the version of OpenAPI that these words are of.
const Version = "3.1.1"

// A Document describes an API.
type Document struct {
	OpenAPI    string         `json:"openapi"`
	Info       Info           `json:"info"`
	Servers    []Server       `json:"servers"`
	Tags       []Tag          `json:"tags,omitempty"`
	Paths      Map[*PathItem] `json:"paths"`
	Components Components     `json:"components"`
}

// Info is about the description itself.
type Info struct {
	Title       string   `json:"title"`
	Version     string   `json:"version"`
	Summary     string   `json:"summary,omitempty"`
	Description string   `json:"description,omitempty"`
	License     *License `json:"license,omitempty"`
}

// A License is what the API's program may be used under, as SPDX names it.
type License struct {
	Name       string `json:"name"`
	Identifier string `json:"identifier,omitempty"`
}

// A Server is a URL that the paths are below, relative to where the description is.
type Server struct {
	URL         string              `json:"url"`
	Description string              `json:"description,omitempty"`
	Variables   Map[ServerVariable] `json:"variables,omitempty"`
}

// A ServerVariable stands in braces in a server's URL.
type ServerVariable struct {
	Default     string `json:"default"`
	Description string `json:"description,omitempty"`
}

// A Tag groups operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// A PathItem has the operations at one path.
type PathItem struct {
	Parameters []Parameter `json:"parameters,omitempty"`
	Get        *Operation  `json:"get,omitempty"`
	Post       *Operation  `json:"post,omitempty"`
	Patch      *Operation  `json:"patch,omitempty"`
	Delete     *Operation  `json:"delete,omitempty"`
}

// An Operation is a method at a path.
type Operation struct {
	OperationID string          `json:"operationId"`
	Tags        []string        `json:"tags,omitempty"`
	Summary     string          `json:"summary"`
	Description string          `json:"description,omitempty"`
	Security    []Map[[]string] `json:"security"`
	Parameters  []Parameter     `json:"parameters,omitempty"`
	RequestBody *RequestBody    `json:"requestBody,omitempty"`
	Responses   Map[Response]   `json:"responses"`
}

// A Parameter is one value in the path or the query of a request.
type Parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required,omitempty"`
	Schema      Schema `json:"schema"`
}

// A RequestBody is what a request may send.
type RequestBody struct {
	Description string     `json:"description,omitempty"`
	Required    bool       `json:"required"`
	Content     Map[Media] `json:"content"`
}

// A Response is one answer, or refers to one of the components.
type Response struct {
	Ref         string      `json:"$ref,omitempty"`
	Description string      `json:"description,omitempty"`
	Headers     Map[Header] `json:"headers,omitempty"`
	Content     Map[Media]  `json:"content,omitempty"`
}

// A Header is one of an answer's.
type Header struct {
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required,omitempty"`
	Schema      Schema `json:"schema"`
}

// Media is a body of one media type.
type Media struct {
	Schema  Schema `json:"schema"`
	Example any    `json:"example,omitempty"`
}

// Components are what the rest refers to.
type Components struct {
	Schemas         Map[Schema]         `json:"schemas,omitempty"`
	Responses       Map[Response]       `json:"responses,omitempty"`
	SecuritySchemes Map[SecurityScheme] `json:"securitySchemes,omitempty"`
}

// A SecurityScheme is a way to tell who one is.
type SecurityScheme struct {
	Type        string `json:"type"`
	Scheme      string `json:"scheme"`
	Description string `json:"description,omitempty"`
}

// JSON is a body of the one media type that the API speaks, with an example if
// that is not nil.
func JSON(schema Schema, example any) Map[Media] {
	return Map[Media]{As("application/json", Media{Schema: schema, Example: example})}
}

// With is the response with a header besides, a string.
func (r Response) With(header, description string, required bool) Response {
	r.Headers = append(r.Headers, As(header, Header{Description: description, Required: required, Schema: Text("")}))
	return r
}

// Named is a member of a Map.
type Named[T any] struct {
	Name  string
	Value T
}

// As gives a value its name.
func As[T any](name string, value T) Named[T] { return Named[T]{Name: name, Value: value} }

// A Map is a JSON object whose members have an order.
type Map[T any] []Named[T]

// Has reports whether there is a member of the name.
func (m Map[T]) Has(name string) bool {
	return slices.ContainsFunc(m, func(member Named[T]) bool { return member.Name == name })
}

// MarshalJSON writes the members in their order.
func (m Map[T]) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, member := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encoder.Encode(member.Name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encoder.Encode(member.Value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
