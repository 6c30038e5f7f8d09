package reports

import (
	"bufio"
	"bytes"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func drawFill(t *rapid.T) Fill {
	return Fill{
		Time:  exchange.Stamp(rapid.OneOf(rapid.Int64(), rapid.Map(rapid.Int64Range(0, 2e9), func(s int64) int64 { return s * 1e9 })).Draw(t, "time")),
		Order: exchange.OrderID(rapid.Uint64().Draw(t, "order")), Price: money.Price(rapid.Int64().Draw(t, "price")),
		Qty: money.Qty(rapid.Int64().Draw(t, "qty")), Cost: money.Amount(rapid.Int64().Draw(t, "cost")), Fee: money.Amount(rapid.Int64().Draw(t, "fee")),
		Instrument: exchange.InstrumentID(rapid.Int32().Draw(t, "instrument")), FeeAsset: exchange.AssetID(rapid.Int32Range(-1, 2).Draw(t, "asset")),
		Slot: exchange.SlotID(rapid.Int32Range(0, 2).Draw(t, "slot")), Side: exchange.Side(rapid.IntRange(0, 1).Draw(t, "side")),
		Liquidity: exchange.Liquidity(rapid.IntRange(0, 1).Draw(t, "liquidity")), Type: exchange.OrderType(rapid.Uint8().Draw(t, "type")),
	}
}

func TestPackedFillsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(drawFill), 0, 200).Draw(t, "fills")
		var l Fills
		for i := range want {
			l.push(&want[i])
		}
		n := 0
		for i, f := range l.All() {
			if i != n || *f != want[i] {
				t.Fatalf("fill %d came back as %+v; want %+v", i, *f, want[n])
			}
			n++
		}
		if n != len(want) || l.Len() != n {
			t.Fatalf("%d of %d fills came back; Len says %d", n, len(want), l.Len())
		}
	})
}

func TestFillsFillChunksWithoutLosingOne(t *testing.T) {
	var l Fills
	for i := range 100_000 {
		l.push(&Fill{Time: exchange.Seconds(int64(i) * 60), Order: exchange.OrderID(i), Price: money.Price(300_000 + i%1000), Qty: 12_345_678, Cost: 3_700_000_000, Fee: 9_620_000})
	}
	if len(l.chunks) < 10 {
		t.Fatalf("only %d chunks", len(l.chunks))
	}
	bytes := 0
	for _, c := range l.chunks {
		bytes += cap(c)
	}
	if bytes > 26*l.Len() {
		t.Errorf("%d bytes for %d fills; want about 22 each", bytes, l.Len())
	}
	n := 0
	for i, f := range l.All() {
		if f.Order != exchange.OrderID(i) || i != n {
			t.Fatalf("fill %d is of order %d", i, f.Order)
		}
		n++
	}
	if n != 100_000 {
		t.Errorf("%d fills came back; want 100,000", n)
	}
}

func TestRowsHaveTheDigitsOfMoneyAndTheTimesOfRFC3339(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, -1, 1, math.MinInt64, math.MaxInt64, 100})).Draw(t, "v")
		decimals := rapid.Uint8Range(0, money.MaxDecimals).Draw(t, "decimals")
		second := rapid.Int64Range(-5e9, 9e9).Draw(t, "second")
		nanos := rapid.SampledFrom([]int64{0, 0, 1, 500_000_000}).Draw(t, "nanos")
		var b bytes.Buffer
		w := &rowWriter{w: bufio.NewWriter(&b)}
		w.decimal(v, decimals)
		w.time(exchange.Stamp(second*1e9 + nanos))
		w.time(exchange.Stamp(second * 1e9))
		want := money.Format(v, decimals) + "," + time.Unix(second, nanos).UTC().Format(time.RFC3339Nano) + "," + time.Unix(second, 0).UTC().Format(time.RFC3339Nano)
		if string(w.row) != want {
			t.Fatalf("%s; want %s", w.row, want)
		}
	})
}
