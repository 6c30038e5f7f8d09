package scenarios

import (
	"bytes"
	"testing"
)

func TestASweepFindsNothing(t *testing.T) {
	for seed := range uint64(6) {
		if w := Sweep(seed + 1); len(w.Failed) > 0 {
			t.Errorf("seed %d: %s\nbreakwater scenarios reduce --seed %d", w.Seed, w.Failed, w.Seed)
		}
	}
}

func TestADrawnScenarioIsTheSameEachTimeAndReadable(t *testing.T) {
	for seed := range uint64(300) {
		d := draw(seed)
		text := d.text("Drawn.")
		if !bytes.Equal(text, draw(seed).text("Drawn.")) {
			t.Fatalf("seed %d draws two scenarios", seed)
		}
		if _, err := Read(d.name()+".yaml", text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
}

func BenchmarkSweep(b *testing.B) {
	for seed := range uint64(b.N) {
		Sweep(seed)
	}
}
