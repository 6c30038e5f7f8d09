package risk

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// marketState is what the guard knows of an instrument's market. It starts empty after
// every start and denies until it is warm.
type marketState struct {
	book     depth
	second   money.Price
	secondAt exchange.Stamp
	changed  exchange.Stamp // last time that a price or level changed
	lastAt   exchange.Stamp // of the last bar or trade
	bookAt   exchange.Stamp // of the last change of the book
	interval time.Duration  // of its bars
	variance int64          // of one minute's return, in ppm squared
	barAt    exchange.Stamp
	insane   exchange.Stamp // venue-sanity: the last time; 0: never
	odd      bool           // and it was not seen sane since
}

// onPrice takes the return of a bar or trade into the volatility: an average over the
// last 32, scaled to a minute.
func (m *marketState) onPrice(t exchange.Stamp, before, now money.Price) {
	gone := int64(t - m.barAt)
	m.barAt = t
	if gone <= 0 {
		return
	}
	r, ok := money.MulDiv(int64(now-before), money.PPM, int64(before), money.Half)
	if !ok || r > 3_000_000 { // the first price is no move
		return // data-integrity and venue-sanity deal with such
	}
	perMinute, _ := money.MulDiv(r*r, int64(time.Minute), max(gone, int64(time.Second)), money.Half)
	m.variance += (perMinute - m.variance) / 32
}

// volPPM is one minute's volatility in ppm.
func (m *marketState) volPPM() int64 { return isqrt(m.variance) }

// isqrt is the square root of a number that is not negative, rounded down.
func isqrt(v int64) int64 {
	x := v
	for y := (x + 1) / 2; y < x; y = (x + v/x) / 2 {
		x = y
	}
	return x
}

// reference is the price that limits and exposures are measured against: the median of
// the fresh ones among middle, last and second source, two of which must agree within 2 %
// where two are declared. 0: none.
func (s *state) reference(id exchange.InstrumentID) money.Price {
	last := s.acct.mark[id]
	if s.facts&(exchange.FactBook|exchange.FactSecondSource) == 0 {
		return last
	}
	m := &s.market[id]
	var fresh [3]money.Price
	n := 0
	bound := s.staleAfter(m)
	if last > 0 && s.now.Sub(m.lastAt) <= bound {
		fresh[n] = last
		n++
	}
	if bid, ask, ok := m.book.best(); ok && bid > 0 && ask >= bid && s.now.Sub(m.bookAt) <= bound {
		fresh[n] = bid + (ask-bid)/2
		n++
	}
	if m.second > 0 && s.now.Sub(m.secondAt) <= bound {
		fresh[n] = m.second
		n++
	}
	if n < 2 {
		return 0
	}
	ps := fresh[:n]
	slices.Sort(ps)
	if n == 2 {
		if !near(int64(ps[1]), int64(ps[0]), 20_000) {
			return 0
		}
		return ps[0] + (ps[1]-ps[0])/2
	}
	if !near(int64(ps[1]), int64(ps[0]), 20_000) && !near(int64(ps[2]), int64(ps[1]), 20_000) {
		return 0
	}
	return ps[1]
}

// staleAfter is the age at which an instrument's data is old: the configured bound, or
// two bar intervals where these are longer.
func (s *state) staleAfter(m *marketState) time.Duration {
	return max(s.limits.StaleMarket, 2*m.interval)
}

// collarPPM is how far a limit may be from the reference price.
func (s *state) collarPPM(m *marketState) int64 {
	return min(max(s.limits.CollarPPM, s.limits.CollarVols*m.volPPM()), max(s.limits.CollarCapPPM, s.limits.CollarPPM))
}

