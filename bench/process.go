package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// usage is what one process used.
type usage struct {
	cpu      float64 // seconds, user and system
	memoryMB float64 // largest resident set
}

// measure runs a program to its end and returns what it used and what it said.
func measure(args []string) (u usage, output string, err error) {
	cmd := exec.Command(args[0], args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return u, "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	s := cmd.ProcessState
	u.cpu = (s.UserTime() + s.SystemTime()).Seconds()
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		u.memoryMB = float64(r.Maxrss) / 1024 // Linux counts KB
	}
	return u, out.String(), nil
}

// median takes each figure's own median.
func median(all []usage) usage {
	mid := func(of func(usage) float64) float64 {
		values := make([]float64, len(all))
		for i := range all {
			values[i] = of(all[i])
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return usage{cpu: mid(func(u usage) float64 { return u.cpu }), memoryMB: mid(func(u usage) float64 { return u.memoryMB })}
}

func build(to, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-o", to, pkg)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// makeFile synthesises the bars, and a second file with the first of them.
func makeFile(program, many, few string) (size int64, err error) {
	if _, _, err := measure([]string{
		program, "data", "synth", "--preset", "volatile", "--count", fmt.Sprint(rows), "--trades-per-bar", "4", "--out", many,
	}); err != nil {
		return 0, err
	}
	from, err := os.Open(many)
	if err != nil {
		return 0, err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return 0, err
	}
	to, err := os.Create(few)
	if err != nil {
		return 0, err
	}
	w, r := bufio.NewWriter(to), bufio.NewReader(from)
	for range rowsFew {
		row, err := r.ReadSlice('\n')
		if err != nil && err != io.EOF {
			return 0, err
		}
		w.Write(row) // an error stays for Flush
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	return info.Size(), to.Close()
}

// profile runs the program once more and lists where its time goes, by our functions and
// what they call.
func profile(args []string, file string) (string, error) {
	if _, _, err := measure(append(args, "--cpuprofile", file)); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", "-cum", "-show", "breakwater/|sha256", "-nodecount", "40", args[0], file).Output()
	if err != nil {
		return "", fmt.Errorf("go tool pprof: %w", err)
	}
	return string(out), nil
}
