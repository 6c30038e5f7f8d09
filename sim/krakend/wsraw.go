package krakend

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
)

// rawConn is the connection beneath a WebSocket. The library reads from it and writes
// pings, pongs and closes; data frames are written past it, many at a time. Each Write is
// of whole frames.
type rawConn struct {
	net.Conn
	mu sync.Mutex
}

// Write writes whole frames.
func (r *rawConn) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Conn.Write(b)
}

// hijack hands the library a rawConn and keeps it for us.
type hijack struct {
	http.ResponseWriter
	raw *rawConn
}

// controlRoom holds the largest control frame, so that the library flushes it in one write.
const controlRoom = 256

// Hijack is http.Hijacker.
func (h *hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, both, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.raw = &rawConn{Conn: conn}
	return h.raw, bufio.NewReadWriter(both.Reader, bufio.NewWriterSize(h.raw, controlRoom)), nil
}

// appendFrame appends a text frame as a server writes it: final, without a mask (RFC
// 6455, section 5.2).
func appendFrame(b, payload []byte) []byte {
	b = append(b, 0x81)
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}
