package exchangetest

import (
	"strings"
	"testing"

	"breakwater/exchange"
)

// The witness catches each broken promise that it is there for.
func TestWitnessCatchesWhatIsWrong(t *testing.T) {
	ack := exchange.Event{Kind: exchange.KindOrder, Order: 1, State: exchange.Working, Time: 1}
	fill := exchange.Event{Kind: exchange.KindFill, Order: 1, State: exchange.Working, Qty: 4, Price: 9, TradeID: 1, Remaining: 6, Time: 2}
	full := fill
	full.Qty, full.Remaining, full.State, full.TradeID = 10, 0, exchange.Filled, 2
	with := func(ev exchange.Event, change func(*exchange.Event)) exchange.Event {
		change(&ev)
		return ev
	}
	cancelled := with(ack, func(ev *exchange.Event) { ev.State, ev.Op = exchange.Cancelled, exchange.OpCancel })
	for want, events := range map[string][]exchange.Event{
		"":                      {ack, fill, cancelled},
		"which is pending":      {fill},
		"told twice":            {ack, fill, fill},
		"fills of 14":           {ack, fill, full},
		"6 remaining":           {ack, with(full, func(ev *exchange.Event) { ev.Remaining = 6 })},
		"which is filled":       {ack, full, fill},
		"filled to cancelled":   {ack, full, cancelled},
		"acknowledged twice":    {ack, ack},
		"pending to absent":     {with(ack, func(ev *exchange.Event) { ev.State = exchange.Absent })},
		"nobody submitted":      {with(ack, func(ev *exchange.Event) { ev.Order = 2 })},
		"comes after":           {ack, with(ack, func(ev *exchange.Event) { ev.Time = 0 })},
		"says cancelled":        {ack, with(fill, func(ev *exchange.Event) { ev.State = exchange.Cancelled })},
		"of 0 at 9":             {ack, with(fill, func(ev *exchange.Event) { ev.Qty = 0 })},
		"\"Unknown order\"":     {ack, with(ack, func(ev *exchange.Event) { ev.Code = exchange.CodeUnknownOrder })},
		"order 3, which nobody": {with(fill, func(ev *exchange.Event) { ev.Order = 3 })},
	} {
		w := NewWitness()
		w.Submitted(&exchange.Order{ID: 1, Qty: 10})
		var err error
		for i := range events {
			if events[i].Time == 1 && i > 0 && events[i].State != exchange.Working {
				events[i].Time = 3
			}
			if err = w.See(&events[i]); err != nil {
				break
			}
		}
		switch {
		case want == "" && err != nil:
			t.Errorf("a good story is refused: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
