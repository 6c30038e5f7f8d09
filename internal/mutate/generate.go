package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutant is one small change of a file.
type mutant struct {
	file     string // as it was given
	line     int
	within   string // the function or variable
	kind     kind
	off, end int // the bytes that new takes the place of
	body     int // where the function's body begins; 0: outside any function
	old, new string
	nth      int // among the mutants that say the same
}

// kind is what a mutant changes.
type kind int

const (
	comparison kind = iota // > for >=, == for !=
	logic                  // && for ||
	arithmetic             // + for -, * for /
	negation               // a condition or a sign turned around
	number                 // a whole number one more or less
	word                   // a level, a rounding, true and false, min and max
	statement              // a call, an assignment or a step left out
	flow                   // a return, a continue or a break left out
	element                // an entry of a table left out
	kinds
)

func (k kind) String() string {
	return [...]string{"comparison", "logic", "arithmetic", "negation", "number", "word", "statement", "flow", "element"}[k]
}

// String names a mutant without its line, so that the name outlives changes elsewhere.
func (m *mutant) String() string {
	to := m.new
	if to == "" {
		to = "nothing"
	}
	s := fmt.Sprintf("%s %s: %s -> %s", filepath.Base(m.file), m.within, short(m.old), short(to))
	if m.nth > 1 {
		s += " #" + strconv.Itoa(m.nth)
	}
	return s
}

// apply is the file's text with the change.
func (m *mutant) apply(text []byte) []byte {
	return slices.Concat(text[:m.off], []byte(m.new), text[m.end:])
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 90 {
		s = string(r[:87]) + "…"
	}
	return s
}

// generate makes every mutant of a package's files but its tests, in the order of the
// files and their bytes.
func generate(dir string) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		some, err := mutantsOf(file, text)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	seen := map[string]int{}
	for i := range all {
		name := all[i].String()
		seen[name]++
		all[i].nth = seen[name]
	}
	return all, nil
}

func mutantsOf(file string, text []byte) ([]mutant, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	v := &visitor{fset: fset, file: file, text: text}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body != nil && d.Name.Name != "String" {
				v.within, v.body = d.Name.Name, v.at(d.Body.Lbrace)
				ast.Inspect(d.Body, v.visit)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.ValueSpec); ok {
					v.within, v.body = s.Names[0].Name, 0
					for _, x := range s.Values {
						ast.Inspect(x, v.visit)
					}
				}
			}
		}
	}
	slices.SortStableFunc(v.found, func(a, b mutant) int { return a.off - b.off })
	return v.found, nil
}

type visitor struct {
	fset   *token.FileSet
	file   string
	text   []byte
	within string
	body   int
	found  []mutant
}

func (v *visitor) of(from, to token.Pos) string { return string(v.text[v.at(from):v.at(to)]) }
func (v *visitor) at(p token.Pos) int           { return v.fset.Position(p).Offset }

// replace makes the mutant that has text in the place of a node.
func (v *visitor) replace(k kind, n ast.Node, text string) { v.span(k, n.Pos(), n.End(), text) }

func (v *visitor) span(k kind, from, to token.Pos, text string) {
	if strings.Contains(v.of(from, to), "planted.") {
		return // a mistake that is not built in: nothing of it can be changed
	}
	v.found = append(v.found, mutant{file: v.file, line: v.fset.Position(from).Line, within: v.within, kind: k, body: v.body, off: v.at(from), end: v.at(to), old: v.of(from, to), new: text})
}

// swaps is what an operator becomes.
var swaps = map[token.Token]string{
	token.GTR: ">=", token.GEQ: ">", token.LSS: "<=", token.LEQ: "<", token.EQL: "!=", token.NEQ: "==",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.REM: "+",
}

