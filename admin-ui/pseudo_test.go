package adminui

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

// The data of pseudoViews, which no language translates.
const (
	pseudoID   = "my-id"
	pseudoURL  = "https://shop.example/hook"
	pseudoHost = "shop.example"
)

// pseudo is a language whose texts say nothing but that they are texts: each
// stands in brackets, with its placeholders.
func pseudo() Language {
	l := Language{Tag: "eo", Texts: map[string]string{}}
	for _, e := range Entries() {
		text := "⟦"
		for name := range placeholdersOf(e.Text) {
			text += "{" + name + "}"
		}
		l.Texts[e.Key] = text + "⟧"
	}
	return l
}

// pseudoViews are the pages in the states that say something of their own.
func pseudoViews(events *webhook.Catalogue) map[string]View {
	pay, _ := events.Lookup("pay")
	values := Values{WebhookID: pseudoID, EventType: "pay", URL: pseudoURL, HTTPMethod: "POST", BodyTemplate: strings.Repeat("1\n", 50)}
	stored := Values{WebhookID: pseudoID, EventType: "refund", URL: "https://1:2@shop.example/", HTTPMethod: "POST"}
	hook := webhook.Webhook{ID: pseudoID, EventType: "pay", URL: pseudoURL, HTTPMethod: "POST", BodyTemplate: values.BodyTemplate}
	rows := []Row{{ID: pseudoID, Event: pay, Method: "POST", URL: pseudoURL}}
	refused := webhook.Problems{
		{Code: webhook.CodeWebhookExists, Subject: pseudoID, Field: "webhook_id"},
		{Code: webhook.CodeJSONInvalid, Field: "url", Message: webhook.Say("url.missing")},
	}
	views := map[string]View{
		"list":         List{Rows: rows, First: 51, Count: 120, Newer: "?after=1", Older: "?before=1", Saved: pseudoID},
		"long list":    List{Rows: rows, First: 51, Count: 10_000, More: true, Older: "?before=1", Saved: pseudoID, SavedBreaks: true},
		"deleted":      List{Deleted: pseudoID},
		"gone":         List{Gone: pseudoID},
		"no hit":       List{Search: pseudoID},
		"new":          Form{StartFrom: webhook.StartAll, Values: Values{EventType: "pay", HTTPMethod: "POST"}},
		"edit":         Form{Editing: pseudoID, Values: values, Version: 1},
		"refused":      Form{Values: values, Problems: refused},
		"changed":      Form{Editing: pseudoID, Values: values, Version: 2, Changed: &Changed{Stored: stored}},
		"deleted form": Form{Editing: pseudoID, Values: values, Deleted: true},
		"signed out":   Form{Values: values, SignedOut: true, SignIn: "/login"},
		"no sign-in":   Form{Values: values, SignedOut: true},
		"failed":       Form{Values: values, IsFailed: true, Failed: "7"},
		"preview": Form{Values: values, Preview: &webhook.Preview{
			Method: "POST", URL: pseudoURL, Body: "{}", Indented: "{}", Verdict: webhook.Say("url.missing"),
		}},
		"detail": Detail{Webhook: hook, Event: pay, Created: time.Unix(0, 0), Updated: time.Unix(1e9, 0), Breaks: webhook.Say("url.missing")},
		"delete": Delete{Webhook: hook, Event: pay},
	}
	for kind := range apologies {
		views["apology "+apologies[kind].name] = Apology{Kind: kind, ID: pseudoID, Limit: 1 << 20, RequestID: "7"}
	}
	return views
}

// TestA11_EveryWordIsTranslated shows every page in a language of brackets: a
// word outside them is one that no translator can reach.
func TestA11_EveryWordIsTranslated(t *testing.T) {
	events, err := webhook.NewCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	ui, err := New(Options{Events: events, Languages: []Language{pseudo()}})
	if err != nil {
		t.Fatal(err)
	}
	for name, view := range pseudoViews(events) {
		for _, canWrite := range []bool{true, false} {
			request := Request{Language: ui.Language("eo"), CanWrite: canWrite, Instance: pseudoID, Root: "https://shop.example"}
			page, err := ui.Render(http.StatusOK, request, view)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			whole, err := ui.Document(page)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, words := range wordsOutside(t, string(whole)) {
				t.Errorf("%s says %q in every language", name, words)
			}
		}
	}
}

// data are the elements that hold what people or programs wrote.
var data = []string{"code", "pre", "textarea", "script", "style", "option"}

// wordsOutside gives the texts of a page, those of attributes that are read to
// people too, that have letters outside the brackets.
func wordsOutside(t *testing.T, page string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	depth := 0
	read := func(text string) {
		if !unbracketed(text, &depth) {
			return
		}
		found = append(found, strings.TrimSpace(text))
	}
	for n := range root.Descendants() {
		if within(n, data) {
			continue
		}
		if n.Type == html.TextNode {
			read(n.Data)
		}
		for _, a := range n.Attr {
			if slices.Contains([]string{"aria-label", "title", "placeholder", "alt"}, a.Key) {
				read(a.Val)
			}
		}
	}
	if depth != 0 {
		t.Errorf("a bracket has no partner:\n%s", page)
	}
	return found
}

func within(n *html.Node, elements []string) bool {
	for ; n != nil; n = n.Parent {
		if n.Type == html.ElementNode && slices.Contains(elements, n.Data) {
			return true
		}
	}
	return false
}

// unbracketed reports whether a text has letters outside the brackets, which
// may have been opened before it. What no language translates is passed over.
func unbracketed(text string, depth *int) bool {
	for _, word := range []string{pseudoURL, "https://", pseudoHost, pseudoID, "POST"} {
		text = strings.ReplaceAll(text, word, "")
	}
	outside := false
	for _, r := range text {
		switch {
		case r == '⟦':
			*depth++
		case r == '⟧':
			*depth--
		case *depth == 0 && unicode.IsLetter(r):
			outside = true
		}
	}
	return outside
}
