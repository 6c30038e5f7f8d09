package cmd

import (
	"slices"
	"strings"

	"breakwater/exchange/money"
)

const slotExample = "--slot name=fast,strategy=sma-cross,pairs=XBT/CAD,share=50%,set.fast=5"

// planManySlots reads every --slot. Slots without a share divide what the others leave.
func (s *settings) planManySlots(p *plan) error {
	var slots []slotPlan
	left, open := int64(money.PPM), int64(0)
	for _, text := range s.slots {
		sp, err := p.parseSlot(text)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(slots, func(o slotPlan) bool { return o.name == sp.name }) {
			return usagef("two slots are named %s; give each a name=", sp.name)
		}
		if left -= sp.sharePPM; sp.sharePPM == 0 {
			open++
		}
		slots = append(slots, sp)
	}
	if left < 0 || left == 0 && open > 0 {
		return usagef("the slots' shares add up to %s and leave nothing; give out at most 100%%", rateText(money.PPM-left))
	}
	for i := range slots {
		if slots[i].sharePPM == 0 {
			slots[i].sharePPM = left / open
		}
		if err := p.addSlot(slots[i]); err != nil {
			return err
		}
	}
	return nil
}

// parseSlot reads name=…,strategy=…,pairs=…+…,share=…,interval=…,mode=…,set.PARAM=….
func (p *plan) parseSlot(text string) (sp slotPlan, err error) {
	for field := range strings.SplitSeq(text, ",") {
		key, value, found := strings.Cut(field, "=")
		if !found || value == "" {
			return sp, usagef("--slot: %q is no KEY=VALUE; for example %s", field, slotExample)
		}
		param, isParam := strings.CutPrefix(key, "set.")
		switch {
		case isParam:
			sp.settings = append(sp.settings, param+"="+value)
		case key == "name":
			sp.name = value
		case key == "strategy":
			sp.strategy = value
		case key == "mode":
			sp.mode = value
		case key == "share":
			if sp.sharePPM, err = parseRate("--slot share", value, money.PPM); err == nil && sp.sharePPM == 0 {
				err = usagef("--slot share=%s gives the strategy nothing; give more than 0", value)
			}
		case key == "interval":
			sp.interval, err = parseInterval("--slot interval", value)
		case key == "pairs":
			err = p.slotPairs(&sp, value)
		default:
			return sp, usagef("--slot: there is no key %q; there are name, strategy, pairs, share, interval, mode and set.PARAM", key)
		}
		if err != nil {
			return sp, err
		}
	}
	if sp.strategy == "" {
		return sp, usagef("--slot %s names no strategy; for example %s", text, slotExample)
	}
	if sp.name == "" {
		sp.name = sp.strategy
	}
	if len(sp.instruments) == 0 {
		for i := range p.catalog.Instruments {
			sp.instruments = append(sp.instruments, p.catalog.Instruments[i].ID)
		}
	}
	return sp, nil
}

func (p *plan) slotPairs(sp *slotPlan, list string) error {
	for pair := range strings.SplitSeq(list, "+") {
		in, ok := p.catalog.Find(pair)
		if !ok {
			return usagef("--slot: there is no data of %s, only of %s; give its file with --data", pair, p.catalog.Symbols())
		}
		if !slices.Contains(sp.instruments, in.ID) {
			sp.instruments = append(sp.instruments, in.ID)
		}
	}
	return nil
}
