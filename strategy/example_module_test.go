package strategy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAUsersOwnModuleBuildsAndRuns builds the example, a module of its own that has its
// strategy in its own binary, and takes it through a backtest on a synthetic market.
func TestAUsersOwnModuleBuildsAndRuns(t *testing.T) {
	dir := t.TempDir()
	binary, bars := filepath.Join(dir, "mystrategy"), filepath.Join(dir, "XBTCAD_60.csv")
	command := func(name string, args ...string) string {
		t.Helper()
		c := exec.Command(name, args...)
		c.Dir = example
		c.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	command("go", "vet", ".")
	command("go", "build", "-o", binary, ".")
	command(binary, "data", "synth", "--preset", "volatile", "--interval", "1h", "--count", "2000", "--out", bars)
	for _, line := range []string{"dip ", "sma-cross "} {
		if out := command(binary, "strategies"); !strings.Contains(out, line) {
			t.Errorf("strategies does not list %q:\n%s", line, out)
		}
	}
	summary := command(binary, "backtest", "--data", bars, "--strategy", "dip", "--set", "falls=2", "--no-report")
	if first, _, _ := strings.Cut(summary, "\n"); first != "profile research · dip falls=2 range=14 stop=2 target=3" {
		t.Errorf("the summary begins with %q", first)
	}
	// docs/chaos.md: a scenario for one's own strategy
	told := command(binary, "scenarios", "run", "dip-crash.yaml")
	page, err := os.ReadFile("../docs/chaos.md")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(example, "dip-crash.yaml"))
	if err != nil || !strings.Contains(string(page), "```yaml\n"+string(file)+"```") {
		t.Errorf("docs/chaos.md shows another scenario than the example's: %v", err)
	}
	for _, line := range strings.Split(told, "\n")[:2] {
		if !strings.Contains(string(page), line) {
			t.Errorf("docs/chaos.md does not show %q", line)
		}
	}
	for _, line := range []string{"Round trips", "Guard          no denials; ACTIVE throughout"} {
		if !strings.Contains(summary, line) {
			t.Errorf("the summary lacks %q:\n%s", line, summary)
		}
	}
}
