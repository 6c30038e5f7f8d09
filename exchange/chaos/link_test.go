package chaos_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/exchangetest"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// list is a feed from memory.
type list struct {
	events []exchange.Event
	at     int
}

func (l *list) Next(ev *exchange.Event) error {
	if l.at == len(l.events) {
		return io.EOF
	}
	*ev = l.events[l.at]
	l.at++
	return nil
}

const one = money.Qty(10_000) // a whole coin in lots

// minutes is a market of n bars of a minute whose price stays at 100.00.
func minutes(n int) *list {
	l := new(list)
	for i := range n {
		at := start.Add(time.Duration(i) * time.Minute)
		l.events = append(l.events,
			exchange.Event{Kind: exchange.KindOpen, Time: at, Interval: time.Minute, Open: 10000, Qty: 100 * one, Instrument: 0, FeeAsset: exchange.None},
			exchange.Event{Kind: exchange.KindBar, Time: at.Add(time.Minute), Interval: time.Minute, Matched: true, Open: 10000, High: 10100, Low: 9900, Price: 10000, Qty: 100 * one, FeeAsset: exchange.None})
	}
	return l
}

func seconds(n int) *list {
	l := new(list)
	for i := range n {
		l.events = append(l.events, exchange.Event{Kind: exchange.KindTrade, Time: start.Add(time.Duration(i) * time.Second), Price: 10000, Qty: 100 * one, FeeAsset: exchange.None})
	}
	return l
}

func catalog(t testing.TB) *exchange.Catalog {
	t.Helper()
	c := exchange.NewCatalog()
	for _, a := range []string{"XBT", "CAD"} {
		if _, err := c.AddAsset(a, 4); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 2, LotDecimals: 4}); err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	xbt = exchange.AssetID(0)
	cad = exchange.AssetID(1)
)

// line is a venue behind a link under test, with what was told so far.
type line struct {
	*chaos.Link
	t     testing.TB
	x     *chaos.Injector
	venue *sim.Venue
	ids   exchange.OrderID
	now   exchange.Stamp
	got   []exchange.Event
}

func behind(t testing.TB, plan string, facts exchange.Facts, feed *list) *line {
	t.Helper()
	c := catalog(t)
	p, err := chaos.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	x, err := chaos.NewInjector(p, start)
	if err != nil {
		t.Fatal(err)
	}
	v, err := sim.NewVenue(sim.Config{Catalog: c, Model: sim.IdealModel(), Fees: sim.FixedFees(2000, 4000), Accounts: []sim.Deposits{{{Asset: cad, Total: 10_000_000}, {Asset: xbt, Total: 100_000}}}})
	if err != nil {
		t.Fatal(err)
	}
	r := sim.NewReplay(v, chaos.WrapFeed(feed, x, c), 0)
	r.EmitTops(true)
	return &line{
		t: t, x: x, venue: v, now: start,
		Link: chaos.Wrap(r, x, chaos.Config{Catalog: c, Venue: v, Facts: facts, Key: exchange.KeyInfo{Permissions: []string{"query-funds", "modify-trades"}, AllowedIPs: []string{"192.0.2.1"}, ValidUntil: exchange.Never}}),
	}
}

