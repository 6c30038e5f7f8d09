package sim

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// recorded finds a real recording, or skips where none is named.
func recorded(t *testing.T, path string) []byte {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA names no folder of recordings")
	}
	b, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recordedPair is what AssetPairs says about fees.
type recordedPair struct {
	Wsname    string          `json:"wsname"`
	Fees      [][]json.Number `json:"fees"`
	FeesMaker [][]json.Number `json:"fees_maker"`
}

// ppm reads percent exactly.
func ppm(t *testing.T, percent json.Number) int64 {
	v, err := money.Parse(percent.String(), 4)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKrakenFeesAreThoseOfTheRecordedAssetPairs(t *testing.T) {
	for _, r := range []struct {
		path  string
		at    time.Time
		pairs int
	}{
		{"kraken/ws-v1/assetpairs_rest.txt", time.Date(2021, 4, 17, 0, 0, 0, 0, time.UTC), 293},
		{"kraken/rest/asset_pairs.json", time.Date(2025, 11, 11, 0, 0, 0, 0, time.UTC), 1},
	} {
		b := recorded(t, r.path)
		var answer struct{ Result map[string]recordedPair }
		if err := json.NewDecoder(bytes.NewReader(b[bytes.IndexByte(b, '{'):])).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		seen := 0
		for name, pair := range answer.Result {
			if strings.HasSuffix(name, ".d") {
				continue // the dark pool
			}
			seen++
			in := &exchange.Instrument{Symbol: pair.Wsname}
			for i := range pair.Fees {
				usd, err := money.Parse(pair.Fees[i][0].String(), VolumeDecimals)
				if err != nil {
					t.Fatal(err)
				}
				maker, taker := KrakenFees().Rates(in, money.Amount(usd), exchange.At(r.at))
				if maker != ppm(t, pair.FeesMaker[i][1]) || taker != ppm(t, pair.Fees[i][1]) {
					t.Errorf("%s from %s: maker %d, taker %d ppm; recorded %s %%, %s %%", name, pair.Fees[i][0], maker, taker, pair.FeesMaker[i][1], pair.Fees[i][1])
				}
			}
		}
		if seen != r.pairs {
			t.Errorf("%s: %d pairs, want %d", r.path, seen, r.pairs)
		}
	}
}

func TestKrakenFeesFollowTheDateOfTheTrade(t *testing.T) {
	for _, c := range []struct {
		symbol       string
		at           time.Time
		usd          int64
		maker, taker int64
	}{
		{"XBT/CAD", time.Date(2023, 12, 31, 23, 59, 59, 0, time.UTC), 0, 1600, 2600},
		{"XBT/CAD", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 0, 2500, 4000},
		{"XBT/CAD", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 10_000, 2000, 3500},
		{"XBT/CAD", time.Date(2026, 7, 8, 23, 59, 59, 0, time.UTC), 9_999, 2500, 4000},
		{"XBT/CAD", time.Date(2026, 7, 9, 0, 0, 0, 0, time.UTC), 0, 4000, 8000},
		{"XBT/CAD", time.Date(2026, 7, 9, 0, 0, 0, 0, time.UTC), 10_000_000, 0, 1000},
		{"XBT/CAD", time.Date(2026, 7, 9, 0, 0, 0, 0, time.UTC), 600_000_000, 0, 500},
		{"USDT/CAD", time.Date(2026, 7, 9, 0, 0, 0, 0, time.UTC), 0, 2000, 2000},
		{"USD/CAD", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), 0, 2000, 2000},
		{"XBT/USDT", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), 0, 2500, 4000},
		{"USDG/USD", time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), 0, 0, 100},
		{"USDE/USD", time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), 0, 0, 0},
	} {
		in := &exchange.Instrument{Symbol: c.symbol}
		if maker, taker := KrakenFees().Rates(in, money.Amount(c.usd*10_000), exchange.At(c.at)); maker != c.maker || taker != c.taker {
			t.Errorf("%s at %v with %d dollars: %d/%d, want %d/%d", c.symbol, c.at, c.usd, maker, taker, c.maker, c.taker)
		}
	}
}

func TestFeeTierMovesWithTheVolumeOfThirtyDays(t *testing.T) {
	feed := new(list)
	for i := range 3 {
		feed.bar(i, 10000, 10000, 10000, 10000, 1000*one)
	}
	feed.bar(31*24*60, 10000, 10000, 10000, 10000, 1000*one)
	r := start1(t, IdealModel(), KrakenFees(), feed)
	if err := r.venue.Deposit(0, usd, 20_000_000_000); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the second has 10,000 dollars behind it, the third is a month later
		r.bars(1)
		r.send(buy(100 * one))
	}
	r.bars(-1)
	for i, want := range []int64{4000, 3500, 4000} {
		if got := r.fills[i].Fee; got != feeOf(r.fills[i].Cost, want) {
			t.Errorf("fill %d pays %d on %d, want %d ppm", i, got, r.fills[i].Cost, want)
		}
	}
}

func TestFeeVolumeIsCountedInDollarsByTheRatesAtHand(t *testing.T) {
	c := exchange.NewCatalog()
	for _, symbol := range []string{"ETH/CAD", "USD/CAD", "USDT/CAD", "ETH/EUR"} {
		if _, err := c.Add(exchange.Spec{Symbol: symbol, PriceDecimals: 2, LotDecimals: 8}); err != nil {
			t.Fatal(err)
		}
	}
	v, err := NewVenue(Config{Catalog: c, Fees: KrakenFees()})
	if err != nil {
		t.Fatal(err)
	}
	v.accounts = make([]account, 1)
	v.markets[1].lastPrice = 125 // dollars cost 1.25
	cost := money.Amount(1000_00000000)
	v.count(&v.markets[0], 0, cost)
	if got := v.accounts[0].volume.sum; got != 800_0000 {
		t.Errorf("1000 Canadian dollars count %d", got)
	}
	v.count(&v.markets[2], 0, cost)
	if got := v.accounts[0].volume.sum; got != 800_0000 {
		t.Errorf("a stablecoin pair counts: %d", got)
	}
	v.count(&v.markets[3], 0, cost) // by way of ETH/CAD, which has no price yet: one to one
	if got := v.accounts[0].volume.sum; got != 1800_0000 {
		t.Errorf("1000 euros without a rate bring the volume to %d", got)
	}
}

func TestVolumeDropsOutDayByDay(t *testing.T) {
	var w volume
	for day := range 100 {
		w.add(t0.Add(time.Duration(day)*24*time.Hour), 7)
		if want := money.Amount(7 * min(day+1, 30)); w.sum != want {
			t.Fatalf("day %d: %d, want %d", day, w.sum, want)
		}
	}
	w.roll(t0.Add(1000 * 24 * time.Hour))
	if w.sum != 0 {
		t.Fatalf("long after: %d", w.sum)
	}
}
