// Package sim is the simulated Kraken: a passive Venue (matcher, ledger, rules, fees)
// and Replay, which turns a feed of market events and one of the venue's accounts into
// an exchange.Exchange.
//
// It promises that the same commands and events give the same outcomes on any machine,
// that every posting of its ledger nets to zero for each asset, that no account goes
// below zero, and that nothing of a bar's future shows in a fill. It never reads a
// clock, starts a goroutine or draws a random number. docs/fills.md has the rules by
// which market data becomes fills.
package sim