func (l *line) next() bool {
	l.t.Helper()
	var ev exchange.Event
	err := l.Next(context.Background(), &ev)
	if err == io.EOF {
		return false
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.now = max(l.now, ev.Time)
	l.got = append(l.got, ev)
	return true
}

// until reads on to an instant after the start.
func (l *line) until(d time.Duration) {
	l.t.Helper()
	l.WakeAt(start.Add(d))
	for l.now < start.Add(d) && l.next() {
	}
}

func (l *line) send(o exchange.Order) exchange.OrderID {
	l.t.Helper()
	l.ids++
	o.ID, o.Sent = l.ids, l.now
	if o.Qty == 0 {
		o.Qty = one / 10
	}
	if err := l.Submit(&o); err != nil {
		l.t.Fatal(err)
	}
	return o.ID
}

func (l *line) market() exchange.OrderID { return l.send(exchange.Order{Type: exchange.Market}) }

func (l *line) resting() exchange.OrderID {
	return l.send(exchange.Order{Type: exchange.Limit, Price: 5000})
}

// story is what was told about an order, with the seconds since the start.
func (l *line) story(id exchange.OrderID) (told []string) {
	for _, ev := range l.got {
		at := ev.Received.Sub(start).Round(time.Second)
		switch {
		case ev.Order != id:
		case ev.Kind == exchange.KindFill:
			told = append(told, fmt.Sprintf("%v fill", at))
		case ev.Kind == exchange.KindOrder:
			told = append(told, fmt.Sprintf("%v %v", at, ev.State))
		}
	}
	return told
}

// kinds is what was told of some kinds of event, with the seconds since the start.
func (l *line) kinds(kinds ...exchange.Kind) (told []string) {
	for _, ev := range l.got {
		if slices.Contains(kinds, ev.Kind) {
			s := fmt.Sprintf("%v %v", ev.Received.Sub(start).Round(time.Second), ev.Kind)
			if ev.Code != 0 {
				s += " " + ev.Code.String()
			}
			if ev.Kind == exchange.KindLink {
				s += " " + ev.State.String()
			}
			if ev.Kind == exchange.KindStatus {
				s += " " + ev.Status.String()
			}
			told = append(told, s)
		}
	}
	return told
}

func (l *line) tells(id exchange.OrderID, want ...string) {
	l.t.Helper()
	if got := l.story(id); !slices.Equal(got, want) {
		l.t.Errorf("of order %d it tells %q, want %q", id, got, want)
	}
}

func (l *line) fired(want ...int) {
	l.t.Helper()
	for i, n := range want {
		if l.x.Fired(i) != n {
			l.t.Errorf("%s fired %d times, want %d", l.x.Plan().Called(i), l.x.Fired(i), n)
		}
	}
}

func TestALinkIsAnExchange(t *testing.T) {
	for name, plan := range map[string]string{
		"empty":       "",
		"idle rules":  "- {at: 300d, on: AddOrder, do: drop}",
		"slow":        "- {on: AddOrder|CancelOrder, do: delay, by: 3s, for: 1h}",
		"late":        "- {do: delay, by: 90s, for: 1h}",
		"frozen":      "- {at: 5m, do: ws-freeze, for: 3m}",
		"gaps":        "- {at: 5m, do: ws-gap, times: 50}\n- {at: 6m, do: bad-checksum, times: 50}",
		"disconnect":  "- {at: 3m, do: disconnect, for: 2m}\n- {at: 12m, do: disconnect, for: 30s}",
		"wide":        "- {do: widen, pair: XBT/CAD, pct: 20%}\n- {do: drain-book, pair: XBT/CAD}",
		"lost reads":  "- {on: ClosedOrders, do: delay, for: 1h}",
		"lost cancel": "- {on: CancelOrder|AmendOrder, do: apply-then-502, for: 1h}",
	} {
		for market, feed := range map[string]func() *list{"bars": func() *list { return minutes(400) }, "trades": func() *list { return seconds(2000) }} {
			for facts, f := range map[string]exchange.Facts{"no facts": 0, "all facts": exchange.AllFacts} {
				t.Run(name+" on "+market+" with "+facts, func(t *testing.T) {
					exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
						l := behind(t, plan, f, feed())
						c := catalog(t)
						return exchangetest.Fixture{Exchange: l.Link, Instrument: &c.Instruments[0], Price: 10000, Qty: one / 100}
					})
				})
			}
		}
	}
}

func TestALostOrderIsUnknownAndThenAbsent(t *testing.T) {
	for _, verb := range []string{"drop", "html", "error, code: EService:Unavailable"} {
		l := behind(t, "- {at: 1m, on: AddOrder, do: "+verb+"}", exchange.FactErrors, minutes(10))
		l.until(time.Minute)
		id := l.market()
		l.until(4 * time.Minute)
		want := []string{"1m0s unknown", "2m7s absent"}
		if verb == "drop" {
			want = []string{"1m5s unknown", "2m12s absent"}
		}
		l.tells(id, want...)
		if b := l.venue.Balance(0, xbt); b.Total != 100_000 || !l.x.HasMet(chaos.GivenUp) {
			t.Errorf("%s: the venue has %+v", verb, b)
		}
		l.fired(1)
	}
}

