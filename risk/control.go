package risk

import "breakwater/exchange"

// Control is one of the guard's checks. Its name is the name in code, configuration and
// records.
type Control uint8

// The controls, in the order of the table.
const (
	NoControl Control = iota
	KillFile
	KillCommand
	DryRun
	OrderForm
	MaxOrderNotional
	MaxPosition
	ModeAllocation
	MaxOpenOrders
	CashReserve
	OrderRate
	MessageThrottle
	DuplicateOrder
	SignalBudget
	FillFeedback
	ExecutionThrottle
	PriceCollar
	VenueSanity
	StaleData
	DataIntegrity
	ClockSkew
	DailyLoss
	HourlyLoss
	LossStreak
	HalfOpen
	Drawdown
	ProfileLimits
	RampUp
	FeeAnomaly
	SlippageAnomaly
	Reconcile
	APIErrorRate
	AuthFailure
	Nonce
	ForeignOrder
	UnexplainedBalance
	WithdrawalSeen
	KeyPolicy
	EnvironmentMatch
	SecretsHygiene
	DeadMansSwitch
	SelfTrade
	VenueState
	HaltKeepsPositions
	SingleInstance
	CrashLoop
	JournalHealth
	ConfigFreeze
	BuildIdentity
	ArmedLease
	SignalSource
	VenueExposure
	UnknownOutcome
	controls // how many there are, plus one
)

// Declaration is what a control is, for people: `breakwater risk explain` and docs/risk.md
// are made from it.
type Declaration struct {
	Name     string         // as configured and recorded
	Family   string         // what it is about
	Rule     string         // exactly what is checked
	Default  string         // of the live profile
	Scope    string         // what a trip covers
	Trip     string         // what happens
	Reset    string         // what ends it
	Facts    exchange.Facts // without one of them, declared absent, it is not applicable
	Survives bool           // a restart: its state is a fold of the records
}

