package adminui

import (
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestA11_Times(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	summer := time.FixedZone("CEST", 7200)
	nameless := time.FixedZone("-03", -3*3600)
	unnamed := time.FixedZone("", 5*3600+45*60)
	at := time.Date(2026, time.November, 23, 14, 3, 5, 0, time.UTC)
	early := time.Date(2026, time.March, 1, 23, 30, 0, 0, time.UTC)
	ls := builtIn(t, arabic())
	en, de, ar := ls.best("en"), ls.best("de"), ls.best("ar")
	for _, c := range []struct {
		language *Language
		key      string
		at       time.Time
		zone     *time.Location
		want     string
	}{
		{en, "time.full", at, time.UTC, "23 Nov 2026, 14:03:05 UTC"},
		{en, "time.minute", at, time.UTC, "23 Nov 2026, 14:03 UTC"},
		{en, "time.clock", at, time.UTC, "14:03:05 UTC"},
		{de, "time.clock", at, berlin, "15:03:05 MEZ"},
		{en, "time.date", at, time.UTC, "23 Nov 2026"},
		{en, "time.full", at, berlin, "23 Nov 2026, 15:03:05 CET"},
		{en, "time.full", at, nameless, "23 Nov 2026, 11:03:05 UTC-03:00"},
		{en, "time.full", at, unnamed, "23 Nov 2026, 19:48:05 UTC+05:45"},
		{en, "time.full", early, time.UTC, "1 Mar 2026, 23:30:00 UTC"},
		{en, "time.date", early, berlin, "2 Mar 2026"},
		{de, "time.full", at, time.UTC, "23. Nov. 2026, 14:03:05 UTC"},
		{de, "time.full", at, berlin, "23. Nov. 2026, 15:03:05 MEZ"},
		{de, "time.minute", early, summer, "2. März 2026, 01:30 MESZ"},
		{de, "time.date", at, time.UTC, "23. Nov. 2026"},
		{ar, "time.full", at, time.UTC, "٢٣ نوفمبر ٢٠٢٦، ١٤:٠٣:٠٥ UTC"},
		{ar, "time.date", at, time.UTC, "\u206623 Nov 2026\u2069"},
	} {
		zoned := *c.language
		zoned.location = c.zone
		if got := zoned.moment(c.key, c.at); got != c.want {
			t.Errorf("the time reads %q, want %q", got, c.want)
		}
	}
}

// TestA11_TimesInMessages: a sentence of package webhook that holds a time or
// another sentence reads in the UI's zone, as a <time> on a page.
func TestA11_TimesInMessages(t *testing.T) {
	ui := newUI(t, Options{Location: time.FixedZone("CET", 3600), Languages: []Language{
		{Tag: "de", Texts: map[string]string{"form.save": "Sichern"}},
	}})
	inner := webhook.Say("page.as_of", "time", now, "link", 1000)
	sentence := webhook.Say("list.saved", "id", inner)
	for _, c := range []struct{ tag, text, html string }{
		{
			"en", "“As of 23 Nov 2026, 15:03:05 CET. 1,000” is saved.",
			`“As of <time datetime="2026-11-23T14:03:05Z">23 Nov 2026, 15:03:05 CET</time>. 1,000” is saved.`,
		},
		{
			"de", "„Stand: 23. Nov. 2026, 15:03:05 MEZ. 1.000“ ist gespeichert.",
			`„Stand: <time datetime="2026-11-23T14:03:05Z">23. Nov. 2026, 15:03:05 MEZ</time>. 1.000“ ist gespeichert.`,
		},
	} {
		l := ui.Language(c.tag)
		if got := l.Message(sentence); got != c.text {
			t.Errorf("it says %q, want %q", got, c.text)
		}
		if got := l.MessageHTML(sentence); string(got) != c.html {
			t.Errorf("the page holds %q, want %q", got, c.html)
		}
	}
}
