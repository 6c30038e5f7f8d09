package scenarios

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/risk/riskfile"
	"breakwater/sim"
	"breakwater/sim/world"
	"breakwater/strategy"
)

// Scenario is a file, read and checked.
type Scenario struct {
	Name     string
	File     string
	Doc      string // what is broken, and what must hold
	Source   string // the requirement that it answers: its group, A to D, and its words
	Incident string // what has happened somewhere
	Wiring   string // "event" where the control's live wiring comes later
	Expect   []Expectation
	Control  risk.Control // that it proves
	Breaks   int          // the expectation that must break without it; -1: none
	Alone    string       // why no control is taken out

	cfg    world.Config
	pairs  []string
	limits string // as written, for explain
	slots  []string
}

// Config is the World that the scenario runs in.
func (s *Scenario) Config() world.Config { return s.cfg }

// defaultStart is a Sunday morning on which the clocks change in Toronto.
const defaultStart = "2025-03-09T06:30:00Z"

// longest is the longest scenario: a year of days.
const longest = 366 * 24 * time.Hour

// Read reads a scenario file; name is what messages call it. The error is an *Error.
func Read(name string, text []byte) (*Scenario, error) {
	root, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	s := &Scenario{File: name, Breaks: -1}
	s.cfg.Breakable = breakable(risk.NoControl)
	f := root.fields("a scenario")
	s.readHead(f)
	s.readAccount(f)
	s.readMarket(f)
	s.readLimits(f)
	s.readStrategies(f)
	s.readPlan(f)
	s.readExpect(f)
	s.readAblation(f)
	if err := f.done(); err != nil {
		return nil, err
	}
	if _, err := world.New(s.cfg); err != nil {
		return nil, root.fail("%s", strings.TrimPrefix(err.Error(), "world: "))
	}
	return s, nil
}

func (s *Scenario) readHead(f *fields) {
	s.Name = f.need("name", "net-502-but-placed")
	if base := strings.TrimSuffix(filepath.Base(s.File), ".yaml"); s.Name != base && f.err == nil {
		f.fail(f.at("name"), "name %q is not that of the file, %s", s.Name, base)
	}
	s.Doc = strings.Join(strings.Fields(f.need("doc", "what is broken, and what must hold")), " ")
	s.Source, s.Incident = f.text("source"), f.text("incident")
	if s.Source != "" && !slices.Contains([]string{"A", "B", "C", "D"}, strings.TrimSpace(s.Source[:1])) {
		f.fail(f.at("source"), "source %q begins with none of A, B, C, D", s.Source)
	}
	s.Wiring = f.one("wiring", []string{"event"})
	c := &s.cfg
	c.Seed = uint64(f.whole("seed", 1, 0, 1<<62))
	start := f.text("start")
	if start == "" {
		start = defaultStart
	}
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		f.fail(f.at("start"), "start %q is no time; write it like %s", start, defaultStart)
	}
	c.Start = exchange.At(at)
	c.Duration = f.span("duration", time.Hour)
	step := 5 * time.Second
	if c.Duration > 12*time.Hour {
		step = time.Minute
	}
	c.Step = f.span("step", step)
	c.Bars = f.span("bars", max(time.Minute, c.Step))
	c.Latency = f.span("latency", sim.DefaultLatency)
	c.Supervisor = f.span("supervisor", 10*time.Second)
	c.Heal = f.span("heal", 0)
	c.Unarmed = !f.yes("armed", true)
	c.DryRun = f.yes("dry-run", false)
	s.boundSteps(f)
}

