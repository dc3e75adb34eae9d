package webhook

import (
	"maps"
	"slices"
	"strings"
)

// talerFields are the fields that objects in GNU Taler's events may have, by the
// name of the object, beside those of the examples (GNU Taler merchant API,
// "The Contract Terms"; names before a change begin with old_). An object that
// is not here may have any.
var talerFields = map[string][]string{
	"contract_terms":         contractFields,
	"contract":               contractFields,
	"products":               {"product_id", "product_name", "description", "description_i18n", "quantity", "unit_quantity", "unit", "price", "prices", "prices_are_net", "image", "taxes", "delivery_date", "product_money_pot"},
	"merchant":               {"name", "email", "website", "logo", "address", "jurisdiction"},
	"address":                locationFields,
	"jurisdiction":           locationFields,
	"delivery_location":      locationFields,
	"taxes":                  {"name", "tax"},
	"choices":                {"amount", "max_fee", "description", "description_i18n", "inputs", "outputs"},
	"timestamp":              timeFields,
	"pay_deadline":           timeFields,
	"refund_deadline":        timeFields,
	"wire_transfer_deadline": timeFields,
	"delivery_date":          timeFields,
	"next_restock":           timeFields,
}

var (
	contractFields = []string{
		"version", "summary", "summary_i18n", "order_id", "amount", "max_fee", "choices", "token_families", "tip",
		"products", "timestamp", "pay_deadline", "refund_deadline", "wire_transfer_deadline", "auto_refund",
		"fulfillment_url", "fulfillment_message", "fulfillment_message_i18n", "public_reorder_url",
		"merchant", "merchant_base_url", "merchant_pub", "h_wire", "wire_method", "exchanges", "nonce",
		"delivery_location", "delivery_date", "minimum_age", "default_money_pot", "extra",
	}
	locationFields = []string{
		"country", "country_subdivision", "district", "town", "town_location", "post_code", "street",
		"building_name", "building_number", "address_lines",
	}
	timeFields = []string{"t_s"}
)

// talerOptional are the variables of GNU Taler's events that may be missing, and
// contractAlways what no contract lacks. Of all else in them nothing is sure.
var (
	talerOptional = []string{
		"category_name_i18n", "description_i18n", "image", "taxes", "address", "next_restock", "minimum_age",
	}
	contractAlways = []string{
		"summary", "order_id", "timestamp", "timestamp.t_s", "pay_deadline", "pay_deadline.t_s", "refund_deadline",
		"refund_deadline.t_s", "wire_transfer_deadline", "wire_transfer_deadline.t_s", "merchant", "merchant.name",
		"merchant_base_url",
	}
)

// always reports whether the event always has a value at a path.
func (e EventType) always(at dataPath) bool {
	variable, below, dotted := strings.Cut(at.String(), ".")
	switch {
	case !e.taler:
		return false
	case at == "":
		return true
	case dotted && (variable == "contract_terms" || variable == "contract"):
		return slices.Contains(contractAlways, below)
	case dotted:
		return at.String() == "timestamp.t_s"
	}
	return slices.ContainsFunc(e.Variables, func(v Variable) bool { return v.Name == variable }) &&
		!slices.Contains(talerOptional, strings.TrimPrefix(variable, "old_"))
}

// remembering gives the event with room to remember names in: a template can ask
// for those of the same object some hundred thousand times. It is for one use,
// by one goroutine.
func (e EventType) remembering() EventType {
	e.names = map[dataPath][]string{}
	return e
}

// exampleNames are the names in the object at a path of the event's example, or
// in any item of the list there, sorted; for the data itself the event's
// variables too. The caller must not change them.
func (e EventType) exampleNames(at dataPath) []string {
	names, known := e.names[at]
	if !known {
		names = e.findNames(at)
		if e.names != nil {
			e.names[at] = names
		}
	}
	return names
}

func (e EventType) findNames(at dataPath) []string {
	known := map[string]bool{}
	for _, v := range valuesAt(e.data.root, at.steps()) {
		fields, _ := v.(object)
		for name := range fields {
			known[name] = true
		}
	}
	delete(known, jsonKey)
	for _, v := range e.Variables {
		if first, _, _ := strings.Cut(v.Name, "."); at == "" {
			known[first] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// mayCome reports whether the object at a path, or an item of the list there, may
// have a field of the name.
func (e EventType) mayCome(at dataPath, name string) bool {
	names := e.exampleNames(at)
	if _, found := slices.BinarySearch(names, name); found {
		return true
	}
	if at == "" {
		return len(names) == 0
	}
	fields, listed := talerFields[strings.TrimPrefix(lastName(at), "old_")]
	return !e.taler || !listed || slices.Contains(fields, name)
}

// lastName is the name that a path ends in, that of the list for its items.
func lastName(at dataPath) string {
	name := string(at)
	for isItem := true; isItem; {
		name, isItem = strings.CutSuffix(name, pathStep+itemStep)
	}
	return name[strings.LastIndex(name, pathStep)+len(pathStep):]
}

// valuesAt are the values at a path, in all items of the lists on its way.
func valuesAt(v any, steps []string) []any {
	if len(steps) == 0 {
		return []any{v}
	}
	switch v := v.(type) {
	case object:
		if inner, ok := v[steps[0]]; ok {
			return valuesAt(inner, steps[1:])
		}
	case list:
		if steps[0] != itemStep {
			return nil
		}
		var all []any
		for _, item := range v {
			all = append(all, valuesAt(item, steps[1:])...)
		}
		return all
	}
	return nil
}

// example is the first value at a path that is not null; nil if there is none.
func (d Data) example(at dataPath) any {
	for _, v := range valuesAt(d.root, at.steps()) {
		if v != (null{}) {
			return v
		}
	}
	return nil
}

// sources are the paths that decide what a tag reads: where it found its value,
// or where one may come that it did not find.
func (e EventType) sources(r *read) []dataPath {
	first, rest, dotted := strings.Cut(r.rest, ".")
	switch {
	case r.root != "" && r.rest != "":
		return e.below(r.scope.object(), r.rest)
	case r.root != "":
		return []dataPath{r.scope.object().path}
	case r.rest == ".":
		return []dataPath{r.path}
	}
	if found, ok := r.scope.find(first); ok && dotted {
		return e.below(found, rest)
	} else if ok {
		return []dataPath{found.path}
	}
	var all []dataPath
	for s := r.scope; s != nil; s = s.outer {
		at := s.path.names(r.rest)
		if _, isObject := s.value.(object); isObject && e.mayCome(s.path, first) && !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return all
}

// below is the path of a dotted name below a place, nil where nothing can be.
func (e EventType) below(from place, dotted string) []dataPath {
	for name := range strings.SplitSeq(dotted, ".") {
		fields, isObject := from.value.(object)
		if !isObject && from.value != nil && from.value != (null{}) {
			return nil
		}
		inner, there := fields[name]
		if !there && !e.mayCome(from.path, name) {
			return nil
		}
		from = place{inner, from.path.name(name)}
	}
	return []dataPath{from.path}
}

// foundFurtherOut reports whether a tag would find its name elsewhere, were it
// not where it is.
func (r *read) foundFurtherOut() bool {
	first, _, _ := strings.Cut(r.rest, ".")
	found := 0
	for s := r.scope; s != nil && r.root == ""; s = s.outer {
		if fields, _ := s.value.(object); fields[first] != nil {
			found++
		}
	}
	return found > 1
}
