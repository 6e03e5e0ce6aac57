package engineio

import (
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gobwas/ws"
)

// webSocket is the WebSocket transport of one connection (section
// "WebSocket"). One goroutine reads it; who sends, writes it.
type webSocket struct {
	conn   *Conn
	stream stream

	// Owned by the reading goroutine.
	frames   frameReader
	upgraded bool // it has become the transport

	probed   bool // changed under conn.mu by the reading goroutine: the client's probe was answered
	draining bool // guarded by conn.mu: a goroutine waits for the full socket
	ended    bool // guarded by conn.mu: nothing may be written any more
}

// openWebSocket answers a handshake over WebSocket: the open packet is the
// first message, and there is nothing to upgrade to.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request, c *Conn) *handshakeError {
	sock, early, ok := s.hijack(w, r, c)
	if !ok {
		c.close(ReasonTransportError)
		return nil
	}
	c.mu.Lock()
	if c.closed { // by Server.Close
		sock.end(ws.StatusGoingAway)
		c.mu.Unlock()
		return nil
	}
	c.ws = sock
	err := c.sendLocked(s.openPacket(c.sid))
	c.mu.Unlock()
	c.sendFailed(err)
	c.start()
	if !s.run(func() { sock.read(early, c.receiveFrame) }) {
		c.close(ReasonShutdown)
	}
	return nil
}

// hijack makes a WebSocket of the request, or answers it with an error. early
// is what the client sent without waiting for the answer.
func (s *Server) hijack(w http.ResponseWriter, r *http.Request, c *Conn) (sock *webSocket, early []byte, ok bool) {
	netConn, rw, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		s.cfg.Log.Debug("websocket handshake refused", "err", err)
		if netConn != nil {
			_ = netConn.Close() // it is of no use either way
		}
		return nil, nil, false
	}
	if n := rw.Reader.Buffered(); n > 0 {
		peeked, _ := rw.Peek(n) // buffered already: cannot fail
		early = append([]byte(nil), peeked...)
	}
	if tcp, isTCP := netConn.(*net.TCPConn); isTCP {
		_ = tcp.SetKeepAlive(false) // the heartbeat finds dead peers sooner
	}
	limits := &s.cfg.Limits
	return &webSocket{
		conn:   c,
		stream: newStream(netConn),
		frames: frameReader{maxPayload: limits.MaxPayload, maxFragments: limits.MaxFragments},
	}, early, true
}

// read is the life of the reading goroutine: it hands every message to each,
// and ends the WebSocket with the first error.
func (s *webSocket) read(early []byte, each func(*webSocket, message) error) {
	handle := func(m message) error { return each(s, m) }
	err := s.frames.feed(early, handle)
	for err == nil {
		err = s.readOnce(handle)
	}
	s.failed(err)
}

// readOnce waits for data. In the middle of a frame it reads behind what is
// there already, so that a large message is not copied in 16 KiB steps.
func (s *webSocket) readOnce(handle func(message) error) error {
	f := &s.frames
	if len(f.rest) == 0 {
		buf, n, err := s.stream.read()
		if err != nil {
			return err
		}
		defer putBuffer(buf)
		return f.parse(buf[:n], handle)
	}
	b := f.rest
	if len(b) == cap(b) {
		b = append(make([]byte, 0, min(max(f.need, len(b)+1), 2*len(b))), b...)
	}
	n, err := s.stream.readInto(b[len(b):cap(b)])
	if err != nil {
		return err
	}
	b = b[:len(b)+n]
	f.rest = nil
	if len(b) < f.need {
		f.rest = b
		return nil
	}
	return f.parse(b, handle)
}

// receiveFrame handles a message of a connection's own WebSocket.
func (c *Conn) receiveFrame(s *webSocket, m message) error {
	switch m.op {
	case ws.OpText:
		p, err := ParsePacket(m.data)
		if err != nil {
			return err
		}
		return c.receiveLocked(p)
	case ws.OpBinary:
		p, err := c.codec.parseBinary(m.data)
		if err != nil {
			return err
		}
		return c.receiveLocked(p)
	default:
		return s.control(m)
	}
}

func (c *Conn) receiveLocked(p Packet) error {
	c.in.Lock()
	defer c.in.Unlock()
	return c.receive(p)
}

// control answers a WebSocket ping and the closing handshake.
func (s *webSocket) control(m message) error {
	switch m.op {
	case ws.OpPing:
		return s.conn.Send(prepareFrame(pongFrame(m.data)))
	case ws.OpClose:
		return errClientClosed
	default:
		return nil // a pong nobody asked for
	}
}

