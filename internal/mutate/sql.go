package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"strings"
)

// A span is that of the numbers of an SQL text's mutants.
type span struct{ first, last int }

var isSQL = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY)\s`)

// text makes the mutants of a constant that is an SQL text, where it is used: a
// constant stays one, and what is put together of several is looked at whole.
func (m *maker) text(n ast.Node) bool {
	e, text, further := m.textAt(n)
	if text == "" {
		return further
	}
	numbers, known := m.texts[text]
	if !known {
		numbers = m.changes(e, text)
		m.texts[text] = numbers
	}
	field := m.fieldAround()
	if field != nil {
		m.fields[field] = numbers
	}
	m.exchange(e, numbers, field == nil)
	return false
}

// known has a test read the mutant's text, of the package's own texts.
func (m *maker) known(n ast.Node) bool {
	e, text, further := m.textAt(n)
	if numbers, known := m.texts[text]; known {
		m.exchange(e, numbers, true)
	}
	if selector, is := n.(*ast.SelectorExpr); is {
		m.use(selector)
	}
	return further
}

// textAt is the SQL text that a constant at a node is; further says whether there
// may be some below.
func (m *maker) textAt(n ast.Node) (e ast.Expr, text string, further bool) {
	if decl, is := n.(*ast.GenDecl); is {
		return nil, "", decl.Tok == token.VAR
	}
	e, is := n.(ast.Expr)
	if !is {
		return nil, "", true
	}
	value := m.pkg.TypesInfo.Types[e].Value
	if value == nil {
		return nil, "", true
	}
	if value.Kind() != constant.String || !isSQL.MatchString(constant.StringVal(value)) || m.typeOf(e).String() != "string" {
		return nil, "", false
	}
	return e, constant.StringVal(value), false
}

// exchange puts the text of the mutant that is alive in a text's place, which is
// used there, or from where its field is read.
func (m *maker) exchange(e ast.Expr, numbers span, isUsed bool) {
	if numbers.last < numbers.first {
		return
	}
	in, out := fmt.Sprintf("mutantText(%d, %d, ", numbers.first, numbers.last), ")"
	if isUsed {
		in, out = fmt.Sprintf("mutantUse(%d, %d, %s", numbers.first, numbers.last, in), "))"
	}
	m.share(e, in, out)
}

// fieldAround is the struct's field that the text is given to, which is where
// its statement is run from.
func (m *maker) fieldAround() types.Object {
	for _, n := range m.stack {
		if pair, is := n.(*ast.KeyValueExpr); is {
			if key, is := pair.Key.(*ast.Ident); is {
				if field, is := m.pkg.TypesInfo.Uses[key].(*types.Var); is && field.IsField() {
					return field
				}
			}
		}
	}
	return nil
}

// use notes that a field which holds a text is read.
func (m *maker) use(n *ast.SelectorExpr) {
	selection := m.pkg.TypesInfo.Selections[n]
	if selection == nil {
		return
	}
	numbers, holds := m.fields[selection.Obj()]
	if !holds {
		return
	}
	switch parent := m.stack[len(m.stack)-1].(type) {
	case *ast.AssignStmt:
		for _, e := range parent.Lhs {
			if e == n {
				return
			}
		}
	case *ast.UnaryExpr:
		if parent.Op == token.AND {
			return
		}
	}
	m.share(n, fmt.Sprintf("mutantUse(%d, %d, ", numbers.first, numbers.last), ")")
}

// share wraps what belongs to several mutants.
func (m *maker) share(n ast.Node, open, closing string) {
	path := m.pkg.Fset.Position(n.Pos()).Filename
	m.shared[path] = append(m.shared[path], m.wrap(n, open, closing)...)
}

// changes adds the mutants of a text.
func (m *maker) changes(e ast.Expr, text string) span {
	numbers := span{first: len(m.mutants) + 1}
	at := ast.Node(e)
	within := m.within
	if name, is := ast.Unparen(e).(*ast.Ident); is {
		within = name.Name
		at = declaredAt(m.pkg.TypesInfo.Uses[name].Pos())
	}
	defer func(before string) { m.within = before }(m.within)
	m.within = within
	for _, change := range sqlChanges(text) {
		m.add(at, around(text, change.start, change.end, text[change.start:change.end]), around(text, change.start, change.end, change.text))
		m.mutants[len(m.mutants)-1].text = &edit{start: change.start, end: change.end, text: change.text}
	}
	numbers.last = len(m.mutants)
	return numbers
}

type declaredAt token.Pos

func (d declaredAt) Pos() token.Pos { return token.Pos(d) }
func (d declaredAt) End() token.Pos { return token.Pos(d) }

// around is a place of the text with a few words before and behind it.
func around(text string, start, end int, place string) string {
	before, after := strings.Fields(text[:start]), strings.Fields(text[end:])
	return strings.Join(before[max(0, len(before)-2):], " ") + " [" + place + "] " + strings.Join(after[:min(2, len(after))], " ")
}

// sqlWords are what single words become.
var sqlWords = []struct {
	form *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(` <= `), " < "},
	{regexp.MustCompile(` < `), " <= "},
	{regexp.MustCompile(` >= `), " > "},
	{regexp.MustCompile(` > `), " >= "},
	{regexp.MustCompile(` \+ `), " - "},
	{regexp.MustCompile(` - `), " + "},
	{regexp.MustCompile(` SKIP LOCKED`), ""},
	{regexp.MustCompile(` FOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?`), ""},
	{regexp.MustCompile(` FOR (KEY )?SHARE( OF \w+)?`), ""},
	{regexp.MustCompile(`\sLIMIT (\$\d+(::\w+)?|\d+)`), ""},
	{regexp.MustCompile(` DISTINCT( ON \([^)]*\))?`), ""},
	{regexp.MustCompile(` DESC\b`), ""},
	{regexp.MustCompile(`\sORDER BY [\w.]+`), "$0 DESC"},
	{regexp.MustCompile(` IS NOT NULL`), " IS NULL"},
	{regexp.MustCompile(` IS NULL`), " IS NOT NULL"},
	{regexp.MustCompile(` NOT IN `), " IN "},
	{regexp.MustCompile(`\bNOT EXISTS`), "EXISTS"},
	{regexp.MustCompile(`\bleast\(`), "greatest("},
	{regexp.MustCompile(`\bgreatest\(`), "least("},
	{regexp.MustCompile(`\bmin\(`), "max("},
	{regexp.MustCompile(`\bmax\(`), "min("},
	{regexp.MustCompile(`\bLEFT JOIN\b`), "JOIN"},
	{regexp.MustCompile(`\bUNION ALL\b`), "EXCEPT"},
}

// sqlChanges are the mutants of a text: words, and each condition taken away.
func sqlChanges(text string) []edit {
	changes := sqlConditions(text)
	for _, word := range sqlWords {
		for _, place := range word.form.FindAllStringIndex(text, -1) {
			is := strings.ReplaceAll(word.is, "$0", text[place[0]:place[1]])
			if strings.HasSuffix(is, " DESC") && strings.HasPrefix(text[place[1]:], " DESC") {
				continue
			}
			changes = append(changes, edit{start: place[0], end: place[1], text: is})
		}
	}
	return changes
}

var (
	sqlBegins = regexp.MustCompile(`\b(WHERE|AND|OR|WHEN)\s+`)
	sqlCase   = regexp.MustCompile(`^CASE\s`)
	sqlEnds   = regexp.MustCompile(`^(AND|OR|WHEN|THEN|ELSE|END|GROUP BY|ORDER BY|LIMIT|OFFSET|FOR|RETURNING|UNION|(LEFT |CROSS )?JOIN|ON CONFLICT|WINDOW|HAVING)\b`)
	isBetween = regexp.MustCompile(`\bBETWEEN\s+\S+\s+$`)
)

// sqlConditions takes each condition away: true for one of AND, false for one
// of OR, and both for one of WHEN.
func sqlConditions(text string) (changes []edit) {
	instead := map[string][]string{"WHERE": {"true"}, "AND": {"true"}, "OR": {"false"}, "WHEN": {"true", "false"}}
	for _, begins := range sqlBegins.FindAllStringSubmatchIndex(text, -1) {
		start := begins[1]
		end := conditionEnd(text, start)
		if end <= start || isBetween.MatchString(text[:begins[0]]) {
			continue
		}
		for _, is := range instead[text[begins[2]:begins[3]]] {
			changes = append(changes, edit{start: start, end: end, text: is})
		}
	}
	return changes
}

// conditionEnd is where the condition that begins at start ends.
func conditionEnd(text string, start int) int {
	depth, quoted := 0, false
	for i := start; i < len(text); i++ {
		word := text[i-1] == ' ' || text[i-1] == '\n' || text[i-1] == '('
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(', word && sqlCase.MatchString(text[i:]):
			depth++
		case depth == 0 && (c == ')' || c == ';' || c == ',' ||
			word && sqlEnds.MatchString(text[i:]) && !isBetween.MatchString(text[start:i])):
			return len(strings.TrimRight(text[:i], " \n"))
		case c == ')', word && strings.HasPrefix(text[i:], "END"):
			depth--
		}
	}
	return len(text)
}