func (s *Scenario) readAccount(f *fields) {
	c := &s.cfg
	c.Catalog = exchange.NewCatalog()
	c.Zone = time.UTC
	currency, cash := "CAD", 1000.0
	var coins *node
	if n := f.node("account"); n != nil {
		a := n.fields("account")
		if text := a.text("currency"); text != "" {
			currency = exchange.NormalAsset(text)
		}
		cash = a.number("cash", cash, 0, 1e9)
		coins = a.node("coins")
		if zone := a.text("timezone"); zone != "" {
			var err error
			if c.Zone, err = time.LoadLocation(zone); err != nil {
				a.fail(a.at("timezone"), "timezone %q is unknown; write one like America/Toronto or UTC", zone)
			}
		}
		a.one("tier", []string{"starter", "intermediate", "pro"}) // goes to the limits
		if err := a.done(); err != nil && f.err == nil {
			f.err = err
		}
	}
	c.Facts = exchange.AllFacts
	if n := f.node("facts"); n != nil {
		c.Facts = 0
		names := exchange.AllFacts.Names()
		for _, name := range f.words("facts") {
			if i := slices.Index(names, name); i >= 0 {
				c.Facts |= 1 << i
			} else {
				f.fail(n, "facts: %q is unknown%s", name, nearest(name, names))
			}
		}
	}
	id, err := c.Catalog.AddAsset(currency, data.AssetDecimals(currency))
	if err != nil {
		f.fail(f.n, "account: %v", err)
		return
	}
	c.Currency = id
	c.Deposits = sim.Deposits{{Asset: id, Total: units(cash, data.AssetDecimals(currency))}}
	if coins == nil {
		return
	}
	coin := coins.fields("coins")
	for _, e := range coins.keys {
		name := exchange.NormalAsset(e.key)
		v := coin.number(e.key, 0, 0, 1e9)
		id, err := c.Catalog.AddAsset(name, data.AssetDecimals(name))
		if err != nil {
			coin.fail(e.node, "%v", err)
			continue
		}
		c.Deposits = append(c.Deposits, exchange.Balance{Asset: id, Total: units(v, data.AssetDecimals(name))})
	}
	if err := coin.done(); err != nil && f.err == nil {
		f.err = err
	}
}

// units is an amount as the ledger has it.
func units(v float64, decimals uint8) money.Amount {
	return money.Amount(v*float64(money.Pow10[decimals]) + 0.5)
}

func (s *Scenario) readMarket(f *fields) {
	n := f.node("market")
	if n == nil || n.is != table {
		f.fail(f.n, "no market; write market: {XBT/CAD: {price: 90000}}")
		return
	}
	if f.bound(n, len(n.keys), mostPairs, "pairs"); f.err != nil {
		return
	}
	for _, e := range n.keys {
		base, quote, ok := exchange.NormalPair(e.key)
		if !ok {
			f.fail(&node{file: n.file, line: e.line}, "%q is no pair; write it like XBT/CAD", e.key)
			return
		}
		if err := s.readPair(e.node, base+"/"+quote); err != nil && f.err == nil {
			f.err = err
		}
	}
	s.cfg.Fees, s.cfg.FeePPM = sim.KrakenFees(), 8000
}

