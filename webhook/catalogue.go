package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// EventType is a kind of event that webhooks can be sent for: one of GNU
// Taler's ten, or a host's own.
type EventType struct {
	// Name is what event_type holds: a lower-case letter, then at most 63 of
	// a-z 0-9 _ and the dot.
	Name string
	// Title says in a few words what happened, Meaning in a sentence when it is
	// sent.
	Title, Meaning string
	// Variables are what its templates can use.
	Variables []Variable
	// Example is the data of such an event, a JSON object. Templates are tried
	// with it when they are saved. Defaults to {}.
	Example json.RawMessage

	// data is Example, parsed once.
	data Data
	// taler is set for GNU Taler's own, whose fields are known.
	taler bool
	// names keeps what exampleNames gave, by the path, while one body is judged
	// (see remembering).
	names map[dataPath][]string
}

// Variable is a name that the templates of an event can use.
type Variable struct {
	Name, Meaning string
	// Example is its value in the event's Example, as {{{Name}}} prints it.
	Example string
}

// Catalogue holds the event types that there are. It never changes.
type Catalogue struct {
	types  []EventType
	byName map[string]int
}

var eventName = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,63}$`)

// NewCatalogue makes the catalogue of GNU Taler's ten event types, followed by
// a host's own. Its error names the type that can not be added: its name is not
// allowed or already there, or its Example is no JSON object.
func NewCatalogue(extra ...EventType) (*Catalogue, error) {
	types := append(talerEvents(), extra...)
	c := &Catalogue{types: types, byName: make(map[string]int, len(types))}
	for i := range types {
		if err := c.add(i); err != nil {
			return nil, fmt.Errorf("event type %q: %w", types[i].Name, err)
		}
	}
	return c, nil
}

func (c *Catalogue) add(i int) error {
	event := &c.types[i]
	if !eventName.MatchString(event.Name) {
		return errors.New("its name must be a letter a-z, then at most 63 of a-z 0-9 . and _")
	}
	if _, taken := c.byName[event.Name]; taken {
		return errors.New("there is one of this name already")
	}
	c.byName[event.Name] = i
	if event.Example = bytes.Clone(event.Example); event.Example == nil {
		event.Example = json.RawMessage("{}")
	}
	var err error
	if event.data, err = NewData(event.Example); err != nil {
		return fmt.Errorf("its example: %w", err)
	}
	event.Variables = slices.Clone(event.Variables)
	for j := range event.Variables {
		v := &event.Variables[j]
		if value, ok := event.data.root[v.Name]; ok && v.Example == "" {
			v.Example = printed(value)
		}
	}
	return nil
}

// Lookup finds an event type by its name. What it gives is shared: it must not
// be changed.
func (c *Catalogue) Lookup(name string) (EventType, bool) {
	i, ok := c.byName[name]
	if !ok {
		return EventType{}, false
	}
	return c.types[i], true
}

// Named finds an event type, and gives one that is no more by its name alone.
func (c *Catalogue) Named(name string) EventType {
	event, ok := c.Lookup(name)
	if !ok {
		return EventType{Name: name, Title: name}
	}
	return event
}

func (c *Catalogue) namedAll(names []string) []EventType {
	all := make([]EventType, len(names))
	for i, name := range names {
		all[i] = c.Named(name)
	}
	return all
}

// Names are the names of all event types, GNU Taler's first, in the order of
// their documentation.
func (c *Catalogue) Names() []string {
	names := make([]string, len(c.types))
	for i, event := range c.types {
		names[i] = event.Name
	}
	return names
}

// All are all event types, in the order of Names. What it gives is shared: it
// must not be changed.
func (c *Catalogue) All() []EventType { return c.types }
