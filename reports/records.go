package reports

import (
	"slices"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Record keeps what the reports need of a record; durable means nothing to it. It never
// fails.
func (c *Collector) Record(r *risk.Record, _ bool) error {
	switch r.Type {
	case risk.RecIntent:
		c.run.Orders.Approved++
		o := r.Order
		c.orders[o.ID] = order{decision: o.Decision, slot: o.Slot, kind: o.Type, purpose: o.Purpose, at: o.TIF == exchange.IOC || o.TIF == exchange.FOK}
	case risk.RecFill:
		c.fill(r.Event)
	case risk.RecOrder:
		c.outcome(r.Event)
	case risk.RecDenial:
		c.denial(r, 1)
	case risk.RecDenials:
		c.denial(r, r.Count)
	case risk.RecAmend:
		c.run.Orders.Amended++
	case risk.RecCancel:
		c.run.Orders.CancelAsked++
	case risk.RecLevel:
		c.level(r)
	case risk.RecDayStart:
		c.run.Guard.TradingDays++
	case risk.RecStart:
		c.run.Guard.Text, c.run.Guard.Facts = r.Text, r.Facts
	case risk.RecNote:
		c.note(r.Time, r.Text)
	}
	return nil
}

func (c *Collector) fill(ev *exchange.Event) {
	o, known := c.orders[ev.Order]
	if !known {
		if o, known = c.ended[ev.Order]; !known {
			o.kind = noType
		}
	}
	if ev.State == exchange.Filled {
		delete(c.orders, ev.Order)
	}
	f := Fill{
		Time: ev.Time, Order: ev.Order, Price: ev.Price, Qty: ev.Qty, Cost: ev.Cost, Fee: ev.Fee,
		Instrument: ev.Instrument, FeeAsset: ev.FeeAsset, Slot: o.slot,
		Side: ev.Side, Liquidity: ev.Liquidity, Type: o.kind,
	}
	c.run.Fills.push(&f)
	in := &c.run.Catalog.Instruments[ev.Instrument]
	if c.close[in.ID] == 0 {
		c.close[in.ID] = ev.Price // a fill before the first mark
	}
	c.count(in, &f, o.decision)
	p := c.position(int(f.Slot), in.ID)
	wasOpen := p.open
	if f.Side == exchange.Sell {
		p.why, p.at = o.purpose, o.at
	}
	closed := p.fill(c, in, &f)
	switch {
	case closed:
		c.open = slices.DeleteFunc(c.open, func(o *position) bool { return o == p })
		c.bookTrip(in, &p.trip)
	case p.open && !wasOpen:
		c.open = append(c.open, p)
	}
}

// count adds a fill to the totals of its instrument and of the account.
func (c *Collector) count(in *exchange.Instrument, f *Fill, decision money.Price) {
	fee := f.Fee
	if f.FeeAsset == in.Base {
		fee = c.quoteOf(in, f.Fee, f.Price)
	}
	var lost money.Amount
	if decision > 0 && f.Type == exchange.Market {
		worse := f.Price - decision
		if f.Side == exchange.Sell {
			worse = -worse
		}
		lost, _ = in.Cost(worse, f.Qty, money.Half)
	}
	c.totals[in.ID].add(f, f.Cost, fee, lost)
	cost := f.Cost
	if in.Quote != c.run.Currency {
		cost, fee, lost = c.inCurrency(in.Quote, cost), c.inCurrency(in.Quote, fee), c.inCurrency(in.Quote, lost)
	}
	c.run.Total.add(f, cost, fee, lost)
	s := c.slot(f.Slot)
	s.Fills++
	s.Fees += fee
}

func (s *Subtotal) add(f *Fill, cost, fee, lost money.Amount) {
	s.Fills++
	s.Makers += int64(f.Liquidity & 1)
	s.Volume += cost
	s.Fees += fee
	s.Shortfall += lost
}

func (c *Collector) slot(id exchange.SlotID) *SlotTotal {
	for int(id) >= len(c.slots) {
		c.slots = append(c.slots, SlotTotal{Slot: exchange.SlotID(len(c.slots))})
	}
	return &c.slots[id]
}

// bookTrip keeps a finished or marked trip.
func (c *Collector) bookTrip(in *exchange.Instrument, t *RoundTrip) {
	t.Net = c.inCurrency(in.Quote, t.PnL)
	slot := c.slot(exchange.SlotID(t.Slot))
	slot.Net += t.Net
	if !t.Open {
		slot.Trips++
		c.totals[in.ID].Trips++
		c.run.Total.Trips++
		switch {
		case t.Net > 0:
			c.run.Won.add(t.Net)
		case t.Net < 0:
			c.run.Lost.add(t.Net)
		}
	}
	c.totals[in.ID].PnL += t.PnL
	c.run.Total.PnL += t.Net
	c.run.Trips.push(t)
}

func (c *Collector) position(slot int, in exchange.InstrumentID) *position {
	for slot >= len(c.positions) {
		c.positions = append(c.positions, make([]*position, len(c.totals)))
	}
	p := &c.positions[slot][in]
	if *p == nil {
		*p = &position{}
	}
	return *p
}

func (c *Collector) outcome(ev *exchange.Event) {
	if ev.Op == exchange.OpAmend {
		return
	}
	switch ev.State {
	case exchange.Cancelled:
		c.run.Orders.Cancelled++
		c.cancelled[ev.Code]++
	case exchange.Expired:
		c.run.Orders.Expired++
	case exchange.Rejected:
		c.run.Orders.Rejected++
		c.rejected[ev.Code]++
	default:
		return
	}
	if o, known := c.orders[ev.Order]; known {
		if len(c.ended) >= endedMax {
			clear(c.ended)
		}
		c.ended[ev.Order] = o
		delete(c.orders, ev.Order)
	}
}

// denial takes a denial, or so many with the last one's reasons.
func (c *Collector) denial(r *risk.Record, n int64) {
	c.run.Guard.Denied += n
	for i := range r.Reasons {
		reason := &r.Reasons[i]
		if slices.ContainsFunc(r.Reasons[:i], func(o risk.Reason) bool { return o.Control == reason.Control }) {
			continue // a control denies an order once, whatever it has against it
		}
		d := &c.denials[reason.Control]
		if d.Count == 0 {
			d.First, d.Reason, d.Example = r.Time, *reason, reason.String()
		}
		d.Count += n
		d.Last = r.Time
	}
}

func (c *Collector) level(r *risk.Record) {
	g := &c.run.Guard
	g.LevelChanges++
	g.Worst = max(g.Worst, r.Level)
	g.stop(r)
	to := r.Level
	switch {
	case r.Lift:
		g.Last = to
	case r.Scope == risk.Global:
		to = max(to, r.From) // another latch may be the stricter one
		g.Last = to
	}
	if len(g.Levels) < levelsMax {
		l := LevelChange{Time: r.Time, From: r.From, To: to, Lift: r.Lift, Scope: r.Scope, Control: r.Control, Cause: r.Text, Equity: r.Equity}
		switch r.Scope {
		case risk.ByPair:
			l.Of = c.run.Catalog.Instruments[r.Instrument].Symbol
		case risk.BySlot:
			l.slot = r.Slot
		}
		g.Levels = append(g.Levels, l)
	}
}

func (c *Collector) note(t exchange.Stamp, text string) {
	for i := range c.run.Notes {
		if n := &c.run.Notes[i]; n.Text == text {
			n.Count++
			return
		}
	}
	if len(c.run.Notes) < notesMax {
		c.run.Notes = append(c.run.Notes, Note{Time: t, Text: text, Count: 1})
	}
}

func (o *Outcomes) add(v money.Amount) {
	o.Count++
	o.Net += v
}
