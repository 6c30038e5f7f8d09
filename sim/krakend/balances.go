package krakend

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// held are the assets that an account has or has had, by Kraken's id.
func (c *core) held(a *account) []*exchange.Asset {
	var out []*exchange.Asset
	for i := range c.catalog.Assets {
		if a.had[i] {
			out = append(out, &c.catalog.Assets[i])
		}
	}
	slices.SortFunc(out, func(x, y *exchange.Asset) int { return strings.Compare(assetID(x.Name), assetID(y.Name)) })
	return out
}

func (c *core) callBalance(a *account, _ *request) (any, error) {
	out := object{}
	for _, asset := range c.held(a) {
		out = append(out, member{assetID(asset.Name), money.Format(int64(c.venue.Balance(a.id, asset.ID).Total), asset.Decimals)})
	}
	return out, nil
}

func (c *core) callBalanceEx(a *account, _ *request) (any, error) {
	out := object{}
	for _, asset := range c.held(a) {
		b := c.venue.Balance(a.id, asset.ID)
		out = append(out, member{assetID(asset.Name), object{
			{"balance", money.Format(int64(b.Total), asset.Decimals)}, {"hold_trade", money.Format(int64(b.Hold), asset.Decimals)},
		}})
	}
	return out, nil
}

// worth is an amount in another asset at the last prices, 0 where there is no rate.
func (c *core) worth(amount money.Amount, from, to exchange.AssetID) money.Amount {
	legs, ok := c.catalog.Path(from, to)
	if !ok {
		return 0
	}
	for _, leg := range legs {
		if amount, ok = c.catalog.Convert(amount, leg, c.markets[leg.Instrument].last(), money.Down); !ok {
			return 0
		}
	}
	return amount
}

func (c *core) callTradeBalance(a *account, r *request) (any, error) {
	name := r.get("asset")
	if name == "" {
		name = "ZUSD"
		if _, ok := c.asset(name); !ok { // no dollar here: the first pair's currency
			name = assetID(c.catalog.Assets[c.markets[0].in.Quote].Name)
		}
	}
	asset, ok := c.asset(name)
	if !ok {
		return nil, errUnknownAsset
	}
	equivalent, unexecuted := money.Amount(0), money.Amount(0)
	for i := range c.catalog.Assets {
		b := c.venue.Balance(a.id, exchange.AssetID(i))
		equivalent += c.worth(b.Total, b.Asset, asset.ID)
		unexecuted += c.worth(b.Hold, b.Asset, asset.ID)
	}
	text := func(v money.Amount) string { return money.Format(int64(v), asset.Decimals) }
	return object{
		{"eb", text(equivalent)}, {"tb", text(equivalent)}, {"m", text(0)}, {"uv", text(unexecuted)}, {"n", text(0)}, {"c", text(0)}, {"v", text(0)},
		{"e", text(equivalent)}, {"mf", text(equivalent)},
	}, nil
}

func (c *core) callOpenPositions(*account, *request) (any, error) {
	return []string{}, nil // spot only
}

func (c *core) callTradeVolume(a *account, r *request) (any, error) {
	volume := c.venue.FeeVolume(a.id)
	out := object{{"currency", "ZUSD"}, {"volume", money.Format(int64(volume), sim.VolumeDecimals)}}
	if !r.has("pair") {
		return append(out, member{"fees", nil}, member{"fees_maker", nil}), nil
	}
	markets, err := c.named(r.get("pair"))
	if err != nil {
		return nil, err
	}
	taker, maker := object{}, object{}
	for _, m := range markets {
		tiers := feeTiers(c.config.Fees, m.in, c.now)
		at := 0
		for at+1 < len(tiers) && int64(volume)/money.Pow10[sim.VolumeDecimals] >= tiers[at+1].volumeUSD {
			at++
		}
		taker = append(taker, member{m.id, feeStep(tiers, at, func(t feeTier) int64 { return t.taker })})
		maker = append(maker, member{m.id, feeStep(tiers, at, func(t feeTier) int64 { return t.maker })})
	}
	return append(out, member{"fees", taker}, member{"fees_maker", maker}), nil
}

// feeStep is the account's place in a schedule; next is null at the top.
func feeStep(tiers []feeTier, at int, of func(feeTier) int64) object {
	rate := func(t feeTier) string { return money.Format(of(t), 4) }
	usd := func(v int64) string { return strconv.FormatInt(v, 10) + ".0000" }
	var nextFee, nextVolume any
	if at+1 < len(tiers) {
		nextFee, nextVolume = rate(tiers[at+1]), usd(tiers[at+1].volumeUSD)
	}
	return object{
		{"fee", rate(tiers[at])}, {"minfee", rate(tiers[len(tiers)-1])}, {"maxfee", rate(tiers[0])}, {"nextfee", nextFee},
		{"tiervolume", usd(tiers[at].volumeUSD)}, {"nextvolume", nextVolume},
	}
}
