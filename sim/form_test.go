package sim

import (
	"testing"

	"breakwater/exchange"
)

func TestArgumentsThatDoNotBelongTogetherAreInvalid(t *testing.T) {
	good := map[string]exchange.Order{
		"market":       buy(30),
		"cash":         {Type: exchange.Market, Side: exchange.Buy, Cash: 5000, CashStep: 2},
		"limit":        limit(exchange.Buy, 30, 9000),
		"iceberg":      {Type: exchange.Iceberg, Qty: 30, Price: 9000, Display: 2},
		"stop":         stop(exchange.Buy, 30, 11000),
		"stop-limit":   {Type: exchange.StopLossLimit, Qty: 30, Price: 11000, Trigger: 11000},
		"trail":        {Type: exchange.TrailingStop, Qty: 30, Trail: 50},
		"trail ppm":    {Type: exchange.TrailingStop, Qty: 30, TrailPPM: 50},
		"trail-limit":  {Type: exchange.TrailingStopLimit, Qty: 30, Trail: 50, LimitOffset: -3},
		"post-only":    {Type: exchange.Limit, Qty: 30, Price: 9000, PostOnly: true},
		"gtd":          {Type: exchange.Limit, Qty: 30, Price: 9000, TIF: exchange.GTD, Expire: t0 + 1},
		"reduce-only":  {Type: exchange.Limit, Side: exchange.Sell, Qty: 30, Price: 11000, ReduceOnly: true},
		"close":        {Type: exchange.Limit, Qty: 30, Price: 9000, Close: exchange.ConditionalClose{On: true, Type: exchange.StopLossLimit, Price: 8000, Trigger: 8000}},
		"close trails": {Type: exchange.Limit, Qty: 30, Price: 9000, Close: exchange.ConditionalClose{On: true, Type: exchange.TrailingStop, TrailPPM: 8000}},
	}
	for _, bad := range []struct {
		of    string
		spoil func(*exchange.Order)
	}{
		{"market", func(o *exchange.Order) { o.ID = 0 }},
		{"market", func(o *exchange.Order) { o.Side = 2 }},
		{"market", func(o *exchange.Order) { o.Type = 99 }},
		{"market", func(o *exchange.Order) { o.TIF = 4 }},
		{"market", func(o *exchange.Order) { o.STP = 3 }},
		{"market", func(o *exchange.Order) { o.Qty = 0 }},
		{"market", func(o *exchange.Order) { o.Qty = -1 }},
		{"market", func(o *exchange.Order) { o.Price = 1 }},
		{"market", func(o *exchange.Order) { o.Trigger = 1 }},
		{"market", func(o *exchange.Order) { o.Trail = 1 }},
		{"market", func(o *exchange.Order) { o.TrailPPM = 1 }},
		{"market", func(o *exchange.Order) { o.LimitOffset = 1 }},
		{"market", func(o *exchange.Order) { o.Display = 10 }},
		{"market", func(o *exchange.Order) { o.PostOnly = true }},
		{"market", func(o *exchange.Order) { o.TIF = exchange.FOK }},
		{"market", func(o *exchange.Order) { o.CashStep = 1 }},
		{"market", func(o *exchange.Order) { o.ReduceOnly = true }},
		{"cash", func(o *exchange.Order) { o.Cash = -1 }},
		{"cash", func(o *exchange.Order) { o.CashStep = -1 }},
		{"cash", func(o *exchange.Order) { o.Qty = 1 }},
		{"cash", func(o *exchange.Order) { o.Side = exchange.Sell }},
		{"cash", func(o *exchange.Order) { o.Type, o.Price = exchange.Limit, 1 }},
		{"limit", func(o *exchange.Order) { o.Price = 0 }},
		{"limit", func(o *exchange.Order) { o.Price = -1 }},
		{"limit", func(o *exchange.Order) { o.Expire = t0 + 1 }},
		{"iceberg", func(o *exchange.Order) { o.Display = 0 }},
		{"iceberg", func(o *exchange.Order) { o.Display = 1 }},
		{"iceberg", func(o *exchange.Order) { o.Display = 31 }},
		{"iceberg", func(o *exchange.Order) { o.Display = -1 }},
		{"iceberg", func(o *exchange.Order) { o.TIF = exchange.FOK }},
		{"stop", func(o *exchange.Order) { o.Trigger = 0 }},
		{"stop", func(o *exchange.Order) { o.Trigger = -1 }},
		{"stop", func(o *exchange.Order) { o.TIF = exchange.IOC }},
		{"stop-limit", func(o *exchange.Order) { o.Price = 0 }},
		{"trail", func(o *exchange.Order) { o.Trail = 0 }},
		{"trail", func(o *exchange.Order) { o.Trail = -1 }},
		{"trail", func(o *exchange.Order) { o.TrailPPM = 1 }},
		{"trail", func(o *exchange.Order) { o.Trigger = 1 }},
		{"trail", func(o *exchange.Order) { o.LimitOffset = 1 }},
		{"trail ppm", func(o *exchange.Order) { o.TrailPPM = -1 }},
		{"trail ppm", func(o *exchange.Order) { o.TrailPPM = 1_000_000 }},
		{"trail-limit", func(o *exchange.Order) { o.Price = 1 }},
		{"post-only", func(o *exchange.Order) { o.TIF = exchange.IOC }},
		{"gtd", func(o *exchange.Order) { o.Expire = t0 }},
		{"gtd", func(o *exchange.Order) { o.Expire = 0 }},
		{"reduce-only", func(o *exchange.Order) { o.Side = exchange.Buy }},
		{"close", func(o *exchange.Order) { o.Close.Type = exchange.Market }},
		{"close", func(o *exchange.Order) { o.Close.Type = 99 }},
		{"close", func(o *exchange.Order) { o.Close.Type = exchange.Iceberg }},
		{"close", func(o *exchange.Order) { o.Close.Price = 0 }},
		{"close", func(o *exchange.Order) { o.Close.Trigger = 0 }},
		{"close", func(o *exchange.Order) { o.Close.Trail = 1 }},
		{"close trails", func(o *exchange.Order) { o.Close.Trail = 1 }},
		{"close trails", func(o *exchange.Order) { o.Close.Price = 1 }},
		{"close trails", func(o *exchange.Order) { o.Close.Trigger = 1 }},
		{"close trails", func(o *exchange.Order) { o.Close.TrailPPM = 1_000_000 }},
	} {
		o := good[bad.of]
		o.ID = 1
		bad.spoil(&o)
		if code := entryOf(t, o); code != exchange.CodeInvalid {
			t.Errorf("%s, spoilt: %+v is answered with %q", bad.of, o, code)
		}
	}
	for name, o := range good {
		o.ID = 1
		if code := entryOf(t, o); code != exchange.CodeNone {
			t.Errorf("%s is answered with %q", name, code)
		}
	}
}

// entryOf is the first answer to an order.
func entryOf(t *testing.T, o exchange.Order) exchange.Code {
	t.Helper()
	v := two(t, IdealModel())
	v.AdvanceTo(t0)
	v.Submit(0, &o)
	var ev exchange.Event
	if !v.Take(0, &ev) || (ev.State == exchange.Rejected) != (ev.Code != exchange.CodeNone) {
		t.Fatalf("first answer: %+v", ev)
	}
	return ev.Code
}

func TestIdOfAnOpenOrderIsNotTakenTwice(t *testing.T) {
	f := newFloor(t, 2)
	f.send(0, limit(exchange.Buy, 1, 9000))
	f.ids = 0
	f.send(0, limit(exchange.Buy, 1, 9000))
	f.said(0, "1 rejected: Invalid arguments")
	f.ids = 0
	f.send(1, limit(exchange.Buy, 1, 9000)) // another account's ids are its own
	f.said(1)
}