// A fill whose message is garbled is fetched, and what comes after it waits: an order that
// ends before its fill is told would make that nobody's.
func TestWhatComesAfterAMissingMessageWaitsForIt(t *testing.T) {
	l := behind(t, "- {at: 30s, on: executions, do: bad-number, times: 1}", 0, minutes(10))
	l.until(time.Minute)
	garbled, after := l.market(), l.market()
	l.until(4 * time.Minute)
	l.tells(garbled, "1m0s working", "1m1s fill")
	l.tells(after, "1m0s working", "1m1s fill")
	l.fired(1)
}

// A lost order that is cancelled before anybody knows that it is lost: that the venue has none of
// that id to cancel does not show that it has it.
func TestALostOrderThatIsCancelledIsNotFound(t *testing.T) {
	l := behind(t, "- {at: 1m, on: AddOrder, do: drop, by: 31s}", 0, minutes(10))
	l.until(time.Minute)
	id := l.market()
	if err := l.Cancel(id); err != nil {
		t.Fatal(err)
	}
	if err := l.Refresh(); err != nil {
		t.Fatal(err)
	}
	l.until(4 * time.Minute)
	l.tells(id, "1m31s unknown", "2m38s absent")
}

// Our resting orders that the venue loses are gone, with what they held, and nobody is told;
// those of others stay.
func TestAVenueLosesOurOrdersAndSaysNothing(t *testing.T) {
	l := behind(t, "- {at: 90s, do: foreign-order, pair: XBT/CAD, amount: 0.1}\n- {at: 2m, do: vanish, pair: XBT/CAD}", 0, minutes(10))
	l.until(time.Minute)
	id := l.resting()
	l.until(100 * time.Second)
	held := l.venue.Balance(0, cad).Hold
	l.until(4 * time.Minute)
	if err := l.Refresh(); err != nil {
		t.Fatal(err)
	}
	l.until(5 * time.Minute)
	l.tells(id, "1m0s working")
	l.fired(1, 1)
	last := &l.got[len(l.got)-1]
	for i := range l.got {
		if l.got[i].Kind == exchange.KindSnapshot {
			last = &l.got[i]
		}
	}
	if orders := last.Detail.Snapshot.Orders; len(orders) != 1 || orders[0].Order.ID != 0 || l.venue.Balance(0, cad).Hold >= held {
		t.Errorf("the venue has %+v, held %d of %d", orders, l.venue.Balance(0, cad).Hold, held)
	}
}

func TestAnOrderThatWasAppliedIsFound(t *testing.T) {
	for _, verb := range []string{"timeout-after-apply, by: 10s", "apply-then-502", "truncate"} {
		l := behind(t, "- {at: 1m, on: AddOrder, do: "+verb+"}", 0, minutes(10))
		l.until(time.Minute)
		id := l.resting()
		filled := l.market()
		l.until(4 * time.Minute)
		want := []string{"1m0s unknown", "1m1s working"}
		if verb[0] == 't' && verb[1] == 'i' {
			want = []string{"1m10s unknown", "1m11s working"}
		}
		l.tells(id, want...)
		if !l.x.HasMet(chaos.FoundOpen) || l.x.HasMet(chaos.GivenUp) {
			t.Errorf("%s: it was not found among the open orders", verb)
		}
		l.tells(filled, "1m0s working", "1m0s fill") // one fault, one order
	}
}

func TestAHiddenOrderStaysUnknownUntilItShows(t *testing.T) {
	l := behind(t, "- {at: 1m, on: AddOrder, do: apply-then-502}\n- {at: 1m, on: OpenOrders|ClosedOrders|TradesHistory, do: hide-order, for: 45s}", 0, minutes(10))
	l.until(time.Minute)
	id := l.market()
	l.until(70 * time.Second)
	if err := l.Refresh(); err != nil {
		t.Fatal(err)
	}
	l.until(4 * time.Minute)
	l.tells(id, "1m0s unknown", "1m46s working", "1m46s fill")
	for _, ev := range l.got { // the snapshot in between must not show what the lists hide
		if ev.Kind == exchange.KindSnapshot && ev.Detail.Snapshot.Balances[xbt].Total != 100_000 {
			t.Errorf("the snapshot has %+v", ev.Detail.Snapshot.Balances)
		}
	}
	if l.fired(1, 1); !l.x.HasMet(chaos.FoundClosed) {
		t.Error("it was not found among the closed orders")
	}
}

