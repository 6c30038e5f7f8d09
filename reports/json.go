package reports

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Schema is the version of the JSON that WriteJSON and WriteManifest write. A name that
// disappears or changes its meaning raises it; new names do not.
const Schema = 1

// jsonFigure is a statistic: value is null where there is none, and reason says why.
type jsonFigure struct {
	Value  *float64 `json:"value"`
	Reason string   `json:"reason,omitempty"`
	Low    *float64 `json:"low_95,omitempty"`
	High   *float64 `json:"high_95,omitempty"`
}

func (f Figure) MarshalJSON() ([]byte, error) {
	var out jsonFigure
	switch {
	case !f.Has():
		out.Reason = f.NA
	case math.IsInf(f.Value, 0) || math.IsNaN(f.Value):
		out.Reason = "not a finite number"
	default:
		out.Value = &f.Value
	}
	if f.Interval && out.Value != nil {
		out.Low, out.High = &f.Low, &f.High
	}
	return json.Marshal(out)
}

// Summary is what `--json` prints: statistics as numbers (ratios, not percent), exact
// amounts as strings, times in RFC 3339.
type Summary struct {
	Schema     int              `json:"schema"`
	Strategy   string           `json:"strategy"`
	Parameters []Parameter      `json:"parameters"`
	Slots      []Slot           `json:"slots,omitempty"`
	Profile    string           `json:"profile"`
	Synthetic  bool             `json:"synthetic"`
	Data       []jsonData       `json:"data"`
	Begin      string           `json:"begin"`
	End        string           `json:"end"`
	Bars       int64            `json:"bars"`
	Currency   string           `json:"currency"`
	Cash       string           `json:"cash"`
	Equity     string           `json:"equity"`
	PnL        string           `json:"pnl"`
	Exposed    string           `json:"exposed"`
	Figures    jsonFigures      `json:"figures"`
	Drawdown   *jsonDrawdown    `json:"max_drawdown"`
	Longest    *jsonDrawdown    `json:"longest_drawdown"`
	Trades     jsonTrades       `json:"trades"`
	ByPair     []jsonSubtotal   `json:"instruments"`
	BySlot     []jsonSlot       `json:"slot_totals,omitempty"`
	Orders     jsonOrders       `json:"orders"`
	Guard      jsonGuard        `json:"guard"`
	Worst      *jsonWorstDay    `json:"worst_day,omitempty"`
	Strictness []jsonStrictness `json:"strictness,omitempty"`
	NotStrict  string           `json:"strictness_note,omitempty"` // why there is none
	Notes      []jsonNote       `json:"notes,omitempty"`
	Gaps       jsonGaps         `json:"gaps"`
	Digest     string           `json:"digest"`
	ElapsedS   float64          `json:"elapsed_s"`
}

type jsonData struct {
	Name       string   `json:"name"`
	SHA256     string   `json:"sha256"`
	Format     string   `json:"format"`
	Instrument string   `json:"instrument"`
	IntervalS  float64  `json:"interval_s"`
	Rows       int64    `json:"rows"`
	First      string   `json:"first"`
	Last       string   `json:"last"`
	Gaps       jsonGaps `json:"gaps"`
	Empty      string   `json:"empty,omitempty"`
	Synthetic  bool     `json:"synthetic"`
}

type jsonGaps struct {
	Places   int64   `json:"places"`
	Missing  int64   `json:"missing"`
	LongestS float64 `json:"longest_s"`
}

type jsonFigures struct {
	Return       Figure  `json:"return"`
	HoldReturn   Figure  `json:"buy_and_hold_return"`
	CAGR         Figure  `json:"cagr"`
	Volatility   Figure  `json:"volatility"`
	Sharpe       Figure  `json:"sharpe"`
	Sortino      Figure  `json:"sortino"`
	Calmar       Figure  `json:"calmar"`
	MaxDrawdown  Figure  `json:"max_drawdown"`
	HoldSharpe   Figure  `json:"buy_and_hold_sharpe"`
	HoldMaxDD    Figure  `json:"buy_and_hold_max_drawdown"`
	WinRate      Figure  `json:"win_rate"`
	ProfitFactor Figure  `json:"profit_factor"`
	Expectancy   Figure  `json:"expectancy"`
	AverageTrip  Figure  `json:"average_round_trip_return"`
	BestTrip     Figure  `json:"best_round_trip_return"`
	WorstTrip    Figure  `json:"worst_round_trip_return"`
	AverageDays  Figure  `json:"average_held_days"`
	SQN          Figure  `json:"sqn"`
	Kelly        Figure  `json:"kelly"`
	Alpha        Figure  `json:"alpha"`
	Beta         Figure  `json:"beta"`
	Turnover     Figure  `json:"turnover"`
	Exposure     float64 `json:"exposure"`
	MeanExposure float64 `json:"mean_exposure"`
	DailyReturns int     `json:"daily_returns"`
	YearDays     int     `json:"year_days"`
}

