package krakend

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// audit checks what must hold at any time: the books net to zero, the ledger that clients
// see ends at their balances, no order is filled beyond its size, and a trade has two
// sides at most, one for each account.
func (c *core) audit() error {
	for i := range c.catalog.Assets {
		asset := exchange.AssetID(i)
		if net := c.venue.Net(asset); net != 0 {
			return fmt.Errorf("the books of %s net to %d", c.catalog.Assets[i].Name, net)
		}
		for _, a := range c.accounts {
			if b := c.venue.Balance(a.id, asset); b.Total != a.total[i] || b.Total < 0 || b.Hold < 0 || b.Hold > b.Total {
				return fmt.Errorf("%s: %s is %+v at the venue, %d in the ledger", a.Name, c.catalog.Assets[i].Name, b, a.total[i])
			}
		}
	}
	type side struct {
		pair  exchange.InstrumentID
		id    int64
		maker bool
	}
	seen := map[side]bool{}
	for _, a := range c.accounts {
		for _, f := range a.fills {
			k := side{f.order.m.in.ID, f.tradeID, f.maker}
			if seen[k] || f.tradeID == 0 {
				return fmt.Errorf("%s: trade %+v comes twice, or has no number", a.Name, k)
			}
			seen[k] = true
		}
		for _, o := range a.open {
			if !o.viqc && o.filled >= o.Qty || o.ended != 0 {
				return fmt.Errorf("%s: open order %s has %d filled of %d, status %s", a.Name, o.txid, o.filled, o.Qty, o.status)
			}
		}
		for _, o := range a.closed {
			sum := money.Qty(0)
			for _, f := range o.fills {
				sum += f.qty
			}
			if sum != o.filled || !o.viqc && o.filled > o.Qty || o.status == "closed" && !o.viqc && o.filled != o.Qty {
				return fmt.Errorf("%s: order %s is %s with %d filled of %d by trades of %d", a.Name, o.txid, o.status, o.filled, o.Qty, sum)
			}
		}
	}
	for i := range c.markets {
		m := &c.markets[i]
		for k := 1; k < len(m.tape); k++ {
			if m.tape[k].id != m.tape[k-1].id+1 || m.tape[k].at <= m.tape[k-1].at {
				return fmt.Errorf("%s: the tape breaks at trade %d", m.id, m.tape[k].id)
			}
		}
		if w := m.crowd; w != nil {
			for side := range w.quotes {
				if len(w.quotes[side]) > crowdOrders+1 {
					return fmt.Errorf("%s: the crowd has %d orders on a side", m.id, len(w.quotes[side]))
				}
			}
		}
	}
	return nil
}
