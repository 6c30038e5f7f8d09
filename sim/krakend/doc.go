// Package krakend is the simulated Kraken as a server: sim.Venue behind Kraken's own
// REST and WebSocket v2 interfaces, so that an unmodified client trades against it.
//
// It promises Kraken's envelopes, number formats, names, identifiers, error texts, rate
// limits and permissions as docs/fidelity.md lists them, and that money is never made or
// lost: every balance, hold, fill and fee is the venue's. One goroutine owns the venue;
// requests hand it commands and wait for the answers; frames go to queues that it never
// waits for, and who does not empty his is cut off. What the venue was told is all that it
// depends on: a state file of it brings the same venue back. Control drives and disturbs it
// from outside. Nothing here reaches a network but the listeners it is given, and nothing here
// holds real money.
package krakend
