package engineio

import (
	"errors"
	"slices"
	"time"

	"github.com/gobwas/ws"
)

// flushLocked writes as much of the queue as the socket accepts at once. conn.mu is
// held.
func (s *webSocket) flushLocked() error {
	if s.draining || s.ended {
		return nil
	}
	full, err := s.writeNowLocked()
	if full {
		s.draining = s.conn.server.run(s.drain)
		s.conn.out.setBlocked(s.draining)
	}
	return err
}

// writeNowLocked writes until the socket is full or the queue is empty. Each write is
// the rest of a packet, one large packet, or several small packets joined.
func (s *webSocket) writeNowLocked() (full bool, err error) {
	out := &s.conn.out
	n := 0
	for err == nil && !full {
		b, joined := out.next(n, s.codec)
		if len(b) == 0 {
			return false, nil
		}
		n, err = s.stream.tryWrite(b)
		full = n < len(b)
		if joined != nil {
			putBuffer(joined)
		}
	}
	out.advance(n, s.codec)
	return full, err
}

// drain writes the queue of a full socket. It runs in its own goroutine, only while
// the socket is full.
func (s *webSocket) drain() {
	d := s.newStallDetector()
	written := 0 // bytes written since the last nextChunk
	for {
		b, joined, err := s.nextChunk(written)
		written = len(b)
		for err == nil && len(b) > 0 { // to the end of a frame, so that a close frame can follow
			var n int
			n, err = s.writeBlocking(b, d)
			b = b[n:]
		}
		if joined != nil {
			putBuffer(joined)
		}
		switch {
		case errors.Is(err, errDrained):
			s.conn.closeIfSent()
			s.conn.server.finishClosing(s.conn)
			return
		case errors.Is(err, errStalled):
			err = errNoProgress
		}
		if err != nil {
			if s.isTransport() {
				s.conn.closeOnSendError(err)
				s.conn.out.close() // for a connection that had ended before and was still writing
			}
			s.close() // closed last, so that the reading goroutine cannot report another reason first
			s.conn.server.finishClosing(s.conn)
			return
		}
	}
}

// isTransport reports whether s is its connection's transport. A WebSocket that is
// still probing, or was rejected, can fail without ending the connection.
func (s *webSocket) isTransport() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.conn.ws == s
}

var errDrained = errors.New("nothing is left to write")

// nextChunk removes n written bytes from the queue and returns the bytes to write
// next, which may be in a pooled buffer. No other goroutine writes while draining is
// set, so the order is kept.
func (s *webSocket) nextChunk(n int) (b []byte, joined *buffer, err error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s == c.ws {
		b, joined = c.out.next(n, s.codec)
		if joined != nil && len(b) < len(joined)/8 {
			b = slices.Clone(b) // a client that stalls must not hold a whole buffer for a few bytes
			putBuffer(joined)
			joined = nil
		}
		if len(b) > 0 {
			return b, joined, nil
		}
	}
	switch {
	case len(s.pendingClose) > 0:
		b = s.pendingClose
		s.pendingClose = nil
		return b, nil, nil
	case s.ended:
		s.closeStreamLocked()
		return nil, nil, errDrained
	default:
		s.draining = false
		c.out.setBlocked(false)
		return nil, nil, errDrained
	}
}

// shutdownLocked closes the transport of a connection that is closing. If the server
// closes it, queued packets are written first. writesLater reports that a goroutine
// does that. conn.mu is held, and the connection's task is not done yet.
func (s *webSocket) shutdownLocked(reason Reason) (writesLater bool) {
	switch reason {
	case ReasonForcedClose:
		s.closeGracefullyLocked(ws.StatusNormalClosure)
		return s.draining
	case ReasonShutdown:
		s.closeGracefullyLocked(ws.StatusGoingAway)
		return s.draining
	default:
		if s.draining && !s.ended { // the client does not read, so a close frame would not reach it
			s.ended = true
			_ = s.stream.close() // an error changes nothing
		}
		s.closeNowLocked(ws.StatusNormalClosure)
		return false
	}
}

// closeGracefullyLocked writes the queue and a close frame, and closes the socket. If
// the socket is full or every write may block, a goroutine does so while the client
// makes progress. The queue accepts no more packets. conn.mu is held, and the
// connection's task is not done yet.
func (s *webSocket) closeGracefullyLocked(code ws.StatusCode) {
	if s.ended {
		return
	}
	s.ended = true
	s.pendingClose = newCloseFrame(code)
	if s.draining {
		return // the draining goroutine writes the rest and closes the socket
	}
	full, err := s.writeNowLocked()
	if !full && err == nil {
		var n int
		n, err = s.stream.tryWrite(s.pendingClose)
		s.pendingClose = s.pendingClose[n:]
	}
	if err == nil && len(s.pendingClose) > 0 {
		s.draining = true
		s.conn.out.setBlocked(true)
		s.conn.server.tasks.Go(s.drain)
		return
	}
	_ = s.stream.close() // an error changes nothing
}

// closeNowLocked sends a close frame without the queue, and closes the socket. Only
// the first call of it or closeGracefullyLocked has an effect. conn.mu is held.
func (s *webSocket) closeNowLocked(code ws.StatusCode) {
	if s.ended {
		return
	}
	s.ended = true
	s.pendingClose = newCloseFrame(code)
	if !s.draining { // otherwise the draining goroutine does this
		s.writeCloseFrameLocked()
	}
}

// writeCloseFrameLocked writes the pending close frame and closes the socket. conn.mu
// is held, and no goroutine is writing.
func (s *webSocket) writeCloseFrameLocked() {
	n, err := s.stream.tryWrite(s.pendingClose)
	if err == nil && n == 0 && s.conn.server.run(s.drain) {
		s.draining = true
		return
	}
	s.closeStreamLocked()
}

// A client that violated the protocol may be in the middle of sending megabytes. The
// kernel resets a socket that is closed with unread input, and the reset discards
// the close frame that has the reason. So the server reads and drops input for a
// while.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 16 << 20
)

// closeStreamLocked closes the socket, or only its sending half if the reading
// goroutine lingers.
func (s *webSocket) closeStreamLocked() {
	if s.lingers {
		_ = s.stream.closeWrite() // an error changes nothing
		return
	}
	_ = s.stream.close() // an error changes nothing
}

// linger drops input of the client, and then closes the socket.
func (s *webSocket) linger() {
	defer s.close()
	defer s.conn.server.trackWait(s.stream)()
	if s.stream.setReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	buf := getBuffer()
	defer putBuffer(buf)
	for total := 0; total < lingerBytes; {
		n, err := s.stream.readInto(buf[:])
		if err != nil {
			return
		}
		total += n
	}
}

// close closes the socket, under the lock because a sender may be writing.
func (s *webSocket) close() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	_ = s.stream.close() // an error changes nothing
}

// abandon closes a WebSocket that did not become the transport.
func (s *webSocket) abandon() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.closeNowLocked(ws.StatusNormalClosure)
}

func newCloseFrame(code ws.StatusCode) []byte {
	return ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
}
