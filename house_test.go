// Package house holds the rules of the house: who may import whom, what each
// package must say of itself, and that SQL and Go agree on limits.
package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const module = "github.com/seed-7c2cc908/merchant-webhooks"

// bans is the policy: what a room must not import, and why. Mend the code, not
// this text, when a build breaks it.
var bans = []struct{ room, imports, reason string }{
	{"webhook", "github.com/gin-gonic", "the ground knows no web framework"},
	{"webhook", "github.com/jmoiron/sqlx", "SQL stands in repo"},
	{"webhook", "github.com/lib/pq", "SQL stands in repo"},
	{"webhook", "database/sql", "SQL stands in repo"},
	{"webhook", module, "nothing is below the ground"},
	{"repo", "github.com/gin-gonic", "the repository serves no requests"},
	{"repo", "net/http", "the repository serves no requests"},
	{"repo", module + "/handlers", "nothing points up"},
	{"repo", module + "/plugin", "nothing points up"},
	{"migrations", module, "migrations are SQL and its running, below all else"},
	{"migrations", "github.com/gin-gonic", "migrations serve no requests"},
	{"admin-ui", "github.com/gin-gonic", "pages know no web framework"},
	{"admin-ui", "net/http", "pages serve no requests"},
	{"admin-ui", "database/sql", "SQL stands in repo"},
	{"admin-ui", "github.com/jmoiron/sqlx", "SQL stands in repo"},
	{"admin-ui", module + "/repo", "handlers fill the views"},
	{"admin-ui", module + "/handlers", "nothing points up"},
	{"admin-ui", module + "/plugin", "nothing points up"},
	{"repo", module + "/admin-ui", "the repository knows no pages"},
	{"repo", module + "/delivery", "nothing points up"},
	{"delivery", "github.com/gin-gonic", "delivery serves no requests"},
	{"delivery", module + "/handlers", "nothing points up"},
	{"delivery", module + "/admin-ui", "delivery knows no pages"},
	{"delivery", module + "/plugin", "nothing points up"},
	{"admin-ui", module + "/delivery", "handlers fill the views"},
	{"handlers", "github.com/riverqueue", "the queue is delivery's"},
	{"handlers", "database/sql", "SQL stands in repo"},
	{"handlers", "github.com/jmoiron/sqlx", "SQL stands in repo"},
	{"handlers", "github.com/lib/pq", "driver errors end in repo"},
	{"handlers", module + "/plugin", "nothing points up"},
	{"repo", module + "/telemetry", "nothing points up"},
	{"telemetry", module + "/delivery", "nothing points up"},
	{"telemetry", module + "/handlers", "nothing points up"},
	{"telemetry", "github.com/gin-gonic", "telemetry knows no web framework"},
	{"telemetry", "database/sql", "SQL stands in repo"},
	{"handlers", "github.com/prometheus", "metrics are telemetry's"},
	{"handlers", "go.opentelemetry.io", "spans are telemetry's"},
	{"delivery", "github.com/prometheus", "metrics are telemetry's"},
	{"delivery", "go.opentelemetry.io", "spans are telemetry's"},
	{"handlers", module + "/migrations", "the door migrates"},
	{"plugin", module + "/example", "nothing points up"},
	{"plugin", module + "/internal/pgdev", "a host needs no private PostgreSQL"},
}

// banned names what must not come with the plugin into a host, however far
// down.
var banned = []struct{ imports, reason string }{
	{module + "/internal/pgdev", "a host needs no private PostgreSQL"},
	{module + "/internal/browser", "browsers are for tests"},
	{"github.com/chromedp", "browsers are for tests"},
	{module + "/example", "the example is no part of the plugin"},
	{"github.com/alexedwards/scs", "sign-in is the host's"},
	{"github.com/fergusstrange/embedded-postgres", "only the example downloads PostgreSQL"},
	{"pgregory.net/rapid", "a test library"},
	{"golang.org/x/tools", "only make mutate reads Go"},
	{"github.com/PuerkitoBio/goquery", "a test library"},
	{"github.com/a-h/templ", "a layout that only tests have"},
	{"github.com/pb33f", "it checks the API's description, in tests"},
	{"testing", "a test library"},
	{"net/http/httptest", "a test library"},
	{"github.com/standard-webhooks", "receivers verify with it, in tests"},
	{"go.opentelemetry.io/otel/sdk", "which spans are kept is the host's choice"},
	{"go.opentelemetry.io/otel/exporters", "where spans go is the host's choice"},
	{"github.com/prometheus/client_golang/prometheus/promhttp", "the host serves /metrics"},
	{"github.com/prometheus/client_golang/prometheus/testutil", "a test library"},
}

func TestArrows(t *testing.T) {
	for _, ban := range bans {
		imports := goList(t, "-f", `{{join .Imports "\n"}}`, "./"+ban.room)
		for _, imported := range imports {
			if imported == ban.imports || strings.HasPrefix(imported, ban.imports+"/") {
				t.Errorf("%s imports %s, but %s", ban.room, imported, ban.reason)
			}
		}
	}
}

func TestHostStaysLight(t *testing.T) {
	deps := goList(t, "-deps", "./plugin")
	if !slices.Contains(deps, module+"/repo") {
		t.Fatal("go list -deps ./plugin does not list repo: this test sees nothing")
	}
	for _, ban := range banned {
		for _, dep := range deps {
			if dep == ban.imports || strings.HasPrefix(dep, ban.imports+"/") {
				t.Errorf("plugin brings %s into the host: %s", dep, ban.reason)
			}
		}
	}
}

