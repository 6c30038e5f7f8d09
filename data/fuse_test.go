package data_test

import (
	"testing"

	"breakwater/internal/fusecheck"
)

func TestNoCompilerMayFuseAProductOfSynthesis(t *testing.T) {
	found, err := fusecheck.Dir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}
