package scenarios

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
)

// The page stands alone, shows every scenario with its picture, and opens what is red.
func TestReportShowsEachScenarioWithItsTimeline(t *testing.T) {
	var outcomes []*Outcome
	for _, name := range []string{"loss-daily-restart", "net-502-but-placed", "size-sell-owned"} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, s.Run(nil))
	}
	outcomes[1].Failed = []string{"line 7: <something> did not hold"}
	var page bytes.Buffer
	if err := WriteHTML(&page, outcomes, false, "breakwater test"); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	for _, want := range []string{
		"<b>3</b>", `<b class="bad">1</b>`, "&lt;something&gt; did not hold", `id="loss-daily-restart"`, `id="net-502-but-placed" open`,
		"proves daily-loss", "no control is taken out", "the gateway answers 502", outcomes[0].Run.Digest, "breakwater test", `class="chip red" href="#net-502-but-placed"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if at := regexp.MustCompile(`(https?:)?//[a-z]|@import|url\(`).FindString(text); at != "" {
		t.Errorf("the page refers to something outside: %q", at)
	}
	pictures := regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(text, -1)
	if len(pictures) != 3 {
		t.Fatalf("%d pictures", len(pictures))
	}
	for i, want := range []map[string]int{
		{`class="curve with"`: 1, `class="curve without"`: 1, `class="level l2"`: 1, `class="mark fill"`: 3, `class="mark denied"`: 1, `class="fault"`: 1},
		{`class="curve with"`: 1, `class="curve without"`: 1, `class="level l1"`: 1, `class="mark fill"`: 1, `class="mark denied"`: 1, `class="fault"`: 2},
		{`class="curve with"`: 1, `class="curve without"`: 0, `class="mark sent"`: 1, `class="mark fill"`: 1, `class="fault"`: 0},
	} {
		for part, n := range want {
			if got := strings.Count(pictures[i], part); got != n {
				t.Errorf("picture %d has %d times %s, want %d", i, got, part, n)
			}
		}
		for d := xml.NewDecoder(strings.NewReader(pictures[i])); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("picture %d: %v", i, err)
			}
		}
	}
}
