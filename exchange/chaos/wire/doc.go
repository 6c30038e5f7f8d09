// Package wire plays the faults of a chaos.Plan on the wire: around a client's
// http.RoundTripper, and around its WebSocket. The requests are the client's own; what they
// do at the venue, and what the client gets to see, is as the plan says.
//
// It plays the verbs of http and ws, of key those that the venue answers a call with, and of
// account hide-order and zero-balances, which change what the lists show. A request that is
// duplicated is the one case in which a thing reaches the venue twice: networks do that.
package wire
