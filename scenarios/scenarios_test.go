package scenarios

import "testing"

func TestEveryScenarioHoldsAndBreaksWithoutItsControl(t *testing.T) {
	for _, s := range Catalogue() {
		t.Run(s.Name, func(t *testing.T) {
			o := s.Run(nil)
			for _, f := range o.Failed {
				t.Error(f)
			}
			if o.Vacuous != "" {
				t.Error(o.Vacuous)
			}
			if t.Failed() {
				for _, e := range o.Run.Entries {
					if e.At < o.Run.Start || e.Kind == "Refresh" || e.Kind == "snapshot" || e.Kind == "CancelAllOrdersAfter" {
						continue
					}
					t.Logf("%10s %-14s #%d %v %v %v %v %q", e.At.Sub(o.Run.Start), e.Kind, e.Order, e.Side, e.Control, e.Level, e.Reasons, e.Text)
				}
			}
		})
	}
}
