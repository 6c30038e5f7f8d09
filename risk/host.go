package risk

import (
	"fmt"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// hostState is arming, the ramp and the program's own surroundings.
type hostState struct {
	due       exchange.Stamp
	starts    window
	armed     bool
	lease     exchange.Stamp
	cycle     bool // a dry cycle is still to pass
	challenge string
	asked     exchange.Stamp
	limits    string // as they were when it was armed
	ramp      int
	days      int64        // armed days on this step
	net       money.Amount // result of finished trades on this step
	key       bool         // the last key check passed
	keyAt     exchange.Stamp
	checks    [controls]checkState
}

// checkState is what a check of the surroundings last said.
type checkState uint8

const (
	unchecked checkState = iota
	passed
	broken
)

// hostChecks are the controls that the program checks by itself and reports as events.
var hostChecks = [...]Control{EnvironmentMatch, SecretsHygiene, SingleInstance, BuildIdentity}

func (h *hostState) init(l *Limits) {
	h.due, h.lease, h.asked, h.keyAt = exchange.Never, longAgo, longAgo, longAgo
	h.starts = newWindow(l.CrashStarts, int64(10*time.Minute))
}

// rampStep is the step in force; ok is false without a ramp.
func (h *hostState) rampStep(l *Limits) (Step, bool) {
	if len(l.Ramp) == 0 {
		return Step{}, false
	}
	return l.Ramp[min(max(h.ramp, 0), len(l.Ramp)-1)], true
}

// checkLease is armed-lease: a session that needs arming is armed and its lease runs.
func (s *state) checkLease(d *decision, v *Verdict) {
	if !s.limits.NeedsArming || !d.opens {
		return
	}
	switch {
	case !s.host.armed:
		v.deny(ArmedLease, "not armed; run breakwater arm request")
	case s.now > s.host.lease:
		v.deny(ArmedLease, "the lease has ended; run breakwater arm request")
	}
}

// checkKey denies while a declared key was not looked at of late.
func (s *state) checkKey(d *decision, v *Verdict) {
	if KeyPolicy.Applicable(s.facts) && d.opens && (!s.host.key || s.now.Sub(s.host.keyAt) > keyMaxAge) {
		v.deny(KeyPolicy, "the key was not checked of late")
	}
}

// checkHost denies while a declared check of the surroundings was never made.
func (s *state) checkHost(d *decision, v *Verdict) {
	if s.facts&exchange.FactHost == 0 || !d.opens {
		return
	}
	for _, c := range hostChecks {
		if s.host.checks[c] == unchecked && c != s.without {
			v.deny(c, "not checked yet")
		}
	}
}

// onCheck takes the outcome of a check of the surroundings.
func (g *Guard) onCheck(ev *exchange.Event) {
	check := ev.Detail.Check
	c, ok := ParseControl(check.Control)
	if !ok {
		g.Halt("a check of an unknown control: " + check.Control)
		return
	}
	if c == JournalHealth && !check.OK {
		g.trip(latch{control: JournalHealth, level: Halted, cause: check.Text})
		return
	}
	if check.OK {
		g.s.host.checks[c] = passed
		if l := g.s.holds(c, Global, exchange.None, noSlot); l != nil && (c == SecretsHygiene || c == BuildIdentity) {
			fixed := *l
			g.lift(&fixed, "the check passes")
		}
		return
	}
	g.s.host.checks[c] = broken
	g.trip(latch{control: c, level: Halted, cause: check.Text})
}

// What a trading key must and may have (Kraken REST docs, GetApiKeyInfo).
var (
	neededPermissions    = []string{"query-funds", "query-open-trades", "query-closed-trades", "modify-trades"}
	allowedPermissions   = []string{"close-trades", "create-ws-token", "query-ledger"}
	forbiddenPermissions = []string{"withdraw-funds", "add-withdraw-address", "update-withdraw-address", "add-funds", "earn-funds", "export-data"}
)

// keyFault is key-policy: what is wrong with a key, empty when nothing is.
func keyFault(k *exchange.KeyInfo, now exchange.Stamp) string {
	for _, p := range k.Permissions {
		switch {
		case slices.Contains(forbiddenPermissions, p):
			return fmt.Sprintf("the key may %s; make one that cannot", p)
		case !slices.Contains(neededPermissions, p) && !slices.Contains(allowedPermissions, p):
			return fmt.Sprintf("the key has a permission that is not known here: %q", p)
		}
	}
	for _, p := range neededPermissions {
		if !slices.Contains(k.Permissions, p) {
			return fmt.Sprintf("the key lacks %s", p)
		}
	}
	switch {
	case len(k.AllowedIPs) == 0:
		return "the key has no list of allowed addresses; set one at the venue"
	case k.ValidUntil <= now:
		return "the key has ended"
	case k.Nonce > k.Sent:
		return "the venue has seen a nonce that we did not send: somebody else uses the key; revoke it now"
	}
	return ""
}

func (g *Guard) onKey(ev *exchange.Event) {
	s := g.s
	k := ev.Detail.Key
	if fault := keyFault(k, s.now); fault != "" {
		s.host.key = false
		g.trip(latch{control: KeyPolicy, level: Halted, cause: fault})
		return
	}
	s.host.key, s.host.keyAt = true, s.now
	const day = 24 * time.Hour
	switch age := s.now.Sub(k.Created); {
	case age > 90*day:
		g.Note("key-policy: the key is older than 90 days; rotate it")
	case age > 30*day:
		g.Note("key-policy: the key is older than 30 days")
	}
	if k.ValidUntil.Sub(s.now) < 7*day {
		g.Note("key-policy: the key ends within a week")
	}
}

// loosened names the first limit that is looser now than then; empty when none is.
func loosened(now, then *Limits) string {
	type pair struct {
		name      string
		now, then int64
	}
	list := []pair{
		{"max-order-notional", int64(now.Order.Amount), int64(then.Order.Amount)}, {"max-order-notional", now.Order.PPM, then.Order.PPM},
		{"max-position", int64(now.Position.Amount), int64(then.Position.Amount)}, {"max-position", now.Position.PPM, then.Position.PPM},
		{"max-open-orders", now.OpenPerPair, then.OpenPerPair}, {"max-open-orders", now.OpenTotal, then.OpenTotal}, {"max-open-orders", now.OpenValuePPM, then.OpenValuePPM},
		{"cash-reserve", now.SpendablePPM, then.SpendablePPM},
		{"order-rate", now.PairPerMinute, then.PairPerMinute}, {"order-rate", now.PerMinute, then.PerMinute}, {"order-rate", now.PerDay, then.PerDay},
		{"message-throttle", now.Tier.Threshold, then.Tier.Threshold}, {"message-throttle", now.Tier.DecayPerSecMi, then.Tier.DecayPerSecMi},
		{"duplicate-order", -int64(now.Duplicate), -int64(then.Duplicate)},
		{"signal-budget", now.SignalOrders, then.SignalOrders}, {"signal-budget", int64(now.SignalAge), int64(then.SignalAge)},
		{"fill-feedback", now.FeedbackCycles, then.FeedbackCycles},
		{"execution-throttle", now.Executions, then.Executions}, {"execution-throttle", now.TurnoverPPM, then.TurnoverPPM},
		{"price-collar", now.CollarPPM, then.CollarPPM}, {"price-collar", now.CollarCapPPM, then.CollarCapPPM}, {"price-collar", now.CollarVols, then.CollarVols}, {"price-collar", now.WalkPPM, then.WalkPPM},
		{"venue-sanity", now.SourceGapPPM, then.SourceGapPPM}, {"venue-sanity", now.SpreadPPM, then.SpreadPPM}, {"venue-sanity", -now.DepthTimes, -then.DepthTimes},
		{"stale-data", int64(now.StaleMarket), int64(then.StaleMarket)}, {"stale-data", int64(now.StaleLink), int64(then.StaleLink)}, {"stale-data", int64(now.StalePause), int64(then.StalePause)},
		{"clock-skew", int64(now.ClockSkew), int64(then.ClockSkew)},
		{"order-form", truth(now.AllowMarket), truth(then.AllowMarket)}, {"self-trade", -truth(now.NoSelfTrade), -truth(then.NoSelfTrade)},
		{"armed-lease", -truth(now.NeedsArming), -truth(then.NeedsArming)}, {"armed-lease", int64(now.Lease), int64(then.Lease)},
		{"crash-loop", now.CrashStarts, then.CrashStarts}, {"dead-mans-switch", int64(now.DeadMan), int64(then.DeadMan)},
		{"signal-source", now.NewsPerHour, then.NewsPerHour}, {"signal-source", int64(now.NewsAge), int64(then.NewsAge)},
		{"reconcile", now.ReconcilePPM, then.ReconcilePPM}, {"unknown-outcome", int64(now.UnknownFor), int64(then.UnknownFor)},
		{"api-error-rate", now.ErrorPPM, then.ErrorPPM}, {"api-error-rate", now.ErrorRequests, then.ErrorRequests},
		{"daily-loss", int64(now.DailyLoss.Amount), int64(then.DailyLoss.Amount)}, {"daily-loss", now.DailyLoss.PPM, then.DailyLoss.PPM},
		{"hourly-loss", int64(now.HourlyLoss.Amount), int64(then.HourlyLoss.Amount)}, {"hourly-loss", now.HourlyLoss.PPM, then.HourlyLoss.PPM},
		{"loss-streak", now.Streak, then.Streak}, {"half-open", -int64(now.PauseFor), -int64(then.PauseFor)}, {"drawdown", now.DrawdownPPM, then.DrawdownPPM},
		{"profile-limits", now.ProfilePositionPPM, then.ProfilePositionPPM}, {"profile-limits", now.ProfileDailyPPM, then.ProfileDailyPPM}, {"profile-limits", now.ProfileDrawdownPPM, then.ProfileDrawdownPPM},
		{"fee-anomaly", now.FeePPM, then.FeePPM}, {"slippage-anomaly", now.SlipPPM, then.SlipPPM}, {"slippage-anomaly", now.SlipMeanPPM, then.SlipMeanPPM},
		{"venue-exposure", now.VenueSharePPM, then.VenueSharePPM}, {"venue-exposure", int64(now.CapitalElse), int64(then.CapitalElse)},
	}
	for _, p := range list {
		if p.now > p.then {
			return p.name
		}
	}
	if looserList(now, then) {
		return "mode-allocation, ramp-up or the pairs"
	}
	return ""
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// looserList compares the limits that are lists: any change but a stricter number counts.
func looserList(now, then *Limits) bool {
	if len(now.Modes) != len(then.Modes) && len(then.Modes) > 0 || len(now.Ramp) != len(then.Ramp) && len(then.Ramp) > 0 {
		return true
	}
	for i := range then.Modes {
		a, b := now.Modes[i], then.Modes[i]
		if a.Name != b.Name || a.SharePPM > b.SharePPM || a.Count > b.Count || a.Notional > b.Notional {
			return true
		}
	}
	for i := range then.Ramp {
		if now.Ramp[i].Position > then.Ramp[i].Position || now.Ramp[i].DailyLoss > then.Ramp[i].DailyLoss {
			return true
		}
	}
	if then.Instruments != nil {
		if now.Instruments == nil {
			return true
		}
		for _, id := range now.Instruments {
			if !slices.Contains(then.Instruments, id) {
				return true
			}
		}
	}
	return false
}
