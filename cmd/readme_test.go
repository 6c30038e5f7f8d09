package cmd

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the outputs in README.md and docs/limits.md anew")

const fence = "```"

func TestReadmeShowsTrueOutput(t *testing.T) { showsTrueOutput(t, "README.md", 4) }

func TestLimitsPageShowsTrueOutput(t *testing.T) {
	showsTrueOutput(t, filepath.Join("docs", "limits.md"), 2)
}

// showsTrueOutput holds that every console block of a page is one command with the output
// that it has, run where there is a copy of the examples.
func showsTrueOutput(t *testing.T, page string, want int) {
	path, err := filepath.Abs(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Abs(filepath.Join("..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS("examples", os.DirFS(examples)); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	rest, blocks := string(raw), 0
	for {
		before, block, found := strings.Cut(rest, fence+"console\n$ ")
		text.WriteString(before)
		if !found {
			break
		}
		block, rest, _ = strings.Cut(block, fence)
		command, shown, _ := strings.Cut(block, "\n")
		blocks++
		if got, ran := readmeOutput(t, command); ran {
			if got != shown && !*update {
				t.Errorf("%s shows for %q\n%s\nbut it prints\n%s\n(go test ./cmd -update writes it anew)", page, command, shown, got)
			}
			shown = got
		}
		text.WriteString(fence + "console\n$ " + command + "\n" + shown + fence)
	}
	if blocks != want {
		t.Errorf("%s has %d console blocks, want %d", page, blocks, want)
	}
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadmeLinksToWhatIsThere(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(raw), -1)
	if len(links) < 15 {
		t.Errorf("README.md has %d links", len(links))
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join("..", link[1])); err != nil {
			t.Errorf("README.md links to %s: %v", link[1], err)
		}
	}
}

// readmeOutput runs a command of a page: what `make demo` runs, or the program's own.
// Commands on real data run where there is some.
func readmeOutput(t *testing.T, command string) (output string, ran bool) {
	t.Helper()
	if command == "make demo" {
		return must(t, "demo"), true
	}
	args, ours := strings.CutPrefix(command, "breakwater ")
	if !ours {
		t.Fatalf("the page shows %q, which this test cannot run", command)
	}
	if strings.Contains(args, "XBTCAD_1440.csv") {
		root := os.Getenv("BREAKWATER_DATA")
		if root == "" {
			t.Logf("BREAKWATER_DATA is not set: %q is not run", command)
			return "", false
		}
		if err := os.Symlink(filepath.Join(root, "kraken", "ohlcvt", "XBTCAD_1440.csv"), "XBTCAD_1440.csv"); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	return must(t, strings.Fields(args)...), true
}
