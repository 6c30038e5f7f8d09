package risk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// The names of the records are those of the journal's files: they never change.
func TestRecordsKeepTheirNamesAndNumbers(t *testing.T) {
	want := []string{
		"none", "start", "intent", "denial", "amend", "cancel", "order", "fill", "level", "day-start", "equity", "snapshot",
		"flow", "arm-request", "arm", "cycle", "ramp", "operator", "note",
	}
	for i, name := range want {
		if got := RecordType(i).String(); got != name {
			t.Errorf("%d is %s, was %s", i, got, name)
		}
	}
	if RecStart != 1 || RecNote != RecordType(len(want)-1) {
		t.Errorf("the first is %d, note is %d", RecStart, RecNote)
	}
	if got := recordTypes.String(); got != "invalid" || RecordType(200).String() != "invalid" {
		t.Errorf("beyond the last: %s", got)
	}
}

// A request to sell everything is on record, durably, with what it holds for.
func TestARequestToSellIsOnRecord(t *testing.T) {
	d := twoPairs(t)
	d.ledger(exchange.CodeAdjustment, 5*cad)
	c := d.wants()
	n := len(d.log.records) - 1
	if r := d.log.records[n]; r.Type != RecFlattenRequest || r.Text != c || r.Instrument != exchange.None || r.Slot != noSlot || !d.log.durable[n] {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(c, " holds=XBT:1 ") { // neither the account's own money nor what there is none of
		t.Error(c)
	}
	d.play(exchange.Event{Kind: exchange.KindLedger, Code: exchange.CodeAdjustment, FeeAsset: 2, Cost: 1})
	if c := d.wants(); !strings.Contains(c, " holds=XBT:1,ETH:0.00000001 ") {
		t.Error(c)
	}
	d.log.failAt = len(d.log.records) + 1
	if _, err := d.g.RequestFlatten("drill", [16]byte{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
	if _, err := d.g.RequestFlatten("drill", [16]byte{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "nothing can be recorded") {
		t.Error(err)
	}
}

// The command that begins the sale carries the time and the why, and entries go.
func TestTheSaleBeginsWithItsCommand(t *testing.T) {
	d := open(t, wide())
	c, err := d.g.RequestFlatten(` a "quoted" reason= `, [16]byte{})
	if err != nil {
		t.Fatal(err)
	}
	d.beat(time.Second)
	if err := d.g.ConfirmFlatten(c, sign(c)); err != nil {
		t.Fatal(err)
	}
	r := d.log.last(RecOperator)
	if ev := r.Event; ev.Kind != exchange.KindOperator || ev.Code != exchange.CodeFlatten || ev.Time != d.now || ev.Received != d.now || ev.Instrument != exchange.None || ev.FeeAsset != exchange.None || !ev.Last || ev.Detail.Text != `a "quoted" reason=` {
		t.Errorf("%+v", ev)
	}
	if st := d.g.Status().Sale; st.Since != d.now || st.Why != `a "quoted" reason=` {
		t.Errorf("%+v", st)
	}
	d.play(exchange.Event{Kind: exchange.KindOperator, Code: exchange.CodeFlatten, Instrument: exchange.None, Detail: &exchange.Detail{Text: "again"}})
	if st := d.g.Status().Sale; st.Since != d.now || st.Why != `a "quoted" reason=` {
		t.Errorf("a second command changed the first: %+v", st)
	}
	bare := open(t, wide())
	bare.play(exchange.Event{Kind: exchange.KindOperator, Code: exchange.CodeFlatten, Instrument: exchange.None})
	if st := bare.g.Status().Sale; st == nil || st.Why != "" {
		t.Errorf("%+v", st)
	}
	d.g.Kill(KillCommand, "drill") // a kill ends it; after the ceremony it may be asked for again
	if d.g.Flattening() {
		t.Error("still selling at KILLED")
	}
	if _, err := d.g.RequestFlatten("drill", [16]byte{}); err == nil || !strings.Contains(err.Error(), "at KILLED nothing goes out") {
		t.Error(err)
	}
}

func TestASaleOfADrySessionIsRefused(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.DryRun = true })
	if _, err := d.g.RequestFlatten("drill", [16]byte{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "the session runs dry") {
		t.Error(err)
	}
}

// The status of a sale lists each coin that was there or came, and is done when nothing is
// open and nothing left that the venue would take.
func TestHowFarASaleHasCome(t *testing.T) {
	d := twoPairs(t) // least quantity 10,000 lots, least cost 0.5
	d.code(exchange.KindOperator, exchange.CodeFlatten)
	a := d.g.s.acct
	eth := exchange.AssetID(2)
	a.mark[0] = 5_000 * cad // 10,000 lots cost exactly the least
	for i, c := range []struct {
		xbt, eth money.Amount
		mark     money.Price // of XBT/CAD
		done     bool
	}{
		{10_000, 0, 5_000 * cad, false}, {9_999, 0, 9_000 * cad, true}, {10_000, 0, 5_000*cad - 1, true}, {10_000, 0, 0, true},
		{0, 0, 5_000 * cad, true}, {0, 1, 5_000 * cad, true}, {0, xbt, 5_000 * cad, true}, // without a price its cost is nothing
		{10_099, 0, 49_509_000, true}, // 4,999.9 units round down
	} {
		a.balance[1], a.balance[eth], a.mark[0] = c.xbt, c.eth, c.mark
		st := d.g.Status().Sale
		if st.Done != c.done {
			t.Errorf("%d: done %v", i, st.Done)
		}
		want := []Coin{{1, xbt, c.xbt}}
		if c.eth != 0 {
			want = append(want, Coin{eth, 0, c.eth})
		}
		if !slices.Equal(st.Coins, want) {
			t.Errorf("%d: %+v, want %+v", i, st.Coins, want)
		}
	}
	a.balance[1], a.balance[eth] = 0, 0
	a.add(&exchange.Order{ID: 1, Side: exchange.Sell, Qty: 1}, 0)
	if d.g.Status().Sale.Done {
		t.Error("done while an order is open")
	}
}

// A control that is taken out trips nothing and denies nothing, and all the others stay.
func TestAGuardWithoutAControlLacksJustThat(t *testing.T) {
	for _, trials := range tried {
		for i := range trials {
			tr := &trials[i]
			t.Run(tr.control.String(), func(t *testing.T) {
				d := open(t, wide(), func(c *Config) {
					if tr.setup != nil {
						tr.setup(c)
					}
				})
				tr.warmed(d)
				d.g.s.without = tr.control
				d.g.s.floors()
				switch tr.control {
				case KillFile, OrderRate, DuplicateOrder, FillFeedback, MaxOrderNotional:
					if tr.bad == nil {
						t.Skip("what leads to the latch is denials, and there are none")
					}
				}
				if tr.bad != nil {
					o := tr.bad(d)
					if d.g.Submit(o); d.reason(tr.control) != "" && o.Slot >= 0 { // without a place for it no order is computed with
						t.Errorf("denied: %s", d.said())
					}
					return
				}
				tr.below(d)
				tr.trip(d)
				if l := d.latched(tr.control); l != nil {
					t.Errorf("tripped: %+v", l)
				}
			})
		}
	}
}
