package risk

// Control is one of the guard's checks. Its name is the name in code, configuration and
// records.
type Control uint8

// The controls.
const (
	NoControl Control = iota
	OrderForm
	MaxOrderNotional
	MaxPosition
	CashReserve
	PriceCollar
	DailyLoss
	Drawdown
	KillFile
	Bookkeeping
	controls // how many there are, plus one
)

// Declaration is what a control is, for people: `breakwater risk explain` and the
// documentation are made from it.
type Declaration struct {
	Name  string // as configured and recorded
	Title string
	Rule  string // exactly what is checked
	Scope Scope
	Trip  string // what happens
	Reset string // what ends it
}

// Declarations lists every control, indexed by Control.
var Declarations = [controls]Declaration{
	NoControl: {Name: "none"},
	OrderForm: {
		Name: "order-form", Title: "Order form",
		Rule: "the instrument is known and online, type and time in force are allowed, quantity and prices are positive and on the lot and tick, quantity and cost reach the pair's minimum, and the fields fit the type",
		Trip: "deny", Reset: "–",
	},
	MaxOrderNotional: {
		Name: "max-order-notional", Title: "Largest order",
		Rule: "quantity times the worst price, in the account's currency, is at most the limit; without a rate the order is denied",
		Trip: "deny", Reset: "–",
	},
	MaxPosition: {
		Name: "max-position", Title: "Largest position", Scope: ByPair,
		Rule: "the position with every open, pending and unknown buy taken as filled, at the reference price, is at most the limit",
		Trip: "deny", Reset: "–",
	},
	CashReserve: {
		Name: "cash-reserve", Title: "Cash reserve and inventory",
		Rule: "a buy with its fee leaves at least the reserve of free cash; a sell is at most what is owned and not already reserved for other sells",
		Trip: "deny", Reset: "–",
	},
	PriceCollar: {
		Name: "price-collar", Title: "Price collar", Scope: ByPair,
		Rule: "a buy's limit is at most the collar above the reference price and a sell's at most the collar below it; without a reference price the order is denied",
		Trip: "deny", Reset: "–",
	},
	DailyLoss: {
		Name: "daily-loss", Title: "Daily loss",
		Rule: "equity at the start of the trading day plus flows less equity now reaches the limit",
		Trip: "REDUCE_ONLY, entry orders cancelled", Reset: "next trading day, with the ceremony or a named simulated operator",
	},
	Drawdown: {
		Name: "drawdown", Title: "Drawdown",
		Rule: "equity has fallen from its high-water mark by the limit: PAUSED at once, HALTED after two marks at least one second apart",
		Trip: "HALTED", Reset: "ceremony; a new high-water mark is recorded",
	},
	KillFile: {
		Name: "kill-file", Title: "Kill switch",
		Rule: "somebody asked for everything to stop; asked at every approval",
		Trip: "KILLED, own orders cancelled", Reset: "ceremony",
	},
	Bookkeeping: {
		Name: "bookkeeping", Title: "Bookkeeping",
		Rule: "the guard's balances, the engine's book and the venue's snapshot agree to the last digit, and no number overflows",
		Trip: "HALTED", Reset: "ceremony",
	},
}

func (c Control) String() string {
	if c >= controls {
		return "invalid"
	}
	return Declarations[c].Name
}
