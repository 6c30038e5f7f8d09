package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/risk"
)

var update = flag.Bool("update", false, "write the generated parts of the documentation anew")

const documentation = "../../docs/journal.md"

// holds demands that the part of the documentation behind a marker is text.
func holds(t *testing.T, marker, text string) {
	t.Helper()
	b, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	begin := strings.Index(doc, "<!-- "+marker+": kept by "+t.Name()+" -->\n")
	if begin < 0 {
		t.Fatalf("%s has no part %q", documentation, marker)
	}
	begin += strings.Index(doc[begin:], "\n") + 1
	end := begin + strings.Index(doc[begin:], "<!-- end -->")
	if text = "\n" + text + "\n"; doc[begin:end] == text {
		return
	}
	if !*update {
		t.Fatalf("%s: the part %q should be (go test ./data/journal -update writes it)\n%s", documentation, marker, text)
	}
	if err := os.WriteFile(documentation, []byte(doc[:begin]+text+doc[end:]), 0o600); err != nil {
		t.Fatal(err)
	}
}

// exampleLines are the first two lines of a journal.
func exampleLines() []string {
	at := exchange.At(time.Date(2019, 5, 30, 17, 0, 0, 250_000_000, time.UTC))
	table := TableOf(testCatalog(), 1)
	c := newChain(Head{}, "guard")
	head, next := c.mark(at, &Mark{Type: MarkSegment, Segment: 1, Table: &table})
	lines := []string{string(head)}
	c.advance(next)
	order, _ := c.record(&risk.Record{
		Type: risk.RecIntent, Time: at, OrderID: 42, Instrument: exchange.None, Slot: -1, Cost: 1_426_941, Order: &exchange.Order{
			ID: 42, Side: exchange.Buy, Type: exchange.Limit, TIF: exchange.IOC, Qty: 1_234_500, Price: 115_301, Sent: at, Decision: 115_300,
		},
	})
	return append(lines, string(order))
}

func TestTheExampleInTheDocumentationIsTrue(t *testing.T) {
	holds(t, "example", "```json\n"+exampleLines()[1]+"```\n")
}

// The recipe of the documentation, in Go: nothing of this package but the lines.
func TestAHashCanBeCheckedByHand(t *testing.T) {
	last := strings.Repeat("0", 64)
	for i, line := range exampleLines() {
		var fields struct{ Prev, Hash string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		without := line[:strings.LastIndex(line, `,"hash":`)] + "}"
		sum := sha256.Sum256([]byte("breakwater-j1" + fields.Prev + without))
		if got := hex.EncodeToString(sum[:]); got != fields.Hash || fields.Prev != last {
			t.Errorf("line %d: the recipe gives %s after %s, the line says %s after %s", i+1, got, last, fields.Hash, fields.Prev)
		}
		last = fields.Hash
	}
}

func TestTheFieldsInTheDocumentationAreThoseOfTheTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("| of | fields |\n|---|---|\n")
	for _, table := range tables {
		l := compiled.of[reflect.TypeOf(table.of)]
		fmt.Fprintf(&b, "| `%v` |", l.typ)
		for i := range l.fields {
			f := &l.fields[i]
			mark := ""
			if f.always {
				mark = "!"
			} else if f.kind == idKind {
				mark = "?"
			}
			fmt.Fprintf(&b, " `%s`%s", strings.Trim(string(f.key), `":`), mark)
			if f.sub != nil {
				fmt.Fprintf(&b, " (%v)", f.typ)
			}
			if i < len(l.fields)-1 {
				b.WriteByte(',')
			}
		}
		b.WriteString(" |\n")
	}
	holds(t, "fields", b.String())
}
