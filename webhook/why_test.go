package webhook

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// TestO3_Causes holds that Causes, which the API's description lists, leaves none
// of the constants out.
func TestO3_Causes(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "why.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var declared []Cause
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Cause" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, Cause(text))
		}
		return true
	})
	if len(declared) < 20 || !slices.Equal(declared, Causes()) {
		t.Errorf("declared are %q, listed are %q", declared, Causes())
	}
}
