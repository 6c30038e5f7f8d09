package sim

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// twin is the matcher again: one list of orders in the order of their priority, searched
// from the start for everything, and big.Int for money. Slow, and easy to believe.
type twin struct {
	in           *exchange.Instrument
	maker, taker int64
	orders       []*twinOrder
	cash, coins  []*big.Int
	fees         *big.Int
	said         [][]string
}

type twinOrder struct {
	exchange.Order
	account   int
	remaining money.Qty
	shown     money.Qty
	held      *big.Int
}

func (w *twin) say(account int, format string, args ...any) {
	w.said[account] = append(w.said[account], fmt.Sprintf(format, args...))
}

// spell is an event of the venue in the twin's words.
func spell(ev *exchange.Event) string {
	if ev.Kind == exchange.KindFill {
		return fmt.Sprintf("%d fill %d at %d cost %d fee %d %v left %d %v", ev.Order, ev.Qty, ev.Price, ev.Cost, ev.Fee, ev.Liquidity, ev.Remaining, ev.State)
	}
	return fmt.Sprintf("%d op %d %v %v left %d", ev.Order, ev.Op, ev.State, ev.Code, ev.Remaining)
}

func (w *twin) tell(o *twinOrder, op exchange.Op, s exchange.State, c exchange.Code) {
	w.say(o.account, "%d op %d %v %v left %d", o.ID, op, s, c, o.remaining)
}

// part is a*b/c, rounded up, down or to the nearest.
func part(a, b, c int64, r money.Rounding) *big.Int {
	q, m := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), big.NewInt(c), new(big.Int))
	if r == money.Up && m.Sign() > 0 || r == money.Half && m.Lsh(m, 1).Cmp(big.NewInt(c)) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

func sum(a, b *big.Int) *big.Int  { return new(big.Int).Add(a, b) }
func less(a, b *big.Int) *big.Int { return new(big.Int).Sub(a, b) }

// cost in dollars of 1e-4: prices of 1e-2 times lots of 1e-4.
func (w *twin) cost(p money.Price, q money.Qty, r money.Rounding) *big.Int {
	return part(int64(p), int64(q), 100, r)
}

func (w *twin) fee(cost *big.Int, ppm int64, r money.Rounding) *big.Int {
	return part(cost.Int64(), ppm, money.PPM, r)
}

func (w *twin) need(o *twinOrder) *big.Int {
	if o.Side == exchange.Sell {
		return big.NewInt(int64(o.remaining))
	}
	p := o.Price
	if o.Type == exchange.Market {
		p = 0
		if best := w.best(o); best != nil {
			p = best.Price
		}
	}
	c := w.cost(p, o.remaining, money.Up)
	return sum(c, w.fee(c, max(w.maker, w.taker), money.Up))
}

func (w *twin) free(account int, s exchange.Side) *big.Int {
	f := new(big.Int).Set(w.coins[account])
	if s == exchange.Buy {
		f.Set(w.cash[account])
	}
	for _, o := range w.orders {
		if o.account == account && o.Side == s {
			f.Sub(f, o.held)
		}
	}
	return f
}

// best is the resting order that o would meet first.
func (w *twin) best(o *twinOrder) *twinOrder {
	var best *twinOrder
	for _, r := range w.orders {
		if r.Side != o.Side && (best == nil || worse(o.Side, best.Price, r.Price)) {
			best = r
		}
	}
	return best
}

func (w *twin) meets(o, r *twinOrder) bool {
	return r != nil && (o.Type == exchange.Market || !worse(o.Side, r.Price, o.Price))
}

func (w *twin) remove(o *twinOrder) {
	w.orders = slices.DeleteFunc(w.orders, func(r *twinOrder) bool { return r == o })
}

func (w *twin) find(account int, id exchange.OrderID) *twinOrder {
	for _, o := range w.orders {
		if o.account == account && o.ID == id {
			return o
		}
	}
	return nil
}

func (w *twin) submit(account int, order exchange.Order) {
	o := &twinOrder{Order: order, account: account, remaining: order.Qty, held: new(big.Int)}
	need := w.need(o)
	if need.Cmp(w.free(account, o.Side)) > 0 {
		w.tell(o, exchange.OpSubmit, exchange.Rejected, exchange.CodeInsufficientFunds)
		return
	}
	o.held = need
	w.tell(o, exchange.OpSubmit, exchange.Working, exchange.CodeNone)
	w.enter(o)
}

