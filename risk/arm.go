package risk

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/internal/planted"
)

// The ceremony that re-enables trading takes two steps and a signature made on another
// machine: who has only this one can stop, but not start. Flatten takes the same two steps,
// without the minute in between.
const (
	armWait   = time.Minute      // between request and confirmation, at least
	armWithin = 10 * time.Minute // and at most
	dayLength = 24 * time.Hour
	rampDays  = 14 // armed days before a step up
)

// ErrRefused is matched by every refusal of what an operator asks for.
var ErrRefused = errors.New("refused")

func refuse(what, format string, args ...any) error {
	return fmt.Errorf("%s: %w: %s", what, ErrRefused, fmt.Sprintf(format, args...))
}

// mayRequest refuses a request that nobody could confirm, or that does not say why.
func (g *Guard) mayRequest(what, ask, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return refuse(what, "%s", ask)
	}
	if len(g.key) != ed25519.PublicKeySize {
		return refuse(what, "no public key is configured to verify a signature with")
	}
	return nil
}

// signed is a challenge that came back, and the request that is open.
type signed struct {
	challenge, open string
	asked           exchange.Stamp
	wait            time.Duration // at least so long ago
}

// maySign refuses a confirmation that is not of the open request, early, late, badly
// signed, or of a session that has changed.
func (g *Guard) maySign(what string, c signed, signature []byte) error {
	age := g.s.now.Sub(c.asked)
	switch {
	case c.open == "" || c.challenge != c.open:
		return refuse(what, "this challenge is not open; each serves once: run breakwater %s request", what)
	case age < c.wait:
		return refuse(what, "too early; wait until a minute after the request has passed")
	case age > armWithin:
		return refuse(what, "too late; the request is older than ten minutes: run breakwater %s request", what)
	case len(g.key) != ed25519.PublicKeySize || !ed25519.Verify(g.key, []byte(c.challenge), signature) && !planted.On(planted.CeremonyTakesAnyKey):
		return refuse(what, "the signature does not fit the challenge and the configured key")
	}
	return nil
}

// sealed is what a signature holds for: the latches and the limits as they are now.
func (s *state) sealed() string {
	names := make([]string, 0, len(s.latches))
	for i := range s.latches {
		names = append(names, s.latchName(&s.latches[i]))
	}
	return fmt.Sprintf("latches=%s limits=%s", strings.Join(names, ","), s.limitsHash())
}

func (s *state) limitsHash() string {
	sum := sha256.Sum256([]byte(limitsText(&s.limits)))
	return hex.EncodeToString(sum[:8])
}

// latchName is a latch's control, and the pair or strategy that it is for.
func (s *state) latchName(l *latch) string {
	switch l.scope {
	case ByPair:
		return l.control.String() + ":" + s.acct.catalog.Instruments[l.instrument].Symbol
	case BySlot:
		return fmt.Sprintf("%v:%d", l.control, l.slot)
	}
	return l.control.String()
}

// unchanged refuses a confirmation where a latch stands, or limits hold, that the challenge
// does not name: nobody has signed for them.
func (g *Guard) unchanged(what, challenge string) error {
	s := g.s
	_, rest, _ := strings.Cut(challenge, " latches=")
	named, rest, _ := strings.Cut(rest, " ")
	limits, _, _ := strings.Cut(rest, " ")
	if limits != "limits="+s.limitsHash() {
		return refuse(what, "the limits have changed since the request: run breakwater %s request", what)
	}
	for i := range s.latches {
		l := &s.latches[i]
		if name := s.latchName(l); l.needsCeremony() && !slices.Contains(strings.Split(named, ","), name) {
			return refuse(what, "%s was set since the request (%s): run breakwater %s request", name, l.cause, what)
		}
	}
	return nil
}

// RequestArm begins the ceremony: it returns the challenge to be signed. random must be
// fresh for every request.
func (g *Guard) RequestArm(reason, incident string, random [16]byte) (challenge string, err error) {
	if err := g.mayRequest("arm", "say why trading shall go on: --reason", reason); err != nil {
		return "", err
	}
	s := g.s
	challenge = fmt.Sprintf("breakwater-arm-1 %s %d %s incident=%q reason=%q", hex.EncodeToString(random[:]), int64(s.now), s.sealed(), incident, reason)
	return challenge, g.write(Record{Type: RecArmRequest, Text: challenge}, true)
}

// ConfirmArm ends the ceremony: at least a minute and at most ten after the request, with
// a signature of the challenge. It is refused while the kill switch is present or the
// books are not in order, and when a latch or limits came that the challenge does not name.
// Every latch is lifted by a record of its own, a new high-water mark begins, and one dry
// cycle must pass before orders go out. A HALT has taken the ramp a step down already;
// enough armed days with a profit take it a step up.
func (g *Guard) ConfirmArm(challenge string, signature []byte) error {
	s := g.s
	if err := g.maySign("arm", signed{challenge, s.host.challenge, s.host.asked, armWait}, signature); err != nil {
		return err
	}
	switch {
	case g.kill.Present():
		return refuse("arm", "the KILL file is still there; remove it first")
	case !s.adopted || !s.synced || !s.day.started:
		return refuse("arm", "no valid balances and prices yet, so there is no baseline for losses")
	case s.acct.unknown > 0:
		return refuse("arm", "%d orders have an unknown outcome", s.acct.unknown)
	case s.link.differs != nil:
		return refuse("arm", "the books and the venue's do not agree")
	case KeyPolicy.Applicable(s.facts) && !s.host.key:
		return refuse("arm", "the key did not pass its check")
	}
	for _, c := range hostChecks {
		if s.facts&exchange.FactHost != 0 && s.host.checks[c] != passed {
			return refuse("arm", "%s does not hold", c)
		}
	}
	if err := g.unchanged("arm", challenge); err != nil {
		return err
	}
	if err := g.write(Record{Type: RecArm, Until: s.now.Add(min(s.limits.Lease, 365*dayLength)), Text: limitsText(&s.limits)}, true); err != nil {
		return err
	}
	for len(s.latches) > 0 && g.failed == nil {
		l := s.latches[0]
		g.lift(&l, "lifted by the ceremony")
	}
	g.newHigh()
	if s.host.days >= rampDays && s.host.net > 0 && s.host.ramp+1 < len(s.limits.Ramp) {
		g.write(Record{Type: RecRamp, Count: int64(s.host.ramp + 1)}, true)
	}
	if g.failed == nil {
		g.schedule() // a condition that goes on trips again by its own time, not when the next event happens to come
	}
	return g.failed
}
