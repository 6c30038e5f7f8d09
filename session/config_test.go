package session

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the expected messages anew")

// Every *.bad.yaml is refused; the .txt beside it has the sentence.
func TestEveryMistakeIsRefusedWithFileLineAndRemedy(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	place := regexp.MustCompile(`^[a-z-]+\.bad\.yaml(:\d+)?: `)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c, err := Load(path)
			if err == nil {
				_, err = c.plan()
			}
			if err == nil {
				t.Fatal("it is accepted")
			}
			if !errors.Is(err, ErrWrong) && !errors.Is(err, ErrRefused) {
				t.Errorf("neither wrong nor refused: %v", err)
			}
			got := err.Error() + "\n"
			if !place.MatchString(got) || strings.Count(got, "\n") != 1 {
				t.Errorf("not one line that begins with the file: %q", got)
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("got  %s, want %s(%v; go test ./session -update writes it anew)", got, want, err)
			}
		})
	}
}

func TestGoodFilesAndTheExampleAreAccepted(t *testing.T) {
	for _, path := range []string{"testdata/good.yaml", "../examples/bot.yaml"} {
		c, err := Load(path)
		if err == nil {
			_, err = c.plan()
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	c := &Config{path: filepath.Join("some", "where", "bot.yaml"), State: "state/demo"}
	if got, err := c.StatePath(); err != nil || got != filepath.Join("some", "where", "state", "demo") {
		t.Errorf("%q, %v", got, err)
	}
	c.SetState("elsewhere")
	if got, _ := c.StatePath(); !filepath.IsAbs(got) || filepath.Base(got) != "elsewhere" {
		t.Errorf("--state gives %q", got)
	}
}
