package adminui

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jba/templatecheck"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestTemplates holds each template to the type that it prints, in every branch.
func TestTemplates(t *testing.T) {
	templates, err := parseTemplates()
	if err != nil {
		t.Fatal(err)
	}
	for name, sheet := range map[string]any{
		"head": head{}, "document": document{}, "list": listSheet{}, "form": formSheet{}, "variables": variableList{},
		"detail": detailSheet{}, "delete": deleteSheet{}, "pause": pauseSheet{}, "resume": resumeSheet{},
		"secret": secretSheet{}, "rotate": rotateSheet{}, "apology": apologySheet{},
		"delivery-table": deliveryTable{}, "log": logSheet{}, "delivery": deliverySheet{}, "redeliver": redeliverSheet{},
		"recover": recoverSheet{}, "forget": forgetSheet{}, "why": whySheet{},
	} {
		if err := templatecheck.CheckHTMLStrict(templates.Lookup(name), sheet); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGolden shows in a diff what a change does to whole pages.
func TestGolden(t *testing.T) {
	ui := newUI(t, Options{Title: "Shop"})
	for name, view := range map[string]View{
		"list":    List{Rows: threeRows(t, ui)[:1], First: 1, Count: 1, Saved: "pay-erp.example.com"},
		"empty":   List{},
		"delete":  Delete{Webhook: erp, Event: event(t, ui, "pay")},
		"detail":  accountViews(t, ui)["detail paused"],
		"rotate":  Rotate{WebhookID: "pay erp", Until: now},
		"apology": Apology{Kind: NoWebhook, ID: "a"},
	} {
		page, err := ui.Render(200, request(ui), view)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, string(page.Body))
	}
	t.Run("A10 alone", func(t *testing.T) {
		r := request(ui)
		r.InLayout, r.Nonce = false, "n0nce"
		page, err := ui.Render(404, r, Apology{Kind: NoPage})
		if err != nil {
			t.Fatal(err)
		}
		whole, err := ui.Document(page)
		if err != nil {
			t.Fatal(err)
		}
		named := strings.NewReplacer(ui.style, "STYLE", ui.script, "SCRIPT").Replace(string(whole))
		golden(t, "document", named)
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed (go test ./admin-ui -update takes it):\n%s", file, got)
	}
}

// everyView is a page of each kind and state.
func everyView(tb testing.TB, ui *UI) map[string]View {
	tb.Helper()
	rows := threeRows(tb, ui)
	form := newForm(ui)
	preview, signedOut, failed, deleted := form, form, form, form
	preview.Preview = exampleRequest()
	signedOut.SignedOut, signedOut.SignIn = true, "/login"
	failed.IsFailed = true
	deleted.Editing, deleted.Deleted = "a", true
	views := map[string]View{
		"list":       List{Rows: rows, First: 51, Count: 10_001, Newer: "?after=1", Older: "?before=2", Saved: "a", SavedBreaks: true},
		"empty":      List{},
		"none":       List{Search: "x"},
		"new":        form,
		"edit":       Form{Editing: "a", Values: form.Values, StartFrom: "own", Version: 1},
		"refused":    Form{Values: Values{EventType: "??? x"}, StartFrom: "own", Problems: everyProblem(ui)},
		"preview":    preview,
		"signed out": signedOut,
		"failed":     failed,
		"deleted":    deleted,
		"changed":    changedForm(Values{URL: "https://a.example/", BodyTemplate: "a"}, form.Values),
		"detail":     Detail{Webhook: erp, Event: event(tb, ui, "pay"), Created: now, Updated: now},
		"delete":     Delete{Webhook: erp, Event: event(tb, ui, "pay")},
		"apology":    Apology{Kind: Unavailable, RequestID: "r"},
	}
	maps.Copy(views, accountViews(tb, ui))
	maps.Copy(views, deliveryViews(tb, ui))
	return views
}

// deliveryViews are the pages about deliveries, each kind and state.
func deliveryViews(tb testing.TB, ui *UI) map[string]View {
	tb.Helper()
	refused := webhook.Problems{{Field: "to", Message: webhook.Say("url.missing")}, {Field: "order_id", Message: webhook.Say("url.missing")}}
	log, all, page := fullLog(tb, ui), fullLog(tb, ui), fullDelivery(tb, ui)
	all.WebhookID, all.Problems, all.Notice = "", refused[:1], LogNotice{}
	shown, erased, waiting := page, page, page
	shown.Revealed, shown.Asks, shown.Row.State = true, true, stateFailed
	erased.ErasedAt, erased.SHA256 = now, []byte{1}
	waiting.IsWaiting, waiting.Attempts, waiting.NotMade = true, nil, webhook.Say("delivery.not_made")
	asks := Recover{WebhookID: "a", Counted: true, Count: 2, Changed: true, FromTime: now, ToTime: now, Host: "c.example"}
	several := asks
	several.Host, several.Changed = "", false
	return map[string]View{
		"log":              log,
		"log of all":       all,
		"log empty":        Deliveries{WebhookID: "a", Event: log.Event},
		"log of all empty": Deliveries{Notice: LogNotice{Kind: "erased", Count: 3}},
		"log filtered":     Deliveries{Filter: DeliveryFilter{State: stateFailed}, Count: 10_001},
		"delivery":         page,
		"delivery shown":   shown,
		"delivery erased":  erased,
		"delivery waiting": waiting,
		"redeliver":        Redeliver{WebhookID: "a", DeliveryID: "b", OldHost: "c.example", NewHost: "d.example"},
		"redeliver now":    Redeliver{WebhookID: "a", DeliveryID: "b", OldHost: "c.example", NewHost: "d.example", IsPending: true},
		"recover":          Recover{WebhookID: "a"},
		"recover refused":  Recover{Problems: refused[:1]},
		"recover nothing":  Recover{Counted: true},
		"recover asks":     asks,
		"recover several":  several,
		"forget":           Forget{},
		"forget refused":   Forget{Problems: refused[1:]},
		"forget nothing":   Forget{OrderID: "1", Counted: true},
		"forget asks":      Forget{OrderID: "1", Counted: true, Count: 2},
		"forget waiting":   Forget{OrderID: "1", Counted: true, Count: 2, Waiting: 1},
		"why":              Why{},
		"why answered": Why{OrderID: "1", Asked: true, Answers: []WhyAnswer{
			{WebhookID: "a", DeliveryID: "b", Sentence: webhook.Say("why.later", "time", now)}, {WebhookID: "c", Sentence: webhook.Say("why.not_emitted_ever")},
		}},
	}
}

// TestA10_InALayout: what a host puts into its own page is one element, with its
// own language, and nothing that a page has once.
func TestA10_InALayout(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Language = ui.Language("de")
	for name, view := range everyView(t, ui) {
		t.Run("A10 "+name, func(t *testing.T) {
			page, body := render(t, ui, r, view)
			check(t, body, none("main"), none("header"), none("nav"), none("footer"), none("base"), none("style"), none("[style]"),
				count("h1", 1), count(".merchant-webhooks", 1),
				in(".merchant-webhooks", has("lang", "de"), has("dir", "ltr")))
			root := all(body, "body")[0].FirstChild
			for n := root.NextSibling; n != nil; n = n.NextSibling {
				if n.Type == html.ElementNode || text(n) != "" {
					t.Error("there is something beside the root element")
				}
			}
			if heading := text(all(body, "h1")[0]); !strings.HasPrefix(page.Title, heading) {
				t.Errorf("the title is %q, want it to begin with the heading %q", page.Title, heading)
			}
			checkReferences(t, body)
			checkNames(t, body)
		})
	}
}

// checkNames wants every class and ID but those of fields, which links in the
// summary lead to, to be the plugin's own: none is the host's too.
func checkNames(t *testing.T, body *html.Node) {
	t.Helper()
	fields := []string{"q", "event_type", "url", "http_method", "header_template", "body_template", "webhook_id", "from", "to", "order_id"}
	for n := range body.Descendants() {
		classes, _ := attribute(n, "class")
		for class := range strings.FieldsSeq(classes) {
			if class != "merchant-webhooks" && !strings.HasPrefix(class, "mw-") {
				t.Errorf("the class %s may be the host's", class)
			}
		}
		id, _ := attribute(n, "id")
		own := id == "" || strings.HasPrefix(id, "mw-")
		for _, field := range fields {
			own = own || id == field || strings.HasPrefix(id, field+"-")
		}
		if !own {
			t.Errorf("the ID %s may be the host's", id)
		}
	}
}

func TestA10_Alone(t *testing.T) {
	ui := newUI(t, Options{Title: "Shop"})
	r := request(ui)
	r.InLayout = false
	page, err := ui.Render(200, r, List{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := ui.Document(page)
	if err != nil {
		t.Fatal(err)
	}
	document, err := html.Parse(strings.NewReader(string(whole)))
	if err != nil {
		t.Fatal(err)
	}
	check(t, document,
		in("html", has("lang", "en"), has("dir", "ltr")), in("title", isText(page.Title)), in("header", isText("Shop")),
		count("main", 1), in("main h1"), count("h1", 1),
		in(".merchant-webhooks-skip", has("href", "#mw-main"), isText("Skip to the content")), in("main", has("id", "mw-main")))
	checkReferences(t, document)
}

// TestA8_FieldsOfTheHost: each form that posts has the host's hidden fields, and
// none whose fields would stand in an address.
func TestA8_FieldsOfTheHost(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Fields = []Field{{"csrf", "1"}}
	posts := 0
	for name, view := range everyView(t, ui) {
		_, body := render(t, ui, r, view)
		for _, form := range all(body, "form") {
			want := 0
			if method, _ := attribute(form, "method"); method == "post" {
				want = 1
				posts++
			}
			if err := count("[name=csrf]", want)(form); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if posts < 20 {
		t.Fatalf("%d forms that post were found: this test sees nothing", posts)
	}
}
