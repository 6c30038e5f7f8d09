package chaos

import (
	"strings"
)

// Family is what a fault strikes.
type Family uint8

// The families.
const (
	HTTP     Family = iota // a request and its answer
	WS                     // the stream
	Market                 // prices, books and modes
	Account                // money and orders on the account
	Key                    // the API key
	Clock                  // our clock
	Disk                   // the journal's files
	Proc                   // our process
	Ops                    // the owner and the machine
	Strategy               // the strategy itself
	families
)

var familyNames = [...]string{"http", "ws", "market", "account", "key", "clock", "disk", "proc", "ops", "strategy"}

func (f Family) String() string {
	if f >= families {
		return "invalid"
	}
	return familyNames[f]
}

// Shape is how a fault goes on.
type Shape uint8

// The shapes.
const (
	// Hits strikes calls or messages that come while it is on: once, or as often as times
	// says, or each one for as long as for says.
	Hits Shape = iota
	// Holds is a state: it is on for as long as for says, without it to the end.
	Holds
	// Acts happens at its instant: once, or times times, every apart.
	Acts
)

// Verb is what a rule does.
type Verb uint8

// The verbs. The table below says what each of them does and takes.
const (
	NoVerb Verb = iota

	Drop
	Delay
	TimeoutAfterApply
	ApplyThen502
	Refuse // error(code)
	Truncate
	HTML
	Duplicate
	Reorder
	TooMany // 429

	WSFreeze
	WSGap
	BadChecksum
	Replay
	WSFlood
	Disconnect
	BadNumber
	FutureTime

	MarketGap
	Wick
	DrainBook
	Widen
	Halt
	SetStatus
	Diverge

	ForeignOrder
	Withdraw
	Credit
	ZeroBalances
	Fee
	ManualTrade
	HideOrder
	Vanish

	Revoke
	DropPerm
	AddPerm
	IPBlock
	ForeignNonce

	Skew
	Step
	ClockFreeze

	NoSpace
	FsyncError
	Torn
	FlipBit
	ReadOnly

	Crash
	Stop
	RestartLoop
	SecondInstance
	BreakControl

	TouchKill
	RemoveKill
	EditConfig
	SwapBuild
	FileMode
	WrongKey
	AlertDown

	Loop
	MultiplyQty
	ReplaySignal
	StrategyFlood
	FallbackPrice
	Mute

	verbs
)

// targets is what the on of a verb names.
type targets uint8

const (
	onNothing targets = iota
	onCalls
	onReads
	onChannels
)

// spec is a row of the table: what a verb is.
type spec struct {
	name   string
	family Family
	shape  Shape
	on     targets
	needs  string // arguments that it must have
	takes  string // and those that it may have
	wait   string // by, when it is left out
	count  int    // count, when it is left out
	doc    string // what happens, as a sentence's end: "the request is lost"
}

