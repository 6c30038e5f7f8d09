package world

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
)

type publicKey = ed25519.PublicKey

// The owner signs on another machine; a thief has a key of his own.
var (
	ownerKey = ed25519.NewKeyFromSeed([]byte("breakwater world: key of the own"))
	thiefKey = ed25519.NewKeyFromSeed([]byte("breakwater world: key of a thief"))
)

// operator is the owner and the machine.
type operator struct {
	kill      bool   // there is something at the KILL file's place
	entry     string // what it is, by touch-kill's value; "": a file
	challenge string
	served    string // the last challenge that ended a ceremony
	edits     []chaos.Rule
	swapped   bool // the next start is another build
	exposed   bool // others can read the key file
	wrongKey  bool // the key is of another environment
	todo      []func()
	asked     byte // of challenges, for their random part
}

// killFile is the KILL file, looked at at every approval.
type killFile World

// Present reports whether it is there: a file that comes between two orders of one
// decision is seen by the second.
func (k *killFile) Present() bool {
	(*World)(k).touch()
	return k.ops.killed()
}

// killed is what the switch makes of a look at the place of the KILL file: any entry counts, and
// so does any error but that there is nothing.
func (o *operator) killed() bool { return !errors.Is(o.lstat(), fs.ErrNotExist) }

// lstat is what a file system says of the KILL file's place, a link not followed.
func (o *operator) lstat() error {
	switch {
	case !o.kill:
		return fs.ErrNotExist
	case o.entry == "unreadable":
		return fs.ErrPermission
	}
	return nil
}

// misread is what a start says of an edit that cannot be read; nil when all can.
func (o *operator) misread(c *Config) error {
	for i := range o.edits {
		if _, err := c.Edit(c.Limits, o.edits[i].Key, o.edits[i].Value); err != nil {
			return wrongConfig{err}
		}
	}
	return nil
}

// wrongConfig is a start that ends with exit code 2: a supervisor does not try it again.
type wrongConfig struct{ error }

// touch lets the file come and go where the plan says.
func (w *World) touch() {
	if !w.verbs[chaos.TouchKill] {
		return
	}
	for r := w.faults.Take(chaos.Ops); r != nil; r = w.faults.Take(chaos.Ops) {
		w.happen(r)
	}
}

// limits are those of the next start.
func (o *operator) limits(l risk.Limits, edit func(l risk.Limits, key, value string) (risk.Limits, error)) risk.Limits {
	for i := range o.edits {
		if changed, err := edit(l, o.edits[i].Key, o.edits[i].Value); err == nil {
			l = changed
		}
	}
	return l
}

// timetable puts on the agenda what the owner and the edge of the process do by the clock.
func (w *World) timetable(began exchange.Stamp) {
	if !w.cfg.Unarmed && w.cfg.Limits.NeedsArming {
		w.on(began.Add(2*time.Second), rankOwner, func() { w.act(Act{Do: ArmRequest, Text: "the scenario begins"}) })
		w.on(began.Add(64*time.Second), rankOwner, func() { w.act(Act{Do: ArmConfirm}) })
	}
	for _, a := range w.cfg.Acts {
		w.on(w.cfg.Start.Add(a.At), rankOwner, func() { w.act(a) })
	}
	for _, n := range w.cfg.News {
		for k := range max(n.Times, 1) {
			w.on(w.cfg.Start.Add(n.At+time.Duration(k)*n.Every), rankEdge, func() { w.tellNews(&n, k+1) })
		}
	}
	w.on(began.Add(time.Minute), rankEdge, w.everyMinute)
	if w.cfg.Heal > 0 {
		w.on(w.cfg.Start.Add(w.cfg.Heal), rankOwner, w.heal)
		w.end = w.end.Add(w.cfg.Step / 2) // what the last bar has caused comes to its end
	}
}

// tellNews brings a headline.
func (w *World) tellNews(n *News, k int) {
	w.tell(exchange.Event{Kind: exchange.KindNews, Source: n.Source, Detail: &exchange.Detail{Text: strings.ReplaceAll(n.Text, "#", strconv.Itoa(k))}})
	w.queue[len(w.queue)-1].Time -= exchange.Stamp(n.Age)
}

