package risk

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Phase is how far a session has come.
type Phase uint8

// The phases. Only in Armed do orders go out, where arming is needed at all.
const (
	Reconciling Phase = iota // waiting for the venue's snapshot and prices
	Ready                    // disarmed
	DryCycle                 // armed, one dry cycle still to pass
	Armed
)

func (p Phase) String() string {
	return [...]string{"reconciling", "ready", "dry cycle", "armed"}[p]
}

// Status is the guard's state, for people and programs. Amounts are in the account's
// currency.
type Status struct {
	Time     exchange.Stamp
	Phase    Phase
	Level    Level
	Latches  []Latch
	Equity   money.Amount
	DayStart money.Amount
	DayLoss  money.Amount // positive when the day lost
	High     money.Amount
	FallPPM  int64 // from the high-water mark
	Lease    exchange.Stamp
	Ramp     int
	Open     int
	Unknown  int
	Streak   int64
	HalfSize bool
	Exposure []money.Amount   // by instrument, worst case
	Changed  []exchange.Stamp // by instrument: last price; 0: none yet
	Sale     *Sale            // everything is being sold; nil: nobody asked for it
	Limits   Limits
}

// Latch is a reason for a level.
type Latch struct {
	Control      Control
	Scope        Scope
	Instrument   exchange.InstrumentID // None: all
	Slot         exchange.SlotID       // -1: all
	Level        Level
	Since, Until exchange.Stamp // Never: until the ceremony, or until it heals
	Cause        string
}

// Status is a copy: it stays as it is.
func (g *Guard) Status() Status {
	s := g.s
	st := Status{
		Time: s.now, Phase: s.phase(), Level: s.level, Equity: s.acct.equity, DayStart: s.day.start, High: s.day.high,
		Lease: s.host.lease, Ramp: s.host.ramp, Open: len(s.acct.open), Unknown: s.acct.unknown, Streak: s.loss.streak, HalfSize: s.loss.half, Sale: s.saleStatus(), Limits: s.limits,
	}
	if s.day.started {
		st.DayLoss = s.day.start - s.acct.equity
		if s.day.high > 0 {
			st.FallPPM, _ = money.MulDiv(int64(s.day.high-s.acct.equity), money.PPM, int64(s.day.high), money.Half)
		}
	}
	for _, l := range s.latches {
		st.Latches = append(st.Latches, Latch{l.control, l.scope, l.instrument, l.slot, l.level, l.since, l.until, l.cause})
	}
	for i := range s.acct.catalog.Instruments {
		in := &s.acct.catalog.Instruments[i]
		v, _ := s.acct.exposure(in, s.acct.mark[i])
		v, _ = s.acct.inCurrency(v, in.Quote, money.Ceil)
		st.Exposure = append(st.Exposure, v)
		changed := s.market[i].changed
		if changed == longAgo {
			changed = 0
		}
		st.Changed = append(st.Changed, changed)
	}
	return st
}

func (s *state) phase() Phase {
	switch {
	case !s.synced || !s.day.started:
		return Reconciling
	case s.limits.NeedsArming && (!s.host.armed || s.now > s.host.lease):
		return Ready
	case s.host.cycle:
		return DryCycle
	}
	return Armed
}
