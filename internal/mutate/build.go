package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// workshop builds test binaries of a package with mutants in them, without touching the
// package: the changed files are laid over it.
type workshop struct {
	dir   string // the package
	tmp   string
	cache map[string][]byte // files by path
}

func newWorkshop(dir string) (*workshop, error) {
	tmp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	return &workshop{dir: dir, tmp: tmp, cache: map[string][]byte{}}, err
}

func (w *workshop) close() { os.RemoveAll(w.tmp) }

// buildAll makes one binary that holds every mutant of a function: each is a copy of its
// function with the change, and the environment's MUTANT, counted from 1, says which copy
// runs in the place of the function. bad are the mutants that do not compile, in which
// case they are not in it.
func (w *workshop) buildAll(ctx context.Context, all []mutant) (binary string, bad map[int]bool, err error) {
	bad = map[int]bool{}
	for i := range all {
		bad[i] = all[i].body == 0
	}
	for {
		files, err := w.withCopies(all, bad)
		if err != nil {
			return "", nil, err
		}
		binary, out, err := w.compile(ctx, "all", files)
		if err == nil {
			for i := range all {
				if all[i].body == 0 {
					delete(bad, i)
				}
			}
			return binary, bad, nil
		}
		found := copyError.FindAllSubmatch(out, -1)
		if len(found) == 0 {
			return "", nil, fmt.Errorf("%w\n%s", err, out)
		}
		for _, m := range found {
			n, _ := strconv.Atoi(string(m[1]))
			bad[n-1] = true
		}
	}
}

// copyError is the place of a compiler's message about a copy.
var copyError = regexp.MustCompile(`(?m)^(?:.*/)?(\d+)\.copy:`)

// buildOne makes a binary with one mutant; ok is false when it does not compile.
func (w *workshop) buildOne(ctx context.Context, n int, m *mutant) (binary string, ok bool, err error) {
	text, err := w.read(m.file)
	if err != nil {
		return "", false, err
	}
	path, err := filepath.Abs(m.file)
	if err != nil {
		return "", false, err
	}
	binary, out, err := w.compile(ctx, "one"+strconv.Itoa(n), map[string][]byte{path: m.apply(text)})
	if err != nil && !bytes.Contains(out, []byte("# ")) {
		return "", false, fmt.Errorf("%w\n%s", err, out)
	}
	return binary, err == nil, nil
}

func (w *workshop) read(file string) ([]byte, error) {
	if text, ok := w.cache[file]; ok {
		return text, nil
	}
	text, err := os.ReadFile(file)
	w.cache[file] = text
	return text, err
}

