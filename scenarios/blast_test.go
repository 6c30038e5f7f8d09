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
	b, err := BlastRadius(risk.Live(10_000), "CAD", "1000", []risk.Control{risk.MaxPosition})
	if err != nil {
		t.Fatal(err)
	}
	if !b.Held() || b.Rows[0].loss <= 0 || b.Rows[1].loss < 5*b.Rows[0].loss || b.Rows[1].Without != "max-position" {
		t.Errorf("bound %s, rows %+v", b.Bound, b.Rows)
	}
	var out bytes.Buffer
	if err := b.Write(&out); err != nil || !strings.Contains(out.String(), "567.4426") || !strings.Contains(out.String(), "bound the loss of a day to 64.3000") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
