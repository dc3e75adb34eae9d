package webhook

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestV8_WhatAlwaysComes is known of Taler's own events alone.
func TestV8_WhatAlwaysComes(t *testing.T) {
	p := policy(t, EventType{Name: "shop", Example: json.RawMessage(`{"contract_terms":{"products":[{"description":"a"}]}}`)})
	pay, _ := p.EventTypes.Lookup("pay")
	refund, _ := p.EventTypes.Lookup("refund")
	created, _ := p.EventTypes.Lookup("order_created")
	shop, _ := p.EventTypes.Lookup("shop")
	at := func(dotted string) dataPath { return dataPath("").names(dotted) }
	for _, c := range []struct {
		event EventType
		at    string
		want  bool
	}{
		{pay, "order_id", true},
		{shop, "order_id", false},
		{pay, "other", false},
		{pay, "contract_terms.summary", true},
		{pay, "contract_terms.amount", false},
		{created, "contract.summary", true},
		{pay, "order_id.summary", false},
		{shop, "contract_terms.summary", false},
		{refund, "timestamp.t_s", true},
		{refund, "timestamp.other", false},
	} {
		if got := c.event.always(at(c.at)); got != c.want {
			t.Errorf("%s always has %s: %t", c.event.Name, c.at, got)
		}
	}
	products := at("contract_terms.products").item()
	if pay.mayCome(products, "colour") || !pay.mayCome(products, "description") || !shop.mayCome(products, "colour") {
		t.Error("a field that Taler's products do not have may come in pay, or may not in an event of the host's")
	}
}

func TestV8_ValuesAt(t *testing.T) {
	d, err := NewData(json.RawMessage(`{"a":{"b":"c"},"list":[{"d":"e"},{"d":"f"},{},{"n":null},{"n":"g"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(dotted string) []string { return dataPath("").names(dotted).steps() }
	list := dataPath("").name("list")
	if !list.name("d").under(list) || list.under(list) || dataPath("").name("lists").under(list) {
		t.Error("a path is under itself, or under one whose name begins like its own")
	}
	if got := d.example(list.item().name("n")); jsonOf(got) != `"g"` {
		t.Errorf("the example of what is null first: %v", got)
	}
	for _, c := range []struct {
		steps []string
		want  []raw
	}{
		{at("a.b"), []raw{`"c"`}},
		{at("a.x"), nil},
		{at("x"), nil},
		{at("a.b.c"), nil},
		{at("list.d"), nil},
		{list.item().name("d").steps(), []raw{`"e"`, `"f"`}},
	} {
		var got []raw
		for _, v := range valuesAt(d.root, c.steps) {
			got = append(got, jsonOf(v))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("at %q: %v, want %v", c.steps, got, c.want)
		}
	}
}

// TestV8_Changes are of a copy, at the place alone.
func TestV8_Changes(t *testing.T) {
	for _, c := range []struct {
		to   change
		at   []string
		want string
	}{
		{"1", []string{"a", "b"}, `{"a":{"b":1,"c":3},"list":[{"d":4},{}],"t":"x"}`},
		{missing, []string{"a", "b"}, `{"a":{"c":3},"list":[{"d":4},{}],"t":"x"}`},
		{missing, []string{"x", "y"}, `{"a":{"b":2,"c":3},"list":[{"d":4},{}],"t":"x"}`},
		{"1", []string{"x", "y"}, `{"a":{"b":2,"c":3},"list":[{"d":4},{}],"t":"x","x":{"y":1}}`},
		{"1", []string{"list", itemStep, "d"}, `{"a":{"b":2,"c":3},"list":[{"d":1},{"d":1}],"t":"x"}`},
		{missing, []string{"list", itemStep}, `{"a":{"b":2,"c":3},"list":[null,null],"t":"x"}`},
		{"1", []string{"t", itemStep}, `{"a":{"b":2,"c":3},"list":[{"d":4},{}],"t":"x"}`},
	} {
		var v any
		if err := json.Unmarshal([]byte(`{"a":{"b":2,"c":3},"list":[{"d":4},{}],"t":"x"}`), &v); err != nil {
			t.Fatal(err)
		}
		changed, err := json.Marshal(c.to.changed(v, c.at))
		if err != nil || string(changed) != c.want {
			t.Errorf("%s at %q: %s (%v), want %s", c.to, c.at, changed, err, c.want)
		}
	}
	for to, want := range map[change]raw{missing: "null", `"a"`: `"a"`, "[1]": "[1]"} {
		if got := jsonOf(to.value()); got != want {
			t.Errorf("the change to %q is %s", string(to), got)
		}
	}
}

func TestV8_WhatIsNotTriedIsSound(t *testing.T) {
	for found, want := range map[verdict]bool{
		bodySound: true, bodyPartly: true, bodyBroken: false, bodyBreaks: false, bodyGarbled: false,
	} {
		if got := (finding{verdict: found}).sound(); got != want {
			t.Errorf("verdict %d is sound: %t", found, got)
		}
	}
	hook := Webhook{EventType: "pay", HeaderTemplate: "{{", BodyTemplate: `{"a":"{{{order_id}}}"}`}
	if m, breaks := Breaks(hook, policy(t)); breaks {
		t.Errorf("with a header template that is none: %s", m.English())
	}
}

// TestA3_ShownThoughTheBodyIsNot: a body that can not be made takes nothing else
// from the preview.
func TestA3_ShownThoughTheBodyIsNot(t *testing.T) {
	for _, body := range []string{"{{", strings.Repeat("{{{contract_terms}}}", 10_000)} {
		in := jsonInput("pay", body)
		in.URL.Text, in.HTTPMethod.Text = "https://user:secret@shop.example/hook", "put"
		in.HeaderTemplate.Text = "X-Shop: a"
		got := MakePreview(in, policy(t))
		if got.Method != "PUT" || got.Target != "/hook" || got.Host != "shop.example" || got.Sound || got.Body != "" {
			t.Errorf("%.20q: %+v", body, got)
		}
		var names []string
		for _, h := range got.Headers {
			names = append(names, h.Name)
		}
		if all := strings.Join(names, " "); !strings.Contains(all, "X-Shop") || !strings.Contains(all, "Authorization") {
			t.Errorf("%.20q: headers %s", body, all)
		}
	}
}

// TestD13_AddressRefusedWhenItWasMade is told as one that is refused at the dial.
func TestD13_AddressRefusedWhenItWasMade(t *testing.T) {
	for _, key := range []string{"url.private", "attempt.private"} {
		f := Facts{
			Now: time.Now(), HasDelivery: true, State: "failed", FinishedAt: time.Now(), WebhookEvent: "pay",
			Failure: Say(key, "host", "hook.example", "address", "10.0.0.1"),
		}
		if cause, m := Explain(f, newCatalogue(t)); cause != CauseAddress || m.Args["address"] != "10.0.0.1" {
			t.Errorf("%s: %v, %s", key, cause, m.English())
		}
	}
}
