package till

import (
	"testing"

	_ "pgregory.net/rapid" // for its flags
)

func TestATillHoldsTen(t *testing.T) {
	var till Till
	if till.Put(7, "") != 7 || till.Put(4, "") != 3 || till.in != 10 {
		t.Error(till.in)
	}
	till.Empty()
	if till.in != 0 {
		t.Error(till.in)
	}
}
