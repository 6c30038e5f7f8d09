package chaos

import (
	"strings"
	"time"
)

// ParseSpan reads a time as rules have it: 250ms, 10s, 15m, 2h, 7d and their sums.
func ParseSpan(text string) (time.Duration, bool) { return parseSpan(text) }

// SpanText writes a time as ParseSpan reads it, short: 90m is 1h30m.
func SpanText(d time.Duration) string { return spanText(d) }

// Nearest names the known word that was probably meant, else all of them: the end of a
// sentence.
func Nearest(meant string, known []string) string { return nearest(meant, known) }

// Needs are the keys that a rule of the verb must have.
func (v Verb) Needs() []string { return strings.Fields(specs[v].needs) }

// Takes are the keys that it may have.
func (v Verb) Takes() []string { return strings.Fields(specs[v].takes) }