var specs = [verbs]spec{
	Drop:              {"drop", HTTP, Hits, onCalls, "", "by", "5s", 0, "the request is lost on its way; the caller waits for an answer in vain"},
	Delay:             {"delay", HTTP, Hits, onCalls, "", "by", "2s", 0, "the request reaches the venue at once, the answer comes late"},
	TimeoutAfterApply: {"timeout-after-apply", HTTP, Hits, onCalls, "", "by", "5s", 0, "the venue does it, and the answer never comes"},
	ApplyThen502:      {"apply-then-502", HTTP, Hits, onCalls, "", "", "", 0, "the venue does it, and the gateway answers 502"},
	Refuse:            {"error", HTTP, Hits, onCalls, "code", "", "", 0, "the venue answers with an error and does nothing"},
	Truncate:          {"truncate", HTTP, Hits, onCalls, "", "", "", 0, "the venue does it, and half of the answer is missing"},
	HTML:              {"html", HTTP, Hits, onCalls, "", "", "", 0, "a proxy answers with a page, and nothing reaches the venue"},
	Duplicate:         {"duplicate", HTTP, Hits, onCalls, "", "", "", 0, "the network doubles it, and what the venue says of it comes twice"},
	Reorder:           {"reorder", HTTP, Hits, onCalls, "", "by", "1s", 0, "it is overtaken: what the venue says of it comes behind what came later"},
	TooMany:           {"429", HTTP, Hits, onCalls, "", "", "", 0, "the gateway answers that there are too many requests, and nothing reaches the venue"},

	WSFreeze:    {"ws-freeze", WS, Holds, onChannels, "", "pair", "", 0, "the socket stays open and nothing comes"},
	WSGap:       {"ws-gap", WS, Hits, onChannels, "", "pair", "", 0, "a message is missing, and the next one's number tells it"},
	BadChecksum: {"bad-checksum", WS, Hits, onChannels, "", "pair", "", 0, "a message does not agree with its checksum"},
	Replay:      {"replay", WS, Hits, onChannels, "", "pair count", "", 1, "a message comes again"},
	WSFlood:     {"ws-flood", WS, Hits, onChannels, "", "pair count", "", 100, "a message is followed by many that change nothing"},
	Disconnect:  {"disconnect", WS, Holds, onNothing, "", "", "", 0, "the connection is gone, and there is a new one afterwards"},
	BadNumber:   {"bad-number", WS, Hits, onChannels, "", "pair", "", 0, "a price is no number"},
	FutureTime:  {"future-time", WS, Hits, onChannels, "", "pair by", "10s", 0, "a message says that it comes from the future"},

	MarketGap: {"market-gap", Market, Holds, onNothing, "pair pct", "", "", 0, "the price is another from one moment to the next"},
	Wick:      {"wick", Market, Holds, onNothing, "pair pct", "", "", 0, "the price shoots away and comes back"},
	DrainBook: {"drain-book", Market, Holds, onNothing, "pair", "pct", "", 0, "hardly anything is left in the book"},
	Widen:     {"widen", Market, Holds, onNothing, "pair pct", "", "", 0, "bid and ask go apart"},
	Halt:      {"halt", Market, Holds, onNothing, "", "pair", "", 0, "the venue stops trading"},
	SetStatus: {"status", Market, Holds, onNothing, "value", "pair", "", 0, "the venue is in another mode"},
	Diverge:   {"second-source-diverge", Market, Holds, onNothing, "pair pct", "", "", 0, "the second source has another price"},

	ForeignOrder: {"foreign-order", Account, Acts, onNothing, "pair", "side amount price", "", 0, "somebody places an order with our key"},
	Withdraw:     {"withdraw", Account, Acts, onNothing, "asset amount", "value", "", 0, "money leaves the account"},
	Credit:       {"credit", Account, Acts, onNothing, "asset amount", "value", "", 0, "money comes to the account"},
	ZeroBalances: {"zero-balances", Account, Holds, onNothing, "", "", "", 0, "the venue says that every balance is zero"},
	Fee:          {"fee", Account, Holds, onNothing, "factor", "pair", "", 0, "fees are a multiple of what was agreed"},
	ManualTrade:  {"manual-trade", Account, Acts, onNothing, "pair amount", "side", "", 0, "the owner trades by hand"},
	HideOrder:    {"hide-order", Account, Holds, onReads, "", "", "", 0, "the venue's lists do not show our order"},

	Vanish: {"vanish", Account, Acts, onNothing, "", "pair", "", 0, "the venue loses our resting orders and says nothing"},

	Revoke:       {"revoke", Key, Holds, onNothing, "", "", "", 0, "the key is valid no more"},
	DropPerm:     {"drop-perm", Key, Holds, onNothing, "value", "", "", 0, "the key may do less"},
	AddPerm:      {"add-perm", Key, Holds, onNothing, "value", "", "", 0, "the key may do more"},
	IPBlock:      {"ip-block", Key, Holds, onNothing, "", "", "", 0, "the key is not allowed from our address"},
	ForeignNonce: {"foreign-nonce", Key, Hits, onCalls, "", "", "", 0, "somebody else has used the key, and our nonce is too low"},

	Skew:        {"skew", Clock, Holds, onNothing, "by", "", "", 0, "our clock is wrong"},
	Step:        {"step", Clock, Holds, onNothing, "by", "", "", 0, "our clock jumps"},
	ClockFreeze: {"clock-freeze", Clock, Holds, onNothing, "", "", "", 0, "our clock stands still"},

	NoSpace:    {"enospc", Disk, Holds, onNothing, "", "", "", 0, "the disk is full"},
	FsyncError: {"fsync-eio", Disk, Hits, onNothing, "", "", "", 0, "the disk does not take what was written"},
	Torn:       {"torn", Disk, Hits, onNothing, "", "count", "", 7, "only the beginning of a write reaches the file"},
	FlipBit:    {"flip-bit", Disk, Acts, onNothing, "", "count", "", 0, "a bit of the journal turns"},
	ReadOnly:   {"readonly", Disk, Holds, onNothing, "", "", "", 0, "the disk takes no writes"},

	Crash:          {"crash", Proc, Acts, onNothing, "", "restart-after", "", 0, "the process dies"},
	Stop:           {"stop", Proc, Acts, onNothing, "", "restart-after", "", 0, "the process is asked to end"},
	RestartLoop:    {"restart-loop", Proc, Acts, onNothing, "", "count restart-after", "", 5, "the process dies again and again"},
	SecondInstance: {"second-instance", Proc, Acts, onNothing, "", "", "", 0, "a second process wants the same account"},

	BreakControl: {"break-control", Proc, Holds, onNothing, "value", "", "", 0, "a control of the guard panics whenever it looks"},

	TouchKill:  {"touch-kill", Ops, Acts, onNothing, "", "value", "", 0, "the owner makes the KILL file"},
	RemoveKill: {"rm-kill", Ops, Acts, onNothing, "", "", "", 0, "somebody removes the KILL file"},
	EditConfig: {"edit-config", Ops, Acts, onNothing, "key value", "", "", 0, "somebody edits the limits, for the next start"},
	SwapBuild:  {"swap-build", Ops, Acts, onNothing, "", "", "", 0, "another program takes this one's place at the next start"},
	FileMode:   {"file-mode", Ops, Acts, onNothing, "", "", "", 0, "others can read the key file, at the next start"},
	WrongKey:   {"wrong-key", Ops, Acts, onNothing, "", "", "", 0, "the next start finds a key of another environment"},
	AlertDown:  {"alert-down", Ops, Holds, onNothing, "", "", "", 0, "nobody hears the alerts"},

	Loop:          {"loop", Strategy, Holds, onNothing, "", "slot", "", 0, "the strategy orders again at each event"},
	MultiplyQty:   {"multiply-qty", Strategy, Holds, onNothing, "factor", "slot", "", 0, "the strategy's sizes are a multiple of what it meant"},
	ReplaySignal:  {"replay-signal", Strategy, Acts, onNothing, "", "slot count", "", 1, "the strategy repeats its last order"},
	StrategyFlood: {"strategy-flood", Strategy, Acts, onNothing, "", "slot count", "", 100, "the strategy orders many times at once"},
	FallbackPrice: {"fallback-price", Strategy, Holds, onNothing, "price", "slot", "", 0, "the strategy takes a constant for the price"},
	Mute:          {"mute", Strategy, Holds, onNothing, "", "slot", "", 0, "the strategy is told nothing of its orders and fills"},
}

