package riskfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// node is a value as it was written: a scalar's text, the entries of a mapping, or the
// items of a list.
type node struct {
	line    int
	text    string // of a scalar
	entries []entry
	items   []node
	is      shape
}

type shape uint8

const (
	scalar shape = iota
	mapping
	list
	empty // a key with nothing behind it
)

func (s shape) String() string {
	return [...]string{"a single value", "a table", "a list", "empty"}[s]
}

// what says of a node what it is, and whether nothing is in it.
func (n *node) what() string {
	if n.is == mapping && len(n.entries) == 0 || n.is == list && len(n.items) == 0 {
		return "empty"
	}
	return n.is.String()
}

type entry struct {
	key  string
	line int
	node node
}

// largest bounds a file; a complete one has about 7 kB.
const largest = 64 << 10

// Error is a mistake in a file: one sentence with the line and the remedy.
type Error struct {
	File string
	Line int // 0: of the whole file
	Text string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
}

// parse reads YAML as far as a risk.yaml uses it: plain values, tables and lists.
func (r *reader) parse(text []byte) (node, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > largest:
		return node{}, r.fail(0, "is larger than 64 kB; give a risk.yaml")
	case !utf8.Valid(text):
		return node{}, r.fail(0, "is no text in UTF-8; save it as such")
	case strings.TrimSpace(string(text)) == "":
		return node{}, r.fail(0, "is empty; \"breakwater risk profile kraken-bot\" prints one to begin with")
	}
	f, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, what := 0, err.Error()
		var at yaml.Error
		if errors.As(err, &at) {
			what = strings.ReplaceAll(at.GetMessage(), "character '\t'", "a tab")
			if at.GetToken() != nil {
				line = at.GetToken().Position.Line
			}
		}
		return node{}, r.fail(line, "is no YAML: %s", strings.Join(strings.Fields(what), " "))
	}
	var roots []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil {
			roots = append(roots, d.Body)
		}
	}
	switch {
	case len(roots) == 0:
		return node{}, r.fail(0, "says nothing; \"breakwater risk profile kraken-bot\" prints one to begin with")
	case len(roots) > 1:
		return node{}, r.fail(lineOf(roots[1]), "a second document begins; write one file with one")
	}
	root, err := r.node(roots[0], 0)
	if err == nil && root.is != mapping {
		err = r.fail(root.line, "this is %s; write KEY: VALUE lines, like drawdown: 15%%", root.is)
	}
	return root, err
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// node converts a value. Files are three levels deep at most.
func (r *reader) node(n ast.Node, depth int) (node, error) {
	out := node{line: lineOf(n)}
	if depth > 3 {
		return out, r.fail(out.line, "is nested too deep; the keys of risk.yaml have one table below them")
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.table(out, n.Values, depth)
	case *ast.MappingValueNode:
		return r.table(out, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out.is = list
		for _, v := range n.Values {
			item, err := r.node(v, depth+1)
			if err != nil {
				return out, err
			}
			out.items = append(out.items, item)
		}
		return out, nil
	case nil, *ast.NullNode:
		out.is = empty
		return out, nil
	case *ast.StringNode:
		out.text = n.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.text = n.GetToken().Value
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return out, r.fail(out.line, "anchors and references have no meaning here; write the value itself")
	case *ast.TagNode:
		return out, r.fail(out.line, "tags have no meaning here; write the plain value")
	default:
		return out, r.fail(out.line, "this is no plain value; write it on one line behind its key")
	}
	out.text = strings.TrimSpace(out.text)
	return out, nil
}

func (r *reader) table(out node, values []*ast.MappingValueNode, depth int) (node, error) {
	out.is = mapping
	for _, v := range values {
		key, ok := v.Key.(ast.ScalarNode)
		if !ok {
			return out, r.fail(lineOf(v.Key), "this is no key; write KEY: VALUE")
		}
		e := entry{key: key.GetToken().Value, line: lineOf(v.Key)}
		if i := slices.IndexFunc(out.entries, func(o entry) bool { return o.key == e.key }); i >= 0 {
			return out, r.fail(e.line, "%s stands twice, first in line %d; leave one", e.key, out.entries[i].line)
		}
		var err error
		if e.node, err = r.node(v.Value, depth+1); err != nil {
			return out, err
		}
		if e.node.line == 0 {
			e.node.line = e.line
		}
		out.entries = append(out.entries, e)
	}
	if len(out.entries) > 0 {
		out.line = out.entries[0].line // the parser's is that of the first colon
	}
	return out, nil
}
