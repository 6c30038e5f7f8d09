package session

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
)

// plan is bot.yaml, checked: what the parts are made of.
type plan struct {
	config   *Config
	pace     pace
	zone     *time.Location
	catalog  *exchange.Catalog
	currency exchange.AssetID
	cash     money.Amount
	model    sim.Model
	fees     sim.Fees
	feePPM   int64 // the worst
	limits   risk.Limits
	armKey   ed25519.PublicKey
	dryRun   bool
	market   market
	slots    []slotPlan
	size     strategy.Size
}

// slotPlan makes a slot.
type slotPlan struct {
	name, strategy, mode string
	settings             []string
	instruments          []exchange.InstrumentID
	interval             time.Duration
	sharePPM             int64
}

// plan checks everything that can be checked before anything is opened for good.
func (c *Config) plan() (*plan, error) {
	p := &plan{config: c, catalog: exchange.NewCatalog()}
	for _, step := range []func() error{p.planVenue, p.planMarket, p.planAccount, p.planFills, p.planRisk, p.planSlots} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) planVenue() (err error) {
	c := p.config
	switch {
	case c.Venue == "":
		return c.wrongAt("$.venue", "no venue; write venue: sim")
	case c.Venue != "sim":
		return c.wrongAt("$.venue", "venue %q is unknown%s; there is sim", c.Venue, suggest(c.Venue, []string{"sim"}))
	case c.State == "":
		return c.wrongAt("$.state", "no state directory; write state: state/NAME, or give --state")
	}
	if p.pace, err = parsePace(c.Speed); err != nil {
		return c.wrongAt("$.speed", "%v", err)
	}
	if p.zone, err = time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		return c.wrongAt("$.time-zone", "time zone %q is unknown; write one like America/Toronto or UTC", c.TimeZone)
	}
	p.dryRun = c.DryRun == nil || *c.DryRun
	if c.Record != nil && !*c.Record {
		return c.wrongAt("$.record", "the simulated venue lives in its record; leave record out, or write record: true")
	}
	return nil
}

func (p *plan) planAccount() error {
	c, a := p.config, &p.config.Account
	p.currency = p.catalog.Instruments[0].Quote
	if a.Currency != "" {
		asset, ok := p.catalog.Asset(a.Currency)
		if !ok {
			return c.wrongAt("$.account.currency", "%s is in none of the pairs (%s); write one that is", a.Currency, p.catalog.Symbols())
		}
		p.currency = asset.ID
	}
	asset := &p.catalog.Assets[p.currency]
	if a.Cash == "" {
		return c.wrongAt("$.account.cash", "no cash; write cash: 10000 under account")
	}
	v, err := money.Parse(a.Cash, asset.Decimals)
	if err != nil || v <= 0 {
		return c.wrongAt("$.account.cash", "cash %q is no amount of %s above 0 with at most %d decimals; write it like 10000", a.Cash, asset.Name, asset.Decimals)
	}
	p.cash = money.Amount(v)
	switch c.Size {
	case "", "all":
	case "all-whole":
		p.size.Whole = true
	default:
		units, err := money.Parse(c.Size, strategy.SizeDecimals)
		if err != nil || units <= 0 {
			return c.wrongAt("$.size", "size %q is no size; write all, all-whole, or a quantity above 0 like 0.5", c.Size)
		}
		p.size.Units = money.Qty(units)
	}
	return nil
}

func (p *plan) planFills() error {
	f, c := &p.config.Fills, p.config
	p.model = sim.DefaultModel()
	for _, v := range []struct {
		key, text string
		most      int64
		to        *int64
	}{
		{"spread", f.Spread, 500_000, &p.model.SpreadPPM}, {"slippage", f.Slippage, 500_000, &p.model.SlippagePPM}, {"volume-cap", f.VolumeCap, money.PPM, &p.model.VolumeCapPPM},
	} {
		if v.text == "" {
			continue
		}
		ppm, err := parseRate(v.text, v.most)
		if err != nil {
			return c.wrongAt("$.fills."+v.key, "%s %v", v.key, err)
		}
		*v.to = ppm
	}
	if f.Latency != "" {
		d, err := time.ParseDuration(f.Latency)
		if err != nil || d < 0 || d > time.Hour {
			return c.wrongAt("$.fills.latency", "latency %q is no time from 0s to 1h; write it like 250ms", f.Latency)
		}
		p.model.Latency = d
	}
	return p.planFees()
}

func (p *plan) planFees() error {
	text := p.config.Account.Fee
	if text == "" || text == "kraken" {
		p.fees = sim.KrakenFees()
		for i := range p.catalog.Instruments {
			for _, at := range []exchange.Stamp{0, exchange.Seconds(1_735_689_600), exchange.Never} { // a day of each of its schedules
				maker, taker := p.fees.Rates(&p.catalog.Instruments[i], 0, at)
				p.feePPM = max(p.feePPM, maker, taker)
			}
		}
		return nil
	}
	first, second, both := strings.Cut(text, ",")
	maker, err := parseRate(first, 100_000)
	taker := maker
	if both && err == nil {
		taker, err = parseRate(second, 100_000)
	}
	if err != nil {
		return p.config.wrongAt("$.account.fee", "fee %v; or write kraken", err)
	}
	p.fees, p.feePPM = sim.FixedFees(maker, taker), max(maker, taker)
	return nil
}

