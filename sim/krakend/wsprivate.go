package krakend

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// fillSnapshot is how many trades snap_trades begins with.
const fillSnapshot = 50

// The exec_types of the executions channel.
const (
	execPending  = "pending_new"
	execNew      = "new"
	execTrade    = "trade"
	execFilled   = "filled"
	execRefill   = "iceberg_refill"
	execCanceled = "canceled"
	execExpired  = "expired"
	execAmended  = "amended"
	execStatus   = "status"
)

// subscribePrivate subscribes to an account's executions or balances.
func (c *core) subscribePrivate(k *socket, q *inquiry, channel string) {
	t, problem := c.speaker(k, q)
	needs := queryOpenTrades
	if channel == "balances" {
		needs = queryLedger
	}
	switch {
	case problem != "":
	case !t.key.may(needs):
		problem = string(errPermission)
	case k.subscribed(channel, nil, 0) != nil:
		problem = errSubscribed
	case c.status == exchange.Maintenance:
		problem = string(errUnavailable)
	}
	if problem != "" {
		c.refuse(k, q, problem, "")
		return
	}
	s := &subscription{socket: k, channel: channel, account: t.key.account, token: t}
	if channel == "balances" {
		snapshot := q.flag("snapshot", true)
		c.accept(k, q, func(w *text) { w.str("channel", channel); w.bool("snapshot", snapshot) })
		if snapshot {
			s.tell(c, c.balancesFrame(s.account))
		}
		c.join(s)
		return
	}
	orders, trades := q.flag("snap_orders", q.flag("snapshot", true)), q.flag("snap_trades", false)
	s.brief, s.counted = !q.flag("order_status", true), q.flag("ratecounter", false)
	c.accept(k, q, func(w *text) {
		w.str("channel", channel)
		w.int("maxratecount", int64(s.account.limits.engineMax))
		w.bool("snap_orders", orders)
		w.bool("snap_trades", trades)
		w.raw("warnings", `["cancel_reason is deprecated, use reason","stop_price is deprecated, use triggers.price"]`)
	})
	if orders {
		s.tell(c, s.openOrders(c))
	}
	if trades {
		s.tell(c, s.latestFills(c))
	}
	c.join(s)
}

// tell sends a frame of a private channel: the frame is a subscription's own, by its
// number. body is the frame without its end.
func (s *subscription) tell(c *core, body []byte) {
	s.seq++
	b := make([]byte, 0, len(body)+32)
	b = append(append(b, body...), `,"sequence":`...)
	b = append(strconv.AppendUint(b, s.seq, 10), '}')
	c.send(s.socket, s.channel, b)
}

// openOrders is the snapshot of what is open, the oldest first.
func (s *subscription) openOrders(c *core) []byte {
	w := message("executions", "snapshot", 400*len(s.account.open))
	w.open('[')
	for _, o := range s.account.open {
		kind := execNew
		if o.status == "pending" {
			kind = execPending
		}
		w.next()
		o.full(c, w, kind, o.changed)
	}
	w.shut(']')
	return w.b
}

// latestFills is the snapshot of the latest trades, the oldest first.
func (s *subscription) latestFills(c *core) []byte {
	fills := s.account.fills[max(0, len(s.account.fills)-fillSnapshot):]
	w := message("executions", "snapshot", 400*len(fills))
	w.open('[')
	for _, f := range fills {
		w.next()
		w.open('{')
		f.execution(c, w)
		w.shut('}')
	}
	w.shut(']')
	return w.b
}

// state is the order_status of an order.
func (o *order) state() string {
	switch {
	case o.status == "pending":
		return "pending_new"
	case o.status == "closed":
		return "filled"
	case o.status == "canceled", o.status == "expired":
		return o.status
	case o.filled > 0:
		return "partially_filled"
	}
	return "new"
}

// report tells an account's subscribers what has happened to an order. Of all rows only
// pending_new and trades say which pair and side it is, unless the server is told to be
// kinder.
func (c *core) report(o *order, kind string, at exchange.Stamp) {
	to := o.account.executions
	if len(to) == 0 {
		return
	}
	w := message("executions", "update", 512)
	w.open('[')
	switch {
	case kind == execTrade:
		w.open('{')
		o.fills[len(o.fills)-1].execution(c, w)
		w.shut('}')
	case kind == execPending || c.config.FullExecutions:
		o.full(c, w, kind, at)
	default:
		o.delta(c, w, kind, at)
	}
	w.shut(']')
	for _, s := range to {
		if s.brief && (kind == execPending || kind == execAmended || kind == execRefill || kind == execStatus) {
			continue
		}
		if !s.counted {
			s.tell(c, w.b)
			continue
		}
		n := &o.account.engine[o.m.in.ID]
		rest := &text{slices.Clone(w.b[:len(w.b)-2])} // into the row
		rest.num("ratecount", int64(n.level(c.now, o.account.limits.engineDecay)*100), 2)
		rest.b = append(rest.b, "}]"...)
		s.tell(c, rest.b)
	}
}