// checkCollar is price-collar. It holds for exits and flatten too.
func (s *state) checkCollar(d *decision, v *Verdict) {
	if d.ref <= 0 {
		v.deny(PriceCollar, "no reference price")
		return
	}
	if planted.On(planted.CollarOff) {
		return
	}
	collar := s.collarPPM(&s.market[d.in.ID])
	if collar <= 0 {
		v.deny(PriceCollar, "no collar is set")
		return
	}
	if d.o.Type.HasLimit() && !d.o.Type.Trailing() {
		ref := d.ref
		if d.o.Trigger > 0 {
			ref = d.o.Trigger // where the market is when it goes live
		}
		dist, ok := money.MulDiv(int64(max(d.o.Price-ref, ref-d.o.Price)), money.PPM, int64(ref), money.Ceil)
		if !ok || dist > collar {
			v.deny(PriceCollar, "", Field{"price", int64(d.o.Price), d.in.PriceDecimals}, Field{"ref", int64(ref), d.in.PriceDecimals}, Field{"limit-ppm", collar, 0})
		}
	}
	if s.facts&exchange.FactBook == 0 || s.limits.WalkPPM == Unlimited || d.o.Type.Triggered() || !s.marketable(d) {
		return
	}
	m := &s.market[d.in.ID]
	far, deep := m.book.walk(d.o.Side, d.quantity())
	bid, ask, _ := m.book.best()
	near := ask
	if !d.opens {
		near = bid
	}
	slip, ok := int64(0), deep
	if deep {
		slip, ok = money.MulDiv(int64(max(far-near, near-far)), money.PPM, int64(near), money.Ceil)
	}
	if !ok || slip > s.limits.WalkPPM {
		v.deny(PriceCollar, "the order would walk the book too far", Field{"slip-ppm", slip, 0}, Field{"limit-ppm", s.limits.WalkPPM, 0})
	}
}

// quantity is what an order could take: of an amount to spend, at the reference price.
func (d *decision) quantity() money.Qty {
	if d.o.Cash > 0 {
		return d.in.QtyFor(d.o.Cash, d.ref)
	}
	return d.o.Qty
}

// marketable reports whether an order would take liquidity at once.
func (s *state) marketable(d *decision) bool {
	if d.o.Price == 0 {
		return true
	}
	bid, ask, ok := s.market[d.in.ID].book.best()
	return ok && (d.opens && d.o.Price >= ask || !d.opens && d.o.Price <= bid)
}

// checkDepth is the part of venue-sanity that needs the order: what lies inside the collar
// must be several times its size.
func (s *state) checkDepth(d *decision, v *Verdict) {
	if m := &s.market[d.in.ID]; s.facts&exchange.FactSecondSource != 0 && s.limits.SourceGapPPM != Unlimited && d.opens && (m.second <= 0 || s.now.Sub(m.secondAt) > s.staleAfter(m)) {
		v.deny(VenueSanity, "the second source is missing or old")
	}
	s.checkBelow(d, v)
	if m := &s.market[d.in.ID]; s.facts&exchange.FactBook != 0 && (s.limits.SpreadPPM != Unlimited || s.limits.DepthTimes > 0) && d.opens {
		if _, _, ok := m.book.best(); !ok || s.now.Sub(m.bookAt) > s.staleAfter(m) {
			v.deny(VenueSanity, "the book is missing or old")
			return
		}
	}
	if s.facts&exchange.FactBook == 0 || s.limits.DepthTimes == 0 || d.ref <= 0 || !s.marketable(d) || d.o.Type.Triggered() {
		return
	}
	m := &s.market[d.in.ID]
	width, _ := money.MulDiv(int64(d.ref), s.collarPPM(m), money.PPM, money.Floor)
	limit := d.ref + money.Price(width)
	if !d.opens {
		limit = d.ref - money.Price(width)
	}
	need, ok := money.MulDiv(int64(d.quantity()), s.limits.DepthTimes, 1, money.Down)
	if have := m.book.within(d.o.Side, limit); !ok || int64(have) < need {
		v.deny(VenueSanity, "too little depth inside the collar", Field{"depth", int64(have), d.in.LotDecimals}, Field{"need", need, d.in.LotDecimals})
	}
}

