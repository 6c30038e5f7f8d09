package session

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// KillFile is the kill switch of a state directory: a file whose presence stops
// everything. It is asked at every approval.
type KillFile string

// Present reports whether there is anything at the path. Any entry counts, a dangling
// link and a directory too, and so does any error but that there is nothing: who cannot
// look must assume the worst. A state directory that has vanished counts as well.
func (k KillFile) Present() bool {
	return !missing(string(k)) || missing(filepath.Dir(string(k)))
}

// Cause is what the file says, or what it is.
func (k KillFile) Cause() string {
	f, err := os.Open(string(k))
	if err != nil {
		return "the KILL file is present"
	}
	defer f.Close()
	var head [300]byte
	n, _ := f.Read(head[:])
	line, _, _ := bytes.Cut(head[:n], []byte{'\n'})
	text := strings.ToValidUTF8(oneLine(string(line)), "?")
	if text == "" {
		return "the KILL file is present"
	}
	return "KILL file: " + text
}

// Kill makes the KILL file of a state directory, with the reason in it, at once and
// whole: the session needs not be able to answer. A file that is there keeps its words.
// The session sees it at its next approval and within 250 ms.
func Kill(state, why string) error {
	pid, runs, err := running(state)
	if err != nil {
		return err
	}
	path := filepath.Join(state, killName)
	text := fmt.Sprintf("%s\nby uid %d at %s\n", oneLine(why), os.Getuid(), time.Now().UTC().Format(time.RFC3339))
	tmp := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	if err := os.WriteFile(tmp, []byte(text), 0o600); err == nil {
		err = os.Link(tmp, path)
		os.Remove(tmp)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("session: %s: %w; make any file of that name by hand: touch %s", path, err, path)
		}
	} else if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		// without room for a file's words there may be room for a name
		return fmt.Errorf("session: %s: %s; make any file of that name by hand: touch %s", path, plainFileError(err), path)
	}
	if runs && pid > 0 {
		signalKill(pid)
	}
	return nil
}
