// Package exchange is the vocabulary that every part of Breakwater shares: assets and
// instruments, orders and their states, events, and the Exchange interface of one
// account at one venue.
//
// It promises flat values without pointers on the hot path and exact integers for
// everything that is money. It never does I/O, reads no clock and knows no venue.
package exchange
