package session

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// The record of a simulated venue is everything that passed between it and the session,
// in order. The venue is a function of it, so that a restarted session finds the venue as
// it was: with orders that it does not remember, and without those that never arrived.
//
// An entry is a kind, the length of its content as a varint, the content, and the CRC-32
// (IEEE) of kind and content, little endian. Each is one write, so that a killed process
// loses none; a torn last entry is cut.
const recordName = "venue.rec"

// The kinds of entries.
const (
	entryHeader = 'H' // what the venue was made of, as JSON
	entryLife   = 'L' // a session began: outcomes that its predecessor did not take are lost
	entryEvent  = 'E' // what Next handed over
	entryUnseen = 'X' // what Next kept to itself, while the session was connecting
	entryTold   = 'T' // what Next handed over of its own: the last prices, to whoever connects
	entryWake   = 'W' // a beat was asked for
	entryEnd    = 'Z' // Next found the market's end
	entryOrder  = 'O' // a submit, before the venue has it; likewise the others
	entryAmend  = 'A'
	entryCancel = 'C'
	entryDead   = 'D' // dead man's switch
	entryAsk    = 'R' // Refresh
)

// entryMax is more than any entry has: a snapshot with fifty fills has 30 kB.
const entryMax = 1 << 18

// record appends entries to a file.
type record struct {
	f    *os.File
	buf  []byte
	body []byte
	size int64
}

// write appends one entry; body appends its content.
func (r *record) write(kind byte, body func(b []byte) []byte) error {
	r.body = body(r.body[:0])
	r.buf = entry(r.buf[:0], kind, r.body)
	wrote, err := r.f.Write(r.buf)
	r.size += int64(wrote)
	if err != nil {
		return fmt.Errorf("session: %s: %w", recordName, err)
	}
	return nil
}

// entry appends an entry.
func entry(b []byte, kind byte, content []byte) []byte {
	b = binary.AppendUvarint(append(b, kind), uint64(len(content)))
	b = append(b, content...)
	sum := crc32.Update(crc32.ChecksumIEEE([]byte{kind}), crc32.IEEETable, content)
	return binary.LittleEndian.AppendUint32(b, sum)
}

func (r *record) number(kind byte, v int64) error {
	return r.write(kind, func(b []byte) []byte { return binary.AppendVarint(b, v) })
}

// recordReader reads entries back.
type recordReader struct {
	r    *bufio.Reader
	buf  []byte
	read int64 // bytes of whole entries
}

// errTorn says that the file ends within an entry, errDamaged that one before its end is
// not what was written.
var (
	errTorn    = errors.New("the last entry is torn")
	errDamaged = errors.New("an entry is damaged")
)

// next is the next entry; its content is valid until the call after. io.EOF at the end,
// errTorn for a last entry that was not written whole.
func (r *recordReader) next() (kind byte, content []byte, err error) {
	kind, err = r.r.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	n, err := binary.ReadUvarint(r.r)
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return 0, nil, errTorn
	case err != nil || n > 1<<28:
		return 0, nil, errDamaged
	}
	if uint64(cap(r.buf)) < n+4 {
		r.buf = make([]byte, n+4)
	}
	b := r.buf[:n+4]
	if there, err := io.ReadFull(r.r, b); err != nil {
		if there > entryMax {
			return 0, nil, errDamaged // a wrong length, and not an end
		}
		return 0, nil, errTorn
	}
	if binary.LittleEndian.Uint32(b[n:]) != crc32.Update(crc32.ChecksumIEEE([]byte{kind}), crc32.IEEETable, b[:n]) {
		return 0, nil, errDamaged
	}
	var v [binary.MaxVarintLen64]byte
	r.read += int64(1+binary.PutUvarint(v[:], n)) + int64(n) + 4
	return kind, b[:n], nil
}

// packed are numbers of which most are zero: a mask of those that are not, and they.
func packed(b []byte, vs []int64) []byte {
	mask := uint64(0)
	for i, v := range vs {
		if v != 0 {
			mask |= 1 << i
		}
	}
	b = binary.AppendUvarint(b, mask)
	for _, v := range vs {
		if v != 0 {
			b = binary.AppendVarint(b, v)
		}
	}
	return b
}

func unpacked(b []byte, vs []int64) (rest []byte, err error) {
	mask, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, errDamaged
	}
	b = b[n:]
	for i := range vs {
		if vs[i] = 0; mask&(1<<i) == 0 {
			continue
		}
		if vs[i], n = binary.Varint(b); n <= 0 {
			return nil, errDamaged
		}
		b = b[n:]
	}
	return b, nil
}

