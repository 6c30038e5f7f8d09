package session

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Every console block of docs/operations.md is a command with its true output, in the order
// in which an operator meets them; numbers, times and keys aside.
func TestOperationsPageShowsTrueOutput(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../docs/operations.md")
	ok(t, err)
	page := string(raw)
	_, yaml, found := strings.Cut(page, "```yaml\n")
	if !found {
		t.Fatal("the page shows no bot.yaml")
	}
	yaml, _, _ = strings.Cut(yaml, "```")
	dir := t.TempDir()
	g := &ground{t: t, dir: dir, config: filepath.Join(dir, "bot.yaml"), state: filepath.Join(dir, "state")}
	var b *bot
	vars := map[string]string{}
	blocks := 0
	for _, block := range strings.Split(page, "```console\n$ ")[1:] {
		blocks++
		block, _, _ = strings.Cut(block, "```")
		command, want, _ := strings.Cut(block, "\n")
		if strings.HasPrefix(command, "breakwater journal verify") { // it comes last: the counts are of a whole run
			b.signal(syscall.SIGTERM)
			b.wait()
		}
		got, deadline := "", time.Now().Add(patience)
		for normal(got) != normal(want) {
			if time.Now().After(deadline) {
				t.Fatalf("the page shows for %q\n%s\nbut it prints\n%s", command, want, got)
			}
			got = inShell(t, dir, command, vars)
		}
		for name, label := range map[string]string{"CHALLENGE": "challenge  ", "SIGNATURE": "signature    ", "PUBLIC": "public key   "} {
			if _, rest, found := strings.Cut("\n"+got, "\n"+label); found {
				vars[name], _, _ = strings.Cut(rest, "\n")
			}
		}
		if strings.Contains(command, "--new-key") {
			ok(t, os.WriteFile(g.config, []byte(yaml+"arm-key: "+vars["PUBLIC"]+"\n"), 0o600))
			b = g.start()
		}
	}
	if blocks != 14 {
		t.Errorf("the page has %d console blocks, want 14", blocks)
	}
}

// inShell runs a command of the page as a shell would, with its variables.
func inShell(t *testing.T, dir, command string, vars map[string]string) string {
	t.Helper()
	sh := exec.Command("sh", "-c", command)
	sh.Dir = dir
	sh.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	for name, value := range vars {
		sh.Env = append(sh.Env, name+"="+value)
	}
	out, _ := sh.CombinedOutput() // its exit code is part of no block
	return string(out)
}

var (
	keyLike    = regexp.MustCompile(`[A-Za-z0-9+/=_-]{40,}`)
	hexLike    = regexp.MustCompile(`\b[0-9a-f]{16,}\b`)
	timeLike   = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	numberLike = regexp.MustCompile(`[0-9][0-9.]*(ms|s|m\d+s)?\b`)
	spaces     = regexp.MustCompile(` +`)
)

// normal is a text without what differs from run to run.
func normal(text string) string {
	for _, r := range []struct {
		like *regexp.Regexp
		with string
	}{{keyLike, "KEY"}, {timeLike, "TIME"}, {hexLike, "HEX"}, {numberLike, "N"}, {spaces, " "}} {
		text = r.like.ReplaceAllString(text, r.with)
	}
	return text
}
