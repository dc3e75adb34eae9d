package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// hostOrder is a host's own value. No template may reach its methods.
type hostOrder struct {
	hostBase
	OrderID  string          `json:"order_id"`
	Amount   hostAmount      `json:"amount"`
	Customer *hostCustomer   `json:"customer"`
	Lines    []*hostCustomer `json:"lines"`
	Secret   string          `json:"-"`
	hidden   string
	Digits   json.Number `json:"digits"`
	Any      any         `json:"any"`
}

type hostBase struct {
	Base string `json:"base"`
}

type hostCustomer struct {
	Name string `json:"name"`
}

type hostAmount struct{ cents int }

// called records the methods that were called.
var called []string

func (hostOrder) Delete() string            { called = append(called, "Delete"); return "deleted" }
func (hostOrder) String() string            { called = append(called, "String"); return "string" }
func (hostBase) Wipe() error                { called = append(called, "Wipe"); return nil }
func (*hostCustomer) Refund() string        { called = append(called, "Refund"); return "refunded" }
func (hostCustomer) Error() string          { called = append(called, "Error"); return "error" }
func (hostAmount) Cents() int               { called = append(called, "Cents"); return 150 }
func (hostAmount) GoString() string         { called = append(called, "GoString"); return "go" }
func (h hostAmount) Format(fmt.State, rune) { called = append(called, "Format") }

func (h hostAmount) MarshalJSON() ([]byte, error) {
	called = append(called, "MarshalJSON")
	return fmt.Appendf(nil, `{"v": "KUDOS:%d.%02d"}`, h.cents/100, h.cents%100), nil
}

