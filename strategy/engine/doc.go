// Package engine is the step loop between one guarded exchange and the strategies on it:
// it takes one event, updates its book, lets the strategies look, and sends what they put
// in the outbox.
//
// It promises the same decisions for the same events, in every mode. It has no clock, no
// randomness but seeded streams, and no other way to an order than *risk.Guard. Its book
// is written independently of the venue's ledger and of the guard's account; a difference
// halts.
package engine
