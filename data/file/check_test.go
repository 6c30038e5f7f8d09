package file

import (
	"path/filepath"
	"strings"
	"testing"

	"breakwater/data"
)

func TestCheckAgreesWithTheTableOfRealFiles(t *testing.T) {
	for _, c := range realFiles {
		t.Run(filepath.Base(c.path), func(t *testing.T) {
			f, err := Open(realData(t, c.path), data.Options{Interval: c.giveInterval})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rep, err := data.Check(f.Reader, data.CheckOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if !rep.OK() {
				t.Errorf("errors in a good file: %+v", rep.Findings)
			}
			if rep.Rows != c.rows || rep.First.String() != c.first || !strings.HasPrefix(rep.Last.String(), c.last) {
				t.Errorf("%d rows, %v .. %v; want %d, %s .. %s", rep.Rows, rep.First, rep.Last, c.rows, c.first, c.last)
			}
			if c.gaps >= 0 && (rep.Gaps.Places != c.gaps || rep.Gaps.Missing != c.missing) {
				t.Errorf("gaps: %v; want %d / %d", rep.Gaps, c.gaps, c.missing)
			}
			if rep.SameTime != c.sharesItsTime || rep.MissingIDs != c.missingIDs {
				t.Errorf("%d share their time, %d ids missing; want %d, %d", rep.SameTime, rep.MissingIDs, c.sharesItsTime, c.missingIDs)
			}
			if n := count(rep, data.DefectVolume); n != c.zeroVolumeBars {
				t.Errorf("%d bars of volume 0, want %d", n, c.zeroVolumeBars)
			}
			var out strings.Builder
			if err := rep.WriteTable(&out); err != nil {
				t.Fatal(err)
			}
			t.Log(out.String())
		})
	}
}

func count(rep *data.Report, d data.Defect) int64 {
	for _, f := range rep.Findings {
		if f.Defect == d {
			return f.Count
		}
	}
	return 0
}
