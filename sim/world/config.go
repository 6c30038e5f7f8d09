package world

import (
	"errors"
	"fmt"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
)

// Config is all that a World is made of.
type Config struct {
	Seed     uint64
	Start    exchange.Stamp // where the scenario's time begins: armed and active, unless Unarmed
	Duration time.Duration
	Step     time.Duration // from one price to the next
	Bars     time.Duration // of the strategies, a multiple of Step
	Latency  time.Duration // from us to the venue

	Catalog  *exchange.Catalog
	Currency exchange.AssetID
	Deposits sim.Deposits
	Fees     sim.Fees
	FeePPM   int64 // the worst of them
	Zone     *time.Location
	Limits   risk.Limits
	Facts    exchange.Facts
	Markets  []Market // by instrument
	Slots    []Slot
	Plan     chaos.Plan
	Acts     []Act // of the owner
	News     []News

	// Heal is when all faults are over; from then on the owner looks after the process, and at
	// the end everything must have settled. 0: the plan says it all.
	Heal       time.Duration
	Unarmed    bool          // nobody holds the ceremony before Start
	DryRun     bool          //
	Supervisor time.Duration // after which a process that ended by itself is started again; 0: never
	// Guard makes the guard, also after a restart; nil: risk.New.
	Guard func(risk.Config) (*risk.Guard, error)
	// Breakable makes it where the plan breaks a control, which panics whenever breaks says so;
	// nil: the plan breaks none.
	Breakable func(c risk.Config, breaks func(risk.Control) bool) (*risk.Guard, error)
	// Edit changes a limit as an edit of the file would; nil where the plan has none.
	Edit func(l risk.Limits, key, value string) (risk.Limits, error)
	// Brief ends the run at the first violation.
	Brief bool
	// Beats adds beats at random instants: verdicts must not depend on them.
	Beats bool
}

// Market is the market of one instrument: a random walk times a shape.
type Market struct {
	Price      float64 // at the start
	Volatility float64 // a year's; 0: only the shape moves the price
	Drift      float64 // a year's, of the logarithm
	SpreadPPM  int64
	Depth      float64 // base units at the top of the book
	Volume     float64 // base units that are traded at each step
	Shape      []Point // ascending; between two points it goes in a straight line
}

// Point is a place of a market's shape. What is 0 stays as it was.
type Point struct {
	At        time.Duration // since the start
	Factor    float64       // of the price
	SpreadPPM int64
	Thin      float64 // factor of depth and volume
}

// Slot is one strategy.
type Slot struct {
	Name, Mode  string
	Instruments []exchange.InstrumentID
	SharePPM    int64
	// Make makes the strategy anew for each life of the process. start is where the
	// scenario's time begins.
	Make func(start exchange.Stamp) (strategy.Strategy, error)
}

// News is a headline, or many.
type News struct {
	At     time.Duration
	Times  int // how often; 0: once
	Every  time.Duration
	Text   string        // "#" stands for the number of the time
	Source uint16        //
	Age    time.Duration // how old it is when it comes
}

// Act is something that the owner does.
type Act struct {
	At   time.Duration
	Do   ActKind
	Text string // why
}

// ActKind is what the owner can do.
type ActKind uint8

// The acts.
const (
	// ArmRequest begins the ceremony, ArmConfirm signs its challenge and ends it. The
	// others are ceremonies that must be refused.
	ArmRequest ActKind = iota + 1
	ArmConfirm
	ArmConfirmUnsigned // with the signature of another key
	ArmConfirmWrong    // another challenge
	ArmConfirmAgain    // the last challenge that served already
	KillCommand
	// Flatten asks for everything to be sold and signs; FlattenUnsigned has another key.
	Flatten
	FlattenUnsigned
	Resume // after a lost day, with a reason
	acts
)

var actNames = [...]string{"none", "arm-request", "arm-confirm", "arm-confirm-unsigned", "arm-confirm-wrong", "arm-confirm-again", "kill", "flatten", "flatten-unsigned", "resume"}

func (a ActKind) String() string { return actNames[min(a, acts)%acts] }

// ParseAct reads an act's name.
func ParseAct(name string) (ActKind, bool) {
	for i, n := range actNames[1:] {
		if n == name {
			return ActKind(i + 1), true
		}
	}
	return 0, false
}

// ActNames are the names of all acts.
func ActNames() []string { return actNames[1:] }

func (c *Config) check() error {
	switch {
	case c.Catalog == nil || len(c.Catalog.Instruments) == 0:
		return errors.New("world: no market")
	case len(c.Markets) != len(c.Catalog.Instruments):
		return fmt.Errorf("world: %d markets for %d instruments", len(c.Markets), len(c.Catalog.Instruments))
	case c.Step <= 0 || c.Bars < c.Step || c.Bars%c.Step != 0:
		return fmt.Errorf("world: bars of %v are no multiple of a step of %v", c.Bars, c.Step)
	case c.Duration < c.Step:
		return fmt.Errorf("world: a duration of %v is shorter than a step of %v", c.Duration, c.Step)
	case len(c.Slots) == 0:
		return errors.New("world: no strategy")
	case c.Start%exchange.Stamp(c.Step) != 0:
		return fmt.Errorf("world: the start %v is no multiple of the step %v", c.Start, c.Step)
	}
	for i := range c.Markets {
		if m := &c.Markets[i]; !(m.Price > 0) || m.Price > float64(money.Pow10[10]) {
			return fmt.Errorf("world: a price of %g for %s", m.Price, c.Catalog.Instruments[i].Symbol)
		}
	}
	return nil
}

// prelude is the time before the start in which prices come, the books are compared and
// the ceremony is held.
func (c *Config) prelude() time.Duration {
	d := 3*time.Minute + 4*c.Bars
	return (d + c.Step - 1) / c.Step * c.Step
}
