package file

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/data"
	"breakwater/exchange"
)

// realData is the path of a file of the real-data folder; without the folder the test
// is skipped, with it a missing file is a failure.
func realData(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no real data to test on")
	}
	p := filepath.Join(dir, name)
	if _, err := os.Stat(p); err != nil {
		t.Fatal(err)
	}
	return p
}

// catalog has one instrument with eight decimals each.
func catalog(t testing.TB, pair string) *exchange.Catalog {
	t.Helper()
	cat := exchange.NewCatalog()
	if _, err := cat.Add(exchange.Spec{Symbol: pair, PriceDecimals: 8, LotDecimals: 8}); err != nil {
		t.Fatal(err)
	}
	return cat
}

// realFiles is the table of the data folder's README: rows, first and last time, gaps
// and missing bars.
var realFiles = []struct {
	path, pair     string
	interval       time.Duration // as found; 0: trades
	rows           int64
	first, last    string
	gaps, missing  int64
	giveInterval   time.Duration
	format         data.Format
	sharesItsTime  int64 // trades at the time of the row before
	missingIDs     int64
	zeroVolumeBars int64
}{
	{path: "kraken/ohlcvt/XBTCAD_1440.csv", pair: "XBT/CAD", interval: 24 * time.Hour, rows: 3327, first: "2015-06-29T00:00:00Z", last: "2024-09-30T00:00:00Z", gaps: 28, missing: 55, format: data.OHLCVT},
	{path: "kraken/ohlcvt/USDTCAD_1440.csv", pair: "USDT/CAD", interval: 24 * time.Hour, rows: 469, first: "2019-12-19T00:00:00Z", last: "2021-03-31T00:00:00Z", format: data.OHLCVT},
	{path: "kraken/ohlcvt/XBTUSD_1440.csv", pair: "XBT/USD", interval: 24 * time.Hour, rows: 5558, first: "2010-12-31T00:00:00Z", last: "2026-03-31T00:00:00Z", gaps: 11, missing: 12, format: data.OHLCVT, zeroVolumeBars: 1010},
	{path: "kraken/ohlcvt/XBTUSD_240.csv", pair: "XBT/USD", interval: 4 * time.Hour, rows: 4383, first: "2024-01-01T00:00:00Z", last: "2025-12-31T20:00:00Z", gaps: 3, missing: 3, format: data.OHLCVT},
	{path: "kraken/ohlcvt/ETHUSD_60.csv.gz", pair: "ETH/USD", interval: time.Hour, rows: 63568, first: "2015-08-07T14:00:00Z", last: "2023-03-31T23:00:00Z", gaps: 842, missing: 3474, format: data.OHLCVT},
	{path: "kraken/ohlcvt/STORJUSD_60.csv", pair: "STORJ/USD", interval: time.Hour, rows: 1508, first: "2020-07-15T13:00:00Z", last: "2020-09-30T23:00:00Z", gaps: 233, missing: 351, format: data.OHLCVT},
	{path: "kraken/trades/XBTUSDT_trades.csv", pair: "XBT/USDT", rows: 26921, first: "2023-11-17T00:00:06.662Z", last: "2023-11-22T08:41:40", format: data.HeaderTrade, sharesItsTime: 6980, missingIDs: 26},
	{path: "kraken/trades/XBTUSDT_1.csv", pair: "XBT/USDT", interval: time.Minute, rows: 5388, first: "2023-11-17T00:00:00Z", last: "2023-11-22T08:41:00Z", gaps: 1367, missing: 2334, format: data.HeaderBar},
	{path: "kraken/trades/XBTUSDT_5.csv", pair: "XBT/USDT", interval: 5 * time.Minute, rows: 1520, first: "2023-11-17T00:00:00Z", last: "2023-11-22T08:40:00Z", gaps: 25, missing: 25, format: data.HeaderBar},
	{path: "kraken/trades/XBTUSDT_15.csv", pair: "XBT/USDT", interval: 15 * time.Minute, rows: 515, first: "2023-11-17T00:00:00Z", last: "2023-11-22T08:30:00Z", format: data.HeaderBar},
	{path: "kraken/trades/XBTUSDT_60.csv", pair: "XBT/USDT", interval: time.Hour, rows: 129, first: "2023-11-17T00:00:00Z", last: "2023-11-22T08:00:00Z", format: data.HeaderBar},
	{path: "kraken/trades/BCHEUR.csv", pair: "BCH/EUR", rows: 148, first: "2023-01-01T00:03:56Z", last: "2023-01-01T23:19:47Z", format: data.TimeSales, sharesItsTime: 62},
	{path: "kraken/trades/BCHEUR_next.csv", pair: "BCH/EUR", rows: 486, first: "2023-01-02T00:48:56Z", last: "2023-01-02T23:17:03Z", format: data.TimeSales, sharesItsTime: 232},
	{path: "bars/binance_BTCUSDT_3m.csv.gz", pair: "XBT/USDT", interval: 3 * time.Minute, rows: 145973, first: "2022-12-01T00:00:00Z", last: "2023-10-01T03:54:00Z", gaps: 1, missing: 26, format: data.HeaderBar, zeroVolumeBars: 24},
	{path: "bars/binance_BTCUSDT_1m_2024-08.csv", pair: "XBT/USDT", interval: time.Minute, rows: 43209, first: "2024-07-26T14:15:00Z", last: "2024-08-25T14:23:00Z", format: data.HeaderBar},
	{path: "bars/bybit_LTCUSDT_1m_gappy.csv.gz", pair: "LTC/USDT", interval: time.Minute, rows: 105076, first: "2024-09-08T09:47:00Z", last: "2025-09-07T20:26:00Z", gaps: 524, missing: 419724, format: data.HeaderBar, zeroVolumeBars: 127},
	{path: "bars/coinbase_BTCUSD_1m_20171217_trade.zip", pair: "XBT/USD", interval: time.Minute, rows: 1440, first: "2017-12-17T00:00:00Z", last: "2017-12-17T23:59:00Z", format: data.LeanMinute},
	{path: "reference/backtesting/GOOG.csv", interval: 24 * time.Hour, rows: 2148, first: "2004-08-19T00:00:00Z", last: "2013-03-01T00:00:00Z", gaps: -1, format: data.HeaderBar},
	{path: "reference/backtesting/EURUSD.csv", pair: "EUR/USD", interval: time.Hour, rows: 5000, first: "2017-04-19T09:00:00Z", last: "2018-02-07T15:00:00Z", gaps: -1, format: data.HeaderBar},
	{path: "reference/backtesting/BTCUSD.csv", pair: "XBT/USD", interval: 28 * 24 * time.Hour, giveInterval: 28 * 24 * time.Hour, rows: 156, first: "2012-01-31T00:00:00Z", last: "2024-12-31T00:00:00Z", format: data.HeaderBar},
}

