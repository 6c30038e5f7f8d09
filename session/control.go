package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"breakwater/risk"
)

// An operator's request is a file in the control directory, and so is its answer: no port
// is open, the file system says who may ask, and a request is served between two events,
// never in the middle of one. A request older than the session is not served.
const (
	requestPrefix = "request-"
	answerPrefix  = "answer-"
)

// commands are what a session can be asked for.
var commands = []string{"arm-request", "arm-confirm", "flatten-request", "flatten-confirm", "resume"}

// What a session does by itself beside the events, recorded like an operator's act.
const (
	actFault = "journal-fault"
	actNote  = "note"
)

// request is what an operator asks of a running session.
type request struct {
	Command   string `json:"command"`
	Reason    string `json:"reason,omitempty"`
	Incident  string `json:"incident,omitempty"`
	Challenge string `json:"challenge,omitempty"`
	Signature []byte `json:"signature,omitempty"`
}

// answer is what became of it.
type answer struct {
	OK        bool   `json:"ok"`
	Text      string `json:"text,omitempty"` // why not
	Challenge string `json:"challenge,omitempty"`
}

// clearControl forgets the requests of an earlier session: what was asked of it was not
// asked of this one.
func (d *stateDir) clearControl() error {
	dir := d.file(controlDir)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if err == nil {
			err = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("session: %s: %s", dir, plainFileError(err))
	}
	return nil
}

// serve answers the requests that wait.
func (s *session) serve() error {
	dir := s.dir.file(controlDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // whoever took the directory away can ask nothing
	}
	for _, e := range entries {
		id, asks := strings.CutPrefix(e.Name(), requestPrefix)
		if !asks || strings.HasSuffix(id, ".tmp") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		req, err := readRequest(path)
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("session: %s: %s", path, plainFileError(err))
		}
		var a answer
		if err == nil {
			a, err = s.do(req)
		}
		if err != nil {
			a = answer{Text: oneLine(err.Error())}
		}
		text, err := json.Marshal(a)
		if err != nil {
			panic("BUG: an answer is no JSON: " + err.Error())
		}
		if err := writeFile(filepath.Join(dir, answerPrefix+id), text); err != nil {
			return err
		}
	}
	return nil
}

