package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// child is a server in a process of its own.
type child struct {
	cmd    *exec.Cmd
	rest   string
	stream string
	key    string
	secret string
}

// start runs a program that tells its addresses as JSON in its first line.
func start(args ...string) (*child, error) {
	c := &child{cmd: exec.Command(args[0], args[1:]...)}
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	first, err := bufio.NewReader(out).ReadBytes('\n')
	var said struct{ Rest, Stream, Key, Secret string }
	if err == nil {
		err = json.Unmarshal(first, &said)
	}
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("%s: it does not say where it listens: %w", strings.Join(args, " "), err)
	}
	c.rest, c.stream, c.key, c.secret = said.Rest, said.Stream, said.Key, said.Secret
	return c, nil
}

// startVenue runs the venue with an empty book and an account without limits.
func startVenue(program string) (*child, error) {
	return start(program, "venue", "--listen", "127.0.0.1:0", "--json", "--bare", "--no-rate-limits")
}

// startReference runs one of this program's references.
func startReference(name string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(self, "-serve", name)
}

func (c *child) stop() {
	c.cmd.Process.Kill()
	c.cmd.Wait() // killed: its state says nothing
}

// memoryMB is the largest resident set of the process so far, and the one now.
func (c *child) memoryMB() (most, now float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for _, l := range strings.Split(string(text), "\n") {
		f := strings.Fields(l)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(f[1], 64)
		switch f[0] {
		case "VmHWM:":
			most = kb / 1024
		case "VmRSS:":
			now = kb / 1024
		}
	}
	return most, now, nil
}
