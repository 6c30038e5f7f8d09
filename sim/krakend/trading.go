package krakend

import (
	"slices"
	"strconv"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func (c *core) callAddOrder(a *account, r *request) (any, error) {
	m, err := c.pair(r.params)
	if err != nil {
		return nil, err
	}
	if err := c.engine(a, m.in.ID, 1, false); err != nil {
		return nil, err
	}
	o, err := c.readOrder(a, m, r.params)
	if err != nil {
		return nil, err
	}
	validate, err := r.flag("validate", false)
	if err != nil {
		return nil, err
	}
	if validate {
		return object{{"descr", o.words()}}, c.permitted(o)
	}
	if err := c.submit(o); err != nil {
		return nil, err
	}
	return object{{"descr", o.words()}, {"txid", []string{o.txid}}}, nil
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
	n := 0
	for _, x := range o.account.open {
		if x.m == o.m {
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
	if len(items) < 2 || len(items) > 15 {
		return nil, invalid("orders")
	}
	if err := c.engine(a, m.in.ID, float64(len(items))/2, false); err != nil {
		return nil, err
	}
	validate, err := r.flag("validate", false)
	if err != nil {
		return nil, err
	}
	orders := make([]*order, len(items))
	for i, p := range items {
		if r.has("deadline") {
			p["deadline"] = r.get("deadline")
		}
		if orders[i], err = c.readOrder(a, m, p); err != nil {
			return nil, err
		}
		for _, x := range orders[:i] {
			if x.clientID != "" && x.clientID == orders[i].clientID {
				return nil, errDuplicateClientID
			}
		}
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

func (c *core) callAmendOrder(a *account, r *request) (any, error) {
	o, err := c.working(a, r.params)
	if err != nil {
		return nil, err
	}
	if err := c.engine(a, o.m.in.ID, 1+amendPenalty.of(c.now.Sub(o.changed)), false); err != nil {
		return nil, err
	}
	if o.starts != 0 && o.status == "pending" || o.Close.On || o.viqc {
		return nil, errNotEditable
	}
	change, err := c.readAmend(o, r.params)
	if err != nil {
		return nil, err
	}
	if len(o.amends) == 0 {
		o.note("original", c.ids.next('T'), o.opened)
	}
	a.refused, a.change = exchange.CodeNone, change
	before := o.Price
	c.venue.Amend(a.id, change)
	c.drain()
	if a.refused != exchange.CodeAmended {
		return nil, c.refusal(o.m, a.refused)
	}
	o.changed = c.now
	if !slices.Contains(o.misc, "amended") {
		o.misc = append(o.misc, "amended")
	}
	o.m.touch(o.Side, before, c.now)
	o.m.touch(o.Side, o.Price, c.now)
	id := c.ids.next('T')
	o.note("user", id, c.now)
	return object{{"amend_id", id}}, nil
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
	if !r.has("txid") {
		return nil, invalid("txid")
	}
	old := c.byTxid[r.get("txid")]
	if old == nil || old.account != a || old.m != m || old.ended != 0 {
		return nil, errUnknownOrder
	}
	if err := c.engine(a, m.in.ID, 1+editPenalty.of(c.now.Sub(old.changed)), false); err != nil {
		return nil, err
	}
	if old.Close.On || old.viqc {
		return nil, errNotEditable
	}
	o, err := c.readOrder(a, m, edited(old, r.params))
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

// cancel takes one order off the venue.
func (c *core) cancel(o *order, reason string) {
	if o.status == "pending" {
		c.unschedule(o, reason)
		return
	}
	c.venue.Cancel(o.account.id, o.ID)
	c.drain()
	if o.ended != 0 {
		o.reason = reason
	}
}

// cancelCosting cancels with the penalty of the engine's limiter.
func (c *core) cancelCosting(o *order, always bool) error {
	if err := c.engine(o.account, o.m.in.ID, cancelPenalty.of(c.now.Sub(o.changed)), always); err != nil {
		return err
	}
	c.cancel(o, "User requested")
	if o.ended == 0 {
		return c.refusal(o.m, o.account.refused)
	}
	return nil
}

// called are the account's open orders by a txid or, where it is a number, a userref.
func (a *account) called(c *core, id string) []*order {
	if o := c.byTxid[id]; o != nil && o.account == a && o.ended == 0 {
		return []*order{o}
	}
	ref, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	var out []*order
	for _, o := range a.open {
		if o.hasRef && o.userref == ref {
			out = append(out, o)
		}
	}
	return out
}

func (c *core) callCancelOrder(a *account, r *request) (any, error) {
	var orders []*order
	switch {
	case r.has("txid") && !r.has("cl_ord_id"):
		orders = a.called(c, r.get("txid"))
	case r.has("cl_ord_id") && !r.has("txid"):
		if o, err := c.working(a, r.params); err == nil {
			orders = []*order{o}
		}
	default:
		return nil, invalid("txid")
	}
	if len(orders) == 0 {
		return nil, errUnknownOrder
	}
	for _, o := range orders {
		if err := c.cancelCosting(o, false); err != nil {
			return nil, err
		}
	}
	return object{{"count", len(orders)}}, nil
}

func (c *core) callCancelOrderBatch(a *account, r *request) (any, error) {
	ids := r.list("orders")
	for _, p := range r.items("orders") {
		ids = append(ids, p.get("txid"))
	}
	clients := r.items("cl_ord_ids")
	if n := len(ids) + len(clients); n == 0 || n > 50 {
		return nil, invalid("orders")
	}
	var orders []*order
	for _, id := range ids {
		orders = append(orders, a.called(c, id)...)
	}
	for _, p := range clients {
		if o, err := c.working(a, params{"cl_ord_id": p.get("cl_ord_id")}); err == nil {
			orders = append(orders, o)
		}
	}
	count := 0
	for _, o := range orders {
		if o.ended == 0 && c.cancelCosting(o, true) == nil {
			count++
		}
	}
	return object{{"count", count}}, nil
}

func (c *core) callCancelAll(a *account, _ *request) (any, error) {
	count := 0
	for _, o := range slices.Clone(a.open) {
		if o.ended == 0 && c.cancelCosting(o, true) == nil {
			count++
		}
	}
	return object{{"count", count}}, nil
}

// longestDeadMan bounds the dead man's switch (Kraken REST docs, CancelAllOrdersAfter).
const longestDeadMan = 86_400

func (c *core) callCancelAllOrdersAfter(a *account, r *request) (any, error) {
	if !r.has("timeout") {
		return nil, invalid("timeout")
	}
	seconds, err := r.integer("timeout", 0, 0, longestDeadMan-1)
	if err != nil {
		return nil, err
	}
	after := time.Duration(seconds) * time.Second
	c.venue.CancelAllAfter(a.id, after)
	c.drain()
	text := func(t exchange.Stamp) string { return t.Time().Format("2006-01-02T15:04:05Z") }
	trigger := "0"
	a.deadMan = 0
	if seconds > 0 {
		a.deadMan = c.now.Add(after)
		trigger = text(a.deadMan)
	}
	return object{{"currentTime", text(c.now)}, {"triggerTime", trigger}}, nil
}
