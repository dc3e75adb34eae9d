package adminui

import (
	"html/template"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// arabic is a language as a host adds it: from right to left, with six plural
// forms, its digits its own, and with few texts.
func arabic() Language {
	return Language{Tag: "ar", Name: "العربية", Dir: "rtl", Texts: map[string]string{
		"form.save":        "حفظ",
		"list.saved":       "تم حفظ «{id}».",
		"list.count#zero":  "لا خطافات ويب",
		"list.count#one":   "خطاف ويب واحد",
		"list.count#two":   "خطافا ويب",
		"list.count#few":   "{n} خطافات ويب",
		"list.count#many":  "{n} خطاف ويب",
		"list.count#other": "{n} خطاف",
		"time.full":        "{day} {month} {year}، {hour}:{minute}:{second} {zone}",
		"month.11":         "نوفمبر",
		"event.pay.title":  "تم دفع طلب",
	}}
}

func TestA11_English(t *testing.T) {
	l := builtIn(t).best("en")
	for _, c := range []struct{ got, want string }{
		{l.Say("form.save"), "Save"},
		{l.Say("list.saved", "id", "a{n}b"), "“a{n}b” is saved."},
		{l.Say("list.count", "n", 0), "0 webhooks, newest first"},
		{l.Say("list.count", "n", 1), "1 webhook, newest first"},
		{l.Say("list.count", "n", 10_000), "10,000 webhooks, newest first"},
		{l.Say("list.count", "n", int64(2_000_001)), "2,000,001 webhooks, newest first"},
		{l.Say("list.range", "first", 51, "last", 100, "n", 10_000), "51–100 of 10,000"},
		{l.Say("refusal.summary", "n", 1), "There is 1 problem."},
		{l.Say("form.body_hint", " and ", "x"), "Text between {{ and }} is replaced by the data of the event. Empty: nothing is sent in the body."},
		{l.Say("list.saved"), "“{id}” is saved."},
		{l.Say("no.such.key", "n", 1), "no.such.key"},
	} {
		if c.got != c.want {
			t.Errorf("it says %q, want %q", c.got, c.want)
		}
	}
}

func TestA11_German(t *testing.T) {
	l := builtIn(t).best("de")
	if l.Tag != "de" || l.Name != "Deutsch" || l.Dir != "ltr" {
		t.Errorf("German is %q, %q, %q", l.Tag, l.Name, l.Dir)
	}
	for _, c := range []struct{ got, want string }{
		{l.Say("list.saved", "id", "x"), "„x“ ist gespeichert."},
		{l.Say("list.count", "n", 10_000), "10.000 Webhooks, neueste zuerst"},
		{l.Say("refusal.summary", "n", 1), "Es gibt ein Problem."},
		{l.Say("refusal.summary", "n", 2), "Es gibt 2 Probleme."},
		{l.Message(webhook.Say("url.too_long", "n", 2049, "limit", 2048)), "Die Adresse hat 2.049 Bytes. Höchstens 2.048 sind erlaubt."},
		{l.Message(webhook.Say("url.scheme", "scheme", "ftp")), "Die Adresse beginnt mit ftp:. Sie muss mit https:// oder http:// beginnen."},
		{l.Message(webhook.Say("body_template.incomplete", "line", 3, "tag", "{{x")), "Zeile 3 des Inhalts: {{x ist nicht vollständig. Eine Variable schreibt man {{name}}."},
	} {
		if c.got != c.want {
			t.Errorf("it says %q, want %q", c.got, c.want)
		}
	}
}

// TestA11_OneEnglish holds that pages in English say a message as the API does
// (V7), numbers included.
func TestA11_OneEnglish(t *testing.T) {
	l := builtIn(t).best("en")
	for key, text := range webhook.Texts() {
		for _, value := range []any{1, 2048, 1_048_576, -20, "{{x}}", `a "b" & c`} {
			var pairs []any
			for name := range placeholdersOf(text) {
				pairs = append(pairs, name, value)
			}
			m := webhook.Say(key, pairs...)
			if got, want := l.Message(m), m.English(); got != want {
				t.Errorf("the pages say %q, the API %q", got, want)
			}
		}
	}
}

// TestA11_AddedLanguage adds a language through Options alone.
func TestA11_AddedLanguage(t *testing.T) {
	events, err := webhook.NewCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	ui, err := New(Options{Events: events, Languages: []Language{arabic()}})
	if err != nil {
		t.Fatal(err)
	}
	l := ui.Language("ar-EG,ar;q=0.9,de;q=0.5")
	if l.Tag != "ar" || l.Name != "العربية" || l.Dir != "rtl" {
		t.Fatalf("the language is %q, %q, %q", l.Tag, l.Name, l.Dir)
	}
	t.Run("plural forms", func(t *testing.T) {
		for n, want := range map[int]string{
			0: "لا خطافات ويب", 1: "خطاف ويب واحد", 2: "خطافا ويب", 3: "٣ خطافات ويب",
			11: "١١ خطاف ويب", 100: "١٠٠ خطاف", -2: "خطافا ويب",
			10_000_000: "١٠٬٠٠٠٬٠٠٠ خطاف", 10_000_002: "١٠٬٠٠٠٬٠٠٢ خطاف", 10_000_003: "١٠٬٠٠٠٬٠٠٣ خطافات ويب",
		} {
			if got := l.Say("list.count", "n", n); got != want {
				t.Errorf("%d: it says %q, want %q", n, got, want)
			}
		}
	})
	t.Run("what is missing is English", func(t *testing.T) {
		if got, want := l.Say("refusal.summary", "n", 10_000), "\u2066There are 10,000 problems.\u2069"; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
		if got, want := l.HTML("refusal.summary", "n", 1), template.HTML(`<span lang="en" dir="ltr">There is 1 problem.</span>`); got != want {
			t.Errorf("the page holds %q, want %q", got, want)
		}
		if got, want := l.Message(webhook.Say("url.missing")), "\u2066Enter the address to send to. The other program gives it to you; it begins with https://\u2069"; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	})
	t.Run("directions do not mix", func(t *testing.T) {
		if got, want := l.Say("list.saved", "id", "pay-erp"), "تم حفظ «\u2068pay-erp\u2069»."; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
		if got, want := l.HTML("list.saved", "id", "a<b"), template.HTML("تم حفظ «<bdi>a&lt;b</bdi>»."); got != want {
			t.Errorf("the page holds %q, want %q", got, want)
		}
		left := builtIn(t, arabic(), Language{Tag: "ar-MT", Dir: "ltr"}).best("ar-MT")
		if got, want := left.Say("form.save"), "\u2067حفظ\u2069"; got != want {
			t.Errorf("a language from left to right says %q, want %q", got, want)
		}
	})
	t.Run("a value is a message", func(t *testing.T) {
		inner := webhook.Say("form.save")
		if got, want := l.Say("list.saved", "id", inner), "تم حفظ «حفظ»."; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
		if got, want := l.HTML("list.saved", "id", webhook.Say("<")), template.HTML("تم حفظ «&lt;»."); got != want {
			t.Errorf("the page holds %q, want %q", got, want)
		}
	})
	t.Run("events", func(t *testing.T) {
		pay, _ := events.Lookup("pay")
		refund, _ := events.Lookup("refund")
		if got := l.EventTitle(pay); got != "تم دفع طلب" {
			t.Errorf("pay is %q", got)
		}
		if got := l.EventTitle(refund); got != "A refund was granted" {
			t.Errorf("refund, which has no text, is %q", got)
		}
	})
	t.Run("Check names what is missing", func(t *testing.T) {
		flaws := strings.Join(l.Check(), "\n")
		if !strings.Contains(flaws, "page.cancel: the text is missing") || strings.Contains(flaws, "list.count#") {
			t.Errorf("Check says\n%s", flaws)
		}
	})
}

// TestA11_OverriddenLanguage replaces single texts of the languages that are
// there, and adds one that reads what it lacks in its parent.
func TestA11_OverriddenLanguage(t *testing.T) {
	ls := builtIn(
		t,
		Language{Tag: "de", Texts: map[string]string{"form.save": "Sichern", "refusal.summary": "Probleme: {n}"}},
		Language{Tag: "de-AT", Name: "Österreichisch", Texts: map[string]string{"month.1": "Jänner"}},
		Language{Tag: "EN", Texts: map[string]string{"page.cancel": "Never mind"}},
		Language{Tag: "eo", Texts: map[string]string{"form.preview": "Antaŭrigardo"}},
	)
	for _, c := range []struct{ tag, key, want string }{
		{"de", "form.save", "Sichern"},
		{"de", "refusal.summary", "Probleme: 1"},
		{"de", "page.cancel", "Abbrechen"},
		{"de-CH", "form.save", "Sichern"},
		{"de-AT", "month.1", "Jänner"},
		{"de-AT", "month.2", "Feb."},
		{"de-AT", "form.save", "Sichern"},
		{"en", "page.cancel", "Never mind"},
		{"en", "form.save", "Save"},
		{"eo", "form.preview", "Antaŭrigardo"},
		{"eo", "page.cancel", "Never mind"},
	} {
		if got := ls.best(c.tag).Say(c.key, "n", 1); got != c.want {
			t.Errorf("%s says %q for %s, want %q", c.tag, got, c.key, c.want)
		}
	}
	if de := ls.best("de"); de.Name != "Deutsch" || de.Dir != "ltr" {
		t.Errorf("the German of the host is %q, %q", de.Name, de.Dir)
	}
}

func TestA11_HTML(t *testing.T) {
	l := builtIn(t).best("en")
	link := template.HTML(`<a href="x">Show it</a>`)
	got := l.HTML("refusal.taken", "id", `<script>"`, "link", link, "other", "a&b")
	want := template.HTML(`There is already a webhook “<bdi>&lt;script&gt;&#34;</bdi>”. <a href="x">Show it</a> ` +
		`Choose another ID, such as <bdi>a&amp;b</bdi>.`)
	if got != want {
		t.Errorf("the page holds %q, want %q", got, want)
	}
	if got := l.HTML("list.count", "n", 10_000); got != "10,000 webhooks, newest first" {
		t.Errorf("the page holds %q", got)
	}
	if got := builtIn(t).best("de").HTML("<b>"); got != "&lt;b&gt;" {
		t.Errorf("a key without a text is %q in the page", got)
	}
}

// TestA11_Together speaks from several goroutines, as requests do; the race
// detector watches.
func TestA11_Together(t *testing.T) {
	ls := builtIn(t, arabic())
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for _, tag := range []string{"de", "ar", "en", "xx"} {
				ls.best(tag).Say("list.count", "n", 10_000)
			}
		})
	}
	wait.Wait()
}

