package risk

import "testing"

// tried lists the trials of all families, each added by the file of its family; what
// cannot be told as a trial has a test of its own, named in ownTest.
var (
	tried   = map[string][]trial{}
	ownTest = map[Control]func(*testing.T){}
)
