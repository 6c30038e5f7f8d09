package session

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// pace is how fast a replay is played: times real time, or as fast as the machine can.
type pace struct {
	times    float64 // 0: as fast as it can
	lockstep bool    // no beats but those that somebody asked for, so that nothing depends on the machine
	text     string
}

// fastest is the largest factor: a day in less than a tenth of a second.
const fastest = 1_000_000

// parsePace reads 1x, 60x, max or lockstep; "" is 1x.
func parsePace(text string) (pace, error) {
	switch text {
	case "":
		return pace{times: 1, text: "1x"}, nil
	case "max":
		return pace{text: text}, nil
	case "lockstep":
		return pace{lockstep: true, text: text}, nil
	}
	number, found := strings.CutSuffix(text, "x")
	times, err := strconv.ParseFloat(number, 64)
	if !found || err != nil || !(times > 0) || times > fastest {
		return pace{}, fmt.Errorf("speed %q is none; write 1x, 60x, max or lockstep", text)
	}
	return pace{times: times, text: text}, nil
}

// eventTime is how much time passes at the venue in a real duration.
func (p pace) eventTime(real time.Duration) time.Duration {
	return time.Duration(float64(real) * p.times)
}

// realTime is how long a duration at the venue takes.
func (p pace) realTime(event time.Duration) time.Duration {
	return time.Duration(float64(event) / p.times)
}
