package chaos

import (
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/internal/planted"
)

// slow is an order whose outcomes are held back until a time.
type slow struct {
	id    exchange.OrderID
	until exchange.Stamp
	first bool // only the first of them
}

// Submit hands an order over, once, unless a fault keeps it from arriving. nil in that
// case too: its outcome comes through Next.
func (l *Link) Submit(o *exchange.Order) error {
	if l.idle {
		return l.inner.Submit(o)
	}
	r, code := l.call(AddOrder, o.Instrument)
	answer := exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpSubmit, Order: o.ID, Instrument: o.Instrument, Side: o.Side, Price: o.Price, Qty: o.Qty, Remaining: o.Qty}
	if code != exchange.CodeNone && definite(code) {
		answer.State, answer.Code = exchange.Rejected, code
		l.refuse(&answer)
		return nil
	}
	arrives := code == exchange.CodeNone && (r == nil || r.Do.arrives())
	if arrives {
		if err := l.inner.Submit(o); err != nil {
			return err
		}
		l.x.Reach(Submitted)
	}
	if planted.On(planted.ResendOnTimeout) && r != nil && r.Do.loses() {
		if err := l.inner.Submit(o); err != nil {
			return err
		}
	}
	l.afterCall(r, arrives, exchange.OpSubmit, o.ID, o.Instrument)
	return nil
}

// Amend hands a change over, once, unless a fault keeps it from arriving.
func (l *Link) Amend(a *exchange.Amend) error {
	if l.idle {
		return l.inner.Amend(a)
	}
	r, code := l.call(AmendOrder, exchange.None)
	if code != exchange.CodeNone && definite(code) {
		l.refuse(&exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Order: a.Order, State: exchange.Working, Code: code, Instrument: exchange.None})
		return nil
	}
	arrives := code == exchange.CodeNone && (r == nil || r.Do.arrives())
	if arrives {
		if err := l.inner.Amend(a); err != nil {
			return err
		}
	}
	l.afterCall(r, arrives, exchange.OpAmend, a.Order, exchange.None)
	return nil
}

// Cancel hands a cancellation over, once, unless a fault keeps it from arriving.
func (l *Link) Cancel(id exchange.OrderID) error {
	if l.idle {
		return l.inner.Cancel(id)
	}
	r, code := l.call(CancelOrder, exchange.None)
	if code != exchange.CodeNone && definite(code) {
		l.refuse(&exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpCancel, Order: id, State: exchange.Working, Code: code, Instrument: exchange.None})
		return nil
	}
	arrives := code == exchange.CodeNone && (r == nil || r.Do.arrives())
	if arrives {
		if err := l.inner.Cancel(id); err != nil {
			return err
		}
		l.x.Reach(Cancelled)
	}
	l.afterCall(r, arrives, exchange.OpCancel, id, exchange.None)
	return nil
}

// CancelAllAfter sets the venue's dead man's switch, unless a fault keeps it from arriving.
func (l *Link) CancelAllAfter(d time.Duration) error {
	if l.idle {
		return l.inner.CancelAllAfter(d)
	}
	r, code := l.call(CancelAllAfter, exchange.None)
	if code == exchange.CodeNone && (r == nil || r.Do.arrives()) {
		if err := l.inner.CancelAllAfter(d); err != nil {
			return err
		}
	}
	if code == exchange.CodeNone && r != nil && r.Do.loses() {
		code = exchange.CodeTransport
	}
	if l.cfg.Facts&exchange.FactDeadMan != 0 {
		ev := l.fact(exchange.KindDeadMan)
		ev.Code = code
		l.push(l.now.Add(patience(r)), ev)
	}
	return nil
}

// Refresh asks for a snapshot. One that is lost never comes; the request's failure is told.
func (l *Link) Refresh() error {
	if l.idle {
		return l.inner.Refresh()
	}
	var r *Rule
	for _, name := range reads { // a snapshot is made of four answers
		var code exchange.Code
		if r, code = l.call(name, exchange.None); code != exchange.CodeNone || r != nil && (r.Do.loses() || !r.Do.arrives()) {
			return nil
		}
		if r != nil {
			break
		}
	}
	if err := l.inner.Refresh(); err != nil {
		return err
	}
	l.asked = append(l.asked, r)
	return nil
}

// arrives reports whether what the fault strikes reaches the venue.
func (v Verb) arrives() bool {
	switch v {
	case Drop, HTML, TooMany, Refuse, ForeignNonce:
		return false
	}
	return true
}

// loses reports whether the caller gets no usable answer.
func (v Verb) loses() bool {
	switch v {
	case Drop, TimeoutAfterApply, ApplyThen502, Truncate, HTML:
		return true
	}
	return false
}

// patience is how long the caller waits before it knows that no answer comes.
func patience(r *Rule) time.Duration {
	if r != nil && (r.Do == Drop || r.Do == TimeoutAfterApply || r.Do == Delay) {
		return r.Wait()
	}
	return 0
}

// call finds what strikes a call: a rule, or a code that the venue answers with at once.
// The request's outcome is told here.
func (l *Link) call(name string, id exchange.InstrumentID) (*Rule, exchange.Code) {
	code := l.keyRefuses(name)
	var r *Rule
	if code == exchange.CodeNone {
		if r = l.x.Strike(Key, name, ""); r != nil {
			code = exchange.CodeInvalidNonce
		} else if r = l.x.Strike(HTTP, name, l.symbol(id)); r != nil {
			switch r.Do {
			case Refuse:
				code = codeOf(r.Code)
			case TooMany:
				code = exchange.CodeRateLimit
			}
		}
	}
	l.request(r, code)
	return r, code
}