// compile builds the package's tests with files, by absolute path, in the place of its own
// or beside them; out is what the compiler said.
func (w *workshop) compile(ctx context.Context, name string, files map[string][]byte) (binary string, out []byte, err error) {
	dir := filepath.Join(w.tmp, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	over := map[string]string{}
	for path, text := range files {
		over[path] = filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(over[path], text, 0o600); err != nil {
			return "", nil, err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": over})
	if err != nil {
		return "", nil, err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return "", nil, err
	}
	binary = filepath.Join(dir, "tests")
	cmd := nicely(ctx, "go", "test", "-c", "-o", binary, "-vet=off", "-gcflags=-e", "-ldflags=-s -w", "-overlay", overlay, ".")
	cmd.Dir = w.dir
	out, err = cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return binary, out, err
}

// nicely is a command that leaves the machine to others.
func nicely(ctx context.Context, name string, args ...string) *exec.Cmd {
	if nice, err := exec.LookPath("nice"); err == nil {
		name, args = nice, append([]string{"-n", "5", name}, args...)
	}
	return exec.CommandContext(ctx, name, args...)
}

// withCopies is the package's files with a copy of its function for every mutant but the
// bad ones.
func (w *workshop) withCopies(all []mutant, bad map[int]bool) (map[string][]byte, error) {
	byBody := map[string]map[int][]int{} // file, body: mutants
	for i := range all {
		if m := &all[i]; !bad[i] {
			if byBody[m.file] == nil {
				byBody[m.file] = map[int][]int{}
			}
			byBody[m.file][m.body] = append(byBody[m.file][m.body], i)
		}
	}
	files, pkg := map[string][]byte{}, ""
	for file, bodies := range byBody {
		text, err := w.read(file)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		pkg = tree.Name.Name
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		c := copier{fset: fset, text: text}
		for _, d := range tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if some := bodies[c.at(f.Body.Lbrace)]; len(some) > 0 {
				if err := c.copies(f, all, some); err != nil {
					return nil, fmt.Errorf("%s: %w", file, err)
				}
			}
		}
		c.original.Write(text[c.done:])
		files[path] = append(c.original.Bytes(), c.added.Bytes()...)
	}
	if pkg == "" {
		return nil, errors.New("no mutant of a function")
	}
	files[filepath.Join(w.dir, "mutate_switch.go")] = []byte(fmt.Sprintf(switchFile, pkg))
	return files, nil
}

// switchFile tells the copies which of them runs, and ends a mutant that eats all memory.
const switchFile = `package %s

import (
	"os"
	"runtime"
	"strconv"
	"time"
)

var mutantNow, _ = strconv.Atoi(os.Getenv("MUTANT"))

func init() {
	go func() {
		for m := (runtime.MemStats{}); m.HeapAlloc < 1<<30; time.Sleep(100 * time.Millisecond) {
			runtime.ReadMemStats(&m)
		}
		os.Exit(86)
	}()
}
`

// copier writes a file in which functions begin by asking which of their copies runs.
type copier struct {
	fset            *token.FileSet
	text            []byte
	done            int // the text up to here is in original
	original, added bytes.Buffer
}

func (c *copier) at(p token.Pos) int { return c.fset.Position(p).Offset }

func (c *copier) of(n ast.Node) string { return string(c.text[c.at(n.Pos()):c.at(n.End())]) }

func (c *copier) copies(f *ast.FuncDecl, all []mutant, some []int) error {
	if f.Type.TypeParams != nil {
		return fmt.Errorf("%s: type parameters cannot be copied", f.Name.Name)
	}
	receiver, self := "", ""
	if f.Recv != nil {
		var names []string
		receiver, names = c.fields(f.Recv, "r")
		receiver, self = "("+receiver+") ", names[0]+"."
	}
	params, args := c.fields(f.Type.Params, "p")
	results, ret, back := "", "", "; return"
	if f.Type.Results != nil {
		results, ret, back = c.of(f.Type.Results)+" ", "return ", ""
	}
	header := func(name string) string { return "func " + receiver + name + "(" + params + ") " + results }
	from, open, end := c.at(f.Pos()), c.at(f.Body.Lbrace), c.at(f.End())
	if f.Doc != nil {
		from = c.at(f.Type.Func)
	}
	c.original.Write(c.text[c.done:from])
	c.original.WriteString(header(f.Name.Name) + "{\nif mutantNow != 0 { switch mutantNow {\n")
	for _, i := range some {
		name := fmt.Sprintf("%s_%d", f.Name.Name, i+1)
		fmt.Fprintf(&c.original, "case %d: %s%s%s(%s)%s\n", i+1, ret, self, name, strings.Join(args, ", "), back)
		m := &all[i]
		body := slices.Concat(c.text[open:m.off], []byte(m.new), c.text[m.end:end])
		fmt.Fprintf(&c.added, "\n//line %d.copy:1\n%s%s\n", i+1, header(name), body)
	}
	c.original.WriteString("}}\n")
	c.original.Write(c.text[open+1 : end])
	c.done = end
	return nil
}

// fields is a list of parameters in which each has a name, and the names as arguments.
func (c *copier) fields(l *ast.FieldList, blank string) (text string, args []string) {
	parts := []string{}
	for _, f := range l.List {
		names := []string{}
		for _, n := range f.Names {
			names = append(names, n.Name)
		}
		if len(names) == 0 {
			names = []string{"_"}
		}
		for i, n := range names {
			if n == "_" {
				names[i] = fmt.Sprintf("%s%d_", blank, len(args))
			}
			arg := names[i]
			if _, ok := f.Type.(*ast.Ellipsis); ok {
				arg += "..."
			}
			args = append(args, arg)
		}
		parts = append(parts, strings.Join(names, ", ")+" "+c.of(f.Type))
	}
	return strings.Join(parts, ", "), args
}
