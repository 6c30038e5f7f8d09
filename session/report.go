package session

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// writeStatus puts the present status in place, and positions.json when something
// changed; why is set for the session's last words.
func (s *session) writeStatus(g *risk.Status, why string) error {
	s.phase = g.Phase
	s.lastWord.From = g.Level
	if g.Level != s.told {
		s.logf("level %s -> %s%s", s.told, g.Level, because(g))
		s.told = g.Level
	}
	st := s.status(g)
	if st.Running = why == ""; !st.Running {
		st.Why, st.Next = why, "start it again: breakwater trade"
	}
	if s.stuck != nil && st.Running {
		st.Next = "nothing can be recorded: mend the disk, stop the session, start it again, and arm it"
	}
	if err := st.write(s.dir); err != nil {
		return err
	}
	if !s.books.changed {
		return nil
	}
	s.books.changed = false
	text, err := json.MarshalIndent(s.books.list(g.Time), "", "  ")
	if err != nil {
		panic("BUG: positions are no JSON: " + err.Error())
	}
	return writeFile(s.dir.file(positionsName), append(text, '\n'))
}

func because(g *risk.Status) string {
	for _, l := range g.Latches {
		if l.Scope == risk.Global && l.Level == g.Level {
			return ": " + l.Control.String() + ": " + l.Cause
		}
	}
	return ""
}

func (s *session) status(g *risk.Status) *Status {
	p, cat := s.plan, s.plan.catalog
	cur := &cat.Assets[p.currency]
	amount := func(v money.Amount) string { return money.Trim(int64(v), cur.Decimals) }
	head := s.journal.Head()
	st := &Status{
		Schema: statusSchema, Written: time.Now().UTC(), PID: os.Getpid(), Time: g.Time.String(), Venue: p.config.Venue, Speed: p.pace.text,
		Profile: p.limits.Profile, DryRun: p.dryRun, Starts: s.lives + 1, Phase: g.Phase.String(), Level: g.Level.String(), Latches: []Latch{},
		Account: Money{Currency: cur.Name, Equity: amount(g.Equity)}, Exposure: []Held{}, Data: []Age{},
		Orders: Orders{Open: g.Open, Unknown: g.Unknown, Trades: s.books.trades},
		Streak: g.Streak, Journal: Head{Seq: head.Seq, Hash: hex.EncodeToString(head.Hash[:])}, Digest: s.digest.Sum(), Build: s.opt.Build, Next: next(g, p.armKey != nil),
	}
	if _, waiting := s.journal.Unsynced(); waiting {
		st.Journal.LagMs = time.Since(s.flushed).Milliseconds()
	}
	if g.Phase != risk.Reconciling {
		st.Account.DayStart, st.Account.DayPnL, st.Account.High = amount(g.DayStart), amount(-g.DayLoss), amount(g.High)
		st.Account.DrawdownPct = money.Trim(g.FallPPM, 4)
	}
	if g.Phase >= risk.DryCycle {
		st.Account.LeaseUntil = g.Lease.String()
	}
	for i := range g.Latches {
		st.Latches = append(st.Latches, s.latch(&g.Latches[i], g.Time))
	}
	st.Flatten = s.flatten(g)
	held := s.books.list(g.Time)
	for i := range cat.Instruments {
		in := &cat.Instruments[i]
		h := Held{Instrument: in.Symbol, Qty: "0", Worst: amount(g.Exposure[i])}
		for _, p := range held.Positions {
			if p.Instrument == in.Symbol {
				h.Qty, h.AvgPrice = p.Qty, p.AvgPrice
			}
		}
		if s.stuck != nil { // the books end with the journal, the guard has seen more
			h.Qty, h.AvgPrice = in.QtyText(in.LotsIn(s.guard.Balance(in.Base))), ""
		}
		st.Exposure = append(st.Exposure, h)
		if g.Changed[i] != 0 {
			st.Data = append(st.Data, Age{in.Symbol, g.Time.Sub(g.Changed[i]).Milliseconds()})
		}
	}
	return st
}

func (s *session) latch(l *risk.Latch, now exchange.Stamp) Latch {
	out := Latch{
		Control: l.Control.String(), Scope: l.Scope.String(), Level: l.Level.String(), Since: l.Since.String(), Age: ageText(now.Sub(l.Since)), Cause: l.Cause,
	}
	switch {
	case l.Scope == risk.ByPair && l.Instrument >= 0:
		out.Of = s.plan.catalog.Instruments[l.Instrument].Symbol
	case l.Scope == risk.BySlot && l.Slot >= 0 && int(l.Slot) < len(s.plan.slots):
		out.Of = s.plan.slots[l.Slot].name
	}
	if l.Until != exchange.Never {
		out.Until = l.Until.String()
		out.WayOut = "by itself in " + ageText(l.Until.Sub(now))
		return out
	}
	out.WayOut = risk.Declarations[l.Control].Reset
	return out
}

// flatten is nil when nobody asked for it.
func (s *session) flatten(g *risk.Status) *Sale {
	if g.Sale == nil {
		return nil
	}
	out := &Sale{Since: g.Sale.Since.String(), Age: ageText(g.Time.Sub(g.Sale.Since)), Why: g.Sale.Why, Done: g.Sale.Done, Coins: []Coin{}}
	for _, c := range g.Sale.Coins {
		asset := &s.plan.catalog.Assets[c.Asset]
		out.Coins = append(out.Coins, Coin{asset.Name, money.Trim(int64(c.From), asset.Decimals), money.Trim(int64(c.Left), asset.Decimals)})
	}
	return out
}

// dayIsLost reports whether nothing but the loss of a day makes it REDUCE_ONLY.
func dayIsLost(g *risk.Status) bool {
	return !slices.ContainsFunc(g.Latches, func(l risk.Latch) bool {
		return l.Level == risk.ReduceOnly && l.Control != risk.DailyLoss && l.Control != risk.ProfileLimits && l.Control != risk.RampUp
	})
}

// next is what a person should do.
func next(g *risk.Status, canArm bool) string {
	switch {
	case !canArm && (g.Level >= risk.Halted || g.Phase == risk.Ready):
		return "give it a key to be armed with: breakwater sign --new-key FILE, then arm-key in bot.yaml, then start it again"
	case g.Level == risk.Killed:
		return "find out why; then remove KILL and arm: breakwater arm request"
	case g.Sale != nil && g.Sale.Done:
		return "everything is sold; to trade again: breakwater arm request"
	case g.Sale != nil:
		return "wait: everything is being sold; to stop that: breakwater kill"
	case g.Level == risk.Halted:
		return "look at the causes above; when they are mended: breakwater arm request"
	case g.Phase == risk.Reconciling:
		return "wait: the venue's balances and prices are on their way"
	case g.Phase == risk.Ready:
		return "arm it: breakwater arm request"
	case g.Phase == risk.DryCycle:
		return "wait: one dry cycle passes before orders go out"
	case g.Level == risk.ReduceOnly && dayIsLost(g):
		return "nothing opens today; find out why; from the next trading day on: breakwater resume"
	case g.Level == risk.ReduceOnly:
		return "nothing opens; look at the causes above; when they are mended: breakwater arm request"
	case g.Level == risk.Paused:
		return "wait: the pause ends by itself"
	}
	return "nothing"
}