func flagOf(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// packEvent is an event's content: its numbers, and its detail as JSON.
func packEvent(b []byte, e *exchange.Event) []byte {
	vs := [...]int64{
		int64(e.Seq), int64(e.Time), int64(e.Received), int64(e.Interval), int64(e.Kind), int64(e.Side), int64(e.State), int64(e.Op),
		int64(e.Liquidity), int64(e.Status), flagOf(e.Last), flagOf(e.Matched), int64(e.Code), int64(e.Source), int64(e.Account),
		int64(e.Instrument), int64(e.FeeAsset), int64(e.Open), int64(e.High), int64(e.Low), int64(e.Price), int64(e.Qty),
		int64(e.AskPrice), int64(e.AskQty), e.Count, int64(e.Order), int64(e.TradeID), int64(e.Remaining), int64(e.Cost), int64(e.Fee),
	}
	b = packed(b, vs[:])
	if e.Detail != nil {
		text, err := json.Marshal(e.Detail)
		if err != nil {
			panic("BUG: an event's detail is no JSON: " + err.Error())
		}
		b = append(b, text...)
	}
	return b
}

func unpackEvent(b []byte, e *exchange.Event) error {
	var v [30]int64
	rest, err := unpacked(b, v[:])
	if err != nil {
		return err
	}
	*e = exchange.Event{
		Seq: uint64(v[0]), Time: exchange.Stamp(v[1]), Received: exchange.Stamp(v[2]), Kind: exchange.Kind(v[4]), Side: exchange.Side(v[5]),
		State: exchange.State(v[6]), Op: exchange.Op(v[7]), Liquidity: exchange.Liquidity(v[8]), Status: exchange.Status(v[9]), Last: v[10] != 0,
		Matched: v[11] != 0, Code: exchange.Code(v[12]), Source: uint16(v[13]), Account: exchange.AccountID(v[14]), Instrument: exchange.InstrumentID(v[15]),
		FeeAsset: exchange.AssetID(v[16]), Open: money.Price(v[17]), High: money.Price(v[18]), Low: money.Price(v[19]), Price: money.Price(v[20]),
		Qty: money.Qty(v[21]), AskPrice: money.Price(v[22]), AskQty: money.Qty(v[23]), Count: v[24], Order: exchange.OrderID(v[25]), TradeID: uint64(v[26]),
		Remaining: money.Qty(v[27]), Cost: money.Amount(v[28]), Fee: money.Amount(v[29]),
	}
	e.Interval = time.Duration(v[3])
	if len(rest) > 0 {
		e.Detail = new(exchange.Detail)
		return json.Unmarshal(rest, e.Detail)
	}
	return nil
}

func packOrder(b []byte, o *exchange.Order) []byte {
	vs := [...]int64{
		int64(o.ID), int64(o.Instrument), int64(o.Slot), int64(o.Signal), int64(o.Side), int64(o.Type), int64(o.TIF), int64(o.STP), flagOf(o.PostOnly),
		flagOf(o.ReduceOnly), flagOf(o.FeeInBase), int64(o.Qty), int64(o.Cash), int64(o.CashStep), int64(o.Display), int64(o.Price), int64(o.Trigger),
		int64(o.Trail), o.TrailPPM, int64(o.LimitOffset), int64(o.Sent), int64(o.Expire), int64(o.Deadline), int64(o.Decision), flagOf(o.Close.On),
		int64(o.Close.Type), int64(o.Close.Price), int64(o.Close.Trigger), int64(o.Close.Trail), o.Close.TrailPPM,
	}
	return packed(b, vs[:])
}

func unpackOrder(b []byte, o *exchange.Order) error {
	var v [30]int64
	_, err := unpacked(b, v[:])
	*o = exchange.Order{
		ID: exchange.OrderID(v[0]), Instrument: exchange.InstrumentID(v[1]), Slot: exchange.SlotID(v[2]), Signal: uint64(v[3]), Side: exchange.Side(v[4]),
		Type: exchange.OrderType(v[5]), TIF: exchange.TimeInForce(v[6]), STP: exchange.SelfTrade(v[7]), PostOnly: v[8] != 0, ReduceOnly: v[9] != 0,
		FeeInBase: v[10] != 0, Qty: money.Qty(v[11]), Cash: money.Amount(v[12]), CashStep: money.Qty(v[13]), Display: money.Qty(v[14]),
		Price: money.Price(v[15]), Trigger: money.Price(v[16]), Trail: money.Price(v[17]), TrailPPM: v[18], LimitOffset: money.Price(v[19]),
		Sent: exchange.Stamp(v[20]), Expire: exchange.Stamp(v[21]), Deadline: exchange.Stamp(v[22]), Decision: money.Price(v[23]),
		Close: exchange.ConditionalClose{On: v[24] != 0, Type: exchange.OrderType(v[25]), Price: money.Price(v[26]), Trigger: money.Price(v[27]), Trail: money.Price(v[28]), TrailPPM: v[29]},
	}
	return err
}

func packAmend(b []byte, a *exchange.Amend) []byte {
	return packed(b, []int64{int64(a.Order), int64(a.Qty), int64(a.Display), int64(a.Price), int64(a.Trigger), int64(a.Sent), int64(a.Deadline)})
}

func unpackAmend(b []byte, a *exchange.Amend) error {
	var v [7]int64
	_, err := unpacked(b, v[:])
	*a = exchange.Amend{
		Order: exchange.OrderID(v[0]), Qty: money.Qty(v[1]), Display: money.Qty(v[2]), Price: money.Price(v[3]), Trigger: money.Price(v[4]),
		Sent: exchange.Stamp(v[5]), Deadline: exchange.Stamp(v[6]),
	}
	return err
}
