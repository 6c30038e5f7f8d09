package reports

import "iter"

// chunk is how many elements a List adds at a time: large enough that the chunks cost
// nothing, small enough that a short run takes little memory.
const chunk = 512

// List grows without ever copying what it holds: a run of 80,000 round trips never pays
// for a doubled slice. The zero value is empty.
type List[T any] struct {
	chunks [][]T
	n      int
}

func (l *List[T]) push(v *T) {
	if l.n%chunk == 0 {
		l.chunks = append(l.chunks, make([]T, 0, chunk))
	}
	last := &l.chunks[len(l.chunks)-1]
	*last = append(*last, *v)
	l.n++
}

// Len is the number of elements.
func (l *List[T]) Len() int { return l.n }

// At is element i, 0 ≤ i < Len, in place.
func (l *List[T]) At(i int) *T { return &l.chunks[i/chunk][i%chunk] }

// All yields the elements in order, in place.
func (l *List[T]) All() iter.Seq2[int, *T] {
	return func(yield func(int, *T) bool) {
		i := 0
		for _, c := range l.chunks {
			for k := range c {
				if !yield(i, &c[k]) {
					return
				}
				i++
			}
		}
	}
}
