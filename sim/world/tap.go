package world

import (
	"breakwater/exchange/chaos"
	"breakwater/strategy"
)

// tap puts the plan's faults between a strategy and the engine.
func (w *World) tap(slot int, s strategy.Strategy) strategy.Strategy { return s }

// tapAct is an act of a strategy's fault.
func (w *World) tapAct(r *chaos.Rule) {}
