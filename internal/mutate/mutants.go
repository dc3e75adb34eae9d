package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/tools/go/packages"
)

// A mutant is the package with one change, behind a switch of its own.
type mutant struct {
	number  int
	file    string // beside go.mod
	line    int
	within  string // the function, or the constant of an SQL text
	was, is string
	path    string // of the file that holds its edits
	edits   []edit
	text    *edit // within an SQL text
}

func (m *mutant) String() string {
	return fmt.Sprintf("%s:%d %s: %s → %s", m.file, m.line, m.within, m.was, m.is)
}

// name is the mutant wherever its line moves to.
func (m *mutant) name() string {
	return fmt.Sprintf("%s %s: %s → %s", m.file, m.within, m.was, m.is)
}

// A maker finds the mutants of one package.
type maker struct {
	pkg     *packages.Package
	root    string
	sources map[string][]byte // by path
	mutants []*mutant
	texts   map[string]span       // of the mutants of each SQL text
	fields  map[types.Object]span // that hold one
	covered map[ast.Expr]bool     // conditions that are set to true and false
	nils    map[types.Object]bool // functions that give nil alone
	shared  map[string][]edit     // of each file, for several mutants
	within  string
	stack   []ast.Node
}

// find makes the mutants of a package that stands somewhere below root. Its tests
// have none, but what they read of its SQL texts is that of the mutant.
func find(pkg *packages.Package, root string) (*maker, error) {
	m := &maker{
		pkg: pkg, root: root, sources: map[string][]byte{}, texts: map[string]span{},
		fields: map[types.Object]span{}, covered: map[ast.Expr]bool{}, nils: map[types.Object]bool{}, shared: map[string][]edit{},
	}
	for _, path := range pkg.CompiledGoFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m.sources[path] = text
	}
	code, tests := m.pkg.Syntax, []*ast.File(nil)
	if first := slices.IndexFunc(code, m.isTest); first >= 0 {
		code, tests = code[:first], code[first:]
	}
	for found := -1; found < len(m.nils); { // until no more call those that are found
		found = len(m.nils)
		m.findNils(code)
	}
	m.walk(code, m.text)
	m.walk(code, m.visit)
	m.walk(tests, m.known)
	return m, nil
}

// isTest reports whether a file is one of the tests', which stand behind the others.
func (m *maker) isTest(file *ast.File) bool {
	return strings.HasSuffix(m.pkg.Fset.Position(file.Pos()).Filename, "_test.go")
}

func (m *maker) walk(files []*ast.File, visit func(ast.Node) bool) {
	for _, file := range files {
		for _, decl := range file.Decls {
			m.within = declared(decl)
			ast.PreorderStack(decl, nil, func(n ast.Node, stack []ast.Node) bool {
				m.stack = stack
				return visit(n)
			})
		}
	}
}

func declared(decl ast.Decl) string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return d.Name.Name
	case *ast.GenDecl:
		if len(d.Specs) > 0 {
			if values, is := d.Specs[0].(*ast.ValueSpec); is {
				return values.Names[0].Name
			}
		}
	}
	return "declaration"
}

// add makes a mutant at a node; the edits' texts hold %d for its number.
func (m *maker) add(at ast.Node, was, is string, edits ...edit) {
	position := m.pkg.Fset.Position(at.Pos())
	made := &mutant{
		number: len(m.mutants) + 1, file: strings.TrimPrefix(position.Filename, m.root+"/"),
		line: position.Line, within: m.within, was: short(was), is: short(is), path: position.Filename,
	}
	for _, e := range edits {
		e.text = strings.ReplaceAll(e.text, "%d", fmt.Sprint(made.number))
		made.edits = append(made.edits, e)
	}
	m.mutants = append(m.mutants, made)
}

// short is a text in one line of at most 100 characters.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= 100 {
		return text
	}
	runes := []rune(text)
	return string(runes[:60]) + " … " + string(runes[len(runes)-37:])
}

func (m *maker) offset(p token.Pos) int { return m.pkg.Fset.Position(p).Offset }

func (m *maker) source(n ast.Node) string {
	text := m.sources[m.pkg.Fset.Position(n.Pos()).Filename]
	return string(text[m.offset(n.Pos()):m.offset(n.End())])
}

// wrap puts one text before a node and one behind it.
func (m *maker) wrap(n ast.Node, open, closing string) []edit {
	start, end := m.offset(n.Pos()), m.offset(n.End())
	return []edit{{start: start, end: start, text: open}, {start: end, end: end, text: closing, closes: true}}
}

// replace puts a text in place of a token.
func (m *maker) replace(at token.Pos, old token.Token, text string) edit {
	start := m.offset(at)
	return edit{start: start, end: start + len(old.String()), text: text}
}

func (m *maker) typeOf(e ast.Expr) types.Type { return m.pkg.TypesInfo.TypeOf(e) }

func (m *maker) constant(e ast.Expr) bool { return m.pkg.TypesInfo.Types[e].Value != nil }

func (m *maker) is(e ast.Expr, info types.BasicInfo) bool {
	t := m.typeOf(e)
	if t == nil {
		return false
	}
	basic, is := t.Underlying().(*types.Basic)
	return is && basic.Info()&info != 0
}

// results are those of the function around the node that is visited.
func (m *maker) results() *types.Tuple {
	for _, n := range slices.Backward(m.stack) {
		var t types.Type
		switch f := n.(type) {
		case *ast.FuncLit:
			t = m.typeOf(f)
		case *ast.FuncDecl:
			t = m.pkg.TypesInfo.Defs[f.Name].Type()
		default:
			continue
		}
		return t.(*types.Signature).Results()
	}
	return nil
}
