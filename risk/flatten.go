package risk

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// saleState is flatten: the operator's wish that everything be sold, and the request that
// waits for its signature.
type saleState struct {
	on        bool
	since     exchange.Stamp
	why       string
	from      []money.Amount // by asset: what was there when it began
	challenge string
	asked     exchange.Stamp
}

// RequestFlatten asks for everything to be sold: it returns the challenge to be signed.
// random must be fresh for every request.
func (g *Guard) RequestFlatten(reason string, random [16]byte) (challenge string, err error) {
	if err := g.mayRequest("flatten", "say why everything shall be sold: --reason", reason); err != nil {
		return "", err
	}
	if err := g.mayFlatten(); err != nil {
		return "", err
	}
	challenge = fmt.Sprintf("breakwater-flatten-1 %s %d %s holds=%s reason=%q",
		hex.EncodeToString(random[:]), int64(g.s.now), g.s.sealed(), g.s.holdings(), strings.TrimSpace(reason))
	return challenge, g.write(Record{Type: RecFlattenRequest, Text: challenge, Instrument: exchange.None, Slot: noSlot}, true)
}

// ConfirmFlatten begins the sale, within ten minutes of the request, with a signature of the
// challenge. The signature holds for the latches and limits that the challenge names: with
// others it is to be asked for again. Entries are cancelled and buys denied from here on,
// also after a restart, until the ceremony ends it.
func (g *Guard) ConfirmFlatten(challenge string, signature []byte) error {
	s := g.s
	if err := g.maySign("flatten", signed{challenge, s.sale.challenge, s.sale.asked, 0}, signature); err != nil {
		return err
	}
	if err := g.mayFlatten(); err != nil {
		return err
	}
	if err := g.unchanged("flatten", challenge); err != nil {
		return err
	}
	_, quoted, _ := strings.Cut(challenge, " reason=")
	why, _ := strconv.Unquote(quoted) // the challenge is ours: RequestFlatten quoted it
	g.onOperator(&exchange.Event{
		Kind: exchange.KindOperator, Code: exchange.CodeFlatten, Time: s.now, Received: s.now, Instrument: exchange.None, FeeAsset: exchange.None, Last: true,
		Detail: &exchange.Detail{Text: why},
	})
	return g.failed
}

// mayFlatten refuses what could not sell, or would sell what nobody knows to be there.
func (g *Guard) mayFlatten() error {
	s := g.s
	switch {
	case g.failed != nil:
		return refuse("flatten", "nothing can be recorded, so nothing may be sold; make room, and start the session again")
	case s.sale.on && s.level < Killed:
		return refuse("flatten", "it is going on already; see breakwater status")
	case g.kill.Present():
		return refuse("flatten", "the KILL file is there, and at KILLED nothing goes out; remove it and arm the session first")
	case s.level == Killed:
		return refuse("flatten", "at KILLED nothing goes out; arm the session first, or sell at the venue by hand")
	case s.dry:
		return refuse("flatten", "the session runs dry and sends nothing; start it with dry-run: false")
	case !s.adopted || !s.synced || !s.day.started:
		return refuse("flatten", "balances and prices have not come yet; wait until breakwater status says ready")
	case s.untrusted():
		return refuse("flatten", "a balance is unexplained, so nobody knows what is owned; look at the account at the venue, and arm")
	case s.refused():
		return refuse("flatten", "the venue refuses the key; sell at the venue by hand")
	}
	return nil
}

// holdings are the coins of the account, as whoever signs reads them.
func (s *state) holdings() string {
	var list []string
	for a := range s.acct.balance {
		if id := exchange.AssetID(a); s.acct.balance[a] != 0 && s.isCoin(id) {
			asset := &s.acct.catalog.Assets[a]
			list = append(list, asset.Name+":"+money.Trim(int64(s.acct.balance[a]), asset.Decimals))
		}
	}
	return strings.Join(list, ",")
}

// isCoin reports whether an asset is what a pair trades and not what everything is counted
// in.
func (s *state) isCoin(a exchange.AssetID) bool {
	return a != s.acct.currency && slices.ContainsFunc(s.acct.catalog.Instruments, func(in exchange.Instrument) bool { return in.Base == a })
}

// onCommand takes the operator's command into the state. A second one changes nothing of
// the first.
func (s *state) onCommand(r *Record) {
	on := r.Event.Code == exchange.CodeFlatten
	if on && !s.sale.on {
		s.sale = saleState{since: r.Time, from: slices.Clone(s.acct.balance)}
		if r.Event.Detail != nil {
			s.sale.why = r.Event.Detail.Text
		}
	}
	s.sale.on = on
}

// checkSale keeps buys out while everything is being sold, and sales out of a pair whose
// market is not sane.
func (s *state) checkSale(d *decision, v *Verdict) {
	switch {
	case !s.sale.on:
	case d.opens:
		v.deny(HaltKeepsPositions, "everything is being sold")
	case s.holds(VenueSanity, ByPair, d.o.Instrument, noSlot) != nil:
		v.deny(HaltKeepsPositions, "flatten waits until the market is sane")
	}
}

// Sale is how far flatten has come.
type Sale struct {
	Since exchange.Stamp
	Why   string
	Done  bool // nothing is left that the venue would take
	Coins []Coin
}

// Coin is one coin of a Sale.
type Coin struct {
	Asset      exchange.AssetID
	From, Left money.Amount
}

// saleStatus is nil when nobody asked for it.
func (s *state) saleStatus() *Sale {
	if !s.sale.on {
		return nil
	}
	out := &Sale{Since: s.sale.since, Why: s.sale.why, Done: len(s.acct.open) == 0}
	for a, from := range s.sale.from {
		if id := exchange.AssetID(a); s.isCoin(id) && (from != 0 || s.acct.balance[a] != 0) {
			out.Coins = append(out.Coins, Coin{id, from, s.acct.balance[a]})
		}
	}
	for i := range s.acct.catalog.Instruments {
		in := &s.acct.catalog.Instruments[i]
		lots := in.LotsIn(s.acct.balance[in.Base])
		cost, ok := in.Cost(s.acct.mark[i], lots, money.Floor)
		out.Done = out.Done && (in.Base == s.acct.currency || lots < max(in.OrderMin, 1) || ok && cost < in.CostMin)
	}
	return out
}