// everyMinute is what the edge of the process asks the venue for again and again.
func (w *World) everyMinute() {
	w.on(w.now.Add(time.Minute), rankEdge, w.everyMinute)
	if !w.up {
		return
	}
	w.tellBalances()
	w.later(func() { _ = w.guard.Compare() }) // a failed one shows at the next
}

// later lets the process do something between two events, at this instant.
func (w *World) later(do func()) {
	w.tell(exchange.Event{Kind: exchange.KindBeat})
	w.ops.todo = append(w.ops.todo, do)
	w.attend = true
}

// look is the process between two events; died when that was its end.
func (w *World) look() (died bool) {
	w.inside = true
	defer w.survive(&died)
	for len(w.ops.todo) > 0 && w.up {
		do := w.ops.todo[0]
		w.ops.todo = w.ops.todo[:copy(w.ops.todo, w.ops.todo[1:])]
		do()
	}
	return died
}

// watchEvery is how often the process looks for the KILL file by itself.
const watchEvery = 250 * time.Millisecond

// watchKill looks for it at the next time.
func (w *World) watchKill() {
	next := (w.now/exchange.Stamp(watchEvery) + 1) * exchange.Stamp(watchEvery)
	w.on(next, rankEdge, func() {
		if w.up {
			w.later(w.lookForKill)
		}
	})
}

func (w *World) lookForKill() {
	if w.ops.killed() && w.guard.Level() < risk.Killed {
		w.guard.Kill(risk.KillFile, "the KILL file is there")
	}
}

// act is something that the owner does.
func (w *World) act(a Act) {
	if !w.up {
		w.note(Entry{Kind: "act-refused", Text: a.Do.String() + ": no process runs"})
		return
	}
	switch a.Do {
	case KillCommand:
		w.tell(exchange.Event{Kind: exchange.KindOperator, Code: exchange.CodeKill, Detail: &exchange.Detail{Text: a.Text}})
		w.note(Entry{Kind: "act", Text: a.Do.String()})
	default:
		w.later(func() { w.ceremony(a) })
	}
}

// ceremony is a step of it; what the guard says is on the log.
func (w *World) ceremony(a Act) {
	o := &w.ops
	o.asked++
	why := a.Text
	if why == "" {
		why = "the owner wants to"
	}
	var err error
	switch a.Do {
	case Flatten, FlattenUnsigned:
		key := ownerKey
		if a.Do == FlattenUnsigned {
			key = thiefKey
		}
		var challenge string
		if challenge, err = w.guard.RequestFlatten(why, [16]byte{o.asked, 1}); err == nil {
			err = w.guard.ConfirmFlatten(challenge, ed25519.Sign(key, []byte(challenge)))
		}
	case ArmRequest:
		o.challenge, err = w.guard.RequestArm(why, "", [16]byte{o.asked})
	case ArmConfirm, ArmConfirmUnsigned:
		key := ownerKey
		if a.Do == ArmConfirmUnsigned {
			key = thiefKey
		}
		challenge := o.challenge
		if err = w.guard.ConfirmArm(challenge, ed25519.Sign(key, []byte(challenge))); err == nil {
			o.served = challenge
		}
	case Resume:
		err = w.guard.Resume(why)
	case ArmConfirmWrong:
		challenge := o.challenge + "."
		err = w.guard.ConfirmArm(challenge, ed25519.Sign(ownerKey, []byte(challenge)))
	case ArmConfirmAgain:
		err = w.guard.ConfirmArm(o.served, ed25519.Sign(ownerKey, []byte(o.served)))
	default:
		err = fmt.Errorf("BUG: act %v", a.Do)
	}
	if err != nil {
		w.note(Entry{Kind: "act-refused", Text: a.Do.String() + ": " + err.Error()})
		return
	}
	switch a.Do {
	case FlattenUnsigned, ArmConfirmUnsigned, ArmConfirmWrong, ArmConfirmAgain:
		w.breaks(levelIsObeyed, "%s was taken for the owner's word", a.Do)
	}
	w.note(Entry{Kind: "act", Text: a.Do.String()})
}
