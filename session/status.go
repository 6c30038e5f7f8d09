package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Status is latest_status.json: what a person or a script wants to know of a session.
// Times of the market are event times; Written and the ages beside it are real ones.
type Status struct {
	Schema   int       `json:"schema"`
	Written  time.Time `json:"written"`
	PID      int       `json:"pid"`
	Running  bool      `json:"running"` // false: the session's last words
	Why      string    `json:"why,omitempty"`
	Time     string    `json:"time"`
	Venue    string    `json:"venue"`
	Speed    string    `json:"speed"`
	Profile  string    `json:"profile"`
	DryRun   bool      `json:"dry_run"`
	Starts   int       `json:"starts"` // of sessions in this state directory, this one too
	Phase    string    `json:"phase"`
	Level    string    `json:"level"`
	Latches  []Latch   `json:"latches"`
	Flatten  *Sale     `json:"flatten,omitempty"`
	Account  Money     `json:"account"`
	Exposure []Held    `json:"exposure"`
	Orders   Orders    `json:"orders"`
	Streak   int64     `json:"losing_streak"` // trades in a row without a win
	Data     []Age     `json:"data"`
	Journal  Head      `json:"journal"`
	Digest   string    `json:"digest"` // of this start's records, digest v1
	Build    string    `json:"build"`
	Next     string    `json:"next"` // what to do
}

// Latch is a reason for a level.
type Latch struct {
	Control string `json:"control"`
	Scope   string `json:"scope"`
	Of      string `json:"of,omitempty"` // pair or strategy
	Level   string `json:"level"`
	Since   string `json:"since"`
	Age     string `json:"age"`
	Until   string `json:"until,omitempty"` // "": no timer lifts it
	Cause   string `json:"cause"`
	WayOut  string `json:"way_out"`
}

// Sale tells how far the sale of everything has come that the operator asked for.
type Sale struct {
	Since string `json:"since"`
	Age   string `json:"age"`
	Why   string `json:"why"`
	Done  bool   `json:"done"` // nothing is left that the venue would take
	Coins []Coin `json:"coins"`
}

// Coin is a coin that is being sold.
type Coin struct {
	Asset string `json:"asset"`
	From  string `json:"from"` // what there was at the start
	Left  string `json:"left"`
}

// Money is the account's worth, in its currency.
type Money struct {
	Currency    string `json:"currency"`
	Equity      string `json:"equity"`
	DayStart    string `json:"day_start,omitempty"`
	DayPnL      string `json:"day_pnl,omitempty"`
	High        string `json:"high_water_mark,omitempty"`
	DrawdownPct string `json:"drawdown_pct,omitempty"`
	LeaseUntil  string `json:"lease_until,omitempty"`
}

// Held is what is held of a pair, and what it could become with every open order filled.
type Held struct {
	Instrument string `json:"instrument"`
	Qty        string `json:"qty"`
	AvgPrice   string `json:"avg_price"`
	Worst      string `json:"worst_case,omitempty"` // in the account's currency
}

// Orders counts the own orders.
type Orders struct {
	Open    int   `json:"open"`
	Unknown int   `json:"unknown"`
	Trades  int64 `json:"trades"` // ever
}

// Age is how old the last event of a pair is, by event time.
type Age struct {
	Instrument string `json:"instrument"`
	AgeMs      int64  `json:"age_ms"`
}

// Head is the journal's last line and how long the oldest line waits for the disk.
type Head struct {
	Seq   uint64 `json:"seq"`
	Hash  string `json:"hash"`
	LagMs int64  `json:"lag_ms"`
}

// statusSchema is the version of Status.
const statusSchema = 1

// ReadStatus reads the status of a state directory, and whether the session runs.
func ReadStatus(state string) (*Status, error) {
	_, runs, err := running(state)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(state, statusName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Wrong(fmt.Errorf("%s has no status: no session has run there; start one with breakwater trade", state))
	}
	if err != nil {
		return nil, fmt.Errorf("session: %s: %s", path, plainFileError(err))
	}
	st := new(Status)
	if err := json.Unmarshal(text, st); err != nil || st.Schema != statusSchema {
		return nil, fmt.Errorf("session: %s is no status of this program's schema %d", path, statusSchema)
	}
	if st.Running && !runs {
		st.Running, st.Why = false, "the process is gone without a last word: killed, or crashed"
		st.Next = "find out why it ended, then start it again: breakwater trade"
	}
	return st, nil
}

// write puts the status in place.
func (st *Status) write(d *stateDir) error {
	text, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		panic("BUG: the status is no JSON: " + err.Error())
	}
	return writeFile(d.file(statusName), append(text, '\n'))
}
