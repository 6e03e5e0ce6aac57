package engineio

import (
	"errors"
	"net/http"
	"time"

	"github.com/gobwas/ws"
)

// An upgrade (section "Upgrade") replaces polling by a WebSocket under a live
// connection: the client opens a WebSocket with its sid and sends a probe,
// the server answers it and ends the waiting poll with a noop, the client
// stops polling and says so with an upgrade packet. From then on the WebSocket
// is the transport. Nothing is lost or reordered, because the client sends
// nothing between its last POST and its upgrade packet, and the server writes
// to the WebSocket only what no poll has taken.

const probe = "probe"

var (
	probeAnswer  = prepareControl(PacketPong, probe)
	errNoProbe   = errors.New("a second WebSocket has to begin with a probe")
	errNoUpgrade = errors.New("a probe is followed by an upgrade packet")
)

// serveUpgrade takes a WebSocket that wants to become c's transport. One that
// comes too late or twice is closed and changes nothing.
func (s *Server) serveUpgrade(w http.ResponseWriter, r *http.Request, c *Conn) *handshakeError {
	sock, early, ok := s.hijack(w, r, c)
	if !ok {
		return nil
	}
	if !c.beginProbe(sock) {
		sock.abandon()
		return nil
	}
	timeout := c.limitProbe(sock)
	started := s.run(func() {
		sock.read(early, c.receiveProbe)
		timeout.Stop()
	})
	if !started {
		timeout.Stop()
		c.endProbe(sock)
	}
	return nil
}

func (c *Conn) beginProbe(s *webSocket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.ws != nil || c.probing != nil {
		return false
	}
	c.probing = s
	return true
}

// limitProbe gives up a WebSocket that has not become the transport in time.
func (c *Conn) limitProbe(sock *webSocket) *time.Timer {
	return time.AfterFunc(c.server.cfg.UpgradeTimeout, func() {
		if c.leavesPolling(sock) {
			c.limitProbe(sock)
			return
		}
		c.endProbe(sock)
	})
}

// leavesPolling reports whether the client of a WebSocket whose probe was answered is
// still in the middle of a POST or of the answer of a poll. It has to finish those
// before it may send the upgrade packet, and they end a connection that makes no
// progress themselves.
func (c *Conn) leavesPolling(s *webSocket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.probing == s && s.probed && (c.posting || c.answering)
}

// endProbe gives up a WebSocket that is still probing.
func (c *Conn) endProbe(s *webSocket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.probing == s {
		c.probing = nil
		c.out.touch() // it could not poll meanwhile
		s.fail(ws.StatusNormalClosure)
	}
}

// receiveProbe handles the messages of a WebSocket that came with a sid: those
// of the upgrade first, then those of the transport it has become.
func (c *Conn) receiveProbe(s *webSocket, m message) error {
	switch {
	case s.upgraded:
		return c.receiveFrame(s, m)
	case m.op == ws.OpPing:
		if err := c.control(len(m.data)); err != nil {
			return err
		}
		return c.writeProbing(s, pongFrame(m.data)) // Send would go to the poll
	case m.op != ws.OpText:
		return s.control(m)
	case !s.probed:
		return c.answerProbe(s, m.data)
	default:
		return c.finishUpgrade(s, m.data)
	}
}

func (c *Conn) answerProbe(s *webSocket, data []byte) error {
	p, err := ParsePacket(data)
	if err != nil || p.Type != PacketPing || string(p.Data) != probe {
		return errNoProbe
	}
	if err := c.writeProbing(s, probeAnswer.frames); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.probed = true
	c.endPollLocked()
	return nil
}

// writeProbing writes to a WebSocket that is not the transport, past the
// queue. The reading goroutine calls it.
func (c *Conn) writeProbing(s *webSocket, frame []byte) error {
	c.mu.Lock()
	if c.closed || c.probing != s {
		c.mu.Unlock()
		return ErrClosed
	}
	s.draining = true // this goroutine writes, without the lock
	c.mu.Unlock()

	n, err := s.writeWaiting(frame, s.newMeter())

	c.mu.Lock()
	defer c.mu.Unlock()
	s.draining = false
	if err != nil {
		_ = s.stream.close() // see writeWaiting
	}
	if s.ended { // meanwhile: the farewell was left to us
		s.sayLast()
		return ErrClosed
	}
	if err != nil || n < len(frame) {
		return ErrClosed
	}
	return nil
}

// endPollLocked answers a waiting poll with nothing, so that the client can
// leave polling.
func (c *Conn) endPollLocked() {
	if c.poll != nil {
		c.answerPollLocked(c.payload(noopPacket))
	}
}

func (c *Conn) finishUpgrade(s *webSocket, data []byte) error {
	p, err := ParsePacket(data)
	if err != nil || p.Type != PacketUpgrade {
		return errNoUpgrade
	}
	c.mu.Lock()
	if c.closed || c.probing != s {
		c.mu.Unlock()
		return ErrClosed
	}
	s.upgraded = true
	c.probing, c.ws = nil, s
	if c.poll != nil { // the client should have none
		c.answerPollLocked(answer{refusal: errBadRequest})
	}
	c.answering, c.polled = false, nil
	c.out.setBlocked(false)
	err = c.flushLocked()
	c.mu.Unlock()
	c.sent(err)
	c.finish()
	return nil
}