type jsonDrawdown struct {
	Ratio     float64 `json:"ratio"`
	Peak      string  `json:"peak"`
	Trough    string  `json:"trough"`
	Recovered *string `json:"recovered"` // null: not by the end
	LengthS   float64 `json:"length_s"`
}

type jsonTrades struct {
	RoundTrips  int64  `json:"round_trips"`
	Open        int    `json:"open"`
	OpenNet     string `json:"open_net"`
	Won         int64  `json:"won"`
	Lost        int64  `json:"lost"`
	NetWon      string `json:"net_won"`
	NetLost     string `json:"net_lost"`
	Fills       int64  `json:"fills"`
	Makers      int64  `json:"maker_fills"`
	Volume      string `json:"volume"`
	Fees        string `json:"fees"`
	Shortfall   string `json:"shortfall"`
	Unconverted int64  `json:"unconverted_amounts"`
}

type jsonSubtotal struct {
	Instrument string `json:"instrument"`
	Currency   string `json:"currency"`
	RoundTrips int64  `json:"round_trips"`
	Fills      int64  `json:"fills"`
	Volume     string `json:"volume"`
	Fees       string `json:"fees"`
	PnL        string `json:"pnl"`
}

type jsonSlot struct {
	Slot       string `json:"slot"`
	RoundTrips int64  `json:"round_trips"`
	Fills      int64  `json:"fills"`
	Fees       string `json:"fees"`
	PnL        string `json:"pnl"`
}

type jsonOrders struct {
	Approved  int64            `json:"approved"`
	Amended   int64            `json:"amended"`
	Cancelled int64            `json:"cancelled"`
	Expired   int64            `json:"expired"`
	Rejected  int64            `json:"rejected"`
	Reasons   map[string]int64 `json:"rejections"`
}

type jsonGuard struct {
	Denied   int64         `json:"denied"`
	Denials  []jsonDenials `json:"denials"`
	Worst    string        `json:"worst_level"`
	Last     string        `json:"last_level"`
	Changes  int64         `json:"level_changes"`
	Stops    []jsonStop    `json:"stops"`
	Timeline []jsonLevel   `json:"levels"`
}

type jsonDenials struct {
	Control string `json:"control"`
	Count   int64  `json:"count"`
	First   string `json:"first"`
	Last    string `json:"last"`
	Example string `json:"example"`
	Reason  string `json:"reason"`
}

type jsonLevel struct {
	Time    string `json:"time"`
	From    string `json:"from"`
	To      string `json:"to"`
	Lift    bool   `json:"lift"`
	Scope   string `json:"scope"`
	Of      string `json:"of,omitempty"`
	Control string `json:"control"`
	Cause   string `json:"cause"`
	Equity  string `json:"equity"`
}

type jsonNote struct {
	Time  string `json:"time"`
	Text  string `json:"text"`
	Count int64  `json:"count"`
}

