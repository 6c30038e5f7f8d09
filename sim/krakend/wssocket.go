package krakend

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"breakwater/exchange"
)

// What a WebSocket client may take of the server.
const (
	mostQueued      = 8192            // frames that wait for a client
	mostQueuedBytes = 16 << 20        // and their bytes
	mostBehind      = 5 * time.Second // a client whose oldest frame has waited longer is cut off
	goodbyeTime     = time.Second     // for a client to answer a close
	mostWritten     = 64 << 10        // bytes in one write, a larger frame aside
)

// socket is a client's WebSocket connection. What stands below the line belongs to the
// goroutine that owns the venue.
type socket struct {
	conn *websocket.Conn
	raw  *rawConn // beneath conn
	ip   string
	out  outbox
	end  sync.Once

	id        uint64
	subs      []*subscription
	heard     exchange.Stamp // by the link's clock
	told      exchange.Stamp
	rate      counter
	level3    counter
	unlimited bool    // an account without limits has used it
	speaks    *apiKey // of the latest trading request; nil: there was none
}

// outbox is what waits to be written to a client. The venue puts frames in and never
// waits; one goroutine takes them out.
type outbox struct {
	mu     sync.Mutex
	frames [][]byte
	bytes  int
	since  time.Time // when the oldest of frames came
	taken  time.Time // since, of those that are being written; zero: none are
	shut   bool
	ready  chan struct{}
}

// put adds a frame that comes now; false when there is no room, or nobody to write it.
func (o *outbox) put(frame []byte, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shut || len(o.frames) >= mostQueued || o.bytes+len(frame) > mostQueuedBytes {
		return false
	}
	if len(o.frames) == 0 {
		if o.since = now; now.IsZero() {
			o.since = time.Now()
		}
		select {
		case o.ready <- struct{}{}:
		default:
		}
	}
	o.frames = append(o.frames, frame)
	o.bytes += len(frame)
	return true
}

// take waits for frames and takes all of them; spare is a slice to use again. ok is false
// when no more will come.
func (o *outbox) take(spare [][]byte) (frames [][]byte, ok bool) {
	o.mu.Lock()
	o.taken = time.Time{}
	for len(o.frames) == 0 && !o.shut {
		o.mu.Unlock()
		<-o.ready
		o.mu.Lock()
	}
	defer o.mu.Unlock()
	if len(o.frames) == 0 {
		return nil, false
	}
	frames, o.frames, o.bytes, o.taken = o.frames, spare[:0], 0, o.since
	return frames, true
}

// behind is how long the oldest frame that is not written has waited.
func (o *outbox) behind(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.taken.IsZero():
		return now.Sub(o.taken)
	case len(o.frames) > 0:
		return now.Sub(o.since)
	}
	return 0
}

// close lets the writer go.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.shut {
		o.shut = true
		close(o.ready)
	}
}

// cut ends a connection without a word; the venue does not wait for it.
func (k *socket) cut() { k.end.Do(func() { go k.conn.CloseNow() }) }

// bye ends a connection with a code, and cuts it off when the client does not answer.
func (k *socket) bye(code websocket.StatusCode, reason string) {
	k.end.Do(func() {
		go func() {
			late := time.AfterFunc(goodbyeTime, func() { k.raw.Close() }) // CloseNow would wait for Close
			defer late.Stop()
			k.conn.Close(code, reason) // the connection is gone either way
		}()
	})
}

// sockets are the connections of a server.
type sockets struct {
	mu     sync.Mutex
	open   map[*socket]bool
	closed bool
	done   sync.WaitGroup
}

func (s *sockets) add(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.open == nil {
		s.open = map[*socket]bool{}
	}
	s.open[k] = true
	s.done.Add(1)
	return true
}

func (s *sockets) remove(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, k)
	s.done.Done()
}

// close says goodbye to all and waits until they are gone.
func (s *sockets) close() {
	s.mu.Lock()
	s.closed = true
	for k := range s.open {
		k.bye(websocket.StatusGoingAway, "")
	}
	s.mu.Unlock()
	s.done.Wait()
}

// stream serves a WebSocket connection until it ends: this goroutine reads, another writes.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	ip := remoteIP(r)
	var banned bool
	if !s.do(func(c *core) { banned = !c.admitSocket(ip) }) {
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	if banned {
		http.Error(w, "too many connections", http.StatusTooManyRequests)
		return
	}
	taken := &hijack{ResponseWriter: w}
	conn, err := websocket.Accept(taken, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // Kraken takes any origin
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(mostBodyBytes)
	k := &socket{conn: conn, raw: taken.raw, ip: ip, out: outbox{ready: make(chan struct{}, 1)}}
	if !s.sockets.add(k) {
		conn.CloseNow()
		return
	}
	defer s.sockets.remove(k)
	written := make(chan struct{})
	go func() {
		defer close(written)
		k.write()
	}()
	if s.do(func(c *core) { c.welcome(k) }) {
		k.read(s)
	}
	s.do(func(c *core) { c.farewell(k) })
	k.out.close()
	conn.CloseNow()
	<-written
}

// read hands the client's messages to the venue, one after the other.
func (k *socket) read(s *Server) {
	for {
		_, b, err := k.conn.Read(context.Background())
		if err != nil {
			return
		}
		q, problem := readMessage(b)
		if !s.do(func(c *core) { c.hear(k, q, problem) }) {
			k.bye(websocket.StatusGoingAway, "")
			return
		}
	}
}

// write writes what waits until there is no more or the client is gone: as many frames
// in one write as there are.
func (k *socket) write() {
	var frames [][]byte
	var b []byte
	for ok := true; ok; {
		if frames, ok = k.out.take(frames); !ok {
			return
		}
		for i, f := range frames {
			b = appendFrame(b, f)
			frames[i] = nil
			if len(b) < mostWritten && i+1 < len(frames) {
				continue
			}
			if _, err := k.raw.Write(b); err != nil {
				k.out.close()
				k.cut()
				return
			}
			if b = b[:0]; cap(b) > 2*mostWritten {
				b = nil
			}
		}
	}
}
