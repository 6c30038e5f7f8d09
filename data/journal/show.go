package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"breakwater/exchange"
	"breakwater/risk"
)

// Filter chooses lines. Its zero value chooses all.
type Filter struct {
	Types      []string // names of types
	Instrument string   // any spelling of a pair
	Order      exchange.OrderID
	From, To   exchange.Stamp // To is the first instant after; 0: no bound
}

// TypeNames are the names that Filter.Types may have.
func TypeNames() []string {
	return slices.Concat(recordTypes.names[1:], markTypes.names[1:])
}

func (f *Filter) check() (symbol string, err error) {
	for _, t := range f.Types {
		if known := TypeNames(); !slices.Contains(known, t) {
			return "", fmt.Errorf("journal: there is no record type %q; the types are %s", t, strings.Join(known, ", "))
		}
	}
	if f.Instrument == "" {
		return "", nil
	}
	base, quote, ok := exchange.NormalPair(f.Instrument)
	if !ok {
		return "", fmt.Errorf("journal: cannot tell base and quote of %q; write it as BASE/QUOTE, for example XBT/CAD", f.Instrument)
	}
	return base + "/" + quote, nil
}

// Show verifies a journal and writes the lines that a filter chooses: as they are, or with
// table set in columns for people. At a line that does not hold it stops with a *Fault,
// after what came before it.
func Show(fs FS, anchor *Head, filter Filter, table bool, out io.Writer) error {
	symbol, err := filter.check()
	if err != nil {
		return err
	}
	r, err := newReader(fs, anchor)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<16)
	s := shower{pair: map[exchange.OrderID]exchange.InstrumentID{}}
	if table {
		fmt.Fprintf(w, "%9s  %-30s  %-11s  %6s  %-9s  %s\n", "line", "time", "type", "order", "pair", "what")
	}
	for e, err := range r.entries() {
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		id, order := s.about(e)
		switch name := e.TypeName(); {
		case len(filter.Types) > 0 && !slices.Contains(filter.Types, name),
			filter.Order != 0 && order != filter.Order,
			filter.From != 0 && e.Time < filter.From,
			filter.To != 0 && e.Time >= filter.To,
			symbol != "" && symbolOf(e.Table, id) != symbol:
			continue
		case !table:
			_, _ = w.Write(e.Raw) // the first error stays with the buffer
			err = w.WriteByte('\n')
		default:
			s.text = e.describe(s.text[:0])
			_, err = fmt.Fprintf(w, "%9d  %-30v  %-11s  %6s  %-9s  %s\n", e.Head.Seq, e.Time, name, numberText(order), symbolOf(e.Table, id), s.text)
		}
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

// shower knows the instruments of the orders that are open.
type shower struct {
	pair map[exchange.OrderID]exchange.InstrumentID
	text []byte
}

// about is the instrument and the order that a line is about; None and 0 where it is not
// about one.
func (s *shower) about(e *Entry) (exchange.InstrumentID, exchange.OrderID) {
	r := e.Record
	if r == nil {
		return exchange.None, 0
	}
	switch {
	case r.Order != nil:
		if r.Type == risk.RecIntent {
			s.pair[r.OrderID] = r.Order.Instrument
		}
		return r.Order.Instrument, r.OrderID
	case r.Type == risk.RecLevel:
		if r.Scope == risk.ByPair {
			return r.Instrument, 0
		}
		return exchange.None, 0
	case r.OrderID == 0:
		return exchange.None, 0
	}
	id, ok := s.pair[r.OrderID]
	if !ok {
		id = exchange.None
	}
	if r.Event != nil && r.Event.State.Done() {
		delete(s.pair, r.OrderID)
	}
	return id, r.OrderID
}

func symbolOf(t *Table, id exchange.InstrumentID) string {
	if id < 0 || int(id) >= len(t.Instruments) {
		return ""
	}
	return t.Instruments[id].Symbol
}

func numberText(id exchange.OrderID) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprint(uint64(id))
}
