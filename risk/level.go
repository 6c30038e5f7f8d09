package risk

// Level is what the guard still lets through, the worst of all live latches and timers.
type Level uint8

// The levels, each stricter than the one before.
const (
	Active     Level = iota // everything that the controls approve
	Paused                  // timed: nothing that increases risk
	ReduceOnly              // only what makes a position smaller; flat means nothing
	Halted                  // cancels only
	Killed                  // cancels done, inert, reads only
)

func (l Level) String() string {
	return [...]string{"ACTIVE", "PAUSED", "REDUCE_ONLY", "HALTED", "KILLED"}[l]
}

// Scope is what a level or a latch covers.
type Scope uint8

// The scopes.
const (
	Global Scope = iota
	ByPair
	BySlot
)

func (s Scope) String() string { return [...]string{"global", "pair", "strategy"}[s] }
