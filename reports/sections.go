package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/risk"
)

// The table of round trips shows at most 500: the best, the worst and the last.
const (
	tripsBest  = 150
	tripsWorst = 150
	tripsLast  = 200
)

type instrumentRow struct{ Name, Trips, Fills, Volume, Fees, PnL, Tone string }

type tripRow struct {
	Number, Opened, Closed, Symbol, Slot, Held, Qty, Entry, Exit, PnL, Return, Fees, MAE, MFE, Reason, Tone string
	HeldS                                                                                                   int64
}

func (r *Run) tripSection(p *page) {
	f, m := &r.Figures, r.amounts(r.Currency)
	p.Several = len(r.Instruments) > 1
	value := func(f *Figure, text func(float64) string) string {
		if !f.Has() {
			return "N/A: " + f.NA
		}
		return minus(text(f.Value))
	}
	p.TripFigures = []pair{
		{Label: "Closed", Value: count(r.Total.Trips), Remark: openText(r.OpenTrips)},
		{Label: "Won", Value: count(r.Won.Count), Remark: "average " + minus(m.signed(r.Won.mean()))},
		{Label: "Lost", Value: count(r.Lost.Count), Remark: "average " + minus(m.signed(r.Lost.mean()))},
		{Label: "Mean return", Value: value(&f.AverageTrip, signedPercent)},
		{Label: "Best", Value: value(&f.BestTrip, signedPercent)},
		{Label: "Worst", Value: value(&f.WorstTrip, signedPercent)},
		{Label: "Mean time held", Value: value(&f.AverageDays, days), Remark: "longest " + value(&f.LongestDays, days)},
		{Label: "Maker fills", Value: makersText(&r.Total)},
		{Label: "Cost against decision prices", Value: minus(m.text(r.Total.Shortfall)), Remark: m.name + ", market orders"},
	}
	if r.Total.Trips == 0 {
		p.TripFigures = p.TripFigures[:1]
	}
	if r.OpenTrips > 0 {
		p.TripFigures = append(p.TripFigures, pair{Label: "Open, at the last price", Value: minus(m.signed(r.OpenNet)), Remark: m.name, Tone: toneClass(float64(r.OpenNet))})
	}
	if p.Several {
		for i := range r.Instruments {
			t := &r.Instruments[i]
			in := &r.Catalog.Instruments[t.Instrument]
			q := r.amounts(in.Quote)
			p.ByInstrument = append(p.ByInstrument, instrumentRow{
				in.Symbol, count(t.Trips), count(t.Fills), q.text(t.Volume) + noBreak + q.name, q.text(t.Fees) + noBreak + q.name,
				minus(q.signed(t.PnL)) + noBreak + q.name, toneClass(float64(t.PnL)),
			})
		}
	}
	if p.Slots = len(r.Slots) > 1; p.Slots {
		for i := range r.Slots {
			t := &r.Slots[i]
			p.BySlot = append(p.BySlot, instrumentRow{
				Name: r.slotName(t.Slot), Trips: count(t.Trips), Fills: count(t.Fills), Fees: m.text(t.Fees) + noBreak + m.name,
				PnL: minus(m.signed(t.Net)) + noBreak + m.name, Tone: toneClass(float64(t.Net)),
			})
		}
	}
	r.tripTable(p)
}

// slotName is what the caller calls a slot, else its number.
func (r *Run) slotName(id exchange.SlotID) string {
	if int(id) < len(r.Meta.Slots) {
		return r.Meta.Slots[id].Name
	}
	return strconv.Itoa(int(id))
}

func openText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("and %d open", n)
}

func makersText(t *Subtotal) string {
	if t.Fills == 0 {
		return "N/A: no fills"
	}
	return fmt.Sprintf("%s of %s", count(t.Makers), count(t.Fills))
}

