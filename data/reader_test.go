package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"

	"pgregory.net/rapid"
)

// read makes a reader of text, or returns the first error of reading it all.
func read(name, text string, o Options) (*Reader, []Bar, []Trade, error) {
	o.Name = name
	r, err := NewReader(strings.NewReader(text), o)
	if err != nil {
		return nil, nil, nil, err
	}
	r.Scale(2, 4)
	var bars []Bar
	var trades []Trade
	for {
		var b Bar
		var t Trade
		if r.Info().Format.Trades() {
			err = r.NextTrade(&t)
			trades = append(trades, t)
		} else {
			err = r.NextBar(&b)
			bars = append(bars, b)
		}
		if err == io.EOF {
			return r, bars[:max(0, len(bars)-1)], trades[:max(0, len(trades)-1)], nil
		}
		if err != nil {
			return r, bars, trades, err
		}
	}
}

const twoBars = "1700000040,100.1,102,99.5,101.25,3.0001,4\n1700000100,101,101,101,101,0.5,1\n"

func wantTwoBars() []Bar {
	return []Bar{
		{Time: exchange.Seconds(1700000040), Open: 10010, High: 10200, Low: 9950, Close: 10125, Volume: 30001, Count: 4},
		{Time: exchange.Seconds(1700000100), Open: 10100, High: 10100, Low: 10100, Close: 10100, Volume: 5000, Count: 1},
	}
}

