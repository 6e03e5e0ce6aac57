package engineio

import (
	"errors"
	"slices"
	"time"

	"github.com/gobwas/ws"
)

// flush writes what out holds, as far as the socket takes it at once. conn.mu
// is held.
func (s *webSocket) flush(out *outbox) error {
	if s.draining || s.ended {
		return nil
	}
	full, err := s.writeNow(out)
	if full {
		s.draining = s.conn.server.run(s.drain)
		out.setBlocked(s.draining)
	}
	return err
}

// writeNow writes until the socket is full or nothing is left: the rest of a packet,
// one large packet, or several small ones joined at a time.
func (s *webSocket) writeNow(out *outbox) (full bool, err error) {
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
	out.wrote(n, s.codec)
	return full, err
}

// drain waits for the full socket and writes what is queued. It lives only
// while the socket is full.
func (s *webSocket) drain() {
	m := s.newMeter()
	written := 0 // what the queue does not know yet
	for {
		b, err := s.nextToDrain(written)
		written = len(b)
		for err == nil && len(b) > 0 { // up to the end of a frame, so that a close frame may follow
			var n int
			n, err = s.writeWaiting(b, m)
			b = b[n:]
		}
		switch {
		case errors.Is(err, errDrained):
			s.conn.finish()
			s.conn.server.left(s.conn)
			return
		case errors.Is(err, errStalled):
			err = errTooSlow
		}
		if err != nil {
			if s.current() {
				s.conn.sendFailed(err)
				s.conn.out.close() // if it had ended already, this was still to be written
			}
			s.close() // not before: the reading goroutine would give another reason
			s.conn.server.left(s.conn)
			return
		}
	}
}

// current tells whether s is its connection's transport. One that only wanted
// to be, or came too late, may break without consequences.
func (s *webSocket) current() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.conn.ws == s
}

var errDrained = errors.New("nothing is left to write")

// nextToDrain forgets the n bytes that have been written and returns what is
// written next. Nobody else writes while draining is set, so the order is kept.
func (s *webSocket) nextToDrain(n int) ([]byte, error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s == c.ws {
		b, joined := c.out.next(n, s.codec)
		if joined != nil {
			b = slices.Clone(b)
			putBuffer(joined)
		}
		if len(b) > 0 {
			return b, nil
		}
	}
	switch {
	case len(s.last) > 0:
		b := s.last
		s.last = nil
		return b, nil
	case s.ended:
		s.hangUp()
		return nil, errDrained
	default:
		s.draining = false
		c.out.setBlocked(false)
		return nil, errDrained
	}
}

// shut ends the transport of a connection that is closing. If that is the
// server's wish, what is queued is written first; later is true if a goroutine does
// that. conn.mu is held, and the connection's task is not done yet.
func (s *webSocket) shut(out *outbox, reason Reason) (later bool) {
	switch reason {
	case ReasonForcedClose:
		s.end(ws.StatusNormalClosure, out)
		return s.draining
	case ReasonShutdown:
		s.end(ws.StatusGoingAway, out)
		return s.draining
	default:
		if s.draining && !s.ended { // the client does not read: it will not read a farewell
			s.ended = true
			_ = s.stream.close() // nothing can be done about an error
		}
		s.fail(ws.StatusNormalClosure)
		return false
	}
}

// end writes what out holds and a close frame, and closes the socket; if it is
// full, or cannot be written to without waiting, a goroutine does so while the client
// makes progress. Nothing is queued any more. conn.mu is held, and the connection's
// task is not done yet.
func (s *webSocket) end(code ws.StatusCode, out *outbox) {
	if s.ended {
		return
	}
	s.ended = true
	s.last = closeFrame(code)
	if s.draining {
		return // that goroutine writes the rest, and closes
	}
	full, err := s.writeNow(out)
	if !full && err == nil {
		var n int
		n, err = s.stream.tryWrite(s.last)
		s.last = s.last[n:]
	}
	if err == nil && len(s.last) > 0 {
		s.draining = true
		out.setBlocked(true)
		s.conn.server.tasks.Go(s.drain)
		return
	}
	_ = s.stream.close() // nothing can be done about an error
}

// fail closes the socket without what is queued, after a close frame. conn.mu
// is held; only the first call of it or end counts.
func (s *webSocket) fail(code ws.StatusCode) {
	if s.ended {
		return
	}
	s.ended = true
	s.last = closeFrame(code)
	if !s.draining { // else that goroutine writes the last, and closes
		s.sayLast()
	}
}

// sayLast writes the close frame of a WebSocket that has failed, and closes.
// conn.mu is held, and nobody is writing.
func (s *webSocket) sayLast() {
	n, err := s.stream.tryWrite(s.last)
	if err == nil && n == 0 && s.conn.server.run(s.drain) {
		s.draining = true
		return
	}
	s.hangUp()
}

// A client that broke a rule may be in the middle of sending megabytes. A
// socket that is closed with unread input is reset, and the reset overtakes
// the close frame that says why; so what comes is read, and dropped, a while.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 16 << 20
)

// hangUp closes the socket, or only the sending half if the reading goroutine
// lingers.
func (s *webSocket) hangUp() {
	if s.lingers {
		_ = s.stream.closeWrite() // nothing can be done about an error
		return
	}
	_ = s.stream.close() // nor here
}

// linger drops what the client still sends, and closes the socket.
func (s *webSocket) linger() {
	defer s.close()
	defer s.conn.server.await(s.stream)()
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

// close closes the socket. Under the lock, since a sender may be writing.
func (s *webSocket) close() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	_ = s.stream.close() // nothing can be done about an error
}

// abandon ends a WebSocket that did not become a transport.
func (s *webSocket) abandon() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.fail(ws.StatusNormalClosure)
}

func closeFrame(code ws.StatusCode) []byte {
	return ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
}
