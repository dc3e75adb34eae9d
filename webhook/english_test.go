package webhook

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// templateFields begin the keys that are put together of a field and a fault.
var templateFields = []string{FieldHeaderTemplate, FieldBodyTemplate}

// sources is what the repository's Go files say: every text in them, and the
// keys that Say is called with. A key that begins with a variable, as in
// Say(field+".budget"), is a suffix.
type sources struct {
	texts          map[string]bool
	keys, suffixes map[string]string
}

func readSources(t *testing.T) sources {
	t.Helper()
	s := sources{map[string]bool{}, map[string]string{}, map[string]string{}}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// The pages have a catalogue of their own, and a test that holds it.
		if entry.IsDir() && path != ".." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "admin-ui" || entry.Name() == "tmp") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || entry.Name() == "english.go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s.read(n, path)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s sources) read(n ast.Node, path string) {
	if text, ok := literal(n); ok {
		s.texts[text] = true
	}
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if name != "Say" && name != "say" {
		return
	}
	if key, ok := literal(call.Args[0]); ok && name == "Say" {
		s.keys[key] = path
	} else if ok {
		s.suffixes[key] = path // parseTemplate's say adds the field
	}
	if sum, ok := call.Args[0].(*ast.BinaryExpr); ok {
		if suffix, ok := literal(sum.Y); ok {
			s.suffixes[suffix] = path
		}
	}
}

func literal(n ast.Node) (string, bool) {
	l, ok := n.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// pageTexts are the texts that stand in the pages' own catalogue.
func pageTexts(t *testing.T) map[string]any {
	t.Helper()
	content, err := os.ReadFile("../admin-ui/texts/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(content, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestEnglish_EveryKeyHasAText(t *testing.T) {
	s := readSources(t)
	if len(s.keys) == 0 || len(s.suffixes) == 0 {
		t.Fatal("no call of Say was found: this test sees nothing")
	}
	pages := pageTexts(t)
	for key, path := range s.keys {
		if _, ok := english[key]; !ok && pages[key] == nil {
			t.Errorf("%s says %q, which has no text", path, key)
		}
	}
	for suffix, path := range s.suffixes {
		for _, field := range templateFields {
			if _, ok := english[field+suffix]; !ok {
				t.Errorf("%s says %q, which has no text", path, field+suffix)
			}
		}
	}
}

func TestEnglish_EveryTextIsUsed(t *testing.T) {
	s := readSources(t)
	for key := range english {
		_, suffix, _ := strings.Cut(key, ".")
		if _, used := s.suffixes["."+suffix]; !used && !s.texts[key] {
			t.Errorf("nothing says %q", key)
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// TestEnglish_TemplatesDiffer holds the texts of both templates side by side:
// they differ in the noun alone, so both name the same placeholders.
func TestEnglish_TemplatesDiffer(t *testing.T) {
	for key, body := range english {
		suffix, ok := strings.CutPrefix(key, FieldBodyTemplate)
		if !ok {
			continue
		}
		headers, ok := english[FieldHeaderTemplate+suffix]
		if !ok {
			t.Errorf("%s has a text for the body alone", suffix)
		}
		if got, want := strings.Join(placeholder.FindAllString(headers, -1), ""), strings.Join(placeholder.FindAllString(body, -1), ""); got != want {
			t.Errorf("%s: the headers' text has %s, the body's %s", suffix, got, want)
		}
	}
}
