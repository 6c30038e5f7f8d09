package journal

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// FuzzLine holds that whatever the decoder accepts is JSON and encodes to the same bytes.
// Its input is a line up to its hash, so that a change gets behind that check.
func FuzzLine(f *testing.F) {
	add := func(line []byte, _ Head) { f.Add(bytes.Clone(line[:len(line)-1-tailLen])) }
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 5))
		add(newChain(Head{Seq: seed}, "guard").record(randomRecord(rng)))
	}
	table := TableOf(testCatalog(), 1)
	add(newChain(Head{}, "guard").mark(1, &Mark{Type: MarkSegment, Segment: 1, Table: &table}))
	add(newChain(Head{}, "guard").mark(1, &Mark{Type: MarkCut, File: "00000001.jsonl", Byte: 77, Lost: 3, Text: "\x00"}))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) <= hashLen+1 || bytes.IndexByte(body, '\n') >= 0 {
			return
		}
		c := newChecker()
		c.b = append(bytes.Clone(body), '}')
		isMark, seq := c.read(len(body))
		if c.err != nil {
			if c.err.at < 0 || c.err.at > len(c.b) {
				t.Fatalf("the fault is at %d of %d bytes", c.err.at, len(c.b))
			}
			return
		}
		if seq == 0 || !json.Valid(c.b) {
			t.Fatalf("accepted: %s", c.b)
		}
		chain := newChain(Head{Seq: seq - 1}, c.source)
		copy(chain.buf[len(prefix):], prevOf(body))
		var again []byte
		if isMark {
			again, _ = chain.mark(c.record.Time, &c.mark)
		} else {
			again, _ = chain.record(&c.record)
		}
		if got := again[:len(again)-1-tailLen]; !bytes.Equal(got, body) {
			t.Fatalf("accepted\n%s\nand encoded\n%s", body, got)
		}
	})
}