// Declarations lists every control, indexed by Control.
var Declarations = [controls]Declaration{
	NoControl: {Name: "none"},
	KillFile: {
		Name: "kill-file", Family: "stop", Default: "KILL in the state directory", Scope: "global", Survives: true,
		Rule:  "a KILL file is asked for at every approval and every 250 ms; any entry of that name counts, and so does any error but its plain absence; a positive answer is recorded before it acts",
		Trip:  "KILLED; own orders cancelled; the process stays up, inert",
		Reset: "ceremony; removing the file alone does not resume",
	},
	KillCommand: {
		Name: "kill-command", Family: "stop", Default: "always on", Scope: "global", Survives: true,
		Rule: "`breakwater kill`, SIGUSR1 or an operator's message asks for the stop; there is no remote way back",
		Trip: "KILLED; own orders cancelled", Reset: "ceremony",
	},
	DryRun: {
		Name: "dry-run", Family: "stop", Default: "on; live needs --live, a lease and dry-run: false", Scope: "global",
		Rule: "every order is decided and recorded, and none leaves",
		Trip: "the order ends as a dry run", Reset: "configuration",
	},
	OrderForm: {
		Name: "order-form", Family: "form", Default: "always on; market orders only where the venue is simulated", Scope: "order",
		Rule: "the instrument is known, allowed and online; type and time in force are allowed; quantity and prices are positive, on lot and tick and, but for the rest of an order that is changed, at or above the pair's minimum; the fields fit the type; the order's number was not used before",
		Trip: "deny", Reset: "–",
	},
	MaxOrderNotional: {
		Name: "max-order-notional", Family: "size", Default: "25 in the account's currency", Scope: "order", Survives: true,
		Rule: "a buy's quantity times its worst price, in the account's currency at a fresh rate, is at most the limit; a sale is bounded by what is owned; the third denial in 10 minutes pauses the strategy",
		Trip: "deny; PAUSED strategy", Reset: "30 minutes",
	},
	MaxPosition: {
		Name: "max-position", Family: "size", Default: "5 % of equity in a coin", Scope: "coin",
		Rule: "what is owned of a coin, with this buy and every open, pending and unknown buy of it in any pair taken as filled, fees included, is at most the limit; modes have theirs in mode-allocation, the total has it in cash-reserve; exits pass",
		Trip: "deny", Reset: "–",
	},
	ModeAllocation: {
		Name: "mode-allocation", Family: "size", Default: "ultra-fast 30 %/3/200, scalp 30 %/4/300, swing 25 %/3/500, position 15 %/2/750", Scope: "strategies of a mode",
		Rule: "a mode's worst-case exposure is at most its share of equity, its positions at most its count, an order's notional at most its cap; a strategy without a mode is denied where modes are configured; exits pass",
		Trip: "deny", Reset: "–",
	},
	MaxOpenOrders: {
		Name: "max-open-orders", Family: "size", Default: "4 a pair, 10 in all, 20 % of equity unexecuted", Scope: "order",
		Rule: "with a buy, the open orders of the pair, those of the account and the unexecuted value of its buys, fees of those that are out included, are at most the limits; exits count, and pass",
		Trip: "deny", Reset: "–",
	},
	CashReserve: {
		Name: "cash-reserve", Family: "size", Default: "10 % of equity", Scope: "order",
		Rule: "a buy with its fee leaves the reserve of the account's currency in cash that no other buy has reserved; a sell is at most what is owned and not reserved by other sells",
		Trip: "deny", Reset: "–",
	},
	OrderRate: {
		Name: "order-rate", Family: "rate", Default: "5 a minute a pair, 20 a minute, 200 a day", Scope: "global", Survives: true,
		Rule: "attempts to increase risk in rolling windows, denied ones and changes included, cancels and exits not; the third hit in 10 minutes halts",
		Trip: "deny; HALTED", Reset: "ceremony",
	},
	MessageThrottle: {
		Name: "message-throttle", Family: "rate", Default: "80 % of the tier's threshold", Scope: "pair",
		Rule: "a model of the venue's per-pair counter: an order or amend is admitted only if the counter with the cost of cancelling every open order of the pair stays within the share, exits too; the denial says when to come back",
		Trip: "deny with retry-after-ms", Reset: "decay",
	},
	DuplicateOrder: {
		Name: "duplicate-order", Family: "rate", Default: "5 s; three in 60 s", Scope: "strategy", Survives: true,
		Rule: "an order of the same strategy, pair and side, within 1 % of the quantity and 0.1 % of the price of one approved less than the time ago, is denied, exits too; the third denial in 60 s pauses the strategy",
		Trip: "deny; PAUSED strategy", Reset: "30 minutes",
	},
	SignalBudget: {
		Name: "signal-budget", Family: "rate", Default: "2 orders, 15 minutes", Scope: "strategy", Survives: true,
		Rule: "an order that increases risk names a signal; a signal has at most so many orders, in all the notional of one order, unfilled parts included, and its time from the first on, and is never used again; fills beyond what was approved halt",
		Trip: "deny; HALTED after the fact", Reset: "ceremony",
	},
	FillFeedback: {
		Name: "fill-feedback", Family: "rate", Default: "5 in 60 s", Scope: "global", Survives: true,
		Rule: "an order that increases risk within 2 s of a fill on its pair, with no market event in between, is a cycle; the order that would close the last one is denied",
		Trip: "deny; HALTED", Reset: "ceremony",
	},
	ExecutionThrottle: {
		Name: "execution-throttle", Family: "rate", Default: "50 a day, three times equity an hour", Scope: "strategy", Survives: true,
		Rule: "executions of a strategy in a trading day stay below their limit, and its turnover of an hour, to the minute, is at most its share of equity (RTS 6, article 15(3))",
		Trip: "HALTED strategy", Reset: "ceremony",
	},
	PriceCollar: {
		Name: "price-collar", Family: "price", Default: "2 % or four times one minute's volatility, at most 5 %; walking the book at most 1 %", Scope: "order",
		Rule: "a limit lies within the collar around the reference price, exits and flatten included; the reference is the median of fresh middle, last trade and second source, two of which agree within 2 % where two are declared; without one the order is denied",
		Trip: "deny", Reset: "–",
	},
	VenueSanity: {
		Name: "venue-sanity", Family: "price", Default: "5 %, 3 %, 5 times", Scope: "pair", Facts: exchange.FactBook | exchange.FactSecondSource,
		Rule: "the venue's price is within 5 % of what the second source last said, the spread at most 3 %, and the depth inside the collar at least five times the order, exits too; no sale is more than 5 % below the second source's fresh price; a book or second source that is declared and missing or old lets no buy out",
		Trip: "deny where it is the order; PAUSED pair", Reset: "seen sane, and 60 s more",
	},
	StaleData: {
		Name: "stale-data", Family: "price", Default: "10 s market, 5 s heartbeat, 60 s pause", Scope: "pair",
		Rule: "the age of the last trade, bar with trades, or changed price or level of the pair is within the bound (or two bar intervals, if longer) and that of the heartbeat too, for exits as well; a connection is no evidence",
		Trip: "deny; PAUSED pair", Reset: "fresh data",
	},
	DataIntegrity: {
		Name: "data-integrity", Family: "price", Default: "any", Scope: "pair",
		Rule: "of prices, book and second source: checksum, sequence, bid at or above ask, number not finite or not positive, time more than 2 s in the future; what is flawed is not taken",
		Trip: "PAUSED pair", Reset: "a fresh snapshot; without checksums, the next sound event",
	},
	ClockSkew: {
		Name: "clock-skew", Family: "price", Default: "2 s", Scope: "global", Facts: exchange.FactClock,
		Rule: "the median of the last five comparisons with the venue's clock is within the bound, and our clock did not step by more than 1 s; a comparison that is declared and older than 10 minutes lets no buy out",
		Trip: "deny; PAUSED", Reset: "clocks agree",
	},
	DailyLoss: {
		Name: "daily-loss", Family: "loss", Default: "5 % or 20", Scope: "global", Survives: true,
		Rule: "equity at the start of the trading day plus flows less equity now reaches the limit; realised and unrealised, after fees; the day ends only when the venue's clock agrees, where it is declared; without a valid day start nothing is armed",
		Trip: "REDUCE_ONLY; entries cancelled", Reset: "from the next trading day on breakwater resume, with a reason, if nothing else needs the ceremony; or the ceremony",
	},
	HourlyLoss: {
		Name: "hourly-loss", Family: "loss", Default: "100", Scope: "global", Survives: true,
		Rule: "the sum of the losing trades of the last 60 minutes, after fees, reaches the limit",
		Trip: "PAUSED", Reset: "30 minutes, then half size",
	},
	LossStreak: {
		Name: "loss-streak", Family: "loss", Default: "10", Scope: "global", Survives: true,
		Rule: "trades in a row without a win reach the limit; break-even after fees is no win",
		Trip: "PAUSED", Reset: "30 minutes, then half size",
	},
	HalfOpen: {
		Name: "half-open", Family: "loss", Default: "half size; 24 h at most; third trip of a day", Scope: "global", Survives: true,
		Rule: "after hourly-loss or loss-streak orders are half size until a win; the first loss pauses again, twice as long; the third trip of a day halts",
		Trip: "PAUSED, HALTED", Reset: "a win; ceremony",
	},
	Drawdown: {
		Name: "drawdown", Family: "loss", Default: "15 %", Scope: "global", Survives: true,
		Rule: "equity, flows taken off, has fallen from its high-water mark by the limit: PAUSED at once, HALTED after two marks at least 1 s apart, the same price once more included, of a market that venue-sanity finds sane; no entry below the mark, whatever latch stands",
		Trip: "HALTED", Reset: "ceremony; a new high-water mark is recorded",
	},
	ProfileLimits: {
		Name: "profile-limits", Family: "loss", Default: "position 5 %, daily loss 5 %, drawdown 12 % (nija)", Scope: "global", Survives: true,
		Rule: "the profile's shares of equity hold beside the absolute limits; the stricter wins",
		Trip: "as max-position, daily-loss, drawdown", Reset: "as these",
	},
	RampUp: {
		Name: "ramp-up", Family: "loss", Default: "50/20, 200/100, 500/500", Scope: "global", Survives: true,
		Rule: "position and daily loss are at most those of the step; a step up needs 14 armed days, a net profit after fees and the ceremony; any HALT steps down",
		Trip: "deny; REDUCE_ONLY", Reset: "as daily-loss",
	},
	FeeAnomaly: {
		Name: "fee-anomaly", Family: "execution", Default: "1.5 times on three fills, 3 times once", Scope: "global", Survives: true,
		Rule: "a fill's fee against the schedule's worst: more than 1.5 times on three fills in a row, or more than 3 times on one; a fee of two units of the ledger is rounding",
		Trip: "PAUSED", Reset: "ceremony",
	},
	SlippageAnomaly: {
		Name: "slippage-anomaly", Family: "execution", Default: "2 %, mean of 20 fills 0.5 %", Scope: "pair", Survives: true,
		Rule: "a fill is worse than the price at its decision by more than the limit, or the mean of the pair's last 20 fills by more than its own",
		Trip: "PAUSED pair", Reset: "30 minutes",
	},
	Reconcile: {
		Name: "reconcile", Family: "account", Default: "0.1 % or a lot, twice, 5 s apart", Scope: "pair", Survives: true,
		Rule: "balances and open orders as the venue sees them agree with ours, and were compared since the start, in a session every 50 s, and for buys in the last two minutes; a difference inside our own books halts at once, and so does one of an exact source",
		Trip: "HALTED pair; two pairs: global", Reset: "ceremony",
	},
	APIErrorRate: {
		Name: "api-error-rate", Family: "venue", Default: "30 % of at least 10 in 60 s", Scope: "global", Facts: exchange.FactErrors,
		Rule: "failed requests among the requests of the last 60 s",
		Trip: "PAUSED; entries cancelled", Reset: "60 s without a failure",
	},
	AuthFailure: {
		Name: "auth-failure", Family: "venue", Default: "the first", Scope: "global", Facts: exchange.FactErrors, Survives: true,
		Rule: "invalid key, invalid signature or permission denied: no further private call, cancels of entries included; only the operator's kill still sends them",
		Trip: "HALTED", Reset: "ceremony with a key check",
	},
	Nonce: {
		Name: "nonce", Family: "venue", Default: "2 in 5 minutes", Scope: "global", Facts: exchange.FactNonce, Survives: true,
		Rule: "invalid nonces of a single writer: the clock went back, or somebody else uses the key",
		Trip: "HALTED", Reset: "ceremony",
	},
	ForeignOrder: {
		Name: "foreign-order", Family: "account", Default: "any", Scope: "global", Survives: true,
		Rule: "an order or fill on the account that we did not place; it is never cancelled",
		Trip: "HALTED", Reset: "ceremony",
	},
	UnexplainedBalance: {
		Name: "unexplained-balance", Family: "account", Default: "0.1 %", Scope: "global", Facts: exchange.FactBalances, Survives: true,
		Rule: "a balance as the venue says differs from ours by fills, fees and ledger rows by more than the bound",
		Trip: "HALTED; equity is untrusted: no loss trip, no flatten", Reset: "ceremony",
	},
	WithdrawalSeen: {
		Name: "withdrawal-seen", Family: "account", Default: "any", Scope: "global", Facts: exchange.FactLedger, Survives: true,
		Rule: "a withdrawal or transfer in the venue's ledger",
		Trip: "HALTED", Reset: "ceremony",
	},
	KeyPolicy: {
		Name: "key-policy", Family: "host", Default: "no withdrawal right, IP list, nothing unknown", Scope: "global", Facts: exchange.FactKeyInfo, Survives: true,
		Rule: "the key has every permission it needs, none that is forbidden or unknown, an IP allow-list, and has not ended; the venue has seen no nonce beyond ours; the last check is at most 2 hours old; an end within a week and an age above 30 and 90 days are noted",
		Trip: "refuse to arm; HALTED on drift", Reset: "ceremony",
	},
	EnvironmentMatch: {
		Name: "environment-match", Family: "host", Default: "always on", Scope: "global", Facts: exchange.FactHost, Survives: true,
		Rule: "paper holds no key; a key belongs to one environment and one bot",
		Trip: "HALTED", Reset: "ceremony",
	},
	SecretsHygiene: {
		Name: "secrets-hygiene", Family: "host", Default: "always on", Scope: "global", Facts: exchange.FactHost,
		Rule: "the key file is regular, ours, mode 0600, outside any git tree, its folder not writable by all",
		Trip: "HALTED", Reset: "a check that passes",
	},
	DeadMansSwitch: {
		Name: "dead-mans-switch", Family: "venue", Default: "60 s, refreshed every 20 s", Scope: "global", Facts: exchange.FactDeadMan,
		Rule: "the venue cancels everything unless refreshed; two failed refreshes let no new order out",
		Trip: "PAUSED", Reset: "a refresh that succeeds",
	},
	SelfTrade: {
		Name: "self-trade", Family: "form", Default: "on", Scope: "order",
		Rule: "the order, an exit too, would meet an own order that rests or is on its way; one that waits for a trigger meets nothing",
		Trip: "deny", Reset: "–",
	},
	VenueState: {
		Name: "venue-state", Family: "venue", Default: "on", Scope: "global", Facts: exchange.FactStatus,
		Rule: "the venue is online, and advises nothing from stop_new_orders up; its advice to cancel is obeyed",
		Trip: "PAUSED", Reset: "online and reconciled",
	},
	HaltKeepsPositions: {
		Name: "halt-keeps-positions", Family: "stop", Default: "keep", Scope: "global",
		Rule: "a trip from REDUCE_ONLY up cancels the entries of its scope (but for auth-failure, which lets no call out) and keeps protective exits and positions; only the operator's flatten sells, in slices inside the collar, up to HALTED and not at KILLED",
		Trip: "–", Reset: "–", Survives: true,
	},
	SingleInstance: {
		Name: "single-instance", Family: "host", Default: "always on", Scope: "global", Facts: exchange.FactHost,
		Rule: "the state directory is locked by this process alone",
		Trip: "refuse", Reset: "–",
	},
	CrashLoop: {
		Name: "crash-loop", Family: "host", Default: "3 starts in 10 minutes", Scope: "global", Survives: true,
		Rule: "starts on record in the last 10 minutes",
		Trip: "HALTED", Reset: "ceremony",
	},
	JournalHealth: {
		Name: "journal-health", Family: "host", Default: "any", Scope: "global", Survives: true,
		Rule: "a record that cannot be written or synced, or waits more than 1 s for it, here or in the run before; a file beside the journal that cannot be written",
		Trip: "HALTED; after a record that failed only cancels go out, until a restart", Reset: "restart through recovery where a record failed, ceremony",
	},
	ConfigFreeze: {
		Name: "config-freeze", Family: "host", Default: "on", Scope: "global", Survives: true,
		Rule: "no limit is looser than when the session was armed; tightening is always allowed",
		Trip: "REDUCE_ONLY", Reset: "ceremony",
	},
	BuildIdentity: {
		Name: "build-identity", Family: "host", Default: "on", Scope: "global", Facts: exchange.FactHost, Survives: true,
		Rule: "the program is an unmodified build that is on the list",
		Trip: "HALTED", Reset: "a listed build",
	},
	ArmedLease: {
		Name: "armed-lease", Family: "host", Default: "7 days", Scope: "global", Survives: true,
		Rule: "a session that needs arming is armed, and not longer ago than the lease",
		Trip: "REDUCE_ONLY", Reset: "ceremony",
	},
	SignalSource: {
		Name: "signal-source", Family: "venue", Default: "3 an hour a source, 15 minutes old, 10 kB", Scope: "source",
		Rule: "news is fresh, of bounded size, not told before, and at most so many an hour a source",
		Trip: "source muted", Reset: "next hour",
	},
	VenueExposure: {
		Name: "venue-exposure", Family: "size", Default: "50 %", Scope: "global",
		Rule: "at the start of a trading day, the account's share of the capital, what the operator declares elsewhere included, is at most the limit",
		Trip: "a warning on record", Reset: "–",
	},
	UnknownOutcome: {
		Name: "unknown-outcome", Family: "account", Default: "10 minutes", Scope: "pair", Survives: true,
		Rule: "an order whose outcome is unknown is never sent again, stays reserved, and its pair waits until it is resolved",
		Trip: "PAUSED pair, then HALTED", Reset: "resolved, else ceremony",
	},
}

func (c Control) String() string {
	if c >= controls {
		return "invalid"
	}
	return Declarations[c].Name
}

// All lists the controls, in the order of the table.
func All() []Control {
	all := make([]Control, 0, controls-1)
	for c := NoControl + 1; c < controls; c++ {
		all = append(all, c)
	}
	return all
}

// ParseControl finds a control by name.
func ParseControl(name string) (Control, bool) {
	for _, c := range All() {
		if Declarations[c].Name == name {
			return c, true
		}
	}
	return NoControl, false
}

// Applicable reports whether a source that declares these facts can feed the control: one of
// those it needs is enough for a part of it.
func (c Control) Applicable(facts exchange.Facts) bool {
	need := Declarations[c].Facts
	return need == 0 || facts&need != 0
}