func pongFrame(data []byte) []byte { return ws.MustCompileFrame(ws.NewPongFrame(data)) }

// failed ends the WebSocket because of an error of reading, parsing or
// handling, and with it the connection, if it is its transport.
func (s *webSocket) failed(err error) {
	c := s.conn
	c.mu.Lock()
	current := c.ws == s
	if !current {
		s.end(closeCode(err))
		if c.probing == s {
			c.probing = nil
		}
	} else if wsErr := (*wsError)(nil); errors.As(err, &wsErr) {
		s.end(wsErr.code)
	}
	c.mu.Unlock()
	if !current {
		return
	}
	var wsErr *wsError
	var netErr *net.OpError
	var sysErr *os.SyscallError
	switch {
	case errors.As(err, &wsErr), errors.As(err, &netErr), errors.As(err, &sysErr):
		c.close(ReasonTransportError)
	case errors.Is(err, errPacketType), errors.Is(err, errEmptyPacket), errors.Is(err, errHeartbeatDirection):
		c.fail(err)
	default:
		c.close(ReasonTransportClose)
	}
}

func closeCode(err error) ws.StatusCode {
	var wsErr *wsError
	if errors.As(err, &wsErr) {
		return wsErr.code
	}
	return ws.StatusNormalClosure
}

// flush writes what out holds. conn.mu is held.
func (s *webSocket) flush(out *outbox) error {
	if s.draining || s.ended {
		return s.checkAge(out)
	}
	for !out.empty() {
		full, err := s.writeSome(out, s.stream.tryWrite)
		if err != nil {
			return err
		}
		if full {
			s.draining = s.conn.server.run(s.drain)
			return nil
		}
	}
	return nil
}

func (s *webSocket) checkAge(out *outbox) error {
	if out.late(s.conn.server.cfg.Limits.MaxQueueAge) {
		return errSlow
	}
	return nil
}

// writeSome makes one call of write with as much of out as is sensible: a
// leftover, one large message, or several small ones joined.
func (s *webSocket) writeSome(out *outbox, write func([]byte) (int, error)) (full bool, err error) {
	b, joined := out.next(s.conn.codec)
	n, err := write(b)
	if n < len(b) {
		out.rest = b[n:]
		if joined != nil {
			out.rest = append([]byte(nil), out.rest...) // the buffer goes back to the pool
		}
	} else {
		out.rest = nil
	}
	if joined != nil {
		putBuffer(joined)
	}
	return n < len(b), err
}

// drain waits for the full socket and writes what is queued. It lives only
// while something is.
func (s *webSocket) drain() {
	c := s.conn
	limits := &c.server.cfg.Limits
	for {
		c.mu.Lock()
		if c.closed || s.ended || c.out.empty() {
			s.draining = false
			c.mu.Unlock()
			return
		}
		if err := s.checkAge(&c.out); err != nil {
			c.mu.Unlock()
			c.sendFailed(err)
			return
		}
		b, joined := c.out.next(c.codec)
		if joined != nil {
			b = append([]byte(nil), b...)
			putBuffer(joined)
		}
		c.out.rest = b
		c.mu.Unlock()

		// Nobody else writes while draining is set, so b stays the first.
		n, err := s.stream.write(b, time.Now().Add(limits.WriteTimeout))

		c.mu.Lock()
		if !c.closed {
			c.out.rest = b[n:]
		}
		c.mu.Unlock()
		if err != nil {
			if errors.Is(err, errWriteTimeout) {
				err = errSlow
			}
			c.sendFailed(err)
			return
		}
	}
}

// shut ends the transport of a connection that is closing, after what the
// socket still takes at once. conn.mu is held.
func (s *webSocket) shut(out *outbox, reason Reason) {
	if reason == ReasonForcedClose || reason == ReasonShutdown {
		_ = s.flush(out) // the connection is over either way
	}
	code := ws.StatusNormalClosure
	if reason == ReasonShutdown {
		code = ws.StatusGoingAway
	}
	if !out.empty() {
		code = 0 // a close frame in the middle of another frame is noise
	}
	s.end(code)
}

// abandon ends a WebSocket that did not become a transport.
func (s *webSocket) abandon() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.end(ws.StatusNormalClosure)
}

// end closes the socket, after a close frame unless code is 0. conn.mu is
// held; only the first call counts.
func (s *webSocket) end(code ws.StatusCode) {
	if s.ended {
		return
	}
	s.ended = true
	if code != 0 && !s.draining {
		frame := ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
		_, _ = s.stream.tryWrite(frame) // best effort: the socket is closed next
	}
	_ = s.stream.close() // nothing can be done about an error
}
