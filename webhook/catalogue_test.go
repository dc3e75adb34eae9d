package webhook

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const productVariables = "description description_i18n unit image taxes price total_stock total_sold total_lost address next_restock minimum_age"

// section7 is the table of the specification.
var section7 = []struct{ name, variables string }{
	{"order_created", "order_id contract instance_id"},
	{"pay", "contract_terms order_id"},
	{"refund", "timestamp order_id contract_terms refund_amount reason"},
	{"order_settled", "order_id wtid"},
	{"category_added", "webhook_type category_serial category_name merchant_serial"},
	{"category_updated", "webhook_type category_serial old_category_name category_name category_name_i18n old_category_name_i18n"},
	{"category_deleted", "webhook_type category_serial category_name"},
	{"inventory_added", "webhook_type product_serial product_id " + productVariables},
	{"inventory_updated", "webhook_type product_serial product_id old_" + strings.ReplaceAll(productVariables, " ", " old_") + " " + productVariables},
	{"inventory_deleted", "webhook_type product_serial product_id " + productVariables},
}

func newCatalogue(t testing.TB, extra ...EventType) *Catalogue {
	t.Helper()
	c, err := NewCatalogue(extra...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSection7(t *testing.T) {
	c := newCatalogue(t)
	var names []string
	for _, row := range section7 {
		names = append(names, row.name)
		t.Run("7 "+row.name, func(t *testing.T) {
			event, ok := c.Lookup(row.name)
			if !ok {
				t.Fatal("missing")
			}
			if event.Title == "" || !strings.HasPrefix(event.Meaning, "Sent ") || !strings.HasSuffix(event.Meaning, ".") {
				t.Errorf("title %q, meaning %q", event.Title, event.Meaning)
			}
			want := strings.Fields(row.variables)
			var got []string
			for _, v := range event.Variables {
				got = append(got, v.Name)
				if !strings.HasSuffix(v.Meaning, ".") {
					t.Errorf("%s: meaning %q", v.Name, v.Meaning)
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("variables\n%v, want\n%v", got, want)
			}

			var example map[string]json.RawMessage
			if err := json.Unmarshal(event.Example, &example); err != nil {
				t.Fatal(err)
			}
			for _, name := range want {
				if _, ok := example[name]; !ok {
					t.Errorf("the example has no %s", name)
				}
				delete(example, name)
			}
			for name := range example {
				t.Errorf("the example has %s, which is no variable", name)
			}
			for _, v := range event.Variables {
				if got := expand(t, "{{{"+v.Name+"}}}", string(event.Example)); got != v.Example || got == "" {
					t.Errorf("%s has the example %q, but prints %q", v.Name, v.Example, got)
				}
			}
		})
	}
	if !slices.Equal(c.Names(), names) {
		t.Errorf("order %v, want %v", c.Names(), names)
	}
}

func TestSection7_Examples(t *testing.T) {
	c := newCatalogue(t)
	tests := []struct{ event, template, want string }{
		{"pay", "{{order_id}} {{contract_terms.order_id}} {{contract_terms.timestamp.t_s}}", "2025.282-01MRE3X 2025.282-01MRE3X 1760000000"},
		{"order_created", "{{instance_id}} {{contract.order_id}} {{contract.merchant.name}}", "admin 2025.282-01MRE3X Käserei Müller &amp; Söhne"},
		{"refund", "{{timestamp.t_s}} {{refund_amount}}", "1760086400 KUDOS:4.50"},
		{"category_added", "{{webhook_type}}", "category_added"},
		{"category_updated", "{{webhook_type}}", "category_updated"},
		{"category_deleted", "{{webhook_type}}", "category_deleted"},
		{"inventory_added", "{{webhook_type}}", "inventory_added"},
		{"inventory_updated", "{{webhook_type}} {{old_price}} {{price}}", "inventory_updated KUDOS:9.50 KUDOS:10.20"},
		{"inventory_deleted", "{{webhook_type}}", "inventory_deleted"},
	}
	for _, test := range tests {
		event, _ := c.Lookup(test.event)
		if got := expand(t, test.template, string(event.Example)); got != test.want {
			t.Errorf("%s: %q, want %q", test.event, got, test.want)
		}
	}
	for event, object := range map[string]string{"order_created": "contract", "pay": "contract_terms", "refund": "contract_terms"} {
		e, _ := c.Lookup(event)
		for _, member := range strings.Fields("summary order_id amount max_fee products timestamp.t_s pay_deadline.t_s refund_deadline.t_s " +
			"wire_transfer_deadline.t_s merchant.name merchant_base_url fulfillment_url extra products") {
			if expand(t, "{{{"+object+"."+member+"}}}", string(e.Example)) == "" {
				t.Errorf("%s: %s has no %s", event, object, member)
			}
		}
		for _, member := range strings.Fields("description quantity unit price taxes") {
			got := expand(t, "{{#"+object+".products}}{{{json."+member+"}}} {{/"+object+".products}}", string(e.Example))
			if got == "" || strings.Contains(got, "null") {
				t.Errorf("%s: a product has no %s: %s", event, member, got)
			}
		}
	}
}

func TestV1_HostTypes(t *testing.T) {
	c := newCatalogue(
		t,
		EventType{Name: "stock.low", Title: "Stock is low", Example: json.RawMessage(`{"left": 3}`), Variables: []Variable{{Name: "left"}, {Name: "none"}, {Name: "left", Example: "7"}}},
		EventType{Name: "a"},
		EventType{Name: "a" + strings.Repeat("9", 63)},
	)
	if got := c.Names()[10:]; !slices.Equal(got, []string{"stock.low", "a", "a" + strings.Repeat("9", 63)}) {
		t.Errorf("V1 the host's names: %v", got)
	}
	low, ok := c.Lookup("stock.low")
	if !ok || low.Title != "Stock is low" || low.Variables[0].Example != "3" || low.Variables[1].Example != "" || low.Variables[2].Example != "7" {
		t.Errorf("V1 the host's type: %+v", low)
	}
	if a, _ := c.Lookup("a"); string(a.Example) != "{}" {
		t.Errorf("V1 no example: %s", a.Example)
	}
	if _, ok := c.Lookup("Pay"); ok {
		t.Error("V1 names are exact")
	}

	tests := []struct{ name, event, example, want string }{
		{"V1 empty name", "", "{}", `event type "": its name must be`},
		{"V1 upper case", "Pay", "{}", `event type "Pay": its name must be`},
		{"V1 digit first", "1a", "{}", `event type "1a": its name must be`},
		{"V1 line break", "a\n", "{}", `event type "a\n": its name must be`},
		{"V1 65 characters", strings.Repeat("a", 65), "{}", `event type "` + strings.Repeat("a", 65) + `": its name must be`},
		{"V1 one of the ten", "pay", "{}", `event type "pay": there is one of this name already`},
		{"V1 example no object", "a", "[]", `event type "a": its example: the event's data is no JSON object`},
		{"V1 example null", "a", "null", `event type "a": its example: the event's data is no JSON object`},
		{"V1 example broken", "a", "{", `event type "a": its example: marshal the event's data: `},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := NewCatalogue(EventType{Name: test.event, Example: json.RawMessage(test.example)})
			if err == nil || c != nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
	if _, err := NewCatalogue(EventType{Name: "a"}, EventType{Name: "a"}); err == nil {
		t.Error("V1 the same name twice")
	}
}

// TestV1_HostKeepsItsOwn: what a host does to its values afterwards, the
// catalogue does not see.
func TestV1_HostKeepsItsOwn(t *testing.T) {
	own := EventType{Name: "a", Example: json.RawMessage(`{"b":1}`), Variables: []Variable{{Name: "b"}}}
	c := newCatalogue(t, own)
	if own.Variables[0].Example != "" {
		t.Error("NewCatalogue changed the host's variables")
	}
	own.Variables[0].Name, own.Example[2] = "x", 'x'
	a, _ := c.Lookup("a")
	if a.Variables[0].Name != "b" || string(a.Example) != `{"b":1}` {
		t.Errorf("%+v", a)
	}
}