// request tells how a request went.
func (l *Link) request(r *Rule, code exchange.Code) {
	if l.cfg.Facts&exchange.FactErrors == 0 {
		return
	}
	if code == exchange.CodeNone && r != nil && r.Do.loses() {
		code = exchange.CodeTransport
	}
	ev := l.fact(exchange.KindRequest)
	ev.Code = code
	l.push(l.now.Add(patience(r)), ev)
}

// answer tells the caller what became of an order at once.
func (l *Link) answer(ev *exchange.Event) { l.answerAt(l.now, ev) }

// refuse is the venue's answer to a call that it does not carry out.
func (l *Link) refuse(ev *exchange.Event) { l.answerAt(l.now.Add(l.cfg.RoundTrip), ev) }

func (l *Link) answerAt(due exchange.Stamp, ev *exchange.Event) {
	ev.Time, ev.Received, ev.Last, ev.Account, ev.FeeAsset = due, due, true, l.cfg.Account, exchange.None
	l.push(due, ev)
}

// afterCall sets up what a fault does to the outcomes of an order.
func (l *Link) afterCall(r *Rule, arrived bool, op exchange.Op, id exchange.OrderID, in exchange.InstrumentID) {
	switch {
	case r == nil:
	case r.Do.loses() || !arrived: // an error that leaves it open counts as lost
		l.lose(op, id, in, arrived, l.now.Add(patience(r)))
	case r.Do == Delay:
		l.slow = append(l.slow, slow{id: id, until: l.now.Add(r.Wait())})
	case r.Do == Reorder:
		l.slow = append(l.slow, slow{id: id, until: l.now.Add(r.Wait()), first: true})
	case r.Do == Duplicate:
		l.twice = append(l.twice, id)
	}
}

// keyRefuses is what the venue answers to a call with a key that may not make it.
func (l *Link) keyRefuses(call string) exchange.Code {
	switch {
	case l.x.Holds(Revoke, "", "") != nil:
		return exchange.CodeInvalidKey
	case l.x.Holds(IPBlock, "", "") != nil:
		return exchange.CodePermission
	}
	right := "query-funds"
	switch call {
	case AddOrder, AmendOrder, CancelOrder, CancelAllAfter:
		right = "modify-trades"
	case OpenOrders:
		right = "query-open-trades"
	case ClosedOrders, TradesHistory:
		right = "query-closed-trades"
	}
	if l.x.holdsValue(DropPerm, right) {
		return exchange.CodePermission
	}
	return exchange.CodeNone
}

// definite reports whether a code says that nothing was done. What the venue itself does not
// know leaves the outcome open (Kraken REST docs, errors of the class EService).
func definite(c exchange.Code) bool {
	return c != exchange.CodeService && c != exchange.CodeTransport
}

// errorCodes are Kraken's errors and what they mean here.
var errorCodes = []struct {
	text string
	code exchange.Code
}{
	{"EService:Deadline elapsed", exchange.CodeDeadline},
	{"EService:Market in cancel_only mode", exchange.CodeMarketMode},
	{"EService:Market in post_only mode", exchange.CodeMarketMode},
	{"EService", exchange.CodeService},
	{"EGeneral:Internal error", exchange.CodeService},
	{"EGeneral:Temporary lockout", exchange.CodeInvalidKey},
	{"EGeneral:Permission denied", exchange.CodePermission},
	{"EGeneral:Too many requests", exchange.CodeRateLimit},
	{"EAPI:Rate limit exceeded", exchange.CodeRateLimit},
	{"EAPI:Invalid key", exchange.CodeInvalidKey},
	{"EAPI:Invalid signature", exchange.CodeInvalidSignature},
	{"EAPI:Invalid nonce", exchange.CodeInvalidNonce},
	{"EOrder:Rate limit exceeded", exchange.CodeRateLimit},
	{"EOrder:Insufficient funds", exchange.CodeInsufficientFunds},
	{"EOrder:Order minimum not met", exchange.CodeOrderMinimum},
	{"EOrder:Cost minimum not met", exchange.CodeOrderMinimum},
	{"EOrder:Tick size check failed", exchange.CodeTickSize},
	{"EOrder:Orders limit exceeded", exchange.CodeOpenOrderCap},
	{"EOrder:Unknown order", exchange.CodeUnknownOrder},
	{"EQuery:Unknown asset pair", exchange.CodeUnknownInstrument},
}

// codeOf is what one of Kraken's errors means here; what is not listed is CodeInvalid.
func codeOf(text string) exchange.Code {
	for _, e := range errorCodes {
		if strings.HasPrefix(text, e.text) {
			return e.code
		}
	}
	return exchange.CodeInvalid
}

// outcome lets an order event or fill of the inner exchange go through the faults.
func (l *Link) outcome(ev *exchange.Event) {
	if ev.Order >= foreignIDs {
		l.tellForeign(ev)
		return
	}
	if i := l.findLost(ev.Order); i >= 0 {
		l.lost[i].held = append(l.lost[i].held, *ev)
		return
	}
	due := l.now
	if i := slices.IndexFunc(l.slow, func(s slow) bool { return s.id == ev.Order }); i >= 0 {
		s := l.slow[i]
		due = max(due, s.until)
		if s.first || due == l.now {
			l.slow = slices.Delete(l.slow, i, i+1)
		}
	}
	l.executions(due, ev)
	if slices.Contains(l.twice, ev.Order) {
		l.executions(due, ev)
	}
}