// checkBelow is the part of venue-sanity that keeps a sale out of a hole in our venue's book:
// last price and middle are both of this venue and agree with each other there, so that the
// reference goes down with them.
func (s *state) checkBelow(d *decision, v *Verdict) {
	m := &s.market[d.in.ID]
	if d.opens || s.facts&exchange.FactSecondSource == 0 || s.limits.SourceGapPPM == Unlimited || m.second <= 0 || s.now.Sub(m.secondAt) > s.staleAfter(m) {
		return
	}
	price := d.ref
	if d.o.Type.HasLimit() && !d.o.Type.Triggered() {
		price = max(price, d.o.Price) // it fills at its limit or better
	}
	if d.o.Type.Triggered() || price <= 0 {
		return // it goes live where the market is then
	}
	below, ok := money.MulDiv(int64(m.second-price), money.PPM, int64(m.second), money.Ceil)
	if !ok || below > s.limits.SourceGapPPM {
		v.deny(VenueSanity, "the sale is far below the second source's price", Field{"price", int64(price), d.in.PriceDecimals}, Field{"second", int64(m.second), d.in.PriceDecimals}, Field{"limit-ppm", s.limits.SourceGapPPM, 0})
	}
}

// checkStale is stale-data at the moment of an order.
func (s *state) checkStale(d *decision, v *Verdict) {
	if planted.On(planted.StaleAccepted) {
		return
	}
	m := &s.market[d.in.ID]
	if bound := s.staleAfter(m); s.now.Sub(m.changed) > bound && s.limits.StaleMarket != Forever {
		v.deny(StaleData, "market", Field{"age-ms", int64(min(s.now.Sub(m.changed), time.Hour) / time.Millisecond), 0}, Field{"limit-ms", int64(bound / time.Millisecond), 0})
	}
	if s.facts&exchange.FactHeartbeat == 0 || s.limits.StaleLink == Forever {
		return
	}
	if age := s.now.Sub(s.link.heartbeat); age > s.limits.StaleLink {
		v.deny(StaleData, "heartbeat", Field{"age-ms", int64(min(age, time.Hour) / time.Millisecond), 0}, Field{"limit-ms", int64(s.limits.StaleLink / time.Millisecond), 0})
	}
}

// checkClock is clock-skew: a declared clock that was not compared of late denies.
func (s *state) checkClock(d *decision, v *Verdict) {
	if age := s.now.Sub(s.link.clockAt); d.opens && s.watchesClock() && age > clockMaxAge {
		v.deny(ClockSkew, "our clock was not compared with the venue's of late", Field{"age-ms", int64(min(age, time.Hour) / time.Millisecond), 0}, Field{"limit-ms", int64(clockMaxAge / time.Millisecond), 0})
	}
}

func (s *state) watchesClock() bool {
	return ClockSkew.Applicable(s.facts) && s.limits.ClockSkew != Forever && s.without != ClockSkew
}

// sanityOf is the part of venue-sanity that needs no order; an empty text is sane.
func (s *state) sanityOf(id exchange.InstrumentID) string {
	m := &s.market[id]
	l := &s.limits
	if bid, ask, ok := m.book.best(); ok && l.SpreadPPM != Unlimited {
		if spread, fits := money.MulDiv(int64(ask-bid), money.PPM, int64(bid), money.Ceil); !fits || spread > l.SpreadPPM {
			return "the spread is too wide"
		}
	}
	if last := s.acct.mark[id]; m.second > 0 && last > 0 && l.SourceGapPPM != Unlimited { // also when it is old: age alone makes nothing sane
		if gap, fits := money.MulDiv(int64(max(last-m.second, m.second-last)), money.PPM, int64(m.second), money.Ceil); !fits || gap > l.SourceGapPPM {
			return "the second source has another price"
		}
	}
	return ""
}
