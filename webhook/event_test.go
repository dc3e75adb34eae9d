package webhook

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestD1_Prepare(t *testing.T) {
	c := policy(t).EventTypes
	at := time.Date(2026, 11, 23, 14, 3, 5, 0, time.UTC)
	t.Run("D1 the data as compact JSON", func(t *testing.T) {
		p, err := c.Prepare(Event{Type: "pay", At: at, Data: json.RawMessage(`{ "order_id" : "a<b" , "n": 1760000000, "x": "\u0000" }`)})
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"order_id":"a<b","n":1760000000,"x":"\u0000"}`; string(p.JSON) != want {
			t.Errorf("JSON %s, want %s", p.JSON, want)
		}
		if p.Type != "pay" || p.OrderID != "a<b" || !p.At.Equal(at) || printed(p.Data.at("n")) != "1760000000" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("D1 the order's ID", func(t *testing.T) {
		for _, test := range []struct {
			name, given string
			data        any
			want        string
		}{
			{"of the data", "", map[string]string{"order_id": "2026-1"}, "2026-1"},
			{"the host's goes before", "mine", map[string]string{"order_id": "2026-1"}, "mine"},
			{"none", "", map[string]string{}, ""},
			{"no text", "", map[string]any{"order_id": 7}, ""},
			{"not at the top", "", map[string]any{"contract": map[string]string{"order_id": "2026-1"}}, ""},
			{"empty", "", map[string]string{"order_id": ""}, ""},
			{"NUL and no UTF-8", "a\x00b\xffc", struct{}{}, "a\ufffdb\ufffdc"},
			{"too long", strings.Repeat("a", 254) + "ü", struct{}{}, strings.Repeat("a", 254)},
			{"just short enough", strings.Repeat("a", 253) + "ü", struct{}{}, strings.Repeat("a", 253) + "ü"},
		} {
			p, err := c.Prepare(Event{Type: "pay", OrderID: test.given, Data: test.data})
			if err != nil || p.OrderID != test.want {
				t.Errorf("%s: %q, want %q (%v)", test.name, p.OrderID, test.want, err)
			}
		}
	})
	t.Run("D1 a programmer's mistake", func(t *testing.T) {
		for want, ev := range map[string]Event{
			`there is no event type "paid"; there are: order_created, pay, `: {Type: "paid", Data: struct{}{}},
			`event pay: the event's data is no JSON object`:                  {Type: "pay", Data: []int{1}},
			`event pay: marshal the event's data: `:                          {Type: "pay", Data: map[string]any{"a": func() {}}},
			`event pay: it can not have happened in the year 10000`:          {Type: "pay", Data: struct{}{}, At: at.AddDate(7974, 0, 0)},
		} {
			if _, err := c.Prepare(ev); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	})
}

// TestD1_OrderIDFits holds that any order ID, made fit, is one that the database
// takes, and that one which it takes stays.
func TestD1_OrderIDFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := string(rapid.SliceOfN(rapid.Byte(), 1, 400).Draw(t, "id"))
		if rapid.Bool().Draw(t, "text") {
			id = rapid.StringN(1, 200, -1).Draw(t, "text ID")
		}
		got := storable(id, MaxOrderIDBytes)
		if !ValidOrderID(got) || ValidOrderID(id) && got != id {
			t.Fatalf("%q became %q", id, got)
		}
		if len(got) < MaxOrderIDBytes-utf8.UTFMax && utf8.RuneCountInString(got) != utf8.RuneCountInString(strings.ToValidUTF8(id, "\ufffd")) {
			t.Fatalf("%q was cut to %q", id, got)
		}
	})
}

func TestD12_ExampleEvent(t *testing.T) {
	c := policy(t).EventTypes
	for _, event := range c.All() {
		ev, ok := c.ExampleEvent(event.Name)
		p, err := c.Prepare(ev)
		if !ok || err != nil || p.Type != event.Name || jsonOf(p.Data.root) != jsonOf(event.data.root) {
			t.Errorf("%s: %t %v %s", event.Name, ok, err, p.JSON)
		}
	}
	if _, ok := c.ExampleEvent("none"); ok {
		t.Error("there is an example of no event")
	}
}

// example gives the value of a path in an event's example.
func example(t *testing.T, eventType, path string) any {
	t.Helper()
	event, _ := policy(t).EventTypes.Lookup(eventType)
	return json.RawMessage(jsonOf(event.data.at(path)))
}

