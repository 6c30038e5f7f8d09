package session

import "errors"

// ErrWrong marks what the user wrote wrongly: usage or configuration (exit code 2).
var ErrWrong = errors.New("wrong configuration")

// ErrRefused marks what is refused for safety (exit code 3).
var ErrRefused = errors.New("refused for safety")

// marked is an error that reads as its text and is one of the two above.
type marked struct {
	error
	kind error
}

func (m marked) Is(target error) bool { return target == m.kind }

func (m marked) Unwrap() error { return m.error }

// Wrong marks an error as the user's; nil stays nil.
func Wrong(err error) error { return mark(err, ErrWrong) }

// Refused marks an error as a refusal for safety; nil stays nil.
func Refused(err error) error { return mark(err, ErrRefused) }

func mark(err, kind error) error {
	if err == nil {
		return nil
	}
	return marked{err, kind}
}
