package krakend

import (
	"slices"
	"strconv"
	"time"

	"breakwater/exchange"
)

// cancel takes one order off the venue.
func (c *core) cancel(o *order, reason string) {
	if o.status == "pending" {
		c.unschedule(o, reason)
		return
	}
	o.why = reason
	c.venue.Cancel(o.account.id, o.ID)
	c.drain()
	o.why = ""
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
	return a.referred(ref)
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
	return object{{"count", c.cancelEach(orders)}}, nil
}

func (c *core) callCancelAll(a *account, _ *request) (any, error) {
	return object{{"count", c.cancelEach(slices.Clone(a.open))}}, nil
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
	now, trigger := c.setDeadMan(a, seconds)
	return object{{"currentTime", now}, {"triggerTime", trigger}}, nil
}

// setDeadMan arms the account's dead man's switch, or with 0 disarms it, and says what
// time it is and when it fires.
func (c *core) setDeadMan(a *account, seconds int64) (now, trigger string) {
	after := time.Duration(seconds) * time.Second
	c.venue.CancelAllAfter(a.id, after)
	c.drain()
	text := func(t exchange.Stamp) string { return t.Time().Format("2006-01-02T15:04:05Z") }
	trigger = "0"
	a.deadMan = 0
	if seconds > 0 {
		a.deadMan = c.now.Add(after)
		trigger = text(a.deadMan)
	}
	return text(c.now), trigger
}
