package house

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	namesOfLines = regexp.MustCompile(`\(([A-Z]\d+(?:, [A-Z]\d+)*)\)`)
	namesOfMake  = regexp.MustCompile("`make ([a-z-]+)")
	namesOfTests = regexp.MustCompile("`(Test[A-Z]\\w*)`")
	notProse     = regexp.MustCompile("(?ms)^```.*?^```$")
)

// TestReadmeShows wants what the README says shows a promise to be there: lines of
// the contract, which TestContract holds to their tests, commands of make, and
// tests. In the parts that promise, no paragraph is without one.
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
	for _, part := range strings.Split(readme, "\n## ")[1:] {
		title, prose, _ := strings.Cut(part, "\n")
		switch title {
		case "Send events", "The admin pages", "The API by curl", "Settings":
			paragraphsShow(t, title, prose)
		}
	}
}

// paragraphsShow passes over tables, headings, HTML, and what introduces a block.
func paragraphsShow(t *testing.T, title, prose string) {
	t.Helper()
	seen := 0
	for _, paragraph := range regexp.MustCompile(`\n\s*\n`).Split(prose, -1) {
		paragraph = strings.TrimSpace(paragraph)
		if paragraph == "" || strings.ContainsAny(paragraph[:1], "|#<") || strings.HasSuffix(paragraph, ":") {
			continue
		}
		seen++
		if !namesOfLines.MatchString(paragraph) && !namesOfMake.MatchString(paragraph) && !namesOfTests.MatchString(paragraph) {
			t.Errorf("%s: nothing shows what this promises:\n%s", title, paragraph)
		}
	}
	if seen == 0 {
		t.Errorf("%s has no paragraph: this test sees nothing", title)
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
