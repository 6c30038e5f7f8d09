package session

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/risk"
)

// program is the real binary, built once.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "breakwater-session-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "breakwater")
		build := exec.Command("go", "build", "-o", program, "breakwater/cmd/breakwater")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// patience is how long a test waits for what must happen: far more than it takes.
const patience = 20 * time.Second

// eventually polls until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain until %s", patience, what)
		}
		<-tick.C
	}
}

// run runs the program to its end.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// ground is a directory with a session's files, and the key that arms it.
type ground struct {
	t           *testing.T
	config, dir string
	state, key  string
}

// breakGround writes a bot.yaml; lines are added to it.
func breakGround(t *testing.T, lines ...string) *ground {
	t.Helper()
	dir := t.TempDir()
	if keep := os.Getenv("BREAKWATER_KEEP"); keep != "" { // to look at what a failure left
		var err error
		if dir, err = os.MkdirTemp(keep, "ground"); err != nil {
			t.Fatal(err)
		}
		t.Logf("state in %s", dir)
	}
	g := &ground{t: t, dir: dir, config: filepath.Join(dir, "bot.yaml"), state: filepath.Join(dir, "state"), key: filepath.Join(dir, "arm.key")}
	public, err := NewKey(g.key)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(append([]string{
		"venue: sim", "state: state", "dry-run: false", "arm-key: " + public, "account: {cash: 10000, currency: CAD}", "risk: {profile: kraken-bot}",
	}, lines...), "\n")
	if err := os.WriteFile(g.config, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return g
}

// busy is a strategy that trades often within the profile's limits.
var busy = []string{
	"size: 0.0002",
	"slots: [{name: quick, strategy: sma-cross, set: {fast: 2, slow: 3}}]",
}

// crowd is several strategies on one account: market orders, resting ones, and ones that
// answer their own fills.
var crowd = []string{
	"size: 0.0002",
	"slots:",
	"  - {name: quick, strategy: sma-cross, share: 40%, set: {fast: 2, slow: 3}}",
	"  - {name: grid, strategy: grid, share: 40%, set: {levels: 2, step: 0.001, weight: 0.01}}",
	"  - {name: saver, strategy: dca, share: 20%, set: {every: 7m, amount: 10}}",
}

func marketLine(seed int) string {
	return fmt.Sprintf("market: {preset: volatile, seed: %d, start: 2025-03-09, length: 365d, interval: 1m}", seed)
}

// bot is a running session.
type bot struct {
	*ground
	cmd    *exec.Cmd
	log    *bytes.Buffer
	waited chan error
}

// start runs a session and waits until its status stands.
func (g *ground) start(args ...string) *bot {
	g.t.Helper()
	return g.startAs(exec.Command(program, append([]string{"trade", "--config", g.config}, args...)...))
}

// startAs is start for a command line that becomes the session.
func (g *ground) startAs(cmd *exec.Cmd) *bot {
	g.t.Helper()
	b := &bot{ground: g, log: new(bytes.Buffer), waited: make(chan error, 1), cmd: cmd}
	b.cmd.Stderr = b.log
	if err := b.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	go func() { b.waited <- b.cmd.Wait() }()
	g.t.Cleanup(b.end)
	eventually(g.t, "the session's status stands", func() bool {
		select {
		case err := <-b.waited:
			g.t.Fatalf("the session ended at once: %v: %s", err, b.log)
		default:
		}
		st, err := g.read()
		return err == nil && st.PID == b.cmd.Process.Pid
	})
	return b
}

// end makes sure that nothing is left running.
func (b *bot) end() {
	if b.cmd.ProcessState == nil {
		b.cmd.Process.Kill()
		b.waited <- <-b.waited
	}
}

// wait waits for the process to end and returns its exit code.
func (b *bot) wait() int {
	b.t.Helper()
	select {
	case <-b.waited:
		b.waited <- nil
		return b.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		b.t.Fatalf("the session did not end: %s", b.log)
		return -1
	}
}

func (b *bot) signal(s os.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(s); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bot) alive() bool { return b.cmd.Process.Signal(syscall.Signal(0)) == nil }

func (g *ground) read() (*Status, error) { return ReadStatus(g.state) }

func (g *ground) status() *Status {
	g.t.Helper()
	st, err := g.read()
	if err != nil {
		g.t.Fatal(err)
	}
	return st
}

// lines are the journal's records so far, the numbers of their types counted.
func (g *ground) lines() (types map[string]int, levels []string) {
	g.t.Helper()
	types = map[string]int{}
	g.walk(func(e *journal.Entry) {
		types[e.TypeName()]++
		if e.Record != nil && e.Record.Type == risk.RecLevel {
			levels = append(levels, e.Record.Level.String()+" "+e.Record.Control.String()+": "+e.Record.Text)
		}
	})
	return types, levels
}

func (g *ground) walk(visit func(*journal.Entry)) {
	g.t.Helper()
	fs, err := osfs.OpenToRead(filepath.Join(g.state, JournalDir))
	if err != nil {
		g.t.Fatal(err)
	}
	rec, err := journal.Recover(fs, journal.Options{})
	if err != nil {
		g.t.Fatal(err)
	}
	for e, err := range rec.Entries() {
		if err != nil {
			g.t.Fatal(err)
		}
		visit(e)
	}
}

var challengeWord = regexp.MustCompile(`(?m)^challenge  (\S+)$`)

// request begins the ceremony with the program's own command.
func (g *ground) request() string {
	g.t.Helper()
	code, out, errs := run(g.t, "arm", "request", "--state", g.state, "--reason", "a test")
	m := challengeWord.FindStringSubmatch(out)
	if code != 0 || m == nil {
		g.t.Fatalf("arm request: exit code %d: %s%s", code, out, errs)
	}
	return m[1]
}

func (g *ground) sign(challenge, key string) string {
	g.t.Helper()
	signature, _, err := Sign(challenge, key)
	if err != nil {
		g.t.Fatal(err)
	}
	return signature
}

// arm goes through the ceremony: the minute passes at the session's own pace.
func (b *bot) arm() {
	b.t.Helper()
	eventually(b.t, "prices and balances have come", func() bool { return b.status().Phase != risk.Reconciling.String() })
	challenge := b.request()
	signature := b.sign(challenge, b.key)
	eventually(b.t, "the ceremony ends", func() bool {
		code, _, errs := run(b.t, "arm", "confirm", challenge, "--state", b.state, "--signature", signature)
		if code != 0 && !strings.Contains(errs, "too early") {
			b.t.Fatalf("arm confirm: exit code %d: %s", code, errs)
		}
		return code == 0
	})
	eventually(b.t, "the dry cycle has passed", func() bool { return b.status().Phase == risk.Armed.String() })
}

func (b *bot) killedWithin(limit time.Duration, since time.Time) {
	b.t.Helper()
	eventually(b.t, "the level is KILLED", func() bool { return b.status().Level == "KILLED" })
	if took := time.Since(since); took > limit {
		b.t.Errorf("KILLED after %v, want %v at most", took, limit)
	}
}

func TestKillFileStopsARunningSessionForGood(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 2000x")...)
	b := g.start()
	b.arm()
	eventually(t, "something was traded", func() bool { return b.status().Orders.Trades > 0 })
	path := filepath.Join(g.state, killName)
	if err := os.WriteFile(path, []byte("the owner's hand\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.killedWithin(time.Second, time.Now())

	orders := func() int { types, _ := g.lines(); return types["intent"] }
	before, at := orders(), b.status().Time
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an hour of the market has passed", func() bool { return later(t, b.status().Time, at, time.Hour) })
	if st := b.status(); st.Level != "KILLED" || !b.alive() || st.Orders.Open != 0 {
		t.Errorf("after the file was removed: level %s, %d orders open, alive %v; want KILLED, none, alive", st.Level, st.Orders.Open, b.alive())
	}
	if after := orders(); after != before {
		t.Errorf("%d orders after the kill", after-before)
	}
	if l := b.status().Latches; len(l) != 1 || l[0].Control != "kill-file" || l[0].Cause == "" || !strings.Contains(l[0].WayOut, "ceremony") {
		t.Errorf("the status tells %+v", l)
	}
	latches := b.status().Latches
	b.signal(syscall.SIGTERM)
	if code := b.wait(); code != 0 {
		t.Errorf("a clean stop of a killed session: exit code %d: %s", code, b.log)
	}

	again := g.start()
	eventually(t, "the venue has answered", func() bool { return again.status().Phase != risk.Reconciling.String() })
	if st := again.status(); st.Level != "KILLED" || len(st.Latches) != 1 || st.Latches[0].Since != latches[0].Since || st.Latches[0].Cause != latches[0].Cause {
		t.Errorf("after a restart: %s, %+v", st.Level, st.Latches)
	}
	if code, _, _ := run(t, "status", "--state", g.state, "--expect", "KILLED"); code != 0 {
		t.Errorf("status --expect KILLED: exit code %d", code)
	}
	if code, _, _ := run(t, "status", "--state", g.state, "--expect", "ACTIVE"); code != 1 {
		t.Errorf("status --expect ACTIVE: exit code %d", code)
	}
}

// later reports whether an event time is at least d after another.
func later(t *testing.T, a, b string, d time.Duration) bool {
	t.Helper()
	x, err1 := time.Parse(time.RFC3339Nano, a)
	y, err2 := time.Parse(time.RFC3339Nano, b)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return x.Sub(y) >= d
}

func TestKillCommandAndSignalStopASession(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(b *bot){
		"command": func(b *bot) {
			if code, _, errs := run(t, "kill", "--state", b.state, "prices look wrong"); code != 0 {
				t.Fatalf("kill: exit code %d: %s", code, errs)
			}
		},
		"signal":        func(b *bot) { b.signal(syscall.SIGUSR1) },
		"directory":     func(b *bot) { os.Mkdir(filepath.Join(b.state, killName), 0o700) },
		"dangling link": func(b *bot) { os.Symlink("nowhere", filepath.Join(b.state, killName)) },
	} {
		t.Run(name, func(t *testing.T) {
			g := breakGround(t, append(busy, marketLine(3), "speed: 60x")...)
			b := g.start()
			b.ground.t = t
			stop(b)
			b.killedWithin(time.Second, time.Now())
			if !b.alive() {
				t.Error("the process is gone; it should stay up, inert")
			}
		})
	}
}

func TestSecondSessionIsRefused(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 60x")...)
	b := g.start()
	code, _, errs := run(t, "trade", "--config", g.config)
	want := fmt.Sprintf("breakwater: a session runs in %s already (process %d); stop it first, or give another --state\n", g.state, b.cmd.Process.Pid)
	if code != 3 || errs != want {
		t.Errorf("exit code %d: %q, want 3: %q", code, errs, want)
	}
	b.signal(syscall.SIGINT)
	if code := b.wait(); code != 0 {
		t.Errorf("a clean stop: exit code %d: %s", code, b.log)
	}
	if st := g.status(); st.Running || st.Why != "told to stop" {
		t.Errorf("the last status says running %v, %q", st.Running, st.Why)
	}
}

func TestCeremonyRefusesWhatIsNotRight(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 60x")...)
	b := g.start()
	eventually(t, "the session is ready", func() bool { return b.status().Phase == "ready" })
	confirm := func(challenge, signature string) (int, string) {
		code, _, errs := run(t, "arm", "confirm", challenge, "--state", g.state, "--signature", signature)
		return code, errs
	}
	refused := func(what, challenge, signature string, code int, words string) {
		t.Helper()
		if got, errs := confirm(challenge, signature); got != code || !strings.Contains(errs, words) {
			t.Errorf("%s: exit code %d: %s; want %d and %q", what, got, errs, code, words)
		}
	}
	first := g.request()
	good := g.sign(first, g.key)
	asked := b.status().Time
	refused("early", first, good, 3, "too early")
	refused("unsigned", first, "", 2, "no signature")
	refused("no signature", first, "abc", 2, "no signature")
	eventually(t, "a minute has passed", func() bool { return later(t, b.status().Time, asked, 2*time.Minute) })

	thief := filepath.Join(g.dir, "thief.key")
	if _, err := NewKey(thief); err != nil {
		t.Fatal(err)
	}
	refused("another's key", first, g.sign(first, thief), 3, "does not fit")
	forged := base64.RawURLEncoding.EncodeToString([]byte("breakwater-arm-1 made up"))
	refused("a challenge made up", forged, g.sign(forged, g.key), 3, "not open")
	refused("a broken challenge", "xyz", good, 2, "no challenge")

	if code, _, _ := run(t, "kill", "--state", g.state, "not yet"); code != 0 {
		t.Fatal("kill failed")
	}
	b.killedWithin(time.Second, time.Now())
	refused("KILL is there", first, good, 3, "KILL")
	if err := os.Remove(filepath.Join(g.state, killName)); err != nil {
		t.Fatal(err)
	}
	refused("killed since", first, good, 3, "kill-file was set since the request (KILL file: not yet)")
	second := g.request()
	good = g.sign(second, g.key)
	asked = b.status().Time
	eventually(t, "a minute has passed", func() bool { return later(t, b.status().Time, asked, 2*time.Minute) })
	if code, errs := confirm(second, good); code != 0 {
		t.Fatalf("the right one: exit code %d: %s", code, errs)
	}
	refused("a second time", second, good, 3, "serves once")
	eventually(t, "it is armed and ACTIVE", func() bool { st := b.status(); return st.Phase == "armed" && st.Level == "ACTIVE" })
	if types, _ := g.lines(); types["arm"] != 1 || types["arm-request"] != 2 {
		t.Errorf("the journal has %d arm records and %d requests, want 1 and 2", types["arm"], types["arm-request"])
	}
}

func TestRequestsWithoutASessionFailClearly(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3))...)
	code, _, errs := run(t, "arm", "request", "--state", g.state, "--reason", "x")
	if code != 2 || !strings.Contains(errs, "no such file or directory") {
		t.Errorf("no directory: exit code %d: %s", code, errs)
	}
	b := g.start()
	b.signal(syscall.SIGTERM)
	b.wait()
	code, _, errs = run(t, "arm", "request", "--state", g.state, "--reason", "x")
	if code != 1 || !strings.Contains(errs, "no session runs in") {
		t.Errorf("no session: exit code %d: %s", code, errs)
	}
}