// Summary is the run for programs.
func (r *Run) Summary() *Summary {
	m := &r.Meta
	money := r.exact(r.Currency)
	s := &Summary{
		Schema: Schema, Strategy: m.Strategy, Parameters: orEmpty(m.Parameters), Slots: m.Slots, Profile: m.Profile, Synthetic: m.Synthetic,
		Data: r.jsonData(), Begin: r.Begin.String(), End: r.End.String(), Bars: r.Bars,
		Currency: r.Catalog.Assets[r.Currency].Name, Cash: money(r.Cash), Equity: money(r.Equity), PnL: money(r.Equity - r.Cash), Exposed: money(r.Exposed),
		Figures: r.jsonFigures(), Drawdown: jsonDrawdownOf(&r.Deepest), Longest: jsonDrawdownOf(&r.Longest),
		Trades: jsonTrades{
			RoundTrips: r.Total.Trips, Open: r.OpenTrips, OpenNet: money(r.OpenNet), Won: r.Won.Count, Lost: r.Lost.Count, NetWon: money(r.Won.Net), NetLost: money(r.Lost.Net), Fills: r.Total.Fills, Makers: r.Total.Makers,
			Volume: money(r.Total.Volume), Fees: money(r.Total.Fees), Shortfall: money(r.Total.Shortfall), Unconverted: r.Unconverted,
		},
		Guard: r.jsonGuard(), Worst: r.jsonWorst(), Strictness: m.jsonStrictness(), NotStrict: m.StrictnessNote, Gaps: jsonGapsOf(m.gaps()), Digest: m.Digest, ElapsedS: m.Elapsed.Seconds(),
	}
	s.Orders = jsonOrders{
		Approved: r.Orders.Approved, Amended: r.Orders.Amended, Cancelled: r.Orders.Cancelled, Expired: r.Orders.Expired,
		Rejected: r.Orders.Rejected, Reasons: map[string]int64{},
	}
	for _, c := range r.Orders.RejectedBy {
		s.Orders.Reasons[c.Code.String()] = c.Count
	}
	s.ByPair = make([]jsonSubtotal, 0, len(r.Instruments))
	for i := range r.Instruments {
		t := &r.Instruments[i]
		in := &r.Catalog.Instruments[t.Instrument]
		quote := r.exact(in.Quote)
		s.ByPair = append(s.ByPair, jsonSubtotal{
			Instrument: in.Symbol, Currency: r.Catalog.Assets[in.Quote].Name, RoundTrips: t.Trips, Fills: t.Fills,
			Volume: quote(t.Volume), Fees: quote(t.Fees), PnL: quote(t.PnL),
		})
	}
	for i := range r.Slots {
		t := &r.Slots[i]
		s.BySlot = append(s.BySlot, jsonSlot{r.slotName(t.Slot), t.Trips, t.Fills, money(t.Fees), money(t.Net)})
	}
	for _, n := range r.Notes {
		s.Notes = append(s.Notes, jsonNote{n.Time.String(), n.Text, n.Count})
	}
	return s
}

