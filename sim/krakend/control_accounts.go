package krakend

import (
	"net/http"
	"slices"
	"strconv"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// accountView is an account without what its lists hold.
type accountView struct {
	Name      string                 `json:"name"`
	Tier      string                 `json:"tier"`
	Unlimited bool                   `json:"unlimited" doc:"no rate limits, no cap on open orders"`
	Balances  map[string]balanceView `json:"balances" doc:"by asset"`
	Keys      []string               `json:"keys" doc:"their public parts"`
	Open      int                    `json:"open_orders"`
	Closed    int                    `json:"closed_orders" doc:"that are kept"`
	Fills     int                    `json:"fills" doc:"that are kept"`
	Rows      int                    `json:"ledger_rows" doc:"that are kept"`
	Volume    string                 `json:"volume_usd" doc:"traded in the last 30 days"`
}

type balanceView struct {
	Total string `json:"total"`
	Hold  string `json:"hold" doc:"reserved by open orders"`
}

// accountOpening is a new account.
type accountOpening struct {
	Name      string            `json:"name"`
	Tier      string            `json:"tier,omitempty" doc:"starter, intermediate or pro; without it pro"`
	Unlimited bool              `json:"unlimited,omitempty"`
	Balances  map[string]string `json:"balances,omitempty" doc:"by asset: {\"CAD\": \"1000\"}"`
}

// accountChange changes an account.
type accountChange struct {
	Account   string  `json:"account"`
	Tier      *string `json:"tier,omitempty" doc:"starter, intermediate or pro"`
	Unlimited *bool   `json:"unlimited,omitempty"`
	Exhaust   bool    `json:"exhaust,omitempty" doc:"true: its rate counters are at the top now"`
}

// transfer moves money in or out.
type transfer struct {
	Account string `json:"account"`
	Asset   string `json:"asset"`
	Amount  string `json:"amount"`
}

// foreignOrder is an order that the account's owner places by hand: no key, no limits.
type foreignOrder struct {
	Account   string `json:"account"`
	Pair      string `json:"pair"`
	Type      string `json:"type" doc:"buy or sell"`
	OrderType string `json:"ordertype" doc:"this and the rest as in AddOrder"`
	Volume    string `json:"volume"`
	Price     string `json:"price,omitempty"`
	Price2    string `json:"price2,omitempty"`
	Display   string `json:"displayvol,omitempty"`
	Flags     string `json:"oflags,omitempty"`
	TIF       string `json:"timeinforce,omitempty"`
	Expire    string `json:"expiretm,omitempty"`
	UserRef   string `json:"userref,omitempty"`
	ClientID  string `json:"cl_ord_id,omitempty"`
}

// placedView is what became of one.
type placedView struct {
	Txid   string `json:"txid"`
	Descr  string `json:"descr"`
	Status string `json:"status" doc:"open, pending, closed, canceled or expired"`
	Filled string `json:"filled"`
}

// orderEnding names an order.
type orderEnding struct {
	Account string `json:"account"`
	Txid    string `json:"txid"`
}

// accountName names an account.
type accountName struct {
	Account string `json:"account"`
}

var accountRoutes = []route{
	look("/sim/accounts", "Every account.", []accountView{}, func(c *core, _ *question) (any, error) {
		views := []accountView{}
		for _, a := range c.accounts {
			views = append(views, c.accountView(a))
		}
		return views, nil
	}),
	change(http.MethodPost, "/sim/accounts", "Opens an account. Its keys come after.", (*core).openAccount, accountView{}),
	look("/sim/accounts/{account}", "One account.", accountView{}, func(c *core, q *question) (any, error) {
		a, err := c.anAccount(q.PathValue("account"))
		if err != nil {
			return nil, err
		}
		return c.accountView(a), nil
	}),
	change(http.MethodPatch, "/sim/accounts/{account}", "Changes tier and rate limits.", (*core).changeAccount, accountView{}),
	change(http.MethodDelete, "/sim/accounts/{account}", "Closes an account: its orders are cancelled, its keys revoked. Its money and its past stay, for the truth.", (*core).closeAccount, accountView{}),
	change(http.MethodPost, "/sim/accounts/{account}/deposits", "Books money in.", (*core).moneyIn, accountView{}),
	change(http.MethodPost, "/sim/accounts/{account}/withdrawals", "Books money out, no more than is free.", (*core).moneyOut, accountView{}),
	change(http.MethodPost, "/sim/accounts/{account}/orders", "Places an order by the owner's hand, without a key: one that a bot did not place.", (*core).placeForeign, placedView{}),
	change(http.MethodDelete, "/sim/accounts/{account}/orders/{txid}", "Cancels an open order by the owner's hand.", (*core).cancelForeign, placedView{}),
	change(http.MethodDelete, "/sim/accounts/{account}/tokens", "Ends the life of every WebSocket token that waits for its use.", (*core).endTokens, accountView{}),
}

func (c *core) anAccount(name string) (*account, error) {
	for _, a := range c.accounts {
		if a.Name == name {
			return a, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "there is no account %q; /sim/accounts lists them", name)
}

var tierNames = [...]string{Intermediate: "intermediate", Starter: "starter", Pro: "pro"}

func tierNamed(name string) (Tier, error) {
	for t, n := range tierNames {
		if n == name {
			return Tier(t), nil
		}
	}
	return 0, refuse(http.StatusBadRequest, "there is no tier %q; there are starter, intermediate, pro", name)
}

func (c *core) accountView(a *account) accountView {
	v := accountView{
		Name: a.Name, Tier: tierNames[a.Tier], Unlimited: a.Unlimited, Balances: map[string]balanceView{}, Keys: []string{}, Open: len(a.open),
		Closed: len(a.closed), Fills: len(a.fills), Rows: len(a.rows), Volume: money.Format(int64(c.venue.FeeVolume(a.id)), 4),
	}
	for _, asset := range c.held(a) {
		b := c.venue.Balance(a.id, asset.ID)
		v.Balances[asset.Name] = balanceView{money.Format(int64(b.Total), asset.Decimals), money.Format(int64(b.Hold), asset.Decimals)}
	}
	for _, k := range c.keys.all() {
		if k.account == a {
			v.Keys = append(v.Keys, k.Public)
		}
	}
	return v
}

func (c *core) openAccount(t *accountOpening) (any, error) {
	tier := Pro
	if t.Tier != "" {
		var err error
		if tier, err = tierNamed(t.Tier); err != nil {
			return nil, err
		}
	}
	if t.Name == "" || len(t.Name) > mostName {
		return nil, refuse(http.StatusBadRequest, "an account needs a name of at most %d letters", mostName)
	}
	if len(c.accounts) >= mostAccounts {
		return nil, refuse(http.StatusConflict, "there are %d accounts; a venue has no more", mostAccounts)
	}
	a, err := c.admit(Account{Name: t.Name, Tier: tier, Unlimited: t.Unlimited, Balances: t.Balances})
	if err != nil {
		return nil, err
	}
	return c.accountView(a), nil
}

// What the control interface bounds.
const (
	mostName     = 64
	mostAccounts = 10_000
	mostKeys     = 20_000
)

func (c *core) changeAccount(t *accountChange) (any, error) {
	a, err := c.anAccount(t.Account)
	if err != nil {
		return nil, err
	}
	if t.Tier != nil {
		tier, err := tierNamed(*t.Tier)
		if err != nil {
			return nil, err
		}
		a.Tier, a.limits = tier, tierLimits[tier]
	}
	if t.Unlimited != nil {
		a.Unlimited = *t.Unlimited
	}
	if t.Exhaust {
		for _, k := range c.keys.all() {
			if k.account == a {
				k.counter = counter{a.limits.restMax, c.now}
			}
		}
		for i := range a.engine {
			a.engine[i] = counter{a.limits.engineMax, c.now}
		}
	}
	return c.accountView(a), nil
}

func (c *core) closeAccount(t *accountName) (any, error) {
	a, err := c.anAccount(t.Account)
	if err != nil {
		return nil, err
	}
	if c.status == exchange.Maintenance {
		return nil, refuse(http.StatusConflict, "in maintenance no order can be cancelled; end it first")
	}
	for _, o := range slices.Clone(a.open) {
		c.cancel(o, "User requested")
	}
	for _, k := range c.keys.all() {
		if k.account == a {
			c.keys.set(k.Public, nil)
		}
	}
	return c.accountView(a), nil
}

// transfer reads who moves what.
func (c *core) transfer(t *transfer) (*account, exchange.Balance, error) {
	a, err := c.anAccount(t.Account)
	if err != nil {
		return nil, exchange.Balance{}, err
	}
	b, err := c.amount(t.Asset, t.Amount)
	if err == nil && b.Total == 0 {
		err = refuse(http.StatusBadRequest, "an amount of nothing moves nothing")
	}
	return a, b, err
}

func (c *core) moneyIn(t *transfer) (any, error) {
	a, b, err := c.transfer(t)
	if err != nil {
		return nil, err
	}
	if err := c.deposit(a, b.Asset, b.Total); err != nil {
		return nil, err
	}
	return c.accountView(a), nil
}

func (c *core) moneyOut(t *transfer) (any, error) {
	a, b, err := c.transfer(t)
	if err != nil {
		return nil, err
	}
	if err := c.venue.Withdraw(a.id, b.Asset, b.Total); err != nil {
		return nil, refuse(http.StatusConflict, "%v", err)
	}
	c.drain()
	c.booked(a, c.ledger(a, c.ids.next('F'), "withdrawal", b.Asset, -b.Total, 0, c.now))
	return c.accountView(a), nil
}

func (c *core) placeForeign(t *foreignOrder) (any, error) {
	a, err := c.anAccount(t.Account)
	if err != nil {
		return nil, err
	}
	m, err := c.aMarket(t.Pair)
	if err != nil {
		return nil, err
	}
	o, err := c.readOrder(a, m, params{
		"type": t.Type, "ordertype": t.OrderType, "volume": t.Volume, "price": t.Price, "price2": t.Price2, "displayvol": t.Display, "oflags": t.Flags,
		"timeinforce": t.TIF, "expiretm": t.Expire, "userref": t.UserRef, "cl_ord_id": t.ClientID,
	})
	if err == nil {
		err = c.submit(o)
	}
	if err != nil {
		return nil, refuse(http.StatusConflict, "%v", err)
	}
	return o.placed(), nil
}

func (o *order) placed() placedView {
	return placedView{o.txid, o.describe(), o.status, o.m.qty(o.filled)}
}

func (c *core) cancelForeign(t *orderEnding) (any, error) {
	a, err := c.anAccount(t.Account)
	if err != nil {
		return nil, err
	}
	o := c.byTxid[t.Txid]
	if o == nil || o.account != a || o.ended != 0 {
		return nil, refuse(http.StatusNotFound, "%s has no open order %q", a.Name, t.Txid)
	}
	if c.cancel(o, "User requested"); o.ended == 0 {
		return nil, refuse(http.StatusConflict, "%v", c.refusal(o.m, a.refused))
	}
	return o.placed(), nil
}

func (c *core) endTokens(t *accountName) (any, error) {
	a, err := c.anAccount(t.Account)
	if err != nil {
		return nil, err
	}
	for _, t := range c.hub.tokens {
		if t.key.account == a {
			t.until = min(t.until, c.now)
		}
	}
	return c.accountView(a), nil
}

// limited reads a list's bounds.
func (q *question) limited(most int) (from, limit int, err error) {
	from, limit = 0, min(100, most)
	for _, f := range []struct {
		name string
		to   *int
		most int
	}{{"from", &from, 1 << 40}, {"limit", &limit, most}} {
		text := q.URL.Query().Get(f.name)
		if text == "" {
			continue
		}
		v, err := strconv.Atoi(text)
		if err != nil || v < 0 || v > f.most {
			return 0, 0, refuse(http.StatusBadRequest, "%s %q is no number from 0 to %d", f.name, text, f.most)
		}
		*f.to = v
	}
	return from, limit, nil
}