// Only who could stop the process anyway may ask, and only while it runs.
func TestForeignAndOldRequestsAreNotServed(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 60x")...)
	b := g.start()
	path := func(id string) string { return filepath.Join(g.state, controlDir, requestPrefix+id) }
	text := []byte(`{"command":"arm-request","reason":"not mine"}`)
	put := func(id string, change func(path string)) {
		ok(t, os.WriteFile(path(id)+".tmp", text, 0o600))
		change(path(id) + ".tmp")
		ok(t, os.Rename(path(id)+".tmp", path(id)))
	}
	refused := func(id string) {
		t.Helper()
		name := filepath.Join(g.state, controlDir, answerPrefix+id)
		eventually(t, "the request is answered", func() bool { _, err := os.Stat(name); return err == nil })
		if got, err := os.ReadFile(name); err != nil || !strings.Contains(string(got), `"ok":false`) {
			t.Errorf("request %s: %s, %v", id, got, err)
		}
	}
	put("open", func(path string) { ok(t, os.Chmod(path, 0o622)) })
	refused("open")
	if os.Getuid() == 0 { // nobody else can give a file away
		put("foreign", func(path string) { ok(t, os.Chown(path, 12345, -1)) })
		refused("foreign")
	}
	text = []byte(`{"command":"sell everything"}`)
	put("unknown", func(string) {})
	refused("unknown")
	text = []byte("{")
	put("broken", func(string) {})
	refused("broken")
	b.signal(syscall.SIGTERM)
	b.wait()

	text = []byte(`{"command":"arm-request","reason":"asked of another session"}`)
	put("old", func(string) {})
	b = g.start()
	eventually(t, "the venue has answered", func() bool { return b.status().Phase == "ready" })
	if types, _ := g.lines(); types["arm-request"] != 0 {
		t.Errorf("%d requests were served", types["arm-request"])
	}
	if _, err := os.Stat(path("old")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old request is still there: %v", err)
	}
}