// readPair reads the market of one pair.
func (s *Scenario) readPair(n *node, pair string) error {
	f := n.fields("the market of " + pair)
	m := world.Market{
		Price: f.number("price", 0, 1e-6, 1e9), Volatility: f.share("volatility", 0, 0, 20), Drift: f.share("drift", 0, -50, 50),
		SpreadPPM: int64(f.number("spread-bps", 8, 0, 5000) * 100),
	}
	if m.Price == 0 {
		f.fail(n, "the market of %s has no price; write price: 90000", pair)
		return f.err
	}
	const usual = 200_000 // of the quote asset: many times what a small account trades
	m.Depth, m.Volume = f.number("depth", usual/m.Price, 1e-9, 1e12), f.number("volume", usual/m.Price, 1e-9, 1e12)
	for _, item := range f.list("shape") {
		p := item.fields("a point of the shape")
		pt := world.Point{At: p.span("at", 0), SpreadPPM: int64(p.number("spread-bps", 0, 0, 9000) * 100), Thin: p.number("thin", 0, 0, 100)}
		pt.Factor = p.share("price", 1, 0.00001, 100)
		if k := len(m.Shape); k > 0 && m.Shape[k-1].At >= pt.At {
			p.fail(item, "a point of the shape at %s does not come behind the one before", pt.At)
		}
		if err := p.done(); err != nil {
			return err
		}
		m.Shape = append(m.Shape, pt)
	}
	base, quote, _ := exchange.NormalPair(pair)
	spec := exchange.Spec{Symbol: pair, LotDecimals: min(8, data.AssetDecimals(base)), Tick: 1, RulesKnown: true}
	for least := 1000.0; m.Price < least && spec.PriceDecimals < 7; least /= 10 {
		spec.PriceDecimals++
	}
	spec.PriceDecimals++
	for _, a := range []string{base, quote} {
		if _, err := s.cfg.Catalog.AddAsset(a, data.AssetDecimals(a)); err != nil {
			return n.fail("%v", err)
		}
	}
	spec.OrderMin = money.Qty(f.number("order-min", 0.5/m.Price, 0, 1e9) * float64(money.Pow10[spec.LotDecimals]))
	if err := f.done(); err != nil {
		return err
	}
	if _, err := s.cfg.Catalog.Add(spec); err != nil {
		return n.fail("%s", strings.TrimPrefix(err.Error(), "exchange: "))
	}
	s.cfg.Markets = append(s.cfg.Markets, m)
	s.pairs = append(s.pairs, pair)
	return nil
}

// readLimits hands the limits to the reader of risk.yaml: a scenario can say what that can.
func (s *Scenario) readLimits(f *fields) {
	n := f.node("limits")
	s.limits = "profile: live\n"
	line := f.n.line
	if n != nil {
		s.limits, line = write(n, ""), n.line
	}
	if f.err != nil {
		return
	}
	read, err := riskfile.Read("limits", []byte(s.limits), s.account())
	if err != nil {
		f.fail(&node{file: s.File, line: line}, "%s", err.Error())
		return
	}
	s.cfg.Limits = read.Limits
	s.cfg.Edit = s.edit
}

func (s *Scenario) account() riskfile.Account {
	return riskfile.Account{
		Currency: s.cfg.Catalog.Assets[s.cfg.Currency].Name, Catalog: s.cfg.Catalog, Decimals: data.AssetDecimals,
	}
}

// edit changes a limit as an edit of risk.yaml would. The profile's bounds do not hold
// back somebody with an editor.
func (s *Scenario) edit(l risk.Limits, key, value string) (risk.Limits, error) {
	a := s.account()
	err := riskfile.Edit(&l, key, value, a.Currency, a.Decimals(a.Currency))
	return l, err
}

// write is a node as YAML again.
func write(n *node, indent string) string {
	switch n.is {
	case scalar:
		return n.text + "\n"
	case list:
		var parts []string
		for _, item := range n.items {
			parts = append(parts, strings.TrimSpace(flow(item)))
		}
		return "[" + strings.Join(parts, ", ") + "]\n"
	}
	var b strings.Builder
	for _, e := range n.keys {
		b.WriteString(indent + e.key + ":")
		if e.node.is == table {
			b.WriteString("\n" + write(e.node, indent+"  "))
		} else {
			b.WriteString(" " + write(e.node, indent))
		}
	}
	return b.String()
}