// TestD1_Constructors makes each event of section 7 from the values of its
// example: the very example must come out.
func TestD1_Constructors(t *testing.T) {
	const id = "2025.282-01MRE3X"
	old := Product{
		Serial: 42, ID: "gruyere-400", Description: "Gruyère, 14 months",
		DescriptionI18N: map[string]string{"de": "Gruyère, 14 Monate gereift", "fr": "Gruyère, 14 mois"},
		Unit:            "piece", Image: "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
		Taxes: []Tax{{"VAT", "KUDOS:0.62"}}, Price: "KUDOS:9.50", TotalStock: 120, TotalSold: 37, TotalLost: 2,
		Address: example(t, "inventory_added", "address"), NextRestock: time.Unix(1760600000, 0),
	}
	now := old
	now.Description, now.DescriptionI18N = "Gruyère, 16 months", map[string]string{"de": "Gruyère, 16 Monate gereift", "fr": "Gruyère, 16 mois"}
	now.Taxes, now.Price, now.TotalStock, now.NextRestock = []Tax{{"VAT", "KUDOS:0.66"}}, "KUDOS:10.20", 180, time.Unix(1763200000, 0)
	cheese := Category{7, "Cheese", map[string]string{"de": "Käse", "fr": "Fromages"}}
	dairy := Category{7, "Cheese and dairy", map[string]string{"de": "Käse und Milchprodukte", "fr": "Fromages et produits laitiers"}}
	refunded := time.Unix(1760086400, 0)
	full := []Event{
		OrderCreated(id, example(t, "order_created", "contract"), "admin"),
		Pay(id, example(t, "pay", "contract_terms")),
		Refund(id, example(t, "refund", "contract_terms"), RefundGrant{"KUDOS:4.50", "The bread was missing; customer called", refunded}),
		OrderSettled(id, "FQW0KT2H6VJ9Z3MDB8C7XN5ARSY1PEG4FQW0KT2H6VJ9Z3MDB8C0"),
		CategoryAdded(cheese, 1), CategoryUpdated(cheese, dairy), CategoryDeleted(dairy),
		InventoryAdded(old), InventoryUpdated(old, now), InventoryDeleted(old),
	}
	empty := []Event{
		OrderCreated("", nil, ""), Pay("", nil), Refund("", nil, RefundGrant{}), OrderSettled("", ""),
		CategoryAdded(Category{}, 0), CategoryUpdated(Category{}, Category{}), CategoryDeleted(Category{}),
		InventoryAdded(Product{}), InventoryUpdated(Product{}, Product{}), InventoryDeleted(Product{}),
	}
	for i, event := range talerEvents() {
		t.Run("D1 "+event.Name, func(t *testing.T) {
			p, err := policy(t).EventTypes.Prepare(full[i])
			if err != nil {
				t.Fatal(err)
			}
			wanted, err := NewData(event.Example)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := canonical(t, jsonOf(p.Data.root)), canonical(t, jsonOf(wanted.root)); got != want {
				t.Errorf("it is\n%s, the example\n%s", got, want)
			}
			if wanted.root["order_id"] != nil && (p.OrderID != id || full[i].OrderID != id) {
				t.Errorf("the order is %q", p.OrderID)
			}
			p, err = policy(t).EventTypes.Prepare(empty[i])
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range event.Variables {
				if _, ok := p.Data.root[v.Name]; !ok {
					t.Errorf("without values it has no %s", v.Name)
				}
			}
			if len(p.Data.root) != 1+len(event.Variables) { // and its own JSON
				t.Errorf("without values it has %v", slices.Sorted(maps.Keys(p.Data.root)))
			}
		})
	}
	t.Run("D11 a refund happened when it was granted", func(t *testing.T) {
		if at := full[2].At; !at.Equal(refunded) {
			t.Errorf("it happened at %s", at)
		}
		if at := empty[2].At; time.Since(at) > time.Minute {
			t.Errorf("without a time it happened at %s", at)
		}
	})
	t.Run("D1 what is not there is as Taler has it", func(t *testing.T) {
		p, err := policy(t).EventTypes.Prepare(InventoryAdded(Product{}))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"taxes": "[]", "address": "{}", "description_i18n": "{}", "next_restock": `{"t_s":"never"}`} {
			if got := string(jsonOf(p.Data.at(name))); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
	})
}

// canonical is JSON with its names sorted.
func canonical(t *testing.T, text raw) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}
