package handlers_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if err := browser.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// root is the repository, seen from this package.
const root = ".."

// An entry is one promise of CONTRACT.md.
type entry struct {
	name string
	// heldBy are the scripts ("C3.txt") and packages ("handlers") after its arrow.
	heldBy []string
}

var (
	entryStart  = regexp.MustCompile(`(?m)^- \*\*([A-Z]\d+)\*\* `)
	inBackticks = regexp.MustCompile("`([^`]+)`")
	codeRow     = regexp.MustCompile(`(?m)^\| (\d+) \| ([A-Z_]+) \| (\d{3}) \|$`)
	eventRow    = regexp.MustCompile("(?m)^\\| (`[a-z_]+`(?:, `[a-z_]+`)*) \\| `")
)

func readContract(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "CONTRACT.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func contractEntries(t testing.TB) []entry {
	t.Helper()
	text := readContract(t)
	var entries []entry
	for _, at := range entryStart.FindAllStringSubmatchIndex(text, -1) {
		body := text[at[1]:]
		if end := regexp.MustCompile(`\n(\S|\n)`).FindStringIndex(body); end != nil {
			body = body[:end[0]]
		}
		e := entry{name: text[at[2]:at[3]]}
		_, places, _ := strings.Cut(body, "→")
		for _, place := range inBackticks.FindAllStringSubmatch(places, -1) {
			e.heldBy = append(e.heldBy, place[1])
		}
		entries = append(entries, e)
	}
	return entries
}

func TestContract(t *testing.T) {
	entries := contractEntries(t)
	if len(entries) != 84 {
		t.Errorf("CONTRACT.md has %d entries that this test can read, want 84", len(entries))
	}
	scripts := scriptNames(t)
	inGo := namesInTests(t)

	listed := map[string]bool{}
	for _, e := range entries {
		if listed[e.name] {
			t.Errorf("CONTRACT.md has two entries %s", e.name)
		}
		listed[e.name] = true
		if len(e.heldBy) == 0 {
			t.Errorf("CONTRACT.md says of %s nothing about where it is held", e.name)
		}
		for _, place := range e.heldBy {
			script, isScript := strings.CutSuffix(place, ".txt")
			switch {
			case isScript && (script != e.name || !slices.Contains(scripts, script)):
				t.Errorf("CONTRACT.md says that %s holds %s, but it is not its script", place, e.name)
			case !isScript && !inGo[place][e.name]:
				t.Errorf("CONTRACT.md says that %s holds %s, but no Go test there bears its name", place, e.name)
			}
		}
		if slices.Contains(scripts, e.name) && !slices.Contains(e.heldBy, e.name+".txt") {
			t.Errorf("%s.txt exists, but CONTRACT.md does not name it after the arrow of %s", e.name, e.name)
		}
	}
	for _, s := range scripts {
		if !listed[s] {
			t.Errorf("testdata/api/%s.txt has no entry in CONTRACT.md", s)
		}
	}
}

// scriptNames are the names of the scripts in testdata/api, without ".txt".
func scriptNames(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/api/*")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(files))
	for _, f := range files {
		name, isScript := strings.CutSuffix(filepath.Base(f), ".txt")
		if !isScript {
			t.Errorf("%s is no script", f)
		}
		names = append(names, name)
	}
	return names
}

var (
	namesInString  = regexp.MustCompile(`^([A-Z]\d+ )+`)
	nameInFunction = regexp.MustCompile(`^(?:Test|Fuzz)([A-Z]\d+)(?:\D|$)`)
)

// namesInTests tells for each package of the repository, by its directory,
// which entries its Go tests bear the names of.
func namesInTests(t testing.TB) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		names := namesInFile(file)
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		if found[dir] == nil {
			found[dir] = map[string]bool{}
		}
		maps.Copy(found[dir], names)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func namesInFile(file *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if m := nameInFunction.FindStringSubmatch(n.Name.Name); m != nil {
				names[m[1]] = true
			}
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				break
			}
			text, err := strconv.Unquote(n.Value)
			if err != nil {
				break
			}
			for _, name := range strings.Fields(namesInString.FindString(text)) {
				names[name] = true
			}
		}
		return true
	})
	return names
}

var (
	codesOnce sync.Once
	codes     map[int]int
)

// contractCodes is the table of codes in CONTRACT.md: status by code.
func contractCodes(t testing.TB) map[int]int {
	t.Helper()
	codesOnce.Do(func() {
		codes = map[int]int{}
		for _, row := range codeRow.FindAllStringSubmatch(readContract(t), -1) {
			code, _ := strconv.Atoi(row[1])
			status, _ := strconv.Atoi(row[3])
			codes[code] = status
		}
	})
	return codes
}

func TestContractTables(t *testing.T) {
	t.Run("R7 codes, names and statuses are those of CONTRACT.md", func(t *testing.T) {
		rows := codeRow.FindAllStringSubmatch(readContract(t), -1)
		if len(rows) != 18 {
			t.Errorf("CONTRACT.md lists %d codes, want 18", len(rows))
		}
		hints := map[string]string{}
		for _, row := range rows {
			n, _ := strconv.Atoi(row[1])
			code := webhook.Code(n)
			if code.String() != row[2] || strconv.Itoa(code.Status()) != row[3] {
				t.Errorf("code %d is %s with status %d, CONTRACT.md says %s and %s", n, code, code.Status(), row[2], row[3])
			}
			if other, taken := hints[code.Hint()]; taken || code.Hint() == "" {
				t.Errorf("code %d has the hint %q, as has %q", n, code.Hint(), other)
			}
			hints[code.Hint()] = row[2]
		}
	})
	t.Run("V1 the events are those of CONTRACT.md", func(t *testing.T) {
		var listed []string
		for _, row := range eventRow.FindAllStringSubmatch(readContract(t), -1) {
			for _, name := range inBackticks.FindAllStringSubmatch(row[1], -1) {
				listed = append(listed, name[1])
			}
		}
		catalogue, err := webhook.NewCatalogue()
		if err != nil {
			t.Fatal(err)
		}
		names := slices.Sorted(slices.Values(catalogue.Names()))
		slices.Sort(listed)
		if !slices.Equal(listed, names) {
			t.Errorf("CONTRACT.md lists %v, the catalogue has %v", listed, names)
		}
	})
}