// flow is a node on one line.
func flow(n *node) string {
	switch n.is {
	case table:
		var parts []string
		for _, e := range n.keys {
			parts = append(parts, e.key+": "+flow(e.node))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case list:
		return strings.TrimSpace(write(n, ""))
	}
	return n.text
}

func (s *Scenario) readStrategies(f *fields) {
	var items []*node
	if n := f.node("strategy"); n != nil {
		items = []*node{n}
	}
	items = append(items, f.list("strategies")...)
	if len(items) == 0 {
		f.fail(f.n, "no strategy; write strategy: {name: scripted, signals: [...]}")
		return
	}
	if f.bound(f.n, len(items), mostSlots, "strategies"); f.err != nil {
		return
	}
	for _, n := range items {
		if err := s.readStrategy(n, len(items)); err != nil && f.err == nil {
			f.err = err
		}
	}
}

func (s *Scenario) readStrategy(n *node, of int) error {
	f := n.fields("a strategy")
	name := f.need("name", "scripted")
	slot := world.Slot{Name: f.text("slot"), Mode: f.text("mode"), SharePPM: int64(f.share("share", 1/float64(of), 0.0001, 1) * money.PPM)}
	if slot.Name == "" {
		slot.Name = name
	}
	pairs := f.words("pairs")
	if pairs == nil {
		pairs = s.pairs
	}
	for _, p := range pairs {
		in, ok := s.cfg.Catalog.Find(p)
		if !ok {
			f.fail(f.at("pairs"), "pair %s is not in the market%s", p, nearest(p, s.pairs))
			continue
		}
		slot.Instruments = append(slot.Instruments, in.ID)
	}
	if name == "scripted" {
		signals := s.readSignals(f)
		slot.Make = func(start exchange.Stamp) (strategy.Strategy, error) {
			return &world.Script{Start: start, Signals: signals}, nil
		}
	} else {
		var settings []string
		if set := f.node("set"); set != nil {
			if set.is != table {
				f.fail(set, "set is %s; write the parameters: {fast: 10}", set.is)
			}
			for _, e := range set.keys {
				settings = append(settings, e.key+"="+e.node.text)
			}
		}
		slot.Make = func(exchange.Stamp) (strategy.Strategy, error) {
			made, err := strategy.New(name)
			if err == nil {
				err = strategy.Configure(made, settings...)
			}
			return made, err
		}
		names := []string{"scripted"}
		for _, info := range strategy.List() {
			names = append(names, info.Name)
		}
		if !slices.Contains(names, name) {
			f.fail(f.at("name"), "no strategy %q%s", name, nearest(name, names))
		} else if _, err := slot.Make(0); err != nil {
			f.fail(n, "%s", strings.TrimPrefix(err.Error(), "strategy: "))
		}
	}
	s.cfg.Slots = append(s.cfg.Slots, slot)
	s.slots = append(s.slots, slot.Name)
	return f.done()
}

func (s *Scenario) readSignals(f *fields) (signals []world.Signal) {
	for _, n := range f.list("signals") {
		g := n.fields("a signal")
		sig := world.Signal{
			At: g.span("at", 0), Times: int(g.whole("times", 0, 1, 100_000)), Every: g.span("every", 0), Count: int(g.whole("count", 1, 1, 10_000)), Name: g.text("id"),
			Notional: g.number("notional", 0, 0, 1e12), Qty: g.number("qty", 0, 0, 1e12), Limit: g.yes("limit", false), Offset: g.share("offset", 0, -0.99, 10),
			Price: g.number("price", 0, 0, 1e12), PostOnly: g.yes("post-only", false), Stop: g.share("stop", 0, -0.99, 0), Target: g.share("target", 0, 0, 10),
		}
		do := g.one("do", world.SignalNames())
		if side := g.one("side", []string{"buy", "sell"}); side != "" && do == "" {
			do = side
		}
		sig.Do, _ = world.ParseSignal(do)
		if sig.Do == 0 {
			g.fail(n, "a signal does nothing; write do: with one of %s", strings.Join(world.SignalNames(), ", "))
		}
		if (sig.Do == world.SignalBuy || sig.Do == world.SignalSell) && sig.Notional == 0 && sig.Qty == 0 {
			g.fail(n, "a signal has no size; write notional: 20, or qty: 0.001")
		}
		if on := g.one("on", world.TriggerNames()); on != "" {
			if sig.On, _ = world.ParseTrigger(on); sig.Every != 0 {
				g.fail(g.at("every"), "every goes by the clock, and on: %s does not; leave one out", on)
			}
		}
		if sig.Times > 1 && sig.Every == 0 && sig.On == 0 {
			g.fail(n, "times %d at one instant; write every: 1m, or count: %d", sig.Times, sig.Times)
		}
		g.boundSignal(n, &sig)
		if sig.At >= s.cfg.Duration {
			g.fail(n, "at %s is behind the end of the scenario, which lasts %s", sig.At, s.cfg.Duration)
		}
		if pair := g.text("pair"); pair != "" {
			in, ok := s.cfg.Catalog.Find(pair)
			if ok {
				sig.Instrument = in.ID
			} else {
				g.fail(g.at("pair"), "pair %s is not in the market%s", pair, nearest(pair, s.pairs))
			}
		}
		if err := g.done(); err != nil && f.err == nil {
			f.err = err
		}
		signals = append(signals, sig)
	}
	return signals
}

// readPlan reads the faults, and what the owner does.
func (s *Scenario) readPlan(f *fields) {
	faults := f.list("faults")
	if f.bound(f.at("faults"), len(faults), mostFaults, "faults"); f.err != nil {
		return
	}
	for _, n := range faults {
		if n.is != table {
			f.fail(n, "a fault is %s; write {at: 10m, on: AddOrder, do: drop}", n.is)
			continue
		}
		var parts []chaos.Field
		for _, e := range n.keys {
			parts = append(parts, chaos.Field{Key: e.key, Text: e.node.text, Line: e.line})
		}
		r, err := chaos.ParseRule(n.line, parts)
		if err != nil {
			s.failPlan(f, err)
			continue
		}
		s.cfg.Plan.Rules = append(s.cfg.Plan.Rules, r)
	}
	for i := range s.cfg.Plan.Rules {
		if r := &s.cfg.Plan.Rules[i]; r.Do == chaos.BreakControl && !slices.Contains(controlNames(), r.Value) && f.err == nil {
			f.err = &Error{s.File, r.Line, fmt.Sprintf("control %q is unknown%s", r.Value, nearest(r.Value, controlNames()))}
		}
	}
	var assets []string
	for i := range s.cfg.Catalog.Assets {
		assets = append(assets, s.cfg.Catalog.Assets[i].Name)
	}
	s.boundFaults(f)
	err := s.cfg.Plan.Check()
	if err == nil {
		err = s.cfg.Plan.CheckWithin(chaos.Bounds{Duration: s.cfg.Duration, Pairs: s.pairs, Assets: assets, Slots: len(s.slots)})
	}
	s.failPlan(f, err)
	headlines := 0
	for _, n := range f.list("news") {
		g := n.fields("a headline")
		news := world.News{
			At: g.span("at", 0), Times: int(g.whole("times", 1, 1, 1000)), Every: g.span("every", 0), Text: g.need("text", "Exchange lists FOO"),
			Source: uint16(g.whole("source", 1, 0, 1000)), Age: g.span("age", 0),
		}
		if err := g.done(); err != nil && f.err == nil {
			f.err = err
		}
		headlines += news.Times
		f.bound(n, headlines, mostNews, "headlines")
		s.cfg.News = append(s.cfg.News, news)
	}
	for _, n := range f.list("owner") {
		g := n.fields("an act of the owner")
		act := world.Act{At: g.span("at", 0), Text: g.text("why")}
		act.Do, _ = world.ParseAct(g.one("do", world.ActNames()))
		if act.Do == 0 {
			g.fail(n, "the owner does nothing; write do: with one of %s", strings.Join(world.ActNames(), ", "))
		}
		if err := g.done(); err != nil && f.err == nil {
			f.err = err
		}
		if act.At >= s.cfg.Duration && f.err == nil {
			f.err = n.fail("at %s is behind the end of the scenario, which lasts %s", act.At, s.cfg.Duration)
		}
		s.cfg.Acts = append(s.cfg.Acts, act)
	}
}

// failPlan is a mistake in the plan, with the file's name.
func (s *Scenario) failPlan(f *fields, err error) {
	if bad, ok := err.(*chaos.Error); ok && f.err == nil {
		f.err = &Error{s.File, bad.Line, bad.Text}
	}
}
