package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"breakwater/exchange"
	"breakwater/risk"
)

// prefix begins what is hashed, so that a hash of this format is never one of another.
const prefix = "breakwater-j1"

const (
	hashLen = 2 * sha256.Size // in hexadecimal
	// tailLen is the length of `,"hash":"…"}`.
	tailLen = len(`,"hash":""}`) + hashLen
)

// Head is a place in a chain: the number of a line and its hash. It vouches for every
// line up to it. The zero Head stands before the first line.
type Head struct {
	Seq  uint64
	Hash [sha256.Size]byte
}

// String is SEQ:HASH, the form in which a head is kept outside of the journal.
func (h Head) String() string {
	return strconv.FormatUint(h.Seq, 10) + ":" + hex.EncodeToString(h.Hash[:])
}

// ParseHead reads what String writes.
func ParseHead(s string) (Head, error) {
	var h Head
	number, text, ok := strings.Cut(s, ":")
	seq, err := strconv.ParseUint(number, 10, 64)
	raw, hexErr := hex.DecodeString(text)
	if !ok || err != nil || hexErr != nil || len(raw) != sha256.Size {
		return h, fmt.Errorf("journal: %.100q is no anchor; write it as SEQ:HASH, the head that verify prints", s)
	}
	h.Seq = seq
	copy(h.Hash[:], raw)
	return h, nil
}

// chain makes the lines that follow a head.
type chain struct {
	stamps
	head Head
	src  []byte // `,"src":"guard","type":`
	buf  []byte // the prefix and the last hash, which are hashed with each line, then the line
}

const lineAt = len(prefix) + hashLen

func newChain(head Head, src string) *chain {
	c := &chain{src: sourceText(src), buf: make([]byte, lineAt, 4096)}
	copy(c.buf, prefix)
	c.advance(head)
	return c
}

func sourceText(src string) []byte {
	return append(appendText([]byte(`,"src":`), src), `,"type":`...)
}

var markSource = sourceText(source)

// advance makes head the one that the next line follows.
func (c *chain) advance(head Head) {
	c.head = head
	hex.Encode(c.buf[len(prefix):lineAt], head.Hash[:])
}

// record makes the line of a record. It is valid until the next; the head moves only
// when the caller advances it.
func (c *chain) record(r *risk.Record) (line []byte, next Head) {
	return c.line(r.Time, c.src, recordTypes, uint8(r.Type), recordLayout, unsafe.Pointer(r))
}

// mark makes the line of a mark.
func (c *chain) mark(t exchange.Stamp, m *Mark) (line []byte, next Head) {
	return c.line(t, markSource, markTypes, uint8(m.Type), markLayout, unsafe.Pointer(m))
}

func (c *chain) line(t exchange.Stamp, src []byte, types *nameSet, typ uint8, l *layout, p unsafe.Pointer) ([]byte, Head) {
	b := append(c.buf[:lineAt], `{"seq":`...)
	b = appendUint(b, c.head.Seq+1)
	b = c.append(append(b, `,"time":"`...), t)
	b = append(append(b, '"'), src...)
	b = appendName(b, types, typ)
	b = c.object(append(b, `,"body":`...), l, p)
	b = append(append(b, `,"prev":"`...), b[len(prefix):lineAt]...)
	b = append(b, `"}`...)
	next := Head{c.head.Seq + 1, sha256.Sum256(b)}
	b = append(b[:len(b)-1], `,"hash":"`...)
	b = append(hex.AppendEncode(b, next.Hash[:]), "\"}\n"...)
	c.buf = b
	return b[lineAt:], next
}

// checker verifies and reads lines that follow a head.
type checker struct {
	decoder
	head    Head
	headHex [hashLen]byte
	scratch []byte
	source  string // of the last line, so that it is not made anew
	record  risk.Record
	mark    Mark
}

func newChecker() *checker {
	c := &checker{decoder: *newDecoder(), scratch: append(make([]byte, 0, 4096), prefix...)}
	hex.Encode(c.headHex[:], c.head.Hash[:])
	return c
}

// The reasons why a line is not the next one.
const (
	WhySyntax = "syntax" // not a line of this format
	WhyHash   = "hash"   // its hash is not its own: it was changed
	WhyPrev   = "prev"   // it does not follow the line before it
	WhySeq    = "seq"    // its number is not the next
)

