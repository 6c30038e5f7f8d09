package krakend

import (
	"net/http"
	"time"

	"breakwater/exchange"
)

// timeStep lets time pass.
type timeStep struct {
	Step string `json:"step,omitempty" doc:"how far, as 90s or 24h"`
	To   string `json:"to,omitempty" doc:"or until when, RFC 3339"`
}

// clockChange changes how the venue's time runs.
type clockChange struct {
	Speed    *float64 `json:"speed,omitempty" doc:"seconds of the venue in one of ours"`
	Lockstep *bool    `json:"lockstep,omitempty" doc:"true: time passes in POST /sim/time only"`
}

// modeChange changes what the venue allows.
type modeChange struct {
	Mode string `json:"mode" doc:"online, post_only, limit_only, reduce_only, cancel_only or maintenance"`
	Pair string `json:"pair,omitempty" doc:"of this pair only; without it of all, and in SystemStatus"`
}

// behaviourChange changes what Kraken has been seen to do in more than one way.
type behaviourChange struct {
	PostOnlyRejects *bool    `json:"post_only_rejects,omitempty" doc:"true: a post-only order that would cross is refused at once; false: it is acknowledged and then cancelled"`
	HistoryCost     *float64 `json:"history_cost,omitempty" doc:"what Ledgers and TradesHistory cost of the REST counter"`
}

// statusView is the venue at a glance.
type statusView struct {
	Time            string   `json:"time" doc:"of the venue, RFC 3339"`
	Speed           float64  `json:"speed"`
	Lockstep        bool     `json:"lockstep"`
	Mode            string   `json:"mode"`
	PostOnlyRejects bool     `json:"post_only_rejects"`
	HistoryCost     float64  `json:"history_cost"`
	Pairs           []string `json:"pairs" doc:"by wsname"`
	Accounts        []string `json:"accounts"`
	Trades          uint64   `json:"trades" doc:"made so far"`
}

const (
	// longestStep bounds one passing of time: it holds the venue while it runs, some 2 seconds
	// for a day of a market, and the answer must come before the connection's patience ends.
	longestStep = 7 * 24 * time.Hour
	// longestSpan bounds how long something is in force.
	longestSpan = 366 * 24 * time.Hour
)

var clockRoutes = []route{
	look("/sim/status", "The venue at a glance.", statusView{}, func(c *core, _ *question) (any, error) { return c.statusView(), nil }),
	change(http.MethodPost, "/sim/time", "Lets time pass: in a venue in lockstep the only way, in another a jump.", (*core).passTime, statusView{}),
	change(http.MethodPut, "/sim/clock", "Changes the speed, stops the clock or lets it run.", (*core).setClock, statusView{}),
	change(http.MethodPut, "/sim/mode", "Puts the venue or one pair into one of Kraken's modes.", (*core).setMode, statusView{}),
	change(http.MethodPut, "/sim/behaviour", "Chooses between the ways in which Kraken has been seen to act.", (*core).setBehaviour, statusView{}),
}

func (c *core) statusView() statusView {
	v := statusView{
		Time: stampText(c.now), Speed: c.pace.speed, Lockstep: c.pace.lockstep, Mode: c.status.String(), PostOnlyRejects: c.config.PostOnlyRejects,
		HistoryCost: c.config.HistoryCost, Pairs: []string{}, Accounts: []string{}, Trades: c.venue.Trades(),
	}
	for i := range c.markets {
		v.Pairs = append(v.Pairs, c.markets[i].wsname)
	}
	for _, a := range c.accounts {
		v.Accounts = append(v.Accounts, a.Name)
	}
	return v
}

// stampText is an instant in RFC 3339; "" for none.
func stampText(t exchange.Stamp) string {
	if t == 0 || t == exchange.Never {
		return ""
	}
	return t.Time().Format(time.RFC3339Nano)
}

func (c *core) passTime(t *timeStep) (any, error) {
	if (t.Step == "") == (t.To == "") {
		return nil, refuse(http.StatusBadRequest, "give either step, like 90s, or to, an instant in RFC 3339")
	}
	var to exchange.Stamp
	if t.Step != "" {
		d, err := time.ParseDuration(t.Step)
		if err != nil || d < 0 {
			return nil, refuse(http.StatusBadRequest, "step %q is no time span; write it like 90s or 24h", t.Step)
		}
		to = c.now.Add(d)
	} else {
		at, err := time.Parse(time.RFC3339Nano, t.To)
		if err != nil || exchange.At(at) < c.now {
			return nil, refuse(http.StatusBadRequest, "to %q is no instant after %s; write it like 2026-08-03T12:00:00Z", t.To, stampText(c.now))
		}
		to = exchange.At(at)
	}
	if to.Sub(c.now) > longestStep {
		return nil, refuse(http.StatusBadRequest, "a step is at most 7 days; take several")
	}
	if c.pace.lockstep {
		c.wall = to
	}
	c.advance(to)
	c.pace.real, c.pace.venue = time.Now(), c.now
	c.tend(c.pace.real)
	return c.statusView(), nil
}

func (c *core) setClock(t *clockChange) (any, error) {
	if t.Speed != nil {
		if !(*t.Speed > 0 && *t.Speed <= mostSpeed) {
			return nil, refuse(http.StatusBadRequest, "speed %g is out of range; give more than 0 and at most %d, a day each second", *t.Speed, int64(mostSpeed))
		}
		c.pace.speed = *t.Speed
		c.pacedBy(tickEvery(*t.Speed))
	}
	if t.Lockstep != nil {
		c.pace.lockstep = *t.Lockstep
	}
	c.pace.real, c.pace.venue = time.Now(), c.now
	return c.statusView(), nil
}

// pacedBy changes how often the crowd moves.
func (c *core) pacedBy(every time.Duration) {
	c.tickEvery = every
	for i := range c.markets {
		if w := c.markets[i].crowd; w != nil {
			w.path.tick = every
		}
	}
}

// modes are the states of a venue by name.
func mode(name string) (exchange.Status, error) {
	for s := exchange.Online; s <= exchange.Maintenance; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, refuse(http.StatusBadRequest, "there is no mode %q; there are online, post_only, limit_only, reduce_only, cancel_only, maintenance", name)
}

func (c *core) setMode(t *modeChange) (any, error) {
	s, err := mode(t.Mode)
	if err != nil {
		return nil, err
	}
	if t.Pair == "" {
		c.setStatus(s)
		return c.statusView(), nil
	}
	m, err := c.aMarket(t.Pair)
	if err != nil {
		return nil, err
	}
	m.status = s
	c.venue.Apply(&exchange.Event{Kind: exchange.KindStatus, Time: c.now, Instrument: m.in.ID, Status: s})
	c.drain()
	c.publish(c.hub.instruments, c.instrumentFrame("update"))
	return c.statusView(), nil
}

func (c *core) setBehaviour(t *behaviourChange) (any, error) {
	if t.HistoryCost != nil {
		if !(*t.HistoryCost >= 0 && *t.HistoryCost <= 20) {
			return nil, refuse(http.StatusBadRequest, "history_cost %g is out of range; give 0 to 20", *t.HistoryCost)
		}
		c.config.HistoryCost = *t.HistoryCost
	}
	if t.PostOnlyRejects != nil {
		c.config.PostOnlyRejects = *t.PostOnlyRejects
		c.venue.SetPostOnlyRejects(*t.PostOnlyRejects)
	}
	return c.statusView(), nil
}
