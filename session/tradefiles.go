package session

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/gocarina/gocsv"
)

// tradeFiles are trades.csv and trades.jsonl: made anew from the journal at each start,
// then appended to as trades come.
type tradeFiles struct {
	csv, jsonl *os.File
	outCSV     *bufio.Writer
	outJSONL   *bufio.Writer
	begun      bool
	err        error
}

func openTradeFiles(d *stateDir) (*tradeFiles, error) {
	t := &tradeFiles{}
	for _, f := range []struct {
		name string
		file **os.File
		out  **bufio.Writer
	}{{tradesCSV, &t.csv, &t.outCSV}, {tradesJSONL, &t.jsonl, &t.outJSONL}} {
		var err error
		if *f.file, err = os.OpenFile(d.file(f.name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return nil, fmt.Errorf("session: %s: %s", d.file(f.name), plainFileError(err))
		}
		*f.out = bufio.NewWriter(*f.file)
	}
	return t, nil
}

// csvTrade is a row of trades.csv.
type csvTrade struct {
	Time       string `csv:"time"`
	Order      int64  `csv:"order"`
	Slot       int    `csv:"slot"`
	Instrument string `csv:"instrument"`
	Side       string `csv:"side"`
	Price      string `csv:"price"`
	Qty        string `csv:"qty"`
	Cost       string `csv:"cost"`
	Fee        string `csv:"fee"`
	FeeAsset   string `csv:"fee_asset"`
	Liquidity  string `csv:"liquidity"`
	TradeID    uint64 `csv:"trade_id"`
}

// add appends a trade. Its error comes with the next flush.
func (t *tradeFiles) add(tr *Trade) {
	if t.err != nil {
		return
	}
	rows := []csvTrade{{tr.At, tr.Order, tr.Slot, tr.Instrument, tr.Side, tr.Price, tr.Qty, tr.Cost, tr.Fee, tr.FeeAsset, tr.Liquidity, tr.TradeID}}
	if t.begun {
		t.err = gocsv.MarshalWithoutHeaders(&rows, t.outCSV)
	} else {
		t.begun = true
		t.err = gocsv.Marshal(&rows, t.outCSV)
	}
	if t.err == nil {
		t.err = json.NewEncoder(t.outJSONL).Encode(tr)
	}
}

// flush hands everything to the files.
func (t *tradeFiles) flush() error {
	if t.err == nil {
		t.err = t.outCSV.Flush()
	}
	if t.err == nil {
		t.err = t.outJSONL.Flush()
	}
	return t.err
}

func (t *tradeFiles) close() error {
	err := t.flush()
	for _, f := range []*os.File{t.csv, t.jsonl} {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	return err
}
