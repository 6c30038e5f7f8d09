package exchange

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/exchange/money"
)

// realData returns a file of the real-data folder; without the folder the test is
// skipped, with it a missing file is a failure.
func realData(t *testing.T, name string) []byte {
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

func TestEverySpellingOfAPairIsOnePair(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"XBT/CAD", "XBT/CAD"}, {"XBTCAD", "XBT/CAD"}, {"XXBTZCAD", "XBT/CAD"}, {"BTC/CAD", "XBT/CAD"}, {"btc-cad", "XBT/CAD"}, {"BTC_CAD", "XBT/CAD"},
		{"XTZCAD", "XTZ/CAD"}, {"XDGUSD", "XDG/USD"}, {"DOGE/USD", "XDG/USD"}, {"XETHXXBT", "ETH/XBT"}, {"USDTZUSD", "USDT/USD"},
		{"XBTUSDT", "XBT/USDT"}, {"ZEURZUSD", "EUR/USD"}, {"GOOG/USD", "GOOG/USD"}, {"BCHEUR", "BCH/EUR"},
	} {
		b, q, ok := NormalPair(c.in)
		if !ok || b+"/"+q != c.want {
			t.Errorf("NormalPair(%q) = %s/%s, %v; want %s", c.in, b, q, ok, c.want)
		}
	}
	for _, bad := range []string{"", "XBT", "/CAD", "XBT/", "A/B/C", "GOOG"} {
		if b, q, ok := NormalPair(bad); ok {
			t.Errorf("NormalPair(%q) = %s/%s; want a refusal", bad, b, q)
		}
	}
}

func TestKrakensOwnNamesAgree(t *testing.T) {
	raw := realData(t, "kraken/ws-v1/assetpairs_rest.txt")
	var answer struct {
		Result map[string]struct{ Altname, Wsname string }
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if i := strings.Index(line, "{"); i >= 0 {
			if err := json.Unmarshal([]byte(line[i:]), &answer); err == nil && len(answer.Result) > 0 {
				break
			}
		}
	}
	n := 0
	for id, p := range answer.Result {
		if p.Wsname == "" || strings.Contains(id, ".") {
			continue // dark pools have no name of their own
		}
		n++
		wb, wq, ok := NormalPair(p.Wsname)
		if !ok {
			t.Errorf("%s: cannot split %q", id, p.Wsname)
		}
		for _, name := range []string{id, p.Altname} {
			if b, q, ok := NormalPair(name); !ok || b != wb || q != wq {
				t.Errorf("%s: %q is %s/%s, %v; %q is %s/%s", id, name, b, q, ok, p.Wsname, wb, wq)
			}
		}
	}
	if n < 250 {
		t.Fatalf("only %d pairs found", n)
	}
}

func TestCostIsExactForEveryScale(t *testing.T) {
	for _, c := range []struct{ pd, ld, qd uint8 }{{1, 8, 4}, {8, 8, 8}, {5, 8, 10}, {1, 1, 8}, {0, 0, 0}, {5, 0, 9}} {
		cat := NewCatalog()
		if _, err := cat.AddAsset("CAD", c.qd); err != nil {
			t.Fatal(err)
		}
		id, err := cat.Add(Spec{Symbol: "XBT/CAD", PriceDecimals: c.pd, LotDecimals: c.ld})
		if err != nil {
			t.Fatal(err)
		}
		in := &cat.Instruments[id]
		for _, p := range []money.Price{1, 7, 123, 99999} {
			for _, q := range []money.Qty{1, 3, 1001, 50000000} {
				x := new(big.Rat).Mul(big.NewRat(int64(p), money.Pow10[c.pd]), big.NewRat(int64(q), money.Pow10[c.ld]))
				x.Mul(x, big.NewRat(money.Pow10[c.qd], 1))
				want := new(big.Int).Div(x.Num(), x.Denom())
				if got, ok := in.Cost(p, q, money.Floor); !ok || int64(got) != want.Int64() {
					t.Errorf("%+v: cost of %d at %d = %d, %v; want %v", c, q, p, got, ok, want)
				}
			}
		}
	}
}

func TestQtyForNeverCostsMoreThanTheAmount(t *testing.T) {
	cat := NewCatalog()
	cat.AddAsset("CAD", 4)
	id, _ := cat.Add(Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8})
	in := &cat.Instruments[id]
	for _, a := range []money.Amount{1, 12345, 100000000, 99999999999} {
		for _, p := range []money.Price{1, 13, 115854, 900001} {
			q := in.QtyFor(a, p)
			if c, ok := in.Cost(p, q, money.Up); !ok || c > a {
				t.Errorf("QtyFor(%d,%d) = %d costs %d", a, p, q, c)
			}
			if c, ok := in.Cost(p, q+1, money.Up); ok && c < a {
				t.Errorf("QtyFor(%d,%d) = %d leaves room for another lot: %d", a, p, q, c)
			}
		}
	}
}