func (r *Run) tripTable(p *page) {
	all := r.Trips.Len()
	rows := r.chosen()
	p.TripsNote = "newest first; a click on a head sorts; all digits are in " + FileRoundTrips
	if len(rows) < all {
		p.TripsNote = fmt.Sprintf("%d of %s: the best %d and the worst %d by return, and the last %d; all of them are in %s",
			len(rows), count(int64(all)), tripsBest, tripsWorst, tripsLast, FileRoundTrips)
	}
	p.TripHeads = []head{{"#", "number, in order of closing", true}, {"Opened", "UTC", false}, {"Closed", "UTC", false}}
	if p.Several {
		p.TripHeads = append(p.TripHeads, head{"Pair", "instrument", false})
	}
	if p.Slots {
		p.TripHeads = append(p.TripHeads, head{"Slot", "strategy on the account", false})
	}
	p.TripHeads = append(p.TripHeads, []head{
		{"Held", "time from the first buy to the last sell", true}, {"Quantity", "bought in all", true}, {"Entry", "average price paid", true},
		{"Exit", "average price received", true}, {"Profit", "net of fees, in the quote currency", true}, {"Return", "profit over cost", true},
		{"Fees", "in the quote currency", true}, {"MAE", "worst move of the market against the entry", true},
		{"MFE", "best move of the market for the entry", true}, {"Exit by", "what ended it", false},
	}...)
	for _, i := range slices.Backward(rows) {
		p.Trips = append(p.Trips, r.tripRow(i))
	}
}

func (r *Run) tripRow(i int) tripRow {
	t := r.Trips.At(i)
	in := &r.Catalog.Instruments[t.Instrument]
	q := r.amounts(in.Quote)
	row := tripRow{
		Number: strconv.Itoa(i + 1), Opened: instant(t.Opened), Closed: instant(t.Closed), Symbol: in.Symbol, Slot: r.slotName(exchange.SlotID(t.Slot)), Held: spanText(t.Held()), HeldS: int64(t.Held()),
		Qty: readable(int64(t.Qty), in.LotDecimals, 7), Entry: readable(int64(t.Entry), in.PriceDecimals, 7), Exit: readable(int64(t.Exit), in.PriceDecimals, 7), PnL: minus(q.signed(t.PnL)),
		Return: minus(percent(t.Return(), true)), Fees: q.text(t.Fees), MAE: minus(percent(t.Adverse(), true)), MFE: minus(percent(t.Favourable(), true)),
		Reason: t.Reason(), Tone: toneClass(float64(t.PnL)),
	}
	if t.Open {
		row.Closed = "open"
	}
	return row
}

