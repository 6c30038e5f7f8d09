package krakend

import (
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// order is an order as Kraken shows it.
type order struct {
	exchange.Order
	txid     string
	parent   string // of a conditional close: the order it closes
	account  *account
	m        *market
	clientID string
	userref  int64
	hasRef   bool
	sender   string
	leverage string
	viqc     bool
	offset   string // price2 of a trailing stop as it was given
	trail    string // price of a trailing stop as it was given
	closing  string // its conditional close in words
	trigger  string // last or index
	flags    []string

	status   string // pending, open, closed, canceled, expired
	opened   exchange.Stamp
	starts   exchange.Stamp // 0: at once
	ended    exchange.Stamp
	changed  exchange.Stamp // created or amended last: what the engine limiter counts from
	reason   string
	misc     []string
	filled   money.Qty
	cost     int64 // at the pair's cost decimals
	fee      money.Amount
	feeAsset exchange.AssetID
	fills    []*fill
	amends   []amendment
	stopped  bool      // its trigger was reached
	told     bool      // subscribers know of it
	why      string    // it is being cancelled
	shown    money.Qty // iceberg: what is left of the part that shows
}

// amendment is a row of OrderAmends.
type amendment struct {
	id, kind, reason string
	qty, remaining   money.Qty
	display          money.Qty
	limit, trigger   money.Price
	postOnly         bool
	at               exchange.Stamp
}

// fill is a trade of an account: Kraken's row of TradesHistory.
type fill struct {
	txid string
	// position is the id that Kraken gives every trade for a margin position, also on spot.
	position string
	order    *order
	at       exchange.Stamp
	price    money.Price
	qty      money.Qty
	cost     int64 // at the pair's cost decimals
	fee      money.Amount
	feeIn    exchange.AssetID
	maker    bool
	tradeID  int64
	rows     []string  // ledger ids
	cumQty   money.Qty // of the order, with this one
	cumCost  int64
}

// ledgerRow is a row of the account's ledger.
type ledgerRow struct {
	account   *account
	id, refid string
	at        exchange.Stamp
	kind      string // trade, deposit, withdrawal
	asset     exchange.AssetID
	amount    money.Amount
	fee       money.Amount
	balance   money.Amount
}

// describe is an order in words: "buy 2.12340000 XBTUSD @ limit 25000.1" (Kraken REST
// docs, AddOrder). Clients take it apart by its spaces.
func (o *order) describe() string {
	b := o.Side.String() + " "
	if o.viqc {
		b += money.Format(int64(o.Cash), o.m.quoteDecimals)
	} else {
		b += o.m.qty(o.Qty)
	}
	b += " " + o.m.altname + " @ " + o.terms()
	if o.leverage != "" {
		b += " with " + o.leverage + " leverage"
	}
	return b
}

// terms is the type and the prices of an order in words.
func (o *order) terms() string {
	words := strings.ReplaceAll(strings.TrimSuffix(o.Type.String(), "-limit"), "-", " ")
	switch {
	case o.Type == exchange.Market:
		return words
	case o.Type == exchange.TrailingStop:
		return words + " " + o.trail
	case o.Type == exchange.TrailingStopLimit:
		return words + " " + o.trail + " -> limit " + o.offset
	case o.Type.Triggered() && o.Type.HasLimit():
		return words + " " + o.m.price(o.Trigger) + " -> limit " + o.m.price(o.Price)
	case o.Type.Triggered():
		return words + " " + o.m.price(o.Trigger)
	}
	return "limit " + o.m.price(o.Price)
}

// prices are the descr.price and descr.price2 of an order.
func (o *order) prices() (first, second string) {
	switch {
	case o.Type == exchange.Market:
		return "0", "0"
	case o.Type == exchange.TrailingStop:
		return o.trail, "0"
	case o.Type == exchange.TrailingStopLimit:
		return o.trail, o.offset
	case o.Type.Triggered() && o.Type.HasLimit():
		return o.m.price(o.Trigger), o.m.price(o.Price)
	case o.Type.Triggered():
		return o.m.price(o.Trigger), "0"
	}
	return o.m.price(o.Price), "0"
}

// remaining is what is not filled.
func (o *order) remaining() money.Qty { return max(0, o.Qty-o.filled) }

// feeText is a fee as Kraken writes it: at the pair's cost decimals, or at the lot's when
// it is in the base asset.
func (m *market) feeText(fee money.Amount, asset exchange.AssetID) string {
	if asset == m.in.Base {
		return shown(int64(fee), m.baseDecimals, m.in.LotDecimals)
	}
	return shown(int64(fee), m.quoteDecimals, m.costDecimals)
}

// row is the order as OpenOrders, ClosedOrders and QueryOrders show it ("Kraken spot API
// reference", section 3.4).
func (o *order) row(trades bool) object {
	first, second := o.prices()
	leverage := o.leverage
	if leverage == "" {
		leverage = "none"
	}
	descr := object{
		{"pair", o.m.altname}, {"aclass", "forex"}, {"type", o.Side.String()}, {"ordertype", o.Type.String()}, {"price", first}, {"price2", second},
		{"leverage", leverage}, {"order", o.describe()}, {"close", o.closing},
	}
	var refid any
	if o.parent != "" {
		refid = o.parent
	}
	row := object{{"refid", refid}, {"userref", o.userref}}
	if o.clientID != "" {
		row = append(row, member{"cl_ord_id", o.clientID})
	}
	row = append(row, member{"status", o.status}, member{"opentm", instant(o.opened)}, member{"starttm", instant(o.starts)}, member{"expiretm", instant(o.Expire)},
		member{"descr", descr}, member{"vol", o.volume()}, member{"vol_exec", o.m.qty(o.filled)}, member{"cost", money.Format(o.cost, o.m.costDecimals)},
		member{"fee", o.m.feeText(o.fee, o.feeAsset)}, member{"price", money.Format(o.m.perUnit(o.cost, o.filled), o.m.costDecimals)})
	stop, limit := money.Price(0), money.Price(0)
	if o.Type.Triggered() {
		stop = o.Trigger
		if o.Type.HasLimit() {
			limit = o.Price
		}
		row = append(row, member{"trigger", o.trigger})
	}
	row = append(row, member{"stopprice", o.m.wide(stop)}, member{"limitprice", o.m.wide(limit)}, member{"misc", strings.Join(o.misc, ",")},
		member{"oflags", strings.Join(o.flags, ",")})
	if o.TIF != exchange.GTC {
		row = append(row, member{"time_in_force", strings.ToUpper(o.TIF.String())})
	}
	if o.sender != "" {
		row = append(row, member{"sender_sub_id", o.sender})
	}
	if trades && len(o.fills) > 0 {
		ids := make([]string, len(o.fills))
		for i, f := range o.fills {
			ids[i] = f.txid
		}
		row = append(row, member{"trades", ids})
	}
	if o.ended != 0 {
		var reason any
		if o.reason != "" {
			reason = o.reason
		}
		row = append(row, member{"closetm", instant(o.ended)}, member{"reason", reason})
	}
	return row
}

// volume is an order's size; of one by cash what it spends.
func (o *order) volume() string {
	if o.viqc {
		return shown(int64(o.Cash), o.m.quoteDecimals, o.m.in.LotDecimals)
	}
	return o.m.qty(o.Qty)
}
