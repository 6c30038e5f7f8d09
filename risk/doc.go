// Package risk is the guard: the only door between a strategy and an exchange.
//
// It promises that no order reaches the exchange unless a pure decision over recorded
// facts approved it and the approval is recorded first; that a control which cannot
// evaluate denies; that cancels are never denied; and that nothing in it can be switched
// off: zero limits refuse everything. It never reads a clock, starts a goroutine or does
// I/O of its own: records go to a Recorder, the kill switch is asked through KillSwitch.
package risk
