package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/sim"
)

// venueHeader is what a venue was made of: with the same, the record gives the same venue.
type venueHeader struct {
	Version int              `json:"version"`
	Synth   *data.Market     `json:"synth,omitempty"`
	Trades  bool             `json:"trades,omitempty"`
	Files   []venueFile      `json:"files,omitempty"`
	From    exchange.Stamp   `json:"from_ns,omitempty"`
	To      exchange.Stamp   `json:"to_ns,omitempty"`
	Bars    time.Duration    `json:"bars_ns,omitempty"`
	Pairs   []exchange.Spec  `json:"pairs"`
	Cash    int64            `json:"cash"`
	Asset   exchange.AssetID `json:"currency"`
	Model   sim.Model        `json:"fills"`
	Fee     string           `json:"fee,omitempty"`
	Tops    bool             `json:"tops,omitempty"`
}

type venueFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// beginRecord puts a record with nothing but its header in place, whole.
func (p *plan) beginRecord(path string, tops bool, now time.Time) error {
	if p.market.now {
		p.market.synth.Start = exchange.At(now.Truncate(p.market.synth.Interval))
	}
	head, err := p.venueHeader(tops)
	if err != nil {
		return err
	}
	return writeFile(path, entry(nil, entryHeader, head))
}

// venueHeader is the record's first entry.
func (p *plan) venueHeader(tops bool) ([]byte, error) {
	h := venueHeader{
		Version: 1, Synth: p.market.synth, Trades: p.market.trade, From: p.market.from, To: p.market.to, Bars: p.market.bars,
		Cash: int64(p.cash), Asset: p.currency, Model: p.model, Fee: p.config.Account.Fee, Tops: tops,
	}
	for i := range p.catalog.Instruments {
		h.Pairs = append(h.Pairs, p.catalog.Instruments[i].Spec)
	}
	for i := range p.market.files {
		sum, err := fileSum(p.market.files[i].path)
		if err != nil {
			return nil, err
		}
		h.Files = append(h.Files, venueFile{filepath.Base(p.market.files[i].path), sum})
	}
	return json.Marshal(h)
}

// adopt refuses a configuration that would make another venue than the one on record. A
// market that began at the session's first start keeps that start.
func (p *plan) adopt(content []byte, tops bool) error {
	var have venueHeader
	if err := json.Unmarshal(content, &have); err != nil {
		return Refused(fmt.Errorf("%s is no record of a venue; give another state directory", recordName))
	}
	if p.market.now && have.Synth != nil {
		p.market.synth.Start = have.Synth.Start
	}
	want, err := p.venueHeader(tops)
	if err != nil || bytes.Equal(want, content) {
		return err
	}
	return Refused(fmt.Errorf("the venue in this state directory was made with another market, fills, fee, cash or pairs than %s says: put them back, or give a new state directory with --state", filepath.Base(p.config.path)))
}
