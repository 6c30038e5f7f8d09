// Package scenarios is what happens to a trading process when things go wrong, one file
// each: a market, strategies, limits, faults, and what must hold. A scenario runs twice:
// with every control, where everything must hold, and without the one that it proves,
// where what it names must break.
//
// It promises that a scenario that proves nothing is red, and that a file which cannot mean
// what it says is refused with its line. docs/scenarios.md teaches to write one.
package scenarios
