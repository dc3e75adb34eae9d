package house

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	namesOfLines = regexp.MustCompile(`\(([A-Z]\d+(?:, [A-Z]\d+)*)\)`)
	namesOfMake  = regexp.MustCompile("`make ([a-z-]+)")
	namesOfTests = regexp.MustCompile("`(Test[A-Z]\\w*)`")
	// A sentence that follows begins with a capital, or is code.
	endOfSentence = regexp.MustCompile("(\\.\\)?) +([A-Z`*\\[(])")
	titles        = regexp.MustCompile(`\*\*[^*]+\.\*\* `)
	notProse      = regexp.MustCompile("(?ms)^```.*?^```$")
)

// noPromise begins the sentences that promise nothing: they say what to do, or
// how something outside this repository is.
var noPromise = []string{
	"The package is ", "`r.Run` sets no time limits", "**A database that falls silent**",
	"`{name}` is a placeholder", "A text that counts ", "Each process says the same", "`plugin.Config`; ", "Name both servers ", "(lib/pq begins ",
}

// TestReadmeShows wants what the README says shows a promise to be there: lines of
// the contract, which TestContract holds to their tests, commands of make, and
// tests. In the parts that promise, no sentence is without one.
func TestReadmeShows(t *testing.T) {
	contract, makefile, tests := text(t, "CONTRACT.md"), text(t, "Makefile"), map[string]bool{}
	eachGoFile(t, func(file string) {
		for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(text(t, file), -1) {
			tests[found[1]] = true
		}
	})
	readme := notProse.ReplaceAllString(text(t, "README.md"), "")
	for _, names := range namesOfLines.FindAllStringSubmatch(readme, -1) {
		for _, name := range strings.Split(names[1], ", ") {
			if !strings.Contains(contract, "\n- **"+name+"** ") {
				t.Errorf("CONTRACT.md has no line %s", name)
			}
		}
	}
	for _, command := range namesOfMake.FindAllStringSubmatch(readme, -1) {
		if !strings.Contains(makefile, "\n"+command[1]+":") {
			t.Errorf("there is no %s", command[0])
		}
	}
	for _, name := range namesOfTests.FindAllStringSubmatch(readme, -1) {
		if !tests[name[1]] {
			t.Errorf("there is no %s", name[1])
		}
	}
	seen := map[string]bool{}
	for _, part := range strings.Split(readme, "\n## ")[1:] {
		title, prose, _ := strings.Cut(part, "\n")
		switch title {
		case "Mount it", "Send events", "The admin pages", "Watching it", "The API by curl", "Settings":
			seen[title] = true
			sentencesShow(t, title, prose)
		}
	}
	if len(seen) != 6 {
		t.Errorf("of the parts that promise only %v are there", seen)
	}
	for _, beginning := range noPromise {
		if !strings.Contains(strings.Join(strings.Fields(readme), " "), beginning) {
			t.Errorf("no sentence begins with %q", beginning)
		}
	}
}

// sentencesShow passes over tables, headings, HTML, and what introduces a block.
func sentencesShow(t *testing.T, title, prose string) {
	t.Helper()
	for _, paragraph := range regexp.MustCompile(`\n\s*\n`).Split(prose, -1) {
		paragraph = strings.Join(strings.Fields(paragraph), " ")
		if paragraph == "" || strings.ContainsAny(paragraph[:1], "|#<") {
			continue
		}
		for _, sentence := range strings.Split(endOfSentence.ReplaceAllString(titles.ReplaceAllString(paragraph, ""), "$1\n$2"), "\n") {
			named := namesOfLines.MatchString(sentence) || namesOfMake.MatchString(sentence) || namesOfTests.MatchString(sentence)
			exempt := slices.ContainsFunc(noPromise, func(beginning string) bool { return strings.HasPrefix(sentence, beginning) })
			if !named && !exempt && !strings.HasSuffix(sentence, ":") {
				t.Errorf("%s: nothing shows what this promises: %s", title, sentence)
			}
		}
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
