package krakend

import (
	"encoding/json"
	"slices"
	"strconv"

	"breakwater/exchange"
)

// tradingCall is a request that a token's key must be allowed to make.
type tradingCall struct {
	fields fields
	rights privateCall // the permissions only
	run    func(c *core, k *socket, q *inquiry, a *account)
}

// orderFields are add_order's without what the whole request shares.
var orderFields = fields{
	"order_type": aString, "side": aString, "order_qty": aNumber, "limit_price": aNumber, "limit_price_type": aString, "triggers": anObject, "time_in_force": aString,
	"margin": aBoolean, "post_only": aBoolean, "reduce_only": aBoolean, "effective_time": aString, "expire_time": aString, "cl_ord_id": aString, "order_userref": aWhole,
	"conditional": anObject, "display_qty": aNumber, "fee_preference": aString, "no_mpp": aBoolean, "stp_type": aString, "cash_order_qty": aNumber, "sender_sub_id": aString,
}

var triggerFields = fields{"reference": aString, "price": aNumber, "price_type": aString}

var conditionalFields = fields{
	"order_type": aString, "limit_price": aNumber, "limit_price_type": aString, "trigger_price": aNumber, "trigger_price_type": aString, "stop_price": aNumber,
}

// with is the fields and some more.
func (f fields) with(more fields) fields {
	out := fields{"token": aString}
	for _, part := range []fields{f, more} {
		for name, k := range part {
			out[name] = k
		}
	}
	return out
}

var tradingCalls map[string]tradingCall

func init() {
	modify := privateCall{all: []string{modifyTrades}}
	either := privateCall{any: []string{modifyTrades, closeTrades}}
	both := privateCall{all: []string{modifyTrades, closeTrades}}
	tradingCalls = map[string]tradingCall{
		"add_order": {orderFields.with(fields{"symbol": aString, "deadline": aString, "validate": aBoolean}), modify, (*core).hearAdd},
		"amend_order": {fields{}.with(fields{
			"order_id": aString, "cl_ord_id": aString, "order_qty": aNumber, "display_qty": aNumber, "limit_price": aNumber, "limit_price_type": aString,
			"trigger_price": aNumber, "trigger_price_type": aString, "post_only": aBoolean, "deadline": aString, "symbol": aString,
		}), either, (*core).hearAmend},
		"edit_order": {fields{}.with(fields{
			"order_id": aString, "symbol": aString, "order_qty": aNumber, "limit_price": aNumber, "display_qty": aNumber, "post_only": aBoolean, "order_userref": aWhole,
			"deadline": aString, "triggers": anObject, "validate": aBoolean, "reduce_only": aBoolean, "no_mpp": aBoolean, "fee_preference": aString,
		}), both, (*core).hearEdit},
		"cancel_order":            {fields{}.with(fields{"order_id": anArray, "cl_ord_id": anArray, "order_userref": anArray}), either, (*core).hearCancel},
		"cancel_all":              {fields{}.with(nil), either, (*core).hearCancelAll},
		"cancel_all_orders_after": {fields{}.with(fields{"timeout": aWhole}), either, (*core).hearCancelAllAfter},
		"batch_add":               {fields{}.with(fields{"symbol": aString, "orders": anArray, "deadline": aString, "validate": aBoolean}), both, (*core).hearBatchAdd},
		"batch_cancel":            {fields{}.with(fields{"orders": anArray, "cl_ord_id": anArray}), either, (*core).hearBatchCancel},
	}
}

// hearTrading carries out a trading request: is it well formed, who asks, may they.
func (c *core) hearTrading(k *socket, q *inquiry, call *tradingCall) {
	if problem := call.fields.check(q.params, q.method); problem != "" {
		c.refuse(k, q, problem, "")
		return
	}
	t, problem := c.speaker(k, q)
	switch {
	case problem != "":
	case !t.key.allowed(&call.rights):
		problem = string(errPermission)
	case c.status == exchange.Maintenance:
		problem = string(errUnavailable)
	}
	if problem != "" {
		c.refuse(k, q, problem, "")
		return
	}
	if c.recordStream(t.key, q) != nil {
		c.refuse(k, q, string(errUnavailable), "")
		return
	}
	k.speaks = t.key
	call.run(c, k, q, t.key.account)
}