// chosen lists the trips of the table by place, ascending.
func (r *Run) chosen() []int {
	n := r.Trips.Len()
	var out []int
	if n <= tripsBest+tripsWorst+tripsLast {
		for i := range n {
			out = append(out, i)
		}
		return out
	}
	for i := n - tripsLast; i < n; i++ {
		out = append(out, i)
	}
	out = append(out, r.extremes(n-tripsLast, tripsBest, 1)...)
	out = append(out, r.extremes(n-tripsLast, tripsWorst, -1)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// extremes are the k trips among the first n with the highest return, or with sign -1
// the lowest. It keeps a sorted list of k: a pass over 80,000 trips inserts into it a
// thousand times.
func (r *Run) extremes(n, k int, sign float64) []int {
	type entry struct {
		value float64
		i     int
	}
	var top []entry
	for i := range n {
		v := r.Trips.At(i).Return() * sign
		if len(top) == k && v <= top[k-1].value {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, v, func(e entry, v float64) int {
			if e.value >= v {
				return -1
			}
			return 1
		})
		if top = slices.Insert(top, at, entry{v, i}); len(top) > k {
			top = top[:k]
		}
	}
	out := make([]int, len(top))
	for i, e := range top {
		out[i] = e.i
	}
	return out
}

type denialRow struct{ Control, Rule, Count, First, Last, Example string }

type levelRow struct{ Time, From, To, Tone, Scope, Control, Cause, Equity string }

// levelsShown bounds the timeline in the page.
const levelsShown = 100

func (r *Run) guardSection(p *page) {
	g, o, m := &r.Guard, &r.Orders, r.amounts(r.Currency)
	p.GuardFigures = []pair{
		{Label: "Profile", Value: orDash(r.Meta.Profile)},
		{Label: "Orders approved", Value: count(o.Approved)},
		{Label: "Denied", Value: count(g.Denied)},
		{Label: "Amended", Value: count(o.Amended)},
		{Label: "Cancelled", Value: count(o.Cancelled)},
		{Label: "Expired", Value: count(o.Expired)},
		{Label: "Rejected by the venue", Value: count(o.Rejected), Remark: codesText(o.RejectedBy)},
		{Label: "Worst level", Value: g.Worst.String(), Remark: "at the end " + g.Last.String()},
	}
	for i := range g.Denials {
		d := &g.Denials[i]
		p.Denials = append(p.Denials, denialRow{
			d.Control.String(), risk.Declarations[d.Control].Rule, count(d.Count), instant(d.First), instant(d.Last), reasonText(&d.Reason),
		})
	}
	p.Worst, p.WorstNote = r.worstSection()
	p.Stops, p.StrictnessNote = g.stopRows(), r.Meta.StrictnessNote
	for i := range r.Meta.Strictness {
		s := &r.Meta.Strictness[i]
		p.Strictness = append(p.Strictness, s.cells(true))
	}
	for _, h := range strictnessHeads {
		p.StrictnessHeads = append(p.StrictnessHeads, strings.ToUpper(h[:1])+h[1:])
	}
	for i := range g.Levels[:min(len(g.Levels), levelsShown)] {
		l := &g.Levels[i]
		row := levelRow{Time: instant(l.Time), From: l.From.String(), To: l.To.String(), Scope: orDash(r.levelOf(l)), Cause: l.Cause, Equity: m.text(l.Equity)}
		if l.Control != risk.NoControl {
			row.Control = l.Control.String()
		}
		switch {
		case l.Lift && l.Scope != risk.Global:
			row.From, row.To = "–", "ended"
		case l.Scope != risk.Global:
			row.From = "–"
		}
		if !l.Lift && l.To > risk.Active {
			row.Tone = "down"
		}
		p.Levels = append(p.Levels, row)
	}
	p.LevelsNote = plural(g.LevelChanges, "change")
	if int64(len(p.Levels)) < g.LevelChanges {
		p.LevelsNote = fmt.Sprintf("the first %d of %s changes", len(p.Levels), count(g.LevelChanges))
	}
	for _, l := range r.Meta.Limits {
		p.Limits = append(p.Limits, pair{Label: l.Name, Value: l.Value})
	}
}

// levelOf is what a change of level was for, when not for the account.
func (r *Run) levelOf(l *LevelChange) string {
	if l.Scope == risk.BySlot {
		return r.slotName(l.slot)
	}
	return l.Of
}

type dataRow struct {
	Name, Series, Rows, First, Last, Places, Missing, Longest, SHA256, ShortHash string
	Synthetic                                                                    bool
}

func (r *Run) dataSection(p *page) {
	m := &r.Meta
	for i := range m.Data {
		f := &m.Data[i]
		row := dataRow{
			Name: f.Name, Series: f.Instrument + " " + intervalText(f.Interval), Rows: count(f.Rows), First: instant(f.First), Last: instant(f.Last),
			Places: count(f.Gaps.Places), Missing: count(f.Gaps.Missing), Longest: "–", SHA256: f.SHA256, ShortHash: f.SHA256[:min(12, len(f.SHA256))],
			Synthetic: f.Synthetic,
		}
		if f.Gaps.Missing > 0 {
			row.Longest = spanText(f.Gaps.Longest)
		}
		p.Data = append(p.Data, row)
	}
	for _, n := range r.Notes {
		text := instant(n.Time) + ": " + n.Text
		if n.Count > 1 {
			text += fmt.Sprintf(" (%s times)", count(n.Count))
		}
		p.Notes = append(p.Notes, text)
	}
	if r.Unmatched > 0 {
		p.Notes = append(p.Notes, plural(r.Unmatched, "sell")+" of coins that no buy of this run brought are in no round trip")
	}
	if r.Unconverted > 0 {
		p.Notes = append(p.Notes, plural(r.Unconverted, "amount")+" are left out of the totals for want of a rate into "+r.Catalog.Assets[r.Currency].Name)
	}
	p.Reproduce = r.reproduce()
}

func (r *Run) reproduce() []pair {
	m := &r.Meta
	var out []pair
	for _, l := range []pair{
		{Label: "Version", Value: m.Version, Remark: m.Revision}, {Label: "Built with", Value: m.Go, Remark: m.Platform},
		{Label: "Seed", Value: strconv.FormatUint(m.Seed, 10)}, {Label: "Fill model", Value: m.FillModel}, {Label: "Fee schedule", Value: m.FeeSchedule},
		{Label: "Instrument rules", Value: m.Rules}, {Label: "Guard's facts", Value: strings.Join(r.Guard.Facts.Names(), ", ")}, {Label: "Digest", Value: m.Digest},
	} {
		if l.Value != "" {
			out = append(out, l)
		}
	}
	if !m.Made.IsZero() {
		out = append(out, pair{Label: "Made", Value: instant(exchange.At(m.Made)) + " UTC", Remark: "in " + m.Elapsed.Round(time.Millisecond).String()})
	}
	return out
}