// readRequest refuses what the user of this process did not write.
func readRequest(path string) (*request, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || !ownedByUs(info) || info.Mode().Perm()&0o022 != 0 || info.Size() > 1<<16 {
		return nil, errors.New("the request is not a small file of the session's own user")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	req := new(request)
	if err := json.Unmarshal(text, req); err != nil {
		return nil, errors.New("the request cannot be read")
	}
	return req, nil
}

// do carries a request out. The guard records what it does.
func (s *session) do(req *request) (answer, error) {
	if !slices.Contains(commands, req.Command) {
		return answer{}, fmt.Errorf("there is no request %q", req.Command)
	}
	a := act{Command: req.Command, Reason: req.Reason, Incident: req.Incident, Challenge: req.Challenge, Signature: req.Signature}
	if strings.HasSuffix(req.Command, "-request") {
		a.Random = make([]byte, 16)
		rand.Read(a.Random) // never fails
	}
	s.heard.putJSON(heardAct, a)
	challenge, err := a.carryOut(s.guard)
	if err != nil {
		s.logf("%v", err)
		return answer{}, err
	}
	s.logf("%s: %s", req.Command, cmp.Or(req.Reason, "done"))
	s.statusAt = time.Time{}
	return answer{OK: true, Challenge: challenge}, nil
}

// carryOut does what an operator asked for.
func (a *act) carryOut(g *risk.Guard) (challenge string, err error) {
	var random [16]byte
	copy(random[:], a.Random)
	switch a.Command {
	case "arm-request":
		return g.RequestArm(a.Reason, a.Incident, random)
	case "arm-confirm":
		return "", g.ConfirmArm(a.Challenge, a.Signature)
	case "flatten-request":
		return g.RequestFlatten(a.Reason, random)
	case "flatten-confirm":
		return "", g.ConfirmFlatten(a.Challenge, a.Signature)
	case "resume":
		return "", g.Resume(a.Reason)
	case actFault:
		g.JournalFault(a.Cause)
		return "", nil
	case actNote:
		g.Note(a.Cause)
		return "", nil
	}
	panic("BUG: there is no request " + a.Command)
}

// ask hands a request to the session of a state directory and waits for its answer.
func ask(ctx context.Context, state string, req *request) (*answer, error) {
	pid, runs, err := running(state)
	switch {
	case err != nil:
		return nil, err
	case !runs:
		return nil, fmt.Errorf("no session runs in %s; start one with breakwater trade, then ask again", state)
	}
	var random [8]byte
	rand.Read(random[:]) // never fails
	id := hex.EncodeToString(random[:])
	dir := filepath.Join(state, controlDir)
	text, err := json.Marshal(req)
	if err != nil {
		panic("BUG: a request is no JSON: " + err.Error())
	}
	if err := writeFile(filepath.Join(dir, requestPrefix+id), text); err != nil {
		return nil, err
	}
	return await(ctx, state, filepath.Join(dir, answerPrefix+id), pid)
}

// await polls for an answer until the session is gone or takes too long.
func await(ctx context.Context, state, path string, pid int) (*answer, error) {
	const patience = 10 * time.Second // the session looks every 50 ms
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(path)
		if err == nil {
			a := new(answer)
			if err := json.Unmarshal(text, a); err != nil {
				return nil, fmt.Errorf("session: %s cannot be read", path)
			}
			return a, os.Remove(path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("session: %s: %s", path, plainFileError(err))
		}
		if _, runs, err := running(state); err != nil || !runs {
			return nil, fmt.Errorf("the session in %s ended before it answered; see breakwater status", state)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("the session (process %d) did not answer within %v; it may be stopped or stuck: see breakwater status", pid, patience)
		}
	}
}

// Ceremony is what an operator asks for in two steps, with a signature made elsewhere.
type Ceremony string

// The ceremonies.
const (
	Arm     Ceremony = "arm"     // orders may go out
	Flatten Ceremony = "flatten" // everything is sold
)

// Request begins a ceremony in the session of a state directory. The challenge is one
// word, for a command line.
func (c Ceremony) Request(ctx context.Context, state, reason, incident string) (challenge string, err error) {
	a, err := ask(ctx, state, &request{Command: string(c) + "-request", Reason: reason, Incident: incident})
	if err != nil {
		return "", err
	}
	if !a.OK {
		return "", Refused(errors.New(a.Text))
	}
	return base64.RawURLEncoding.EncodeToString([]byte(a.Challenge)), nil
}

// Confirm ends it with the signature of the challenge.
func (c Ceremony) Confirm(ctx context.Context, state, challenge string, signature []byte) error {
	text, err := ChallengeText(challenge)
	if err != nil {
		return err
	}
	a, err := ask(ctx, state, &request{Command: string(c) + "-confirm", Challenge: text, Signature: signature})
	if err != nil {
		return err
	}
	if !a.OK {
		return Refused(errors.New(a.Text))
	}
	return nil
}

// Resume lets the session of a state directory go on after a day that lost its limit.
func Resume(ctx context.Context, state, reason string) error {
	a, err := ask(ctx, state, &request{Command: "resume", Reason: reason})
	if err != nil {
		return err
	}
	if !a.OK {
		return Refused(errors.New(a.Text))
	}
	return nil
}

// ChallengeText is what a challenge says, and what is signed.
func ChallengeText(challenge string) (string, error) {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(challenge))
	if err != nil || !strings.HasPrefix(string(text), "breakwater-arm-1 ") && !strings.HasPrefix(string(text), "breakwater-flatten-1 ") {
		return "", Wrong(errors.New("this is no challenge; give the word that the request printed, whole"))
	}
	return string(text), nil
}
