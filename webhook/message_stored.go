package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// storedMessage is a Message as the database holds it.
type storedMessage struct {
	Key  string                     `json:"key"`
	Args map[string]json.RawMessage `json:"args,omitempty"`
}

// storedTime tells a time from a text.
type storedTime struct {
	Time time.Time `json:"time"`
}

// Encode gives the message as JSON, for the database. Values may be strings,
// ints, times and messages; all else is kept as the text that it prints. The zero
// Message gives the empty text.
func (m Message) Encode() string {
	if m.IsZero() {
		return ""
	}
	encoded, err := json.Marshal(m.stored())
	if err != nil {
		return "" // There is nothing in it that can not be marshalled.
	}
	return string(encoded)
}

func (m Message) stored() storedMessage {
	s := storedMessage{Key: m.Key}
	for name, value := range m.Args {
		if s.Args == nil {
			s.Args = make(map[string]json.RawMessage, len(m.Args))
		}
		s.Args[name] = storedValue(value)
	}
	return s
}

func storedValue(v any) json.RawMessage {
	var encoded []byte
	var err error
	switch v := v.(type) {
	case string, int:
		encoded, err = json.Marshal(v)
	case time.Time:
		encoded, err = json.Marshal(storedTime{v.UTC()})
	case Message:
		encoded, err = json.Marshal(v.stored())
	default:
		encoded, err = json.Marshal(fmt.Sprint(v))
	}
	if err != nil { // a time outside the years 0 to 9999
		return json.RawMessage(`""`)
	}
	return encoded
}

// DecodeMessage undoes Encode; what is none gives the zero Message.
func DecodeMessage(text string) Message {
	var s storedMessage
	if json.Unmarshal([]byte(text), &s) != nil {
		return Message{}
	}
	return s.message()
}

func (s storedMessage) message() Message {
	if s.Key == "" {
		return Message{}
	}
	m := Message{Key: s.Key}
	for name, value := range s.Args {
		if m.Args == nil {
			m.Args = make(map[string]any, len(s.Args))
		}
		m.Args[name] = decodedValue(value)
	}
	return m
}

// decodedValue gives what is none of the four as the JSON that it is.
func decodedValue(encoded json.RawMessage) any {
	var number int
	var word string
	var object struct {
		storedMessage
		Time *time.Time `json:"time"`
	}
	switch trimmed := strings.TrimSpace(string(encoded)); {
	case trimmed == "null":
	case json.Unmarshal(encoded, &number) == nil:
		return number
	case json.Unmarshal(encoded, &word) == nil:
		return word
	case json.Unmarshal(encoded, &object) != nil:
	case object.Time != nil:
		return object.Time.UTC()
	case object.Key != "":
		return object.message()
	}
	return strings.ToValidUTF8(string(encoded), "\uFFFD")
}
