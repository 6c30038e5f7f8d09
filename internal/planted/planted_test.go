package planted_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"breakwater/internal/planted"
)

func TestEachMistakeHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range planted.All() {
		name := b.String()
		if got, ok := planted.Parse(name); name == "" || seen[name] || !ok || got != b {
			t.Errorf("mistake %d is called %q, which is %v", b, name, got)
		}
		seen[name] = true
	}
	if len(seen) < 25 {
		t.Errorf("only %d mistakes are planted", len(seen))
	}
}

// A program that is built as usual has no symbol and no word of them.
func TestAPlainProgramHasNoneOfThem(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	if planted.Built {
		t.Skip("this one has them")
	}
	bin := filepath.Join(t.TempDir(), "breakwater")
	if out, err := exec.Command("go", "build", "-o", bin, "breakwater/cmd/breakwater").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte("breakwater/risk.(*Guard).Submit")) {
		t.Error("the program has no names in it: this test would not see one")
	}
	for _, word := range []string{"internal/planted", planted.LostReservation.String(), planted.ResendOnTimeout.String()} {
		if bytes.Contains(b, []byte(word)) {
			t.Errorf("the program has %q in it", word)
		}
	}
}
