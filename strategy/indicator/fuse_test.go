package indicator_test

import (
	"testing"

	"breakwater/internal/fusecheck"
)

// The same test belongs in the directories of the built-in strategies and of the
// synthesis of market data.
func TestNoCompilerMayFuseAProductOfAnIndicator(t *testing.T) {
	found, err := fusecheck.Dir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}
