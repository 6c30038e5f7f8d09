package cmd

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestRulesOfAPairBindOrdersAndNotOldData(t *testing.T) {
	path := realData(t, "kraken", "ohlcvt", "XBTCAD_1440.csv") // from 2015, when prices had three decimals
	rules := write(t, "pairs.json", `{"error":[],"result":{"XXBTZCAD":{"wsname":"XBT/CAD","pair_decimals":1,"lot_decimals":8,"tick_size":"0.5","ordermin":"0.0001","costmin":"5"}}}`)
	dir := filepath.Join(t.TempDir(), "report")
	r := backtestJSON(t, "--data", path, "--asset-pairs", rules, "--strategy", "grid", "--to", "2018-01-01", "--out", dir)
	if r.Bars < 800 {
		t.Errorf("%d bars", r.Bars)
	}
	makers := 0
	for _, fill := range table(t, filepath.Join(dir, "fills.csv")) {
		if fill["liquidity"] != "maker" {
			continue
		}
		makers++
		if price := strings.TrimRight(fill["price"], "0"); !strings.HasSuffix(price, ".") && !strings.HasSuffix(price, ".5") {
			t.Errorf("a resting order filled at %s, off the tick of 0.5", fill["price"])
		}
	}
	if makers == 0 {
		t.Error("no resting order filled")
	}
}
