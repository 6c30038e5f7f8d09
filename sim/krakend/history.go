package krakend

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// pageRows is how many rows a page has; mostIDs how many ids a query may name.
const (
	pageRows      = 50
	mostOrderIDs  = 50
	mostTradeIDs  = 20
	mostLedgerIDs = 20
)

// span is the time that a paged call is about: start exclusive, end inclusive.
type span struct{ start, end exchange.Stamp }

// span reads start and end: unix seconds, or the id of something with a time.
func (c *core) span(r *request, at func(id string) (exchange.Stamp, bool)) (span, error) {
	s := span{0, exchange.Never}
	for _, e := range []struct {
		name string
		to   *exchange.Stamp
	}{{"start", &s.start}, {"end", &s.end}} {
		text := r.get(e.name)
		if text == "" || text == "0" {
			continue
		}
		if t, ok := at(text); ok {
			*e.to = t
			continue
		}
		t, err := money.Parse(text, 9)
		if err != nil || t < 0 {
			return s, invalid(e.name)
		}
		*e.to = exchange.Stamp(t)
	}
	return s, nil
}

func (s span) has(t exchange.Stamp) bool { return t > s.start && t <= s.end }

// page cuts the page at ofs out of a list and tells the count of all, unless told not to.
func page[T any](r *request, all []T) (rows []T, count []member, err error) {
	ofs, err := r.integer("ofs", 0, 0, 1<<40)
	if err != nil {
		return nil, nil, err
	}
	without, err := r.flag("without_count", false)
	if err != nil {
		return nil, nil, err
	}
	if !without {
		count = []member{{"count", len(all)}}
	}
	from := min(int(ofs), len(all))
	return all[from:min(len(all), from+pageRows)], count, nil
}

// wanted reports whether an order is one that userref and cl_ord_id ask for.
func (r *request) wanted(o *order) bool {
	if r.has("userref") && (!o.hasRef || strconv.FormatInt(o.userref, 10) != r.get("userref")) {
		return false
	}
	return !r.has("cl_ord_id") || o.clientID == r.get("cl_ord_id")
}

func (c *core) callOpenOrders(a *account, r *request) (any, error) {
	trades, err := r.flag("trades", false)
	if err != nil {
		return nil, err
	}
	rows := object{}
	for i := len(a.open) - 1; i >= 0; i-- {
		if o := a.open[i]; r.wanted(o) {
			rows = append(rows, member{o.txid, o.row(trades)})
		}
	}
	return object{{"open", rows}}, nil
}

func (c *core) callClosedOrders(a *account, r *request) (any, error) {
	trades, err := r.flag("trades", false)
	if err != nil {
		return nil, err
	}
	by := r.get("closetime")
	if by != "" && by != "open" && by != "close" && by != "both" {
		return nil, invalid("closetime")
	}
	s, err := c.span(r, func(id string) (exchange.Stamp, bool) {
		o := c.byTxid[id]
		if o == nil || o.account != a {
			return 0, false
		}
		if by == "open" {
			return o.opened, true
		}
		return o.ended, o.ended != 0
	})
	if err != nil {
		return nil, err
	}
	var all []*order
	for i := len(a.closed) - 1; i >= 0; i-- {
		o := a.closed[i]
		within := s.has(o.ended) && by != "open" || s.has(o.opened) && by != "close"
		if within && r.wanted(o) {
			all = append(all, o)
		}
	}
	cut, count, err := page(r, all)
	if err != nil {
		return nil, err
	}
	rows := object{}
	for _, o := range cut {
		rows = append(rows, member{o.txid, o.row(trades)})
	}
	return append(object{{"closed", rows}}, count...), nil
}

func (c *core) callQueryOrders(a *account, r *request) (any, error) {
	trades, err := r.flag("trades", false)
	if err != nil {
		return nil, err
	}
	ids := r.list("txid")
	if len(ids) == 0 && !r.has("userref") || len(ids) > mostOrderIDs {
		return nil, invalid("txid")
	}
	rows := object{}
	for _, id := range ids {
		o := c.byTxid[id]
		if o == nil || o.account != a {
			return nil, errUnknownOrder
		}
		if !r.key.maySee(o) {
			return nil, errPermission
		}
		if r.wanted(o) {
			rows = append(rows, member{o.txid, o.row(trades)})
		}
	}
	if len(ids) == 0 {
		for _, o := range slices.Concat(a.open, a.closed) {
			if r.wanted(o) && r.key.maySee(o) && len(rows) < mostOrderIDs {
				rows = append(rows, member{o.txid, o.row(trades)})
			}
		}
	}
	return rows, nil
}

