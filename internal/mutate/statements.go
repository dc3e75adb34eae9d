package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// removals takes single statements away.
func (m *maker) removals(list []ast.Stmt) {
	for _, statement := range list {
		if m.removable(statement) {
			m.add(statement, m.source(statement), "nothing", m.wrap(statement, "if !mutantOn(%d) { ", " }")...)
		}
	}
}

func (m *maker) removable(statement ast.Stmt) bool {
	switch s := statement.(type) {
	case *ast.DeferStmt:
		return m.typeOf(s.Call.Fun).String() != "context.CancelFunc" // nobody sees a context that ends later
	case *ast.GoStmt, *ast.SendStmt:
		return true
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE && slices.ContainsFunc(s.Lhs, func(e ast.Expr) bool {
			name, is := e.(*ast.Ident)
			return !is || name.Name != "_"
		})
	case *ast.ExprStmt:
		call, is := s.X.(*ast.CallExpr)
		if !is {
			return false
		}
		name, is := call.Fun.(*ast.Ident)
		return !is || name.Name != "panic" // may be what ends a function
	}
	return false
}

// branch makes break of continue, and the reverse.
func (m *maker) branch(n *ast.BranchStmt) {
	other := map[token.Token]string{token.BREAK: "continue", token.CONTINUE: "break"}[n.Tok]
	if loop := m.loop(); other == "" || loop == nil || isEndless(loop) {
		return
	}
	if n.Label != nil {
		other += " " + n.Label.Name
	}
	m.add(n, m.source(n), other, m.wrap(n, "if mutantOn(%d) { "+other+" }; ", "")...)
}

// loop is the innermost around the node that is visited, in its function.
func (m *maker) loop() ast.Node {
	for _, n := range slices.Backward(m.stack) {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return n
		case *ast.FuncLit, *ast.FuncDecl:
			return nil
		}
	}
	return nil
}

// isEndless reports whether a loop has no condition: a function may end with it as
// long as there is no break.
func isEndless(loop ast.Node) bool {
	f, is := loop.(*ast.ForStmt)
	return is && f.Cond == nil
}

// returns gives the zero value of each result instead: nil for an error. What
// stands beside an error is left as it is where it says nothing: it is not read.
func (m *maker) returns(n *ast.ReturnStmt) {
	results := m.results()
	if results == nil || results.Len() != len(n.Results) {
		return
	}
	for i, e := range n.Results {
		wanted := results.At(i).Type()
		known := m.pkg.TypesInfo.Types[e]
		switch basic, _ := wanted.Underlying().(*types.Basic); {
		case known.IsNil() || isZero(known.Value) || isEmpty(e) || m.isNil(e):
		case known.Value != nil && m.fails(n, results):
		case basic != nil && basic.Kind() == types.Bool:
			m.truth(e, "return ", true)
		case types.Identical(known.Type, wanted):
			m.add(e, "return "+m.meaning(e), "return zero", m.wrap(e, "mutantZero(%d, ", ")")...)
		default:
			m.add(e, "return "+m.meaning(e), "return zero", m.wrap(e, "mutantZero["+m.spelt(wanted)+"](%d, ", ")")...)
		}
	}
}

// meaning is the source of a result; of a variable such as err that one call alone
// gives a value, the call's.
func (m *maker) meaning(e ast.Expr) string {
	name, is := e.(*ast.Ident)
	if !is {
		return m.source(e)
	}
	of, given := m.pkg.TypesInfo.ObjectOf(name), []ast.Expr{}
	ast.Inspect(m.stack[0], func(n ast.Node) bool {
		assigned, is := n.(*ast.AssignStmt)
		if is && slices.ContainsFunc(assigned.Lhs, func(e ast.Expr) bool {
			name, is := e.(*ast.Ident)
			return is && m.pkg.TypesInfo.ObjectOf(name) == of
		}) {
			given = append(given, assigned.Rhs...)
		}
		return true
	})
	if len(given) == 1 {
		if call, is := given[0].(*ast.CallExpr); is {
			return m.source(call)
		}
	}
	return m.source(e)
}

// fails reports whether a return gives an error beside other results.
func (m *maker) fails(n *ast.ReturnStmt, results *types.Tuple) bool {
	last := results.Len() - 1
	isError := types.Identical(results.At(last).Type(), types.Universe.Lookup("error").Type())
	return last > 0 && isError && !m.pkg.TypesInfo.Types[n.Results[last]].IsNil()
}

// findNils finds functions of one result that is always nil. They are called in a
// return to end two things in one line.
func (m *maker) findNils(code []*ast.File) {
	for _, file := range code {
		for _, decl := range file.Decls {
			f, is := decl.(*ast.FuncDecl)
			if !is || f.Type.Results.NumFields() != 1 {
				continue
			}
			always := true
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if r, is := n.(*ast.ReturnStmt); is {
					always = always && len(r.Results) == 1 && m.isNil(r.Results[0])
				}
				return true
			})
			if always {
				m.nils[m.pkg.TypesInfo.Defs[f.Name]] = true
			}
		}
	}
}

// isNil reports whether a value is nil, or of a function that gives nothing else.
func (m *maker) isNil(e ast.Expr) bool {
	call, is := e.(*ast.CallExpr)
	if !is {
		return m.pkg.TypesInfo.Types[e].IsNil()
	}
	name, _ := call.Fun.(*ast.Ident)
	if selector, is := call.Fun.(*ast.SelectorExpr); is {
		name = selector.Sel
	}
	return name != nil && m.nils[m.pkg.TypesInfo.Uses[name]]
}

func isEmpty(e ast.Expr) bool {
	literal, is := e.(*ast.CompositeLit)
	return is && len(literal.Elts) == 0
}

func isZero(value constant.Value) bool {
	if value == nil {
		return false
	}
	switch value.Kind() {
	case constant.Int, constant.Float:
		return constant.Sign(value) == 0
	case constant.String:
		return constant.StringVal(value) == ""
	}
	return false
}

func (m *maker) spelt(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == m.pkg.Types {
			return ""
		}
		return p.Name()
	})
}