func (w *twin) enter(o *twinOrder) {
	if o.PostOnly && w.meets(o, w.best(o)) {
		w.tell(o, exchange.OpVenue, exchange.Cancelled, exchange.CodePostOnly)
		return
	}
	if o.TIF == exchange.FOK {
		if trial := w.copy(); !trial.match(trial.clone(o)) {
			w.tell(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeNoLiquidity)
			return
		}
	}
	said := w.ended(o)
	if w.match(o) || said != w.ended(o) {
		return
	}
	if o.Type == exchange.Market || o.TIF == exchange.IOC {
		w.tell(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeNoLiquidity)
		return
	}
	o.shown = o.remaining
	if o.Type == exchange.Iceberg {
		o.shown = min(o.Display, o.remaining)
	}
	w.orders = append(w.orders, o)
}

// ended counts the times that an order was said to be cancelled.
func (w *twin) ended(o *twinOrder) (n int) {
	for _, s := range w.said[o.account] {
		var id, op int
		var state string
		if k, _ := fmt.Sscanf(s, "%d op %d %s", &id, &op, &state); k == 3 && id == int(o.ID) && state == "cancelled" {
			n++
		}
	}
	return n
}

// match reports whether o was filled whole.
func (w *twin) match(o *twinOrder) bool {
	for o.remaining > 0 {
		r := w.best(o)
		if !w.meets(o, r) {
			return false
		}
		if r.account == o.account {
			if o.STP != exchange.CancelNewest {
				w.remove(r)
				w.tell(r, exchange.OpVenue, exchange.Cancelled, exchange.CodeSelfTrade)
			}
			if o.STP != exchange.CancelOldest {
				w.tell(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeSelfTrade)
				return false
			}
			continue
		}
		want := min(o.remaining, r.shown)
		q := w.affordable(o, r.Price, want)
		if q > 0 {
			w.trade(o, r, q)
		}
		if q < want {
			w.tell(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeInsufficientFunds)
			return false
		}
	}
	return true
}

