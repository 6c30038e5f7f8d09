package sim

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryTestThatTheRulesNameExists(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "fills.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	names := regexp.MustCompile(`\bTest\w+`).FindAllString(string(page), -1)
	if len(names) < 50 {
		t.Fatalf("the page names %d tests", len(names))
	}
	for _, name := range names {
		if !strings.Contains(source.String(), "func "+name+"(") {
			t.Errorf("docs/fills.md names %s, which does not exist", name)
		}
	}
}