func TestRealFilesReadAsTheirTableSays(t *testing.T) {
	for _, c := range realFiles {
		t.Run(filepath.Base(c.path), func(t *testing.T) {
			path := realData(t, c.path)
			f, err := Open(path, data.Options{Interval: c.giveInterval})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info := f.Info()
			if info.Pair != c.pair || info.Interval != c.interval || info.Format != c.format {
				t.Errorf("found %+v, want %s %v %s", info, c.pair, c.interval, c.format)
			}
			s := f.Series(&catalog(t, "XBT/CAD").Instruments[0])
			m, err := data.Merge([]data.Series{s}, data.Skip)
			if err != nil {
				t.Fatal(err)
			}
			var e exchange.Event
			for err == nil {
				err = m.Next(&e)
			}
			if err != io.EOF {
				t.Fatal(err)
			}
			sum := m.Summaries()[0]
			if sum.Rows != c.rows || sum.First.String() != c.first || !strings.HasPrefix(sum.Last.String(), c.last) {
				t.Errorf("%d rows, %v .. %v; want %d, %s .. %s", sum.Rows, sum.First, sum.Last, c.rows, c.first, c.last)
			}
			if c.gaps >= 0 && (sum.Gaps.Places != c.gaps || sum.Gaps.Missing != c.missing) {
				t.Errorf("gaps: %v; want %d / %d", sum.Gaps, c.gaps, c.missing)
			}
			got, err := f.SHA256()
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := os.ReadFile(path)
			if want := sha256.Sum256(raw); got != hex.EncodeToString(want[:]) {
				t.Errorf("hash %s, want %x", got, want)
			}
		})
	}
}
