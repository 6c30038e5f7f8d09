package scenarios

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim/world"
	"breakwater/strategy"
)

// Blast is what an adversary in the strategy's place could lose on the worst day, with
// every control and without each of them.
type Blast struct {
	Currency string     `json:"currency"`
	Decimals uint8      `json:"-"`
	Equity   string     `json:"equity"`
	Bound    string     `json:"bound"` // computed from the limits
	Rows     []BlastRow `json:"rows"`  // the first with every control, then by loss
	Runs     int        `json:"runs"`

	bound money.Amount
}

// BlastRow is the largest loss without one control.
type BlastRow struct {
	Without   string `json:"without,omitempty"` // "": with every control
	Loss      string `json:"loss"`
	Adversary string `json:"adversary"`
	Day       string `json:"day"`

	loss money.Amount
}

// Amount is the loss in the currency's smallest units.
func (r *BlastRow) Amount() money.Amount { return r.loss }

// Held reports whether the loss with every control stays within the bound.
func (b *Blast) Held() bool { return b.Rows[0].loss <= b.bound }

// WorstFallPPM is the largest fall of these days.
const WorstFallPPM = 870_000

// nastyDays are days of minutes in which a position loses: as shapes of the price, with
// the largest fall from a price to a later one, in ppm. The fall counts, and not the step to
// the next price: whoever lost the day's limit keeps what he holds.
var nastyDays = []struct {
	name  string
	fall  int64
	shape string
}{
	{"crash: 60 % in an hour", 600_000, "{at: 0s, price: 100%}, {at: 6h, price: 100%}, {at: 7h, price: 40%, spread-bps: 100}, {at: 24h, price: 45%}"},
	{"gap: 40 % in a minute", 400_000, "{at: 0s, price: 100%}, {at: 6h, price: 100%}, {at: 6h1m, price: 60%, spread-bps: 200}, {at: 24h, price: 60%}"},
	{"wick: 87 % for a minute, as on 21 October 2021", WorstFallPPM, "{at: 0s, price: 100%}, {at: 11h34m, price: 100%}, {at: 11h35m, price: 13%, spread-bps: 900, thin: 0.01}, {at: 11h36m, price: 97%}, {at: 24h, price: 96%}"},
	{"bleed: 30 % over the day", 300_000, "{at: 0s, price: 100%}, {at: 24h, price: 70%}"},
	{"saw: 6 % down and up each hour", 60_000, "{at: 0s, price: 100%}" + saw(24)},
}

func saw(hours int) (text string) {
	for h := range hours {
		text += fmt.Sprintf(", {at: %dm, price: 94%%}, {at: %dm, price: 100%%}", h*60+30, h*60+60)
	}
	return text
}

// adversary is a strategy that wants to lose what it can. It knows the limits: its orders
// have the size that is still let through.
type adversary struct {
	greedy  bool // buys all that it may and sells after each fall; else by chance
	keeps   bool // buys all that it may, and keeps it
	limits  risk.Limits
	decimal uint8
}

// OnBar buys, or sells what has fallen.
func (a *adversary) OnBar(ctx *strategy.Context, bar strategy.Bar) {
	held := ctx.Position()
	switch {
	case a.keeps:
	case a.greedy && !held.Flat() && bar.Close < held.AvgPrice*0.995:
		ctx.Exit()
		return
	case !a.greedy && ctx.Rand().IntN(3) == 0:
		ctx.Exit()
		return
	case !a.greedy && ctx.Rand().IntN(2) == 0:
		return
	}
	equity, err := money.FromFloat(ctx.Equity(), a.decimal, 1, money.Down)
	if err != nil {
		return
	}
	room := money.Float(int64(min(a.limits.Position.Of(money.Amount(equity)), money.Amount(equity))), a.decimal) - float64(held.Qty*bar.Close)
	most := money.Float(int64(largestOrder(&a.limits, money.Amount(equity))), a.decimal)
	if spend := min(most, room*0.9, ctx.Spendable()); spend > most/10 && bar.Close > 0 {
		ctx.Buy(spend / bar.Close)
	}
}

// largestOrder is the largest that is let through: a limit counts at the price at which it could
// fill, which is as far away as the collar lets it be.
func largestOrder(l *risk.Limits, equity money.Amount) money.Amount {
	most := min(l.Order.Of(equity), equity)
	if l.CollarCapPPM != risk.Unlimited && l.CollarCapPPM > 0 {
		scaled, _ := money.MulDiv(int64(most), money.PPM, money.PPM+l.CollarCapPPM, money.Down)
		most = money.Amount(scaled)
	}
	return most / 100 * 99
}

// adversaries are what stands in the strategy's place. Where the limits give money to modes,
// they trade in the one that has most.
func adversaries(l risk.Limits, decimals uint8, equity money.Amount) []world.Slot {
	weight := min(1, max(0.0001, float64(largestOrder(&l, equity))/float64(max(1, equity))))
	mode, share := "", int64(-1)
	for _, m := range l.Modes {
		if m.SharePPM > share {
			mode, share = m.Name, m.SharePPM
		}
	}
	slot := func(name string, make func() (strategy.Strategy, error)) world.Slot {
		return world.Slot{Name: name, Mode: mode, Instruments: []exchange.InstrumentID{0}, SharePPM: money.PPM, Make: func(exchange.Stamp) (strategy.Strategy, error) { return make() }}
	}
	all := []world.Slot{
		slot("greedy", func() (strategy.Strategy, error) { return &adversary{greedy: true, limits: l, decimal: decimals}, nil }),
		slot("keeper", func() (strategy.Strategy, error) { return &adversary{keeps: true, limits: l, decimal: decimals}, nil }),
		slot("random", func() (strategy.Strategy, error) { return &adversary{limits: l, decimal: decimals}, nil }),
	}
	for _, fault := range []string{"ignores-fills", "doubles", "churn"} {
		all = append(all, slot("runaway "+fault, func() (strategy.Strategy, error) {
			made, err := strategy.New("runaway")
			if err == nil {
				err = strategy.Configure(made, "fault="+fault, "weight="+strconv.FormatFloat(weight, 'f', 6, 64))
			}
			return made, err
		}))
	}
	return all
}

