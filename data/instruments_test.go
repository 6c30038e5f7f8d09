package data

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/exchange"
)

// realData returns a file of the real-data folder; without the folder the test is
// skipped, with it a missing file is a failure.
func realData(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no real data to test on")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecordedPairsBecomeInstruments(t *testing.T) {
	pairs, err := ReadPairs(bytes.NewReader(realData(t, "kraken/rest/asset_pairs.json")))
	if err != nil {
		t.Fatal(err)
	}
	cat := exchange.NewCatalog()
	ids, err := AddPairs(cat, pairs, "BTC/USDT", "XBTCAD")
	if err != nil {
		t.Fatal(err)
	}
	in := &cat.Instruments[ids[0]]
	if in.PriceDecimals != 1 || in.LotDecimals != 8 || in.Tick != 1 || in.OrderMin != 5000 || in.CostMin != 50000000 || !in.RulesKnown || in.Status != exchange.Online {
		t.Errorf("XBT/USDT is %+v", in.Spec)
	}
	if a, _ := cat.Asset("XBT"); a.Decimals != 10 {
		t.Errorf("XBT has %d decimals", a.Decimals)
	}
	if in := &cat.Instruments[ids[1]]; in.RulesKnown || in.PriceDecimals != 8 {
		t.Errorf("a pair that was not recorded has rules: %+v", in.Spec)
	}
}

func TestAllRecordedPairsFitACatalog(t *testing.T) {
	raw := realData(t, "kraken/ws-v1/assetpairs_rest.txt")
	line, _, _ := bytes.Cut(raw, []byte{'\n'})
	pairs, err := ReadPairs(bytes.NewReader(line[bytes.IndexByte(line, '{'):]))
	if err != nil {
		t.Fatal(err)
	}
	cat := exchange.NewCatalog()
	if _, err := AddPairs(cat, pairs, pairs.Symbols()...); err != nil {
		t.Fatal(err)
	}
	if n := len(cat.Instruments); n < 280 || n > 304 {
		t.Errorf("%d instruments of 304 entries with dark pools", n)
	}
	in, ok := cat.Find("XXBTZCAD")
	if !ok || in.PriceDecimals != 1 || in.LotDecimals != 8 || in.OrderMin != 20000 {
		t.Errorf("XBT/CAD: %+v", in)
	}
	for name, want := range map[string]uint8{"CAD": 4, "EUR": 8, "XBT": 10, "ADA": 8, "USDT": 8} {
		if a, ok := cat.Asset(name); !ok || a.Decimals != want {
			t.Errorf("%s: %+v, want %d decimals", name, a, want)
		}
	}
}

func TestBadRecordingsOfPairsAreRefused(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "no JSON"}, {"[]", "no JSON"}, {`{"error":["EGeneral:Too many"],"result":{}}`, "Too many"}, {`{"result":{}}`, "no asset pairs"},
		{`{"XBTCAD":{"pair_decimals":-1}}`, "XBTCAD"},
	} {
		if _, err := ReadPairs(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ReadPairs(%q) = %v, want %q", c.in, err, c.want)
		}
	}
	for _, c := range []struct{ in, want string }{
		{`{"XBTCAD":{"pair_decimals":1,"lot_decimals":8,"ordermin":"x"}}`, "ordermin"},
		{`{"XBTCAD":{"pair_decimals":1,"lot_decimals":8,"tick_size":"0.01"}}`, "tick_size"},
		{`{"XBTCAD":{"pair_decimals":1,"lot_decimals":8,"status":"sleeping"}}`, "sleeping"},
	} {
		p, err := ReadPairs(strings.NewReader(c.in))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Spec("XBT/CAD"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.in, err, c.want)
		}
	}
}
