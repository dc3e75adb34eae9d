package adminui

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

//go:embed texts/*.json
var catalogues embed.FS

// Entry is a text that can be translated.
type Entry struct {
	// Key is what the text is called in Language.Texts.
	Key string
	// Text is the text in English; of one that counts something, the form for
	// many.
	Text string
	// One is the form for one of a text that counts something, else empty. A
	// language needs its own plural forms of such a text.
	One string
	// Note says where the text stands.
	Note string
}

// pageText is a text of the pages, as texts/en.json holds it.
type pageText struct{ Text, One, Other, Note string }

// pageTexts are the texts of the pages in English. The file is embedded, and a
// test reads it.
var pageTexts = sync.OnceValue(func() map[string]pageText { return readTexts[pageText]("en") })

func readTexts[T any](tag string) map[string]T {
	var all map[string]T
	content, err := catalogues.ReadFile("texts/" + tag + ".json")
	if err == nil {
		err = json.Unmarshal(content, &all)
	}
	if err != nil {
		panic(err)
	}
	return all
}

// english says what every language falls back to: the pages' texts and package
// webhook's. What happened in an event its type says itself.
func english() Language {
	l := Language{Tag: "en", Name: "English", Texts: webhook.Texts()}
	for key, text := range pageTexts() {
		if text.Other == "" {
			l.Texts[key] = text.Text
			continue
		}
		l.Texts[key+"#one"], l.Texts[key+"#other"] = text.One, text.Other
	}
	return l
}

func german() Language {
	return Language{Tag: "de", Name: "Deutsch", Texts: readTexts[string]("de")}
}

// variableMeanings are the meanings of the variables of GNU Taler's events by name.
var variableMeanings = sync.OnceValue(func() map[string]string {
	meanings := map[string]string{}
	for _, e := range talerEvents() {
		for _, v := range e.Variables {
			meanings[v.Name] = v.Meaning
		}
	}
	return meanings
})

func talerEvents() []webhook.EventType {
	c, err := webhook.NewCatalogue()
	if err != nil {
		panic(err)
	}
	return c.All()
}

// Entries are all texts that a language has, for a translator: those of the
// pages, the messages of package webhook, and what GNU Taler's events and their
// variables mean. They are sorted by key. A host's own event types add
// "event.NAME.title", "event.NAME.meaning" and "event.NAME.variable.VARIABLE".
func Entries() []Entry {
	var all []Entry
	for key, text := range pageTexts() {
		all = append(all, Entry{key, text.Text + text.Other, text.One, text.Note})
	}
	for key, text := range webhook.Texts() {
		all = append(all, Entry{Key: key, Text: text, Note: messageNote(key)})
	}
	for _, e := range talerEvents() {
		all = append(
			all,
			Entry{Key: "event." + e.Name + ".title", Text: e.Title, Note: "What happened, in a few words"},
			Entry{Key: "event." + e.Name + ".meaning", Text: e.Meaning, Note: "When the event is sent"},
		)
	}
	for name, meaning := range variableMeanings() {
		all = append(all, Entry{Key: "variable." + name, Text: meaning, Note: "What the variable " + name + " of an event holds"})
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// messageNotes say where package webhook's messages stand, by how their keys
// begin.
var messageNotes = []struct{ prefix, note string }{
	{"webhook_id.", "Beside the field for the ID, when it is refused"},
	{"event_type.", "Beside the choice of events, when it is refused"},
	{"url.", "Beside the field for the address, when it is refused"},
	{"http_method.", "Beside the choice of the method, when it is refused"},
	{"header_template.", "Beside the field for the headers, when it is refused"},
	{"body_template.", "Beside the field for the body, when it is refused"},
	{"preview.", "In the preview, about the body or the headers"},
}

func messageNote(key string) string {
	for _, n := range messageNotes {
		if strings.HasPrefix(key, n.prefix) {
			return n.note
		}
	}
	return "What is wrong with a request as a whole; programs meet it more often than people"
}
