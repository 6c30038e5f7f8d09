package session

import (
	"os"
	"slices"
	"strings"
	"time"

	"breakwater/data"
	"breakwater/data/file"
	"breakwater/exchange"
)

// market is where the simulated venue's prices come from. It can be opened again and
// gives the same events each time.
type market struct {
	synth *data.Market // nil: files
	now   bool         // a preset that begins when the session first does
	trade bool
	files []marketFile
	from  exchange.Stamp
	to    exchange.Stamp
	bars  time.Duration // built for the strategies; 0: those that are there
}

type marketFile struct {
	path       string
	info       data.Info
	instrument exchange.InstrumentID
}

// sizes are those of the bars that an instrument has.
func (m *market) sizes(id exchange.InstrumentID) (sizes []time.Duration) {
	if m.synth != nil && !m.trade {
		sizes = append(sizes, m.synth.Interval)
	}
	for i := range m.files {
		if f := &m.files[i]; f.instrument == id && f.info.Interval > 0 {
			sizes = append(sizes, f.info.Interval)
		}
	}
	if m.bars != 0 {
		sizes = append(sizes, m.bars)
	}
	return sizes
}

func (p *plan) planMarket() error {
	c, m := p.config, &p.config.Market
	switch {
	case m.Preset == "" && len(m.Files) == 0:
		return c.wrongAt("$.market", "no market; write preset: volatile, or files: [XBTCAD_1.csv], under market")
	case m.Preset != "" && len(m.Files) > 0:
		return c.wrongAt("$.market.files", "a market is either a preset or files; leave one of them out")
	}
	if m.Bars != "" {
		var err error
		if p.market.bars, err = data.ParseInterval(m.Bars); err != nil {
			return c.wrongAt("$.market.bars", "bars %q is no bar size; write 1m, 15m, 4h or 1d", m.Bars)
		}
	}
	if m.Preset != "" {
		return p.planPreset()
	}
	return p.planFiles()
}

func (p *plan) planPreset() error {
	c, m := p.config, &p.config.Market
	made, err := data.Preset(m.Preset)
	if err != nil {
		return c.wrongAt("$.market.preset", "there is no preset %q%s; there are %s", m.Preset, suggest(m.Preset, data.Presets()), strings.Join(data.Presets(), ", "))
	}
	if m.Seed != 0 {
		made.Seed = m.Seed
	}
	if m.Pair != "" {
		made.Pair = m.Pair
	}
	if m.Price != 0 {
		made.Price = m.Price
	}
	if m.Interval != "" {
		if made.Interval, err = data.ParseInterval(m.Interval); err != nil {
			return c.wrongAt("$.market.interval", "interval %q is no bar size; write 1m, 15m, 4h or 1d", m.Interval)
		}
	}
	if m.Length != "" {
		length, err := data.ParseInterval(m.Length)
		if err != nil || length < made.Interval {
			return c.wrongAt("$.market.length", "length %q is no time of at least one bar; write it like 30d", m.Length)
		}
		made.Count = int64(length / made.Interval)
	}
	switch m.Start {
	case "":
	case "now":
		p.market.now = true
	default:
		if made.Start, err = parseTime(m.Start); err != nil {
			return c.wrongAt("$.market.start", "start %q is no time; write it like 2025-03-09, 2025-03-09T14:00:00Z, or now", m.Start)
		}
	}
	if _, err := data.NewSynth(made); err != nil {
		return c.wrongAt("$.market", "%s", strings.TrimPrefix(err.Error(), "data: "))
	}
	p.market.synth, p.market.trade = &made, m.Trades
	specs, err := p.specs(made.Pair)
	if err != nil {
		return err
	}
	if !specs[0].RulesKnown {
		specs[0].PriceDecimals, specs[0].LotDecimals = made.PriceDecimals, made.LotDecimals
	}
	if _, err = data.AddSpecs(p.catalog, specs...); err != nil {
		return c.wrongAt("$.market.pair", "%s", strings.TrimPrefix(strings.TrimPrefix(err.Error(), "data: "), "exchange: "))
	}
	return nil
}