// blastDay is the text of a day's scenario; its limits and strategy are put in afterwards.
const blastDay = `name: blast
doc: the worst that an adversary can do
duration: 24h
start: 2025-03-10T00:30:00Z
account: {currency: %s, cash: %s}
market:
  XBT/%s: {price: 90000, volatility: 40%%, shape: [%s]}
strategy: {name: buy-and-hold}
limits: {profile: research}
expect:
  - invariants: all
ablate: {none: it is measured}
`

// BlastRadius puts adversaries before a guard with these limits on the worst days, and
// tells the largest loss: with every control, and without each of some in turn. cash is what the
// account has, in its currency. tell, unless it is nil, is called after each day that was run.
func BlastRadius(l risk.Limits, currency, cash string, without []risk.Control, tell func(done, all int64)) (*Blast, error) {
	l.Instruments = nil // the days have a pair of their own
	var days []*Scenario
	for _, d := range nastyDays {
		s, err := Read("blast.yaml", fmt.Appendf(nil, blastDay, currency, cash, currency, d.shape))
		if err != nil {
			return nil, err
		}
		s.cfg.Limits, s.cfg.Seed, s.cfg.Bars = l, 1, time.Minute
		days = append(days, s)
	}
	asset := days[0].cfg.Catalog.Assets[days[0].cfg.Currency]
	who := adversaries(l, asset.Decimals, days[0].cfg.Deposits[0].Total)
	controls := append([]risk.Control{risk.NoControl}, without...)
	b := &Blast{Currency: asset.Name, Decimals: asset.Decimals}
	for _, c := range controls {
		row := BlastRow{loss: -1}
		if c != risk.NoControl {
			row.Without = c.String()
		}
		for di, day := range days {
			for i := range who {
				s := *day
				s.cfg.Slots = who[i : i+1]
				r := s.world(c)
				if b.Runs++; tell != nil {
					tell(int64(b.Runs), int64(len(controls)*len(days)*len(who)))
				}
				if c == risk.NoControl {
					b.bound = max(b.bound, DayBound(&l, r.Began, 1, nastyDays[di].fall, s.cfg.FeePPM))
					b.Equity = money.Format(int64(r.Began), asset.Decimals)
				}
				if loss := r.Loss(); loss > row.loss {
					row.loss, row.Adversary, row.Day = loss, who[i].Name, nastyDays[di].name
				}
			}
		}
		row.Loss = money.Format(int64(row.loss), asset.Decimals)
		b.Rows = append(b.Rows, row)
	}
	slices.SortStableFunc(b.Rows[1:], func(x, y BlastRow) int { return int(min(max(y.loss-x.loss, -1), 1)) })
	b.Bound = money.Format(int64(b.bound), asset.Decimals)
	return b, nil
}

// DayBound is the most that may be lost on a day: the limit of the day's loss, what the
// largest positions in so many coins lose when they fall by so much, and the fees of both ways.
// It is all of the equity where no limit of a day's loss binds.
func DayBound(l *risk.Limits, equity money.Amount, coins int, fallPPM, feePPM int64) money.Amount {
	held := min(l.Position.Of(equity), equity)
	if all, fits := money.MulDiv(int64(held), int64(coins), 1, money.Ceil); fits {
		held = min(money.Amount(all), equity)
	}
	fallen, _ := money.MulDiv(int64(held), fallPPM, money.PPM, money.Ceil)
	fees, _ := money.MulDiv(int64(held), 2*feePPM, money.PPM, money.Ceil)
	if !l.DailyLoss.Binds() {
		return equity
	}
	return min(equity, l.DailyLoss.Of(equity)+money.Amount(fallen)+money.Amount(fees))
}

// Write prints the losses, the largest first; those that a control's absence does not
// change are told in one line.
func (b *Blast) Write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "control taken out\tlargest loss, %s\tby\ton\n", b.Currency)
	same := 0
	for i, r := range b.Rows {
		name := r.Without
		switch {
		case i == 0:
			name = "none"
		case r.loss <= b.Rows[0].loss:
			same++
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", name, r.Loss, r.Adversary, r.Day)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	bound := "the limits bound the loss of a day to " + b.Bound
	if b.Bound == b.Equity {
		bound = "nothing in the limits bounds the loss of a day"
	}
	others := ""
	switch {
	case same == 1:
		others = "1 control changes nothing alone, others stand behind it; "
	case same > 1:
		others = fmt.Sprintf("%d controls change nothing alone, others stand behind them; ", same)
	}
	_, err := fmt.Fprintf(out, "of %s %s; %s; %s%d days were run\n", b.Equity, b.Currency, bound, others, b.Runs)
	return err
}
