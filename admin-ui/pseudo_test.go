package adminui

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
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
		"long list":    List{Rows: rows, First: 51, Count: 10_001, Older: "?before=1", Saved: pseudoID, SavedBreaks: true},
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
	maps.Copy(views, pseudoAccounts(pay, hook, values))
	maps.Copy(views, pseudoDeliveries(pay))
	for kind := range apologies {
		views["apology "+apologies[kind].name] = Apology{Kind: kind, ID: pseudoID, Limit: 1 << 20, RequestID: "7"}
	}
	return views
}

// pseudoAccounts are the pages that tell of deliveries.
func pseudoAccounts(pay webhook.EventType, hook webhook.Webhook, values Values) map[string]View {
	account := func(reason string, waiting int) Account {
		return Account{PausedAt: now, PausedReason: reason, Waiting: waiting, FailedToday: waiting, Total: waiting, PausedAfter: webhook.Say("attempt.refused")}
	}
	detail := func(a Account, notice string, recent ...DeliveryRow) Detail {
		return Detail{Webhook: hook, Event: pay, Account: a, SecretEnd: "2222", Notice: notice, Recent: recent}
	}
	test := DeliveryRow{ID: "1", Event: pay, IsTest: true, State: statePending, DueAt: now.Add(time.Hour)}
	row := func(a Account) Row { return Row{ID: pseudoID, Event: pay, Method: "POST", URL: pseudoURL, Account: a} }
	last := func(state string) Account { return Account{Last: DeliveryRow{ID: "1", State: state}, FailedToday: 1} }
	views := map[string]View{
		"accounts": List{Count: 1, Saved: pseudoID, Rows: []Row{
			row(Account{}), row(account("hand", 0)), row(account("hand", 2)), row(account("hand", 10_001)),
			row(last(stateDelivered)), row(last(stateFailed)), row(last(statePending)),
		}},
		"active":      detail(Account{Waiting: 1}, "resumed"),
		"by hand":     detail(account("hand", 0), "paused"),
		"gone":        detail(account("gone", 1), "rotated"),
		"saved only":  detail(Account{}, "saved_only", test),
		"failing":     detail(account("failing", 10_001), ""),
		"no error":    detail(answeredBefore(account("failing", 1)), ""),
		"pause":       Pause{WebhookID: pseudoID, Event: pay},
		"resume":      Resume{WebhookID: pseudoID, Waiting: 2},
		"resume left": Resume{WebhookID: pseudoID, Waiting: 2, GoesOn: true},
		"resume none": Resume{WebhookID: pseudoID},
		"secret":      SecretPage{WebhookID: pseudoID},
		"secrets":     SecretPage{WebhookID: pseudoID, Secret: "x", Previous: "x"},
		"rotate":      Rotate{WebhookID: pseudoID, HasPrevious: true},
	}
	for n := range 5 {
		form := Form{Editing: pseudoID, Values: values, Waiting: n, Schedule: webhook.DefaultSchedule[:n]}
		views["edit "+strconv.Itoa(n)] = form
		views["delete "+strconv.Itoa(n)] = Delete{Webhook: hook, Event: pay, Account: Account{Waiting: n * 5000, Total: n * 5000}}
	}
	views["delete log"] = Delete{Webhook: hook, Event: pay, Account: Account{Total: 1}}
	return views
}

// pseudoDeliveries are the pages about deliveries in such states.
func pseudoDeliveries(pay webhook.EventType) map[string]View {
	at, missing := time.Unix(1e9, 0), webhook.Say("url.missing")
	row := DeliveryRow{ID: pseudoID, WebhookID: pseudoID, Event: pay, OrderID: pseudoID, IsTest: true, State: statePending, DueAt: at, LastError: missing}
	held, delivered, failed := row, row, row
	held.IsHeld, delivered.State, failed.State, failed.LastStatus = true, stateDelivered, stateFailed, 999
	rows := []DeliveryRow{row, held, delivered, failed}
	refused := webhook.Problems{{Field: "from", Message: missing}, {Field: "order_id", Message: missing}}
	page := DeliveryPage{
		Row: row, Why: missing, FirstSent: at, Delivered: at, IsWaiting: true, Method: "POST", URL: pseudoURL, Body: []byte{0},
		Headers: []webhook.Header{{Name: "Cookie", Value: "1"}},
		Attempts: []AttemptRow{
			{Number: 3, Most: 10, Duration: time.Second, Status: 999, AnswerHeaders: "A: b", Answer: []byte("c")},
			{Number: 2, Error: missing, Address: pseudoHost, Detail: "words"},
			{Number: 1, Duration: 1, Status: 999},
		},
	}
	erased, unsent := page, page
	erased.ErasedAt, erased.Row.State = at, stateFailed
	unsent.Attempts, unsent.Body = nil, nil
	return map[string]View{
		"log":              Deliveries{WebhookID: pseudoID, Rows: rows, Count: 5, Newer: "?a", Older: "?b", Events: []webhook.EventType{pay}, Notice: LogNotice{"again", 2}},
		"log of all":       Deliveries{Rows: rows, Count: 10_001, Problems: refused[:1], Notice: LogNotice{"erased", 2}},
		"log empty":        Deliveries{WebhookID: pseudoID, Event: pay},
		"log of all empty": Deliveries{},
		"log filtered":     Deliveries{Filter: DeliveryFilter{State: stateFailed}},
		"delivery":         page,
		"delivery erased":  erased,
		"delivery unsent":  unsent,
		"redeliver":        Redeliver{OldHost: pseudoHost, NewHost: pseudoHost},
		"redeliver now":    Redeliver{OldHost: pseudoHost, NewHost: pseudoHost, IsPending: true},
		"recover":          Recover{WebhookID: pseudoID, Problems: refused[:1]},
		"recover nothing":  Recover{Counted: true},
		"recover asks":     Recover{Counted: true, Count: 2, Changed: true, Host: pseudoHost},
		"recover several":  Recover{Counted: true, Count: 10_001, Changed: true},
		"forget":           Forget{Problems: refused[1:]},
		"forget nothing":   Forget{OrderID: pseudoID, Counted: true},
		"forget asks":      Forget{OrderID: pseudoID, Counted: true, Count: 2},
		"forget waiting":   Forget{OrderID: pseudoID, Counted: true, Count: 2, Waiting: 1},
		"why":              Why{OrderID: pseudoID, Asked: true, Answers: []WhyAnswer{{WebhookID: pseudoID, Sentence: missing}}},
	}
}

// answeredBefore is an account of a webhook whose receiver answered last.
func answeredBefore(a Account) Account {
	a.PausedAfter = webhook.Say("attempt.answered", "status", "503 Service Unavailable")
	return a
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
