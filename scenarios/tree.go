package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"breakwater/exchange/chaos"
)

// Error is a mistake in a scenario file: one sentence with the line and the remedy.
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

// What a file may be at most. The parser takes time by the square of some of these.
const (
	largest     = 32 << 10 // bytes
	deepestFlow = 32       // brackets in one another, which the parser sees before we do
	mostKeys    = 100      // of a table
	mostItems   = 1000     // of a list
)

// node is a value as it was written.
type node struct {
	file  string
	line  int
	text  string // of a scalar
	keys  []entry
	items []*node
	is    shape
}

type entry struct {
	key  string
	line int
	node *node
}

type shape uint8

const (
	empty shape = iota
	scalar
	table
	list
)

func (s shape) String() string {
	return [...]string{"empty", "a single value", "a table", "a list"}[s]
}

func (n *node) fail(format string, args ...any) error {
	return &Error{n.file, n.line, fmt.Sprintf(format, args...)}
}

// parse reads YAML as far as a scenario uses it: plain values, tables and lists.
func parse(name string, text []byte) (*node, error) {
	whole := &node{file: name}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > largest:
		return nil, whole.fail("is larger than 32 kB; a scenario is a page")
	case !utf8.Valid(text):
		return nil, whole.fail("is no text in UTF-8; save it as such")
	}
	if line := tooDeep(text); line > 0 {
		return nil, (&node{file: name, line: line}).fail("is nested too deep: %d brackets are open here; a scenario has five", deepestFlow)
	}
	f, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		what := err.Error()
		var at yaml.Error
		if errors.As(err, &at) {
			what = strings.ReplaceAll(at.GetMessage(), "character '\t'", "a tab")
			if at.GetToken() != nil {
				whole.line = at.GetToken().Position.Line
			}
		}
		return nil, whole.fail("is no YAML: %s", strings.Join(strings.Fields(what), " "))
	}
	var roots []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType && d.Body.Type() != ast.CommentGroupType {
			roots = append(roots, d.Body)
		}
	}
	switch {
	case len(roots) == 0:
		return nil, whole.fail("is empty; \"breakwater scenarios explain\" shows what one says")
	case len(roots) > 1:
		whole.line = lineOf(roots[1])
		return nil, whole.fail("a second document begins; write one file for each scenario")
	}
	return convert(name, roots[0], 0)
}

