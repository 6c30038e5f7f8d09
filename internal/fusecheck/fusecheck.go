// Package fusecheck finds floating-point products that a Go compiler may fuse with an
// addition into one rounding, and so give other digits on another processor.
//
// The Go specification (Floating-point operators) allows x*y + z to be computed with one
// rounding, also across statements (t := x*y; r := t + z) and through inlined calls; an
// explicit conversion, float64(x*y) + z, forbids it. So the rule held here is: a product
// of floats is converted at once, unless it goes straight into another product, a
// quotient or a comparison, or has a power of two as a factor and is exact. Whoever must
// give equal digits everywhere tests it on his own directory: the indicators, the
// built-in strategies, the synthesis of market data.
package fusecheck

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Finding is one product that may be fused.
type Finding struct {
	Position token.Position
	Text     string // the product as written
}

// String is "file:line:column: x*y may be fused; write float64(x*y)".
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s may be fused with an addition; write float64(%s)", f.Position, f.Text, f.Text)
}

// Dir checks the Go files of the package in a directory, tests left out. It needs the
// go command, for the types of what the package imports, and returns an error where the
// package does not compile.
func Dir(dir string) ([]Finding, error) {
	pkg, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, fmt.Errorf("fusecheck: %w", err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range pkg.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("fusecheck: %w", err)
		}
		files = append(files, f)
	}
	exports, err := exportFiles(dir)
	if err != nil {
		return nil, err
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	if _, err := conf.Check(pkg.Name, fset, files, info); err != nil {
		return nil, fmt.Errorf("fusecheck: %w", err)
	}
	c := checker{fset: fset, info: info}
	for _, f := range files {
		c.file(f)
	}
	return c.found, nil
}

// exportFiles asks the go command for the compiled types of all that dir imports.
func exportFiles(dir string) (map[string]string, error) {
	var stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}", ".")
	cmd.Dir, cmd.Stderr = dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("fusecheck: go list in %s: %w: %s", dir, err, stderr.String())
	}
	exports := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		if path, file, ok := strings.Cut(line, "="); ok {
			exports[path] = file
		}
	}
	return exports, nil
}

type checker struct {
	fset  *token.FileSet
	info  *types.Info
	found []Finding
}

// file walks with the chain of parents at hand.
func (c *checker) file(f *ast.File) {
	var parents []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.MUL && c.float(n) && !c.exact(n.X) && !c.exact(n.Y) && !c.taken(parents) {
				c.report(n)
			}
		case *ast.AssignStmt:
			if n.Tok == token.MUL_ASSIGN && c.float(n.Lhs[0]) && !c.exact(n.Rhs[0]) {
				c.report(n)
			}
		case *ast.CallExpr:
			if fun, ok := n.Fun.(*ast.SelectorExpr); ok && fun.Sel.Name == "FMA" {
				c.report(n) // one rounding by demand: the machine code cannot be searched for the others
			}
		}
		parents = append(parents, n)
		return true
	})
}

// taken reports whether the nearest real parent uses the product rounded, or multiplies
// or divides it.
func (c *checker) taken(parents []ast.Node) bool {
	i := len(parents) - 1
	for ; i >= 0; i-- {
		if _, paren := parents[i].(*ast.ParenExpr); !paren {
			break
		}
	}
	switch p := parents[i].(type) {
	case *ast.BinaryExpr:
		switch p.Op {
		case token.MUL, token.QUO, token.LSS, token.LEQ, token.GTR, token.GEQ, token.EQL, token.NEQ:
			return true
		}
	case *ast.CallExpr: // a conversion, not the argument of a function
		return c.info.Types[p.Fun].IsType()
	}
	return false
}

// float reports whether e is a float that is computed when the program runs.
func (c *checker) float(e ast.Expr) bool {
	tv := c.info.Types[e]
	if tv.Type == nil || tv.Value != nil {
		return false
	}
	b, ok := tv.Type.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsFloat|types.IsComplex) != 0
}

// exact reports whether e is a constant power of two, whose products are not rounded.
func (c *checker) exact(e ast.Expr) bool {
	v := c.info.Types[e].Value
	if v == nil || v.Kind() != constant.Int && v.Kind() != constant.Float {
		return false
	}
	x, _ := constant.Float64Val(v)
	fraction, _ := math.Frexp(math.Abs(x))
	return fraction == 0.5
}

func (c *checker) report(n ast.Node) {
	c.found = append(c.found, Finding{Position: c.fset.Position(n.Pos()), Text: text(c.fset, n)})
}

// text is a node as gofmt writes it.
func text(fset *token.FileSet, n ast.Node) string {
	var b strings.Builder
	if err := printer.Fprint(&b, fset, n); err != nil {
		return "product"
	}
	return b.String()
}
