package reports

import (
	"encoding/json"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestChartOfANearlyLostAccountGoesOnToItsEnd(t *testing.T) {
	m := newMarket(t, "100", newYear, time.Hour, 0)
	m.bar(1_000_000, 1_000_000, 1_000_000, 1_000_000)
	m.fill(exchange.Buy, exchange.Market, 100_000, 1_000_000) // 0.001 XBT at 100,000.0
	for _, p := range []money.Price{1_000_000, 500_000, 1_000, 40, 20} {
		m.bar(p, p, p, p)
	}
	r := m.c.Finish()
	for _, o := range r.chartOptions() {
		if o.Name != "equity" {
			continue
		}
		var v struct {
			Series []struct {
				Name string
				Data []struct{ Value [2]float64 }
			}
		}
		if err := json.Unmarshal([]byte(o.JSON), &v); err != nil {
			t.Fatal(err)
		}
		for _, s := range v.Series {
			if last := s.Data[len(s.Data)-1].Value[1]; s.Name == "equity" && last != 0.002 {
				t.Errorf("the curve ends at %v, want 0.002", last)
			}
		}
		return
	}
	t.Error("no chart of the equity")
}
