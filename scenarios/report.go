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

type pageLine struct{ At, Kind, Text string }

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
	for i := range s.cfg.Plan.Rules {
		f := pageFault{Name: s.cfg.Plan.Called(i), Doc: s.cfg.Plan.Rules[i].Do.Doc(), Fired: o.Run.Faults.Fired(i), First: "never"}
		if at := o.Run.Faults.FirstFired(i); at != exchange.Never {
			f.First = clockText(at.Sub(o.Run.Start))
		}
		p.Faults = append(p.Faults, f)
	}
	return p
}

func (o *Outcome) runOnPage(ablated bool) pageRun {
	r := o.Run
	if ablated {
		r = o.Ablated
	}
	currency := o.Scenario.cfg.Catalog.Assets[o.Scenario.cfg.Currency]
	p := pageRun{Loss: money.Format(int64(r.Loss()), currency.Decimals) + " " + currency.Name, Calls: r.Calls["AddOrder"]}
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.At < r.Start || slices.Contains(quiet, e.Kind) {
			continue
		}
		if len(p.Lines) == mostLines {
			p.More++
			continue
		}
		p.Lines = append(p.Lines, pageLine{e.At.Sub(r.Start).String(), e.Kind, o.Scenario.entryText(e)})
	}
	return p
}
