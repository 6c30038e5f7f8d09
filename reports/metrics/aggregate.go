package metrics

import (
	"time"

	"breakwater/exchange"
)

// Span is a piece of the calendar, in UTC.
type Span uint8

// The spans; a week is an ISO week, from Monday.
const (
	Week Span = iota
	Month
	Quarter
	Year
)

// begin is the first day of the span that t lies in.
func (s Span) begin(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	switch s {
	case Week:
		d -= (int(t.UTC().Weekday()) + 6) % 7
	case Month:
		d = 1
	case Quarter:
		m, d = m-(m-1)%3, 1
	default:
		m, d = time.January, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// SpanReturn is the return of one span of the calendar.
type SpanReturn struct {
	Begin  time.Time // midnight of the span's first day
	Return Value
}

// SpanReturns compounds the returns between points over spans of the calendar, in order;
// a span without a point is not there. A return belongs to the span of its later point,
// midnight to the day it ends, so that the return of January ends with the close of the
// 31st.
func SpanReturns(points []Point, by Span) []SpanReturn {
	var out []SpanReturn
	growth := 1.0
	for i, r := range Returns(points) {
		at := exchange.Seconds(closingDay(points[i+1].Time) * 86_400)
		begin := by.begin(at.Time())
		if n := len(out); n == 0 || !out[n-1].Begin.Equal(begin) {
			out = append(out, SpanReturn{Begin: begin})
			growth = 1
		}
		growth *= 1 + r
		out[len(out)-1].Return = Of(growth - 1)
	}
	return out
}
