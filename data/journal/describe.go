package journal

import (
	"fmt"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// describe appends what a line says, in words and with decimal points.
func (e *Entry) describe(b []byte) []byte {
	if e.Mark != nil {
		return e.Mark.describe(b)
	}
	r, t := e.Record, e.Table
	switch {
	case r.Order != nil:
		b = t.order(b, r.Order)
	case r.Amend != nil:
		b = append(b, "amend"...)
	case r.Event != nil:
		b = t.event(b, r.Event)
	}
	if r.Type == risk.RecLevel {
		b = fmt.Appendf(b, "%v → %v by %v", r.From, r.Level, r.Control)
		if r.Scope != risk.Global {
			b = fmt.Appendf(b, " for one %v", r.Scope)
		}
	}
	for i := range r.Reasons {
		b = describeReason(append(b, "; "...), &r.Reasons[i])
	}
	if r.Facts != 0 {
		b = fmt.Appendf(b, "facts: %s ", strings.Join(r.Facts.Names(), " "))
	}
	for _, a := range [...]struct {
		name string
		v    money.Amount
	}{{"equity", r.Equity}, {"high", r.High}, {"day low", r.DayLow}, {"cost", r.Cost}} {
		if a.v != 0 {
			b = t.amount(append(append(space(b), a.name...), ' '), t.Currency, a.v)
		}
	}
	if r.Count != 0 {
		b = fmt.Appendf(space(b), "count %d", r.Count)
	}
	if r.Until != 0 {
		b = fmt.Appendf(space(b), "until %v", r.Until)
	}
	if r.Text != "" {
		b = append(space(b), shortened(oneLine(r.Text))...)
	}
	return b
}

// shortened keeps the limits of a run, which its start record tells as JSON, from filling
// a screen.
func shortened(s string) string {
	const most = 160
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// describeReason is Reason.Append for a reason that a file gave.
func describeReason(b []byte, r *risk.Reason) []byte {
	for i := range r.Fields {
		if int(r.Fields[i].Decimals) >= len(money.Pow10) {
			return fmt.Appendf(b, "%v with a number of %d decimals", r.Control, r.Fields[i].Decimals)
		}
	}
	safe := *r
	for i := range safe.Fields {
		safe.Fields[i].Key = oneLine(safe.Fields[i].Key)
	}
	return safe.Append(b)
}

func space(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] != ' ' {
		return append(b, ' ')
	}
	return b
}

// oneLine keeps a text from the outside from breaking out of its line or steering a
// terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '·'
		}
		return r
	}, s)
}

func (m *Mark) describe(b []byte) []byte {
	switch m.Type {
	case MarkSegment:
		return fmt.Appendf(b, "file %d begins", m.Segment)
	case MarkCut:
		return fmt.Appendf(b, "a torn end of %d bytes was cut from %s at byte %d", m.Lost, oneLine(m.File), m.Byte)
	}
	return append(b, oneLine(m.Text)...)
}

func (t *Table) amount(b []byte, a exchange.AssetID, v money.Amount) []byte {
	if a < 0 || int(a) >= len(t.Assets) || int(t.Assets[a].Decimals) >= len(money.Pow10) {
		return fmt.Appendf(b, "%d", int64(v))
	}
	b = money.Append(b, int64(v), t.Assets[a].Decimals)
	return append(append(b, ' '), t.Assets[a].Name...)
}

// scales are the decimals of an instrument's prices and quantities; 0 where it is unknown.
func (t *Table) scales(id exchange.InstrumentID) (price, lot uint8) {
	if id < 0 || int(id) >= len(t.Instruments) {
		return 0, 0
	}
	const most = uint8(len(money.Pow10) - 1)
	return min(t.Instruments[id].PriceDecimals, most), min(t.Instruments[id].LotDecimals, most)
}

func (t *Table) order(b []byte, o *exchange.Order) []byte {
	price, lot := t.scales(o.Instrument)
	b = fmt.Appendf(b, "%v %v", o.Side, o.Type)
	if o.Qty != 0 {
		b = append(append(b, ' '), money.Trim(int64(o.Qty), lot)...)
	}
	if o.Cash != 0 {
		b = fmt.Appendf(b, " for %d", int64(o.Cash))
	}
	if o.Price != 0 {
		b = append(append(b, " at "...), money.Trim(int64(o.Price), price)...)
	}
	if o.Trigger != 0 {
		b = append(append(b, " trigger "...), money.Trim(int64(o.Trigger), price)...)
	}
	if o.TIF != exchange.GTC {
		b = fmt.Appendf(b, " %v", o.TIF)
	}
	return b
}

func (t *Table) event(b []byte, ev *exchange.Event) []byte {
	price, lot := t.scales(ev.Instrument)
	switch ev.Kind {
	case exchange.KindFill:
		b = fmt.Appendf(b, "%v %s at %s %v fee ", ev.Side, money.Trim(int64(ev.Qty), lot), money.Trim(int64(ev.Price), price), ev.Liquidity)
		b = t.amount(b, ev.FeeAsset, ev.Fee)
		b = fmt.Appendf(b, ", %v", ev.State)
	case exchange.KindOrder:
		b = fmt.Appendf(b, "%v", ev.State)
		if ev.Code != exchange.CodeNone {
			b = fmt.Appendf(b, ": %v", ev.Code)
		}
	case exchange.KindSnapshot:
		if ev.Detail != nil && ev.Detail.Snapshot != nil {
			for _, bal := range ev.Detail.Snapshot.Balances {
				b = t.amount(space(b), bal.Asset, bal.Total)
			}
			b = fmt.Appendf(b, ", %d open orders", len(ev.Detail.Snapshot.Orders))
		}
	default:
		b = fmt.Appendf(b, "%v", ev.Kind)
		if ev.Code != exchange.CodeNone {
			b = fmt.Appendf(b, ": %v", ev.Code)
		}
		if ev.Detail != nil {
			b = append(space(b), oneLine(ev.Detail.Text)...)
		}
	}
	return b
}