func (v Verb) valid() bool { return v > NoVerb && v < verbs }

func (v Verb) String() string {
	if !v.valid() {
		return "invalid"
	}
	return specs[v].name
}

// Family is what the verb strikes.
func (v Verb) Family() Family { return specs[v].family }

// Shape is how the verb goes on.
func (v Verb) Shape() Shape { return specs[v].shape }

// Doc says what happens, as the end of a sentence.
func (v Verb) Doc() string { return specs[v].doc }

// Verbs are all of them.
func Verbs() []Verb {
	all := make([]Verb, 0, verbs-1)
	for v := NoVerb + 1; v < verbs; v++ {
		all = append(all, v)
	}
	return all
}

// ParseVerb reads a verb's name; _ may stand for -.
func ParseVerb(name string) (Verb, bool) {
	name = strings.ReplaceAll(name, "_", "-")
	for v := NoVerb + 1; v < verbs; v++ {
		if specs[v].name == name {
			return v, true
		}
	}
	return NoVerb, false
}

// Calls of a venue, by Kraken's names, that a rule's on may have. Channels are those of the
// stream. Any stands for all that a verb can hit.
const (
	Any = "any"

	AddOrder       = "AddOrder"
	AmendOrder     = "AmendOrder"
	CancelOrder    = "CancelOrder"
	CancelAllAfter = "CancelAllOrdersAfter"
	Balance        = "Balance"
	OpenOrders     = "OpenOrders"
	ClosedOrders   = "ClosedOrders"
	TradesHistory  = "TradesHistory"
)

var (
	reads    = []string{Balance, OpenOrders, ClosedOrders, TradesHistory}
	calls    = append([]string{AddOrder, AmendOrder, CancelOrder, "CancelAll", CancelAllAfter, "Ledgers", "GetApiKeyInfo", "GetWebSocketsToken", "SystemStatus", "Time"}, reads...)
	channels = []string{"ticker", "book", "trade", "ohlc", "executions", "balances", "instrument", "status", "heartbeat"}
)

func (t targets) known() []string {
	switch t {
	case onCalls:
		return calls
	case onReads:
		return reads
	case onChannels:
		return channels
	}
	return nil
}

// Points of a run that a rule's after may name.
const (
	JournalWrite  = "journal-write"  // before a record is written
	JournalAppend = "journal-append" // after a record was written, synced or not
	JournalSync   = "journal-sync"   // after a record is durable
	Submitted     = "submit"         // after an order was handed over
	Cancelled     = "cancel"         // after a cancellation was handed over
	Acked         = "ack"            // after a venue took an order
	Filled        = "fill"           // after a fill
	GoneUnknown   = "order-unknown"  // after an outcome went missing
	Barred        = "bar"            // after a bar
	AnyEvent      = "event"          // after any event but a beat
	Snapshotted   = "snapshot"       // after a snapshot
	LevelChanged  = "level"          // after the guard's level changed
	Restarted     = "restart"        // after a start through recovery
)

// Points are all of them.
var Points = []string{
	JournalWrite, JournalAppend, JournalSync, Submitted, Cancelled, Acked, Filled, GoneUnknown, Barred, AnyEvent, Snapshotted, LevelChanged, Restarted,
}
