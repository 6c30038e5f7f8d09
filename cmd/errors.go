package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The exit codes, everywhere.
const (
	exitDone    = 0
	exitFailed  = 1 // it failed, or a check did not hold
	exitUsage   = 2 // wrong usage, configuration or input
	exitRefused = 3 // refused for safety
)

// exitError is an error with its exit code. An empty text prints nothing: what did not
// hold has been said.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

// usagef is an error of what the user wrote, with the remedy.
func usagef(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

// wrong marks an error as the user's; nil stays nil.
func wrong(err error) error {
	if err == nil {
		return nil
	}
	return exitError{exitUsage, err}
}

// errNotHeld ends a command whose check did not hold, after it has said so itself.
var errNotHeld = exitError{exitFailed, errors.New("")}

func exitCode(err error) int {
	var coded exitError
	if errors.As(err, &coded) {
		return coded.code
	}
	return exitFailed
}

// errorText is one line for a person: without the package that made the error.
func errorText(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted; nothing was written"
	}
	text := oneLine(err.Error())
	for _, pkg := range []string{"data: ", "exchange: ", "sim: ", "risk: ", "strategy: ", "engine: ", "report: "} {
		text = strings.TrimPrefix(text, pkg)
	}
	return text
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