func TestRestartStormKeepsTheFirstCause(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 3600x")...)
	if code, _, _ := run(t, "kill", "--config", g.config, "the very first cause"); code == 0 {
		t.Fatal("kill of a session that never was")
	}
	b := g.start()
	if code, _, errs := run(t, "kill", "--config", g.config, "the very first cause"); code != 0 {
		t.Fatal(errs)
	}
	b.killedWithin(time.Second, time.Now())
	starts := 20
	if testing.Short() {
		starts = 5
	}
	for range starts {
		b.signal(syscall.SIGKILL)
		b.wait()
		b = g.start()
	}
	eventually(t, "the venue has answered", func() bool { return b.status().Phase != risk.Reconciling.String() })
	causes := 0
	types, levels := g.lines()
	for _, l := range levels {
		if strings.HasPrefix(l, "KILLED kill-file") {
			causes++
		}
	}
	if causes != 1 || types["intent"] != 0 || types["start"] != starts+1 {
		t.Errorf("%d activations, %d orders, %d starts; want 1, 0, %d: %v", causes, types["intent"], types["start"], starts+1, levels)
	}
	st := b.status()
	if st.Level != "KILLED" || len(st.Latches) == 0 || st.Latches[0].Cause != "KILL file: the very first cause" {
		t.Errorf("after %d starts: %s %+v", starts+1, st.Level, st.Latches)
	}
}

