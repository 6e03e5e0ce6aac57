package engineio

import (
	"errors"
	"net/http"
	"time"

	"github.com/gobwas/ws"
)

// An upgrade (section "Upgrade") replaces the transport of an open connection:
//
//  1. The client opens a WebSocket with its sid and sends a probe, "2probe".
//  2. The server answers with "3probe" and ends the waiting poll with a noop.
//  3. The client stops polling and sends an upgrade packet, "5".
//
// From then on the WebSocket is the transport. Packets are neither lost nor reordered:
// the client sends no message between its last POST and its upgrade packet, and the
// server sends over the WebSocket only packets that no poll has received.

const probe = "probe"

var (
	probePong          = prepareControl(PacketPong, probe)
	errProbeExpected   = errors.New("a second WebSocket has to begin with a probe")
	errUpgradeExpected = errors.New("a probe is followed by an upgrade packet")
)

// serveUpgrade opens a WebSocket that probes to become the transport of c. A WebSocket
// that comes too late, or during another probe, is closed without any other effect.
func (s *Server) serveUpgrade(w http.ResponseWriter, r *http.Request, c *Conn) *requestError {
	sock, earlyData, ok := s.hijack(w, r, c)
	if !ok {
		return nil
	}
	if !c.beginProbe(sock) {
		sock.abandon()
		return nil
	}
	timeout := c.startProbeTimeout(sock)
	started := s.run(func() {
		sock.readLoop(earlyData, c.handleProbeMessage)
		timeout.Stop()
	})
	if !started {
		timeout.Stop()
		c.abandonProbe(sock)
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

// startProbeTimeout abandons a WebSocket that has not become the transport in time.
func (c *Conn) startProbeTimeout(sock *webSocket) *time.Timer {
	return time.AfterFunc(c.server.cfg.UpgradeTimeout, func() {
		if c.finishesPolling(sock) {
			c.startProbeTimeout(sock)
			return
		}
		c.abandonProbe(sock)
	})
}

// finishesPolling reports whether the client of a probed WebSocket is still busy with a
// POST or a poll response. The client must finish these before its upgrade packet, and
// a connection without progress in them ends by itself.
func (c *Conn) finishesPolling(s *webSocket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.probing == s && s.probed && (c.readingPost || c.writingPoll)
}

// abandonProbe closes a WebSocket that is still probing.
func (c *Conn) abandonProbe(s *webSocket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.probing == s {
		c.probing = nil
		c.out.markProgress() // it could not poll during the probe
		s.closeNowLocked(ws.StatusNormalClosure)
	}
}

// handleProbeMessage handles the messages of a WebSocket that was opened with a sid:
// the messages of the upgrade, and then those of the transport.
func (c *Conn) handleProbeMessage(s *webSocket, m message) error {
	switch {
	case s.upgraded:
		return c.handleMessage(s, m)
	case m.op == ws.OpPing:
		if err := c.countControl(frameOverhead + len(m.data)); err != nil {
			return err
		}
		return c.writeProbing(s, pongFrame(m.data)) // Conn.Send would answer the poll
	case m.op != ws.OpText:
		return s.handleControl(m)
	case !s.probed:
		return c.handleProbe(s, m.data)
	default:
		return c.finishUpgrade(s, m.data)
	}
}

func (c *Conn) handleProbe(s *webSocket, data []byte) error {
	p, err := ParsePacket(data)
	if err != nil || p.Type != PacketPing || string(p.Data) != probe {
		return errProbeExpected
	}
	c.receivedPackets.Add(1)
	if err := c.writeProbing(s, probePong.frames); err != nil {
		return err
	}
	c.out.countSent(probePong.packets(), 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	s.probed = true
	c.endPollWithNoopLocked()
	return nil
}

// writeProbing writes to a WebSocket that is not the transport, without the queue. The
// reading goroutine calls it.
func (c *Conn) writeProbing(s *webSocket, frame []byte) error {
	c.mu.Lock()
	if c.closed || c.probing != s {
		c.mu.Unlock()
		return ErrClosed
	}
	s.draining = true // this goroutine writes without holding the lock
	c.mu.Unlock()

	n, err := s.writeBlocking(frame, s.newStallDetector())
	c.out.countSent(0, n)

	c.mu.Lock()
	defer c.mu.Unlock()
	s.draining = false
	if err != nil {
		_ = s.stream.close() // required by writeBlocking
	}
	if s.ended { // closed during the write: this goroutine writes the close frame
		s.writeCloseFrameLocked()
		return ErrClosed
	}
	if err != nil || n < len(frame) {
		return ErrClosed
	}
	return nil
}

// endPollWithNoopLocked answers a waiting poll with a noop, so that the client can stop
// polling.
func (c *Conn) endPollWithNoopLocked() {
	if c.poll != nil {
		c.respondPollLocked(c.encodePoll(noopPacket))
	}
}

func (c *Conn) finishUpgrade(s *webSocket, data []byte) error {
	p, err := ParsePacket(data)
	if err != nil || p.Type != PacketUpgrade {
		return errUpgradeExpected
	}
	c.receivedPackets.Add(1)
	c.mu.Lock()
	if c.closed || c.probing != s {
		c.mu.Unlock()
		return ErrClosed
	}
	s.upgraded = true
	c.probing, c.ws = nil, s
	if c.poll != nil { // violates section "Upgrade": the client should have stopped polling
		c.respondPollLocked(pollResponse{err: errBadRequest})
	}
	c.writingPoll, c.pollConn = false, nil
	c.out.setBlocked(false)
	err = c.flushLocked()
	c.mu.Unlock()
	c.afterSend(err)
	c.closeIfSent()
	return nil
}
