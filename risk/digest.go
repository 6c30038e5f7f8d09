package risk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"breakwater/exchange"
)

// Digest is a Recorder that boils a run's decisions down to one number: digest v1 of
// docs/digest.md. Two runs with the same digest sent the same orders at the same event
// times, got the same verdicts and the same fills. Venue ids, client ids and receive
// times stay out, so that a backtest and a live session can be equal.
type Digest struct {
	h   hash.Hash
	buf []byte
}

// NewDigest begins a digest with the instruments of a run.
func NewDigest(cat *exchange.Catalog) *Digest {
	d := &Digest{h: sha256.New(), buf: make([]byte, 0, 4096)}
	d.text("breakwater digest v1")
	d.number(int64(len(cat.Instruments)))
	for i := range cat.Instruments {
		in := &cat.Instruments[i]
		d.text(in.Symbol)
		d.buf = append(d.buf, in.PriceDecimals, in.LotDecimals, cat.Assets[in.Base].Decimals, cat.Assets[in.Quote].Decimals)
		d.number(int64(in.Tick))
	}
	return d
}

// Record adds what counts: intents, amends, denials, levels and fills.
func (d *Digest) Record(r *Record, _ bool) error {
	switch r.Type {
	case RecIntent:
		d.tag('O', r)
		d.order(r.Order)
	case RecAmend:
		d.tag('A', r)
		d.amend(r.Amend)
	case RecCancel:
		d.tag('C', r)
	case RecDenial:
		d.tag('D', r)
		if r.Order != nil {
			d.order(r.Order)
		} else {
			d.amend(r.Amend)
		}
		d.number(int64(len(r.Reasons)))
		for i := range r.Reasons {
			d.text(r.Reasons[i].Control.String())
		}
	case RecDenials:
		d.tag('S', r)
		d.order(r.Order)
		d.number(r.Count, int64(len(r.Reasons)))
		for i := range r.Reasons {
			d.text(r.Reasons[i].Control.String())
		}
	case RecLevel:
		d.tag('L', r)
		d.buf = append(d.buf, byte(r.From), byte(r.Level), byte(r.Scope))
		d.text(r.Control.String())
	case RecFill:
		d.tag('F', r)
		ev := r.Event
		d.number(int64(ev.Price), int64(ev.Qty), int64(ev.Fee))
		d.buf = append(d.buf, byte(ev.Liquidity))
	}
	if len(d.buf) > 3500 {
		d.flush()
	}
	return nil
}

// Sum is the digest so far, in hexadecimal.
func (d *Digest) Sum() string {
	d.flush()
	return hex.EncodeToString(d.h.Sum(nil))
}

func (d *Digest) flush() {
	d.h.Write(d.buf)
	d.buf = d.buf[:0]
}

func (d *Digest) tag(kind byte, r *Record) {
	d.buf = append(d.buf, kind)
	d.number(int64(r.Time), int64(r.OrderID))
}

func (d *Digest) order(o *exchange.Order) {
	d.buf = append(d.buf, byte(o.Side), byte(o.Type), byte(o.TIF), flag(o.PostOnly), flag(o.ReduceOnly))
	d.number(int64(o.Slot), int64(o.Instrument), int64(o.Qty), int64(o.Cash), int64(o.CashStep), int64(o.Price), int64(o.Trigger),
		int64(o.Trail), o.TrailPPM, int64(o.LimitOffset), int64(o.Display), int64(o.Expire))
	d.buf = append(d.buf, flag(o.Close.On))
	if c := &o.Close; c.On {
		d.buf = append(d.buf, byte(c.Type))
		d.number(int64(c.Price), int64(c.Trigger), int64(c.Trail), c.TrailPPM)
	}
}

func (d *Digest) amend(a *exchange.Amend) {
	d.number(int64(a.Qty), int64(a.Display), int64(a.Price), int64(a.Trigger))
}

func (d *Digest) number(vs ...int64) {
	for _, v := range vs {
		d.buf = binary.LittleEndian.AppendUint64(d.buf, uint64(v))
	}
}

func (d *Digest) text(s string) {
	d.number(int64(len(s)))
	d.buf = append(d.buf, s...)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// Tee is a Recorder that hands every record to several, in order; the first error ends it.
type Tee []Recorder

// Record hands r to each.
func (t Tee) Record(r *Record, durable bool) error {
	for _, rec := range t {
		if err := rec.Record(r, durable); err != nil {
			return err
		}
	}
	return nil
}
