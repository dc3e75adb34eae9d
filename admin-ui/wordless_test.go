package adminui

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// TestA11_TemplatesHoldNoWords holds that every word of a page is a text with a
// key: none stands in a template itself.
func TestA11_TemplatesHoldNoWords(t *testing.T) {
	actions := regexp.MustCompile(`(?s)\[\[.*?\]\]`)
	attributes := regexp.MustCompile(`[a-z-]+="[^"]*"`) // of a template for the inside of a tag
	spoken := []string{"aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "title", "placeholder", "alt"}
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are %d templates: %v", len(files), err)
	}
	for _, file := range files {
		source, err := fs.ReadFile(templateFiles, file)
		if err != nil {
			t.Fatal(err)
		}
		tokens := html.NewTokenizer(strings.NewReader(actions.ReplaceAllString(string(source), "")))
		for tokens.Next() != html.ErrorToken {
			token := tokens.Token()
			if token.Type == html.TextToken && strings.ContainsFunc(attributes.ReplaceAllString(token.Data, ""), unicode.IsLetter) {
				t.Errorf("%s says %q", file, strings.TrimSpace(token.Data))
			}
			for _, a := range token.Attr {
				if slices.Contains(spoken, a.Key) && strings.ContainsFunc(a.Val, unicode.IsLetter) {
					t.Errorf("%s says %s=%q", file, a.Key, a.Val)
				}
			}
		}
	}
}
