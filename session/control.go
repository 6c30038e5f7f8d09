package session

import (
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
	"strings"
	"time"
)

// An operator's request is a file in the control directory, and so is its answer: no port
// is open, the file system says who may ask, and a request is served between two events,
// never in the middle of one. A request older than the session is not served.
const (
	requestPrefix = "request-"
	answerPrefix  = "answer-"
)

// request is what an operator asks of a running session.
type request struct {
	Command   string `json:"command"` // arm-request, arm-confirm
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
	switch req.Command {
	case "arm-request":
		var random [16]byte
		rand.Read(random[:]) // never fails
		s.heard.putJSON(heardAct, act{Arm: req.Command, Reason: req.Reason, Incident: req.Incident, Random: random[:]})
		challenge, err := s.guard.RequestArm(req.Reason, req.Incident, random)
		if err != nil {
			return answer{}, err
		}
		s.logf("arming was requested: %s", req.Reason)
		return answer{OK: true, Challenge: challenge}, nil
	case "arm-confirm":
		s.heard.putJSON(heardAct, act{Arm: req.Command, Challenge: req.Challenge, Signature: req.Signature})
		if err := s.guard.ConfirmArm(req.Challenge, req.Signature); err != nil {
			s.logf("%v", err)
			return answer{}, err
		}
		s.logf("ARMED")
		s.statusAt = time.Time{}
		return answer{OK: true}, nil
	}
	return answer{}, fmt.Errorf("there is no request %q", req.Command)
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

// RequestArm begins the ceremony in the session of a state directory. The challenge is
// one word, for a command line.
func RequestArm(ctx context.Context, state, reason, incident string) (challenge string, err error) {
	a, err := ask(ctx, state, &request{Command: "arm-request", Reason: reason, Incident: incident})
	if err != nil {
		return "", err
	}
	if !a.OK {
		return "", Refused(errors.New(a.Text))
	}
	return base64.RawURLEncoding.EncodeToString([]byte(a.Challenge)), nil
}

// ConfirmArm ends the ceremony with the signature of the challenge.
func ConfirmArm(ctx context.Context, state, challenge string, signature []byte) error {
	text, err := ChallengeText(challenge)
	if err != nil {
		return err
	}
	a, err := ask(ctx, state, &request{Command: "arm-confirm", Challenge: text, Signature: signature})
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
	if err != nil || !strings.HasPrefix(string(text), "breakwater-arm-1 ") {
		return "", Wrong(errors.New("this is no challenge; give the word that breakwater arm request printed, whole"))
	}
	return string(text), nil
}
