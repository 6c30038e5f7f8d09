// Package journal keeps a run's records in files that survive a crash and show every
// change: one JSON object a line, each with the hash of the one before.
//
// It promises that a durable record is on the disk before Record returns, that a start
// goes through Recover, which accepts a chain only when it is whole, and that an error of
// a disk ends all writing. It never reads a clock, never repairs the middle of a journal
// and never retries a sync. docs/journal.md is the format, byte by byte.
//
// Records are written as they come: a secret in a text would stay in the journal forever.
// Whoever makes a text redacts it.
package journal