func TestEverySpellingOfBarsIsRead(t *testing.T) {
	for name, text := range map[string]string{
		"ohlcvt":           twoBars,
		"no last line end": strings.TrimSpace(twoBars),
		"windows":          strings.ReplaceAll(twoBars, "\n", "\r\n"),
		"blank lines":      "\n\n" + strings.ReplaceAll(twoBars, "\n", "\n\n"),
		"byte order mark":  "\xef\xbb\xbf" + twoBars,
		"milliseconds":     "time,open,high,low,close,volume,trades\n1700000040000,100.1,102,99.5,101.25,3.0001,4\n1700000100000,101,101,101,101,0.5,1\n",
		"microseconds":     "ts,o,h,l,c,v,n\n1700000040000000,100.1,102,99.5,101.25,3.0001,4\n1700000100000000,101,101,101,101,0.5,1\n",
		"nanoseconds":      "Open Time,Open,High,Low,Close,Volume,Number of Trades\n1700000040000000000,100.1,102,99.5,101.25,3.0001,4\n1700000100000000000,101,101,101,101,0.5,1\n",
		"other order":      "volume,close,low,high,open,junk,count,date\n3.0001,101.25,99.5,102,100.1,x,4,2023-11-14 22:14:00\n0.5,101,101,101,101,,1,2023-11-14 22:15:00\n",
		"rfc 3339":         "Date,Open,High,Low,Close,Volume,Trades\n2023-11-14T22:14:00Z,100.1,102,99.5,101.25,3.0001,4\n2023-11-14T23:15:00+01:00,101,101,101,101,0.5,1\n",
		"quotes":           "\"time\",\"open\",\"high\",\"low\",\"close\",\"volume\",\"trades\"\n\"2023-11-14 22:14\",\"100.1\",\"102\",\"99.5\",\"101.25\",\"3.0001\",\"4\"\n2023-11-14 22:15, 101, 101, 101, 101, 0.5, 1\n",
		"no name first":    ",Open,High,Low,Close,Volume,Count\n2023-11-14 22:14:00,100.1,102,99.5,101.25,3.0001,4\n2023-11-14 22:15:00,101,101,101,101,0.5,1\n",
		"exponents":        "1700000040,1.001e2,102,99.5,101.25,30001e-4,4\n1700000100,101.00000,101,101,101,5e-1,1\n",
		"float noise":      "1700000040,100.1,102,99.5,101.25,3.0001000000000002,4\n1700000100,101,101,101,101,0.49999999999999999,1\n",
		"turnover noise":   "time,open,high,low,close,volume,turnover,trades\n1700000040,100.1,102,99.5,101.25,3.0001,7.123456789012345,4\n1700000100,101,101,101,101,0.5,x,1\n",
	} {
		_, bars, _, err := read("XBTCAD_1.csv", text, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if fmt.Sprint(bars) != fmt.Sprint(wantTwoBars()) {
			t.Errorf("%s: %+v", name, bars)
		}
	}
}

func TestEverySpellingOfTradesIsRead(t *testing.T) {
	want := []Trade{
		{Time: exchange.Stamp(1700000040_500000000), Price: 10010, Qty: 5000, Side: exchange.Sell, ID: 7},
		{Time: exchange.Stamp(1700000040_500000000), Price: 10000, Qty: 10000, Side: exchange.Buy, ID: 9},
	}
	for name, text := range map[string]string{
		"fraction": "time,price,volume,side,trade_id\n1700000040.5,100.1,0.5,sell,7\n1700000040.5,100,1,b,9\n",
		"millis":   "Timestamp,ID,Side,Price,Amount\n1700000040500,7,SELL,100.1,0.5\n1700000040500,9,Buy,100,1\n",
		"date":     "date,size,price,id,side\n2023-11-14T22:14:00.500Z,0.5,100.1,7,s\n2023-11-14 22:14:00.5,1,100.00,9,buy\n",
	} {
		_, _, trades, err := read("x.csv", text, Options{})
		if err != nil || fmt.Sprint(trades) != fmt.Sprint(want) {
			t.Errorf("%s: %v %+v", name, err, trades)
		}
	}
	_, _, trades, err := read("XBTCAD.csv", "1700000040,100,1\n1700000040,101,1\n1700000040,101,1\n1700000041,99,1\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, side := range []exchange.Side{exchange.Buy, exchange.Buy, exchange.Buy, exchange.Sell} {
		if trades[i].Side != side {
			t.Errorf("trade %d: the tick rule says %v, want %v", i, trades[i].Side, side)
		}
	}
	_, _, trades, err = read("x.csv", "time,price,amount,id\n1700000040,100,1,ccc3c1fa-212c\n", Options{})
	if err != nil || trades[0].ID != 0 {
		t.Errorf("an id that is text: %v %+v", err, trades)
	}
}

func TestEveryBadRowNamesFileLineAndRemedy(t *testing.T) {
	good := "1700000040,100.1,102,99.5,101.25,3.0001,4\n"
	for _, c := range []struct {
		row    string
		defect Defect
		want   string
	}{
		{"1700000100,101.3,101.2,102,101,1,1", DefectHighLow, `X_1.csv:2: high 101.2 is below low 102; remove the row or run "breakwater data check X_1.csv"`},
		{"1700000100,103,102,99.5,101,1,1", DefectOutside, "open 103 lies outside low 99.5 and high 102"},
		{"1700000100,101,102,99.5,99,1,1", DefectOutside, "close 99 lies outside"},
		{"1700000100,0,102,99.5,101,1,1", DefectZero, "open is zero"},
		{"1700000100,101,102,-99.5,101,1,1", DefectNegative, "low -99.5 is negative"},
		{"1700000100,101,102,99.5,101,-1,1", DefectNegative, "volume -1 is negative"},
		{"1700000100,101,102,99.5,101,1,-1", DefectNegative, "trades, -1,"},
		{"1700000100,101,102,99.5,101,1,1.5", DefectPrecision, "no whole number"},
		{"1700000100,NaN,102,99.5,101,1,1", DefectNumber, `open "NaN" is not a number`},
		{"1700000100,101,inf,99.5,101,1,1", DefectNumber, `high "inf" is not a number`},
		{"1700000100,101,,99.5,101,1,1", DefectNumber, `high "" is not a number`},
		{"1700000100,101.123,102,99.5,101,1,1", DefectPrecision, "open 101.123 has more than 2 decimals; give --price-decimals a larger number"},
		{"1700000100,101,102,99.5,101,1.00001,1", DefectPrecision, "volume 1.00001 has more than 4 decimals; give --lot-decimals a larger number"},
		{"1700000100,101,102,99.5,101,99999999999999999,1", DefectTooLarge, "does not fit 64 bits with 4 decimals; give --lot-decimals a smaller"},
		{"1700000100,101,102,99.5,101,1", DefectColumns, "the row has 6 columns, the first row 7"},
		{"1700000100,101,102,99.5,101,1,1,1", DefectColumns, "the row has more columns, the first row 7"},
		{"yesterday,101,102,99.5,101,1,1", DefectTime, `time "yesterday" cannot be read`},
		{"7258118400,101,102,99.5,101,1,1", DefectTime, "lies after the year 2199"},
		{"1700000040,101,102,99.5,101,1,1", DefectDoubled, "a second bar at 2023-11-14T22:14:00Z"},
		{"1699999980,101,102,99.5,101,1,1", DefectUnsorted, "comes after 2023-11-14T22:14:00Z; sort the file"},
		{"1700000070,101,102,99.5,101,1,1", DefectOverlap, "opens before the one at 2023-11-14T22:14:00Z ends, with bars of 1m; give --interval 30s"},
	} {
		_, _, _, err := read("X_1.csv", good+c.row+"\n", Options{})
		var row *RowError
		if !errors.As(err, &row) || row.Line != 2 || row.Defect != c.defect || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "X_1.csv:2: ") {
			t.Errorf("%s\n got %v\nwant %s: %s", c.row, err, c.defect, c.want)
		}
		if c.defect == DefectNegative || c.defect == DefectTime {
			continue // the rest of the loop asks for one more good row behind it
		}
		r, err := NewReader(strings.NewReader(good+c.row+"\n1700000160,101,101,101,101,0.5,1\n"), Options{Name: "X_1.csv"})
		if err != nil {
			t.Fatal(err)
		}
		r.Scale(2, 4)
		rep, err := Check(r, CheckOptions{})
		if err != nil || rep.Rows != 3 || rep.OK() || rep.Findings[0].Defect != c.defect || rep.Findings[0].First[0].Line != 2 {
			t.Errorf("%s: the check says %+v, %v", c.row, rep, err)
		}
	}
	for _, c := range []struct{ row, want string }{
		{"1700000040,0,1", "zero"}, {"1700000040,1,-1", "negative"}, {"1700000039,1,1", "sort the file"}, {"1700000040,x,1", "not a number"}, {"1700000040,1,1.00001", "--lot-decimals"},
	} {
		_, _, _, err := read("XBTCAD.csv", "1700000040,100,1\n"+c.row+"\n", Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "XBTCAD.csv:2: ") {
			t.Errorf("%s: %v, want %q", c.row, err, c.want)
		}
	}
	for _, c := range []struct{ row, want string }{
		{"1700000040,1,1,up,8", "neither buy nor sell"}, {"1700000040,1,1,buy,7", "trade 7 is there twice"}, {"1700000040,1,1,buy,-8", "trade id"},
	} {
		_, _, _, err := read("t.csv", "time,price,volume,side,id\n1700000040,100,1,buy,7\n"+c.row+"\n", Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "t.csv:3: ") {
			t.Errorf("%s: %v, want %q", c.row, err, c.want)
		}
	}
}