// admitted tells that an order has been let in.
func (c *core) admitted(o *order, at exchange.Stamp) {
	if !o.told {
		o.told = true
		c.report(o, execPending, at)
	}
	if o.status != "pending" {
		c.report(o, execNew, at)
	}
}

// tags writes the client's names for an order.
func (o *order) tags(w *text) {
	w.int("order_userref", o.userref)
	if o.clientID != "" {
		w.quoted("cl_ord_id", o.clientID)
	}
}

// sums writes what of an order is filled.
func (o *order) sums(c *core, w *text) {
	w.num("cum_qty", int64(o.filled), o.m.in.LotDecimals)
	w.num("cum_cost", o.cost, o.m.costDecimals)
	w.num("avg_price", o.m.perUnit(o.cost, o.filled), o.m.costDecimals)
	w.raw("fee_usd_equiv", c.usd(o.m, o.fee, o.feeAsset))
}

// full writes a row with all that an order is.
func (o *order) full(c *core, w *text, kind string, at exchange.Stamp) {
	m := o.m
	w.open('{')
	w.str("order_id", o.txid)
	o.tags(w)
	w.str("symbol", m.symbol)
	if o.viqc {
		w.num("cash_order_qty", int64(o.Cash), m.quoteDecimals)
	} else {
		w.num("order_qty", int64(o.Qty), m.in.LotDecimals)
	}
	o.sums(c, w)
	w.str("time_in_force", strings.ToUpper(o.TIF.String()))
	w.str("exec_type", kind)
	w.str("side", o.Side.String())
	w.str("order_type", o.Type.String())
	w.str("order_status", o.stateOf(kind))
	if o.Type.HasLimit() {
		w.str("limit_price_type", "static")
		w.num("limit_price", int64(o.Price), m.in.PriceDecimals)
	}
	w.num("stop_price", int64(o.Trigger), m.in.PriceDecimals)
	if o.Type.Triggered() {
		o.triggers(w, at)
	}
	if o.Display != 0 {
		w.num("display_qty", int64(o.Display), m.in.LotDecimals)
	}
	if o.Expire != 0 {
		w.at("expire_time", o.Expire, microseconds)
	}
	if o.starts != 0 {
		w.at("effective_time", o.starts, microseconds)
	}
	if o.PostOnly {
		w.bool("post_only", true)
	}
	if o.parent != "" {
		w.str("ord_ref_id", o.parent)
	}
	if o.sender != "" {
		w.quoted("sender_sub_id", o.sender)
	}
	w.str("fee_ccy_pref", o.flags[0])
	if slices.Contains(o.misc, "amended") {
		w.bool("amended", true)
	}
	if o.ended != 0 && kind != execFilled {
		w.quoted("cancel_reason", o.reason)
		w.quoted("reason", o.reason)
	}
	w.at("timestamp", at, microseconds)
	w.shut('}')
}

// stateOf is the order_status of a row.
func (o *order) stateOf(kind string) string {
	if kind == execPending {
		return execPending
	}
	return o.state()
}

// triggers writes the trigger of a stop.
func (o *order) triggers(w *text, at exchange.Stamp) {
	m := o.m
	w.key("triggers")
	w.open('{')
	w.str("reference", o.trigger)
	switch {
	case o.TrailPPM != 0:
		w.num("price", o.TrailPPM, 4)
		w.str("price_type", "pct")
	case o.Type.Trailing():
		w.num("price", int64(o.Trail), m.in.PriceDecimals)
		w.str("price_type", "quote")
	default:
		w.num("price", int64(o.Trigger), m.in.PriceDecimals)
		w.str("price_type", "static")
	}
	w.num("last_price", int64(m.last()), m.in.PriceDecimals)
	if o.stopped {
		w.str("status", "triggered")
		w.at("timestamp", at, microseconds)
	} else {
		w.str("status", "untriggered")
	}
	w.shut('}')
}

// delta writes a row with what has changed of an order.
func (o *order) delta(c *core, w *text, kind string, at exchange.Stamp) {
	m := o.m
	w.open('{')
	w.at("timestamp", at, microseconds)
	w.str("order_status", o.stateOf(kind))
	w.str("exec_type", kind)
	switch kind {
	case execFilled, execCanceled, execExpired:
		o.sums(c, w)
		if kind != execFilled {
			w.quoted("cancel_reason", o.reason)
			w.quoted("reason", o.reason)
		}
	case execAmended:
		w.num("cum_qty", int64(o.filled), m.in.LotDecimals)
		w.str("reason", "User requested")
		w.bool("amended", true)
		w.num("order_qty", int64(o.Qty), m.in.LotDecimals)
		if o.Type.HasLimit() {
			w.num("limit_price", int64(o.Price), m.in.PriceDecimals)
			w.str("limit_price_type", "static")
		}
		if o.Display != 0 {
			w.num("display_qty", int64(o.Display), m.in.LotDecimals)
		}
		if o.Type.Triggered() {
			o.triggers(w, at)
		}
	case execRefill:
		w.num("cum_qty", int64(o.filled), m.in.LotDecimals)
		w.num("display_qty", int64(o.Display), m.in.LotDecimals)
		w.num("display_qty_remain", int64(min(o.Display, o.remaining())), m.in.LotDecimals)
	case execStatus:
		o.triggers(w, at)
	}
	w.int("order_userref", o.userref)
	w.str("order_id", o.txid)
	w.shut('}')
}

