package sim

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/exchangetest"
)

func TestReplayIsAnExchange(t *testing.T) {
	var _ exchange.Waker = (*Replay)(nil)
	for name, model := range map[string]Model{"default": DefaultModel(), "ideal": IdealModel(), "slow": {Latency: 3 * time.Minute}} {
		for feed, play := range map[string]func(*list, int){
			"bars":   func(l *list, i int) { l.bar(i, 10000, 10100, 9900, 10000, 100*one) },
			"trades": func(l *list, i int) { l.trade(time.Duration(i)*time.Second, 10000, 100*one) },
		} {
			t.Run(name+" on "+feed, func(t *testing.T) {
				exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
					feed := new(list)
					for i := range 400 {
						play(feed, i)
					}
					r := start1(t, model, KrakenFees(), feed)
					return exchangetest.Fixture{Exchange: r.Replay, Instrument: r.venue.markets[0].in, Price: 10000, Qty: one / 100}
				})
			})
		}
	}
}