func (p *plan) planSlots() error {
	c := p.config
	if len(c.Slots) == 0 {
		return c.wrongAt("$.slots", "no slots; write at least one: slots: [{strategy: sma-cross}]")
	}
	left, open := int64(money.PPM), int64(0)
	for i := range c.Slots {
		sp, err := p.slot(i)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.slots, func(o slotPlan) bool { return o.name == sp.name }) {
			return c.wrongAt(fmt.Sprintf("$.slots[%d].name", i), "two slots are named %s; give each a name", sp.name)
		}
		if left -= sp.sharePPM; sp.sharePPM == 0 {
			open++
		}
		p.slots = append(p.slots, sp)
	}
	if left < 0 || left == 0 && open > 0 {
		return c.wrongAt("$.slots", "the slots' shares add up to %s%% and leave nothing; give out at most 100%%", money.Trim(money.PPM-left, 4))
	}
	for i := range p.slots {
		if p.slots[i].sharePPM == 0 {
			p.slots[i].sharePPM = left / open
		}
	}
	return nil
}

// slot checks one slot by making its strategy once.
func (p *plan) slot(i int) (sp slotPlan, err error) {
	c, s := p.config, &p.config.Slots[i]
	at := func(key string) string { return fmt.Sprintf("$.slots[%d].%s", i, key) }
	sp = slotPlan{name: s.Name, strategy: s.Strategy, mode: s.Mode}
	if sp.name == "" {
		sp.name = s.Strategy
	}
	for _, name := range slices.Sorted(maps.Keys(s.Set)) {
		sp.settings = append(sp.settings, name+"="+settingText(s.Set[name]))
	}
	if s.Strategy == "" {
		return sp, c.wrongAt(at("strategy"), "slot %d names no strategy; \"breakwater strategies\" lists them", i+1)
	}
	if _, err := sp.make(); err != nil {
		key := "set"
		if len(s.Set) == 0 || strings.Contains(err.Error(), "no strategy") {
			key = "strategy"
		}
		return sp, c.wrongAt(at(key), "%s", strings.TrimPrefix(err.Error(), "strategy: "))
	}
	if s.Share != "" {
		if sp.sharePPM, err = parseRate(s.Share, money.PPM); err != nil || sp.sharePPM == 0 {
			return sp, c.wrongAt(at("share"), "share %q is no share above 0%%; write it like 50%%", s.Share)
		}
	}
	if s.Interval != "" {
		if sp.interval, err = data.ParseInterval(s.Interval); err != nil {
			return sp, c.wrongAt(at("interval"), "interval %q is no bar size; write 1m, 15m, 4h or 1d", s.Interval)
		}
	}
	if sp.interval == 0 {
		sp.interval = p.market.bars
	}
	for j, pair := range s.Pairs {
		in, ok := p.catalog.Find(pair)
		if !ok {
			return sp, c.wrongAt(fmt.Sprintf("$.slots[%d].pairs[%d]", i, j), "the market has no %s, only %s", pair, p.catalog.Symbols())
		}
		sp.instruments = append(sp.instruments, in.ID)
	}
	if len(s.Pairs) == 0 { // all
		for j := range p.catalog.Instruments {
			sp.instruments = append(sp.instruments, p.catalog.Instruments[j].ID)
		}
	}
	return sp, p.checkBars(&sp, at("interval"))
}

// checkBars refuses a slot one of whose pairs has no bars of its size, and chooses the
// size where there are several.
func (p *plan) checkBars(sp *slotPlan, at string) error {
	for _, id := range sp.instruments {
		sizes := p.market.sizes(id)
		if len(sizes) == 0 {
			return p.config.wrongAt("$.market", "%s has trades and no bars to decide on; write bars: 1m under market", p.catalog.Instruments[id].Symbol)
		}
		if sp.interval == 0 && len(sizes) > 1 {
			sp.interval = sizes[0]
		}
		if sp.interval != 0 && !slices.Contains(sizes, sp.interval) {
			text := data.IntervalText(sp.interval)
			return p.config.wrongAt(at, "%s has no bars of %s; write bars: %s under market", p.catalog.Instruments[id].Symbol, text, text)
		}
	}
	return nil
}

func (s *slotPlan) make() (strategy.Strategy, error) {
	made, err := strategy.New(s.strategy)
	if err != nil {
		return nil, err
	}
	return made, strategy.Configure(made, s.settings...)
}

// settingText is a value of YAML as a strategy's parameter reads it.
func settingText(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// parseRate reads a share: 0.26%, or as a fraction 0.0026.
func parseRate(text string, mostPPM int64) (int64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	decimals := uint8(6)
	if percent {
		decimals = 4
	}
	ppm, err := money.Parse(strings.TrimSpace(number), decimals)
	if err != nil || ppm < 0 || ppm > mostPPM {
		return 0, fmt.Errorf("%q is no rate from 0 to %s%%; write it like 0.26%%", text, money.Trim(mostPPM, 4))
	}
	return ppm, nil
}