// execution writes the members of a trade's row.
func (f *fill) execution(c *core, w *text) {
	o, m := f.order, f.order.m
	w.str("order_id", o.txid)
	o.tags(w)
	w.str("exec_id", f.txid)
	w.str("exec_type", execTrade)
	w.int("trade_id", f.tradeID)
	w.str("symbol", m.symbol)
	w.str("side", o.Side.String())
	w.num("last_qty", int64(f.qty), m.in.LotDecimals)
	w.num("last_price", int64(f.price), m.in.PriceDecimals)
	liquidity, state := "t", "partially_filled"
	if f.maker {
		liquidity = "m"
	}
	if f.cumQty == o.Qty {
		state = "filled"
	}
	w.str("liquidity_ind", liquidity)
	w.num("cost", f.cost, m.costDecimals)
	w.str("order_type", o.Type.String())
	w.at("timestamp", f.at, microseconds)
	w.str("order_status", state)
	w.num("order_qty", int64(o.Qty), m.in.LotDecimals)
	w.num("cum_qty", int64(f.cumQty), m.in.LotDecimals)
	w.num("cum_cost", f.cumCost, m.costDecimals)
	w.num("avg_price", m.perUnit(f.cumCost, f.cumQty), m.costDecimals)
	w.raw("fee_usd_equiv", c.usd(m, f.fee, f.feeIn))
	w.key("fees")
	w.open('[')
	w.open('{')
	w.str("asset", m.feeAsset(f.feeIn))
	w.raw("qty", m.feeText(f.fee, f.feeIn))
	w.b = append(w.b, "}]"...)
}

// feeAsset is the stream name of one of the pair's two assets.
func (m *market) feeAsset(asset exchange.AssetID) string {
	base, quote, _ := strings.Cut(m.symbol, "/")
	if asset == m.in.Base {
		return base
	}
	return quote
}

// balancesFrame is what an account has, without its end.
func (c *core) balancesFrame(a *account) []byte {
	held := c.held(a)
	w := message("balances", "snapshot", 160*len(held))
	w.open('[')
	for _, asset := range held {
		total := int64(c.venue.Balance(a.id, asset.ID).Total)
		w.next()
		w.open('{')
		w.str("asset", streamName(asset.Name))
		w.str("asset_class", "currency")
		w.num("balance", total, asset.Decimals)
		w.key("wallets")
		w.open('[')
		w.open('{')
		w.str("type", "spot")
		w.str("id", "main")
		w.num("balance", total, asset.Decimals)
		w.b = append(w.b, "}]}"...)
	}
	w.shut(']')
	return w.b
}

// booked tells an account's subscribers of a row of its ledger.
func (c *core) booked(a *account, r *ledgerRow) {
	if len(a.balances) == 0 {
		return
	}
	asset := &c.catalog.Assets[r.asset]
	w := message("balances", "update", 320)
	w.open('[')
	w.open('{')
	w.str("ledger_id", r.id)
	w.str("ref_id", r.refid)
	w.at("timestamp", r.at, microseconds)
	w.str("type", r.kind)
	w.str("asset", streamName(asset.Name))
	w.str("asset_class", "currency")
	w.str("category", r.kind)
	w.str("wallet_type", "spot")
	w.str("wallet_id", "main")
	w.num("amount", int64(r.amount), asset.Decimals)
	w.num("fee", int64(r.fee), asset.Decimals)
	w.num("balance", int64(r.balance), asset.Decimals)
	w.b = append(w.b, "}]"...)
	for _, s := range a.balances {
		s.tell(c, w.b)
	}
}

// usd is a fee in US dollars; where there is no rate it counts one to one, as the volume
// of the fee schedule does.
func (c *core) usd(m *market, fee money.Amount, asset exchange.AssetID) string {
	if dollar, ok := c.asset("ZUSD"); ok && dollar.ID != asset {
		if v := c.worth(fee, asset, dollar.ID); v != 0 {
			return shown(int64(v), dollar.Decimals, m.costDecimals)
		}
	}
	return m.feeText(fee, asset)
}

// refill notes what an iceberg shows after a trade, and tells when it shows a new part.
func (o *order) refill(c *core, ev *exchange.Event) {
	if o.Type != exchange.Iceberg || ev.Liquidity != exchange.Maker {
		return
	}
	if o.shown == 0 {
		o.shown = o.Display
	}
	if o.shown -= min(o.shown, ev.Qty); o.shown == 0 && ev.Remaining > 0 {
		o.shown = min(o.Display, ev.Remaining)
		c.report(o, execRefill, ev.Time)
	}
}
