package session

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// kills is how often a session is killed with SIGKILL at a random point, and started
// again.
const kills = 200

// Each group of kills is one account's life: its own market, one ceremony.
const killsInALife = 20

func TestSessionSurvivesKill9AtRandomPoints(t *testing.T) {
	t.Parallel()
	n := kills
	if testing.Short() {
		n = 20
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("BREAKWATER_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d; again with: BREAKWATER_SEED=%d go test ./session -run %s", seed, seed, t.Name())
	var mu sync.Mutex
	var total tally
	t.Run("lives", func(t *testing.T) {
		for life := range n / killsInALife {
			t.Run(strconv.Itoa(life), func(t *testing.T) {
				t.Parallel() // mostly it waits
				// some lives mostly sleep, others never do: the kill meets both
				speed, latency := "20000x", "250ms"
				if life%2 == 1 {
					speed = "60000x"
				}
				if life%4 >= 2 {
					latency = "3m" // so that a kill often finds an order on its way
				}
				rnd := rand.New(rand.NewPCG(seed, uint64(life)))
				met := killedLife(t, rnd, 1+rnd.IntN(1000), speed, latency)
				mu.Lock()
				defer mu.Unlock()
				total.add(met)
			})
		}
	})
	t.Logf("%d kills: %d orders, %d fills, %d latches, %d torn ends; %d orders were on their way", n, total.intents, total.fills, total.latches, total.torn, total.pending)
	if total.intents < n/4 || total.fills < n/8 {
		t.Errorf("%d orders and %d fills in %d lives prove little: make the market busier", total.intents, total.fills, n)
	}
}

// tally is what was met on the way, to show that the test meets what it is for.
type tally struct{ intents, fills, latches, torn, pending int }

func (a *tally) add(b tally) {
	a.intents, a.fills, a.latches, a.torn, a.pending = a.intents+b.intents, a.fills+b.fills, a.latches+b.latches, a.torn+b.torn, a.pending+b.pending
}

func killedLife(t *testing.T, rnd *rand.Rand, market int, speed, latency string) (met tally) {
	g := breakGround(t, append(crowd, marketLine(market), "speed: "+speed, "fills: {latency: "+latency+"}")...)
	b := g.start("--speed", "600x") // in which a minute of the ceremony is long enough to be met
	b.arm()
	b.signal(syscall.SIGTERM)
	b.wait()
	b = g.start()
	for range killsInALife {
		select {
		case <-time.After(time.Duration(rnd.Int64N(int64(120 * time.Millisecond)))):
		case err := <-b.waited:
			t.Fatalf("the session ended by itself: %v: %s", err, b.log)
		}
		last := g.status()
		b.signal(syscall.SIGKILL)
		b.wait()
		before := g.folded()
		if before.torn {
			met.torn++
		}
		met.pending += before.pending
		b = g.start()
		eventually(t, "the venue has answered", func() bool {
			if !b.alive() {
				t.Fatalf("the session does not start again: %s", b.log)
			}
			return b.status().Phase != risk.Reconciling.String()
		})
		g.holds(last, before, b.status())
	}
	b.signal(syscall.SIGTERM)
	if code := b.wait(); code != 0 {
		t.Errorf("clean stop: exit code %d: %s", code, b.log)
	}
	end := g.folded()
	g.filesAgree(end)
	g.executesAlike()
	met.intents, met.fills, met.latches = end.intents, end.fills, len(end.latches)
	return met
}

// fold is what a test reads out of a journal by itself.
type fold struct {
	seq      uint64
	intents  int
	fills    int
	pending  int // orders without any answer
	torn     bool
	ids      map[exchange.OrderID]bool
	latches  map[string]risk.Record // live ones, by control and scope
	lifted   map[string]uint64      // line of the last lift
	days     []string               // the worth that each trading day began with
	balances map[string]string      // as the venue last said
	moved    uint64                 // last line that may have changed a streak
}

// folded reads the journal, and holds it against the venue's own record: whatever the
// venue was told to do stands in the journal.
func (g *ground) folded() *fold {
	g.t.Helper()
	f := &fold{balances: map[string]string{}, ids: map[exchange.OrderID]bool{}, latches: map[string]risk.Record{}, lifted: map[string]uint64{}}
	open, sent := map[exchange.OrderID]bool{}, g.sent() // before the journal: a running session goes on
	g.walk(func(e *journal.Entry) {
		f.seq = e.Head.Seq
		if e.Mark != nil {
			f.torn = f.torn || e.Mark.Type == journal.MarkCut
			return
		}
		r := e.Record
		switch r.Type {
		case risk.RecIntent:
			if r.Text != "" {
				return
			}
			if f.ids[r.OrderID] {
				g.t.Errorf("order %d stands twice in the journal", r.OrderID)
			}
			f.ids[r.OrderID], open[r.OrderID] = true, true
			f.intents++
		case risk.RecFill:
			f.fills++
			delete(open, r.Event.Order)
		case risk.RecOrder:
			delete(open, r.Event.Order)
		case risk.RecLevel:
			key := fmt.Sprint(r.Control, r.Scope, r.Instrument, r.Slot)
			if r.Lift {
				delete(f.latches, key)
				f.lifted[key] = e.Head.Seq
			} else if _, held := f.latches[key]; !held {
				f.latches[key] = *r
			}
		case risk.RecDayStart:
			f.days = append(f.days, money.Trim(int64(r.Equity), 4))
		}
		switch r.Type {
		case risk.RecFill, risk.RecOrder, risk.RecArm, risk.RecLevel, risk.RecDayStart:
			f.moved = e.Head.Seq
		}
	})
	f.pending = len(open)
	for _, id := range sent {
		if !f.ids[id] {
			g.t.Errorf("the venue was sent order %d, of which the journal knows nothing", id)
		}
	}
	return f
}

// sent are the orders that the venue's record says it was told of.
func (g *ground) sent() (ids []exchange.OrderID) {
	g.t.Helper()
	f, err := os.Open(filepath.Join(g.state, recordName))
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	in := &recordReader{r: bufio.NewReader(f)}
	for {
		kind, content, err := in.next()
		if err == io.EOF || err == errTorn {
			return ids
		}
		if err != nil {
			g.t.Fatal(err)
		}
		if kind == entryOrder {
			var o exchange.Order
			if err := unpackOrder(content, &o); err != nil {
				g.t.Fatal(err)
			}
			if slices.Contains(ids, o.ID) {
				g.t.Errorf("order %d was sent twice", o.ID)
			}
			ids = append(ids, o.ID)
		}
	}
}

// holds compares what a session knows after a kill with what it knew before.
func (g *ground) holds(last *Status, before *fold, now *Status) {
	t := g.t
	t.Helper()
	after := g.folded()
	if after.seq < before.seq || after.intents < before.intents {
		t.Errorf("the journal had %d lines and %d orders, now %d and %d", before.seq, before.intents, after.seq, after.intents)
	}
	for key, l := range before.latches {
		if after.lifted[key] > before.seq {
			continue // by a timer, and on record
		}
		if _, there := after.latches[key]; !there {
			t.Errorf("a latch is lost: %s %s", l.Control, l.Text)
		}
		if !slices.ContainsFunc(now.Latches, func(s Latch) bool { return s.Control == l.Control.String() && s.Since == l.Time.String() }) {
			t.Errorf("the guard has forgotten its latch %s since %s: it has %+v", l.Control, l.Time, now.Latches)
		}
	}
	for _, l := range now.Latches {
		if l.Control == risk.Reconcile.String() || l.Control == risk.UnexplainedBalance.String() || l.Control == risk.ForeignOrder.String() {
			t.Errorf("the books do not agree with the venue after a kill: %s: %s", l.Control, l.Cause)
		}
	}
	if last.Account.High != "" && number(t, now.Account.High) < number(t, last.Account.High)*0.999 {
		t.Errorf("the high-water mark fell from %s to %s: more than 0.1 %%", last.Account.High, now.Account.High)
	}
	if last.Phase == risk.Armed.String() && now.Phase == risk.Ready.String() && later(t, last.Account.LeaseUntil, now.Time, 0) {
		t.Errorf("it was armed with a lease until %s, and is not any more", last.Account.LeaseUntil)
	}
	if last.Streak > now.Streak && after.moved <= last.Journal.Seq {
		t.Errorf("a streak of %d losses became %d without a trade", last.Streak, now.Streak)
	}
	if since := max(len(before.days)-1, 0); !slices.Contains(after.days[since:], now.Account.DayStart) {
		t.Errorf("the day began with %v, the guard says %s", after.days[since:], now.Account.DayStart)
	}
}

// filesAgree holds the files for people against the journal and the venue.
func (g *ground) filesAgree(end *fold) {
	g.t.Helper()
	for name, header := range map[string]int{tradesCSV: 1, tradesJSONL: 0} {
		content, err := os.ReadFile(filepath.Join(g.state, name))
		ok(g.t, err)
		if n := bytes.Count(content, []byte{'\n'}); end.fills > 0 && n != end.fills+header {
			g.t.Errorf("%s has %d lines, the journal %d fills", name, n, end.fills)
		}
	}
	text, err := os.ReadFile(filepath.Join(g.state, positionsName))
	ok(g.t, err)
	var p Positions
	ok(g.t, json.Unmarshal(text, &p))
	g.walk(func(e *journal.Entry) {
		if e.Record != nil && e.Record.Type == risk.RecSnapshot {
			for _, b := range e.Record.Event.Detail.Snapshot.Balances { // the last one is of the clean stop
				a := e.Table.Assets[b.Asset]
				end.balances[a.Name] = money.Trim(int64(b.Total), a.Decimals)
			}
		}
	})
	for name, want := range end.balances {
		if p.Balances[name] != want {
			g.t.Errorf("%s has %s %s, the venue %s", positionsName, p.Balances[name], name, want)
		}
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