func TestAnOrderThatShowsAfterItWasGivenUpTellsItsFills(t *testing.T) {
	l := behind(t, "- {at: 1m, on: AddOrder, do: apply-then-502}\n- {at: 1m, do: hide-order, for: 3m}", 0, minutes(10))
	l.until(time.Minute)
	id := l.market()
	l.until(6 * time.Minute)
	l.tells(id, "1m0s unknown", "2m7s absent", "4m0s fill")
}

// An order that rests unseen is taken back by its client id before it is given up.
func TestAnOrderThatIsGivenUpIsNoLongerThere(t *testing.T) {
	l := behind(t, "- {at: 1m, on: AddOrder, do: apply-then-502}\n- {at: 1m, do: hide-order}", 0, minutes(10))
	l.until(time.Minute)
	id := l.resting()
	l.until(6 * time.Minute)
	l.tells(id, "1m0s unknown", "2m7s absent")
	if b := l.venue.Balance(0, cad); b.Hold != 0 {
		t.Errorf("the venue holds %+v", b)
	}
}

func TestWhatTheVenueRefusesIsRejected(t *testing.T) {
	for rule, want := range map[string]exchange.Code{
		"{on: AddOrder, do: error, code: EOrder:Insufficient funds}": exchange.CodeInsufficientFunds,
		"{on: AddOrder, do: error, code: EGeneral:Nonsense}":         exchange.CodeInvalid,
		"{on: AddOrder, do: 429}":                                    exchange.CodeRateLimit,
		"{do: revoke}":                                               exchange.CodeInvalidKey,
		"{do: ip-block}":                                             exchange.CodePermission,
		"{do: drop-perm, value: modify-trades}":                      exchange.CodePermission,
		"{on: AddOrder, do: foreign-nonce}":                          exchange.CodeInvalidNonce,
	} {
		l := behind(t, "- "+rule, exchange.FactErrors, minutes(10))
		l.until(time.Minute)
		id := l.market()
		l.until(2 * time.Minute)
		l.tells(id, "1m0s rejected")
		i := slices.IndexFunc(l.got, func(ev exchange.Event) bool { return ev.Kind == exchange.KindRequest && ev.Code == want })
		if i < 0 {
			t.Errorf("%s: no request is told to have failed with %q", rule, want)
		}
		if b := l.venue.Balance(0, xbt); b.Total != 100_000 {
			t.Errorf("%s: the venue has %+v", rule, b)
		}
	}
}

func TestOutcomesComeLateTwiceAndInAnotherOrder(t *testing.T) {
	for rule, want := range map[string][]string{
		"{on: AddOrder, do: delay, by: 10s}":  {"1m10s working", "1m10s fill"},
		"{on: AddOrder, do: duplicate}":       {"1m0s working", "1m0s working", "1m1s fill", "1m1s fill"},
		"{on: AddOrder, do: reorder, by: 3s}": {"1m1s fill", "1m3s working"},
		"{on: executions, do: replay}":        {"1m0s working", "1m1s fill", "1m1s fill"},
		"{on: executions, do: ws-gap}":        {"1m0s working", "1m2s fill"},
		"{at: 1m, do: ws-freeze, for: 20s}":   {"1m0s working", "1m20s fill"},
		"{at: 30s, do: disconnect, for: 50s}": {"1m0s working", "1m20s fill"},
	} {
		l := behind(t, "- "+rule, 0, seconds(300))
		l.until(time.Minute)
		id := l.market()
		l.until(2 * time.Minute)
		if l.tells(id, want...); t.Failed() {
			t.Fatal(rule)
		}
		l.fired(1)
	}
}

