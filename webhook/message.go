package webhook

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Message is a sentence for a person, as a key of a catalogue and the values
// of its placeholders, so that each reader gets it in their own language.
type Message struct {
	Key string
	// Args are the placeholders' values by name: strings, ints where the sentence
	// counts something, times, Messages that stand within it, and EventTypes, one or
	// several: programs read their names, people their titles.
	Args map[string]any
}

// Say makes a Message of a key of the catalogue and pairs of a placeholder's
// name and its value.
func Say(key string, pairs ...any) Message {
	m := Message{Key: key}
	if len(pairs) > 0 {
		m.Args = make(map[string]any, len(pairs)/2)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		m.Args[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// IsZero reports whether m says nothing.
func (m Message) IsZero() bool { return m.Key == "" }

// English puts the message into words.
func (m Message) English() string {
	text, ok := english[m.Key]
	if !ok {
		return m.Key
	}
	pairs := make([]string, 0, 2*len(m.Args))
	for name, value := range m.Args {
		pairs = append(pairs, "{"+name+"}", englishValue(value))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// englishValue writes numbers as English does, 2,048, times in UTC, messages in
// English, events by name and all else as it is.
func englishValue(v any) string {
	switch v := v.(type) {
	case int:
		return englishNumber(v)
	case time.Time:
		return v.UTC().Format("2 Jan 2006, 15:04:05 UTC")
	case Message:
		return v.English()
	case EventType:
		return v.Name
	case []EventType:
		names := make([]string, len(v))
		for i, event := range v {
			names[i] = event.Name
		}
		return strings.Join(names, ", ")
	default:
		return fmt.Sprint(v)
	}
}

func englishNumber(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Texts are the English texts of all messages by key, for those who translate
// them. A placeholder is a name in single braces.
func Texts() map[string]string { return maps.Clone(english) }