func TestEveryForeignFileIsNamed(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a.csv", "", "the file is empty"},
		{"a.csv", "\n\r\n  \n", "no rows"},
		{"a.csv", "time,open,high,low,close,volume\n", "a header and no rows"},
		{"a.csv", "PAR1\x00\x00\n", "Parquet"},
		{"a.csv", "ARROW1\x00\n", "Feather"},
		{"a.csv", "\x00\x01\x02\n", "binary"},
		{"a.csv", "{\"result\":1}\n", "JSON"},
		{"a.csv", "<html>\n", "JSON, HTML or XML"},
		{"a.csv", "\xff\xfet\x00\n", "UTF-16"},
		{"a.csv", "a,b,c\n1,2,3\n", `the header "a,b,c" names neither`},
		{"a.csv", "when,open,high,low,close,volume\n1,2,3,4,5,6\n", "no time column"},
		{"a.csv", "time,open,high,low,close\n1700000040,2,3,1,2\n", "no volume column"},
		{"a.csv", "time,is_snapshot,side,price,amount\n1700000040,true,bid,1,2\n", "order-book rows"},
		{"a.csv", "1700000040,1,2,3\n", "4 columns without a header"},
		{"a.csv", "time,price,volume\nsoon,1,2\n", `"soon" in the time column is no date`},
		{"a.csv", "0,1,2,1,1,5\n60000,1,2,1,1,5\n", "the name tells no day"},
		{"a.csv", "17,1,2\n", "is no date"},
		{"a.csv", strings.Repeat("1", bufferSize+10), "longer than 256 KB"},
		{"BTCUSD.csv", "Date,Open,High,Low,Close,Volume\n2012-01-31,1,1,1,1,1\n2012-02-29,1,1,1,1,1\n2012-03-31,1,1,1,1,1\n2012-04-30,1,1,1,1,1\n2012-05-31,1,1,1,1,1\n", "BTCUSD.csv: bars are 29d to 31d apart, so the bar size is not certain; give --interval 29d"},
		{"one.csv", "time,open,high,low,close,volume\n1700000040,2,3,1,2,1\n", "one row does not tell the bar size; give --interval"},
	} {
		_, _, _, err := read(c.name, c.text, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, ErrFormat) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: %v, want %q", c.text, err, c.want)
		}
	}
	if _, _, _, err := read("a.csv", twoBars, Options{Pair: "nonsense"}); err == nil || !strings.Contains(err.Error(), "BASE/QUOTE") {
		t.Errorf("a pair that is none: %v", err)
	}
	if _, _, _, err := read("a.csv", twoBars, Options{Interval: -1}); err == nil || !strings.Contains(err.Error(), "--interval") {
		t.Errorf("an interval that is none: %v", err)
	}
}

