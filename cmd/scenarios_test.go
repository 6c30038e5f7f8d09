package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the scenarios' commands cannot do they say in one sentence, with what to do instead.
func TestScenariosRefuseWhatCannotBe(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"run", "no scenario is named; give names that"},
		{"run net-42", `no scenario "net-42"; did you mean net-429?`},
		{"run --all net-429", "--all and net-429 do not go together"},
		{"run net-429 --over wire", "--over wire waits for the live client, which will run this same file over sockets"},
		{"run net-429 --over sea", `--over "sea" is neither process nor wire`},
		{"explain nowhere/x.yaml", "nowhere/x.yaml: no such file or directory; give a scenario file"},
		{"list --control daily-los", `there is no control "daily-los"`},
		{"list --source E", `--source "E" is none of A, B, C, D`},
		{"blast-radius --cash much", `--cash "much" is no amount; write it like 1000`},
		{"blast-radius --profile lives", `there is no profile "lives"`},
		{"blast-radius --risk nowhere.yaml", "--risk nowhere.yaml: no such file"},
		{"blast-radius --control nothing", `there is no control "nothing"`},
	} {
		code, _, said := call(t, append([]string{"scenarios"}, strings.Fields(c.args)...)...)
		if code != exitUsage || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: exit %d, said %q, want %q", c.args, code, said, c.want)
		}
	}
}

// A backtest's report has the bound of a day's loss, and with --blast-radius what adversaries
// have lost of it.
func TestABacktestTellsTheWorstDay(t *testing.T) {
	var r struct {
		Worst *struct {
			Bound     string  `json:"bound"`
			Fall      float64 `json:"fall"`
			Measured  string  `json:"measured"`
			Adversary string  `json:"adversary"`
		} `json:"worst_day"`
		Digest string
	}
	dir := filepath.Join(t.TempDir(), "out")
	read := func(args ...string) {
		t.Helper()
		r.Worst = nil
		if err := json.Unmarshal([]byte(must(t, append(args, "--json")...)), &r); err != nil {
			t.Fatal(err)
		}
	}
	read("demo", "--no-report", "--profile", "live", "--cash", "1000", "--strictness=false")
	if w := r.Worst; w == nil || w.Bound != "64.3000" || w.Measured != "" || w.Fall != 0.87 {
		t.Errorf("%+v", w)
	}
	digest := r.Digest
	read("demo", "--out", dir, "--profile", "live", "--cash", "1000", "--strictness=false", "--blast-radius")
	if w := r.Worst; w == nil || w.Measured != "43.4853" || w.Adversary != "greedy" || r.Digest != digest {
		t.Errorf("%+v, digest %s, without %s", w, r.Digest, digest)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil || !bytes.Contains(page, []byte("The worst day")) || !bytes.Contains(page, []byte("43.49")) {
		t.Errorf("the page does not tell it: %v", err)
	}
	if read("demo", "--no-report"); r.Worst == nil || r.Worst.Bound != "10000.0000" {
		t.Errorf("without limits: %+v", r.Worst)
	}
}
