package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// measureREST compares calls over keep-alive connections with a bare handler's.
func measureREST(program string, span time.Duration) ([]line, error) {
	bare, err := startReference("rest")
	if err != nil {
		return nil, err
	}
	most, _, err := bare.hammer(span, 0)
	bare.stop()
	if err != nil {
		return nil, err
	}
	venue, err := startVenue(program)
	if err != nil {
		return nil, err
	}
	defer venue.stop()
	here, _, err := venue.hammer(span, 0)
	if err != nil {
		return nil, err
	}
	_, took, err := venue.hammer(span, here/2)
	if err != nil {
		return nil, err
	}
	slow, _ := slowest(took)
	return []line{
		{"AddOrder and CancelOrder over HTTP", fmt.Sprintf(">= %.0f %% of bare", 100*restShare), fmt.Sprintf("%.0f a second", here), fmt.Sprintf("%.0f: %.0f %%", most, 100*here/most), here >= restShare*most},
		{"  at half that load, p99", fmt.Sprintf("< %v", restSlowMost), slow.Round(time.Microsecond).String(), "", slow < restSlowMost},
	}, nil
}

const addOrder = `{"method":"add_order","params":{"order_type":"limit","side":"buy","symbol":"BTC/CAD","order_qty":0.0001,"limit_price":%d,"token":%q},"req_id":%d}`

// ackConnections is how many connections the orders come over.
const ackConnections = 4

// measureAcks places orders at a rate and waits for their answers, beside a bare server
// that answers each message.
func measureAcks(program string, span time.Duration) ([]line, error) {
	bare, err := startReference("echo")
	if err != nil {
		return nil, err
	}
	_, reference, err := bare.quietest(span, "none")
	bare.stop()
	if err != nil {
		return nil, err
	}
	least, _ := slowest(reference)
	venue, err := startVenue(program)
	if err != nil {
		return nil, err
	}
	defer venue.stop()
	token, err := venue.token()
	if err != nil {
		return nil, err
	}
	rate, took, err := venue.quietest(span, token)
	if err != nil {
		return nil, err
	}
	slow, most := slowest(took)
	return []line{{
		fmt.Sprintf("add_order over WebSocket, %.0f a second, ack p99", rate), fmt.Sprintf("< %v", ackSlowMost),
		fmt.Sprintf("%v, median %v, longest %v", slow.Round(time.Microsecond), took[len(took)/2].Round(time.Microsecond), most.Round(time.Microsecond)),
		fmt.Sprintf("%v", least.Round(time.Microsecond)), slow < ackSlowMost && rate > 0.95*ackRate,
	}}, nil
}

// ackTries is how often the orders are sent: of a machine that others use the quietest
// moment counts.
const ackTries = 3

// quietest is the try with the least p99.
func (c *child) quietest(span time.Duration, token string) (perSecond float64, took []time.Duration, err error) {
	for range ackTries {
		rate, all, err := c.order(span, token)
		if err != nil {
			return 0, nil, err
		}
		slow, _ := slowest(all)
		if least, _ := slowest(took); took == nil || slow < least {
			perSecond, took = rate, all
		}
	}
	return perSecond, took, nil
}

// order sends orders at ackRate over several connections.
func (c *child) order(span time.Duration, token string) (perSecond float64, took []time.Duration, err error) {
	total := int(ackRate * span.Seconds())
	sent := make([]time.Time, total)
	took = make([]time.Duration, total)
	var conns []*websocket.Conn
	var wait sync.WaitGroup
	errs := make(chan error, ackConnections)
	for i := range ackConnections {
		conn, err := c.dial(fmt.Sprintf(addOrder, 4999, "none", 0)) // refused; it warms the path
		if err != nil {
			return 0, nil, err
		}
		defer conn.CloseNow()
		conns = append(conns, conn)
		wait.Go(func() { errs <- readAcks(conn, sent, took, (total+ackConnections-1-i)/ackConnections) })
	}
	from := time.Now()
	for n := range total {
		if due := from.Add(time.Duration(float64(n) / ackRate * float64(time.Second))); time.Until(due) > 0 {
			time.Sleep(time.Until(due))
		}
		sent[n] = time.Now()
		if err := say(conns[n%ackConnections], addOrder, 5000+n%1000, token, n+1); err != nil {
			return 0, nil, err
		}
	}
	perSecond = float64(total) / time.Since(from).Seconds()
	wait.Wait()
	for range ackConnections {
		if err := <-errs; err != nil {
			return 0, nil, err
		}
	}
	return perSecond, took, nil
}