func TestReadErrorsAreToldApartFromTheEnd(t *testing.T) {
	r, err := NewReader(io.MultiReader(strings.NewReader(twoBars), iotest.ErrReader(io.ErrUnexpectedEOF)), Options{Name: "x.csv.gz"})
	if err != nil {
		t.Fatal(err)
	}
	r.Scale(2, 4)
	var b Bar
	for err == nil {
		err = r.NextBar(&b)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "x.csv.gz: reading line 3") {
		t.Error(err)
	}
}

func TestNamesTellPairAndBarSize(t *testing.T) {
	for _, c := range []struct {
		name, pair string
		interval   time.Duration
		day        string
	}{
		{"XBTCAD_1440.csv", "XBT/CAD", 24 * time.Hour, ""},
		{"some/folder_15/ETHUSD_60.csv.gz", "ETH/USD", time.Hour, ""},
		{`C:\data\XXBTZEUR_240.csv.zip`, "XBT/EUR", 4 * time.Hour, ""},
		{"binance_BTCUSDT_1m_2024-08.csv", "XBT/USDT", time.Minute, ""},
		{"bybit_LTCUSDT_1m_gappy.csv.gz", "LTC/USDT", time.Minute, ""},
		{"XBTUSDT_trades.csv", "XBT/USDT", 0, ""}, {"BCHEUR_next.csv", "BCH/EUR", 0, ""}, {"BCHEUR.csv", "BCH/EUR", 0, ""},
		{"GOOG.csv", "", 0, ""}, {"quotes.csv", "", 0, ""}, {"binance.csv", "", 0, ""}, {"", "", 0, ""}, {"_.csv", "", 0, ""},
		{"yahoo_BTC-CAD.csv", "XBT/CAD", 0, ""}, {"kraken-eth_xbt-1h.csv", "ETH/XBT", time.Hour, ""},
		{"BTC-USDT-1h.csv", "XBT/USDT", time.Hour, ""}, {"BTC_USDT-5m.csv", "XBT/USDT", 5 * time.Minute, ""},
		{"SOLCAD_4h.csv", "SOL/CAD", 4 * time.Hour, ""}, {"XDGUSD_1w.csv", "XDG/USD", 7 * 24 * time.Hour, ""},
		{"old/all.zip:XBTCAD_5.csv", "XBT/CAD", 5 * time.Minute, ""}, {"all.zip:master/XBTCAD_5.csv", "XBT/CAD", 5 * time.Minute, ""},
		{"XBTCAD_2024.csv", "XBT/CAD", 0, ""},
		{"20171217_btcusd_minute_trade.csv", "XBT/USD", time.Minute, "2017-12-17T00:00:00Z"},
	} {
		got := ParseName(c.name)
		day := ""
		if got.HasDay {
			day = got.Day.String()
		}
		if got.Pair != c.pair || got.Interval != c.interval || day != c.day {
			t.Errorf("%s: %+v, want %s %v %s", c.name, got, c.pair, c.interval, c.day)
		}
	}
}

func TestGivenWinsOverNameAndNameOverRows(t *testing.T) {
	hours := "1700002800,1,1,1,1,1,1\n1700006400,1,1,1,1,1,1\n"
	for _, c := range []struct {
		name string
		o    Options
		pair string
		size time.Duration
	}{
		{"x.csv", Options{}, "", time.Hour},
		{"XBTCAD_1.csv", Options{}, "XBT/CAD", time.Minute},
		{"XBTCAD_1.csv", Options{Pair: "ethusd", Interval: 30 * time.Minute}, "ETH/USD", 30 * time.Minute},
		{"archive.zip", Options{Member: "XBTCAD_15.csv"}, "XBT/CAD", 15 * time.Minute},
	} {
		r, _, _, err := read(c.name, hours, c.o)
		if err != nil || r.Info().Pair != c.pair || r.Info().Interval != c.size {
			t.Errorf("%s %+v: %v %+v", c.name, c.o, err, r.Info())
		}
	}
}

