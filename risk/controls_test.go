package risk

import "testing"

// tried lists the trials of all families, each added by the file of its family; what
// cannot be told as a trial has a test of its own, named in ownTest.
var (
	tried   = map[string][]trial{}
	ownTest = map[Control]func(*testing.T){}
)

// Each of the 52 controls is tripped at its bound, tried below it, reset and restarted.
func TestEveryControlIsTriedInItsFamily(t *testing.T) {
	seen := map[Control]bool{}
	for family, trials := range tried {
		for i := range trials {
			tr := &trials[i]
			seen[tr.control] = true
			if got := Declarations[tr.control].Family; got != family {
				t.Errorf("%v is of family %s and tried as %s", tr.control, got, family)
			}
			switch {
			case tr.ok != nil:
				if tr.bad == nil || tr.says == "" || tr.below != nil || tr.trip != nil {
					t.Errorf("the orders of %v are not tried whole", tr.control)
				}
			case tr.below == nil || tr.trip == nil || tr.reset == nil || tr.cause == "" || tr.level == Active:
				t.Errorf("the latch of %v is not tried whole", tr.control)
			}
		}
	}
	for _, c := range All() {
		if !seen[c] && ownTest[c] == nil {
			t.Errorf("%v is not tried", c)
		}
		if tried[Declarations[c].Family] == nil {
			t.Errorf("no trials of family %s", Declarations[c].Family)
		}
	}
}