// TestA11_AgreedGerman holds the texts that were agreed on word for word.
func TestA11_AgreedGerman(t *testing.T) {
	l := builtIn(t).best("de")
	for key, want := range map[string]string{
		"list.intro":               "Ein Webhook meldet einem anderen Programm sofort, wenn in Ihrem Shop etwas geschieht.",
		"list.empty_title":         "Noch keine Webhooks.",
		"form.new_title":           "Neuer Webhook",
		"list.empty_new":           "Ersten Webhook anlegen",
		"form.event":               "Wann soll gesendet werden?",
		"form.url":                 "An diese Adresse senden",
		"form.start":               "Was soll gesendet werden?",
		"event.pay.title":          "Eine Bestellung wurde bezahlt",
		"event.refund.title":       "Eine Erstattung wurde gewährt",
		"form.start_all":           "Alle Daten als JSON",
		"form.start_all_hint":      "Für die meisten Programme richtig.",
		"form.save":                "Speichern",
		"form.preview":             "Vorschau",
		"page.cancel":              "Abbrechen",
		"view.edit":                "Bearbeiten",
		"view.duplicate":           "Duplizieren",
		"delete.delete":            "Löschen",
		"view.test":                "Testereignis senden",
		"pause.pause":              "Anhalten",
		"resume.resume":            "Fortsetzen",
		"view.paused":              "Angehalten",
		"ask.title":                "Warum wurde etwas nicht gesendet?",
		"list.saved":               "„{id}“ ist gespeichert.",
		"url.scheme":               "Die Adresse beginnt mit {scheme}:. Sie muss mit https:// oder http:// beginnen.",
		"url.private":              "{host} ist {address}: eine Adresse in einem privaten oder besonderen Netz. Von hier sind nur öffentliche Adressen erreichbar.",
		"webhook.changed":          "Dieser Webhook wurde geändert, während Sie ihn bearbeitet haben.",
		"apology.signed_out.title": "Sie sind nicht mehr angemeldet",
	} {
		if got := l.Say(key); got != want {
			t.Errorf("%s reads %q, want %q", key, got, want)
		}
	}
	for key, start := range map[string]string{
		"form.body_hint":          "Text zwischen {{ und }} wird durch die Daten des Ereignisses ersetzt.",
		"refusal.taken":           "Es gibt schon einen Webhook „{id}“.",
		"apology.signed_out.text": "Nichts wurde gespeichert, nichts ist verloren: Ihr Text steht unten.",
	} {
		if got := l.Say(key); !strings.HasPrefix(got, start) {
			t.Errorf("%s reads %q, which should begin %q", key, got, start)
		}
	}
}
