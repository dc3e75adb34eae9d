package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// visit makes the mutants of one node of Go.
func (m *maker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.VAR
	case *ast.BlockStmt:
		m.removals(n.List)
	case *ast.CaseClause:
		m.removals(n.Body)
		m.cases(n)
	case *ast.CommClause:
		m.removals(n.Body)
	case *ast.IfStmt:
		m.truth(n.Cond, "if ", true)
	case *ast.ForStmt:
		if n.Cond != nil {
			m.truth(n.Cond, "for ", false)
		}
	case *ast.ReturnStmt:
		m.returns(n)
	case *ast.BranchStmt:
		m.branch(n)
	case *ast.IncDecStmt:
		m.step(n)
	case *ast.AssignStmt:
		m.assign(n)
	case *ast.SelectorExpr:
		m.use(n)
	case ast.Expr:
		if m.constant(n) {
			return false
		}
		m.operator(n)
	}
	return true
}

func (m *maker) operator(e ast.Expr) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		m.logical(e)
		m.comparison(e)
		m.arithmetic(e)
	case *ast.UnaryExpr:
		switch {
		case e.Op == token.NOT:
			m.negate(e)
		case e.Op == token.SUB && m.is(e, types.IsNumeric):
			m.add(e, m.source(e), m.source(e.X), append([]edit{m.replace(e.OpPos, e.Op, "")}, m.wrap(e.X, "mutantNegative(%d, ", ")")...)...)
		}
	}
}

// truth sets a condition to true and to false. Whatever negates it, or swaps
// its && and ||, is found by who finds these.
func (m *maker) truth(cond ast.Expr, before string, both bool) {
	m.covered[ast.Unparen(cond)] = true
	if !m.is(cond, types.IsBoolean) {
		return
	}
	known := m.pkg.TypesInfo.Types[cond].Value
	if both && (known == nil || !constant.BoolVal(known)) {
		m.add(cond, before+m.source(cond), before+"true", m.wrap(cond, "(mutantOn(%d) || ", ")")...)
	}
	if known == nil || constant.BoolVal(known) {
		m.add(cond, before+m.source(cond), before+"false", m.wrap(cond, "(!mutantOn(%d) && (", "))")...)
	}
}

// cases are the conditions of a switch without a tag.
func (m *maker) cases(clause *ast.CaseClause) {
	if within, is := m.stack[len(m.stack)-2].(*ast.SwitchStmt); is && within.Tag == nil {
		for _, cond := range clause.List {
			m.truth(cond, "case ", true)
		}
	}
}

// logical takes each operand of && and || away.
func (m *maker) logical(e *ast.BinaryExpr) {
	if e.Op != token.LAND && e.Op != token.LOR {
		return
	}
	for _, operand := range []ast.Expr{e.X, e.Y} {
		if inner, is := operand.(*ast.BinaryExpr); is && inner.Op == e.Op || m.constant(operand) {
			continue // its own operands are taken away
		}
		m.covered[ast.Unparen(operand)] = true
		if e.Op == token.LAND {
			m.add(operand, m.source(operand)+" (of &&)", "true", m.wrap(operand, "(mutantOn(%d) || ", ")")...)
		} else {
			m.add(operand, m.source(operand)+" (of ||)", "false", m.wrap(operand, "(!mutantOn(%d) && ", ")")...)
		}
	}
}

func (m *maker) negate(e ast.Expr) {
	if !m.covered[e] {
		m.add(e, m.source(e), "!("+m.source(e)+")", m.wrap(e, "((", ") != mutantOn(%d))")...)
	}
}

var boundaries = map[token.Token]struct {
	is       token.Token
	function string
}{
	token.LSS: {token.LEQ, "mutantLess"},
	token.GTR: {token.GEQ, "mutantMore"},
	token.LEQ: {token.LSS, "mutantAtMost"},
	token.GEQ: {token.GTR, "mutantAtLeast"},
}

func (m *maker) comparison(e *ast.BinaryExpr) {
	boundary, is := boundaries[e.Op]
	if is || e.Op == token.EQL || e.Op == token.NEQ {
		m.negate(e)
	}
	if is {
		m.call(e, boundary.function, boundary.is.String())
	}
}

// call has a function do what the operator does.
func (m *maker) call(e *ast.BinaryExpr, function, operator string) {
	m.add(e, m.source(e), m.source(e.X)+" "+operator+" "+m.source(e.Y),
		append(m.wrap(e, function+"(%d, ", ")"), m.replace(e.OpPos, e.Op, ","))...)
}

var operations = map[token.Token]struct{ is, function string }{
	token.ADD: {"-", "mutantPlus"},
	token.SUB: {"+", "mutantMinus"},
	token.MUL: {"/", "mutantTimes"},
	token.QUO: {"*", "mutantOver"},
	token.REM: {"*", "mutantModulo"},
}

func (m *maker) arithmetic(e *ast.BinaryExpr) {
	operation, is := operations[e.Op]
	switch {
	case !is:
	case m.is(e, types.IsNumeric):
		m.call(e, operation.function, operation.is)
	case m.is(e, types.IsString):
		m.add(e, m.source(e), m.source(e.X),
			append(m.wrap(e, "mutantJoin(%d, ", ")"), m.replace(e.OpPos, e.Op, ","))...)
	}
}

// step turns ++ and -- round.
func (m *maker) step(n *ast.IncDecStmt) {
	if !m.addressable(n.X) {
		return
	}
	function, is := "mutantUp", "--"
	if n.Tok == token.DEC {
		function, is = "mutantDown", "++"
	}
	open := m.offset(n.Pos())
	m.add(n, m.source(n), m.source(n.X)+is,
		edit{start: open, end: open, text: function + "(%d, &"}, m.replace(n.TokPos, n.Tok, ")"))
}

var assignments = map[token.Token]struct{ is, function string }{
	token.ADD_ASSIGN: {"-=", "mutantAdd"},
	token.SUB_ASSIGN: {"+=", "mutantSub"},
	token.MUL_ASSIGN: {"/=", "mutantMul"},
	token.QUO_ASSIGN: {"*=", "mutantDiv"},
}

func (m *maker) assign(n *ast.AssignStmt) {
	operation, is := assignments[n.Tok]
	if !is || !m.is(n.Lhs[0], types.IsNumeric) || !m.addressable(n.Lhs[0]) {
		return
	}
	m.add(n, m.source(n), m.source(n.Lhs[0])+" "+operation.is+" "+m.source(n.Rhs[0]),
		append(m.wrap(n, operation.function+"(%d, &", ")"), m.replace(n.TokPos, n.Tok, ","))...)
}

func (m *maker) addressable(e ast.Expr) bool {
	index, is := ast.Unparen(e).(*ast.IndexExpr)
	if !is {
		return true
	}
	_, isMap := m.typeOf(index.X).Underlying().(*types.Map)
	return !isMap
}
