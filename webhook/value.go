package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Data is the data of one event as templates see it: JSON, whatever it was
// made of. It never changes and is safe for use by several goroutines. The
// zero Data is an empty object.
type Data struct {
	root object
}

// The Mustache package finds values by reflection and calls every method
// without arguments that a tag names. So these types have none, no fields, and
// no others ever get there; each prints itself by Format, which takes
// arguments. Their kinds are chosen for what the package calls empty: a nil or
// blank string, a zero bool or struct, a slice without items.
//
// Every value knows its JSON, a piece of the one text that the data was made
// of.
type (
	// object has its own JSON under jsonKey, in a view for forms the same encoded.
	object map[string]any
	// list has its own JSON behind its last item.
	list []any
	// text is a JSON string with its quotes, so it is not blank. The empty
	// string is "" itself.
	text string
	// raw is a number, or other JSON that prints as it stands.
	raw     string
	boolean bool
	null    struct{}
)

// jsonKey is a name that no tag can ask for: {{.}} is the value itself, and
// longer names are parted at their dots.
const jsonKey = "."

// maxItems is how many items of a list sections see. Each that is entered
// writes once at least, so more would be over the budget.
const maxItems = maxTexts + 1

// NewData takes an event's data as encoding/json marshals it, which must be an
// object. No other method of v or of what it holds is ever called.
func NewData(v any) (Data, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return Data{}, fmt.Errorf("marshal the event's data: %w", err)
	}
	// A MarshalJSON may give bytes that are no UTF-8.
	marshalled := strings.ToValidUTF8(strings.TrimSuffix(buffer.String(), "\n"), "\uFFFD")
	if !strings.HasPrefix(marshalled, "{") {
		return Data{}, errors.New("the event's data is no JSON object")
	}
	r := jsonReader{text: marshalled, decoder: json.NewDecoder(strings.NewReader(marshalled))}
	r.decoder.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return Data{}, fmt.Errorf("decode the event's data: %w", err)
	}
	return Data{root: root.(object)}, nil
}

// at is the value under a dotted name, nil where there is none.
func (d Data) at(name string) any {
	var v any = d.root
	for part := range strings.SplitSeq(name, ".") {
		fields, _ := v.(object)
		v = fields[part]
	}
	return v
}

// jsonReader makes values of compact JSON.
type jsonReader struct {
	text    string
	decoder *json.Decoder
}

func (r *jsonReader) value(depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("it is nested more than %d deep", maxJSONDepth)
	}
	start := r.decoder.InputOffset()
	if c := r.text[start]; c == ',' || c == ':' {
		start++
	}
	switch token := r.token().(type) {
	case json.Delim:
		if token == '{' {
			return r.object(start, depth)
		}
		return r.list(start, depth)
	case string:
		if token == "" {
			return text(""), nil
		}
		return text(r.since(start)), nil
	case bool:
		return boolean(token), nil
	case nil:
		return null{}, nil
	default:
		return r.since(start), nil
	}
}

func (r *jsonReader) object(start int64, depth int) (any, error) {
	o := object{}
	for r.decoder.More() {
		key := r.token().(string)
		inner, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o[key] = inner
	}
	r.token() // }
	o[jsonKey] = r.since(start)
	return o, nil
}

func (r *jsonReader) list(start int64, depth int) (any, error) {
	var items []any
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if len(items) < maxItems {
			items = append(items, item)
		}
	}
	r.token() // ]
	return newList(items, r.since(start)), nil
}

// token is the next part. The text was marshalled, so there is one.
func (r *jsonReader) token() json.Token {
	token, _ := r.decoder.Token()
	return token
}

func (r *jsonReader) since(start int64) raw { return raw(r.text[start:r.decoder.InputOffset()]) }

func newList(items []any, asJSON raw) list {
	return append(list(items), asJSON)[:len(items)]
}

// jsonOf gives a value as JSON.
func jsonOf(v any) raw {
	switch v := v.(type) {
	case object:
		if asJSON, ok := v[jsonKey].(raw); ok {
			return asJSON
		}
		return "{}"
	case list:
		return v[:len(v)+1][len(v)].(raw)
	case text:
		if v == "" {
			return `""`
		}
		return raw(v)
	case raw:
		return v
	case boolean:
		if v {
			return "true"
		}
		return "false"
	default:
		return "null"
	}
}

// Format prints the object as compact JSON, or as its form view does.
func (v object) Format(f fmt.State, verb rune) {
	if own, ok := v[jsonKey].(encoded); ok {
		own.Format(f, verb)
		return
	}
	printValue(f, string(jsonOf(v)))
}

// Format prints the list as compact JSON.
func (v list) Format(f fmt.State, _ rune) { printValue(f, string(jsonOf(v))) }

// Format prints the JSON as it stands.
func (v raw) Format(f fmt.State, _ rune) { printValue(f, string(v)) }

// Format prints true or false.
func (v boolean) Format(f fmt.State, _ rune) { printValue(f, string(jsonOf(v))) }

// Format prints nothing.
func (v null) Format(f fmt.State, _ rune) { printValue(f, "") }

// Format prints the text itself, without quotes.
func (v text) Format(f fmt.State, _ rune) {
	s := string(v)
	if strings.Contains(s, `\`) {
		// It was decoded once already.
		_ = json.Unmarshal([]byte(v), &s)
	} else {
		s = strings.Trim(s, `"`)
	}
	printValue(f, s)
}

// printed is a value as {{{x}}} prints it.
func printed(v any) string { return strings.TrimPrefix(fmt.Sprint(v), valueMark) }

// printValue writes to fmt's own buffer, which gives no error.
func printValue(f fmt.State, s string) {
	_, _ = io.WriteString(f, valueMark)
	_, _ = io.WriteString(f, s)
}
