package sockettest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// link is one connection with its clients in all namespaces. One goroutine
// reads it until its end.
type link struct {
	// Immutable.
	conn   *end
	left   <-chan struct{} // closed when the server has closed its end
	done   chan struct{}   // closed when the reading goroutine has ended
	fences chan struct{}   // receives a value for each pong

	reader  *bufio.Reader // owned by the reading goroutine, as is partial
	partial *packet       // the packet whose attachments have not come; or nil

	mu      sync.Mutex
	clients map[string]*Client // by namespace; guarded by mu, as are the next fields
	cut     bool               // the client has ended it
	ended   bool
	broken  error // the server broke the protocol
}

func newLink(conn *end, left <-chan struct{}, reader *bufio.Reader) *link {
	l := &link{
		conn: conn, left: left, reader: reader, clients: make(map[string]*Client),
		done: make(chan struct{}), fences: make(chan struct{}, 1),
	}
	go l.read()
	return l
}

var (
	errEnded = errors.New("the server closed the connection")
	errTaken = errors.New("the connection has a client in the namespace")
)

// add makes packets of a namespace reach c.
func (l *link) add(c *Client) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return errEnded
	case l.clients[c.namespace] != nil:
		return errTaken
	}
	l.clients[c.namespace] = c
	return nil
}

func (l *link) remove(c *Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.clients, c.namespace)
}

func (l *link) isOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.ended
}

// send writes frames. It never waits. An error means that the connection has
// ended, which the reading goroutine reports.
func (l *link) send(frames ...ws.Frame) {
	var b bytes.Buffer
	for _, f := range frames {
		ws.MustWriteFrame(&b, ws.MaskFrame(f))
	}
	_, _ = l.conn.Write(b.Bytes())
}

// fence waits until everything that the server had queued has been received.
// It returns false if that takes longer than timeout.
func (l *link) fence(timeout time.Duration) bool {
	l.send(ws.NewPingFrame(nil))
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-l.fences:
	case <-l.done:
	case <-timer.C:
		return false
	}
	return true
}

// close ends the connection without a close frame and waits for the reading
// goroutine.
func (l *link) close() {
	l.mu.Lock()
	l.cut = true
	l.mu.Unlock()
	_ = l.conn.Close()
	<-l.done
}

// read handles the frames of the server.
func (l *link) read() {
	defer close(l.done)
	for {
		frame, err := ws.ReadFrame(l.reader)
		if err != nil {
			l.end(nil)
			return
		}
		more, err := l.handle(frame)
		if err != nil {
			err = fmt.Errorf("the server sent %.100q: %w", frame.Payload, err)
		}
		if err != nil || !more {
			l.end(err)
			return
		}
	}
}

// handle handles one frame. more is false at the end of the connection.
func (l *link) handle(frame ws.Frame) (more bool, err error) {
	switch frame.Header.OpCode {
	case ws.OpText:
		return l.handleText(string(frame.Payload))
	case ws.OpBinary:
		return true, l.handleBinary(frame.Payload)
	case ws.OpPong:
		select {
		case l.fences <- struct{}{}:
		default: // an earlier fence that nobody waits for
		}
		return true, nil
	default:
		return frame.Header.OpCode != ws.OpClose, nil
	}
}

// handleText handles a packet of Engine.IO.
func (l *link) handleText(text string) (more bool, err error) {
	switch {
	case text == "2":
		l.send(ws.NewTextFrame([]byte("3"))) // the heartbeat
		return true, nil
	case text == "1":
		return false, nil
	case text == "" || text[0] != '4' || l.partial != nil:
		return true, errPacket
	}
	p, err := parsePacket(text[1:])
	if err != nil {
		return true, err
	}
	if p.missing > 0 {
		l.partial = p
		return true, nil
	}
	return true, l.deliver(p)
}

func (l *link) handleBinary(data []byte) error {
	p := l.partial
	if p == nil {
		return errPacket
	}
	p.parts = append(p.parts, data)
	if len(p.parts) < p.missing {
		return nil
	}
	l.partial = nil
	return l.deliver(p)
}

// deliver passes a packet to the client of its namespace. A packet for a client
// that has disconnected is ignored.
func (l *link) deliver(p *packet) error {
	l.mu.Lock()
	c := l.clients[p.namespace]
	if p.typ == packetDisconnect || p.typ == packetConnectError {
		delete(l.clients, p.namespace)
	}
	l.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.receive(p)
}

// end disconnects the clients. Those of a connection that the client has cut
// expect it.
func (l *link) end(broken error) {
	_ = l.conn.Close()
	l.mu.Lock()
	l.ended, l.broken = true, broken
	clients, cut := l.clients, l.cut
	l.clients = nil
	l.mu.Unlock()
	reason := TransportClose
	if broken != nil {
		reason = "parse error"
	}
	for _, c := range clients {
		if cut {
			reason = ""
		}
		c.disconnected(reason)
	}
}
