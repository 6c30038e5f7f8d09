package exchange

import "errors"

// Code is a machine-readable reason of an order event.
type Code uint8

// The reasons. Their text is Kraken's where Kraken has one.
const (
	CodeNone              Code = iota
	CodeUserRequested          // we asked
	CodePostOnly               // would have taken liquidity
	CodeSelfTrade              // would have met an order of the same account
	CodeNoLiquidity            // IOC or FOK that could not be filled, or a market order in an empty book
	CodeInsufficientFunds      // holds leave too little
	CodeOrderMinimum           // below ordermin or costmin
	CodeTickSize               // price off the grid
	CodeInvalid                // malformed
	CodeUnknownOrder           // no such open order
	CodeMarketMode             // the instrument's status does not allow it
	CodeDeadline               // arrived after its deadline
	CodeExpired                // good till date ran out
	CodePriceProtection        // stopped too far from the reference price
	CodeOpenOrderCap           // too many open orders
	CodeTriggered              // a stop was triggered and is live now
	CodeAmended                // the change took effect
	CodeDeadMan                // the dead man's switch fired
	CodeOrderReplaced          // an edit took its place
	CodeUnknownInstrument      // no such pair
	CodeRateLimit              // throttled

	CodeTransport        // no answer, a broken one, or one of a proxy
	CodeService          // the venue is busy or unavailable
	CodeInvalidKey       // the key is unknown, revoked or expired
	CodeInvalidSignature //
	CodePermission       // the key may not do that
	CodeInvalidNonce     //

	CodeChecksum    // of the book
	CodeSequence    // a message is missing
	CodeCrossedBook // bid at or above ask
	CodeNotFinite   // a number that is none
	CodeFutureTime  // an event from the future
	CodeClockStep   // our clock jumped

	CodeDeposit
	CodeWithdrawal
	CodeTransfer
	CodeAdjustment // of rounding, or by the venue's staff

	CodeReduceActivity // advice before a maintenance, ascending
	CodeCancelOpenOrders
	CodeStopNewOrders
	CodeDisconnect
	CodeEmergency

	CodeKill    // the operator wants everything to stop
	CodeFlatten // the operator wants everything sold, in slices inside the collar
	codes
)

var codeTexts = [...]string{
	"", "User requested", "Post only order", "Self-trade prevention", "No liquidity", "Insufficient funds", "Order minimum not met",
	"Tick size check failed", "Invalid arguments", "Unknown order", "Market in restricted mode", "Deadline elapsed", "Expired",
	"Market price protection", "Orders limit exceeded", "Triggered", "Amended", "Dead man's switch", "Order replaced",
	"Unknown asset pair", "Rate limit exceeded",
	"No usable answer", "Service unavailable", "Invalid key", "Invalid signature", "Permission denied", "Invalid nonce",
	"Checksum mismatch", "Sequence gap", "Crossed book", "Number not finite", "Time in the future", "Clock step",
	"Deposit", "Withdrawal", "Transfer", "Adjustment",
	"Reduce activity", "Cancel open orders", "Stop new orders", "Disconnect and wait", "Emergency",
	"Kill", "Flatten",
}

func (c Code) String() string {
	if c >= codes {
		return "invalid"
	}
	return codeTexts[c]
}

// What an error of an Exchange means for its caller. Test with errors.Is.
var (
	ErrRejected    = errors.New("rejected by the venue")           // final
	ErrThrottled   = errors.New("throttled, not processed")        // the strategy may decide anew, with a new id
	ErrUnknown     = errors.New("outcome unknown")                 // may have happened: reconcile
	ErrBroken      = errors.New("broken protocol or bug")          // halt
	ErrUnsupported = errors.New("not supported by this venue")     // the venue has none
	ErrDryRun      = errors.New("dry run: approved and not sent")  // nothing was handed over
	ErrDenied      = errors.New("denied by the risk guard")        // ours
	ErrClosed      = errors.New("the exchange connection is shut") // nothing was handed over
)