func (w *twin) affordable(o *twinOrder, p money.Price, want money.Qty) money.Qty {
	if o.Side == exchange.Sell {
		return want
	}
	budget := w.budget(o)
	pays := func(q money.Qty) bool {
		c := w.cost(p, q, money.Down)
		return sum(c, w.fee(c, w.taker, money.Half)).Cmp(budget) <= 0
	}
	if pays(want) {
		return want
	}
	lo, hi := money.Qty(0), want
	for lo < hi {
		if mid := (lo + hi + 1) / 2; pays(mid) {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// budget is what an order may pay: its own hold, and what its account has free.
func (w *twin) budget(o *twinOrder) *big.Int {
	free := w.free(o.account, o.Side)
	if !slices.Contains(w.orders, o) {
		return free // it is not in the list, so that its hold has not been subtracted
	}
	return sum(free, o.held)
}

func (w *twin) trade(o, r *twinOrder, q money.Qty) {
	c := w.cost(r.Price, q, money.Down)
	w.side(o, r.Price, q, c, w.taker, exchange.Taker)
	w.side(r, r.Price, q, c, w.maker, exchange.Maker)
	r.shown -= q
	switch {
	case r.remaining == 0:
		w.remove(r)
	case r.shown == 0:
		r.shown = min(r.Display, r.remaining)
		w.remove(r)
		w.orders = append(w.orders, r)
	}
}

func (w *twin) side(o *twinOrder, p money.Price, q money.Qty, cost *big.Int, ppm int64, l exchange.Liquidity) {
	fee := w.fee(cost, ppm, money.Half)
	budget := w.budget(o)
	o.remaining -= q
	if o.Side == exchange.Buy {
		if o.Type != exchange.Market && fee.Sign() > 0 && sum(sum(cost, fee), w.need(o)).Cmp(budget) > 0 {
			fee.Sub(fee, big.NewInt(1))
		}
		paid := sum(cost, fee)
		w.cash[o.account].Sub(w.cash[o.account], paid)
		w.coins[o.account].Add(w.coins[o.account], big.NewInt(int64(q)))
		w.shrink(o, paid, less(budget, paid))
	} else {
		w.cash[o.account].Add(w.cash[o.account], less(cost, fee))
		w.coins[o.account].Sub(w.coins[o.account], big.NewInt(int64(q)))
		o.held = big.NewInt(int64(o.remaining))
	}
	w.fees.Add(w.fees, fee)
	state := exchange.Working
	if o.remaining == 0 {
		state = exchange.Filled
	}
	w.say(o.account, "%d fill %d at %d cost %d fee %d %v left %d %v", o.ID, q, p, cost, fee, l, o.remaining, state)
}

// shrink makes a buy's hold what the rest of it needs, and never more than is left.
func (w *twin) shrink(o *twinOrder, paid, left *big.Int) {
	was := o.held
	if o.Type == exchange.Market {
		if o.held = less(was, paid); o.held.Sign() < 0 {
			o.held = new(big.Int)
		}
	} else if need := w.need(o); need.Cmp(was) < 0 {
		o.held = need
	}
	if o.remaining == 0 {
		o.held = new(big.Int)
	}
	if o.held.Cmp(left) > 0 {
		o.held = new(big.Int).Set(left)
	}
}

func (w *twin) cancel(account int, id exchange.OrderID) {
	o := w.find(account, id)
	if o == nil {
		w.say(account, "%d op %d %v %v left 0", id, exchange.OpCancel, exchange.State(0), exchange.CodeUnknownOrder)
		return
	}
	w.remove(o)
	w.tell(o, exchange.OpCancel, exchange.Cancelled, exchange.CodeUserRequested)
}

func (w *twin) amend(account int, a exchange.Amend) {
	o := w.find(account, a.Order)
	if o == nil {
		w.say(account, "%d op %d %v %v left 0", a.Order, exchange.OpAmend, exchange.State(0), exchange.CodeUnknownOrder)
		return
	}
	filled := o.Qty - o.remaining
	if a.Qty != 0 && a.Qty <= filled {
		w.remove(o)
		w.tell(o, exchange.OpAmend, exchange.Cancelled, exchange.CodeUserRequested)
		return
	}
	changed := *o
	if a.Price != 0 {
		changed.Price = a.Price
	}
	if a.Qty != 0 {
		changed.Qty, changed.remaining = a.Qty, a.Qty-filled
	}
	need := w.need(&changed)
	if less(need, o.held).Cmp(w.free(account, o.Side)) > 0 {
		w.tell(o, exchange.OpAmend, exchange.Working, exchange.CodeInsufficientFunds)
		return
	}
	moves := changed.Price != o.Price || changed.Qty > o.Qty
	o.Order, o.remaining, o.held = changed.Order, changed.remaining, need
	w.tell(o, exchange.OpAmend, exchange.Working, exchange.CodeAmended)
	if moves {
		w.remove(o)
		w.enter(o)
		return
	}
	o.shown = o.remaining
	if o.Type == exchange.Iceberg {
		o.shown = min(o.Display, o.remaining)
	}
}

func (w *twin) clone(o *twinOrder) *twinOrder {
	c := *o
	c.held = new(big.Int).Set(o.held)
	return &c
}

// copy is for trying out a fill-or-kill.
func (w *twin) copy() *twin {
	c := *w
	c.orders, c.said, c.fees = nil, make([][]string, len(w.said)), new(big.Int)
	for _, o := range w.orders {
		c.orders = append(c.orders, w.clone(o))
	}
	c.cash, c.coins = nil, nil
	for i := range w.cash {
		c.cash = append(c.cash, new(big.Int).Set(w.cash[i]))
		c.coins = append(c.coins, new(big.Int).Set(w.coins[i]))
	}
	return &c
}

const twinAccounts = 4

// pair makes a book-only venue and its twin with the same accounts, which have dollars of
// 1e-4 and coins of 1e-4.
func pair(t *testing.T, dollars, coins money.Amount) (*Venue, *twin) {
	config := Config{Catalog: catalog(t), Fees: FixedFees(1600, 2600), BookOnly: true}
	for range twinAccounts {
		config.Accounts = append(config.Accounts, Deposits{{Asset: usd, Total: dollars}, {Asset: xbt, Total: coins}})
	}
	v, err := NewVenue(config)
	if err != nil {
		t.Fatal(err)
	}
	w := &twin{in: v.markets[0].in, maker: 1600, taker: 2600, fees: new(big.Int), said: make([][]string, twinAccounts)}
	for range twinAccounts {
		w.cash = append(w.cash, big.NewInt(int64(dollars)))
		w.coins = append(w.coins, big.NewInt(int64(coins)))
	}
	return v, w
}

// randomOrder is any plain order near a price of 100 dollars.
func randomOrder(rng *rand.Rand, id exchange.OrderID) exchange.Order {
	o := exchange.Order{
		ID: id, Side: exchange.Side(rng.IntN(2)), Type: exchange.Limit, STP: exchange.SelfTrade(rng.IntN(3)),
		Qty: 1 + money.Qty(rng.IntN(30_000)), Price: 9900 + money.Price(rng.IntN(200)),
	}
	switch rng.IntN(10) {
	case 0:
		o.Type, o.Price = exchange.Market, 0
	case 1:
		o.TIF = exchange.IOC
	case 2:
		o.TIF = exchange.FOK
	case 3:
		o.PostOnly = true
	case 4, 5:
		o.Type, o.Display = exchange.Iceberg, max(1, (o.Qty+14)/15+money.Qty(rng.IntN(int(o.Qty))))
		o.Display = min(o.Display, o.Qty)
	}
	return o
}

func TestMatcherAndItsNaiveTwinAgree(t *testing.T) {
	const commands, rounds = 2_500, 48
	for seed := uint64(1); seed <= rounds; seed++ {
		rng := rand.New(rand.NewPCG(seed, 2026))
		v, w := pair(t, 30_000_000>>(seed%4), 300_000>>(seed%4)) // the poorer, the more is committed to the last cent
		id, compared := exchange.OrderID(0), make([]int, twinAccounts)
		for n := range commands {
			account := rng.IntN(twinAccounts)
			some := exchange.OrderID(1 + rng.Int64N(int64(id)+1))
			if rng.IntN(4) > 0 && id > 40 {
				some = id - exchange.OrderID(rng.IntN(40))
			}
			switch rng.IntN(10) {
			case 0, 1:
				v.Cancel(exchange.AccountID(account), some)
				w.cancel(account, some)
			case 2:
				a := exchange.Amend{Order: some}
				if rng.IntN(2) == 0 {
					a.Qty = 15 * (1 + money.Qty(rng.IntN(1000)))
				}
				if o := w.find(account, some); a.Qty == 0 || rng.IntN(2) == 0 {
					a.Price = 9900 + money.Price(rng.IntN(200))
				} else if o != nil && o.Type == exchange.Iceberg {
					a.Qty = max(o.Display, min(a.Qty, 15*o.Display))
				}
				if o := w.find(account, some); o != nil && o.Type == exchange.Iceberg && a.Qty != 0 {
					a.Qty = max(o.Display, min(a.Qty, 15*o.Display))
				}
				v.Amend(exchange.AccountID(account), &a)
				w.amend(account, a)
			default:
				id++
				o := randomOrder(rng, id)
				v.Submit(exchange.AccountID(account), &o)
				w.submit(account, o)
			}
			compare(t, seed, n, v, w, compared)
		}
		checkBooks(t, v)
	}
}

// compare holds the venue against its twin after one command.
func compare(t *testing.T, seed uint64, n int, v *Venue, w *twin, compared []int) {
	t.Helper()
	var ev exchange.Event
	for i := range twinAccounts {
		for v.Take(exchange.AccountID(i), &ev) {
			got := spell(&ev)
			if compared[i] >= len(w.said[i]) {
				t.Fatalf("seed %d, command %d, account %d: the venue says %q, the twin nothing", seed, n, i, got)
			}
			if want := w.said[i][compared[i]]; got != want {
				t.Fatalf("seed %d, command %d, account %d:\nvenue %s\ntwin  %s", seed, n, i, got, want)
			}
			compared[i]++
		}
		if compared[i] != len(w.said[i]) {
			t.Fatalf("seed %d, command %d, account %d: the twin says %q, the venue nothing", seed, n, i, w.said[i][compared[i]])
		}
		w.said[i], compared[i] = w.said[i][:0], 0
		for a, want := range []*big.Int{w.coins[i], w.cash[i]} {
			b := v.Balance(exchange.AccountID(i), exchange.AssetID(a))
			if int64(b.Total) != want.Int64() {
				t.Fatalf("seed %d, command %d, account %d, asset %d: venue %d, twin %d", seed, n, i, a, b.Total, want)
			}
			if free := w.free(i, exchange.Side(1-a)); int64(b.Total-b.Hold) != free.Int64() {
				t.Fatalf("seed %d, command %d, account %d, asset %d: free %d at the venue, %d at its twin", seed, n, i, a, b.Total-b.Hold, free)
			}
		}
	}
}