func TestBarSizeAgainstNameAndRowsIsRefused(t *testing.T) {
	if _, _, _, err := read("XBTCAD_60.csv", "1700002800,1,1,1,1,1,1\n1700006400,1,1,1,1,1,1\n", Options{Interval: time.Minute}); err == nil || !strings.Contains(err.Error(), "bars are 1h, not 1m; leave out --interval") {
		t.Error(err)
	}
}

func TestBarSizesReadAndWriteAlike(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1m": time.Minute, "15": 15 * time.Minute, "1440": 24 * time.Hour, "4h": 4 * time.Hour, "1d": 24 * time.Hour, "2W": 14 * 24 * time.Hour, "90s": 90 * time.Second,
	} {
		got, err := ParseInterval(text)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
		if back, err := ParseInterval(IntervalText(got)); err != nil || back != got {
			t.Errorf("%s is written %s", text, IntervalText(got))
		}
	}
	for _, bad := range []string{"", "d", "0", "-1", "1x", "99999d", "1e3", "9999999999999999999"} {
		if d, err := ParseInterval(bad); err == nil {
			t.Errorf("%q is read as %v", bad, d)
		}
	}
}

func TestNumbersAreExactToTheLastDigit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,12}(\.[0-9]{0,12})?(e-?[0-9])?`).Draw(rt, "number")
		scale := uint8(rapid.IntRange(0, 12).Draw(rt, "scale"))
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			rt.Skip(text)
		}
		want.Mul(want, new(big.Rat).SetInt64(money.Pow10[scale]))
		buf := []byte(text + "\n")
		var fast [1]int64
		if next, ok := plain(buf, 0, fast[:], []uint8{scale}); ok && next == len(text) && want.Cmp(new(big.Rat).SetInt64(fast[0])) != 0 {
			rt.Fatalf("plain(%s, %d) = %d, want %v", text, scale, fast[0], want)
		}
		v, d := number([]byte(text), scale)
		if d == "" && want.Cmp(new(big.Rat).SetInt64(v)) != 0 {
			rt.Fatalf("number(%s, %d) = %d, want %v", text, scale, v, want)
		}
		if d == DefectPrecision && want.IsInt() || d == DefectNumber {
			rt.Fatalf("number(%s, %d) is refused: %s", text, scale, d)
		}
		if v, ok := withoutNoise([]byte(text), scale); ok {
			off := new(big.Rat).Sub(want, new(big.Rat).SetInt64(v))
			if off.Abs(off).Cmp(new(big.Rat).Quo(want, big.NewRat(noiseShare, 1))) > 0 {
				rt.Fatalf("withoutNoise(%s, %d) = %d, want %v", text, scale, v, want)
			}
		}
	})
}

func TestDatesAgreeWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := time.Unix(rapid.Int64Range(-9000000000, 9000000000).Draw(rt, "seconds"), rapid.Int64Range(0, 999999999).Draw(rt, "nanos")).UTC()
		zone := time.FixedZone("", 60*rapid.IntRange(-840, 840).Draw(rt, "zone"))
		for text, want := range map[string]time.Time{
			at.Format(time.RFC3339Nano): at, at.In(zone).Format(time.RFC3339Nano): at, at.Format("2006-01-02 15:04:05"): at.Truncate(time.Second),
			at.Format("2006-01-02"): at.Truncate(24 * time.Hour), at.Format("2006-01-02 15:04"): at.Truncate(time.Minute),
		} {
			if got, ok := parseDate([]byte(text)); !ok || got != exchange.At(want) {
				rt.Fatalf("parseDate(%s) = %v, %v; want %v", text, got, ok, want)
			}
		}
	})
	for _, bad := range []string{"2023-02-29", "2023-13-01", "2023-00-01", "2023-1-1", "2023-01-01T24:00", "2023-01-01 10", "2023-01-01T10:00:60", "2023-01-01T10:00:00.", "2023-01-01T10:00:00+25:00", "20230101", "2023-01-01x10:00", "2023-01-01T10:00:00 CET"} {
		if got, ok := parseDate([]byte(bad)); ok {
			t.Errorf("%s is read as %v", bad, got)
		}
	}
}

func TestReadingAllocatesNothingPerRow(t *testing.T) {
	for name, text := range map[string][]byte{
		"X_1.csv":    benchFile(5000),
		"trades.csv": bytes.Repeat([]byte("1700000040,100,1\n"), 5000),
		"any.csv":    append([]byte("time,volume,open,high,low,close\n"), bytes.Repeat([]byte("2023-11-14 22:14:00,3,1,1,1,1\n"), 3000)...),
	} {
		r, err := NewReader(bytes.NewReader(text), Options{Name: name, Interval: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		var b Bar
		var tr Trade
		if n := testing.AllocsPerRun(2000, func() {
			if r.Info().Format.Trades() {
				err = r.NextTrade(&tr)
			} else {
				err = r.readBar(&b)
			}
			if err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations per row", name, n)
		}
	}
}

// TestFastAndSlowPathsAgree reads each row both ways.
func TestFastAndSlowPathsAgree(t *testing.T) {
	text := benchFile(3000)
	a, err := NewReader(bytes.NewReader(text), Options{Name: "X_1.csv"})
	if err != nil {
		t.Fatal(err)
	}
	// One byte at a time, so that every row is met at every border of the buffer.
	b, err := NewReader(iotest.OneByteReader(bytes.NewReader(text)), Options{Name: "X_1.csv", Interval: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if !a.l.inOrder {
		t.Fatal("the file is not read by the fast path")
	}
	b.l.inOrder = false
	if x, y := readAllBars(t, a), readAllBars(t, b); fmt.Sprint(x) != fmt.Sprint(y) || len(x) != 3000 {
		t.Error("the two paths differ")
	}
}

// FuzzReader holds for any bytes: no panic, only possible and ordered rows, errors in
// one line that name the file, and the same result however the bytes come.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		twoBars, "time,price,volume,side,trade_id\n1700000040.5,100.1,0.5,sell,7\n", "1700000040,1,2\n", ",Open,High,Low,Close,Volume\n2012-01-31,1,1,1,1,1\n",
		"1700000040,1e2,102,99.5,101.25,3.0001000000000002,4\r\n", "\xef\xbb\xbftime,open,high,low,close,volume\n\"1700000040\",1,2,1,1,1\n", "a\n", "1,,,\n",
	} {
		f.Add([]byte(s))
	}
	f.Add([]byte("\n\n" + twoBars))
	f.Fuzz(func(t *testing.T, text []byte) {
		one := fuzzRead(t, bytes.NewReader(text))
		if two := fuzzRead(t, iotest.HalfReader(bytes.NewReader(text))); one != two {
			t.Errorf("whole:\n%s\nin pieces:\n%s", one, two)
		}
		if r, err := NewReader(bytes.NewReader(text), Options{Name: "f.csv"}); err == nil {
			r.Scale(2, 4)
			rep, err := Check(r, CheckOptions{})
			if err == nil && rep.WriteTable(io.Discard) != nil {
				t.Error("no table")
			}
			if _, _, _, strict := read("f.csv", string(text), Options{}); (strict == nil) != (err == nil && rep.OK()) {
				t.Errorf("reading says %v, the check %v %+v", strict, err, rep)
			}
		}
	})
}

func fuzzRead(t *testing.T, src io.Reader) string {
	var log strings.Builder
	oneLine := func(err error) {
		if s := err.Error(); strings.ContainsAny(s, "\n\r") || !strings.HasPrefix(s, "f.csv:") {
			t.Errorf("error %q", s)
		}
		fmt.Fprintln(&log, err)
	}
	r, err := NewReader(src, Options{Name: "f.csv", Interval: time.Minute})
	if err != nil {
		oneLine(err)
		return log.String()
	}
	last := exchange.Stamp(-1 << 63)
	for range 1000 {
		var b Bar
		var tr Trade
		at := &tr.Time
		if r.Info().Format.Trades() {
			err = r.NextTrade(&tr)
		} else {
			err, at = r.NextBar(&b), &b.Time
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			oneLine(err)
			if row := (*RowError)(nil); !errors.As(err, &row) {
				break
			}
			continue
		}
		fmt.Fprintln(&log, b, tr)
		if *at < last || b.Low < 0 || b.High < b.Low || b.Open > b.High || b.Close < b.Low || b.Volume < 0 || tr.Price < 0 || tr.Qty < 0 {
			t.Errorf("let through: %+v %+v after %v", b, tr, last)
		}
		last = *at
	}
	return log.String()
}

// FuzzParseName holds that no name makes it panic or invent a bar size out of range.
func FuzzParseName(f *testing.F) {
	f.Add("binance_BTCUSDT_1m_2024-08.csv.gz")
	f.Fuzz(func(t *testing.T, name string) {
		if i := ParseName(name); i.Interval < 0 || i.Interval > maxInterval {
			t.Errorf("%q: %+v", name, i)
		}
	})
}
