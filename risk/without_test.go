package risk

import (
	"strings"
	"testing"
)

// A guard without a control says so in its first record, and only what is a control can be
// taken out.
func TestAnAblatedGuardSaysSoFirst(t *testing.T) {
	for _, c := range All() {
		d := open(t, wide())
		cfg, kept := d.cfg, &log{}
		cfg.Recorder = kept
		g, err := NewWithout(cfg, c)
		if err != nil {
			t.Fatal(err)
		}
		if first := kept.records[0]; first.Type != RecStart || !strings.HasPrefix(first.Text, "ablated "+c.String()+" ") || g.Ablated() != c {
			t.Errorf("%v: the first record is %v %.40q", c, first.Type, first.Text)
		}
	}
	for _, c := range []Control{NoControl, controls} {
		if _, err := NewWithout(Config{}, c); err == nil {
			t.Errorf("control %d was taken out", c)
		}
	}
}
