package krakend_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"breakwater/data"
	"breakwater/data/file"
	"breakwater/exchange"
	"breakwater/sim/krakend"
)

// fed is a venue whose pair follows a file of the data directory.
func fed(t *testing.T, name string) *site {
	t.Helper()
	recorded(t, name) // skips, or fails when it is not there
	f, err := file.Open(filepath.Join(os.Getenv("BREAKWATER_DATA"), "kraken", filepath.FromSlash(name)), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return open(t, krakend.Config{Pairs: []krakend.Pair{{
		Symbol: f.Info().Pair, Open: func(in *exchange.Instrument) (data.Series, error) { return f.Series(in), nil },
	}}})
}

// columns reads a CSV's rows as numbers.
func columns(t *testing.T, name string) [][]float64 {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(recorded(t, name))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	for _, r := range rows {
		var numbers []float64
		for _, text := range r {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				v = math.NaN()
			}
			numbers = append(numbers, v)
		}
		out = append(out, numbers)
	}
	return out
}

func TestOHLCBeginsWithTheBarsOfTheFile(t *testing.T) {
	for _, c := range []struct {
		name, pair string
		minutes    int64
	}{{"ohlcvt/XBTUSD_240.csv", "XXBTZUSD", 240}, {"ohlcvt/XBTCAD_1440.csv", "XXBTZCAD", 1440}} {
		s := fed(t, c.name)
		bars := columns(t, c.name)
		var answer map[string]json.RawMessage
		s.get("OHLC", fmt.Sprintf("pair=%s&interval=%d", c.pair, c.minutes)).into(t, &answer)
		var rows [][]any
		if err := json.Unmarshal(answer[c.pair], &rows); err != nil {
			t.Fatal(err)
		}
		byTime := map[float64][]float64{}
		for _, b := range bars[:720] {
			byTime[b[0]] = b
		}
		grid := c.minutes * 60 // the first bar that is played is the one of ten minutes before the opening
		shift := float64(opening.Add(-10*time.Minute).Unix()/grid*grid) - bars[720][0]
		compared := 0
		for _, r := range rows[:len(rows)-1] {
			b, ok := byTime[r[0].(float64)-shift]
			if !ok {
				continue // a gap of the file
			}
			compared++
			for i := 1; i <= 4; i++ {
				if p, _ := strconv.ParseFloat(r[i].(string), 64); math.Abs(p-b[i]) > 0.0501 {
					t.Fatalf("%s: row %v, the file has %v", c.name, r, b)
				}
			}
			if v, _ := strconv.ParseFloat(r[6].(string), 64); math.Abs(v-b[5]) > 1e-8*(1+b[5]) || r[7].(float64) != b[6] {
				t.Fatalf("%s: row %v, the file has %v", c.name, r, b)
			}
		}
		if compared < 600 || int64(shift)%60 != 0 {
			t.Errorf("%s: %d rows compared, shifted by %v s", c.name, compared, shift)
		}
	}
}

func TestTheBookFollowsTheTradesOfAFile(t *testing.T) {
	const name = "trades/XBTUSDT_trades.csv"
	s := fed(t, name)
	trades := columns(t, name)[1:]
	for minute := range 120 {
		// The venue opens ten minutes into the file, a minute more or less.
		from, to := trades[0][0]+float64(minute+9)*60e3, trades[0][0]+float64(minute+12)*60e3
		low, high := math.Inf(1), 0.0
		for _, r := range trades {
			if r[0] <= to {
				if r[0] < from {
					low, high = r[4], r[4]
				}
				low, high = min(low, r[4]), max(high, r[4])
			}
		}
		var depth map[string]map[string][][]any
		s.get("Depth", "pair=XBTUSDT&count=1").into(t, &depth)
		price := func(side string) float64 {
			p, _ := strconv.ParseFloat(depth["XBTUSDT"][side][0][0].(string), 64)
			return p
		}
		if mid := (price("bids") + price("asks")) / 2; mid < low*0.9995 || mid > high*1.0005 {
			t.Fatalf("minute %d: the middle of the book is %.1f, the trades are %.1f to %.1f", minute, mid, low, high)
		}
		s.server.Step(time.Minute)
	}
}

func TestTimePassesByItselfUnlessInLockstep(t *testing.T) {
	server, err := krakend.New(krakend.Config{Speed: 50_000, Start: opening})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for began := time.Now(); server.Now().Before(opening.Add(time.Minute)); {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("after %v it is %v", time.Since(began), server.Now())
		}
	}
	s := open(t, krakend.Config{})
	for range 5 {
		s.get("Time", "")
	}
	if now := s.server.Now(); !now.Equal(opening) {
		t.Errorf("in lockstep it is %v", now)
	}
}

func TestTheEndOfAFeedIsToldOnce(t *testing.T) {
	m, err := data.Preset("calm")
	if err != nil {
		t.Fatal(err)
	}
	m.Count, m.Price, m.Start = 30, 500, exchange.At(opening)
	var log bytes.Buffer
	s := open(t, krakend.Config{Log: &log, Pairs: []krakend.Pair{{Symbol: "XBT/CAD", Open: func(in *exchange.Instrument) (data.Series, error) {
		m.PriceDecimals, m.LotDecimals, m.Tick = in.PriceDecimals, in.LotDecimals, 10_000_000
		synth, err := data.NewSynth(m)
		if err != nil {
			return data.Series{}, err
		}
		return data.Series{Interval: time.Minute, Bars: synth.Bars()}, nil
	}}}})
	s.server.Step(time.Hour)
	if got := log.String(); got != "the feed of XBT/CAD has ended at 2026-08-03T12:05:00Z; its book stays about the last price\n" {
		t.Errorf("%q", got)
	}
	if a := s.get("Depth", "pair=XBTCAD&count=20"); bytes.Count(a.body, []byte(",1785")) < 30 {
		t.Errorf("the book after the end: %s", a.body)
	}
}

func TestTheSameSeedGivesTheSameMarket(t *testing.T) {
	tape := func(seed uint64) string {
		s := open(t, krakend.Config{Seed: seed})
		s.server.Step(10 * time.Minute)
		s.add("buy market 0.01")
		return string(s.get("Trades", "pair=XBTCAD").body) + string(s.post("OpenOrders").body) + string(s.post("TradesHistory").body)
	}
	if a, b := tape(5), tape(5); a != b {
		t.Error("two venues of one seed differ")
	}
	if tape(5) == tape(6) {
		t.Error("two seeds give one market")
	}
}
