package world

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// foreignFrom is where the ids of orders begin that are not ours.
const foreignFrom = exchange.OrderID(1) << 40

// strike lets the faults happen that are due; it reports whether one has told the process
// something or ended it.
func (w *World) strike() (any bool) {
	for _, f := range [...]chaos.Family{chaos.Market, chaos.Account, chaos.Disk, chaos.Proc, chaos.Ops, chaos.Strategy} {
		for r := w.faults.Take(f); r != nil; r = w.faults.Take(f) {
			w.happen(r)
			any = true
		}
	}
	w.modes()
	return any
}

// happen is one act of the plan.
func (w *World) happen(r *chaos.Rule) {
	switch r.Do {
	case chaos.ForeignOrder, chaos.ManualTrade:
		w.foreign(r)
	case chaos.Withdraw, chaos.Credit:
		w.move(r)
	case chaos.FlipBit:
		w.disk.flip(w.chance)
	case chaos.Crash:
		w.crash(r.RestartAfter)
	case chaos.RestartLoop:
		for i := 1; i < r.N(); i++ {
			w.on(w.now.Add(time.Duration(i)*(r.RestartAfter+time.Second)), rankOwner, func() { w.crash(r.RestartAfter) })
		}
		w.crash(r.RestartAfter)
	case chaos.Stop:
		if w.up {
			w.later(func() { w.stop(r.RestartAfter) })
		}
	case chaos.SecondInstance:
		w.second()
	case chaos.TouchKill:
		w.ops.kill = true
		w.watchKill()
	case chaos.RemoveKill:
		w.ops.kill = false
	case chaos.EditConfig:
		w.ops.edits = append(w.ops.edits, *r)
	case chaos.SwapBuild:
		w.ops.swapped = true
	case chaos.ReplaySignal, chaos.StrategyFlood:
		w.tapAct(r)
	}
}

// crash ends the process now, where it stands.
func (w *World) crash(restartAfter time.Duration) {
	if !w.up && !w.inside {
		return
	}
	w.upAt = w.now.Add(restartAfter)
	if w.inside {
		panic(crashed{})
	}
	w.die("the process died")
}

// mayDie ends the process when the plan has a crash for the point that it has reached.
func (w *World) mayDie() {
	if !w.verbs[chaos.Crash] || !w.inside {
		return
	}
	if r := w.faults.Take(chaos.Proc); r != nil {
		w.happen(r)
	}
}

// stop is a clean end: entries are taken back, all is synced.
func (w *World) stop(restartAfter time.Duration) {
	w.guard.Note("session stops: asked to")
	_ = w.guard.CancelAll(true) // the venue tells the next life what became of them
	w.on(w.now.Add(time.Second), rankEdge, func() {
		if !w.up {
			return
		}
		w.later(func() {
			_ = w.journal.Close()
			w.note(Entry{Kind: "stop"})
			w.upAt = w.now.Add(restartAfter)
			panic(crashed{})
		})
	})
}

// modes brings the market into the state that the plan wants for it.
func (w *World) modes() {
	for i := range w.market {
		m := &w.market[i]
		pair := m.in.Symbol
		m.gap, m.wick, m.diverge, m.drained, m.widened = 1, 1, 1, 1, 0
		if r := w.holds(chaos.MarketGap, pair); r != nil {
			m.gap = share(money.PPM + r.PPM)
		}
		if r := w.holds(chaos.Wick, pair); r != nil {
			m.wick = share(money.PPM + r.PPM)
		}
		if r := w.holds(chaos.Diverge, pair); r != nil {
			m.diverge = share(money.PPM + r.PPM)
		}
		if r := w.holds(chaos.DrainBook, pair); r != nil {
			if m.drained = share(r.PPM); r.PPM == 0 {
				m.drained = 0.0001
			}
		}
		if r := w.holds(chaos.Widen, pair); r != nil {
			m.widened = r.PPM
		}
		status := exchange.Online
		if w.holds(chaos.Halt, pair) != nil {
			status = exchange.Maintenance
		} else if r := w.holds(chaos.SetStatus, pair); r != nil {
			status = modeOf(r.Value)
			w.advise(r)
		} else {
			w.advise(nil)
		}
		if status != m.status {
			w.setStatus(m, status)
		}
	}
}

func share(ppm int64) float64 { return float64(ppm) / float64(money.PPM) }

