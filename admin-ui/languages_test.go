package adminui

import (
	"strings"
	"testing"
)

func TestA11_ChoosesALanguage(t *testing.T) {
	ls := builtIn(t, arabic(), Language{Tag: "pt-BR"})
	for _, c := range []struct {
		want      string
		preferred []string
	}{
		{"en", nil},
		{"en", []string{""}},
		{"de", []string{"de"}},
		{"de", []string{"de_DE"}},
		{"de", []string{"DE-ch-1996"}},
		{"de", []string{"gsw"}},
		{"en", []string{"en-GB,de;q=0.9"}},
		{"de", []string{"fr,de;q=0.5,en;q=0.4"}},
		{"en", []string{"fr"}},
		{"en", []string{"*"}},
		{"en", []string{"de;q=0"}},
		{"en", []string{"de;q=0.3, en;q=0.7"}},
		{"pt-BR", []string{"pt"}},
		{"ar", []string{"ar-EG"}},
		// What the host says goes before what the browser says, if it is spoken.
		{"de", []string{"de", "en"}},
		{"ar", []string{"fr", "ar;q=0.8"}},
		{"de", []string{"", "de-DE"}},
		// One entry that can not be read does not spoil the others.
		{"de", []string{"de-DE,d%e;q=0.8,en;q=0.5"}},
		{"de", []string{"en;q=x,de"}},
		{"de", []string{";;;,,,de,,"}},
		{"en", []string{"\x00\xff", "-", ";q=1", ",", "de;q=-1"}},
		{"en", []string{strings.Repeat("x-", 100_000)}},
		{"en", []string{strings.Repeat("fr,", 400) + "de"}},
		{"de", []string{"de," + strings.Repeat("x,", 100_000)}},
	} {
		if got := ls.best(c.preferred...).Tag; got != c.want {
			t.Errorf("%.60q are answered in %s, want %s", c.preferred, got, c.want)
		}
	}
}

func TestA11_RefusesWhatIsNoLanguage(t *testing.T) {
	for want, l := range map[string]Language{
		`option Languages[0]: "" is no language's tag, such as "de" or "pt-BR"`:         {},
		`option Languages[0]: "und" is no language's tag, such as "de" or "pt-BR"`:      {Tag: "und"},
		`option Languages[0]: "deutsch!" is no language's tag, such as "de" or "pt-BR"`: {Tag: "deutsch!"},
		`option Languages[0]: the direction "up" of ar is neither "ltr" nor "rtl"`:      {Tag: "ar", Dir: "up"},
	} {
		if _, err := newLanguages([]Language{l}, nil); err == nil || err.Error() != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// TestA11_HostKeepsItsTexts changes what a host gave after it was given.
func TestA11_HostKeepsItsTexts(t *testing.T) {
	host := arabic()
	ls := builtIn(t, host)
	delete(host.Texts, "form.save")
	if got := ls.best("ar").Say("form.save"); got != "حفظ" {
		t.Errorf("Save reads %q", got)
	}
}

// FuzzA11_AcceptLanguage holds that nothing that a browser sends stops a page.
func FuzzA11_AcceptLanguage(f *testing.F) {
	ls, err := newLanguages([]Language{arabic()}, nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", "de", "de-DE,de;q=0.9,en;q=0.8", "*", "x-", "de;q=0", "-;-,;q=", "a,b-c;d=e", "zh-Hant-x-a-b", "\xff", "en-u-nu-arab", "de-u-co-phonebk-nu-",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		l := ls.best(accept)
		if again := ls.best(accept); l == nil || again != l {
			t.Fatalf("%q is answered in %v, then in %v", accept, l, again)
		}
		// Whoever asks for German first and alone reads it, whatever follows.
		if got := ls.best("de", accept); got.Tag != "de" {
			t.Fatalf("after de, %q is answered in %s", accept, got.Tag)
		}
	})
}
