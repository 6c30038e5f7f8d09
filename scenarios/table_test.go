package scenarios

import (
	"bytes"
	"testing"
	"time"
)

// What is red has its reasons below it, and does not push the columns apart.
func TestTheTableTellsWhatIsRedAndWhy(t *testing.T) {
	var outcomes []*Outcome
	for _, name := range []string{"kill-file-idle", "crash-midfile", "net-429"} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, &Outcome{Scenario: s, Broke: "it broke", Took: time.Second / 4})
	}
	outcomes[1].Failed, outcomes[2].Vacuous = []string{"line 7: a very long reason why it did not hold, with numbers"}, "nothing broke"
	var out bytes.Buffer
	if err := WriteTable(&out, outcomes); err != nil {
		t.Fatal(err)
	}
	want := `scenario               proves          without it
kill-file-idle  green  kill-file       it broke
crash-midfile   RED    –               a journal that does not hold makes no guard: there is none to take a control out of
  line 7: a very long reason why it did not hold, with numbers
net-429         RED    api-error-rate  it broke
  vacuous: nothing broke
3 scenarios, 2 red, 0.8 s; --log shows what happened
`
	if out.String() != want {
		t.Errorf("it says\n%s\nwant\n%s", out.String(), want)
	}
}
