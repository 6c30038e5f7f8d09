package data

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// check checks text under a name.
func check(t *testing.T, name, text string, o CheckOptions) *Report {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := Check(r, o)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestACheckOfOneFileWithEveryKindOfFlaw(t *testing.T) {
	rep := check(t, "XBTCAD_1.csv", strings.Join([]string{
		"1700000040,100,102,99,101,3,4",
		"1700000040,100,102,99,101,3,4",           // doubled
		"1700000100,100,99,102,101,3,4",           // high below low
		"1700000160,103,102,99,101,3,4",           // open outside
		"1700000020,100,102,99,101,3,4",           // unsorted, not aligned
		"1700000170,100,102,99,101,3,4",           // overlap, not aligned
		"",                                        // a blank line counts as a line, not as a row
		"1700000340,100,301,99,101,0,0",           // 1 missing, far wick, no volume
		"1700000400,0,102,0,101,3,4",              // zero, told once a row
		"1700000460,100,102,-99,101,3,4",          // negative
		"1700000520,NaN,102,99,101,3,4",           // not a number
		"1700000580,100,102,99,101,3",             // columns
		"x,100,102,99,101,3,4",                    // time
		"1700000640,100,102,99,101,0.123456789,4", // precision
	}, "\n"), CheckOptions{})
	got := map[Defect][]int64{}
	for _, f := range rep.Findings {
		if (f.Severity == Error) == f.Defect.Warning() || f.Count != int64(len(f.First)) {
			t.Errorf("%+v", f)
		}
		for _, one := range f.First {
			got[f.Defect] = append(got[f.Defect], one.Line)
		}
	}
	want := map[Defect][]int64{
		DefectDoubled: {2}, DefectHighLow: {3}, DefectOutside: {4}, DefectUnsorted: {5}, DefectOverlap: {6}, DefectWick: {8}, DefectVolume: {8},
		DefectZero: {9}, DefectNegative: {10}, DefectNumber: {11}, DefectColumns: {12}, DefectTime: {13}, DefectPrecision: {14},
		DefectAlign: {5, 6}, DefectMissing: {8},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if rep.Rows != 13 || rep.Errors != 11 || rep.OK() {
		t.Errorf("%d rows, %d errors", rep.Rows, rep.Errors)
	}
}

func TestACheckKeepsTheFirstAndCountsAll(t *testing.T) {
	var text strings.Builder
	for i := range 100 {
		text.WriteString([]string{"1700000040,1,1,1,1,1,1\n", "1700000041,1,1,1,1,0,1\n"}[i%2])
	}
	rep := check(t, "XBTCAD_1.csv", text.String(), CheckOptions{KeepPerDefect: 3})
	for _, f := range rep.Findings {
		if f.Defect != DefectOverlap && (len(f.First) != 3 || f.Count < 49) {
			t.Errorf("%s: %d kept of %d", f.Defect, len(f.First), f.Count)
		}
	}
}

func TestTheLongestGapsAreListed(t *testing.T) {
	rep := check(t, "XBTCAD_1.csv", "1700000040,1,1,1,1,1,1\n1700000160,1,1,1,1,1,1\n1700000580,1,1,1,1,1,1\n1700000760,1,1,1,1,1,1\n1700000880,1,1,1,1,1,1\n", CheckOptions{KeepGaps: 2})
	if len(rep.LongestGaps) != 2 || rep.LongestGaps[0].Missing != 6 || rep.LongestGaps[1].Missing != 2 || rep.Gaps.Places != 4 || rep.Gaps.Missing != 10 {
		t.Errorf("%+v %+v", rep.Gaps, rep.LongestGaps)
	}
}

func TestABarSizeThatDoesNotFitIsTold(t *testing.T) {
	hours := "1700002800,1,1,1,1,1,1\n1700006400,1,1,1,1,1,1\n1700010000,1,1,1,1,1,1\n"
	rep := check(t, "XBTCAD_1.csv", hours, CheckOptions{})
	last := rep.Findings[0]
	if last.Defect != DefectInterval || !strings.Contains(last.First[0].Text, "at least 1h apart, with bars of 1m; give --interval 1h") {
		t.Errorf("%+v", rep.Findings)
	}
	if rep := check(t, "XBTCAD_1440.csv", hours, CheckOptions{}); rep.OK() || rep.Findings[0].Defect != DefectOverlap {
		t.Errorf("%+v", rep.Findings)
	}
	months := "time,open,high,low,close,volume\n2012-01-31,1,1,1,1,1\n2012-02-29,1,1,1,1,1\n2012-03-31,1,1,1,1,1\n2012-05-01,1,1,1,1,1\n"
	if rep := check(t, "x.csv", months, CheckOptions{}); rep.OK() || rep.Findings[0].Defect != DefectBarSize {
		t.Errorf("%+v", rep.Findings)
	}
}

func TestAReportSurvivesJSON(t *testing.T) {
	rep := check(t, "XBTCAD_1.csv", "1700000040,100,102,99,101,3,4\n1700000160,103,102,99,101,3,4\n", CheckOptions{})
	raw, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"first":"2023-11-14T22:14:00Z"`, `"interval_ns":60000000000`, `"defect":"outside-range"`, `"severity":"error"`, `"gaps":{"places":1,`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s misses %s", raw, want)
		}
	}
	var back Report
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rep, &back); d != "" || back.Interval != time.Minute {
		t.Error(d)
	}
}
