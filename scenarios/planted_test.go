//go:build planted

package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"breakwater/internal/planted"
	"breakwater/risk"
)

// fewestFound is how many of the planted mistakes the catalogue must find by itself.
const fewestFound = 20

// struck runs a scenario with every control, and tells what first shows a mistake.
func struck(s *Scenario) (found string) {
	defer func() {
		if p := recover(); p != nil {
			found = fmt.Sprintf("it breaks: %.120v", p)
		}
	}()
	r := s.world(risk.NoControl)
	for i := range s.Expect {
		if ok, text := s.Expect[i].holds(s, r); !ok {
			return s.Expect[i].Title() + ": " + text
		}
	}
	return ""
}

// Each mistake is made alone; the catalogue looks until it finds it.
func TestTheCatalogueFindsPlantedMistakes(t *testing.T) {
	defer planted.Select(planted.None)
	planted.Select(planted.None)
	all := Catalogue()
	for _, s := range all {
		if found := struck(s); found != "" {
			t.Fatalf("without any mistake %s is red: %s", s.Name, found)
		}
	}
	found := 0
	var missed []string
	for _, b := range planted.All() {
		planted.Select(b)
		by := ""
		for _, s := range all {
			if text := struck(s); text != "" {
				by = s.Name + ": " + text
				break
			}
		}
		if by == "" {
			missed = append(missed, fmt.Sprintf("%s (made %d times)", b, planted.Met()))
			continue
		}
		found++
		t.Logf("%-22s %.160s", b, by)
	}
	t.Logf("the catalogue finds %d of %d; not: %s", found, len(planted.All()), strings.Join(missed, ", "))
	if found < fewestFound {
		t.Errorf("%d are found, at least %d must be", found, fewestFound)
	}
}
