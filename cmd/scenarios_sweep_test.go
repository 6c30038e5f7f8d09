package cmd

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSweepIsTheSameForAnyNumberOfJobs(t *testing.T) {
	var one, three swept
	for jobs, out := range map[string]*swept{"1": &one, "3": &three} {
		text := must(t, "scenarios", "sweep", "--seeds", "3..8", "--jobs", jobs, "--json")
		if err := json.Unmarshal([]byte(text), out); err != nil {
			t.Fatal(err)
		}
	}
	if one.Digest != three.Digest || len(one.Digest) != 32 || one.Met["fill"] != three.Met["fill"] {
		t.Errorf("one job: %+v\nthree: %+v", one, three)
	}
	if other := must(t, "scenarios", "sweep", "--seeds", "9"); strings.Contains(other, one.Digest) || !strings.Contains(other, "1 seeds, 0 failed") {
		t.Errorf("another seed says\n%s", other)
	}
}

func TestSweepAndReduceRefuseWhatCannotBe(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"sweep --seeds 5..2", `--seeds "5..2" is no range; write it like 1..10000, or one number`},
		{"sweep --seeds few", `--seeds "few" is no range`},
		{"sweep --seeds 1 --jobs 0", "--jobs 0 is out of range; write a number from 1 to 256"},
		{"reduce", "no seed is named; write --seed with one"},
		{"reduce --seed 3", "seed 3 does not fail: there is nothing to make small"},
	} {
		code, _, said := call(t, append([]string{"scenarios"}, strings.Fields(c.args)...)...)
		if code != exitUsage || !strings.Contains(said, c.want) {
			t.Errorf("%s: exit %d, said %q, want %q", c.args, code, said, c.want)
		}
	}
}
