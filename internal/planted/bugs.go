// Package planted is mistakes on purpose, each at the place in real code where somebody
// could make it. They exist in programs built with the tag "planted" only, one at a time,
// and are there to be found: by the catalogue of scenarios and by the sweep. Without the tag
// On is a constant false, and the compiler leaves nothing of them.
package planted

// Bug is one mistake. None is a program without any.
type Bug uint8

// The mistakes, by the part that makes them.
const (
	None Bug = iota

	// the venue
	DoubleFill // the first fill of an order does not count: it fills again
	EarlyFill  // an order that arrives trades at the price before it

	// the line
	ResendOnTimeout // an order whose answer is lost is sent again

	// the guard's account
	LostReservation   // an approved order reserves nothing
	WrongSideDebit    // a sale is booked as a purchase
	FeeDropped        // fees are not booked
	FillTwice         // a fill that is told again is booked again
	NoPendingExposure // open buys do not count as exposure
	UnknownIsAbsent   // an order whose outcome is unknown is let go
	CancelReleases    // a cancel that was only asked for frees what its order reserves
	PartialIsWhole    // a partial fill frees all that its order reserves
	OwnOrderLeftOut   // the order itself does not count in its position
	PhantomAdopted    // what the venue says is owned is believed
	LateFillIgnored   // a fill of an order that is gone is let go by

	// the guard's decisions
	StaleAccepted     // old prices do
	HalfOpenFull      // full size after a pause
	AmendNotRechecked // a change is let through whatever it is
	DenialSilent      // a denial says no reason
	DeniedNotCounted  // what is denied does not count in the order rate
	SignalUnbounded   // a signal may have any number of orders
	CollarOff         // any price will do

	// latches and levels
	LatchForgotten      // a halt on record does not stand after a restart
	LevelAfterRestart   // latches stand after a restart, and nobody asks them
	CancelDenied        // cancels are refused once it is halted
	EntriesKept         // open buys stay when the level says that nothing may be bought
	KillKeepsOrders     // a kill cancels nothing
	LateAckKept         // an order that is acknowledged after a kill stays
	KillReadOnce        // the KILL file is asked for before the first order only
	ForeignIgnored      // somebody else's orders do not matter
	WithdrawalIgnored   // nor do withdrawals
	CeremonyTakesAnyKey // the ceremony's signature is not checked

	// losses
	DayMissed        // the day ends 24 hours after it began
	DayRestarts      // a restart begins the day anew
	HighLowered      // each day begins at a new high-water mark
	DrawdownOfDay    // the drawdown counts from the day's start
	StreakForgotten  // a restart forgets how trades went
	LossOnlyRealised // the day's loss is looked at when a trade ends only

	// the journal
	SyncSkipped  // durable records are not synced
	IntentLate   // an order leaves before its intent is written
	SyncRetried  // after a sync that failed the next one is believed
	TornTailKept // a line that was torn off stays in the file

	// the engine
	OrderIDAgain  // a restart numbers orders from the beginning
	ChanceDecides // some orders do not leave, by chance

	bugs
)

var names = [bugs]string{
	"none", "double-fill", "early-fill", "resend-on-timeout",
	"lost-reservation", "wrong-side-debit", "fee-dropped", "fill-twice", "no-pending-exposure", "unknown-is-absent", "cancel-releases", "partial-is-whole", "own-order-left-out", "phantom-adopted", "late-fill-ignored",
	"stale-accepted", "half-open-full", "amend-not-rechecked", "denial-silent", "denied-not-counted", "signal-unbounded", "collar-off",
	"latch-forgotten", "level-after-restart", "cancel-denied", "entries-kept", "kill-keeps-orders", "late-ack-kept", "kill-read-once", "foreign-ignored", "withdrawal-ignored", "ceremony-takes-any-key",
	"day-missed", "day-restarts", "high-lowered", "drawdown-of-day", "streak-forgotten", "loss-only-realised",
	"sync-skipped", "intent-late", "sync-retried", "torn-tail-kept",
	"order-id-again", "chance-decides",
}

func (b Bug) String() string {
	if b >= bugs {
		return "invalid"
	}
	return names[b]
}

// All is every mistake.
func All() []Bug {
	all := make([]Bug, 0, bugs-1)
	for b := None + 1; b < bugs; b++ {
		all = append(all, b)
	}
	return all
}

// Parse finds a mistake by its name.
func Parse(name string) (Bug, bool) {
	for b := None; b < bugs; b++ {
		if names[b] == name {
			return b, true
		}
	}
	return None, false
}
