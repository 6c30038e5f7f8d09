package cmd

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// longOnly is a case of reference/backtesting/long_only.json: what another engine made of
// a crossover that is held long with a fixed size.
type longOnly struct {
	Data       string
	Fast, Slow int
	Size, Cash json.Number
	Fee        json.Number
	Expected   struct {
		Rows        int64
		RoundTrips  int64        `json:"round trips closed"`
		Equity      json.Number  `json:"equity final"`
		Commissions *json.Number `json:"commissions of closed and open"`
		Drawdown    float64      `json:"max drawdown %"`
		WinRate     float64      `json:"win rate % (closed)"`
		First       [][5]any     `json:"first three"`
		Last        [][5]any     `json:"last three"`
	}
}

func TestIdealFillsReproduceAnotherEngineToTheLastDigit(t *testing.T) {
	list := realData(t, "reference", "backtesting", "long_only.json")
	raw, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []longOnly }
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) != 4 {
		t.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	for _, c := range file.Cases {
		t.Run(filepath.Base(c.Data), func(t *testing.T) { c.reproduce(t, filepath.Join(filepath.Dir(list), c.Data)) })
	}
}

func (c *longOnly) reproduce(t *testing.T, path string) {
	dir := filepath.Join(t.TempDir(), "report")
	args := []string{
		"--data", path, "--strategy", "sma-cross", "--set", fmt.Sprint("fast=", c.Fast), "--set", fmt.Sprint("slow=", c.Slow),
		"--size", c.Size.String(), "--cash", c.Cash.String(), "--fee", c.Fee.String(), "--ideal", "--out", dir,
	}
	if c.Data == "GOOG.csv" {
		args = append(args, "--pair", "GOOG/USD", "--interval", "1d") // weekends are gaps
	}
	r := backtestJSON(t, args...)
	want := &c.Expected
	if r.Bars != want.Rows || r.Trades.RoundTrips != want.RoundTrips {
		t.Errorf("%d bars and %d round trips, want %d and %d", r.Bars, r.Trades.RoundTrips, want.Rows, want.RoundTrips)
	}
	if !equal(r.Equity, want.Equity.String()) {
		t.Errorf("final equity %s, want %s", r.Equity, want.Equity)
	}
	if got := 100 * r.Figures.MaxDrawdown.Value; math.Abs(got-want.Drawdown) > 1e-8 {
		t.Errorf("maximum drawdown %.8f %%, want %.8f %%", got, want.Drawdown)
	}
	if got := 100 * r.Figures.WinRate.Value; math.Abs(got-want.WinRate) > 1e-8 {
		t.Errorf("win rate %.8f %%, want %.8f %%", got, want.WinRate)
	}
	var closed []map[string]string
	commissions := new(big.Rat)
	for _, row := range table(t, filepath.Join(dir, "round-trips.csv")) {
		if row["exit"] != "open" {
			closed = append(closed, row)
			fee, _ := new(big.Rat).SetString(row["fees"])
			commissions.Add(commissions, fee)
		}
	}
	// That engine leaves the entry commission of a position still open out of its sum, though
	// not out of its equity.
	if want.Commissions != nil && !equal(commissions.FloatString(12), want.Commissions.String()) {
		t.Errorf("commissions of closed round trips %s, want %s", commissions.FloatString(8), want.Commissions)
	}
	for i := range want.First {
		sameTrip(t, fmt.Sprint("round trip ", i+1), closed[i], want.First[i])
	}
	for i := range want.Last {
		sameTrip(t, fmt.Sprint("last round trip but ", len(want.Last)-1-i), closed[len(closed)-len(want.Last)+i], want.Last[i])
	}
}

// sameTrip compares a row with [entry time, entry price, exit time, exit price, profit].
func sameTrip(t *testing.T, which string, row map[string]string, want [5]any) {
	t.Helper()
	for i, name := range []string{"opened", "entry_price", "closed", "exit_price", "pnl"} {
		switch w := want[i].(type) {
		case string:
			at, err := time.Parse(time.DateTime, w)
			if err != nil {
				t.Fatal(err)
			}
			if got := row[name]; got != at.Format(time.RFC3339) {
				t.Errorf("%s: %s %s, want %s", which, name, got, w)
			}
		case float64:
			if !equal(row[name], fmt.Sprint(w)) {
				t.Errorf("%s: %s %s, want %v", which, name, row[name], w)
			}
		}
	}
}

// equal compares two decimal numbers exactly.
func equal(a, b string) bool {
	x, ok1 := new(big.Rat).SetString(strings.TrimSpace(a))
	y, ok2 := new(big.Rat).SetString(strings.TrimSpace(b))
	return ok1 && ok2 && x.Cmp(y) == 0
}