// assigns is what an assignment with an operator becomes.
var assigns = map[token.Token]string{token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+="}

// names is what an identifier becomes: the durable flag among others, a level one milder,
// and the other rounding.
var names = map[string]string{
	"true": "false", "false": "true", "min": "max", "max": "min",
	"Killed": "Halted", "Halted": "ReduceOnly", "ReduceOnly": "Paused", "Paused": "Active",
	"Ceil": "Floor", "Floor": "Ceil",
}

func (v *visitor) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if n.Op == token.LAND && strings.HasPrefix(v.of(n.X.Pos(), n.X.End()), "planted.On(") {
			return false
		}
		v.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.SUB || n.Op == token.NOT {
			v.replace(negation, n, v.of(n.X.Pos(), n.X.End()))
		}
	case *ast.IfStmt:
		if strings.HasPrefix(v.of(n.Cond.Pos(), n.Cond.End()), "planted.On(") {
			return false
		}
		switch n.Cond.(type) {
		case *ast.BinaryExpr, *ast.UnaryExpr: // turned around already
		default:
			v.replace(negation, n.Cond, "!"+v.of(n.Cond.Pos(), n.Cond.End()))
		}
	case *ast.CaseClause:
		if len(n.List) > 0 && strings.HasPrefix(v.of(n.List[0].Pos(), n.List[0].End()), "planted.On(") {
			return false
		}
	case *ast.BasicLit:
		v.number(n)
	case *ast.Ident:
		if to, ok := names[n.Name]; ok {
			v.replace(word, n, to)
		}
	case *ast.ExprStmt:
		v.replace(statement, n, "")
	case *ast.IncDecStmt:
		v.replace(statement, n, "")
	case *ast.AssignStmt:
		v.assign(n)
	case *ast.ReturnStmt:
		if len(n.Results) == 0 {
			v.replace(flow, n, "")
		}
	case *ast.BranchStmt:
		if n.Label == nil && n.Tok != token.FALLTHROUGH {
			v.replace(flow, n, "")
		}
	case *ast.CompositeLit:
		v.elements(n)
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "make" {
			return false // a size or capacity is no decision
		}
	}
	return true
}

func (v *visitor) binary(n *ast.BinaryExpr) {
	to, ok := swaps[n.Op]
	if !ok || n.Op == token.ADD && (hasText(n.X) || hasText(n.Y)) {
		return
	}
	k := comparison
	switch n.Op {
	case token.LAND, token.LOR:
		k = logic
	case token.ADD, token.SUB, token.MUL, token.QUO, token.REM:
		k = arithmetic
	}
	v.replace(k, n, v.of(n.Pos(), n.OpPos)+to+v.of(n.OpPos+token.Pos(len(n.Op.String())), n.End()))
}

// hasText reports whether an operand is a text, as far as one can see without types.
func hasText(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.BasicLit:
		return x.Kind == token.STRING
	case *ast.BinaryExpr:
		return hasText(x.X) || hasText(x.Y)
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.SelectorExpr)
		return ok && (f.Sel.Name == "String" || f.Sel.Name == "amountText" || f.Sel.Name == "Format")
	}
	return false
}

// number moves a whole number by one, both ways where it stays positive.
func (v *visitor) number(n *ast.BasicLit) {
	if n.Kind != token.INT {
		return
	}
	i, err := strconv.ParseInt(n.Value, 0, 62)
	if err != nil {
		return
	}
	if v.replace(number, n, strconv.FormatInt(i+1, 10)); i > 1 {
		v.replace(number, n, strconv.FormatInt(i-1, 10))
	}
}

// assign drops an assignment that declares nothing, and turns += around.
func (v *visitor) assign(n *ast.AssignStmt) {
	if to, ok := assigns[n.Tok]; ok {
		v.replace(arithmetic, n, v.of(n.Pos(), n.TokPos)+to+v.of(n.TokPos+2, n.End()))
	}
	if n.Tok == token.DEFINE {
		return
	}
	for _, x := range n.Lhs {
		if id, ok := x.(*ast.Ident); ok && id.Name == "_" && len(n.Lhs) > 1 {
			return
		}
	}
	v.replace(statement, n, "")
}

// elements drops one element of a table: a list whose elements are lists or names.
func (v *visitor) elements(n *ast.CompositeLit) {
	if _, ok := n.Type.(*ast.ArrayType); !ok || len(n.Elts) < 2 {
		return
	}
	for i, e := range n.Elts {
		switch e.(type) {
		case *ast.CompositeLit, *ast.Ident, *ast.BasicLit, *ast.SelectorExpr:
		default:
			continue
		}
		if i+1 < len(n.Elts) {
			v.span(element, e.Pos(), n.Elts[i+1].Pos(), "")
		} else {
			v.span(element, n.Elts[i-1].End(), e.End(), "")
		}
	}
}
