// Package chaos is faults as data. A Plan is a list of rules: when, on which calls, do
// what, how often, for how long. An Injector plays it in virtual time and counts what came
// true. Link is the decorator between guard and venue that does to an exchange.Exchange
// what a network, a venue and a clock can do to it; Feed does it to the market itself.
//
// A plan prints itself so that it reads back the same, names the line of a mistake, tells
// which rules never fired, and shrinks to the smallest one that still fails.
//
// Who plays which verbs of one Injector: Link those of http, ws, account, key and clock,
// and of market halt, status, widen, drain-book and second-source-diverge; Feed market-gap
// and wick; data/journal/faultfs those of disk; the World that runs the process those of
// proc, ops and strategy, by Take and Holds. On the wire exchange/chaos/wire plays http and
// ws. Whoever knows that a point of the run is reached says so with Reach; Link says
// submit, cancel, ack, fill, order-unknown, bar, event and snapshot.
//
// Nothing here ever sends a thing twice of its own accord.
package chaos
