package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/sim/world"
)

// drawn is a scenario that a seed has made up, in the parts of its file: what is drawn is
// what a file can say, so that a file says again what was drawn.
type drawn struct {
	seed     uint64
	start    time.Time
	duration time.Duration
	heal     time.Duration // all faults are over; 0: they last to the end
	bars     time.Duration
	size     float64  // of an order, in CAD
	weight   float64  // the same, as a share of the cash
	anytime  bool     // prices may be a minute old
	head     []string // lines of other keys
	pairs    []drawnPair
	slots    []drawnSlot
	limits   []string
	signals  []time.Duration // when scripts begin something
	plan     chaos.Plan
	owner    []world.Act
}

// drawnPair is the market of a pair.
type drawnPair struct {
	name, base string
	fields     []string
	shape      []string
}

// drawnSlot is a strategy.
type drawnSlot struct {
	fields  []string
	signals []string
}

// How long a drawn scenario lasts, and for how long of it there are faults. After that all
// must settle.
const (
	sweepDuration = 48 * time.Hour
	sweepHeal     = 45 * time.Hour
)

// draw makes up the scenario of a seed.
func draw(seed uint64) *drawn {
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	d := &drawn{seed: seed, duration: sweepDuration, heal: sweepHeal, bars: pick(rng, time.Minute, time.Minute, 5*time.Minute, 15*time.Minute, time.Hour)}
	// some days have 23 or 25 hours in Toronto
	days := []string{"2025-03-08T06:00:00Z", "2025-11-01T12:00:00Z", "2025-06-02T00:00:00Z", "2024-12-30T20:00:00Z", "2025-01-15T15:00:00Z"}
	d.start, _ = time.Parse(time.RFC3339, pick(rng, days...))
	d.drawHead(rng)
	cash := pick(rng, 300, 1000, 1000, 3000, 10_000)
	d.head = append(d.head, fmt.Sprintf("account: {currency: CAD, cash: %d, timezone: %s}", cash, pick(rng, "UTC", "America/Toronto")))
	profile := pick(rng, "live", "live", "live", "kraken-bot", "nija", "binance-bot", "research", "research")
	// most orders are such as the limits let through, so that there is something to go wrong
	d.size = between(rng, 3, min(24, float64(cash)/25))
	if d.anytime = profile == "research"; d.anytime {
		d.size = between(rng, 5, float64(cash)/5)
	}
	d.weight = d.size / float64(cash)
	d.drawMarkets(rng)
	d.drawLimits(rng, profile, float64(cash))
	if rng.IntN(5) == 0 {
		d.size, d.weight = 4*d.size, min(0.9, 8*d.weight)
	}
	d.drawSlots(rng, profile)
	d.drawPlan(rng)
	d.drawOwner(rng)
	return d
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

// between is a number from low to high, more of the small ones.
func between(rng *rand.Rand, low, high float64) float64 {
	f := rng.Float64()
	return low + float64((high-low)*f*f)
}

func number(v float64, decimals int) string { return strconv.FormatFloat(v, 'f', decimals, 64) }

func (d *drawn) drawHead(rng *rand.Rand) {
	d.head = append(d.head, fmt.Sprintf("latency: %dms", pick(rng, 1, 20, 250, 600, 1500)))
	d.head = append(d.head, fmt.Sprintf("supervisor: %ds", pick(rng, 600, 600, 3600)))
}

// coins are what drawn pairs are made of: a price in CAD and how wild it is.
var coins = []struct {
	pair  string
	price float64
}{{"XBT/CAD", 90_000}, {"ETH/CAD", 4000}, {"XRP/CAD", 2.9}, {"DOGE/CAD", 0.21}}

func (d *drawn) drawMarkets(rng *rand.Rand) {
	n := pick(rng, 1, 1, 2, 3)
	for _, i := range rng.Perm(len(coins))[:n] {
		c := coins[i]
		base, _, _ := strings.Cut(c.pair, "/")
		p := drawnPair{name: c.pair, base: base}
		price := float64(c.price * (0.5 + rng.Float64()))
		p.fields = append(p.fields, "price: "+number(price, 4), fmt.Sprintf("volatility: %d%%", pick(rng, 0, 30, 60, 100, 200, 400)),
			"spread-bps: "+number(between(rng, 0.5, 60), 2))
		if rng.IntN(3) == 0 {
			p.fields = append(p.fields, fmt.Sprintf("drift: %d%%", pick(rng, -3000, -1000, -300, 300, 1000)))
		}
		if rng.IntN(4) == 0 {
			p.fields = append(p.fields, "depth: "+number(between(rng, 50, 20_000)/price, 6), "volume: "+number(between(rng, 50, 20_000)/price, 6))
		} else if rng.IntN(4) == 0 { // so little that orders fill in parts
			p.fields = append(p.fields, "volume: "+number(float64(d.size*between(rng, 0.2, 10))/price, 8))
		}
		if rng.IntN(3) == 0 {
			p.drawShape(rng)
		}
		d.pairs = append(d.pairs, p)
	}
}

// drawShape is a day with a fall, a rise or a wick.
func (p *drawnPair) drawShape(rng *rand.Rand) {
	at := time.Duration(0)
	p.shape = append(p.shape, "{at: 0s, price: 100%}")
	for range 1 + rng.IntN(4) {
		at += time.Duration(1+rng.IntN(600)) * time.Minute
		if at >= sweepHeal {
			break
		}
		line := fmt.Sprintf("{at: %dm, price: %d%%", int(at.Minutes()), pick(rng, 40, 70, 85, 90, 95, 97, 100, 100, 103, 110, 130))
		if rng.IntN(3) == 0 {
			line += ", spread-bps: " + number(between(rng, 1, 500), 1) + ", thin: " + number(rng.Float64()*2+0.01, 2)
		}
		p.shape = append(p.shape, line+"}")
	}
}

// around is a limit: any from low to high, or one near the size of the orders, where what it
// counts decides.
func (d *drawn) around(rng *rand.Rand, low, high, least, most float64) float64 {
	if rng.IntN(2) == 0 {
		return between(rng, low, high)
	}
	return d.size * between(rng, least, most)
}

// drawLimits draws a profile and what is stricter than it, or of research any number.
func (d *drawn) drawLimits(rng *rand.Rand, profile string, cash float64) {
	d.limits = append(d.limits, "profile: "+profile)
	maybe := func(format string, v ...any) {
		if rng.IntN(3) == 0 {
			d.limits = append(d.limits, fmt.Sprintf(format, v...))
		}
	}
	if profile == "research" {
		// the venue is not exact here: what others do on the account shows in balances
		d.limits = append(d.limits, "reconcile: 0.1%")
		maybe("max-order-notional: %s", number(d.around(rng, 10, cash, 0.9, 1.9), 2))
		maybe("max-position: {share: %s%%}", number(float64(100/cash)*d.around(rng, cash/100, cash, 1.1, 3), 2))
		maybe("daily-loss: %s", number(d.around(rng, 1, float64(cash/4), 0.02, 0.5), 2))
		maybe("drawdown: %s%%", number(max(0.05, float64(100/cash)*d.around(rng, cash/100, float64(0.3*cash), 0.02, 0.5)), 2))
		maybe("cash-reserve: %d%%", rng.IntN(50))
		maybe("price-collar: {distance: %d%%, cap: 20%%}", 1+rng.IntN(9))
		maybe("unknown-outcome: %dm", 1+rng.IntN(30))
		maybe("max-open-orders: {per-pair: %d, total: %d}", 1+rng.IntN(9), 1+rng.IntN(20))
		maybe("order-rate: {minute: %d, day: %d}", 1+rng.IntN(30), 10+rng.IntN(500))
		maybe("loss-streak: %d", 1+rng.IntN(12))
		maybe("crash-loop: %d", 2+rng.IntN(5))
		return
	}
	maybe("execution-throttle: {executions: %d}", 2+rng.IntN(14))
	maybe("max-order-notional: %s", number(min(25, d.around(rng, 5, 25, 0.9, 1.9)), 2))
	maybe("max-position: {share: %s%%}", number(min(5, float64(100/cash)*d.around(rng, cash/200, cash/20, 1.1, 3)), 2))
	maybe("daily-loss: %s", number(min(20, d.around(rng, 0.5, 20, 0.02, 0.5)), 2))
	maybe("drawdown: %s%%", number(min(12, max(0.05, float64(100/cash)*d.around(rng, cash/500, float64(0.12*cash), 0.02, 0.5))), 2))
	maybe("cash-reserve: %d%%", 20+rng.IntN(50))
	maybe("order-rate: {day: %d}", 5+rng.IntN(195))
	maybe("loss-streak: %d", 1+rng.IntN(9))
	maybe("unknown-outcome: %dm", 1+rng.IntN(9))
	maybe("max-open-orders: {per-pair: %d, total: %d}", 1+rng.IntN(4), 1+rng.IntN(10))
	maybe("signal-budget: {orders: 1}")
}

// drawSlots draws strategies: those that trade, those that are broken, and scripts.
func (d *drawn) drawSlots(rng *rand.Rand, profile string) {
	n := pick(rng, 1, 1, 2, 3)
	modes := []string{"ultra-fast", "scalp", "swing", "position"}
	for i := range n {
		s := drawnSlot{}
		name, set := d.drawStrategy(rng)
		if name == "scripted" {
			s.signals = d.drawSignals(rng)
		}
		s.fields = append(s.fields, "name: "+name, fmt.Sprintf("slot: s%d", i+1))
		if set != "" {
			s.fields = append(s.fields, "set: {"+set+"}")
		}
		if profile == "binance-bot" {
			s.fields = append(s.fields, "mode: "+modes[i])
		}
		if len(d.pairs) > 1 && rng.IntN(2) == 0 {
			s.fields = append(s.fields, "pairs: ["+pick(rng, d.pairs...).name+"]")
		}
		d.slots = append(d.slots, s)
	}
}

func (d *drawn) drawStrategy(rng *rand.Rand) (name, set string) {
	weight := number(min(0.9, max(0.01, d.weight*(0.5+rng.Float64()))), 3)
	switch rng.IntN(14) {
	case 0:
		return "sma-cross", fmt.Sprintf("fast: %d, slow: %d", 2+rng.IntN(8), 11+rng.IntN(30))
	case 1:
		return "rsi-reversion", fmt.Sprintf("period: %d, oversold: %d, weight: %s", 2+rng.IntN(14), 30+rng.IntN(20), weight)
	case 2:
		return "donchian-breakout", fmt.Sprintf("entry: %d, range: %d, weight: %s", 5+rng.IntN(30), 5+rng.IntN(20), weight)
	case 3:
		return "bollinger-reversion", fmt.Sprintf("period: %d, weight: %s", 5+rng.IntN(20), weight)
	case 4:
		return "grid", fmt.Sprintf("step: %s, levels: %d, weight: %s", number(between(rng, 0.001, 0.03), 4), 1+rng.IntN(6), weight)
	case 5:
		return "dca", fmt.Sprintf("every: %dm, amount: %s", 5+rng.IntN(300), number(float64(d.size*(0.5+rng.Float64())), 2))
	case 6, 7:
		fault := pick(rng, "ignores-fills", "doubles", "doubles", "churn", "resends", "units")
		if rng.IntN(20) == 0 {
			fault = "retries" // a denial makes the next one: long to run
		}
		return "runaway", fmt.Sprintf("fault: %s, weight: %s", fault, number(min(0.9, max(0.0005, d.weight*(0.5+rng.Float64()))), 4))
	}
	return "scripted", ""
}

// drawSignals draws what a script does.
func (d *drawn) drawSignals(rng *rand.Rand) (lines []string) {
	for range 3 + rng.IntN(12) {
		do := pick(rng, "buy", "buy", "buy", "sell", "exit", "cancel", "amend", "bracket")
		minute := rng.IntN(int(sweepDuration / time.Minute))
		d.signals = append(d.signals, time.Duration(minute)*time.Minute)
		at := strconv.Itoa(minute) + "m"
		if d.anytime && rng.IntN(2) == 0 {
			at += strconv.Itoa(50+rng.IntN(10)) + "s" // shortly before the next price
		}
		line := fmt.Sprintf("{at: %s, do: %s, pair: %s", at, do, pick(rng, d.pairs...).name)
		if do == "buy" || do == "sell" {
			line += ", notional: " + number(float64(d.size*(0.3+rng.Float64())), 2)
			if rng.IntN(2) == 0 {
				line += ", limit: true"
			}
			if rng.IntN(8) == 0 {
				line += fmt.Sprintf(", count: %d", 2+rng.IntN(10))
			}
			if rng.IntN(4) == 0 {
				line += ", id: s" + strconv.Itoa(rng.IntN(5))
			}
		}
		if do == "buy" || do == "sell" || do == "amend" {
			far := 1.0
			if do == "amend" && rng.IntN(3) == 0 {
				far = 10 // where no collar lets it go
			}
			line += ", offset: " + number(float64(far*between(rng, -3, 1)), 2) + "%"
		}
		if do == "bracket" || do == "buy" && rng.IntN(3) == 0 {
			line += ", stop: -" + number(between(rng, 0.2, 8), 2) + "%"
			if rng.IntN(2) == 0 {
				line += ", target: " + number(between(rng, 0.2, 8), 2) + "%"
			}
		}
		if rng.IntN(2) == 0 {
			line += fmt.Sprintf(", times: %d, every: %dm", 2+rng.IntN(20), 1+rng.IntN(pick(rng, 5, 200, 200)))
		}
		lines = append(lines, line+"}")
		if do == "cancel" && rng.IntN(2) == 0 { // and something in its place, before the venue has answered
			lines = append(lines, strings.Replace(line, "do: cancel", "do: buy", 1)+fmt.Sprintf(", notional: %s, limit: true, offset: %s%%}", number(d.size, 2), number(between(rng, -2, 0), 2)))
		}
	}
	return lines
}

// drawPlan draws faults over all verbs, some seeds many in one hour.
func (d *drawn) drawPlan(rng *rand.Rand) {
	b := chaos.Bounds{Duration: d.heal - time.Hour, Assets: []string{"CAD"}, Slots: len(d.slots)}
	for i := range d.pairs {
		b.Pairs, b.Assets = append(b.Pairs, d.pairs[i].name), append(b.Assets, d.pairs[i].base)
	}
	verbs := chaos.Verbs()
	for range 4 { // the ones that tell most
		verbs = append(verbs, chaos.Drop, chaos.TimeoutAfterApply, chaos.ApplyThen502, chaos.Duplicate, chaos.Reorder, chaos.Delay, chaos.Refuse, chaos.Disconnect, chaos.Crash, chaos.Crash, chaos.Crash)
	}
	d.plan = chaos.Draw(rng, verbs, rng.IntN(13), b)
	for range rng.IntN(4) {
		d.drawLost(rng)
	}
	for range rng.IntN(4) {
		d.drawDanger(rng)
	}
	hour := time.Duration(0)
	if rng.IntN(4) == 0 {
		hour = time.Duration(rng.Int64N(int64(b.Duration - time.Hour))).Truncate(time.Minute)
	}
	for i := range d.plan.Rules {
		r := &d.plan.Rules[i]
		if hour > 0 {
			r.At = hour + r.At%time.Hour
		}
		if r.Do.Family() == chaos.HTTP && rng.IntN(2) == 0 { // that strikes the next orders, whenever they come
			r.On, r.For, r.Times = pick(rng, chaos.AddOrder, chaos.AddOrder, chaos.AddOrder, chaos.CancelOrder, chaos.AmendOrder), 0, 1+rng.IntN(4)
		}
		if r.Do == chaos.RestartLoop {
			r.Count = min(r.Count, 9)
		}
		if r.Do == chaos.Crash && rng.IntN(3) == 0 { // long enough for something to happen meanwhile
			r.RestartAfter = time.Duration(1+rng.IntN(60)) * time.Minute
		}
		if r.Do == chaos.Crash && r.After == "" && rng.IntN(2) == 0 {
			r.After, r.Nth = pick(rng, chaos.JournalWrite, chaos.JournalAppend, chaos.JournalSync, chaos.Submitted, chaos.Acked, chaos.Cancelled), 1+rng.IntN(200)
			if r.After == chaos.Submitted || r.After == chaos.Acked || r.After == chaos.Cancelled {
				r.Nth = 1 + r.Nth%5
			}
			r.Times, r.Every = 0, 0
		}
	}
}

// early is an instant before which little has happened, more often than not: what waits for
// something from then on shall find it.
func (d *drawn) early(rng *rand.Rand) time.Duration {
	f := rng.Float64()
	return time.Duration(float64(d.heal-2*time.Hour) * f * f).Truncate(time.Minute)
}

// drawLost draws what makes an order's outcome unknown, and what comes on top of it.
func (d *drawn) drawLost(rng *rand.Rand) {
	at := d.early(rng)
	add := func(r chaos.Rule) {
		r.At = at
		d.plan.Rules = append(d.plan.Rules, r)
	}
	add(chaos.Rule{Do: pick(rng, chaos.Drop, chaos.TimeoutAfterApply, chaos.ApplyThen502, chaos.Truncate), On: chaos.AddOrder, Times: 1 + rng.IntN(3)})
	switch rng.IntN(7) {
	case 0:
		add(chaos.Rule{Do: chaos.HideOrder, On: pick(rng, "", chaos.OpenOrders, chaos.OpenOrders), After: chaos.GoneUnknown, For: time.Duration(5+rng.IntN(600)) * time.Second})
	case 1:
		add(chaos.Rule{Do: chaos.Crash, After: chaos.GoneUnknown, RestartAfter: time.Duration(rng.IntN(900)) * time.Second})
	case 2:
		add(chaos.Rule{Do: chaos.Disconnect, After: chaos.GoneUnknown, For: time.Duration(1+rng.IntN(300)) * time.Second})
	case 3:
		add(chaos.Rule{Do: chaos.Drop, On: chaos.OpenOrders, After: chaos.GoneUnknown, For: time.Duration(1+rng.IntN(300)) * time.Second})
	case 4, 5: // only the trades show it
		d.plan.Rules[len(d.plan.Rules)-1].Do = pick(rng, chaos.TimeoutAfterApply, chaos.ApplyThen502, chaos.Truncate)
		for _, list := range []string{chaos.OpenOrders, chaos.ClosedOrders} {
			add(chaos.Rule{Do: chaos.HideOrder, On: list, After: chaos.GoneUnknown, For: time.Duration(5+rng.IntN(600)) * time.Second})
		}
	}
}

// drawDanger draws what by chance hardly ever comes together.
func (d *drawn) drawDanger(rng *rand.Rand) {
	at := d.early(rng)
	add := func(r chaos.Rule) {
		if r.At == 0 {
			r.At = at
		}
		d.plan.Rules = append(d.plan.Rules, r)
	}
	seconds := func(least, most int) time.Duration { return time.Duration(least+rng.IntN(most-least)) * time.Second }
	switch rng.IntN(10) {
	case 0: // a trip that nobody hears of by the first channel
		add(chaos.Rule{Do: chaos.AlertDown, After: chaos.LevelChanged, Nth: 1 + rng.IntN(3), For: seconds(4, 60)})
	case 1: // a coin that nobody explains
		add(chaos.Rule{Do: chaos.Credit, Asset: pick(rng, d.pairs...).base, Amount: 1 + rng.Int64N(money.Pow10[chaos.Scale]), Value: "none"})
	case 2: // the KILL file between two orders, or while one is on its way; the owner removes it again
		nth := 1 + rng.IntN(6)
		add(chaos.Rule{Do: chaos.TouchKill, After: pick(rng, chaos.Submitted, chaos.Submitted, chaos.Acked), Nth: nth})
		if rng.IntN(2) == 0 {
			add(chaos.Rule{Do: chaos.Delay, On: chaos.AddOrder, Times: nth, By: seconds(1, 9)})
		}
		if rng.IntN(3) > 0 {
			add(chaos.Rule{Do: chaos.RemoveKill, At: min(d.heal-time.Hour, at+seconds(60, 20_000))})
		}
	case 3: // an end right after a trip
		add(chaos.Rule{Do: chaos.Crash, After: chaos.LevelChanged, Nth: 1 + rng.IntN(4), RestartAfter: seconds(0, 900)})
	case 4, 5: // silence when an order is due
		if len(d.signals) > 0 {
			at = max(time.Minute, min(d.heal-2*time.Hour, pick(rng, d.signals...))-seconds(5, 55))
		}
		add(chaos.Rule{Do: chaos.WSFreeze, On: pick(rng, "", "heartbeat", "heartbeat", "ticker|trade|book|ohlc"), For: seconds(60, 900)})
	case 6: // away while orders rest
		add(chaos.Rule{Do: chaos.Crash, After: chaos.Acked, Nth: 1 + rng.IntN(4), RestartAfter: seconds(300, 9000)})
	case 7: // the venue does not want it
		add(chaos.Rule{Do: chaos.Refuse, On: chaos.AddOrder, Times: 1 + rng.IntN(4), Code: pick(rng, "EOrder:Insufficient funds", "EAPI:Rate limit exceeded", "EOrder:Orders limit exceeded")})
	case 8: // the same twice
		add(chaos.Rule{Do: chaos.Duplicate, On: chaos.AddOrder, Times: 1 + rng.IntN(9)})
	case 9: // cancels that are lost while all is taken back
		add(chaos.Rule{Do: pick(rng, chaos.Drop, chaos.HTML, chaos.TooMany), On: chaos.CancelOrder, After: chaos.LevelChanged, Nth: 1 + rng.IntN(3), Times: 1 + rng.IntN(3)})
	}
}

// drawOwner draws what the owner does: mostly holding the ceremony now and then.
func (d *drawn) drawOwner(rng *rand.Rand) {
	last := int((d.heal - time.Hour) / time.Minute)
	for range rng.IntN(24) {
		at := time.Duration(rng.IntN(last)) * time.Minute
		d.owner = append(d.owner, world.Act{At: at, Do: world.ArmRequest}, world.Act{At: at + 61*time.Second, Do: world.ArmConfirm})
	}
	for range rng.IntN(3) {
		at := time.Duration(rng.IntN(last)) * time.Minute
		do := world.ActKind(1 + rng.IntN(len(world.ActNames())))
		if do >= world.ArmConfirmUnsigned && do <= world.ArmConfirmAgain && rng.IntN(3) > 0 { // when a right one would do
			d.owner = append(d.owner, world.Act{At: at, Do: world.ArmRequest})
			at += 61 * time.Second
		}
		d.owner = append(d.owner, world.Act{At: at, Do: do})
	}
	slices.SortStableFunc(d.owner, func(a, b world.Act) int { return int(min(max(a.At-b.At, -1), 1)) })
}
