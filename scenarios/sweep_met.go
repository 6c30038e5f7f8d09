package scenarios

import (
	"slices"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
	"breakwater/sim/world"
)

// Dangers are what a sweep must get into now and then: one that never does proves nothing
// about it.
var Dangers = []string{
	"fill", "denial", "order-rejected", "order-cancelled", "order-unknown", "order-absent",
	chaos.FoundOpen, chaos.FoundClosed, chaos.FoundTrades, chaos.GivenUp,
	"crash", "restart", "start-refused", "process-ended", "stop", "fill-while-down", "operator",
	"paused", "reduce-only", "halted", "killed", "pair-halted", "slot-halted", "lift", "re-armed", "act-refused", "new-day",
	"flow", "alert-by-fallback", "settled",
}

// enoughSeeds is how many meet every danger.
const enoughSeeds = 300

// Unmet are the dangers that none of so many seeds has met; none when they are too few to
// tell.
func Unmet(met map[string]int, seeds uint64) (names []string) {
	for _, name := range Dangers {
		if seeds >= enoughSeeds && met[name] == 0 {
			names = append(names, name)
		}
	}
	return names
}

// dangers are those that a run got into.
func dangers(r *world.Result) []string {
	met := map[string]bool{}
	arms := 0
	for i := range r.Entries {
		e := &r.Entries[i]
		switch e.Kind {
		case "trip":
			met[levelMet(e)] = true
		case "arm":
			arms++
		case "day-start":
			met["new-day"] = met["new-day"] || e.At > r.Start
		default:
			met[e.Kind] = true
		}
	}
	for _, name := range chaos.Dangers {
		met[name] = r.Faults.HasMet(name)
	}
	met["restart"], met["re-armed"], met["settled"] = r.Lives > 1, arms > 1, r.Up && r.Status.Level == risk.Active
	for i := range r.Alerts {
		met["alert-by-fallback"] = met["alert-by-fallback"] || r.Alerts[i].Fallback && r.Alerts[i].Heard != exchange.Never
	}
	var names []string
	for _, name := range Dangers {
		if met[name] {
			names = append(names, name)
		}
	}
	return names
}

// levelMet names a trip by how far it goes.
func levelMet(e *world.Entry) string {
	switch {
	case e.Level == risk.Halted && e.Scope == risk.ByPair:
		return "pair-halted"
	case e.Level == risk.Halted && e.Scope == risk.BySlot:
		return "slot-halted"
	}
	return map[risk.Level]string{risk.Paused: "paused", risk.ReduceOnly: "reduce-only", risk.Halted: "halted", risk.Killed: "killed"}[e.Level]
}

func isQuiet(kind string) bool { return slices.Contains(quiet, kind) }