// maySee reports whether the key may look at an order: open and closed ones are two
// permissions.
func (k *apiKey) maySee(o *order) bool {
	if o.ended == 0 {
		return k.may(queryOpenTrades)
	}
	return k.may(queryClosedTrades)
}

func (c *core) callOrderAmends(a *account, r *request) (any, error) {
	o := c.byTxid[r.get("order_id")]
	if o == nil || o.account != a {
		return nil, errUnknownOrder
	}
	if !r.key.maySee(o) {
		return nil, errPermission
	}
	rows := []object{}
	for i := range o.amends {
		am := &o.amends[i]
		row := object{
			{"amend_id", am.id}, {"amend_type", am.kind}, {"order_qty", o.m.qty(am.qty)}, {"remaining_qty", o.m.qty(am.remaining)},
			{"limit_price", o.m.price(am.limit)},
		}
		if am.trigger != 0 {
			row = append(row, member{"trigger_price", o.m.price(am.trigger)})
		}
		if am.display != 0 {
			row = append(row, member{"display_qty", o.m.qty(am.display)})
		}
		if am.reason != "" {
			row = append(row, member{"reason", am.reason})
		}
		if am.postOnly {
			row = append(row, member{"post_only", true})
		}
		rows = append(rows, append(row, member{"timestamp", am.at.Time().UnixMilli()}))
	}
	return object{{"count", len(rows)}, {"amends", rows}}, nil
}

// row is a trade as TradesHistory and QueryTrades show it.
func (f *fill) row(ledgers bool) object {
	o, m := f.order, f.order.m
	row := object{
		{"ordertxid", o.txid}, {"postxid", f.position}, {"pair", m.id}, {"aclass", "forex"}, {"time", instant(f.at)}, {"type", o.Side.String()},
		{"ordertype", legacyType(o.Type)}, {"price", m.wide(f.price)}, {"cost", money.Format(f.cost, m.costDecimals)}, {"fee", m.feeText(f.fee, f.feeIn)},
		{"vol", m.qty(f.qty)}, {"margin", money.Format(0, m.costDecimals)}, {"leverage", "0"}, {"misc", ""}, {"trade_id", f.tradeID}, {"maker", f.maker},
	}
	if ledgers {
		row = append(row, member{"ledgers", f.rows})
	}
	return row
}

// legacyType is an order type as rows of trades spell it: with spaces.
func legacyType(t exchange.OrderType) string {
	switch t {
	case exchange.StopLoss:
		return "stop market"
	case exchange.StopLossLimit:
		return "stop limit"
	case exchange.TakeProfit:
		return "touched market"
	case exchange.TakeProfitLimit:
		return "touched limit"
	}
	return strings.ReplaceAll(t.String(), "-", " ")
}

// taken merges what one taker order traded in one instant into a single row, as
// consolidate_taker asks: the first of them stands for all.
func taken(fills []*fill) []*fill {
	var out []*fill
	for _, f := range fills {
		if n := len(out); n > 0 && !f.maker && !out[n-1].maker && out[n-1].order == f.order && out[n-1].at == f.at {
			sum := *out[n-1]
			sum.qty += f.qty
			sum.cost += f.cost
			sum.fee += f.fee
			sum.rows = slices.Concat(sum.rows, f.rows)
			m := f.order.m
			sum.price = money.Price(rescaled(m.perUnit(sum.cost, sum.qty), m.costDecimals, m.in.PriceDecimals))
			out[n-1] = &sum
			continue
		}
		out = append(out, f)
	}
	return out
}

