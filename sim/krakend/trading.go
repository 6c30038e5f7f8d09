package krakend

import (
	"slices"

	"breakwater/exchange"
)

func (c *core) callAddOrder(a *account, r *request) (any, error) {
	m, err := c.pair(r.params)
	if err != nil {
		return nil, err
	}
	o, err := c.addOrder(a, m, r.params)
	if err != nil {
		return nil, err
	}
	if o.txid == "" {
		return object{{"descr", o.words()}}, nil
	}
	return object{{"descr", o.words()}, {"txid", []string{o.txid}}}, nil
}

// addOrder places an order of AddOrder's fields, or with validate only checks it: then it
// has no txid.
func (c *core) addOrder(a *account, m *market, p params) (*order, error) {
	if err := c.engine(a, m.in.ID, 1, false); err != nil {
		return nil, err
	}
	o, err := c.readOrder(a, m, p)
	if err != nil {
		return nil, err
	}
	validate, err := p.flag("validate", false)
	switch {
	case err != nil:
		return nil, err
	case validate:
		return o, c.permitted(o)
	}
	return o, c.submit(o)
}

// words is what AddOrder answers of an order.
func (o *order) words() object {
	out := object{{"order", o.describe()}}
	if o.closing != "" {
		out = append(out, member{"close", o.closing})
	}
	return out
}

// permitted checks what the pair's mode and the cap on open orders let in.
func (c *core) permitted(o *order) error {
	modes := o.m.status
	switch {
	case modes == exchange.CancelOnlyMode, modes == exchange.Maintenance, modes == exchange.PostOnlyMode && !o.PostOnly,
		modes == exchange.LimitOnlyMode && !o.Type.HasLimit(), modes == exchange.ReduceOnlyMode && o.Side == exchange.Buy:
		return c.refusal(o.m, exchange.CodeMarketMode)
	}
	if o.account.Unlimited {
		return nil
	}
	n := c.venue.OpenOrders(o.account.id, o.m.in.ID)
	for _, x := range c.scheduled {
		if x.account == o.account && x.m == o.m {
			n++
		}
	}
	if n >= o.account.limits.openOrders {
		return errOrdersLimit
	}
	return nil
}

// submit places an order, or notes it for the time at which it starts.
func (c *core) submit(o *order) error {
	if err := c.permitted(o); err != nil {
		return err
	}
	o.account.nextID++
	o.ID = o.account.nextID
	c.enter(o)
	if o.starts != 0 {
		o.status = "pending"
		c.scheduled = append(c.scheduled, o)
		c.admitted(o, c.now)
		return nil
	}
	return c.hand(o)
}

// hand gives an order to the venue; one that it refuses leaves no trace.
func (c *core) hand(o *order) error {
	a := o.account
	a.refused = exchange.CodeNone
	o.status = ""
	c.venue.Submit(a.id, &o.Order)
	c.drain()
	if o.status == "" {
		c.forget(o)
		return c.refusal(o.m, a.refused)
	}
	return nil
}

// release hands a scheduled order over when its time has come.
func (c *core) release(o *order) {
	a := o.account
	a.refused = exchange.CodeNone
	o.status = ""
	o.changed = c.now
	c.venue.Submit(a.id, &o.Order)
	c.drain()
	if o.status == "" {
		c.end(o, "canceled", c.refusalText(o.m, a.refused), c.now)
	}
}

// unschedule takes a scheduled order back.
func (c *core) unschedule(o *order, reason string) {
	if i := slices.Index(c.scheduled, o); i >= 0 {
		c.scheduled = slices.Delete(c.scheduled, i, i+1)
	}
	c.end(o, "canceled", reason, c.now)
}

func (c *core) callAddOrderBatch(a *account, r *request) (any, error) {
	m, err := c.pair(r.params)
	if err != nil {
		return nil, err
	}
	items := r.items("orders")
	for _, p := range items {
		if r.has("deadline") {
			p["deadline"] = r.get("deadline")
		}
	}
	orders, err := c.readBatch(a, m, items)
	if err != nil {
		return nil, err
	}
	validate, err := r.flag("validate", false)
	if err != nil {
		return nil, err
	}
	rows := []object{}
	for _, o := range orders {
		row := object{{"descr", object{{"order", o.describe()}}}}
		if o.closing != "" {
			row = append(row, member{"close", o.closing})
		}
		if validate {
			err = c.permitted(o)
		} else {
			err = c.submit(o)
		}
		if err != nil {
			row = append(object{{"error", err.Error()}}, row...)
		} else if !validate {
			row = append(object{{"txid", o.txid}}, row...)
		}
		rows = append(rows, row)
	}
	return object{{"orders", rows}}, nil
}

// readBatch reads the orders of a batch: one that is wrong refuses all.
func (c *core) readBatch(a *account, m *market, items []params) ([]*order, error) {
	if len(items) < 2 || len(items) > 15 {
		return nil, invalid("orders")
	}
	if err := c.engine(a, m.in.ID, float64(len(items))/2, false); err != nil {
		return nil, err
	}
	orders := make([]*order, len(items))
	for i, p := range items {
		var err error
		if orders[i], err = c.readOrder(a, m, p); err != nil {
			return nil, err
		}
		for _, x := range orders[:i] {
			if x.clientID != "" && x.clientID == orders[i].clientID {
				return nil, errDuplicateClientID
			}
		}
	}
	return orders, nil
}

// working finds an open order of the account by txid or cl_ord_id.
func (c *core) working(a *account, p params) (*order, error) {
	if p.has("txid") == p.has("cl_ord_id") {
		return nil, invalid("txid")
	}
	if id := p.get("txid"); id != "" {
		if o := c.byTxid[id]; o != nil && o.account == a && o.ended == 0 {
			return o, nil
		}
		return nil, errUnknownOrder
	}
	if o := a.named[p.get("cl_ord_id")]; o != nil {
		return o, nil
	}
	return nil, errUnknownOrder
}