func TestACancelIsLostOrFound(t *testing.T) {
	for rule, want := range map[string][]string{
		"{at: 2m, on: CancelOrder, do: drop}":                                   {"1m0s working", "2m6s working"},
		"{at: 2m, on: CancelOrder, do: apply-then-502}":                         {"1m0s working", "2m1s cancelled"},
		"{at: 2m, on: CancelOrder, do: error, code: EOrder:Unknown order}":      {"1m0s working", "2m0s working"},
		"{at: 2m, on: CancelOrder, do: delay, by: 4s}":                          {"1m0s working", "2m4s cancelled"},
		"{at: 2m, on: AmendOrder, do: drop}\n- {at: 90m, do: drop}":             {"1m0s working", "2m0s cancelled"},
		"{at: 2m, on: CancelOrder, do: error, code: EService:Unavailable}":      {"1m0s working", "2m1s working"},
		"{at: 2m, on: CancelOrder, do: error, code: 'EGeneral:Internal error'}": {"1m0s working", "2m1s working"},
	} {
		l := behind(t, "- "+replaceQuotes(rule), 0, minutes(10))
		l.until(time.Minute)
		id := l.resting()
		l.until(2 * time.Minute)
		if err := l.Cancel(id); err != nil {
			t.Fatal(err)
		}
		l.until(4 * time.Minute)
		if l.tells(id, want...); t.Failed() {
			t.Fatal(rule)
		}
	}
}

func replaceQuotes(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '\'' {
			b[i] = '"'
		}
	}
	return string(b)
}

func TestTheStreamTellsOfItsFlaws(t *testing.T) {
	for rule, want := range map[string][]string{
		"{at: 10s, on: trade, do: ws-gap}":                                  {"10s integrity Sequence gap", "11s integrity"},
		"{at: 10s, on: trade|ticker, do: bad-checksum}":                     {"10s integrity Checksum mismatch", "11s integrity"},
		"{at: 10s, do: disconnect, for: 5s}":                                {"10s link absent", "15s link working"},
		"{at: 10s, do: status, value: emergency, for: 5s}":                  {"10s advice Emergency", "15s advice"},
		"{at: 10s, do: halt, for: 5s}":                                      {"10s status maintenance", "15s status online"},
		"{at: 10s, do: status, value: cancel-only, pair: XBT/CAD, for: 5s}": {"10s status cancel_only", "15s status online"},
		"{at: 10s, do: foreign-order, pair: XBT/CAD}":                       {"10s foreign"},
		"{at: 10s, do: manual-trade, pair: XBT/CAD, amount: 0.5}":           {"10s foreign", "11s foreign"},
		"{at: 10s, do: withdraw, asset: CAD, amount: 5}":                    {"10s ledger Withdrawal", "10s balance"},
		"{at: 10s, do: credit, asset: CAD, amount: 5, value: none}":         {"10s balance"},
	} {
		l := behind(t, "- "+rule, 0, seconds(60))
		for l.next() {
		}
		got := l.kinds(exchange.KindIntegrity, exchange.KindLink, exchange.KindAdvice, exchange.KindStatus, exchange.KindForeign, exchange.KindLedger, exchange.KindBalance)
		if !slices.Equal(got, want) {
			t.Errorf("%s tells %q, want %q", rule, got, want)
		}
		l.fired(1)
	}
}

func TestAFrozenStreamKeepsTheSocketAndLosesTheMarket(t *testing.T) {
	l := behind(t, "- {at: 10s, on: trade|ticker, do: ws-freeze, for: 20s}", exchange.FactHeartbeat, seconds(60))
	for l.next() {
	}
	trades, beats := 0, 0
	for _, ev := range l.got {
		at := ev.Time.Sub(start)
		if during := at >= 10*time.Second && at < 30*time.Second; ev.Kind == exchange.KindTrade {
			trades++
			if during {
				t.Errorf("a trade comes at %v", at)
			}
		} else if ev.Kind == exchange.KindHeartbeat && during {
			beats++
		}
	}
	if trades != 40 || beats < 19 {
		t.Errorf("%d trades in all, %d heartbeats while it is frozen", trades, beats)
	}
}

