// Package till is what the tests of mutate change.
package till

// Most is the most that a till holds.
const Most = 10

// Till counts.
type Till struct{ in int }

// Put adds what fits and tells how much that was.
func (t *Till) Put(n int, _ string) (put int) {
	if t.in+n > Most {
		n = Most - t.in
	}
	t.in += n
	return n
}

// Empty takes everything, piece by piece.
func (t *Till) Empty() {
	for t.in > 0 {
		t.in--
	}
}
