// Package data reads, checks, builds, merges and synthesises market data: bars and
// public trades as exact integers.
//
// It works on io.Reader and io.Writer only; package data/file opens paths. It promises
// that no digit is lost and nothing is silently filled or dropped, that its memory does
// not grow with the input, and that equal input gives equal events in equal order. It
// reads no clock, starts no goroutine and knows no file system.
package data
