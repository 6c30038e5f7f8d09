package reports

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/risk"
)

func pageOf(t *testing.T, r *Run, o HTMLOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// balanced checks that tags nest, script and style aside.
func balanced(t *testing.T, page string) {
	t.Helper()
	page = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(page, "")
	void := map[string]bool{"meta": true, "br": true, "!doctype": true}
	var open []string
	for _, m := range regexp.MustCompile(`<(/?)([a-zA-Z!0-9]+)[^>]*?(/?)>`).FindAllStringSubmatch(page, -1) {
		name := strings.ToLower(m[2])
		switch {
		case void[name] || m[3] == "/":
		case m[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("</%s> closes %v", name, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("never closed: %v", open)
	}
}

func TestThePageIsWholeWithoutScript(t *testing.T) {
	page := pageOf(t, sampleRun(t), HTMLOptions{Static: true})
	balanced(t, page)
	for _, chart := range []string{"equity", "underwater", "price", "distribution"} {
		_, rest, found := strings.Cut(page, `<figure data-chart="`+chart+`">`)
		figure, _, _ := strings.Cut(rest, "</figure>")
		if !found || strings.Count(figure, "<svg") != 2 || strings.Count(figure, "<path") < 4 {
			t.Errorf("%s: want a wide and a narrow picture with lines, found %d", chart, strings.Count(figure, "<svg"))
		}
	}
	for _, want := range []string{
		"Synthetic data", "profile research", "Monthly returns", "−67.38", "cash-reserve", "free 12.34, needed 9,999", "REDUCE_ONLY",
		"simulated operator: next-day", "XBTCAD_60.csv", "0123456789ab", "an order meets only liquidity", "breakwater backtest --data", "9f86d081",
		"a stop was gapped through (2 times)", "not recovered", "synthetic data)</title>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(page, "<tr><td class=\"n\">"); n != 96 {
		t.Errorf("%d rows of round trips; want 96", n)
	}
}

// Nothing in the page may make a browser ask for anything.
func TestThePageNeedsNoNetwork(t *testing.T) {
	for _, static := range []bool{true, false} {
		page := pageOf(t, sampleRun(t), HTMLOptions{Static: static})
		page = strings.ReplaceAll(page, echartsScript(), "")
		for _, bad := range []string{"http:", "https:", "//go-echarts", "src=", "@import", "url(", "<link", "<img", "<iframe", "go-echarts.github"} {
			if i := strings.Index(page, bad); i >= 0 {
				t.Errorf("static %v: the page has %q: …%s…", static, bad, page[max(0, i-60):min(len(page), i+60)])
			}
		}
		if !strings.Contains(page, `default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'`) {
			t.Error("no policy that forbids everything but inline")
		}
	}
}

func TestTextInThePageIsText(t *testing.T) {
	const evil = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&`
	r := sampleRun(t)
	r.Meta.Strategy, r.Meta.Title, r.Meta.Command, r.Meta.Profile, r.Meta.Digest = evil, evil, evil, evil, evil
	r.Meta.Parameters = []Parameter{{evil, evil}}
	r.Meta.Assumptions = []Assumption{{evil, evil, evil}}
	r.Meta.Limits = []Parameter{{evil, evil}}
	r.Meta.Data[0].Name, r.Meta.Data[0].SHA256, r.Meta.Data[0].Instrument = evil, evil, evil
	r.Guard.Levels[0].Cause, r.Guard.Denials[0].Reason.Text, r.Guard.Stops[0].Cause = evil, evil, evil
	r.Meta.Strictness, r.Meta.StrictnessNote = []Strictness{{Name: evil}}, evil
	r.Meta.Worst = &WorstDay{Measured: true, Adversary: evil, Day: evil}
	r.Notes = append(r.Notes, Note{Text: evil})
	page := strings.ReplaceAll(pageOf(t, r, HTMLOptions{}), echartsScript(), "")
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
		t.Error("a text became a tag")
	}
	balanced(t, page)
}

func TestChartsAreDataInTheColoursOfThePage(t *testing.T) {
	r := sampleRun(t)
	options := r.chartOptions()
	if len(options) != 4 {
		t.Fatalf("%d charts; want 4", len(options))
	}
	for _, o := range options {
		var v struct {
			Series []struct {
				Data []any `json:"data"`
			} `json:"series"`
		}
		if err := json.Unmarshal([]byte(o.JSON), &v); err != nil {
			t.Fatalf("%s: %v", o.Name, err)
		}
		if len(v.Series) == 0 || len(v.Series[0].Data) < 5 {
			t.Errorf("%s has no data", o.Name)
		}
		for name := range strings.SplitSeq(string(o.JSON), "var(") {
			if i := strings.IndexByte(name, ')'); strings.HasPrefix(name, "--") && !strings.Contains(pageCSS, name[:i]+":") {
				t.Errorf("%s: the style sheet has no %s", o.Name, name[:i])
			}
		}
		if strings.Contains(string(o.JSON), "<") {
			t.Errorf("%s could end its script", o.Name)
		}
	}
}

func TestPicturesUseOnlyColoursOfTheStyleSheet(t *testing.T) {
	page := pageOf(t, sampleRun(t), HTMLOptions{Static: true})
	for _, m := range regexp.MustCompile(`(?:fill|stroke):(#[0-9A-F]{6})`).FindAllStringSubmatch(page, -1) {
		t.Errorf("a picture has the colour %s, which follows neither light nor dark", m[1])
	}
	for _, m := range regexp.MustCompile(`var\((--[a-z-]+)\)`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(pageCSS, m[1]+":") {
			t.Errorf("the style sheet has no %s", m[1])
		}
	}
}

func TestTheTableOfManyRoundTripsHasTheBestTheWorstAndTheLast(t *testing.T) {
	r := largeRun(t, 30_000, 6).Finish()
	all := r.Trips.Len()
	if all < 2000 {
		t.Fatalf("only %d round trips", all)
	}
	rows := r.chosen()
	if len(rows) > 500 || len(rows) < 450 {
		t.Errorf("%d rows; want about 500", len(rows))
	}
	in := map[int]bool{}
	best, worst := 0, 0
	for i := range all {
		if r.Trips.At(i).Return() > r.Trips.At(best).Return() {
			best = i
		}
		if r.Trips.At(i).Return() < r.Trips.At(worst).Return() {
			worst = i
		}
	}
	for _, i := range rows {
		in[i] = true
	}
	if !in[best] || !in[worst] || !in[all-1] || !in[all-tripsLast] {
		t.Errorf("the best (%d), the worst (%d) or a last one is missing", best, worst)
	}
	page := pageOf(t, r, HTMLOptions{Static: true})
	balanced(t, page)
	if len(page) > 1_500_000 {
		t.Errorf("the page has %d bytes; want under 1.5 MB", len(page))
	}
	if !strings.Contains(page, "all of them are in round-trips.csv") || !strings.Contains(page, "are marked, evenly chosen") {
		t.Error("the page does not say that it leaves round trips out")
	}
}

func TestThePageOfAnEmptyRunOpens(t *testing.T) {
	for _, bars := range []int{0, 1, 2, 3} {
		m := newMarket(t, "100", newYear, time.Hour, 0)
		for range bars {
			m.bar(300000, 300000, 300000, 300000)
		}
		r := m.c.Finish()
		balanced(t, pageOf(t, r, HTMLOptions{}))
		page := pageOf(t, r, HTMLOptions{Static: true})
		if strings.Contains(page, ">NaN") || strings.Contains(page, ",NaN") || strings.Contains(page, "+Inf") {
			t.Errorf("%d bars: the page has a number that is none", bars)
		}
	}
}

func TestDistributionCountsEveryClosedRoundTripOnTheRightSideOfZero(t *testing.T) {
	r := sampleRun(t)
	won, lost, n := 0, 0, 0
	for _, b := range r.Distribution() {
		if b.Low < 0 && b.High > 1e-12 {
			t.Errorf("bin %v to %v lies on both sides of zero", b.Low, b.High)
		}
		if n += b.Count; b.Low >= 0 {
			won += b.Count
		} else {
			lost += b.Count
		}
	}
	if int64(n) != r.Total.Trips || int64(won) != r.Won.Count || int64(lost) != r.Lost.Count {
		t.Errorf("%d won, %d lost, %d in all; want %d, %d, %d", won, lost, n, r.Won.Count, r.Lost.Count, r.Total.Trips)
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, c := range []struct {
		low, high time.Time
		want      string
	}{
		{newYear, newYear.AddDate(9, 0, 0), "2024 2025 2026 2027 2028 2029 2030 2031 2032 2033"},
		{newYear, newYear.AddDate(0, 0, 3), "1 Jan 00:00 1 Jan 12:00 2 Jan 00:00 2 Jan 12:00 3 Jan 00:00 3 Jan 12:00 4 Jan 00:00"},
		{newYear.AddDate(0, 1, 3), newYear.AddDate(0, 8, 0), "Mar 2024 Apr 2024 May 2024 Jun 2024 Jul 2024 Aug 2024 Sep 2024"},
	} {
		var got []string
		for _, k := range (timeTicks{10}).Ticks(float64(c.low.Unix()), float64(c.high.Unix())) {
			got = append(got, k.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v to %v: %s; want %s", c.low, c.high, s, c.want)
		}
	}
	for _, c := range []struct {
		low, high float64
		want      string
	}{{31_000, 110_000, "40k 60k 80k 100k"}, {0.00001, 0.00005, "0.00001 0.00002 0.00003 0.00004 0.00005"}, {-3, 2, "−3 −2 −1 0 1 2"}} {
		var got []string
		for _, k := range (valueTicks{most: 6, text: short}).Ticks(c.low, c.high) {
			got = append(got, k.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v to %v: %s; want %s", c.low, c.high, s, c.want)
		}
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for _, c := range []struct {
		v        int64
		decimals uint8
		want     string
	}{{8636137943019, 8, "86,361.38"}, {12345, 8, "0.00012345"}, {123456789, 12, "0.0001234568"}, {100000000, 8, "1"}, {-123456789012345, 8, "-1,234,568"}, {0, 8, "0"}} {
		if got := readable(c.v, c.decimals, 7); got != c.want {
			t.Errorf("readable(%d, %d) = %q; want %q", c.v, c.decimals, got, c.want)
		}
	}
	for in, want := range map[float64]string{0.0012: "+0.12", -0.5: "-50.00", 302.45: "+30,245", 0.000001: "0.00"} {
		if got := percent(in, true); got != want+noBreak+"%" {
			t.Errorf("percent(%v) = %q; want %q", in, got, want)
		}
	}
}

func TestDenialsAndLevelsAreCounted(t *testing.T) {
	r := sampleRun(t)
	g := &r.Guard
	if g.Denied != 13 || len(g.Denials) != 2 || g.Denials[0].Control != risk.CashReserve || g.Denials[0].Count != 13 || g.Denials[1].Count != 1 {
		t.Errorf("denials %d: %+v", g.Denied, g.Denials)
	}
	if g.Worst != risk.ReduceOnly || g.Last != risk.Active || g.LevelChanges != 2 {
		t.Errorf("levels: worst %v, last %v, %d changes", g.Worst, g.Last, g.LevelChanges)
	}
	if r.Orders.Rejected != 1 || r.Orders.RejectedBy[0] != (CodeCount{exchange.CodeOrderMinimum, 1}) {
		t.Errorf("rejections %+v", r.Orders)
	}
}
