package scenarios

import (
	"bytes"
	"strings"
	"testing"

	"breakwater/risk"
)

// What adversaries lose stays within what the limits promise; without the position's limit
// it is many times as much.
func TestTheLimitsBoundWhatAnAdversaryCanLose(t *testing.T) {
	b, err := BlastRadius(risk.Live(10_000), "CAD", "1000", []risk.Control{risk.MaxPosition}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !b.Held() || b.Rows[0].loss <= 0 || b.Rows[1].loss < 5*b.Rows[0].loss || b.Rows[1].Without != "max-position" {
		t.Errorf("bound %s, rows %+v", b.Bound, b.Rows)
	}
	var out bytes.Buffer
	if err := b.Write(&out); err != nil || !strings.Contains(out.String(), "619.9171") || !strings.Contains(out.String(), "bound the loss of a day to 64.3000") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// The adversaries know the limits and find what is let through, also in the mode that has most
// money, and on an account of any size: a loss of nothing measures nothing.
func TestAdversariesGetSomethingThrough(t *testing.T) {
	for profile, cash := range map[string]string{"binance-bot": "300", "live": "10000"} {
		l, _ := risk.Profile(profile, 10_000)
		days := int64(0)
		b, err := BlastRadius(l, "CAD", cash, nil, func(done, all int64) {
			if days++; done != days || all != 30 {
				t.Errorf("day %d of %d is told as the %d", done, all, days)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !b.Held() || b.Rows[0].Amount() < b.bound/4 || days != 30 {
			t.Errorf("%s with %s: of at most %s they lost %s in %d days", profile, cash, b.Bound, b.Rows[0].Loss, days)
		}
	}
}