var modeNames = map[string]exchange.Status{
	"online": exchange.Online, "post-only": exchange.PostOnlyMode, "limit-only": exchange.LimitOnlyMode, "reduce-only": exchange.ReduceOnlyMode,
	"cancel-only": exchange.CancelOnlyMode, "maintenance": exchange.Maintenance,
}

var adviceCodes = map[string]exchange.Code{
	"reduce-activity": exchange.CodeReduceActivity, "cancel-open-orders": exchange.CodeCancelOpenOrders, "stop-new-orders": exchange.CodeStopNewOrders,
	"disconnect": exchange.CodeDisconnect, "emergency": exchange.CodeEmergency,
}

// modeOf is the mode that a value of status names; advice leaves the venue online.
func modeOf(value string) exchange.Status { return modeNames[value] }

// advise tells the venue's advice when it changes.
func (w *World) advise(r *chaos.Rule) {
	code := exchange.CodeNone
	if r != nil {
		code = adviceCodes[r.Value]
	}
	if code == w.book.advice {
		return
	}
	w.book.advice = code
	w.tell(exchange.Event{Kind: exchange.KindAdvice, Code: code})
}

// setStatus changes an instrument's mode at the venue, and for the process: of all of them
// when none stays online.
func (w *World) setStatus(m *market, s exchange.Status) {
	m.status = s
	ev := exchange.Event{Kind: exchange.KindStatus, Instrument: m.in.ID, Status: s, Time: w.now, Received: w.now}
	w.venue.Apply(&ev)
	if w.cfg.Facts&exchange.FactStatus == 0 {
		return
	}
	all := true
	for i := range w.market {
		all = all && w.market[i].status == s
	}
	w.tell(ev)
	if all {
		ev.Instrument = exchange.None
		w.tell(ev)
	}
}

// foreign is an order on our account that is not ours.
func (w *World) foreign(r *chaos.Rule) {
	in, ok := w.cfg.Catalog.Find(r.Pair)
	if !ok {
		return
	}
	m := &w.market[in.ID]
	w.book.foreign++
	o := exchange.Order{
		ID: foreignFrom + w.book.foreign, Instrument: in.ID, Side: r.Side, Type: exchange.Limit, Sent: w.now,
		Qty: money.Qty(rescale(r.Amount, chaos.Scale, in.LotDecimals)), Price: money.Price(rescale(r.Price, chaos.Scale, in.PriceDecimals)),
	}
	if o.Qty == 0 {
		o.Qty = max(in.OrderMin, 1)
	}
	if o.Price == 0 || r.Do == chaos.ManualTrade {
		o.Type, o.Price = exchange.Market, 0
		if m.price == 0 {
			return
		}
	}
	w.venue.Submit(0, &o)
}

// rescale brings a number from one scale to another, cut off.
func rescale(v int64, from, to uint8) int64 {
	for ; from > to; from-- {
		v /= 10
	}
	for ; from < to; from++ {
		v *= 10
	}
	return v
}

// move is money that leaves the account, or comes to it.
func (w *World) move(r *chaos.Rule) {
	a, ok := w.cfg.Catalog.Asset(r.Asset)
	if !ok {
		return
	}
	amount := money.Amount(rescale(r.Amount, chaos.Scale, a.Decimals))
	row, code := r.Value, exchange.CodeDeposit
	if r.Do == chaos.Withdraw {
		free := w.venue.Balance(0, a.ID)
		amount = min(amount, free.Total-free.Hold)
		code = exchange.CodeWithdrawal
	}
	switch row {
	case "transfer":
		code = exchange.CodeTransfer
	case "adjustment":
		code = exchange.CodeAdjustment
	case "deposit":
		code = exchange.CodeDeposit
	case "withdrawal":
		code = exchange.CodeWithdrawal
	}
	signed := amount
	var err error
	if r.Do == chaos.Withdraw {
		signed = -amount
		err = w.venue.Withdraw(0, a.ID, amount)
	} else {
		err = w.venue.Deposit(0, a.ID, amount)
	}
	if err != nil || amount == 0 {
		return
	}
	w.truth.onFlow(w, a.ID, signed)
	if row != "none" && w.cfg.Facts&exchange.FactLedger != 0 {
		w.tell(exchange.Event{Kind: exchange.KindLedger, FeeAsset: a.ID, Cost: signed, Code: code})
	}
}

// second is another process that wants the same account.
func (w *World) second() {
	w.note(Entry{Kind: "second-instance"})
	if w.up {
		w.tellCheck(risk.SingleInstance, false, "another process holds the state directory")
	}
}