// check verifies a line, without its newline, and reads it into c.record or c.mark.
func (c *checker) check(line []byte) (isMark bool, why string, err *syntaxError) {
	c.b, c.i, c.err, c.nested = line, 0, nil, 0
	if !hasHash(line) {
		c.fail("no hash at the end of the line")
		return false, WhySyntax, c.err
	}
	body := line[:len(line)-tailLen]
	sum := c.sum(body)
	var sumHex [hashLen]byte
	hex.Encode(sumHex[:], sum[:])
	if got := line[len(line)-hashLen-2:]; string(got[:hashLen]) != string(sumHex[:]) {
		c.i = len(line) - hashLen - 2
		c.fail("the hash of this line is %s", string(sumHex[:]))
		return false, WhyHash, c.err
	}
	isMark, seq := c.read(len(body))
	switch {
	case c.err != nil:
		return false, WhySyntax, c.err
	case seq != c.head.Seq+1:
		c.i = len(`{"seq":`)
		c.fail("line %d follows line %d", seq, c.head.Seq)
		return false, WhySeq, c.err
	case string(prevOf(body)) != string(c.headHex[:]):
		c.i = len(body) - hashLen - 1
		c.fail("the line before it has the hash %s", string(c.headHex[:]))
		return false, WhyPrev, c.err
	}
	c.head, c.headHex = Head{seq, sum}, sumHex
	return isMark, "", nil
}

// hasHash reports whether a line ends as all lines do.
func hasHash(line []byte) bool {
	n := len(line)
	return n > tailLen+hashLen && string(line[n-tailLen:n-hashLen-2]) == `,"hash":"` && string(line[n-2:]) == `"}`
}

// sum is the hash of a line that ends before `,"hash"`.
func (c *checker) sum(body []byte) [sha256.Size]byte {
	c.scratch = append(append(append(c.scratch[:len(prefix)], prevOf(body)...), body...), '}')
	return sha256.Sum256(c.scratch)
}

// ownHash reports whether a line has the hash that it says it has.
func ownHash(line []byte) bool {
	if !hasHash(line) {
		return false
	}
	sum := newChecker().sum(line[:len(line)-tailLen])
	return string(line[len(line)-hashLen-2:len(line)-2]) == hex.EncodeToString(sum[:])
}

// prevOf is the hash of the line before, as the line tells it.
func prevOf(body []byte) []byte {
	if len(body) < hashLen+1 {
		return nil
	}
	return body[len(body)-hashLen-1 : len(body)-1]
}

// read takes a line apart whose hash is right; its body ends before `,"hash"` at end.
func (c *checker) read(end int) (isMark bool, seq uint64) {
	if !c.literal(`{"seq":`) || !c.number(&seq, 1<<63) || seq == 0 && !c.fail("lines are counted from 1") || !c.literal(`,"time":`) {
		return false, 0
	}
	var t exchange.Stamp
	if !c.stamp(&t) || !c.literal(`,"src":`) || !c.readSource() || !c.literal(`,"type":`) {
		return false, 0
	}
	var typ uint8
	isMark = c.source == source
	if isMark {
		c.mark = Mark{}
		if !c.named(markTypes, &typ) || !c.literal(`,"body":`) || !c.object(markLayout, unsafe.Pointer(&c.mark)) {
			return true, seq
		}
		c.mark.Type, c.record.Time = MarkType(typ), t
	} else {
		c.record = risk.Record{}
		if !c.named(recordTypes, &typ) || !c.literal(`,"body":`) || !c.object(recordLayout, unsafe.Pointer(&c.record)) {
			return false, seq
		}
		c.record.Type, c.record.Time = risk.RecordType(typ), t
	}
	if c.literal(`,"prev":"`); c.err == nil && (c.i+hashLen+1 != end || c.b[end-1] != '"') {
		c.fail("expected the hash of the line before")
	} else if c.err == nil && !isHash(c.b[c.i:c.i+hashLen]) {
		c.fail("a hash is written in lower-case hexadecimal")
	}
	return isMark, seq
}

// isHash reports whether a hash is written as we write one.
func isHash(text []byte) bool {
	for _, b := range text {
		if (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

// readSource reads who wrote the line; most lines have the same.
func (c *checker) readSource() bool {
	if n := len(c.source); len(c.b)-c.i > n+2 && c.b[c.i] == '"' && c.b[c.i+n+1] == '"' && string(c.b[c.i+1:c.i+n+1]) == c.source {
		c.i += n + 2
		return true
	}
	return c.text(&c.source)
}