// readAcks reads the answers of a connection.
func readAcks(conn *websocket.Conn, sent []time.Time, took []time.Duration, count int) error {
	for count > 0 {
		_, b, err := conn.Read(context.Background())
		if err != nil {
			return err
		}
		now := time.Now()
		var f struct {
			Method  string
			ReqID   int `json:"req_id"`
			Success bool
		}
		if err := json.Unmarshal(b, &f); err != nil {
			return err
		}
		if f.Method != "add_order" || f.ReqID == 0 {
			continue
		}
		if !f.Success {
			return fmt.Errorf("add_order is answered with %s", b)
		}
		took[f.ReqID-1] = now.Sub(sent[f.ReqID-1])
		count--
	}
	return nil
}

const subscribeBook = `{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"],"depth":10}}`

// measureFanout compares book updates to many subscribers with a bare server that writes
// one frame to each in a loop.
func measureFanout(program string, span time.Duration) ([]line, error) {
	bare, err := startReference("fanout")
	if err != nil {
		return nil, err
	}
	most, err := drink(bare, span)
	bare.stop()
	if err != nil {
		return nil, err
	}
	venue, err := startVenue(program)
	if err != nil {
		return nil, err
	}
	defer venue.stop()
	here, behind, err := fanout(venue, span)
	if err != nil {
		return nil, err
	}
	return []line{
		{fmt.Sprintf("book updates to %d subscribers", subscribers), fmt.Sprintf(">= %.0f %% of bare", 100*fanoutShare), fmt.Sprintf("%.0f messages a second", here), fmt.Sprintf("%.0f: %.0f %%", most, 100*here/most), here >= fanoutShare*most},
		{"  the subscriber that is most behind", fmt.Sprintf("< %v", behindMost), behind.Round(time.Millisecond).String(), "", behind < behindMost},
	}, nil
}

// drink reads what a bare server writes to all subscribers, and counts the messages a second.
func drink(c *child, span time.Duration) (float64, error) {
	var count atomic.Int64
	var wait sync.WaitGroup
	var conns []*websocket.Conn
	for range subscribers {
		conn, err := c.dial(subscribeBook)
		if err != nil {
			return 0, err
		}
		conns = append(conns, conn)
		wait.Go(func() {
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return // the measurement is over
				}
				count.Add(1)
			}
		})
	}
	time.Sleep(span / 5)
	from, before := time.Now(), count.Load()
	time.Sleep(span)
	perSecond := float64(count.Load()-before) / time.Since(from).Seconds()
	for _, conn := range conns {
		conn.CloseNow()
	}
	wait.Wait()
	return perSecond, nil
}

// ahead is how many updates the one who makes them may be ahead of the slowest subscriber.
const ahead = 64

// fanout changes an order as fast as the slowest of the subscribers follows, and counts
// the messages a second that all of them get, and how late the latest of them comes.
func fanout(c *child, span time.Duration) (perSecond float64, behind time.Duration, err error) {
	token, err := c.token()
	if err != nil {
		return 0, 0, err
	}
	maker, err := c.dial(fmt.Sprintf(addOrder, 5000, token, 1))
	if err != nil {
		return 0, 0, err
	}
	defer maker.CloseNow()
	id := ""
	for id == "" {
		_, b, err := maker.Read(context.Background())
		if err != nil {
			return 0, 0, err
		}
		if _, rest, ok := strings.Cut(string(b), `"order_id":"`); ok {
			id = rest[:strings.IndexByte(rest, '"')]
		}
	}
	go func() {
		for {
			if _, _, err := maker.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	const most = 1 << 20
	sent := make([]atomic.Int64, most) // when each update was asked for
	var got [subscribers]atomic.Int64
	var late atomic.Int64
	var wait, ready sync.WaitGroup
	ready.Add(subscribers)
	for i := range subscribers {
		conn, err := c.dial(subscribeBook)
		if err != nil {
			return 0, 0, err
		}
		defer conn.CloseNow()
		wait.Go(func() { follow(conn, &got[i], sent, &late, &ready) })
	}
	ready.Wait()
	from := time.Now()
	n := int64(0)
	for ; time.Since(from) < span && n < most; n++ {
		for slowestOf(&got) < n-ahead {
			time.Sleep(100 * time.Microsecond)
			if time.Since(from) > 4*span {
				return 0, 0, fmt.Errorf("a subscriber has stopped at update %d of %d", slowestOf(&got), n)
			}
		}
		sent[n].Store(time.Now().UnixNano())
		if err := say(maker, `{"method":"amend_order","params":{"order_id":%q,"order_qty":%s,"token":%q}}`, id, [...]string{"0.0002", "0.0003"}[n%2], token); err != nil {
			return 0, 0, err
		}
	}
	for end := time.Now().Add(10 * time.Second); slowestOf(&got) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return 0, 0, fmt.Errorf("a subscriber has got %d of %d updates", slowestOf(&got), n)
		}
	}
	return float64(n*subscribers) / time.Since(from).Seconds(), time.Duration(late.Load()), nil
}

