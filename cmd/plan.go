package cmd

import (
	"slices"
	"time"

	"github.com/spf13/pflag"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/strategy"
)

// plan checks everything that was said and makes a plan of it, before any data but the
// first rows is read. inputs are those that the command brings; --data adds to them.
func (s *settings) plan(f *pflag.FlagSet, inputs []input) (*plan, error) {
	p := &plan{inputs: inputs, empty: data.Empty(s.empty), seed: s.seed, closeAtEnd: s.atEnd, catalog: exchange.NewCatalog()}
	for _, step := range []func(*pflag.FlagSet, *plan) error{
		s.planSpan, s.planFiles, s.planInstruments, s.planMoney, s.planFills, s.planGuard, s.planStrictness, s.planSlots,
	} {
		if err := step(f, p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (s *settings) planSpan(_ *pflag.FlagSet, p *plan) (err error) {
	if p.from, err = parseTime("--from", s.from, 0); err != nil {
		return err
	}
	if p.to, err = parseTime("--to", s.to, exchange.Never); err != nil {
		return err
	}
	if p.from >= p.to {
		return usagef("--from %s is not before --to %s; exchange them", s.from, s.to)
	}
	if p.bars, err = parseInterval("--bars", s.bars); err != nil {
		return err
	}
	if p.empty != data.Skip && p.empty != data.Flat {
		return usagef("--empty %q is unknown; give skip or flat", s.empty)
	}
	return nil
}

func (s *settings) planFiles(_ *pflag.FlagSet, p *plan) error {
	if len(p.inputs)+len(s.data) == 0 {
		return usagef("no data; give a file with --data, for example --data XBTCAD_1440.csv, or try \"breakwater demo\"")
	}
	for _, list := range []struct {
		flag string
		n    int
	}{{"--pair", len(s.pairs)}, {"--interval", len(s.intervals)}} {
		if list.n > 1 && list.n != len(s.data) {
			return usagef("%d times %s for %d files; give it once, or once for each --data in their order", list.n, list.flag, len(s.data))
		}
	}
	for i, path := range s.data {
		size, err := parseInterval("--interval", at(s.intervals, i))
		if err != nil {
			return err
		}
		in, err := fileInput(path, data.Options{Pair: at(s.pairs, i), Interval: size})
		if err != nil {
			return err
		}
		if in.info.Pair == "" {
			return usagef("%s: nothing tells which pair this is; give --pair, for example --pair XBT/CAD", path)
		}
		p.inputs = append(p.inputs, in)
	}
	return nil
}

// at is the i-th of a list given once for all or once for each.
func at(list []string, i int) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return list[i]
}

func (s *settings) planMoney(_ *pflag.FlagSet, p *plan) error {
	name := s.currency
	if name == "" {
		p.currency = p.catalog.Instruments[p.inputs[0].instrument].Quote
	} else {
		asset, ok := p.catalog.Asset(name)
		if !ok {
			return usagef("--currency %s is in none of the pairs (%s); give one that is", name, p.catalog.Symbols())
		}
		p.currency = asset.ID
	}
	asset := &p.catalog.Assets[p.currency]
	cash, err := parseAmount("--cash", s.cash, asset.Decimals)
	if err != nil {
		return err
	}
	if cash <= 0 {
		return usagef("--cash %s buys nothing; give an amount of %s above 0", s.cash, asset.Name)
	}
	p.cash = money.Amount(cash)
	switch s.size {
	case "all":
	case "all-whole":
		p.size.Whole = true
	default:
		units, err := parseAmount("--size", s.size, strategy.SizeDecimals)
		if err != nil || units <= 0 {
			return usagef("--size %q is no size; give all, all-whole, or a quantity above 0 like 0.5", s.size)
		}
		p.size.Units = money.Qty(units)
	}
	return nil
}

func (s *settings) planFills(f *pflag.FlagSet, p *plan) (err error) {
	if p.model, err = s.model(f); err != nil {
		return err
	}
	p.fees, p.feePPM, err = s.schedule(p.catalog)
	return err
}

func (s *settings) planGuard(f *pflag.FlagSet, p *plan) (err error) {
	if err := s.planLimits(f, p); err != nil {
		return err
	}
	for _, text := range s.limits {
		if err := narrow(&p.limits, text, &p.catalog.Assets[p.currency]); err != nil {
			return err
		}
	}
	if p.rearm, err = risk.ParseRearm(s.rearm); err != nil {
		return wrong(err)
	}
	return nil
}

func (s *settings) planSlots(f *pflag.FlagSet, p *plan) error {
	if len(s.slots) > 0 {
		if f.Changed("strategy") || len(s.set) > 0 || s.mode != "" {
			return usagef("--slot names its own strategy, mode and parameters; leave --strategy, --mode and --set out")
		}
		return s.planManySlots(p)
	}
	if s.strategy == "" {
		return usagef("no strategy; give one with --strategy, for example --strategy sma-cross (\"breakwater strategies\" lists them)")
	}
	sp := slotPlan{name: s.strategy, strategy: s.strategy, mode: s.mode, settings: s.set, sharePPM: money.PPM}
	for i := range p.catalog.Instruments {
		sp.instruments = append(sp.instruments, p.catalog.Instruments[i].ID)
	}
	return p.addSlot(sp)
}

// addSlot checks a slot by making its strategy once.
func (p *plan) addSlot(sp slotPlan) error {
	if _, err := sp.make(); err != nil {
		return err
	}
	if sp.interval == 0 {
		sp.interval = p.signalInterval(sp.instruments)
	}
	if err := p.checkInterval(&sp); err != nil {
		return err
	}
	if err := p.checkMode(&sp); err != nil {
		return err
	}
	p.slots = append(p.slots, sp)
	return nil
}

// signalInterval is the bar size that a strategy decides on when nothing else says so:
// that of --bars; where a pair has bars of several sizes, the one of its first file; else
// any (0).
func (p *plan) signalInterval(of []exchange.InstrumentID) time.Duration {
	if p.bars != 0 {
		return p.bars
	}
	for _, id := range of {
		if sizes := p.intervals(id); len(sizes) > 1 {
			return sizes[0]
		}
	}
	return 0
}

// intervals are the sizes of the bars that an instrument has, in the order of the files.
func (p *plan) intervals(id exchange.InstrumentID) (sizes []time.Duration) {
	for i := range p.inputs {
		if in := &p.inputs[i]; in.instrument == id && in.info.Interval > 0 {
			sizes = append(sizes, in.info.Interval)
		}
	}
	if p.bars != 0 {
		sizes = append(sizes, p.bars)
	}
	return sizes
}

// checkInterval refuses a slot one of whose pairs has no bars, or none of its size.
func (p *plan) checkInterval(sp *slotPlan) error {
	for _, id := range sp.instruments {
		if len(p.intervals(id)) == 0 {
			return usagef("%s has only trades, but strategies decide and equity is marked on bars; build them, for example with --bars 15m",
				p.catalog.Instruments[id].Symbol)
		}
	}
	if sp.interval == 0 {
		return nil
	}
	for _, id := range sp.instruments {
		if !slices.Contains(p.intervals(id), sp.interval) {
			symbol := p.catalog.Instruments[id].Symbol
			return usagef("%s has no bars of %s for strategy %s; build them with --bars %s, or give a --slot with its own pairs and interval",
				symbol, data.IntervalText(sp.interval), sp.name, data.IntervalText(sp.interval))
		}
	}
	return nil
}
