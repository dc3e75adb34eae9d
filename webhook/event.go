package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is something that happened in a merchant's shop, ready to be told to
// webhooks. Make one with the function of its type (Pay, Refund …), or of any
// type and data with an Event.
type Event struct {
	// Type is the name of an event type of the catalogue.
	Type string
	// Data are the variables of its templates: anything that encoding/json makes
	// an object of.
	Data any
	// OrderID is the order that it is of, to find its deliveries by: 1 to 255
	// bytes. Defaults to the text order_id in Data; empty: of none.
	OrderID string
	// At is when it happened, in one of the years 1 to 9999. Defaults to when it is
	// emitted.
	At time.Time
}

// Prepared is an event that a catalogue knows, with its data as JSON.
type Prepared struct {
	Type    string
	Data    Data
	JSON    json.RawMessage // compact
	OrderID string          // valid UTF-8 without NUL, cut to MaxOrderIDBytes
	At      time.Time       // may be zero: now
}

// Prepare checks an event before anything is asked or written. Its error is one
// of the host's programmer: a type that the catalogue does not have, data that is
// no JSON object, a time that no database takes.
func (c *Catalogue) Prepare(ev Event) (Prepared, error) {
	if _, known := c.Lookup(ev.Type); !known {
		return Prepared{}, fmt.Errorf("there is no event type %q; there are: %s", ev.Type, strings.Join(c.Names(), ", "))
	}
	if year := ev.At.UTC().Year(); year < 1 || year > 9999 {
		return Prepared{}, fmt.Errorf("event %s: it can not have happened in the year %d", ev.Type, year)
	}
	data, err := NewData(ev.Data)
	if err != nil {
		return Prepared{}, fmt.Errorf("event %s: %w", ev.Type, err)
	}
	id := ev.OrderID
	if id == "" {
		named, _ := data.root["order_id"].(text)
		id = printed(named)
	}
	return Prepared{
		Type:    ev.Type,
		Data:    data,
		JSON:    json.RawMessage(jsonOf(data.root)),
		OrderID: storable(id, MaxOrderIDBytes),
		At:      ev.At,
	}, nil
}

// ExampleEvent is an event of a type with its example's data, as a test sends.
func (c *Catalogue) ExampleEvent(eventType string) (Event, bool) {
	event, known := c.Lookup(eventType)
	if !known {
		return Event{}, false
	}
	return Event{Type: event.Name, Data: event.Example}, true
}

// storable gives a text that PostgreSQL takes: UTF-8 without NUL, cut before the
// first character that is not whole within most bytes.
func storable(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
