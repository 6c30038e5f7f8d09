package cmd

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodBars = "1700000000,100,110,90,105,5,3\n1700003600,105,112,101,111,4,2\n1700007200,111,113,104,108,6,4\n1700010800,108,109,100,101,2,2\n"

// Every wrong word of the user's is answered by exit code 2 and one sentence, which holds
// the remedy.
func TestBadInputIsAnsweredByOneSentenceWithTheRemedy(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("XBTCAD_60.csv", []byte(goodBars))
	recorded := `{"error":[],"result":{"%s":{"altname":"%s","wsname":"%s","base":"%s","quote":"ZCAD","pair_decimals":1,"lot_decimals":8,"cost_decimals":5,"ordermin":"0.0001","costmin":"0.5","tick_size":"0.1","status":"online"}}}`
	known := file("pairs.json", fmt.Appendf(nil, recorded, "XXBTZCAD", "XBTCAD", "XBT/CAD", "XXBT"))
	others := file("others.json", fmt.Appendf(nil, recorded, "XETHZCAD", "ETHCAD", "ETH/CAD", "XETH"))
	nameless := file("prices.csv", []byte(goodBars))
	two := zipped(t, "a.csv", "b.csv")
	reported := filepath.Join(dir, "reported")
	must(t, "backtest", "--data", good, "--strategy", "buy-and-hold", "--quiet", "--out", reported)
	run := func(more ...string) []string {
		return append([]string{"backtest", "--data", good, "--strategy", "sma-cross", "--no-report"}, more...)
	}
	data := func(path string) []string {
		return []string{"backtest", "--data", path, "--strategy", "sma-cross", "--no-report"}
	}
	tests := []struct {
		name   string
		args   []string
		remedy string
	}{
		{"unknown command", []string{"backtset"}, `did you mean "backtest"?`},
		{"unknown command below data", []string{"data", "chekc"}, `did you mean "check"?`},
		{"unknown flag", run("--stratgey", "x"), `did you mean "strategy"?`},
		{"unknown short flag", run("-x"), "--help"},
		{"flag without its value", []string{"backtest", "--data"}, "--help"},
		{"a word too many", run("XBTCAD_60.csv"), "options begin with --"},
		{"number that is none", run("--seed", "x"), "whole number"},
		{"duration that is none", run("--latency", "fast"), "250ms"},

		{"no data", []string{"backtest", "--strategy", "sma-cross"}, "--data"},
		{"no strategy", []string{"backtest", "--data", good}, "breakwater strategies"},
		{"missing file", data(filepath.Join(dir, "nowhere.csv")), "check the path"},
		{"folder", data(dir), "give a file in it"},
		{"trades and no bars", data(file("XBTCAD.csv", []byte("1700000000,100,1\n1700000001,101,1\n"))), "--bars 15m"},
		{"empty file", data(file("XBTCAD_1.csv", nil)), "give one with market data"},
		{"empty gzip", data(file("ETHCAD_1.csv.gz", gzipped(t, ""))), "give one with market data"},
		{"no gzip", data(file("ETHCAD_5.csv.gz", []byte("not compressed at all"))), "fetch it again"},
		{"cut gzip", data(file("ETHCAD_15.csv.gz", gzipped(t, strings.Repeat(goodBars, 50))[:60])), "fetch it again"},
		{"unreadable zip", data(file("XBTCAD_5.zip", []byte("PK\x03\x04 and then nothing"))), "fetch it again"},
		{"zip of two", data(file("XBTCAD_15.zip", two)), "name one"},
		{"picture", data(file("XBTCAD_30.csv", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00"))), ""},
		{"prose", data(file("XBTCAD_240.csv", []byte("once upon a time\nthere was a market\n"))), ""},
		{"impossible row", data(file("XBTCAD_720.csv", []byte("1700000000,100,110,90,105,5,3\n1700043200,100,90,110,105,5,3\n"))), "data check"},
		{"unsorted rows", data(file("XBTEUR_60.csv", []byte("1700003600,1,1,1,1,1,1\n1700000000,1,1,1,1,1,1\n"))), "sort the file"},
		{"nothing tells the pair", data(nameless), "--pair"},
		{"unknown pair", run("--pair", "XBTCAD?"), "BASE/QUOTE"},
		{"pair against itself", run("--pair", "XBT/BTC"), "against itself"},
		{"wrong number of pairs", append(run("--pair", "XBT/CAD", "--pair", "ETH/CAD"), "--data", nameless, "--data", nameless), "in their order"},
		{"same file twice", run("--data", good), "give "},
		{"bar size that is none", run("--interval", "often"), "1m, 15m, 4h"},
		{"bars that do not fit", run("--bars", "90m"), ""},
		{"empty intervals", run("--empty", "fill"), "skip or flat"},
		{"time that is none", run("--from", "yesterday"), "2020-03-12"},
		{"times in the wrong order", run("--from", "2023-12-01", "--to", "2023-11-01"), "exchange them"},
		{"no data in the span", run("--from", "2030-01-01"), "widen them"},

		{"unknown strategy", []string{"backtest", "--data", good, "--strategy", "sma-crss"}, `did you mean "sma-cross"?`},
		{"unknown strategy to explain", []string{"strategies", "gird"}, `did you mean "grid"?`},
		{"unknown parameter", run("--set", "fsat=3"), `did you mean "fast"?`},
		{"parameter without value", run("--set", "fast"), "name=value"},
		{"parameter out of range", run("--set", "fast=0"), "from 1 to 10000"},
		{"parameter that is no number", run("--set", "fast=ten"), "like 20"},
		{"parameter twice", run("--set", "fast=3", "--set", "fast=4"), "give it once"},
		{"parameters that contradict", run("--set", "fast=30", "--set", "slow=10"), "make fast shorter"},

		{"no cash", run("--cash", "0"), "above 0"},
		{"negative cash", run("--cash", "-5"), "above 0"},
		{"cash that is none", run("--cash", "lots"), "like 10000"},
		{"cash too fine", run("--cash", "1.23456"), "round it"},
		{"cash too large", run("--cash", "99999999999999999"), "smaller"},
		{"foreign currency", run("--currency", "JPY"), "XBT/CAD"},
		{"size that is none", run("--size", "half"), "all-whole"},
		{"size of zero", run("--size", "0"), "above 0"},
		{"fee in percent without its sign", run("--fee", "0.26"), "0.26%"},
		{"fee that is none", run("--fee", "cheap"), "0.26%"},
		{"fee too high", run("--fee", "50%"), "at most 10%"},
		{"negative spread", run("--spread", "-1%"), "0 or more"},
		{"latency out of range", run("--latency", "-1s"), "0s to 1h"},
		{"ideal and yet not", run("--ideal", "--spread", "0.1%"), "leave one"},
		{"unknown profile", run("--profile", "reckless"), "research, live"},
		{"unknown limit", run("--limit", "loss=5%"), "daily-loss"},
		{"limit without value", run("--limit", "drawdown"), "drawdown=15%"},
		{"rearm by nobody", run("--rearm", "soon"), "next-day"},
		{"decimals beyond 64 bits", run("--price-decimals", "13"), "at most 12"},
		{"no asset pairs", run("--asset-pairs", filepath.Join(dir, "none.json")), "check the path"},
		{"asset pairs of nonsense", run("--asset-pairs", good), "record"},
		{"asset pairs without the pair", run("--asset-pairs", others), "has no XBT/CAD"},
		{"asset pairs and a tick", run("--asset-pairs", known, "--tick", "0.5"), "leave out --tick"},

		{"slot and strategy", run("--slot", "strategy=grid"), "leave --strategy"},
		{"slot without strategy", []string{"backtest", "--data", good, "--slot", "name=a"}, "--slot name="},
		{"slot of unknown key", []string{"backtest", "--data", good, "--slot", "strategy=grid,colour=red"}, "set.PARAM"},
		{"slot on a pair without data", []string{"backtest", "--data", good, "--slot", "strategy=grid,pairs=ETH/CAD"}, "--data"},
		{"slots with too much", []string{"backtest", "--data", good, "--slot", "name=a,strategy=grid,share=60%", "--slot", "name=b,strategy=grid,share=60%"}, "at most 100%"},
		{"slots of one name", []string{"backtest", "--data", good, "--slot", "strategy=grid", "--slot", "strategy=grid"}, "name="},
		{"slot on bars that are not there", []string{"backtest", "--data", good, "--slot", "strategy=sma-cross,interval=4h"}, "--bars 4h"},

		{"report that is there", []string{"backtest", "--data", good, "--strategy", "grid", "--out", reported}, "--overwrite"},
		{"report over a file", []string{"backtest", "--data", good, "--strategy", "grid", "--out", good}, "--out"},

		{"check nothing", []string{"data", "check"}, "for example"},
		{"check what is missing", []string{"data", "check", filepath.Join(dir, "nowhere.csv")}, "check the path"},
		{"resample to nothing", []string{"data", "resample", good}, "--to"},
		{"resample to what does not fit", []string{"data", "resample", good, "--to", "90m"}, ""},
		{"report where nothing can be written", []string{"backtest", "--data", good, "--strategy", "grid", "--out", "/dev/null/x"}, "--out"},
		{"resample onto a file", []string{"data", "resample", good, "--to", "4h", "--out", good}, "--overwrite"},
		{"synthesise an unknown market", []string{"data", "synth", "--preset", "moon"}, "flash-crash"},
		{"synthesise nothing", []string{"data", "synth", "--count", "0"}, "give 1"},
		{"explain an unknown control", []string{"risk", "explain", "drawdwon"}, `did you mean "drawdown"?`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := call(t, test.args...)
			if code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			if stdout != "" {
				t.Errorf("printed %q", stdout)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "breakwater: ") || len(stderr) > 500 {
				t.Errorf("said %q, want one sentence", stderr)
			}
			if !strings.Contains(stderr, test.remedy) {
				t.Errorf("said %q, want the remedy %q", stderr, test.remedy)
			}
			for _, trace := range []string{"goroutine", ".go:", "BUG"} {
				if strings.Contains(stderr, trace) {
					t.Errorf("said %q", stderr)
				}
			}
			t.Log(stderr)
		})
	}
}

func gzipped(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(content))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(goodBars))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