func TestOurClockIsWrongAndIsCompared(t *testing.T) {
	for rule, want := range map[string]struct {
		off, beat time.Duration
		steps     int
	}{
		"{at: 10s, do: skew, by: 3s}":      {3 * time.Second, 30 * time.Second, 0},
		"{at: 10s, do: step, by: -1h}":     {-time.Hour, -1, 1},
		"{at: 10s, do: step, by: 1d}":      {24 * time.Hour, 24*time.Hour + 10*time.Second, 1}, // long past, so at once
		"{at: 10s, do: clock-freeze}":      {-110 * time.Second, -1, 0},
		"{at: 10s, do: skew, by: -1500ms}": {-1500 * time.Millisecond, 30 * time.Second, 0},
	} {
		l := behind(t, "- "+rule, exchange.FactClock, seconds(200))
		l.WakeAt(start.Add(30 * time.Second))
		for l.next() {
		}
		var off []time.Duration
		steps, beat := 0, time.Duration(-1)
		for _, ev := range l.got {
			if ev.Kind == exchange.KindClock {
				off = append(off, ev.Interval)
				if ev.Code == exchange.CodeClockStep {
					steps++
				}
			}
			if at := ev.Time.Sub(start); ev.Kind == exchange.KindBeat && beat < 0 && at >= 30*time.Second {
				beat = at
			}
		}
		if !slices.Contains(off, want.off) || steps != want.steps {
			t.Errorf("%s: the comparisons are %v with %d steps, want %v with %d", rule, off, steps, want.off, want.steps)
		}
		if beat != want.beat {
			t.Errorf("%s: the beat of 30s comes at %v of our clock, want %v", rule, beat, want.beat)
		}
	}
}

func TestTheSecondSourceSeesNoWickAndKnowsOfGaps(t *testing.T) {
	l := behind(t, "- {at: 10s, do: wick, pair: XBT/CAD, pct: -64%, for: 10s}\n- {at: 30s, do: market-gap, pair: XBT/CAD, pct: -10%}\n- {at: 40s, do: second-source-diverge, pair: XBT/CAD, pct: 7%, for: 5s}", exchange.FactSecondSource, seconds(60))
	for l.next() {
	}
	for _, ev := range l.got {
		at := int(ev.Time.Sub(start) / time.Second)
		ours, second := money.Price(10000), money.Price(10000)
		if at >= 10 && at < 20 {
			ours = 3600
		}
		if at >= 30 {
			ours, second = 9000, 9000
		}
		if at >= 40 && at < 45 {
			second = 9630
		}
		if ev.Kind == exchange.KindTrade && ev.Price != ours || ev.Kind == exchange.KindSecond && ev.Price != second {
			t.Fatalf("after %d s %v is %d, want %d and %d", at, ev.Kind, ev.Price, ours, second)
		}
	}
	l.fired(1, 1, 1)
}

func TestAWickShowsInItsBar(t *testing.T) {
	l := behind(t, "- {at: 90s, do: wick, pair: XBT/CAD, pct: -64%, for: 10s}\n- {at: 5m, do: market-gap, pair: XBT/CAD, pct: 50%}", 0, minutes(8))
	for l.next() {
	}
	n := 0
	for _, ev := range l.got {
		if ev.Kind != exchange.KindBar {
			continue
		}
		want := exchange.Event{Open: 10000, High: 10100, Low: 9900, Price: 10000}
		switch n {
		case 1:
			want = exchange.Event{Open: 10000, High: 10000, Low: 3600, Price: 10000}
		case 4: // the close is an instant at which it has gapped
			want = exchange.Event{Open: 10000, High: 15000, Low: 10000, Price: 15000}
		case 5, 6, 7:
			want = exchange.Event{Open: 15000, High: 15150, Low: 14850, Price: 15000}
		}
		if ev.Open != want.Open || ev.High != want.High || ev.Low != want.Low || ev.Price != want.Price {
			t.Errorf("bar %d is %d %d %d %d, want %d %d %d %d", n, ev.Open, ev.High, ev.Low, ev.Price, want.Open, want.High, want.Low, want.Price)
		}
		n++
	}
}