// rules names what stands in one room alone, and what would be a second copy of
// it elsewhere.
var rules = []struct {
	rooms  []string
	except string // the one file that may
	form   string // of a line
	reason string
}{
	{[]string{"handlers", "admin-ui", "repo"}, "", `(?:[<>]=?|==|!=)\s*webhook\.Max|webhook\.Max\w+\s*(?:[<>]=?|==|!=)`, "limits are judged by webhook.Validate"},
	{[]string{"handlers", "admin-ui", "repo"}, "", `"regexp"`, "what is allowed is judged by webhook.Validate"},
	{[]string{"handlers", "admin-ui", "repo"}, "", `http\.Status(?:BadRequest|Unauthorized|Forbidden|NotFound|MethodNotAllowed|Conflict|RequestEntityTooLarge|UnprocessableEntity|InternalServerError|ServiceUnavailable)|(?:Status|WriteHeader|Data|String|JSON)\([45]\d\d\b|\bstatus\s*:?=+\s*[45]\d\d\b`, "statuses stand in webhook's table of codes"},
	{[]string{"handlers", "admin-ui", "repo"}, "repo/errors.go", `"(?:[0-9]{2}[0-9A-Z]{3})"|SQLState`, "SQLSTATEs stand in one file"},
}

func TestRulesInTheirRooms(t *testing.T) {
	for _, rule := range rules {
		form := regexp.MustCompile(rule.form)
		eachGoFile(t, func(file string) {
			if strings.HasSuffix(file, "_test.go") || file == rule.except || !slices.Contains(rule.rooms, path.Dir(file)) {
				return
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				if form.MatchString(line) {
					t.Errorf("%s:%d: %s: %s", file, i+1, strings.TrimSpace(line), rule.reason)
				}
			}
		})
		if rule.except == "" {
			continue
		}
		if text, err := os.ReadFile(rule.except); err != nil || !form.Match(text) {
			t.Errorf("%s does not hold what only it may: the rule %q sees nothing", rule.except, rule.form)
		}
	}
}

// TestPackageComments wants one package comment in each package, so that go
// doc says what the room knows.
func TestPackageComments(t *testing.T) {
	comments := map[string][]string{}
	eachGoFile(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") && path.Dir(file) != "." {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(file)
		comments[dir] = append(comments[dir], "")
		if parsed.Doc != nil {
			comments[dir][len(comments[dir])-1] = file
		}
	})
	for dir, files := range comments {
		with := slices.DeleteFunc(files, func(file string) bool { return file == "" })
		if len(with) != 1 {
			t.Errorf("package %s has %d package comments (%v), want 1", dir, len(with), with)
		}
	}
}

// TestFileLength keeps files at a length that is read in one go.
func TestFileLength(t *testing.T) {
	const most = 400
	eachGoFile(t, func(file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > most && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s has %d lines, more than %d: it has more than one job", file, n, most)
		}
	})
}

// TestLimits compares SQL's limits with Go's: what Validate accepts the table
// takes, and the reverse.
func TestLimits(t *testing.T) {
	sql, err := os.ReadFile("migrations/0001_webhooks.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	for expression, limit := range map[string]int{
		`char_length\(webhook_id\) BETWEEN 1 AND (\d+)`:       webhook.MaxIDCharacters,
		`octet_length\(url\) <= (\d+)`:                        webhook.MaxURLBytes,
		`octet_length\(header_template\) BETWEEN 1 AND (\d+)`: webhook.MaxHeaderTemplateBytes,
		`octet_length\(body_template\) BETWEEN 1 AND (\d+)`:   webhook.MaxBodyTemplateBytes,
	} {
		found := regexp.MustCompile(expression).FindSubmatch(sql)
		if found == nil {
			t.Errorf("no constraint of the form %s", expression)
			continue
		}
		if n, _ := strconv.Atoi(string(found[1])); n != limit {
			t.Errorf("SQL allows %d where Go allows %d: %s", n, limit, expression)
		}
	}
}

// TestReadmeGo compares the README's Go, to mount the plugin and to emit, with
// the examples that are compiled.
func TestReadmeGo(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("plugin/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	// However deep they stand there.
	unindented := func(text string) string { return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(text, "") }
	blocks := strings.Split(string(readme), "```go\n")
	if len(blocks) < 3 {
		t.Fatal("README.md does not show how to mount and to emit")
	}
	for _, block := range blocks[1:3] {
		block, _, _ = strings.Cut(block, "```")
		if !strings.Contains(unindented(string(example)), unindented(block)) {
			t.Errorf("plugin/example_test.go does not hold the README's lines:\n%s", block)
		}
	}
}

// TestReadmeRecipes compares how receivers check a message with what the pages
// show.
func TestReadmeRecipes(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"go", "php", "python", "javascript"} {
		recipe, err := os.ReadFile("admin-ui/recipes/" + language + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(readme), "```"+language+"\n"+strings.TrimSpace(string(recipe))+"\n```") {
			t.Errorf("README.md does not show admin-ui/recipes/%s.txt", language)
		}
	}
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Fields(string(out))
}

func eachGoFile(t *testing.T, do func(file string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && file != "." {
			return fs.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(file, ".go") {
			do(filepath.ToSlash(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
