package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// pkg is one of our packages, parsed and type-checked, without its tests.
type pkg struct {
	fset  *token.FileSet
	files []*ast.File
	types *types.Package
	info  *types.Info
}

// listed is what `go list` tells about a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Error                   *struct{ Err string }
}

// house is the module as `go list` sees it.
type house struct {
	own     []*listed
	exports map[string]string // import path to the file of compiled declarations
}

// openHouse asks the go command for our packages and the compiled declarations of all
// that they import, which the build cache has, or makes without any network.
func openHouse(t *testing.T) *house {
	t.Helper()
	args := []string{"list", "-e", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles,Error", module + "/..."}
	cmd := exec.Command("go", append(args, std...)...) // std as well: the programs of the tests use more of it than we do yet
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	h := &house{exports: map[string]string{}}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := new(listed)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return h
		} else if err != nil {
			t.Fatal(err)
		}
		h.exports[p.ImportPath] = p.Export
		if own(p.ImportPath) != "" {
			h.own = append(h.own, p)
		}
	}
}

// check parses and type-checks files as a package.
func (h *house) check(fset *token.FileSet, path string, files []*ast.File) (*pkg, error) {
	lookup := func(path string) (io.ReadCloser, error) {
		file := h.exports[path]
		if file == "" {
			return nil, fmt.Errorf("no compiled declarations of %s: does it build?", path)
		}
		return os.Open(file)
	}
	p := &pkg{fset: fset, files: files, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}
	var err error
	p.types, err = conf.Check(path, fset, files, p.info)
	return p, err
}

func (h *house) load(l *listed) (*pkg, error) {
	if l.Error != nil {
		return nil, errors.New(l.Error.Err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range l.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(l.Dir, name), nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return h.check(fset, l.ImportPath, files)
}

// loadSource is load for one file that stands in a test, as if it were the whole of the
// package of that path.
func (h *house) loadSource(path, source string) (*pkg, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "bad.go", source, 0)
	if err != nil {
		return nil, err
	}
	return h.check(fset, path, []*ast.File{f})
}

// findings runs one rule on the package.
func (p *pkg) findings(r rule) (found []string) {
	if !r.holds(p.types.Path()) {
		return nil
	}
	r.check(p, func(pos token.Pos, format string, args ...any) {
		where := p.fset.Position(pos)
		found = append(found, fmt.Sprintf("%s/%s:%d: %s", p.types.Path(), filepath.Base(where.Filename), where.Line, fmt.Sprintf(format, args...)))
	})
	return found
}

// imported is one import declaration.
type imported struct {
	path string
	pos  token.Pos
}

func (p *pkg) imports() (list []imported) {
	for _, f := range p.files {
		for _, im := range f.Imports {
			path, _ := strconv.Unquote(im.Path.Value) // the parser accepted it
			list = append(list, imported{path, im.Pos()})
		}
	}
	return list
}

// walk visits every node with the nodes above it, the innermost last.
func (p *pkg) walk(visit func(n ast.Node, path []ast.Node)) {
	for _, f := range p.files {
		var path []ast.Node
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				path = path[:len(path)-1]
				return true
			}
			visit(n, path)
			path = append(path, n)
			return true
		})
	}
}

// exchangeInterface is exchange.Exchange as this package sees it, nil when it imports
// exchange neither itself nor through others.
func (p *pkg) exchangeInterface() *types.Interface {
	seen := map[*types.Package]bool{}
	var find func(at *types.Package) *types.Package
	find = func(at *types.Package) *types.Package {
		if seen[at] {
			return nil
		}
		seen[at] = true
		if at.Path() == module+"/exchange" {
			return at
		}
		for _, im := range at.Imports() {
			if found := find(im); found != nil {
				return found
			}
		}
		return nil
	}
	home := find(p.types)
	if home == nil {
		return nil
	}
	obj := home.Scope().Lookup("Exchange")
	if obj == nil {
		return nil
	}
	iface, _ := obj.Type().Underlying().(*types.Interface)
	return iface
}
