// Package metrics turns an equity curve and a list of round trips into the statistics of
// a backtest: pure functions of their arguments, equal for equal arguments and seed.
//
// It promises that every number is finite or is a Value that says why it is not there,
// whatever goes in, and that no function panics on bad numbers. Returns, drawdowns and
// shares are fractions (0.05 is 5 %); drawdowns are negative. docs/metrics.md lists all
// formulas. It never touches exact money: floats only, for reading.
package metrics
