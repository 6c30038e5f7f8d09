package krakend

import (
	"net/http"
	"slices"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// orderView is an order as the venue has it.
type orderView struct {
	Txid     string `json:"txid"`
	ClientID string `json:"cl_ord_id" doc:"empty: none"`
	UserRef  int64  `json:"userref"`
	Pair     string `json:"pair"`
	Descr    string `json:"descr"`
	Status   string `json:"status"`
	Reason   string `json:"reason"`
	Opened   string `json:"opened"`
	Closed   string `json:"closed" doc:"empty: open"`
	Volume   string `json:"volume"`
	Filled   string `json:"filled"`
	Cost     string `json:"cost"`
	Fee      string `json:"fee"`
}

// fillView is one side of a trade.
type fillView struct {
	Txid    string `json:"txid"`
	Order   string `json:"order"`
	Pair    string `json:"pair"`
	Time    string `json:"time"`
	Side    string `json:"side"`
	Price   string `json:"price"`
	Qty     string `json:"qty"`
	Cost    string `json:"cost"`
	Fee     string `json:"fee"`
	FeeIn   string `json:"fee_asset"`
	Maker   bool   `json:"maker"`
	TradeID int64  `json:"trade_id"`
}

// rowView is a row of an account's ledger.
type rowView struct {
	ID      string `json:"id"`
	RefID   string `json:"refid"`
	Time    string `json:"time"`
	Type    string `json:"type"`
	Asset   string `json:"asset"`
	Amount  string `json:"amount"`
	Fee     string `json:"fee"`
	Balance string `json:"balance"`
}

// assetView is where all of an asset is: the four sums are zero together.
type assetView struct {
	Asset    string `json:"asset"`
	Accounts string `json:"accounts" doc:"of the clients"`
	Crowd    string `json:"crowd"`
	Fees     string `json:"fees" doc:"that the venue received"`
	World    string `json:"world" doc:"withdrawals less deposits"`
	Net      string `json:"net" doc:"of all: 0"`
}

// auditView says whether the books hold together.
type auditView struct {
	Holds   bool   `json:"holds"`
	Finding string `json:"finding" doc:"the first thing that does not; empty: none"`
}

var paging = []queryField{{"from", "how many to leave out"}, {"limit", "how many to give, at most 1000; 100"}}

const mostListed = 1000

var truthRoutes = []route{
	look("/sim/accounts/{account}/orders", "An account's orders: the open ones, or with state=closed the ended ones; the latest first.", []orderView{}, (*core).listOrders,
		append(slices.Clone(paging), queryField{"state", "open or closed"})...),
	look("/sim/accounts/{account}/fills", "An account's fills, the latest first.", []fillView{}, (*core).listFills, paging...),
	look("/sim/accounts/{account}/ledger", "An account's ledger, the latest first.", []rowView{}, (*core).listRows, paging...),
	look("/sim/ledger", "Where all of each asset is.", []assetView{}, func(c *core, _ *question) (any, error) { return c.assetViews(), nil }),
	look("/sim/audit", "Checks every book of the venue: nothing made, nothing lost, nothing filled twice.", auditView{}, func(c *core, _ *question) (any, error) {
		if err := c.audit(); err != nil {
			return auditView{false, err.Error()}, nil
		}
		return auditView{Holds: true}, nil
	}),
	{method: http.MethodGet, path: "/sim/requests", about: "What was asked of the venue and how it ended, the latest first, without secrets.", out: []requestView{},
		query: append(slices.Clone(paging), queryField{"account", "of this account only"}, queryField{"name", "of this call only, as AddOrder"}, queryField{"after", "with a higher number only"}),
		edge:  (*Server).listRequests},
}

// latest gives a page of a list from its end.
func latest[T, V any](q *question, all []T, view func(T) V) (any, error) {
	from, limit, err := q.limited(mostListed)
	if err != nil {
		return nil, err
	}
	views := []V{}
	for i := len(all) - 1 - from; i >= 0 && len(views) < limit; i-- {
		views = append(views, view(all[i]))
	}
	return views, nil
}

func (c *core) listOrders(q *question) (any, error) {
	a, err := c.anAccount(q.PathValue("account"))
	if err != nil {
		return nil, err
	}
	switch state := q.URL.Query().Get("state"); state {
	case "", "open":
		return latest(q, a.open, (*order).view)
	case "closed":
		return latest(q, a.closed, (*order).view)
	default:
		return nil, refuse(http.StatusBadRequest, "state is open or closed, not %q", state)
	}
}

func (o *order) view() orderView {
	return orderView{
		Txid: o.txid, ClientID: o.clientID, UserRef: o.userref, Pair: o.m.wsname, Descr: o.describe(), Status: o.status, Reason: o.reason, Opened: stampText(o.opened),
		Closed: stampText(o.ended), Volume: o.volume(), Filled: o.m.qty(o.filled), Cost: money.Format(o.cost, o.m.costDecimals), Fee: o.m.feeText(o.fee, o.feeAsset),
	}
}

func (c *core) listFills(q *question) (any, error) {
	a, err := c.anAccount(q.PathValue("account"))
	if err != nil {
		return nil, err
	}
	return latest(q, a.fills, func(f *fill) fillView {
		m := f.order.m
		return fillView{
			Txid: f.txid, Order: f.order.txid, Pair: m.wsname, Time: stampText(f.at), Side: f.order.Side.String(), Price: m.price(f.price), Qty: m.qty(f.qty),
			Cost: money.Format(f.cost, m.costDecimals), Fee: c.text(f.fee, f.feeIn), FeeIn: c.catalog.Assets[f.feeIn].Name, Maker: f.maker, TradeID: f.tradeID,
		}
	})
}

// text is an amount with the digits of its asset.
func (c *core) text(v money.Amount, asset exchange.AssetID) string {
	return money.Format(int64(v), c.catalog.Assets[asset].Decimals)
}

func (c *core) listRows(q *question) (any, error) {
	a, err := c.anAccount(q.PathValue("account"))
	if err != nil {
		return nil, err
	}
	return latest(q, a.rows, func(r *ledgerRow) rowView {
		return rowView{
			ID: r.id, RefID: r.refid, Time: stampText(r.at), Type: r.kind, Asset: c.catalog.Assets[r.asset].Name, Amount: c.text(r.amount, r.asset),
			Fee: c.text(r.fee, r.asset), Balance: c.text(r.balance, r.asset),
		}
	})
}

func (c *core) assetViews() []assetView {
	views := []assetView{}
	for i := range c.catalog.Assets {
		asset := exchange.AssetID(i)
		var crowd, clients money.Amount
		for id := range crowdAccounts {
			crowd += c.venue.Balance(id, asset).Total
		}
		for _, a := range c.accounts {
			clients += c.venue.Balance(a.id, asset).Total
		}
		own := c.venue.Books(asset)
		views = append(views, assetView{
			Asset: c.catalog.Assets[i].Name, Accounts: c.text(clients, asset), Crowd: c.text(crowd, asset), Fees: c.text(own.Fees, asset),
			World: c.text(own.World, asset), Net: c.text(c.venue.Net(asset), asset),
		})
	}
	return views
}
