package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"

	"pgregory.net/rapid"
)

// readAllBars reads a source to its end.
func readAllBars(t testing.TB, s BarSource) []Bar {
	t.Helper()
	var out []Bar
	for {
		var b Bar
		err := s.NextBar(&b)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
}

// readAllTrades reads a source to its end.
func readAllTrades(t testing.TB, s TradeSource) []Trade {
	t.Helper()
	var out []Trade
	for {
		var tr Trade
		err := s.NextTrade(&tr)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tr)
	}
}

// realReader reads a file of the real-data folder.
func realReader(t testing.TB, name string) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(realData(t, name)), Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTradesMakeKrakensBars(t *testing.T) {
	for _, minutes := range []int{1, 5, 15, 60} {
		built, err := BuildBars(realReader(t, "kraken/trades/XBTUSDT_trades.csv"), time.Duration(minutes)*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		got := readAllBars(t, built)
		want := readAllBars(t, realReader(t, fmt.Sprintf("kraken/trades/XBTUSDT_%d.csv", minutes)))
		if len(got) != len(want) {
			t.Fatalf("%d minutes: %d bars, want %d", minutes, len(got), len(want))
		}
		for i := range got {
			got[i].Count = 0 // the reference has none
			if got[i] != want[i] {
				t.Errorf("%d minutes: %+v, want %+v", minutes, got[i], want[i])
			}
		}
	}
}

func TestFourHourBarsMakeKrakensDays(t *testing.T) {
	days, err := ResampleBars(realReader(t, "kraken/ohlcvt/XBTUSD_240.csv"), 4*time.Hour, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got := readAllBars(t, days)
	reference := map[exchange.Stamp]Bar{}
	for _, b := range readAllBars(t, realReader(t, "kraken/ohlcvt/XBTUSD_1440.csv")) {
		reference[b.Time] = b
	}
	equal, other := 0, ""
	for _, b := range got[1 : len(got)-1] {
		if b == reference[b.Time] {
			equal++
		} else {
			other += b.Time.String()
		}
	}
	if equal != 728 || other != "2024-03-31T00:00:00Z" {
		t.Errorf("%d days equal, and not %s; want 728, and not 2024-03-31", equal, other)
	}
}

// restRows are the rows of a recorded REST answer.
func restRows(t testing.TB, name string) (rows [][]json.RawMessage) {
	t.Helper()
	var answer struct{ Result map[string]json.RawMessage }
	if err := json.Unmarshal(realData(t, name), &answer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer.Result["XBTUSDT"], &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func restNumber(t testing.TB, j json.RawMessage, decimals uint8) int64 {
	t.Helper()
	v, err := money.Parse(strings.Trim(string(j), `"`), decimals)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// restBars are the recorded one-minute bars of the REST interface, empty ones included.
func restBars(t testing.TB) (bars []Bar) {
	for _, r := range restRows(t, "kraken/rest/ohlc.json") {
		p := func(i int) money.Price { return money.Price(restNumber(t, r[i], 1)) }
		bars = append(bars, Bar{Time: exchange.Seconds(restNumber(t, r[0], 0)), Open: p(1), High: p(2), Low: p(3), Close: p(4),
			Volume: money.Qty(restNumber(t, r[6], 8)), Count: restNumber(t, r[7], 0)})
	}
	return bars
}

func TestRESTTradesMakeRESTBars(t *testing.T) {
	b := NewBuilder(time.Minute)
	bars := map[exchange.Stamp]Bar{}
	var first, last exchange.Stamp
	var done Bar
	for _, r := range restRows(t, "kraken/rest/trades.json") {
		tr := Trade{Time: exchange.Stamp(restNumber(t, r[2], 9)), Price: money.Price(restNumber(t, r[0], 1)), Qty: money.Qty(restNumber(t, r[1], 8))}
		if finished, err := b.AddTrade(&tr, &done); err != nil {
			t.Fatal(err)
		} else if finished {
			bars[done.Time] = done
		}
		if first == 0 {
			first = tr.Time
		}
		last = tr.Time
	}
	b.Flush(&done) // the recording was taken minutes later: the last minute is whole
	bars[done.Time] = done
	compared := 0
	for _, want := range restBars(t) {
		got, traded := bars[want.Time]
		if want.Time < first || want.Time > last {
			continue // not a whole minute of trades
		}
		if want.Count == 0 {
			if traded {
				t.Errorf("%v: built a bar where Kraken has no trade", want.Time)
			}
			continue
		}
		compared++
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if compared != 273 {
		t.Errorf("%d minutes compared, want 273", compared)
	}
}

// tradeList is a TradeSource of a slice.
type tradeList []Trade

func (l *tradeList) NextTrade(t *Trade) error {
	if len(*l) == 0 {
		return io.EOF
	}
	*t, *l = (*l)[0], (*l)[1:]
	return nil
}

// barList is a BarSource of a slice.
type barList []Bar

func (l *barList) NextBar(b *Bar) error {
	if len(*l) == 0 {
		return io.EOF
	}
	*b, *l = (*l)[0], (*l)[1:]
	return nil
}

// someTrades draws trades that begin before 1970, where rounding toward zero would show.
func someTrades(t *rapid.T) []Trade {
	n := rapid.IntRange(1, 60).Draw(t, "trades")
	out := make([]Trade, n)
	at := exchange.Seconds(rapid.Int64Range(-1000, 1000).Draw(t, "start"))
	for i := range out {
		at += exchange.Stamp(rapid.Int64Range(0, int64(3*time.Minute)).Draw(t, "wait"))
		out[i] = Trade{Time: at, Price: money.Price(rapid.Int64Range(1, 1000).Draw(t, "price")), Qty: money.Qty(rapid.Int64Range(1, 1000).Draw(t, "qty"))}
	}
	return out
}

func TestResamplingInStepsEqualsOneStep(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		trades := someTrades(rt)
		build := func(d time.Duration) BarSource {
			l := tradeList(trades)
			s, err := BuildBars(&l, d)
			if err != nil {
				rt.Fatal(err)
			}
			return s
		}
		steps, err := ResampleBars(build(time.Minute), time.Minute, 5*time.Minute)
		if err != nil {
			rt.Fatal(err)
		}
		a, b := readAllBars(t, steps), readAllBars(t, build(5*time.Minute))
		if fmt.Sprint(a) != fmt.Sprint(b) {
			rt.Fatalf("in steps %v\nin one  %v", a, b)
		}
		var qty, volume money.Qty
		for _, tr := range trades {
			qty += tr.Qty
		}
		for _, x := range b {
			volume += x.Volume
			if x.Time%exchange.Stamp(5*time.Minute) != 0 || x.Low > x.High {
				rt.Fatalf("impossible bar %+v", x)
			}
		}
		if qty != volume {
			rt.Fatalf("volume %d, traded %d", volume, qty)
		}
	})
}

func TestBuilderFinishesABarWhenTimePasses(t *testing.T) {
	b := NewBuilder(time.Minute)
	var done Bar
	if _, err := b.AddTrade(&Trade{Time: exchange.Seconds(90), Price: 5, Qty: 2}, &done); err != nil {
		t.Fatal(err)
	}
	if b.AdvanceTo(exchange.Seconds(119), &done) {
		t.Error("finished before its end")
	}
	if !b.AdvanceTo(exchange.Seconds(120), &done) || done.Time != exchange.Seconds(60) || done.Count != 1 {
		t.Errorf("not finished at its end: %+v", done)
	}
	if b.Flush(&done) {
		t.Error("a bar came out twice")
	}
}

func TestBuilderRefusesWhatItCannotDoExactly(t *testing.T) {
	if _, err := ResampleBars(&barList{}, 4*time.Minute, 6*time.Minute); err == nil {
		t.Error("6 minutes out of 4 were accepted")
	}
	over := barList{{Time: exchange.Seconds(270), Open: 1, High: 1, Low: 1, Close: 1}}
	s, err := ResampleBars(&over, time.Minute, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.NextBar(new(Bar)); err == nil || !strings.Contains(err.Error(), "reaches over") {
		t.Errorf("a bar over the border: %v", err)
	}
	big := tradeList{{Time: 1, Price: 1, Qty: 1<<63 - 1}, {Time: 2, Price: 1, Qty: 1}}
	s, _ = BuildBars(&big, time.Minute)
	if err := s.NextBar(new(Bar)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a volume beyond 64 bits: %v", err)
	}
}

func TestKrakensFormatsSurviveWritingAndReading(t *testing.T) {
	var out bytes.Buffer
	want := readAllBars(t, realReader(t, "kraken/ohlcvt/STORJUSD_60.csv"))
	w := NewWriter(&out, 8, 8)
	for i := range want {
		if err := w.WriteBar(&want[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(&out, Options{Name: "STORJUSD_60.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAllBars(t, r); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("bars changed")
	}

	raw := realData(t, "kraken/trades/BCHEUR.csv")
	trades := realReader(t, "kraken/trades/BCHEUR.csv")
	out.Reset()
	w = NewWriter(&out, 6, 8)
	for _, tr := range readAllTrades(t, trades) {
		tr.Price /= 100 // eight decimals to six
		if err := w.WriteTrade(&tr); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil || !bytes.Equal(out.Bytes(), raw) {
		t.Errorf("time and sales are not written as Kraken writes them: %v", err)
	}
}
