package main

import "fmt"

// safety is what the guard and its journal cost.
func (r results) safety() []line {
	order, allocs := r.of("./risk OrderThroughAllControls", "ns/op"), r.of("./risk OrderThroughAllControls", "allocs/op")
	bar, probe := r.of("./risk BarThroughGuard", "ns/op"), r.of("./session KillProbe", "ns/op")
	chain, groups := r.of("./data/journal EncodeAndChain", "records/s"), r.of("./data/journal Groups", "records/s")
	ratio, durable, raw := r.of("./data/journal Durable", "ratio"), r.of("./data/journal Durable", "µs/record"), r.of("./data/journal Durable", "µs/raw")
	recovery := r.of("./data/journal Recovery", "s/recovery")
	return []line{
		{"guard: an order through all controls, 4 pairs, 20 open orders", fmt.Sprintf("at most %d ns, no allocation", orderMostNs),
			fmt.Sprintf("%.0f ns, %.0f allocations", order, allocs), fmt.Sprintf("the KILL probe %.0f ns more", probe),
			order > 0 && order <= orderMostNs && allocs == 0 && probe > 0},
		{"guard: a bar without orders", fmt.Sprintf("at most %d ns", barMostNs), fmt.Sprintf("%.1f ns", bar), "", bar > 0 && bar <= barMostNs},
		{"journal: encode and chain", fmt.Sprintf("at least %.1f million/s", chainLeast/1e6), fmt.Sprintf("%.2f million/s", chain/1e6), "", chain >= chainLeast},
		{"journal: a durable record", fmt.Sprintf("at most %.1fx a raw write and sync", durableRatioMost), fmt.Sprintf("%.2fx: %.0f µs", ratio, durable),
			fmt.Sprintf("%.0f µs", raw), ratio > 0 && ratio <= durableRatioMost},
		{"journal: records in 100 ms groups", fmt.Sprintf("at least %.0f/s", groupsLeast), fmt.Sprintf("%.0f/s", groups), "", groups >= groupsLeast},
		{"journal: recovery of 1,000,000 records", fmt.Sprintf("under %d s", recoveryMostS), fmt.Sprintf("%.2f s", recovery), "", recovery > 0 && recovery < recoveryMostS},
	}
}
