package scenarios

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim/world"
)

//go:embed report.html
var pageText string

var reportPage = template.Must(template.New("report").Parse(pageText))

// mostLines bounds what is listed of a run.
const mostLines = 80

type pageData struct {
	Scenarios     []pageScenario
	Matrix        []pageRow
	Red, Unproven int
	Took          string
	Program       string
	All           bool
}

type pageRow struct {
	Control, Rule string
	Event         bool
	Proven, Red   []string
}

type pageScenario struct {
	Name, Doc, Source, Incident string
	Control, Broke, Alone       string
	Green                       bool
	Why                         []string
	Picture                     template.HTML
	Faults                      []pageFault
	With, Without               pageRun
	Ablated                     bool
	Digest                      string
}

type pageFault struct {
	Name, Doc, First string
	Fired            int
}

type pageRun struct {
	Loss  string
	Calls int
	Lines []pageLine
	More  int
}

// pageLine is a line of the log; Also counts those that are like it.
type pageLine struct{ At, Kind, Text, Also string }

// WriteHTML writes the outcomes as one page without any reference to the network: with all
// the matrix of controls, then each scenario with its timeline. program is named in its foot.
func WriteHTML(out io.Writer, outcomes []*Outcome, all bool, program string) error {
	d := pageData{Program: program, All: all}
	var took time.Duration
	for _, o := range outcomes {
		took += o.Took
		if !o.Green() {
			d.Red++
		}
		d.Scenarios = append(d.Scenarios, o.onPage())
	}
	d.Took = fmt.Sprintf("%.1f s", took.Seconds())
	m := MatrixOf(outcomes)
	for _, r := range m.rows {
		if !all && len(r.proven)+len(r.red) == 0 {
			continue
		}
		d.Matrix = append(d.Matrix, pageRow{Control: r.control.String(), Rule: risk.Declarations[r.control].Rule, Event: r.event, Proven: r.proven, Red: r.red})
	}
	d.Unproven = len(m.Unproven())
	if err := reportPage.Execute(out, d); err != nil {
		return fmt.Errorf("scenarios: the report: %w", err)
	}
	return nil
}

func (o *Outcome) onPage() pageScenario {
	s := o.Scenario
	p := pageScenario{
		Name: s.Name, Doc: s.Doc, Source: s.Source, Incident: s.Incident, Green: o.Green(), Why: o.Why(), Picture: o.picture(), With: o.runOnPage(false), Digest: o.Run.Digest,
	}
	if o.Ablated != nil {
		p.Control, p.Broke, p.Ablated, p.Without = s.Control.String(), o.Broke, true, o.runOnPage(true)
	} else {
		p.Alone = s.Alone
	}
	for _, places := range s.faultLanes() {
		if len(places) > mostAlike {
			f := o.faultOnPage(places)
			f.Name += " to " + s.cfg.Plan.Called(places[len(places)-1])
			p.Faults = append(p.Faults, f)
			continue
		}
		for _, place := range places {
			p.Faults = append(p.Faults, o.faultOnPage([]int{place}))
		}
	}
	return p
}

// mostAlike is how many faults that do the same are listed one by one.
const mostAlike = 6

// faultOnPage is what the faults of some places have done, by the first one's name.
func (o *Outcome) faultOnPage(places []int) pageFault {
	plan := &o.Scenario.cfg.Plan
	f := pageFault{Name: plan.Called(places[0]), Doc: plan.Rules[places[0]].Do.Doc(), First: "never"}
	first := exchange.Never
	for _, place := range places {
		f.Fired += o.Run.Faults.Fired(place)
		first = min(first, o.Run.Faults.FirstFired(place))
	}
	if first != exchange.Never {
		f.First = clockText(first.Sub(o.Run.Start))
	}
	return f
}

func (o *Outcome) runOnPage(ablated bool) pageRun {
	r := o.Run
	if ablated {
		r = o.Ablated
	}
	currency := o.Scenario.cfg.Catalog.Assets[o.Scenario.cfg.Currency]
	p := pageRun{Loss: money.Format(int64(r.Loss()), currency.Decimals) + " " + currency.Name, Calls: r.Calls["AddOrder"]}
	var last *world.Entry // the denial that the line before began with
	alike := 0
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.At < r.Start || slices.Contains(quiet, e.Kind) {
			continue
		}
		if last != nil && sameDenial(e, last) && len(p.Lines) > 0 {
			alike++
			p.Lines[len(p.Lines)-1].Also = fmt.Sprintf(" and %d like it until %s", alike, timeText(e.At.Sub(r.Start)))
			continue
		}
		if last, alike = nil, 0; len(p.Lines) == mostLines {
			p.More++
			continue
		}
		if e.Kind == "denial" {
			last = e
		}
		p.Lines = append(p.Lines, pageLine{At: timeText(e.At.Sub(r.Start)), Kind: e.Kind, Text: o.Scenario.entryText(e)})
	}
	return p
}

// sameDenial reports whether an order was denied for what another was denied for.
func sameDenial(a, b *world.Entry) bool {
	return a.Kind == b.Kind && a.Slot == b.Slot && a.Instrument == b.Instrument && a.Side == b.Side && slices.Equal(a.Reasons, b.Reasons)
}