// exact formats amounts of an asset with all their decimals.
func (r *Run) exact(a exchange.AssetID) func(money.Amount) string {
	decimals := r.Catalog.Assets[a].Decimals
	return func(v money.Amount) string { return money.Format(int64(v), decimals) }
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func (r *Run) jsonFigures() jsonFigures {
	f := &r.Figures
	return jsonFigures{
		Return: f.Return, HoldReturn: f.HoldReturn, CAGR: f.CAGR, Volatility: f.Volatility, Sharpe: f.Sharpe, Sortino: f.Sortino,
		Calmar: f.Calmar, MaxDrawdown: f.MaxDrawdown, HoldSharpe: f.HoldSharpe, HoldMaxDD: f.HoldMaxDD, WinRate: f.WinRate,
		ProfitFactor: f.ProfitFactor, Expectancy: f.Expectancy, AverageTrip: f.AverageTrip,
		BestTrip: f.BestTrip, WorstTrip: f.WorstTrip, AverageDays: f.AverageDays, SQN: f.SQN, Kelly: f.Kelly, Alpha: f.Alpha, Beta: f.Beta, Turnover: f.Turnover,
		Exposure: r.exposure(), MeanExposure: r.MeanExposure, DailyReturns: f.Returns, YearDays: r.YearDays,
	}
}

func (r *Run) jsonData() []jsonData {
	out := make([]jsonData, 0, len(r.Meta.Data))
	for i := range r.Meta.Data {
		f := &r.Meta.Data[i]
		out = append(out, jsonData{
			Name: f.Name, SHA256: f.SHA256, Format: f.Format, Instrument: f.Instrument, IntervalS: f.Interval.Seconds(), Rows: f.Rows,
			First: f.First.String(), Last: f.Last.String(), Gaps: jsonGapsOf(f.Gaps), Empty: f.Empty, Synthetic: f.Synthetic,
		})
	}
	return out
}

func jsonGapsOf(g Gaps) jsonGaps { return jsonGaps{g.Places, g.Missing, g.Longest.Seconds()} }

func jsonDrawdownOf(d *Drawdown) *jsonDrawdown {
	if d.Ratio == 0 {
		return nil
	}
	out := &jsonDrawdown{Ratio: d.Ratio, Peak: d.Peak.Time.String(), Trough: d.Trough.Time.String(), LengthS: d.Length().Seconds()}
	if d.Recovered != 0 {
		t := d.Recovered.String()
		out.Recovered = &t
	}
	return out
}

func (r *Run) jsonGuard() jsonGuard {
	g := &r.Guard
	out := jsonGuard{Denied: g.Denied, Denials: []jsonDenials{}, Worst: g.Worst.String(), Last: g.Last.String(), Changes: g.LevelChanges, Stops: g.jsonStops(), Timeline: []jsonLevel{}}
	for i := range g.Denials {
		d := &g.Denials[i]
		out.Denials = append(out.Denials, jsonDenials{d.Control.String(), d.Count, d.First.String(), d.Last.String(), d.Example, reasonText(&d.Reason)})
	}
	money := r.exact(r.Currency)
	for i := range g.Levels {
		l := &g.Levels[i]
		out.Timeline = append(out.Timeline, jsonLevel{
			l.Time.String(), l.From.String(), l.To.String(), l.Lift, l.Scope.String(), r.levelOf(l), l.Control.String(), l.Cause, money(l.Equity),
		})
	}
	return out
}

// WriteJSON writes the summary for programs.
func (r *Run) WriteJSON(w io.Writer) error { return writeJSON(w, r.Summary()) }

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Manifest is what manifest.json holds: everything that is needed to know what was run and
// to run it again.
type Manifest struct {
	Schema      int          `json:"schema"`
	Version     string       `json:"version"`
	Revision    string       `json:"revision"`
	Go          string       `json:"go"`
	Platform    string       `json:"platform"`
	Command     string       `json:"command"`
	Made        string       `json:"made,omitempty"`
	Seed        uint64       `json:"seed"`
	Digest      string       `json:"digest"`
	Strategy    string       `json:"strategy"`
	Parameters  []Parameter  `json:"parameters"`
	Slots       []Slot       `json:"slots,omitempty"`
	Synthetic   bool         `json:"synthetic"`
	Data        []jsonData   `json:"data"`
	Instruments []jsonRules  `json:"instruments"`
	Currency    string       `json:"currency"`
	Cash        string       `json:"cash"`
	Profile     string       `json:"profile"`
	Limits      []Parameter  `json:"limits"`
	Guard       string       `json:"guard"`
	Facts       []string     `json:"facts"`
	Fills       string       `json:"fill_model"`
	Fees        string       `json:"fee_schedule"`
	Assumptions []Assumption `json:"assumptions"`
	ElapsedS    float64      `json:"elapsed_s"`
}

type jsonRules struct {
	Symbol        string `json:"symbol"`
	PriceDecimals uint8  `json:"price_decimals"`
	LotDecimals   uint8  `json:"lot_decimals"`
	Tick          string `json:"tick"`
	OrderMin      string `json:"order_min"`
	CostMin       string `json:"cost_min"`
	Known         bool   `json:"rules_known"`
}

// WriteManifest writes manifest.json.
func WriteManifest(w io.Writer, r *Run) error {
	m := &r.Meta
	out := Manifest{
		Schema: Schema, Version: m.Version, Revision: m.Revision, Go: m.Go, Platform: m.Platform, Command: m.Command, Seed: m.Seed, Digest: m.Digest,
		Strategy: m.Strategy, Parameters: orEmpty(m.Parameters), Slots: m.Slots, Synthetic: m.Synthetic, Data: r.jsonData(), Instruments: []jsonRules{},
		Currency: r.Catalog.Assets[r.Currency].Name, Cash: r.exact(r.Currency)(r.Cash), Profile: m.Profile, Limits: orEmpty(m.Limits),
		Guard: r.Guard.Text, Facts: r.Guard.Facts.Names(), Fills: m.FillModel, Fees: m.FeeSchedule, Assumptions: orEmpty(m.Assumptions),
		ElapsedS: m.Elapsed.Seconds(),
	}
	if !m.Made.IsZero() {
		out.Made = m.Made.UTC().Format(time.RFC3339)
	}
	for i := range r.Catalog.Instruments {
		in := &r.Catalog.Instruments[i]
		out.Instruments = append(out.Instruments, jsonRules{
			Symbol: in.Symbol, PriceDecimals: in.PriceDecimals, LotDecimals: in.LotDecimals,
			Tick: money.Format(int64(in.Tick), in.PriceDecimals), OrderMin: money.Format(int64(in.OrderMin), in.LotDecimals),
			CostMin: r.exact(in.Quote)(in.CostMin), Known: in.RulesKnown,
		})
	}
	return writeJSON(w, out)
}
