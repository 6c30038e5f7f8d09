package data

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drain reads a feed to its end.
func drain(t interface{ Fatal(...any) }, f exchange.Feed) []exchange.Event {
	var out []exchange.Event
	for {
		e := dirty()
		err := f.Next(&e)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
}

// dirty is an event with something in every field: what a caller may have left in it.
func dirty() (e exchange.Event) {
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.CanInt():
			f.SetInt(77)
		case f.CanUint():
			f.SetUint(77)
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.Kind() == reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		default:
			panic("BUG: dirty does not know " + f.Type().String())
		}
	}
	return e
}

// merge merges, or fails the test.
func merge(t interface{ Fatal(...any) }, empty Empty, series ...Series) *Merger {
	m, err := Merge(series, empty)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// minuteBars is a source of one-minute bars at the given minutes, with the close 100 + k.
func minuteBars(minutes ...int64) *barList {
	var l barList
	for _, k := range minutes {
		p := money.Price(100 + k)
		l = append(l, Bar{Time: exchange.Seconds(60 * k), Open: p - 1, High: p + 2, Low: p - 2, Close: p, Volume: 10, Count: 3})
	}
	return &l
}

// story writes events in short: o0@60 is the opening of instrument 0 at second 60.
func story(events []exchange.Event) string {
	var b strings.Builder
	for _, e := range events {
		mark := ""
		if e.Matched {
			mark = "*"
		}
		fmt.Fprintf(&b, "%c%d%s@%d ", e.Kind.String()[0], e.Instrument, mark, int64(e.Time)/1e9)
	}
	return strings.TrimSpace(b.String())
}

func TestAtOneInstantClosingsThenTradesThenOpenings(t *testing.T) {
	trades := tradeList{{Time: exchange.Seconds(60), Price: 5, Qty: 1}, {Time: exchange.Seconds(60), Price: 6, Qty: 1}, {Time: exchange.Seconds(61), Price: 7, Qty: 1}}
	m := merge(t, Skip,
		Series{Instrument: 0, Interval: time.Minute, Bars: minuteBars(0, 1)},
		Series{Instrument: 1, Trades: &trades},
		Series{Instrument: 1, Interval: time.Minute, Bars: minuteBars(0, 1)})
	got := story(drain(t, m))
	if want := "o0@0 b0*@60 b1@60 t1@60 t1@60 o0@60 t1@61 b0*@120 b1@120"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestOnlyTheFinestSeriesOpensAndIsMatched(t *testing.T) {
	coarse := &barList{{Time: 0, Open: 1, High: 1, Low: 1, Close: 1}}
	m := merge(t, Skip,
		Series{Instrument: 0, Interval: 2 * time.Minute, Bars: coarse},
		Series{Instrument: 0, Interval: time.Minute, Bars: minuteBars(0, 1)})
	got := story(drain(t, m))
	if want := "o0@0 b0*@60 o0@60 b0@120 b0*@120"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestEventsCarryTheWholeBarAndNothingElse(t *testing.T) {
	trades := tradeList{{Time: exchange.Seconds(400), Price: 5, Qty: 6, Side: exchange.Sell, ID: 8}}
	m := merge(t, Skip, Series{Instrument: 3, Interval: time.Minute, Bars: minuteBars(5)}, Series{Instrument: 1, Trades: &trades})
	want := []exchange.Event{
		{Seq: 1, Time: exchange.Seconds(300), Received: exchange.Seconds(300), Interval: time.Minute, Kind: exchange.KindOpen, Last: true, Instrument: 3, Open: 104, Qty: 10},
		{Seq: 2, Time: exchange.Seconds(360), Received: exchange.Seconds(360), Interval: time.Minute, Kind: exchange.KindBar, Last: true, Matched: true, Instrument: 3,
			Open: 104, High: 107, Low: 103, Price: 105, Qty: 10, Count: 3},
		{Seq: 3, Time: exchange.Seconds(400), Received: exchange.Seconds(400), Kind: exchange.KindTrade, Last: true, Source: 1, Instrument: 1, Price: 5, Qty: 6,
			Side: exchange.Sell, TradeID: 8},
	}
	if d := cmp.Diff(want, drain(t, m)); d != "" {
		t.Error(d)
	}
}

func TestGapsAreCountedAndFilledOnlyWhenFlat(t *testing.T) {
	for _, c := range []struct {
		empty Empty
		want  string
	}{
		{Skip, "o0@0 b0*@60 o0@180 b0*@240 o0@240 b0*@300 o0@360 b0*@420"},
		{Flat, "o0@0 b0*@60 o0@60 b0*@120 o0@120 b0*@180 o0@180 b0*@240 o0@240 b0*@300 o0@300 b0*@360 o0@360 b0*@420"},
	} {
		m := merge(t, c.empty, Series{Interval: time.Minute, Bars: minuteBars(0, 3, 4, 6)})
		events := drain(t, m)
		if got := story(events); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.empty, got, c.want)
		}
		s := m.Summaries()[0]
		longest := Gap{From: Instant(exchange.Seconds(60)), To: Instant(exchange.Seconds(180)), Missing: 2}
		if s.Rows != 4 || s.Gaps != (Gaps{Places: 2, Missing: 3, Longest: longest}) || s.Last != Instant(exchange.Seconds(360)) {
			t.Errorf("%s: %+v", c.empty, s)
		}
		if c.empty == Flat {
			e := events[3] // of the first empty minute, after a close of 100
			if e.Open != 100 || e.High != 100 || e.Low != 100 || e.Price != 100 || e.Qty != 0 || e.Count != 0 {
				t.Errorf("a flat bar is %+v", e)
			}
		}
	}
}

func TestFlatBarsAreThoseOfKrakensFeed(t *testing.T) {
	// The recorded REST bars hold every minute; without the empty ones they are what
	// Kraken's files would have, and filling must bring them back.
	whole := restBars(t)
	var traded barList
	for _, b := range whole {
		if b.Count > 0 {
			traded = append(traded, b)
		}
	}
	i := slices.IndexFunc(whole, func(b Bar) bool { return b.Count > 0 })
	for _, e := range drain(t, merge(t, Flat, Series{Interval: time.Minute, Bars: &traded})) {
		if e.Kind != exchange.KindBar {
			continue
		}
		got := Bar{Time: e.Time.Add(-e.Interval), Open: e.Open, High: e.High, Low: e.Low, Close: e.Price, Volume: e.Qty, Count: e.Count}
		if got != whole[i] {
			t.Errorf("%+v, want %+v", got, whole[i])
		}
		i++
	}
	if empty := len(whole) - 505; empty != 216 || i < 700 {
		t.Errorf("%d bars compared", i)
	}
}

func TestSeriesOfOneKindGoOnOneAfterTheOther(t *testing.T) {
	bars := func(names string, l ...*barList) []Series {
		var out []Series
		for i, b := range l {
			out = append(out, Series{Name: names[i : i+1], Interval: time.Minute, Bars: b})
		}
		return out
	}
	parts := merge(t, Flat, bars("abc", minuteBars(1, 2), minuteBars(), minuteBars(4, 5))...)
	whole := merge(t, Flat, bars("w", minuteBars(1, 2, 4, 5))...)
	got, want := drain(t, parts), drain(t, whole)
	for i := range got {
		got[i].Source = 0
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	sums := parts.Summaries()
	if sums[0].Rows != 2 || sums[1].Rows != 0 || sums[2].Rows != 2 || sums[2].Gaps.Missing != 1 || !sums[2].Matched {
		t.Errorf("%+v", sums)
	}
	for _, wrong := range [][]Series{bars("ab", minuteBars(4, 5), minuteBars(1, 2)), bars("ab", minuteBars(1, 2), minuteBars(2, 3))} {
		m := merge(t, Skip, wrong...)
		var err error
		for e := (exchange.Event{}); err == nil; {
			err = m.Next(&e)
		}
		if !strings.Contains(err.Error(), "b: it begins at 1970-01-01T00:0") || !strings.Contains(err.Error(), "before the end of a; give files of one pair in order") {
			t.Error(err)
		}
	}

	first, second := realReader(t, "kraken/trades/BCHEUR.csv"), realReader(t, "kraken/trades/BCHEUR_next.csv")
	m := merge(t, Skip, Series{Name: "first", Trades: first}, Series{Name: "second", Trades: second})
	if n := len(drain(t, m)); n != 148+486 {
		t.Errorf("%d trades of two files, want 634", n)
	}
	m = merge(t, Skip, Series{Name: "second", Trades: realReader(t, "kraken/trades/BCHEUR_next.csv")}, Series{Name: "first", Trades: realReader(t, "kraken/trades/BCHEUR.csv")})
	var err error
	for e := (exchange.Event{}); err == nil; {
		err = m.Next(&e)
	}
	if !strings.Contains(err.Error(), "first: it begins at 2023-01-01T00:03:56Z, before the end of second") {
		t.Error(err)
	}
}

// broken gives some bars and then an error.
type broken struct {
	barList
	err error
}

func (b *broken) NextBar(to *Bar) error {
	if err := b.barList.NextBar(to); err != io.EOF {
		return err
	}
	return b.err
}

func TestAnErrorComesInItsPlaceAndStays(t *testing.T) {
	bad := errors.New("row 3 is bad")
	m := merge(t, Skip, Series{Interval: time.Minute, Bars: &broken{*minuteBars(0, 1), bad}})
	var e exchange.Event
	for i := range 4 {
		if err := m.Next(&e); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	for range 2 {
		if err := m.Next(&e); err != bad {
			t.Errorf("got %v", err)
		}
	}
}

func TestAFeedThatHasEndedStaysEnded(t *testing.T) {
	m := merge(t, Skip, Series{Interval: time.Minute, Bars: minuteBars(0)})
	drain(t, m)
	if err := m.Next(new(exchange.Event)); err != io.EOF {
		t.Error(err)
	}
}

func TestMergeRefusesWhatHasNoOrder(t *testing.T) {
	for _, c := range []struct {
		series []Series
		empty  Empty
		want   string
	}{
		{nil, Skip, "at least one"},
		{[]Series{{Name: "a", Interval: time.Minute}}, Skip, "either bars or trades"},
		{[]Series{{Name: "a", Bars: minuteBars()}}, Skip, "--interval"},
		{[]Series{{Name: "a", Bars: minuteBars(), Interval: time.Minute}}, "fill", "skip or flat"},
	} {
		if _, err := Merge(c.series, c.empty); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	m := merge(t, Skip, Series{Name: "x.csv", Interval: 2 * time.Minute, Bars: minuteBars(0, 1)})
	var err error
	for e := (exchange.Event{}); err == nil; {
		err = m.Next(&e)
	}
	if !strings.Contains(err.Error(), "x.csv: the bar at 1970-01-01T00:01:00Z opens before") {
		t.Error(err)
	}
}

// oneEvent is an event with what orders it.
type oneEvent struct {
	time          exchange.Stamp
	class, series int
	price         money.Price
}

// TestMergeEqualsASortOfEverything compares with a twin that holds all events and
// sorts them.
func TestMergeEqualsASortOfEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var series []Series
		var want []oneEvent
		for i := range rapid.IntRange(1, 5).Draw(rt, "series") {
			s := Series{Instrument: exchange.InstrumentID(i)}
			if rapid.Bool().Draw(rt, "trades") {
				l := tradeList(someTrades(rt))
				for k := range l {
					l[k].Time = floor(l[k].Time, 30*time.Second)
					want = append(want, oneEvent{l[k].Time, classTrade, i, l[k].Price})
				}
				s.Trades = &l
			} else {
				s.Interval = time.Duration(rapid.IntRange(1, 3).Draw(rt, "minutes")) * time.Minute
				var l barList
				at := exchange.Stamp(0)
				for k := range rapid.IntRange(0, 30).Draw(rt, "bars") {
					at = at.Add(s.Interval * time.Duration(1+rapid.IntRange(0, 2).Draw(rt, "gap")))
					p := money.Price(k + 1)
					l = append(l, Bar{Time: at, Open: p, High: p, Low: p, Close: p})
					want = append(want, oneEvent{at, classOpen, i, p}, oneEvent{at.Add(s.Interval), classClose, i, p})
				}
				s.Bars = &l
			}
			series = append(series, s)
		}
		slices.SortStableFunc(want, func(a, b oneEvent) int {
			if a.time != b.time {
				return int(a.time - b.time)
			}
			if a.class != b.class {
				return a.class - b.class
			}
			return a.series - b.series
		})
		got := drain(rt, merge(rt, Skip, series...))
		if len(got) != len(want) {
			rt.Fatalf("%d events, want %d", len(got), len(want))
		}
		for i, e := range got {
			g := oneEvent{e.Time, classTrade, int(e.Source), e.Price}
			switch e.Kind {
			case exchange.KindOpen:
				g.class, g.price = classOpen, e.Open
			case exchange.KindBar:
				g.class = classClose
			}
			if g != want[i] || e.Seq != uint64(i+1) || !e.Last || e.Received != e.Time || e.Detail != nil || e.Fee != 0 || e.Order != 0 {
				rt.Fatalf("event %d is %+v, want %+v", i, e, want[i])
			}
		}
	})
}

func TestMergingAllocatesNothingPerBar(t *testing.T) {
	m := merge(t, Flat, Series{Interval: time.Minute, Bars: &counted{n: 1 << 30}}, Series{Instrument: 1, Interval: time.Minute, Bars: &counted{n: 1 << 30}})
	var e exchange.Event
	if n := testing.AllocsPerRun(1000, func() {
		if err := m.Next(&e); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per event", n)
	}
}
