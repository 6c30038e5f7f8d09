package exchange

import (
	"context"
	"time"
)

// Exchange is one account at one venue.
//
// A nil error means handed over, a non-nil one certainly not handed over; every outcome
// arrives through Next: one totally ordered stream of market, account, link and time
// events. io.EOF ends a replay. An implementation is used by one goroutine.
type Exchange interface {
	Submit(*Order) error
	Amend(*Amend) error
	Cancel(OrderID) error
	// CancelAllAfter is the venue's dead man's switch: all orders are cancelled unless
	// called again within d; 0 turns it off. ErrUnsupported where the venue has none.
	CancelAllAfter(d time.Duration) error
	// Refresh asks for a KindSnapshot event. Answers come in the order of the questions.
	// After a loss of the link, a snapshot's fills come before any later fill or end of an
	// order: those would overtake what was missed.
	Refresh() error
	// Next fills *Event with the next one.
	Next(context.Context, *Event) error
}

// Waker is an Exchange that can be asked for a Beat at a time: a replay sends one
// exactly then, a live source at least every 250 ms anyway. A later call replaces an
// earlier one; Never asks for none.
type Waker interface{ WakeAt(Stamp) }

// Auctioneer is a replay that lets everything trade once more at the last prices after its
// feed has ended, without a bound on volume. false when it cannot.
type Auctioneer interface{ FinalAuction() bool }

// Feed is a source of market events in order of time, class and series: closings of
// bars before openings at the same instant. Next fills *Event; io.EOF ends it.
type Feed interface{ Next(*Event) error }

// Facts is the set of facts that a source declares it can give. A control whose fact is
// declared absent is not applicable; a declared fact that is missing or old denies.
type Facts uint32

// The facts.
const (
	FactBook         Facts = 1 << iota // top of the book, depth
	FactSecondSource                   // a second venue's price
	FactClock                          // the venue's clock, to compare with ours
	FactHeartbeat                      // the link says that it lives
	FactStatus                         // the venue's and the pairs' modes
	FactBalances                       // balances as the venue sees them
	FactLedger                         // deposits, withdrawals, transfers
	FactKeyInfo                        // what the API key may do
	FactNonce                          // answers about nonces
	FactDeadMan                        // a dead man's switch
	FactForeign                        // orders and fills that are not ours
	FactErrors                         // outcomes of requests
	FactChecksum                       // checksums and sequence numbers
	FactHost                           // checks of the program's own surroundings
	factEnd
)

// AllFacts is what a live source must declare.
const AllFacts = factEnd - 1

var factNames = [...]string{
	"book", "second-source", "clock", "heartbeat", "status", "balances", "ledger", "key-info", "nonce", "dead-man", "foreign", "errors", "checksum", "host",
}

// Names lists the facts of the set.
func (f Facts) Names() []string {
	names := []string{}
	for i, n := range factNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}
