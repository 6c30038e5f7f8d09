package journal

import (
	"encoding/hex"
	"slices"

	"breakwater/risk"
)

// For the tests that stand outside of the package.
var (
	RandomRecord = randomRecord
	FullRecord   = fullRecord
	TestCatalog  = testCatalog
	SegmentName  = segmentName
)

// NewChain encodes and chains records without writing them; it returns their bytes.
func NewChain() func(*risk.Record) int {
	c := newChain(Head{}, "guard")
	return func(r *risk.Record) int {
		line, next := c.record(r)
		c.advance(next)
		return len(line)
	}
}

// Reseal gives a changed line the hash that it would have.
func Reseal(line []byte) []byte {
	body := line[:len(line)-1-tailLen]
	sum := newChecker().sum(body)
	return append(hex.AppendEncode(append(slices.Clone(body), `,"hash":"`...), sum[:]), "\"}\n"...)
}

// MarkLine is the line of a mark behind a head.
func MarkLine(h Head, m Mark) ([]byte, Head) { return newChain(h, "guard").mark(0, &m) }

// RecordLine is the line of a record behind a head.
func RecordLine(h Head, r *risk.Record) ([]byte, Head) { return newChain(h, "guard").record(r) }