func TestE4_HostValues(t *testing.T) {
	order := &hostOrder{
		hostBase: hostBase{Base: "b"}, OrderID: "7", Amount: hostAmount{150}, Customer: &hostCustomer{"Zoë"},
		Lines: []*hostCustomer{{"a"}, nil}, Secret: "s", hidden: "h", Digits: "1.50", Any: map[int]any{1: hostCustomer{"c"}},
	}
	data, err := NewData(map[string]any{"order": order})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(called, " "); got != "MarshalJSON" {
		t.Fatalf("NewData called %q, want MarshalJSON alone", got)
	}
	tests := []struct{ name, template, want string }{
		{"E4 values", "{{order.order_id}} {{order.base}} {{order.customer.name}} {{order.amount.v}} {{order.digits}}", "7 b Zoë KUDOS:1.50 1.50"},
		{"E4 pointers", "{{#order.lines}}[{{name}}]{{/order.lines}}", "[a][]"},
		{"E4 marshalled", "{{{order.amount}}}{{{order.any}}}", `{"v":"KUDOS:1.50"}{"1":{"name":"c"}}`},
		{"E4 methods", "{{order.Delete}}{{order.String}}{{order.Wipe}}{{order.customer.Refund}}{{order.customer.Error}}{{order.amount.Cents}}{{order.amount.GoString}}{{order.amount.Format}}{{order.digits.String}}{{order.digits.Int64}}", ""},
		{"E4 methods in sections", "{{#order}}{{#Delete}}x{{/Delete}}{{String}}{{#lines}}{{Refund}}{{Error}}{{/lines}}{{/order}}", ""},
		{"E4 methods below json", "{{{json.order.Delete}}}", "null"},
		{"E4 Go's names", "{{order.OrderID}}{{order.Secret}}{{order.hidden}}{{order.Customer.Name}}{{order.hostBase}}", ""},
		{"E4 our own", "{{Format}}{{order.Format}}{{order.order_id.String}}{{order.order_id.Format}}{{order.digits.String}}{{order.digits.Format}}{{order.lines.String}}{{order.String}}{{order.lines.Format}}{{#order}}{{Format}}{{/order}}{{order.len}}{{order.0}}", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template, m := parseTemplate(FieldBodyTemplate, test.template)
			if !m.IsZero() {
				t.Fatal(m.English())
			}
			got, err := template.expand(t.Context(), data)
			if err != nil || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
	if len(called) != 1 {
		t.Errorf("a template called %q", called[1:])
	}
}

func TestE4_NewData(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want string // what {{{.}}} prints; empty: an error
	}{
		{"E4 map", map[string]any{"b": 1, "a": "<&>"}, `{"a":"<&>","b":1}`},
		{"E4 struct", struct{ A []int }{}, `{"A":null}`},
		{"E4 JSON keeps its order and spelling", json.RawMessage(` { "b" : 1.0, "a" : "\u00fc\/" } `), `{"b":1.0,"a":"\u00fc\/"}`},
		{"E4 duplicate keys stay in the JSON", json.RawMessage(`{"a":1,"a":2}`), `{"a":1,"a":2}`},
		{"E4 a key of templates' own", json.RawMessage(`{".":1,"":2}`), `{".":1,"":2}`},
		{"E4 no UTF-8", json.RawMessage("{\"a\":\"\xff\"}"), "{\"a\":\"\uFFFD\"}"},
		{"E4 deep", json.RawMessage(`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`), `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`},
		{"E4 nil", nil, ""},
		{"E4 list", []int{1}, ""},
		{"E4 text", "{", ""},
		{"E4 two values", json.RawMessage(`{}{}`), ""},
		{"E4 broken", json.RawMessage(`{`), ""},
		{"E4 no JSON", map[string]any{"f": func() {}}, ""},
		{"E4 as deep as can be", deepMap(maxJSONDepth), strings.Repeat(`{"a":`, maxJSONDepth) + "null" + strings.Repeat("}", maxJSONDepth)},
		{"E4 objects too deep", deepMap(maxJSONDepth + 1), ""},
		{"E4 lists too deep", map[string]any{"a": deepList(maxJSONDepth)}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data, err := NewData(test.v)
			if (err != nil) != (test.want == "") {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			template, _ := parseTemplate(FieldBodyTemplate, "{{{.}}}")
			if got, err := template.expand(t.Context(), data); err != nil || got != test.want {
				t.Errorf("%s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func deepMap(depth int) any {
	var v any
	for range depth {
		v = map[string]any{"a": v}
	}
	return v
}

func deepList(depth int) any {
	var v any
	for range depth {
		v = []any{v}
	}
	return v
}

func TestE4_MarshalErrorIsKept(t *testing.T) {
	cause := errors.New("no")
	if _, err := NewData(failing{cause}); !errors.Is(err, cause) {
		t.Errorf("%v does not wrap the cause", err)
	}
}

type failing struct{ err error }

func (f failing) MarshalJSON() ([]byte, error) { return nil, f.err }

// TestE5_DataIsShared expands templates with and without json over one Data at
// once: views must not be made within it (the race detector watches).
func TestE5_DataIsShared(t *testing.T) {
	data := dataOf(t, `{"a":[{"b":1},{"b":[2,3]}],"c":"d"}`)
	tests := map[string]string{
		"{{{json}}}":               `{"a":[{"b":1},{"b":[2,3]}],"c":"d"}`,
		"{{#a}}{{{json.b}}}{{/a}}": "1[2,3]",
		"{{#a}}{{{b}}}{{json.c}}{{/a}}{{{json.c.d}}}": "1null[2,3]nullnull",
		"{{json_}}{{c}}{{{a}}}":                       `d[{"b":1},{"b":[2,3]}]`,
	}
	var all sync.WaitGroup
	for text, want := range tests {
		template, m := parseTemplate(FieldBodyTemplate, text)
		if !m.IsZero() {
			t.Fatal(m.English())
		}
		for range 8 {
			all.Go(func() {
				for range 50 {
					if got, err := template.expand(t.Context(), data); err != nil || got != want {
						t.Errorf("%s: %s, %v, want %s", text, got, err, want)
						return
					}
				}
			})
		}
	}
	all.Wait()
	if _, ok := data.root[jsonRoot]; ok {
		t.Error("expansion left its views in the data")
	}
}

func TestE4_ZeroData(t *testing.T) {
	template, _ := parseTemplate(FieldBodyTemplate, "{{a}}{{{json.a}}}{{{json}}}{{{.}}}")
	if got, err := template.expand(t.Context(), Data{}); err != nil || got != "null{}{}" {
		t.Errorf("%q, %v", got, err)
	}
}