func TestProfileResearchIsRefused(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3))...)
	text, err := os.ReadFile(g.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(g.config, bytes.Replace(text, []byte("kraken-bot"), []byte("research"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := run(t, "trade", "--config", g.config); code != 3 || !strings.Contains(errs, "research") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 2000x")...)
	text, err := os.ReadFile(g.config)
	ok(t, err)
	ok(t, os.WriteFile(g.config, bytes.Replace(text, []byte("dry-run: false\n"), nil, 1), 0o600)) // the default
	b := g.start()
	b.arm()
	eventually(t, "orders were approved", func() bool { types, _ := g.lines(); return types["intent"] > 3 })
	if st := b.status(); !st.DryRun || st.Orders.Open != 0 || st.Orders.Trades != 0 {
		t.Errorf("dry run %v, %d orders open, %d trades", st.DryRun, st.Orders.Open, st.Orders.Trades)
	}
	b.signal(syscall.SIGTERM)
	b.wait()
	if sent := g.sent(); len(sent) != 0 {
		t.Errorf("the venue was sent %v", sent)
	}
}

func TestSessionEndsWhenItWasToldTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		why  string
	}{
		"for":    {[]string{"--speed", "60x", "--for", "300ms"}, "the time given with --for is over"},
		"until":  {[]string{"--speed", "3600x", "--until", "2025-03-09T00:20:00Z"}, "the time given with --until has come"},
		"market": {[]string{"--speed", "lockstep"}, "the market has ended"},
	} {
		t.Run(name, func(t *testing.T) {
			g := breakGround(t, append(busy, "market: {preset: calm, start: 2025-03-09, length: 1d, interval: 1m}")...)
			code, _, errs := run(t, append([]string{"trade", "--config", g.config}, c.args...)...)
			g.t = t
			if st := g.status(); code != 0 || st.Why != c.why || st.Running {
				t.Errorf("exit code %d, %q, running %v: %s", code, st.Why, st.Running, errs)
			}
		})
	}
}

// In lockstep nothing depends on the machine: the same file gives the same digest.
func TestLockstepRepeatsItself(t *testing.T) {
	t.Parallel()
	var digests []string
	for range 2 {
		g := breakGround(t, append(busy, "speed: lockstep", "seed: 5", "market: {preset: calm, start: 2025-03-09, length: 2d, interval: 1m}")...)
		if code, _, errs := run(t, "trade", "--config", g.config); code != 0 {
			t.Fatal(errs)
		}
		digests = append(digests, g.status().Digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("two runs, two digests: %v", digests)
	}
}

func TestReplayOfTheJournalGivesTheSessionsDigest(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 2000x")...)
	b := g.start()
	b.arm()
	eventually(t, "something was traded", func() bool { return b.status().Orders.Trades > 3 })
	b.signal(syscall.SIGTERM)
	b.wait()
	code, out, errs := run(t, "journal", "replay", "--state", g.state, "--json")
	var runs []journal.Run
	if err := json.Unmarshal([]byte(out), &runs); err != nil || code != 0 {
		t.Fatalf("exit code %d: %v: %s", code, err, errs)
	}
	if want := g.status().Digest; len(runs) != 1 || runs[0].Digest != want {
		t.Errorf("replay gives %+v, the session had %s", runs, want)
	}
	if code, out, _ := run(t, "journal", "verify", "--state", g.state); code != 0 {
		t.Errorf("verify: exit code %d: %s", code, out)
	}
}

func TestBrokenJournalIsRefused(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 600x")...)
	b := g.start()
	b.signal(syscall.SIGTERM)
	b.wait()
	path := filepath.Join(g.state, JournalDir, "00000001.jsonl")
	content, err := os.ReadFile(path)
	ok(t, err)
	at := bytes.Index(content, []byte("10000")) // in the middle: an amount is changed by hand
	bad := bytes.Clone(content)
	bad[at] = '9'
	ok(t, os.WriteFile(path, bad, 0o600))
	code, _, errs := run(t, "trade", "--config", g.config)
	if code != 3 || !strings.Contains(errs, "the journal does not hold: 00000001.jsonl:") || !strings.Contains(errs, "byte") {
		t.Errorf("trade: exit code %d: %s", code, errs)
	}
	code, out, _ := run(t, "journal", "verify", "--state", g.state)
	if code != 1 || !strings.Contains(out, "00000001.jsonl") {
		t.Errorf("verify: exit code %d: %s", code, out)
	}
	head := regexp.MustCompile(`(?m)^head +(\S+)$`).FindStringSubmatch(func() string {
		ok(t, os.WriteFile(path, content, 0o600))
		_, out, _ := run(t, "journal", "verify", "--state", g.state)
		return out
	}())
	lastLine := bytes.LastIndexByte(content[:len(content)-1], '\n') + 1
	ok(t, os.WriteFile(path, content[:lastLine], 0o600)) // whole lines are cut from the end
	if code, _, _ := run(t, "journal", "verify", "--state", g.state); code != 0 {
		t.Errorf("verify without an anchor: exit code %d", code)
	}
	if code, out, _ := run(t, "journal", "verify", "--state", g.state, "--anchor", head[1]); code != 1 || !strings.Contains(out, "anchor") {
		t.Errorf("verify against the head kept elsewhere: exit code %d: %s", code, out)
	}
	ok(t, os.WriteFile(path, content[:len(content)-10], 0o600)) // a torn end is cut and noted
	again := g.start()
	if types, _ := g.lines(); types["cut"] != 1 {
		t.Errorf("a torn end: the journal has %v", types)
	}
	noted := false
	g.walk(func(e *journal.Entry) {
		noted = noted || e.Record != nil && e.Record.Type == risk.RecNote && strings.HasPrefix(e.Record.Text, "journal-health: the end of 00000001.jsonl was torn")
	})
	if !noted {
		t.Error("journal-health did not hear of the torn end")
	}
	again.signal(syscall.SIGTERM)
	if code := again.wait(); code != 0 {
		t.Errorf("exit code %d: %s", code, again.log)
	}
}

// The private key of a session's operator never comes near the session.
func TestStateDirectoryIsPrivateAndHoldsNoKey(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 2000x")...)
	b := g.start()
	b.arm()
	b.signal(syscall.SIGTERM)
	b.wait()
	key, err := os.ReadFile(g.key)
	if err != nil {
		t.Fatal(err)
	}
	secret := bytes.TrimSpace(bytes.TrimPrefix(key, []byte(keyMark)))
	seed, err := base64.StdEncoding.DecodeString(string(secret))
	if err != nil || len(seed) != ed25519.SeedSize {
		t.Fatal("the key file is not what it should be")
	}
	err = filepath.Walk(g.state, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", path, info.Mode().Perm())
		}
		if info.IsDir() {
			return nil
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, secret) || bytes.Contains(content, seed) {
			t.Errorf("%s holds the key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
