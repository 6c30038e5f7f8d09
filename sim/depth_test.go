package sim

import (
	"slices"
	"testing"

	"breakwater/exchange"
)

func TestDepthShowsWhatRestsBestFirstAndHidesWhatIcebergsHide(t *testing.T) {
	rich := Deposits{{Asset: usd, Total: 100_000_000}, {Asset: xbt, Total: 10_000_000_000}}
	v, err := NewVenue(Config{Catalog: catalog(t), Fees: FixedFees(0, 0), Accounts: []Deposits{rich}, BookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	iceberg := limit(exchange.Sell, 30, 10100)
	iceberg.Type, iceberg.Display = exchange.Iceberg, 4
	for i, o := range []exchange.Order{limit(exchange.Sell, 10, 10200), limit(exchange.Sell, 5, 10100), iceberg, limit(exchange.Buy, 7, 9900), limit(exchange.Buy, 8, 9800), stop(exchange.Sell, 1, 9000)} {
		o.ID = exchange.OrderID(i + 1)
		v.Submit(0, &o)
	}
	for _, c := range []struct {
		side exchange.Side
		n    int
		want []Level
	}{
		{exchange.Sell, 9, []Level{{10100, 9}, {10200, 10}}},
		{exchange.Sell, 1, []Level{{10100, 9}}},
		{exchange.Buy, 9, []Level{{9900, 7}, {9800, 8}}},
		{exchange.Buy, 0, nil},
	} {
		if net := v.Net(xbt); net != 0 {
			t.Errorf("the books net to %d", net)
		}
		if got := v.Depth(0, c.side, c.n, nil); !slices.Equal(got, c.want) {
			t.Errorf("%v %d: %v, want %v", c.side, c.n, got, c.want)
		}
	}
	if q, none := v.At(0, exchange.Sell, 10100), v.At(0, exchange.Sell, 10150); q != 9 || none != 0 {
		t.Errorf("%d at 10100 and %d at 10150, want 9 and 0", q, none)
	}
	if got, want := v.Queue(0, exchange.Sell, 10100, nil), []Resting{{0, 2, 5}, {0, 3, 4}}; !slices.Equal(got, want) {
		t.Errorf("the queue at 10100 is %v, want %v", got, want)
	}
}