// tooDeep is the line in which too many brackets are open; 0: none.
func tooDeep(text []byte) int {
	open, line := 0, 1
	for _, c := range text {
		switch c {
		case '\n':
			line++
		case '[', '{':
			open++
		case ']', '}':
			open = max(0, open-1)
		}
		if open >= deepestFlow {
			return line
		}
	}
	return 0
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// deepest bounds nesting; a scenario has five levels.
const deepest = 8

func convert(name string, n ast.Node, depth int) (*node, error) {
	out := &node{file: name, line: lineOf(n)}
	if depth > deepest {
		return nil, out.fail("is nested too deep")
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return out, out.table(n.Values, depth)
	case *ast.MappingValueNode:
		return out, out.table([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out.is = list
		if len(n.Values) > mostItems {
			out.line = lineOf(n.Values[mostItems])
			return nil, out.fail("a list has %d items; write at most %d", len(n.Values), mostItems)
		}
		for _, v := range n.Values {
			item, err := convert(name, v, depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, item)
		}
		return out, nil
	case nil, *ast.NullNode:
		return out, nil
	case *ast.StringNode:
		out.text = n.Value
	case *ast.LiteralNode:
		out.text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.text = n.GetToken().Value
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return nil, out.fail("anchors and references have no meaning here; write the value itself")
	case *ast.TagNode:
		return nil, out.fail("tags have no meaning here; write the plain value")
	default:
		return nil, out.fail("this is no plain value; write it behind its key")
	}
	out.is, out.text = scalar, strings.TrimSpace(out.text)
	return out, nil
}

func (n *node) table(values []*ast.MappingValueNode, depth int) error {
	n.is = table
	if len(values) > mostKeys {
		at := &node{file: n.file, line: lineOf(values[mostKeys].Key)}
		return at.fail("a table has %d keys; write at most %d", len(values), mostKeys)
	}
	for _, v := range values {
		key, ok := v.Key.(ast.ScalarNode)
		at := &node{file: n.file, line: lineOf(v.Key)}
		if !ok {
			return at.fail("this is no key; write KEY: VALUE")
		}
		e := entry{key: key.GetToken().Value, line: at.line}
		if i := slices.IndexFunc(n.keys, func(o entry) bool { return o.key == e.key }); i >= 0 {
			return at.fail("%s stands twice, first in line %d; leave one", e.key, n.keys[i].line)
		}
		var err error
		if e.node, err = convert(n.file, v.Value, depth+1); err != nil {
			return err
		}
		if e.node.line = max(e.node.line, 0); e.node.line == 0 || e.node.is != scalar {
			e.node.line = e.line
		}
		n.keys = append(n.keys, e)
	}
	if len(n.keys) > 0 {
		n.line = n.keys[0].line // the parser's is that of the first colon
	}
	return nil
}

// fields reads a table. What is asked for is what there may be; done refuses the rest. The
// first mistake stays.
type fields struct {
	n     *node
	what  string // "a signal", for messages
	known []string
	err   error
}

func (n *node) fields(what string) *fields {
	f := &fields{n: n, what: what}
	if n.is != table {
		f.err = n.fail("%s is %s; write its parts as KEY: VALUE", what, n.is)
	}
	return f
}

func (f *fields) fail(n *node, format string, args ...any) {
	if f.err == nil {
		f.err = n.fail(format, args...)
	}
}

// node is what stands behind a key; nil for nothing.
func (f *fields) node(key string) *node {
	f.known = append(f.known, key)
	for i := range f.n.keys {
		if e := &f.n.keys[i]; e.key == key {
			if e.node.is == empty {
				f.fail(e.node, "%s has no value; write one, or leave it out", key)
			}
			return e.node
		}
	}
	return nil
}

func (f *fields) has(key string) bool {
	return slices.ContainsFunc(f.n.keys, func(e entry) bool { return e.key == key })
}

// line is where a key stands.
func (f *fields) at(key string) *node {
	for i := range f.n.keys {
		if e := &f.n.keys[i]; e.key == key {
			return e.node
		}
	}
	return f.n
}

// text is a scalar; "" when the key is not there.
func (f *fields) text(key string) string {
	n := f.node(key)
	if n == nil {
		return ""
	}
	if n.is != scalar {
		f.fail(n, "%s is %s; write one value", key, n.is)
		return ""
	}
	return n.text
}

// need is a text that must be there.
func (f *fields) need(key, sample string) string {
	text := f.text(key)
	if text == "" && f.err == nil {
		f.fail(f.n, "%s has no %s; write one like %s: %s", f.what, key, key, sample)
	}
	return text
}

func (f *fields) span(key string, otherwise time.Duration) time.Duration {
	text := f.text(key)
	if text == "" {
		return otherwise
	}
	d, ok := chaos.ParseSpan(text)
	if !ok {
		f.fail(f.at(key), "%s %q is no time; write it like 250ms, 10s, 15m, 2h or 7d", key, text)
	}
	return d
}

func (f *fields) number(key string, otherwise, least, most float64) float64 {
	text := f.text(key)
	if text == "" {
		return otherwise
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil || !(v >= least && v <= most) {
		f.fail(f.at(key), "%s %q is out of range; write a number from %v to %v", key, text, least, most)
		return otherwise
	}
	return v
}

// share is a percentage, as a share of one.
func (f *fields) share(key string, otherwise, least, most float64) float64 {
	text := f.text(key)
	if text == "" {
		return otherwise
	}
	number, ok := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if v /= 100; !ok || err != nil || !(v >= least && v <= most) {
		f.fail(f.at(key), "%s %q is out of range; write it from %v%% to %v%%", key, text, least*100, most*100)
		return otherwise
	}
	return v
}

func (f *fields) whole(key string, otherwise, least, most int64) int64 {
	text := f.text(key)
	if text == "" {
		return otherwise
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < least || v > most {
		f.fail(f.at(key), "%s %q is out of range; write a whole number from %d to %d", key, text, least, most)
		return otherwise
	}
	return v
}

func (f *fields) yes(key string, otherwise bool) bool {
	switch text := f.text(key); text {
	case "":
		return otherwise
	case "true":
		return true
	case "false":
		return false
	default:
		f.fail(f.at(key), "%s %q is neither true nor false", key, text)
		return otherwise
	}
}

// one is a word of a list; "" when the key is not there.
func (f *fields) one(key string, of []string) string {
	text := f.text(key)
	if text != "" && !slices.Contains(of, text) {
		f.fail(f.at(key), "%s %q is unknown%s", key, text, nearest(text, of))
	}
	return text
}

// words is a list of texts, or one.
func (f *fields) words(key string) (all []string) {
	n := f.node(key)
	switch {
	case n == nil:
	case n.is == scalar:
		all = []string{n.text}
	case n.is == list:
		for _, item := range n.items {
			if item.is != scalar {
				f.fail(item, "%s has %s in its list; write plain words", key, item.is)
			}
			all = append(all, item.text)
		}
	default:
		f.fail(n, "%s is %s; write a list", key, n.is)
	}
	return all
}

// list is the items of a list.
func (f *fields) list(key string) []*node {
	n := f.node(key)
	switch {
	case n == nil:
		return nil
	case n.is != list:
		f.fail(n, "%s is %s; write a list, an item a line", key, n.is)
		return nil
	}
	return n.items
}

// done refuses a key that nothing has asked for.
func (f *fields) done() error {
	if f.err != nil {
		return f.err
	}
	for i := range f.n.keys {
		if e := &f.n.keys[i]; !slices.Contains(f.known, e.key) {
			at := &node{file: f.n.file, line: e.line}
			return at.fail("unknown key %q in %s%s", e.key, f.what, nearest(e.key, f.known))
		}
	}
	return nil
}

// nearest names the known word that was probably meant, else all of them.
func nearest(meant string, known []string) string { return chaos.Nearest(meant, known) }