// hearAdd places an order.
func (c *core) hearAdd(k *socket, q *inquiry, a *account) {
	symbol := q.str("symbol")
	m := c.streamed(symbol)
	if m == nil {
		c.refuse(k, q, errNoPair+symbol, symbol)
		return
	}
	p, problem := orderParams(q.params, q.method)
	if problem != "" {
		c.refuse(k, q, problem, "")
		return
	}
	p["deadline"] = q.str("deadline")
	p["validate"] = strconv.FormatBool(q.flag("validate", false))
	o, err := c.addOrder(a, m, p)
	if err != nil {
		c.refuse(k, q, err.Error(), "")
		return
	}
	c.accept(k, q, func(w *text) { o.named(w) })
}

// named writes how an order is called.
func (o *order) named(w *text) {
	w.str("order_id", o.txid)
	if o.clientID != "" {
		w.quoted("cl_ord_id", o.clientID)
	}
	if o.hasRef {
		w.int("order_userref", o.userref)
	}
}

// hearAmend changes an order in place.
func (c *core) hearAmend(k *socket, q *inquiry, a *account) {
	p := params{"txid": q.str("order_id"), "cl_ord_id": q.str("cl_ord_id"), "deadline": q.str("deadline")}
	for _, name := range []string{"order_qty", "display_qty"} {
		p[name] = number(q.params, name)
	}
	problem := ""
	for _, name := range []string{"limit_price", "trigger_price"} {
		var why string
		if p[name], why = priceText(q.params, name, name+"_type"); why != "" {
			problem = why
		}
	}
	if q.flag("post_only", false) {
		p["post_only"] = "true"
	}
	if problem != "" {
		c.refuse(k, q, problem, "")
		return
	}
	id, o, err := c.amendOrder(a, p)
	if err != nil {
		c.refuse(k, q, err.Error(), "")
		return
	}
	c.accept(k, q, func(w *text) {
		w.str("amend_id", id)
		if p.has("txid") {
			w.str("order_id", o.txid)
		} else {
			w.quoted("cl_ord_id", o.clientID)
		}
	})
}

// hearEdit replaces an order.
func (c *core) hearEdit(k *socket, q *inquiry, a *account) {
	symbol := q.str("symbol")
	m := c.streamed(symbol)
	if m == nil {
		c.refuse(k, q, errNoPair+symbol, symbol)
		return
	}
	p := params{"txid": q.str("order_id"), "volume": number(q.params, "order_qty"), "displayvol": number(q.params, "display_qty"), "deadline": q.str("deadline")}
	p["userref"] = number(q.params, "order_userref")
	if q.flag("post_only", false) {
		p["oflags"] = "post"
	}
	limit := number(q.params, "limit_price")
	if triggers, ok := q.params["triggers"].(map[string]any); ok {
		if problem := triggerFields.check(triggers, q.method); problem != "" {
			c.refuse(k, q, problem, "")
			return
		}
		p["price"], p["price2"] = number(triggers, "price"), limit
	} else if o := c.byTxid[p["txid"]]; o != nil && o.Type.Triggered() {
		p["price2"] = limit
	} else {
		p["price"] = limit
	}
	old, o, err := c.readEdit(a, m, p)
	if err == nil && !q.flag("validate", false) {
		c.cancel(old, "Order replaced")
		err = c.submit(o)
	}
	if err != nil {
		c.refuse(k, q, err.Error(), "")
		return
	}
	c.accept(k, q, func(w *text) {
		w.str("order_id", o.txid)
		w.str("original_order_id", old.txid)
	})
}

// hearCancel cancels orders, and answers once for each name that was given.
func (c *core) hearCancel(k *socket, q *inquiry, a *account) {
	ids, one := q.strs("order_id")
	names, two := q.strs("cl_ord_id")
	refs, three := wholeNumbers(q.params, "order_userref")
	if !one || !two || !three || len(ids)+len(names)+len(refs) == 0 {
		c.refuse(k, q, string(errInvalidArguments), "")
		return
	}
	cancel := func(orders []*order, named func(w *text)) {
		var err error
		if len(orders) == 0 {
			err = errUnknownOrder
		}
		for _, o := range orders {
			if e := c.cancelCosting(o, false); e != nil {
				err = e
			}
		}
		if err != nil {
			c.refuse(k, q, err.Error(), "")
			return
		}
		c.accept(k, q, named)
	}
	for _, id := range ids {
		var found []*order
		if o := c.byTxid[id]; o != nil && o.account == a && o.ended == 0 {
			found = []*order{o}
		}
		cancel(found, func(w *text) { w.quoted("order_id", id) })
	}
	for _, id := range names {
		var found []*order
		if o := a.named[id]; o != nil {
			found = []*order{o}
		}
		cancel(found, func(w *text) { w.quoted("cl_ord_id", id) })
	}
	for _, ref := range refs {
		cancel(a.referred(ref), func(w *text) { w.int("order_userref", ref) })
	}
}

