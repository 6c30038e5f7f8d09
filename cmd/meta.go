package cmd

import (
	"fmt"
	"path/filepath"
	"strings"

	"breakwater/data"
	"breakwater/reports"
	"breakwater/risk/riskfile"
	"breakwater/sim"
	"breakwater/strategy"
)

// meta says for the reports how the run was made.
func (p *plan) meta(s *settings, files []reports.DataFile) reports.Meta {
	b := buildInfo()
	m := reports.Meta{
		Data: files, Profile: p.limits.Profile, Limits: p.limitTexts(), Assumptions: p.assumptions(s),
		FillModel: p.modelText(), FeeSchedule: p.feeText(s), Rules: p.rulesText(s), Seed: p.seed,
		Version: b.Version, Revision: b.revisionText(), Go: b.Go, Platform: b.Platform,
	}
	for i := range files {
		m.Synthetic = m.Synthetic || files[i].Synthetic
	}
	for i := range p.slots {
		m.Slots = append(m.Slots, p.slotMeta(&p.slots[i]))
	}
	m.Strategy, m.Parameters, m.Title = m.Slots[0].Strategy, m.Slots[0].Parameters, titleOf(m.Slots[0].Strategy)
	if len(m.Slots) == 1 {
		m.Slots = nil
	}
	return m
}

func (p *plan) slotMeta(sp *slotPlan) reports.Slot {
	slot := reports.Slot{Name: sp.name, Strategy: sp.strategy, Parameters: []reports.Parameter{}}
	made, err := sp.make()
	if err != nil {
		panic("BUG: a slot that was made cannot be made again: " + err.Error())
	}
	for _, v := range strategy.Values(made) {
		slot.Parameters = append(slot.Parameters, reports.Parameter{Name: v.Name, Value: v.Value})
	}
	for _, id := range sp.instruments {
		slot.Instruments = append(slot.Instruments, p.catalog.Instruments[id].Symbol)
	}
	return slot
}

func titleOf(name string) string {
	for _, s := range strategy.List() {
		if s.Name == name {
			return s.Doc
		}
	}
	return ""
}

func (p *plan) modelText() string {
	if p.model == sim.IdealModel() {
		return "ideal: whole at the next opening, no spread, slippage, latency or cap"
	}
	cap := "no cap on volume"
	if p.model.VolumeCapPPM > 0 {
		cap = "at most " + rateText(p.model.VolumeCapPPM) + " of a bar's volume"
	}
	return fmt.Sprintf("from the next bar on; spread %s, slippage %s, latency %v, %s",
		rateText(p.model.SpreadPPM), rateText(p.model.SlippagePPM), p.model.Latency, cap)
}

func (p *plan) feeText(s *settings) string {
	if s.fee == "kraken" {
		return "Kraken's schedule at each trade's date, by the account's 30-day volume"
	}
	maker, taker, both := strings.Cut(s.fee, ",")
	if !both {
		return "fixed: " + maker
	}
	return "fixed: maker " + maker + ", taker " + taker
}

func (p *plan) rulesText(s *settings) string {
	known := 0
	for i := range p.catalog.Instruments {
		if p.catalog.Instruments[i].RulesKnown {
			known++
		}
	}
	switch {
	case s.rulesFrom != "":
		return s.rulesFrom
	case known == 0 && s.rules != "":
		return filepath.Base(s.rules) + " lacks the pair; no minimum is assumed"
	case known == 0:
		return fmt.Sprintf("unknown: %d decimals for prices, %d for sizes and no minimum are assumed (--asset-pairs gives the real ones)", s.priceDecimals, s.lotDecimals)
	case s.rules == "":
		return "as given by flags"
	case known < len(p.catalog.Instruments):
		return filepath.Base(s.rules) + "; for pairs that it lacks no minimum is assumed"
	}
	return filepath.Base(s.rules) + "; prices of the data may be finer than its ticks"
}

// assumptions are the choices that shape the result, each with its reason.
func (p *plan) assumptions(s *settings) []reports.Assumption {
	list := []reports.Assumption{
		{Name: "first fill", Value: "the next bar's opening", Why: "a decision at a bar's close cannot trade at that close"},
		{Name: "limit orders", Value: "fill when the price trades through them", Why: "at the limit itself others stand in the queue first"},
	}
	if p.model == sim.IdealModel() {
		list = append(list, reports.Assumption{Name: "ideal fills", Value: "no spread, slippage, latency or cap", Why: "asked for, to reproduce other engines; real fills are worse"})
	} else {
		list = append(list,
			reports.Assumption{Name: "spread", Value: rateText(p.model.SpreadPPM), Why: "a taker pays half of it; bars do not show it"},
			reports.Assumption{Name: "slippage", Value: rateText(p.model.SlippagePPM), Why: "a taker walks the book a little"},
			reports.Assumption{Name: "latency", Value: p.model.Latency.String(), Why: "from the decision to the venue; the price drifts meanwhile"},
		)
		if p.model.VolumeCapPPM > 0 {
			list = append(list, reports.Assumption{Name: "volume cap", Value: rateText(p.model.VolumeCapPPM) + " of each bar", Why: "who takes more moves the price"})
		}
	}
	list = append(list, reports.Assumption{Name: "fees", Value: p.feeText(s), Why: "on every fill, in the quote currency"})
	if p.empty == data.Flat {
		list = append(list, reports.Assumption{Name: "empty intervals", Value: "flat bars at the last price", Why: "asked for, as Kraken's live feeds have them"})
	} else {
		list = append(list, reports.Assumption{Name: "empty intervals", Value: "skipped", Why: "Kraken's files have no row where nothing traded; nothing is made up"})
	}
	if p.armed {
		list = append(list, reports.Assumption{Name: "arming", Value: "armed by the backtest", Why: "live, profile " + p.limits.Profile + " trades only after the ceremony, for the time of its lease"})
	}
	if p.zone != nil {
		list = append(list, reports.Assumption{Name: "trading day", Value: p.zone.String(), Why: "asked for; losses of a day are counted by it"})
	}
	if p.closeAtEnd {
		list = append(list, reports.Assumption{Name: "end", Value: "everything sold at the last price", Why: "asked for"})
	}
	return append(list, reports.Assumption{Name: "market", Value: "spot, own money only", Why: "no shorts, no margin"})
}

// limitTexts are the guard's limits that bind, with their units.
func (p *plan) limitTexts() (out []reports.Parameter) {
	asset := &p.catalog.Assets[p.currency]
	for _, r := range riskfile.Rows(&p.limits, asset.Name, asset.Decimals, "") {
		if !r.Binds() {
			continue
		}
		if r.Unit == asset.Name {
			r.Value += " " + asset.Name
		}
		out = append(out, reports.Parameter{Name: strings.TrimSpace(r.Control + " " + r.Parameter), Value: r.Value})
	}
	return append(out, reports.Parameter{Name: "rearm", Value: p.rearm.String()})
}
