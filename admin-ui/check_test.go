package adminui

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
)

// builtIn gives the languages as a UI without a host's has them.
func builtIn(t *testing.T, extra ...Language) *languages {
	t.Helper()
	ls, err := newLanguages(extra, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return ls
}

func TestA11_GermanIsComplete(t *testing.T) {
	l := german()
	if flaws := l.Check(); len(flaws) > 0 {
		t.Errorf("texts/de.json:\n%s", strings.Join(flaws, "\n"))
	}
}

// TestA11_EachTextOnce: of two texts with one key a file's reader takes the last,
// and says nothing.
func TestA11_EachTextOnce(t *testing.T) {
	for _, tag := range []string{"en", "de"} {
		content, err := catalogues.ReadFile("texts/" + tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, line := range regexp.MustCompile(`(?m)^ *"(\w+\.[^"]+)":`).FindAllSubmatch(content, -1) {
			if key := string(line[1]); seen[key] {
				t.Errorf("texts/%s.json has %s twice", tag, key)
			} else {
				seen[key] = true
			}
		}
		if len(seen) < 300 {
			t.Errorf("%d texts were found in texts/%s.json: this test sees nothing", len(seen), tag)
		}
	}
}

// TestA11_EnglishIsSound holds what the other languages are compared with.
func TestA11_EnglishIsSound(t *testing.T) {
	keys := map[string]bool{}
	for _, e := range Entries() {
		if keys[e.Key] {
			t.Errorf("%s: there are two texts of this key", e.Key)
		}
		keys[e.Key] = true
		if e.Text == "" || e.Note == "" {
			t.Errorf("%s: the text is %q, the note %q", e.Key, e.Text, e.Note)
		}
	}
	for key, text := range pageTexts() {
		if plain, counts := text.Text != "", text.One != "" && text.Other != ""; plain == counts {
			t.Errorf("%s: it needs a text, or one and other", key)
		}
	}
}

// TestA11_Check breaks good texts, one at a time, and wants each noticed.
func TestA11_Check(t *testing.T) {
	sound := german()
	before := sound.Check()
	for name, c := range map[string]struct {
		spoil func(texts map[string]string)
		want  string
	}{
		"missing":          {func(texts map[string]string) { delete(texts, "form.save") }, "form.save: the text is missing"},
		"missing message":  {func(texts map[string]string) { delete(texts, "url.missing") }, "url.missing: the text is missing"},
		"missing event":    {func(texts map[string]string) { delete(texts, "event.pay.title") }, "event.pay.title: the text is missing"},
		"missing variable": {func(texts map[string]string) { delete(texts, "variable.wtid") }, "variable.wtid: the text is missing"},
		"too many":         {func(texts map[string]string) { texts["form.svae"] = "" }, "form.svae: there is no such text"},
		"missing form":     {func(texts map[string]string) { delete(texts, "list.count#one") }, "list.count#one: this plural form is missing"},
		"no forms at all": {
			func(texts map[string]string) {
				delete(texts, "list.count#one")
				delete(texts, "list.count#other")
				texts["list.count"] = "{n} Webhooks"
			}, "list.count#one: this plural form is missing\nlist.count#other: this plural form is missing",
		},
		"strange form": {func(texts map[string]string) { texts["list.count#few"] = "{n}" }, "list.count#few: the language has no such plural form"},
		"placeholder lost": {
			func(texts map[string]string) { texts["list.saved"] = "Gespeichert." },
			"list.saved: it has the placeholders [], the English text [id]",
		},
		"placeholder misspelt": {
			func(texts map[string]string) { texts["list.range"] = "{first}–{last} von {m}" },
			"list.range: it has the placeholders [first last m], the English text [first last n]",
		},
		"placeholder lost in a form": {
			func(texts map[string]string) { texts["list.count#other"] = "Webhooks" },
			"list.count#other: it has the placeholders [], the English text [n]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := german()
			c.spoil(l.Texts)
			flaws := slices.DeleteFunc(l.Check(), func(flaw string) bool { return slices.Contains(before, flaw) })
			if got := strings.Join(flaws, "\n"); got != c.want {
				t.Errorf("Check says %q, want %q", got, c.want)
			}
		})
	}
}

// TestA11_PluralForms compares the forms that Check asks for with CLDR's.
func TestA11_PluralForms(t *testing.T) {
	for tag, want := range map[string]string{
		"ja": "other", "en": "one other", "de": "one other", "lv": "one other zero",
		"pl": "few many one", "ar": "few many one other two zero", "cy": "few many one other two zero",
	} {
		var got []string
		for form := range neededForms(language.MustParse(tag)) {
			got = append(got, form)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s has the forms %s, want %s", tag, s, want)
		}
	}
}
