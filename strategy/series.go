package strategy

import (
	"time"

	"breakwater/exchange"
)

// series is a strategy's state for each of its instruments, kept in a slice by id: the
// zero value is ready. A built-in decides on one series of bars: where an instrument has
// several intervals, on the shortest, and the others pass by.
type series[T any] struct{ states []one[T] }

type one[T any] struct {
	interval time.Duration // -1 before the first bar
	state    T
}

// at is the state of the bar's series, new when this is its first bar, or nil for a bar
// of another interval. The pointer holds until the next call.
func (s *series[T]) at(bar *Bar) (state *T, isNew bool) {
	if i := int(bar.Instrument); i < len(s.states) && s.states[i].interval == bar.Interval {
		return &s.states[i].state, false
	}
	return s.slow(bar)
}

func (s *series[T]) slow(bar *Bar) (state *T, isNew bool) {
	place := s.grown(bar.Instrument)
	if have := place.interval; have >= 0 && have < bar.Interval {
		return nil, false
	}
	*place = one[T]{interval: bar.Interval}
	return &place.state, true
}

// of is the state of an instrument between bars.
func (s *series[T]) of(id exchange.InstrumentID) *T { return &s.grown(id).state }

func (s *series[T]) grown(id exchange.InstrumentID) *one[T] {
	for int(id) >= len(s.states) {
		s.states = append(s.states, one[T]{interval: -1})
	}
	return &s.states[id]
}