// referred are an account's open orders of a userref.
func (a *account) referred(ref int64) (out []*order) {
	for _, o := range a.open {
		if o.hasRef && o.userref == ref {
			out = append(out, o)
		}
	}
	return out
}

// hearCancelAll cancels every order of the account.
func (c *core) hearCancelAll(k *socket, q *inquiry, a *account) {
	count := c.cancelEach(slices.Clone(a.open))
	c.accept(k, q, func(w *text) { w.int("count", int64(count)) })
}

// cancelEach cancels orders whatever that costs of the engine's counter, and counts them.
func (c *core) cancelEach(orders []*order) (count int) {
	for _, o := range orders {
		if o.ended == 0 && c.cancelCosting(o, true) == nil {
			count++
		}
	}
	return count
}

// hearCancelAllAfter sets the dead man's switch.
func (c *core) hearCancelAllAfter(k *socket, q *inquiry, a *account) {
	seconds := q.whole("timeout", -1)
	if seconds < 0 || seconds >= longestDeadMan {
		c.refuse(k, q, string(invalid("timeout")), "")
		return
	}
	at, trigger := c.setDeadMan(a, seconds)
	c.accept(k, q, func(w *text) {
		w.str("currentTime", at)
		w.str("triggerTime", trigger)
	})
}

// hearBatchAdd places 2 to 15 orders of one pair. One that is wrong refuses all; when the
// engine refuses one, its row says why.
func (c *core) hearBatchAdd(k *socket, q *inquiry, a *account) {
	symbol := q.str("symbol")
	m := c.streamed(symbol)
	if m == nil {
		c.refuse(k, q, errNoPair+symbol, symbol)
		return
	}
	var items []params
	list, _ := q.params["orders"].([]any)
	for _, v := range list {
		item, _ := v.(map[string]any)
		problem := orderFields.check(item, q.method)
		var p params
		if problem == "" {
			p, problem = orderParams(item, q.method)
		}
		if problem != "" {
			c.refuse(k, q, problem, "")
			return
		}
		p["deadline"] = q.str("deadline")
		items = append(items, p)
	}
	orders, err := c.readBatch(a, m, items)
	if err != nil {
		c.refuse(k, q, err.Error(), "")
		return
	}
	problems := make([]error, len(orders))
	for i, o := range orders {
		if q.flag("validate", false) {
			problems[i] = c.permitted(o)
		} else {
			problems[i] = c.submit(o)
		}
	}
	c.acceptList(k, q, func(w *text) {
		for i, o := range orders {
			w.next()
			w.open('{')
			if problems[i] != nil {
				w.quoted("error", problems[i].Error())
				if o.clientID != "" {
					w.quoted("cl_ord_id", o.clientID)
				}
			} else {
				o.named(w)
			}
			w.shut('}')
		}
	})
}

// hearBatchCancel cancels 2 to 50 orders, accepted even beyond the engine's limit.
func (c *core) hearBatchCancel(k *socket, q *inquiry, a *account) {
	ids, one := q.strs("orders")
	names, two := q.strs("cl_ord_id")
	if n := len(ids) + len(names); !one || !two || n < 2 || n > 50 {
		c.refuse(k, q, string(invalid("orders")), "")
		return
	}
	var orders []*order
	for _, id := range ids {
		orders = append(orders, a.called(c, id)...)
	}
	for _, id := range names {
		if o := a.named[id]; o != nil {
			orders = append(orders, o)
		}
	}
	count := int64(c.cancelEach(orders))
	c.accept(k, q, func(w *text) { w.int("count", count) })
}

// number is a number's text, "" when there is none.
func number(from map[string]any, name string) string {
	n, _ := from[name].(json.Number)
	return n.String()
}

// numbers is an array of whole numbers.
func wholeNumbers(from map[string]any, name string) (out []int64, ok bool) {
	list, _ := from[name].([]any)
	for _, v := range list {
		n, is := v.(json.Number)
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if !is || err != nil {
			return nil, false
		}
		out = append(out, i)
	}
	return out, true
}