func (p *plan) planFiles() (err error) {
	c, m := p.config, &p.config.Market
	if p.market.from, err = parseTime(m.From); err != nil && m.From != "" {
		return c.wrongAt("$.market.from", "from %q is no time; write it like 2025-03-09", m.From)
	}
	p.market.to = exchange.Never
	if m.To != "" {
		if p.market.to, err = parseTime(m.To); err != nil || p.market.to <= p.market.from {
			return c.wrongAt("$.market.to", "to %q is no time after from; write it like 2025-03-10", m.To)
		}
	}
	var symbols []string
	for i, path := range m.Files {
		f := marketFile{path: c.file(path)}
		opened, err := file.Open(f.path, data.Options{})
		if err == nil {
			f.info = opened.Info()
			opened.Close()
		}
		switch {
		case err != nil:
			return c.wrongAt(indexed("$.market.files", i), "%s", strings.TrimPrefix(err.Error(), "data: "))
		case f.info.Pair == "":
			return c.wrongAt(indexed("$.market.files", i), "%s: nothing tells which pair this is; name the file like XBTCAD_60.csv", path)
		}
		if !slices.Contains(symbols, f.info.Pair) {
			symbols = append(symbols, f.info.Pair)
		}
		p.market.files = append(p.market.files, f)
	}
	specs, err := p.specs(symbols...)
	if err != nil {
		return err
	}
	ids, err := data.AddSpecs(p.catalog, specs...)
	if err != nil {
		return c.wrongAt("$.market.files", "%s", strings.TrimPrefix(err.Error(), "data: "))
	}
	for i := range p.market.files {
		f := &p.market.files[i]
		f.instrument = ids[slices.Index(symbols, f.info.Pair)]
	}
	return nil
}

// specs are the pairs' rules: those of asset-pairs where it has them, else the defaults.
func (p *plan) specs(symbols ...string) ([]exchange.Spec, error) {
	var rules *data.Pairs
	if path := p.config.Market.Rules; path != "" {
		f, err := os.Open(p.config.file(path))
		if err == nil {
			defer f.Close()
			rules, err = data.ReadPairs(f)
		}
		if err != nil {
			return nil, p.config.wrongAt("$.market.asset-pairs", "asset-pairs %s: %s", path, plainFileError(err))
		}
	}
	specs := make([]exchange.Spec, len(symbols))
	for i, symbol := range symbols {
		specs[i] = exchange.Spec{Symbol: symbol, PriceDecimals: exchange.DefaultPriceDecimals, LotDecimals: exchange.DefaultLotDecimals}
		if rules == nil {
			continue
		}
		known, found, err := rules.Spec(symbol)
		if err != nil {
			return nil, p.config.wrongAt("$.market.asset-pairs", "%v", err)
		}
		if found {
			specs[i] = known
		}
	}
	return specs, nil
}

// opened is a market's open series.
type opened struct {
	series []data.Series
	files  []*file.File
}

func (o *opened) close() {
	for _, f := range o.files {
		f.Close() // only read from: nothing can be lost
	}
}

// open begins the market's stream of events. close ends it, also after an error.
func (m *market) open(cat *exchange.Catalog) (feed exchange.Feed, closeAll func(), err error) {
	o := &opened{}
	if err = m.add(o, cat, 0); err == nil && m.bars > 0 {
		err = m.add(o, cat, m.bars)
	}
	if err == nil {
		feed, err = data.Merge(o.series, data.Skip)
	}
	return feed, o.close, Wrong(err)
}

// add opens each series, or with bars the bars of that size that are built of it.
func (m *market) add(o *opened, cat *exchange.Catalog, bars time.Duration) error {
	if m.synth != nil {
		synth, err := data.NewSynth(*m.synth)
		if err != nil {
			return err
		}
		s := data.Series{Name: "synthetic " + m.synth.Pair, Trades: synth}
		if !m.trade {
			s = data.Series{Name: s.Name, Interval: m.synth.Interval, Bars: synth.Bars()}
		}
		return o.add(s, bars)
	}
	for i := range m.files {
		f, err := file.Open(m.files[i].path, data.Options{})
		if err != nil {
			return err
		}
		o.files = append(o.files, f)
		s := f.Series(&cat.Instruments[m.files[i].instrument])
		if s.Bars != nil {
			s.Bars = data.BarsBetween(s.Bars, m.from, m.to)
		} else {
			s.Trades = data.TradesBetween(s.Trades, m.from, m.to)
		}
		if err := o.add(s, bars); err != nil {
			return err
		}
	}
	return nil
}

// add adds a series as it is, or as bars of a size that it does not have itself.
func (o *opened) add(s data.Series, bars time.Duration) (err error) {
	switch {
	case bars == 0:
	case s.Bars != nil && s.Interval == bars:
		return nil // it is there already
	case s.Trades != nil:
		s.Bars, err = data.BuildBars(s.Trades, bars)
		s.Trades, s.Interval = nil, bars
	default:
		s.Bars, err = data.ResampleBars(s.Bars, s.Interval, bars)
		s.Interval = bars
	}
	o.series = append(o.series, s)
	return err
}