func TestCatalogRefusesWhatCouldOverflow(t *testing.T) {
	for _, c := range []struct {
		s    Spec
		want string
	}{
		{Spec{Symbol: "XBT/CAD", PriceDecimals: 13}, "at most 12"},
		{Spec{Symbol: "XBT/CAD", PriceDecimals: 12, LotDecimals: 12}, "finer than the ledger"},
		{Spec{Symbol: "XBT/XBT"}, "against itself"},
		{Spec{Symbol: "NOPE"}, "BASE/QUOTE"},
		{Spec{Symbol: "XBT/CAD", Tick: -1}, "must not be negative"},
	} {
		if _, err := NewCatalog().Add(c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Add(%+v) = %v; want %q", c.s, err, c.want)
		}
	}
	cat := NewCatalog()
	if _, err := cat.Add(Spec{Symbol: "BTC/CAD"}); err != nil {
		t.Fatal(err)
	}
	if _, err := cat.Add(Spec{Symbol: "XXBTZCAD"}); err == nil {
		t.Error("the same pair was added twice under two names")
	}
	if _, err := cat.AddAsset("CAD", 4); err == nil {
		t.Error("an asset changed its scale")
	}
}

func TestConversionGoesByThePairsAtHand(t *testing.T) {
	cat := NewCatalog()
	cat.AddAsset("CAD", 4)
	cat.AddAsset("XBT", 10)
	cat.AddAsset("ETH", 10)
	xc, _ := cat.Add(Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8})
	ex, _ := cat.Add(Spec{Symbol: "ETH/XBT", PriceDecimals: 5, LotDecimals: 8})
	id := func(n string) AssetID { a, _ := cat.Asset(n); return a.ID }
	legs, ok := cat.Path(id("ETH"), id("CAD"))
	if !ok || len(legs) != 2 || legs[0].Instrument != ex || legs[1].Instrument != xc {
		t.Fatalf("Path(ETH,CAD) = %v, %v", legs, ok)
	}
	// 2 ETH at 0.05 XBT at 80,000.5 CAD
	a, ok1 := cat.Convert(20000000000, legs[0], 5000, money.Down)
	a, ok2 := cat.Convert(a, legs[1], 800005, money.Down)
	if !ok1 || !ok2 || a != 80000500 {
		t.Errorf("2 ETH = %d, want 8000.05 CAD", a)
	}
	back, ok := cat.Convert(80000500, Leg{Instrument: xc, Divide: true}, 800005, money.Down)
	if !ok || back != 1000000000 {
		t.Errorf("8000.05 CAD = %d, want 0.1 XBT", back)
	}
	cat.AddAsset("ADA", 8)
	if _, ok := cat.Path(id("ADA"), id("CAD")); ok {
		t.Error("found a rate where there is none")
	}
}

func TestOrderStatesChangeOnlyAsDeclared(t *testing.T) {
	for _, c := range []struct {
		from, to State
		ok       bool
	}{
		{Pending, Working, true}, {Pending, Unknown, true}, {Pending, Absent, false}, {Unknown, Absent, true}, {Unknown, Filled, true},
		{Working, Rejected, false}, {Working, Filled, true}, {Filled, Cancelled, false}, {Denied, Working, false}, {Absent, Filled, false},
	} {
		if c.from.May(c.to) != c.ok {
			t.Errorf("%v → %v: %v, want %v", c.from, c.to, !c.ok, c.ok)
		}
	}
}

func TestStampSaturatesAndCountsDaysBackwards(t *testing.T) {
	if Never.Add(time.Second) != Never {
		t.Error("Never moved")
	}
	if d := Stamp(-1).Day(); d != -1 {
		t.Errorf("the last nanosecond of 1969 is day %d", d)
	}
	if s := Seconds(1435536000).String(); s != "2015-06-29T00:00:00Z" {
		t.Error(s)
	}
}

func TestEveryKindAndCodeHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := KindOpen; k <= KindOperator; k++ {
		if n := k.String(); n == "invalid" || seen[n] {
			t.Errorf("kind %d is called %q", k, n)
		} else {
			seen[n] = true
		}
	}
	for c := CodeUserRequested; c < codes; c++ {
		if n := c.String(); n == "" || n == "invalid" || seen[n] {
			t.Errorf("code %d is called %q", c, n)
		} else {
			seen[n] = true
		}
	}
	if n := len(AllFacts.Names()); n != len(factNames) || 1<<n != int(factEnd) {
		t.Errorf("%d facts have %d names", n, len(factNames))
	}
}
