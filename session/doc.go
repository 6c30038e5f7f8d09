// Package session is the long-running trading process: it puts market, guard, strategies,
// journal, status and kill switch together and keeps them going until it is told to stop.
//
// It promises that everything of a session lies in one state directory that one process
// holds at a time; that the journal is the only truth about guard and books, so that
// starting is recovering; that whoever asks it to stop is heard within 250 ms; and that
// nothing but the ceremony makes it trade again. The clock lives here, at the edge: what
// stands below sees only the times of events.
package session
