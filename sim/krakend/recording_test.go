package krakend

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// result reads the rows of a recorded answer.
func result(t *testing.T, name string) [][]any {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no recordings to compare with")
	}
	b, err := os.ReadFile(filepath.Join(dir, "kraken", "rest", name))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Result struct {
			Rows [][]any `json:"XBTUSDT"`
		}
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Result.Rows
}

//kraken:2.7 confirmed OHLC rows of recorded trades are the recorded rows, filled minutes and average prices included
func TestRecordedTradesGiveTheRecordedCandles(t *testing.T) {
	trades, want := result(t, "trades.json"), result(t, "ohlc.json")
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/USDT", Bare: true}}})
	s.do(func(c *core) {
		m, _ := c.market("XBTUSDT")
		var at exchange.Stamp
		for _, r := range trades {
			p, err := money.Parse(r[0].(string), m.in.PriceDecimals)
			if err != nil {
				t.Fatal(err)
			}
			q, err := money.Parse(r[1].(string), m.in.LotDecimals)
			if err != nil {
				t.Fatal(err)
			}
			at = exchange.Stamp(r[2].(float64) * 1e9)
			m.print(at, money.Price(p), money.Qty(q), exchange.Buy, false)
		}
		c.now = at
		answer, err := c.callOHLC(params{"pair": "XBTUSDT"})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, r := range answer.(object)[0].value.([][8]any) {
			got[fmt.Sprint(r[0])] = fmt.Sprint(r[:]...)
		}
		first, last := trades[0][2].(float64), trades[len(trades)-1][2].(float64)
		compared := 0
		for _, r := range want {
			if open := r[0].(float64); open < first || open+60 > last {
				continue // the trades do not have all of it
			}
			compared++
			r[0], r[7] = int64(r[0].(float64)), int64(r[7].(float64))
			if w, g := fmt.Sprint(r...), got[fmt.Sprint(r[0])]; w != g {
				t.Errorf("Kraken %s\nours   %s", w, g)
			}
		}
		if compared < 400 {
			t.Errorf("%d rows compared", compared)
		}
	})
}