func slowestOf(got *[subscribers]atomic.Int64) int64 {
	least := got[0].Load()
	for i := range got {
		least = min(least, got[i].Load())
	}
	return least
}

// follow counts a subscriber's updates and how late they are.
func follow(conn *websocket.Conn, got *atomic.Int64, sent []atomic.Int64, late *atomic.Int64, ready *sync.WaitGroup) {
	for {
		_, b, err := conn.Read(context.Background())
		if err != nil {
			return // the measurement is over
		}
		switch {
		case strings.HasPrefix(string(b), `{"channel":"book","type":"update"`):
			was := time.Now().UnixNano() - sent[got.Load()].Load()
			for old := late.Load(); was > old && !late.CompareAndSwap(old, was); old = late.Load() {
				continue
			}
			got.Add(1)
		case strings.HasPrefix(string(b), `{"channel":"book","type":"snapshot"`):
			ready.Done()
		}
	}
}

// measureMemory rests orders and opens connections, and looks at the process.
func measureMemory(program string, _ time.Duration) ([]line, error) {
	venue, err := startVenue(program)
	if err != nil {
		return nil, err
	}
	defer venue.stop()
	token, err := venue.token()
	if err != nil {
		return nil, err
	}
	for range connections - 1 {
		conn, err := venue.dial(subscribeBook)
		if err != nil {
			return nil, err
		}
		defer conn.CloseNow()
		conn.SetReadLimit(1 << 20)
		go func() {
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return
				}
			}
		}()
	}
	conn, err := venue.dial(`{"method":"ping"}`)
	if err != nil {
		return nil, err
	}
	defer conn.CloseNow()
	const batch = 10
	one := `{"order_type":"limit","side":"buy","order_qty":0.0001,"limit_price":%d.%d}`
	for n := 0; n < restingOrders; n += batch {
		var rows []string
		for i := n; i < n+batch; i++ {
			// The price falls, so that one in ten batches changes what subscribers see.
			rows = append(rows, fmt.Sprintf(one, 6999-i/100, i/10%10))
		}
		if err := say(conn, `{"method":"batch_add","params":{"symbol":"BTC/CAD","orders":[%s],"token":%q},"req_id":%d}`, strings.Join(rows, ","), token, n); err != nil {
			return nil, err
		}
		for answered := false; !answered; {
			_, b, err := conn.Read(context.Background())
			if err != nil {
				return nil, err
			}
			if answered = strings.Contains(string(b), `"method":"batch_add"`); answered && !strings.Contains(string(b), `"success":true`) || strings.Contains(string(b), `"error"`) {
				return nil, fmt.Errorf("batch_add is answered with %s", b)
			}
		}
	}
	most, now, err := venue.memoryMB()
	if err != nil {
		return nil, err
	}
	return []line{{
		fmt.Sprintf("memory with %d resting orders, %d connections", restingOrders, connections), fmt.Sprintf("< %d MB", memoryMostMB), fmt.Sprintf("%.0f MB", most),
		fmt.Sprintf("%.0f MB at the end", now), most < memoryMostMB,
	}}, nil
}
