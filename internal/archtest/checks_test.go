package archtest

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// reporter takes one finding.
type reporter func(pos token.Pos, format string, args ...any)

func stdImports(p *pkg, report reporter) {
	for _, im := range p.imports() {
		if own(im.path) == "" && !slices.Contains(std, im.path) {
			report(im.pos, "imports %s, which is not among the packages that the core may use", im.path)
		}
	}
}

func ownImports(p *pkg, report reporter) {
	allowed, listed := mayImport[own(p.types.Path())]
	if !listed {
		return
	}
	for _, im := range p.imports() {
		if path := own(im.path); path != "" && !slices.Contains(allowed, path) {
			report(im.pos, "imports %s; it may import %s of ours", im.path, strings.Join(allowed, ", "))
		}
	}
}

// coreBelow makes the other core rules hold transitively: each package of ours that the
// core reaches is in the core, and checked.
func coreBelow(p *pkg, report reporter) {
	for _, im := range p.imports() {
		if path := own(im.path); path != "" && !slices.Contains(core, path) {
			report(im.pos, "imports %s, which is not core", im.path)
		}
	}
}

func doorImports(p *pkg, report reporter) {
	me := own(p.types.Path())
	for _, im := range p.imports() {
		for _, d := range doors {
			if own(im.path) == d.pkg && !slices.ContainsFunc(d.by, func(by string) bool { return me == by || strings.HasPrefix(me, by+"/") }) {
				report(im.pos, "imports %s, which only %v may", im.path, d.by)
			}
		}
	}
}

func placesOrders(p *pkg, report reporter) {
	iface := p.exchangeInterface()
	if iface == nil {
		return // it cannot even name one
	}
	p.walk(func(n ast.Node, path []ast.Node) {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != "Submit" && sel.Sel.Name != "Amend" || p.forwards(sel, path, iface) {
			return
		}
		s := p.info.Selections[sel]
		if s != nil && (types.Implements(s.Recv(), iface) || types.Implements(types.NewPointer(s.Recv()), iface)) {
			report(sel.Pos(), "uses %s of an exchange.Exchange; only the guard places and changes orders", sel.Sel.Name)
		}
	})
}

// forwards reports whether a call is a decorator's: in a method of the same name, of a type
// that is an exchange itself, and with the very order that the method was given. Whoever
// calls that method is held to the rule.
func (p *pkg) forwards(sel *ast.SelectorExpr, path []ast.Node, iface *types.Interface) bool {
	var arg types.Object
	for i := len(path) - 1; i >= 0; i-- {
		switch n := path[i].(type) {
		case *ast.CallExpr:
			if n.Fun == sel && len(n.Args) == 1 {
				if id, ok := n.Args[0].(*ast.Ident); ok {
					arg = p.info.Uses[id]
				}
			}
		case *ast.FuncLit:
			return false
		case *ast.FuncDecl:
			if arg == nil || n.Recv == nil || n.Name.Name != sel.Sel.Name || len(n.Type.Params.List) != 1 || len(n.Type.Params.List[0].Names) != 1 {
				return false
			}
			recv := p.info.TypeOf(n.Recv.List[0].Type)
			return p.info.Defs[n.Type.Params.List[0].Names[0]] == arg && types.Implements(recv, iface)
		}
	}
	return false
}

// ablates finds what takes a control out of the guard: the function of risk, and the field
// of the engine's configuration that admits such a guard.
func ablates(p *pkg, report reporter) {
	me := own(p.types.Path())
	p.walk(func(n ast.Node, _ []ast.Node) {
		id, ok := n.(*ast.Ident)
		if !ok {
			return
		}
		by, ruled := ablators[id.Name]
		obj := p.info.Uses[id]
		if !ruled || obj == nil || obj.Pkg() == nil || slices.Contains(by, me) {
			return
		}
		switch v, isVar := obj.(*types.Var); {
		case isVar && v.IsField() && own(obj.Pkg().Path()) == "strategy/engine", !isVar && strings.HasPrefix(id.Name, "New") && own(obj.Pkg().Path()) == "risk":
			report(id.Pos(), "uses %s, which only %v may", id.Name, by)
		}
	})
}

func ambientInput(p *pkg, report reporter) {
	p.walk(func(n ast.Node, _ []ast.Node) {
		id, ok := n.(*ast.Ident)
		if !ok {
			return
		}
		obj := p.info.Uses[id]
		if obj == nil || obj.Pkg() == nil || obj.Parent() != obj.Pkg().Scope() {
			return // not a package-level name
		}
		for _, b := range banned {
			if b.pkg != obj.Pkg().Path() {
				continue
			}
			_, isFunc := obj.(*types.Func)
			if slices.Contains(b.names, obj.Name()) || b.names == nil && isFunc && !slices.Contains(b.except, obj.Name()) {
				report(id.Pos(), "uses %s.%s; %s", b.pkg, obj.Name(), b.instead)
			}
		}
	})
}

func concurrency(p *pkg, report reporter) {
	p.walk(func(n ast.Node, _ []ast.Node) {
		switch n.(type) {
		case *ast.GoStmt:
			report(n.Pos(), "starts a goroutine")
		case *ast.SelectStmt:
			report(n.Pos(), "selects over channels")
		}
	})
}

func mapOrder(p *pkg, report reporter) {
	p.walk(func(n ast.Node, path []ast.Node) {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if isMap(p.info.TypeOf(n.X)) {
				report(n.Pos(), "ranges over a map; walk slices.Sorted(maps.Keys(m))")
			}
		case *ast.SelectorExpr:
			switch f := p.info.Uses[n.Sel]; {
			case f == nil || f.Pkg() == nil:
			case f.Pkg().Path() == "maps" && slices.Contains([]string{"All", "Keys", "Values"}, f.Name()) && !p.sorted(path):
				report(n.Pos(), "walks a map by maps.%s; hand it to slices.Sorted", f.Name())
			case f.Pkg().Path() == "reflect" && (f.Name() == "MapRange" || f.Name() == "MapKeys"):
				report(n.Pos(), "walks a map by reflection")
			}
		}
	})
}

// sorted reports whether the selector at the end of path is the function of a call that
// is an argument of one of the sorters.
func (p *pkg) sorted(path []ast.Node) bool {
	if len(path) < 2 {
		return false
	}
	outer, ok := path[len(path)-2].(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := outer.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f := p.info.Uses[sel.Sel]
	return f != nil && f.Pkg() != nil && f.Pkg().Path() == "slices" && slices.Contains(sorters, f.Name())
}

// isMap also sees through type parameters: one whose types include a map counts.
func isMap(t types.Type) bool {
	if t == nil {
		return false
	}
	if tp, ok := types.Unalias(t).(*types.TypeParam); ok {
		iface := tp.Constraint().Underlying().(*types.Interface)
		for i := range iface.NumEmbeddeds() {
			switch e := iface.EmbeddedType(i).(type) {
			case *types.Union:
				for j := range e.Len() {
					if isMap(e.Term(j).Type()) {
						return true
					}
				}
			default:
				if isMap(e) {
					return true
				}
			}
		}
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}
