package krakend

import (
	"slices"
	"strconv"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func (c *core) callAmendOrder(a *account, r *request) (any, error) {
	id, _, err := c.amendOrder(a, r.params)
	if err != nil {
		return nil, err
	}
	return object{{"amend_id", id}}, nil
}

// amendOrder changes an order in place. id is the amendment's.
func (c *core) amendOrder(a *account, p params) (id string, o *order, err error) {
	if o, err = c.working(a, p); err != nil {
		return "", nil, err
	}
	if err := c.engine(a, o.m.in.ID, 1+amendPenalty.of(c.now.Sub(o.changed)), false); err != nil {
		return "", nil, err
	}
	if o.starts != 0 && o.status == "pending" || o.Close.On || o.viqc {
		return "", nil, errNotEditable
	}
	change, err := c.readAmend(o, p)
	if err != nil {
		return "", nil, err
	}
	if len(o.amends) == 0 {
		o.note("original", c.ids.next('T'), o.opened)
	}
	a.refused, a.change = exchange.CodeNone, change
	before := o.Price
	c.venue.Amend(a.id, change)
	c.drain()
	if a.refused != exchange.CodeAmended {
		return "", nil, c.refusal(o.m, a.refused)
	}
	o.changed = c.now
	if !slices.Contains(o.misc, "amended") {
		o.misc = append(o.misc, "amended")
	}
	o.m.touch(o.Side, before, c.now)
	o.m.touch(o.Side, o.Price, c.now)
	id = c.ids.next('T')
	o.note("user", id, c.now)
	return id, o, nil
}

// readAmend reads the fields of AmendOrder; a relative price counts from the last trade.
func (c *core) readAmend(o *order, p params) (*exchange.Amend, error) {
	change := &exchange.Amend{Order: o.ID}
	m := o.m
	for _, f := range []struct {
		name string
		to   *money.Qty
	}{{"order_qty", &change.Qty}, {"display_qty", &change.Display}} {
		if !p.has(f.name) {
			continue
		}
		v, ok := quantity(p.get(f.name), m.in.LotDecimals)
		if !ok {
			return nil, invalid(f.name)
		}
		*f.to = money.Qty(v)
	}
	var err error
	if p.has("limit_price") {
		if change.Price, err = m.readPrice(p.get("limit_price"), o.Side == exchange.Sell, m.last(), "limit_price"); err != nil {
			return nil, err
		}
	}
	if p.has("trigger_price") {
		stop := o.Type == exchange.StopLoss || o.Type == exchange.StopLossLimit
		if change.Trigger, err = m.readPrice(p.get("trigger_price"), stop == (o.Side == exchange.Buy), m.last(), "trigger_price"); err != nil {
			return nil, err
		}
	}
	if *change == (exchange.Amend{Order: o.ID}) {
		return nil, errNothingToAmend
	}
	post, err := p.flag("post_only", false)
	if err != nil {
		return nil, err
	}
	if (post || o.PostOnly) && change.Price != 0 && c.wouldTake(o, change.Price) {
		return nil, errPostOnly
	}
	change.Deadline, err = c.deadline(p)
	return change, err
}

// wouldTake reports whether an order at p would meet the other side of the book.
func (c *core) wouldTake(o *order, p money.Price) bool {
	bid, ask := c.venue.Top(o.m.in.ID)
	if o.Side == exchange.Buy {
		return ask != 0 && p >= ask
	}
	return bid != 0 && p <= bid
}

// apply writes an amendment into the record: before what the changed order meets.
func (o *order) apply(a *exchange.Amend) {
	if a.Qty != 0 {
		o.Qty = a.Qty
	}
	if a.Display != 0 {
		o.Display = a.Display
	}
	if a.Price != 0 {
		o.Price = a.Price
	}
	if a.Trigger != 0 {
		o.Trigger = a.Trigger
	}
}

// note adds a row to the order's amendments.
func (o *order) note(kind, id string, at exchange.Stamp) {
	reason := ""
	if kind == "user" {
		reason = "User requested"
	}
	o.amends = append(o.amends, amendment{
		id: id, kind: kind, reason: reason, qty: o.Qty, remaining: o.remaining(), display: o.Display, limit: o.Price, trigger: o.Trigger, postOnly: o.PostOnly, at: at,
	})
}

// callEditOrder cancels an order and places one with the new fields; fills stay with the
// old one.
func (c *core) callEditOrder(a *account, r *request) (any, error) {
	m, err := c.pair(r.params)
	if err != nil {
		return nil, err
	}
	old, o, err := c.readEdit(a, m, r.params)
	if err != nil {
		return nil, err
	}
	if validate, err := r.flag("validate", false); err != nil || validate {
		return object{{"status", "ok"}, {"descr", o.words()}}, err
	}
	c.cancel(old, "Order replaced")
	first, second := o.prices()
	out := object{
		{"status", "ok"}, {"txid", ""}, {"originaltxid", old.txid}, {"volume", o.m.qty(o.Qty)}, {"price", first}, {"price2", second}, {"orders_cancelled", 1},
	}
	if o.hasRef {
		out = append(out, member{"newuserref", strconv.FormatInt(o.userref, 10)})
	}
	if old.hasRef {
		out = append(out, member{"olduserref", strconv.FormatInt(old.userref, 10)})
	}
	if err := c.submit(o); err != nil {
		out[0].value = "err"
		return append(out, member{"descr", o.words()}, member{"error_message", err.Error()}), nil
	}
	out[1].value = o.txid
	return append(out, member{"descr", o.words()}), nil
}

// readEdit finds the order that is to be replaced and reads the one that replaces it.
func (c *core) readEdit(a *account, m *market, p params) (old, o *order, err error) {
	if !p.has("txid") {
		return nil, nil, invalid("txid")
	}
	old = c.byTxid[p.get("txid")]
	if old == nil || old.account != a || old.m != m || old.ended != 0 {
		return nil, nil, errUnknownOrder
	}
	if err := c.engine(a, m.in.ID, 1+editPenalty.of(c.now.Sub(old.changed)), false); err != nil {
		return nil, nil, err
	}
	if old.Close.On || old.viqc {
		return nil, nil, errNotEditable
	}
	o, err = c.readOrder(a, m, edited(old, p))
	return old, o, err
}

// edited are the fields of an order with those that EditOrder changes.
func edited(old *order, r params) params {
	first, second := old.prices()
	p := params{
		"ordertype": old.Type.String(), "type": old.Side.String(), "volume": old.m.qty(old.remaining()), "price": first, "price2": second, "deadline": r.get("deadline"),
		"timeinforce": old.TIF.String(), "stptype": [...]string{"cancel-newest", "cancel-oldest", "cancel-both"}[old.STP],
	}
	if old.Expire != 0 {
		p["expiretm"] = strconv.FormatInt(old.Expire.Time().Unix(), 10)
	}
	if old.Display != 0 {
		p["displayvol"] = old.m.qty(min(old.Display, old.remaining()))
	}
	if old.PostOnly {
		p["oflags"] = "post"
	}
	for _, name := range []string{"volume", "price", "price2", "displayvol", "oflags", "userref"} {
		if r.has(name) {
			p[name] = r.get(name)
		}
	}
	return p
}
