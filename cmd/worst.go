package cmd

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/reports"
	"breakwater/scenarios"
)

// worstDay is what the run's limits let anybody lose on a day: computed, and measured when asked.
func (a *app) worstDay(s *settings, p *plan) (*reports.WorstDay, error) {
	coins := map[exchange.AssetID]bool{}
	for _, slot := range p.slots {
		for _, id := range slot.instruments {
			coins[p.catalog.Instruments[id].Base] = true
		}
	}
	w := &reports.WorstDay{Equity: p.cash, FallPPM: scenarios.WorstFallPPM, Coins: len(coins)}
	w.Bound = scenarios.DayBound(&p.limits, p.cash, len(coins), scenarios.WorstFallPPM, p.feePPM)
	if !s.blastRadius {
		return w, nil
	}
	asset := p.catalog.Assets[p.currency]
	tell, done := a.progress(s, "adversaries")
	b, err := scenarios.BlastRadius(p.limits, asset.Name, money.Format(int64(p.cash), asset.Decimals), nil, tell)
	done()
	if err != nil {
		return nil, fmt.Errorf("--blast-radius: %w", err)
	}
	worst := &b.Rows[0]
	w.Measured, w.Loss, w.Adversary, w.Day, w.Runs = true, worst.Amount(), worst.Adversary, worst.Day, b.Runs
	return w, nil
}
