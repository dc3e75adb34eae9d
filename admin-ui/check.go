package adminui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Check says what a translator should still do: which texts are missing, which
// keys no page asks for, where placeholders differ from the English text's, and
// which plural forms the language needs besides. It is for a host's own test;
// the pages work with any texts. Texts of a host's own events may be there.
func (l *Language) Check() []string {
	var flaws []string
	needed := neededForms(language.Make(l.Tag))
	known := map[string]bool{}
	for _, e := range Entries() {
		known[e.Key] = true
		flaws = append(flaws, l.check(e, needed)...)
	}
	for _, key := range slices.Sorted(maps.Keys(l.Texts)) {
		base, _, _ := strings.Cut(key, "#")
		if !known[base] && !strings.HasPrefix(base, "event.") {
			flaws = append(flaws, fmt.Sprintf("%s: there is no such text", key))
		}
	}
	return flaws
}

// check judges the translation of one text. needed are the plural forms of the
// language, true where a form stands for one number alone.
func (l *Language) check(e Entry, needed map[string]bool) []string {
	plain, isPlain := l.Texts[e.Key]
	has := map[string]string{}
	for _, form := range pluralForms {
		if text, ok := l.Texts[e.Key+"#"+form]; ok {
			has[form] = text
		}
	}
	if len(has) == 0 && (e.One == "" || len(needed) == 1) {
		if !isPlain {
			return []string{fmt.Sprintf("%s: the text is missing", e.Key)}
		}
		return differing(e, e.Key, plain, false)
	}
	var flaws []string
	for form := range needed {
		if _, ok := has[form]; !ok {
			flaws = append(flaws, fmt.Sprintf("%s#%s: this plural form is missing", e.Key, form))
		}
	}
	for form, text := range has {
		alone, ok := needed[form]
		if !ok {
			flaws = append(flaws, fmt.Sprintf("%s#%s: the language has no such plural form", e.Key, form))
			continue
		}
		flaws = append(flaws, differing(e, e.Key+"#"+form, text, alone)...)
	}
	slices.Sort(flaws)
	return flaws
}

// differing compares a translation's placeholders with the English text's. A
// plural form that stands for one number alone may write it as a word.
func differing(e Entry, key, text string, alone bool) []string {
	want, got := placeholdersOf(e.Text), placeholdersOf(text)
	if alone {
		delete(want, counted)
		delete(got, counted)
	}
	if maps.Equal(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: it has the placeholders %v, the English text %v",
		key, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))}
}

func placeholdersOf(text string) map[string]bool {
	names := map[string]bool{}
	fill(text, func(_ *strings.Builder, name string) bool {
		names[name] = true
		return true
	})
	return names
}

// neededForms are the plural forms that whole numbers have in a language, true
// where it is the form of one number alone, such as English one.
func neededForms(tag language.Tag) map[string]bool {
	l := Language{tag: tag}
	uses := map[string]int{}
	for n := range int64(1000) {
		uses[l.form(n)]++
	}
	for n := int64(1000); n <= 1_000_000; n *= 10 {
		uses[l.form(n)]++
	}
	needed := make(map[string]bool, len(uses))
	for form, n := range uses {
		needed[form] = n == 1
	}
	return needed
}