func (c *core) callTradesHistory(a *account, r *request) (any, error) {
	kind := r.get("type")
	if kind != "" && !slices.Contains([]string{"all", "any position", "closed position", "closing position", "no position"}, kind) {
		return nil, invalid("type")
	}
	ledgers, err := r.flag("ledgers", false)
	if err != nil {
		return nil, err
	}
	merge, err := r.flag("consolidate_taker", true)
	if err != nil {
		return nil, err
	}
	s, err := c.span(r, func(id string) (exchange.Stamp, bool) {
		f := c.byFill[id]
		if f == nil || f.order.account != a {
			return 0, false
		}
		return f.at, true
	})
	if err != nil {
		return nil, err
	}
	fills := a.fills
	if merge {
		fills = taken(fills)
	}
	var all []*fill
	for i := len(fills) - 1; i >= 0; i-- {
		if s.has(fills[i].at) && (kind == "" || kind == "all" || kind == "no position") {
			all = append(all, fills[i])
		}
	}
	cut, count, err := page(r, all)
	if err != nil {
		return nil, err
	}
	rows := object{}
	for _, f := range cut {
		rows = append(rows, member{f.txid, f.row(ledgers)})
	}
	return append(object{{"trades", rows}}, count...), nil
}

func (c *core) callQueryTrades(a *account, r *request) (any, error) {
	ids := r.list("txid")
	if len(ids) == 0 || len(ids) > mostTradeIDs {
		return nil, invalid("txid")
	}
	rows := object{}
	for _, id := range ids {
		f := c.byFill[id]
		if f == nil || f.order.account != a {
			return nil, failure("EOrder:Invalid order")
		}
		rows = append(rows, member{id, f.row(false)})
	}
	return rows, nil
}

func (c *core) ledgerText(l *ledgerRow) object {
	asset := &c.catalog.Assets[l.asset]
	text := func(v money.Amount) string { return money.Format(int64(v), asset.Decimals) }
	return object{
		{"refid", l.refid}, {"time", instant(l.at)}, {"type", l.kind}, {"subtype", ""}, {"aclass", "currency"}, {"asset", assetID(asset.Name)},
		{"amount", text(l.amount)}, {"fee", text(l.fee)}, {"balance", text(l.balance)},
	}
}

var ledgerTypes = []string{
	"all", "trade", "deposit", "withdrawal", "transfer", "margin", "adjustment", "rollover", "credit", "settled", "staking", "dividend", "sale", "nft_rebate",
}

func (c *core) callLedgers(a *account, r *request) (any, error) {
	kind := r.get("type")
	if kind != "" && !slices.Contains(ledgerTypes, kind) {
		return nil, invalid("type")
	}
	var assets []exchange.AssetID
	for _, name := range splitList(r.get("asset")) {
		if name == "all" {
			assets = nil
			break
		}
		asset, ok := c.asset(name)
		if !ok {
			return nil, errUnknownAsset
		}
		assets = append(assets, asset.ID)
	}
	s, err := c.span(r, func(id string) (exchange.Stamp, bool) {
		l := c.byRow[id]
		if l == nil || l.account != a {
			return 0, false
		}
		return l.at, true
	})
	if err != nil {
		return nil, err
	}
	var all []*ledgerRow
	for i := len(a.rows) - 1; i >= 0; i-- {
		l := a.rows[i]
		if s.has(l.at) && (kind == "" || kind == "all" || kind == l.kind) && (len(assets) == 0 || slices.Contains(assets, l.asset)) {
			all = append(all, l)
		}
	}
	cut, count, err := page(r, all)
	if err != nil {
		return nil, err
	}
	rows := object{}
	for _, l := range cut {
		rows = append(rows, member{l.id, c.ledgerText(l)})
	}
	return append(object{{"ledger", rows}}, count...), nil
}

func (c *core) callQueryLedgers(a *account, r *request) (any, error) {
	ids := r.list("id")
	if len(ids) == 0 || len(ids) > mostLedgerIDs {
		return nil, invalid("id")
	}
	rows := object{}
	for _, id := range ids {
		l := c.byRow[id]
		if l == nil || l.account != a {
			return nil, failure("EQuery:Unknown ledger")
		}
		rows = append(rows, member{id, c.ledgerText(l)})
	}
	return rows, nil
}
