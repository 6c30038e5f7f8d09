package file

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/data"
)

func TestTheDocumentationShowsTheTrueReport(t *testing.T) {
	path := realData(t, "kraken/ohlcvt/XBTCAD_1440.csv")
	text, err := os.ReadFile("../../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(text), "    $ breakwater data check XBTCAD_1440.csv\n")
	if !found {
		t.Fatal("docs/data.md shows no check")
	}
	var want strings.Builder
	for line := range strings.Lines(shown) {
		if line != "\n" && !strings.HasPrefix(line, "    ") {
			break
		}
		want.WriteString(strings.TrimPrefix(line, "    "))
	}
	t.Chdir(filepath.Dir(path))
	f, err := Open("XBTCAD_1440.csv", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rep, err := data.Check(f.Reader, data.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := rep.WriteTable(&got); err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(got.String()) != strings.TrimSpace(want.String()) {
		t.Errorf("docs/data.md shows\n%s\nbut it is\n%s", want.String(), got.String())
	}
}
