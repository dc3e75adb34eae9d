package adminui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// puttogether are the keys that end in a value: how they begin, and the values
// that there are; nil where the values are open.
var puttogether = map[string][]string{
	"month.":    {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
	"zone.":     nil,
	"event.":    nil,
	"variable.": nil,
	"apology.": {
		"sign_in.title", "forbidden.title", "no_entry.title", "cross_site.title", "no_webhook.title", "no_instance.title",
		"no_page.title", "too_large.title", "unavailable.title", "wrong_method.title",
	},
	"duration.after_":  {"seconds", "minutes", "hours", "days"},
	"duration.for_":    {"seconds", "minutes", "hours", "days"},
	"duration.almost_": {"seconds", "minutes", "hours", "days"},
	"duration.over_":   {"seconds", "minutes", "hours", "days"},
	"field.":           {"webhook_id", "event_type", "url", "http_method", "header_template", "body_template"},
	"form.group_":      {"orders", "products", "categories", "other"},
	"form.start_":      {webhook.StartAll, webhook.StartID, webhook.StartChat, webhook.StartForm, webhook.StartOwn},
}

// uses are the texts that templates and Go files ask for.
type uses struct {
	// keys are all literals that can be keys, with the place.
	keys map[string]string
	// begun are the literals that something is added to, with the place.
	begun map[string]string
	// ends are the literals that are added to a key, as in key+"_request".
	ends map[string]bool
	// calls are those of Say and HTML with a literal key and literal names.
	calls []call
}

type call struct {
	place, key string
	names      []string
}

// eachFile parses the Go files of this package, but for its tests.
func eachFile(t *testing.T, do func(file string, parsed *ast.File)) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		do(file, parsed)
	}
}

func readUses(t *testing.T) *uses {
	t.Helper()
	u := &uses{keys: map[string]string{}, begun: map[string]string{}, ends: map[string]bool{}}
	eachFile(t, func(file string, parsed *ast.File) {
		ast.Inspect(parsed, func(n ast.Node) bool {
			u.readGo(n, file)
			return true
		})
	})
	templates, err := parseTemplates()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range templates.Templates() {
		if one.Tree != nil {
			u.readTemplate(one.Tree.Root, "template "+one.Name())
		}
	}
	if len(u.calls) < 20 {
		t.Fatalf("%d calls of Say and HTML were found: this test sees nothing", len(u.calls))
	}
	return u
}

func (u *uses) readGo(n ast.Node, place string) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if text, ok := literal(n); ok {
			u.keys[text] = place
		}
	case *ast.BinaryExpr:
		if text, ok := literal(n.X); ok && n.Op == token.ADD {
			u.begun[text] = place
		}
		if text, ok := literal(n.Y); ok && n.Op == token.ADD {
			u.ends[text] = true
		}
	case *ast.CallExpr:
		u.readCall(n, place)
	}
}

func (u *uses) readCall(n *ast.CallExpr, place string) {
	f, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || len(n.Args) == 0 {
		return
	}
	key, ok := literal(n.Args[0])
	switch {
	case ok && f.Sel.Name == "Sprintf":
		if begin, _, found := strings.Cut(key, "%"); found {
			u.begun[begin] = place
		}
	case ok && n.Ellipsis == token.NoPos && (f.Sel.Name == "Say" || f.Sel.Name == "HTML"):
		c := call{place: place, key: key}
		for i := 1; i < len(n.Args); i += 2 {
			name, ok := literal(n.Args[i])
			if !ok {
				return
			}
			c.names = append(c.names, name)
		}
		u.calls = append(u.calls, c)
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

// readTemplate finds the calls in a template, wherever they stand.
func (u *uses) readTemplate(n parse.Node, place string) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, inner := range n.Nodes {
				u.readTemplate(inner, place)
			}
		}
	case *parse.ActionNode:
		u.readTemplate(n.Pipe, place)
	case *parse.TemplateNode:
		u.readTemplate(n.Pipe, place)
	case *parse.IfNode:
		u.readBranch(&n.BranchNode, place)
	case *parse.RangeNode:
		u.readBranch(&n.BranchNode, place)
	case *parse.WithNode:
		u.readBranch(&n.BranchNode, place)
	case *parse.PipeNode:
		if n != nil {
			for _, command := range n.Cmds {
				u.readCommand(command, place)
			}
		}
	}
}

func (u *uses) readBranch(n *parse.BranchNode, place string) {
	u.readTemplate(n.Pipe, place)
	u.readTemplate(n.List, place)
	u.readTemplate(n.ElseList, place)
}

var asks = regexp.MustCompile(`\.(Say|HTML)$`)

func (u *uses) readCommand(n *parse.CommandNode, place string) {
	var c call
	for i, arg := range n.Args {
		u.readTemplate(arg, place)
		text, ok := arg.(*parse.StringNode)
		if !ok {
			continue
		}
		u.keys[text.Text] = place
		if i == 1 {
			c = call{place: place, key: text.Text}
		} else if i%2 == 0 {
			c.names = append(c.names, text.Text)
		}
	}
	if asks.MatchString(n.Args[0].String()) && c.key != "" {
		u.calls = append(u.calls, c)
	}
}

// TestA11_EveryTextIsThere holds that nothing asks for a text that there is
// not, and that who asks gives each placeholder its value.
func TestA11_EveryTextIsThere(t *testing.T) {
	u := readUses(t)
	texts := pageTexts()
	for _, c := range u.calls {
		text, ok := texts[c.key]
		if !ok {
			t.Errorf("%s asks for %q, which has no text", c.place, c.key)
			continue
		}
		slices.Sort(c.names)
		want := slices.Sorted(maps.Keys(placeholdersOf(text.Text + text.Other)))
		if !slices.Equal(c.names, want) {
			t.Errorf("%s gives %q the values %q, and its placeholders are %q", c.place, c.key, c.names, want)
		}
	}
	rooms := map[string]bool{}
	for key := range texts {
		room, _, _ := strings.Cut(key, ".")
		rooms[room] = true
	}
	for key, place := range u.keys {
		room, rest, dotted := strings.Cut(key, ".")
		_, there := texts[key]
		if dotted && rooms[room] && isKey.MatchString(rest) && !there && u.begun[key] == "" {
			t.Errorf("%s holds %q, which has no text", place, key)
		}
	}
	for begin, place := range u.begun {
		room, _, dotted := strings.Cut(begin, ".")
		if _, known := puttogether[begin]; dotted && rooms[room] && !known {
			t.Errorf("%s puts a key together of %q, which this test does not know", place, begin)
		}
	}
	for begin, values := range puttogether {
		for _, value := range values {
			if _, ok := texts[begin+value]; !ok {
				t.Errorf("%s has no text", begin+value)
			}
		}
	}
}

var isKey = regexp.MustCompile(`^[a-z0-9_.]+$`)

// TestA11_EveryTextIsUsed holds that nobody translates what no page says.
func TestA11_EveryTextIsUsed(t *testing.T) {
	u := readUses(t)
	for begin, values := range puttogether {
		for _, value := range values {
			u.keys[begin+value] = "put together"
		}
	}
	for key := range pageTexts() {
		if u.keys[key] == "" && !u.usedInParts(key) {
			t.Errorf("nothing says %q", key)
		}
	}
}

func (u *uses) usedInParts(key string) bool {
	for begin, values := range puttogether {
		if values == nil && strings.HasPrefix(key, begin) {
			return true
		}
	}
	for end := range u.ends {
		if base, ok := strings.CutSuffix(key, end); ok && end != "" && u.keys[base] != "" {
			return true
		}
	}
	return false
}
