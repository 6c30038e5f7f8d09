package scenarios

import "testing"

func TestEveryScenarioHoldsAndBreaksWithoutItsControl(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			s, err := Find(name)
			if err != nil {
				t.Fatal(err)
			}
			o := s.Run(nil)
			for _, f := range o.Failed {
				t.Error(f)
			}
			if o.Vacuous != "" {
				t.Error(o.Vacuous)
			}
			if t.Failed() {
				if err := o.WriteLog(t.Output()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
