package openapi

// A Schema says what a JSON value may be, by JSON Schema 2020-12. Patterns are
// written as both ECMA-262 (with the flag u) and Go read them.
type Schema struct {
	Ref         string      `json:"$ref,omitempty"`
	AllOf       []Schema    `json:"allOf,omitempty"`
	Type        any         `json:"type,omitempty"` // a name, or several
	Description string      `json:"description,omitempty"`
	Format      string      `json:"format,omitempty"`
	Enum        []any       `json:"enum,omitempty"`
	Const       any         `json:"const,omitempty"`
	Default     any         `json:"default,omitempty"`
	MinLength   int         `json:"minLength,omitempty"`
	MaxLength   int         `json:"maxLength,omitempty"`
	Pattern     string      `json:"pattern,omitempty"`
	Minimum     *int64      `json:"minimum,omitempty"`
	Maximum     *int64      `json:"maximum,omitempty"`
	Not         *Schema     `json:"not,omitempty"`
	Items       *Schema     `json:"items,omitempty"`
	Properties  Map[Schema] `json:"properties,omitempty"`
	More        *Schema     `json:"additionalProperties,omitempty"`
	Required    []string    `json:"required,omitempty"`
	Examples    []any       `json:"examples,omitempty"`
}

// Ref is the schema that the components have under a name.
func Ref(name string) Schema { return Schema{Ref: "#/components/schemas/" + name} }

// Text is any string.
func Text(description string) Schema { return Schema{Type: "string", Description: description} }

// Flag is true or false.
func Flag(description string) Schema { return Schema{Type: "boolean", Description: description} }

// Integer is a whole number within bounds.
func Integer(least, most int64, description string) Schema {
	return Schema{Type: "integer", Format: "int64", Description: description, Minimum: &least, Maximum: &most}
}

// Count is a whole number that is not negative.
func Count(description string) Schema {
	return Schema{Type: "integer", Description: description, Minimum: new(int64(0))}
}

// OneOf is a string, one of those.
func OneOf[T ~string](description string, values ...T) Schema {
	s := Text(description)
	for _, value := range values {
		s.Enum = append(s.Enum, string(value))
	}
	return s
}

// List is an array.
func List(of Schema, description string) Schema {
	return Schema{Type: "array", Description: description, Items: &of}
}

// A Field is a member of an object.
type Field struct {
	Name     string
	Schema   Schema
	Optional bool
}

// Object has the fields, and may have others: a reader ignores what it does not
// know.
func Object(description string, fields ...Field) Schema {
	s := Schema{Type: "object", Description: description}
	for _, f := range fields {
		s.Properties = append(s.Properties, As(f.Name, f.Schema))
		if !f.Optional {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

// OrNull is the schema, or null.
func (s Schema) OrNull() Schema {
	s.Type = []any{s.Type, "null"}
	return s
}

// Like is the schema with an example.
func (s Schema) Like(examples ...any) Schema {
	s.Examples = examples
	return s
}
