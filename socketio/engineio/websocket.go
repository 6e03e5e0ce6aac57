package engineio

import (
	"errors"
	"net"
	"net/http"
	"os"

	"github.com/gobwas/ws"
)

// webSocket is the WebSocket transport of one connection (section
// "WebSocket"). One goroutine reads it; who sends, writes it.
type webSocket struct {
	conn   *Conn
	stream stream
	codec  codec // of what is sent over it

	// Owned by the reading goroutine.
	frames   frameReader
	upgraded bool // it has become the transport
	heard    bool // the client has sent a message over it
	rests    bool // nothing more is expected of the client for a while

	probed   bool   // changed under conn.mu by the reading goroutine: the client's probe was answered
	draining bool   // guarded by conn.mu: a goroutine waits for the full socket, and only it writes
	ended    bool   // guarded by conn.mu: nothing may be sent any more
	lingers  bool   // changed under conn.mu by the reading goroutine: it closes the socket after the end
	last     []byte // guarded by conn.mu: what is written after the end, before the socket is closed
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
		sock.fail(ws.StatusGoingAway)
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
	tune(netConn)
	limits := &s.cfg.Limits
	return &webSocket{
		conn:   c,
		stream: newStream(netConn),
		codec:  c.codec.webSocket(wantsBase64(r.URL.RawQuery)),
		frames: frameReader{maxPayload: limits.MaxPayload, maxFragments: limits.MaxFragments},
	}, early, true
}

// read is the life of the reading goroutine: it hands every message to each,
// and ends the WebSocket with the first error.
//
// When the client is likely to be quiet for a while, another goroutine goes on.
// Handling a message has grown this one's stack, and the runtime never shrinks
// a stack of 4 KiB; a new one waits with 2 KiB.
func (s *webSocket) read(early []byte, each func(*webSocket, message) error) {
	handle := func(m message) error { return each(s, m) }
	err := s.frames.feed(early, handle)
	for err == nil {
		if s.rests {
			s.rests = false
			if s.conn.server.run(func() { s.read(nil, each) }) {
				return
			}
		}
		err = s.readOnce(handle)
	}
	s.failed(err)
	if s.lingers {
		s.linger()
	}
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
		s.conn.received.Add(int64(n))
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
	s.conn.received.Add(int64(n))
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
		p, err := c.codec.parseText(m.data)
		if err != nil {
			return err
		}
		s.rests = p.Type != PacketMessage || !s.heard // a heartbeat, or what every client says first
		s.heard = true
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
	if m.op == ws.OpClose {
		return errClientClosed
	}
	if err := s.conn.control(len(m.data)); err != nil || m.op != ws.OpPing {
		return err // a pong, which nobody asked for
	}
	err := s.conn.Send(prepareFrame(pongFrame(m.data)))
	if errors.Is(err, ErrClosed) {
		return nil // CloseWhenSent was called: the connection ends by itself
	}
	return err
}

func pongFrame(data []byte) []byte { return ws.MustCompileFrame(ws.NewPongFrame(data)) }

// failed ends the WebSocket because of an error of reading, parsing or
// handling, and with it the connection, if it is its transport.
func (s *webSocket) failed(err error) {
	c := s.conn
	var wsErr *wsError
	broken := errors.As(err, &wsErr)
	c.mu.Lock()
	s.lingers = broken
	current := c.ws == s
	switch {
	case broken:
		s.fail(wsErr.code)
	case !current:
		s.fail(ws.StatusNormalClosure)
	}
	if c.probing == s {
		c.probing = nil
		c.out.touch() // it could not poll meanwhile
	}
	c.mu.Unlock()
	if !current {
		return
	}
	var netErr *net.OpError
	var sysErr *os.SyscallError
	switch {
	case errors.Is(err, errMessageTooBig):
		c.close(ReasonTooLarge)
	case broken, errors.As(err, &netErr), errors.As(err, &sysErr):
		c.close(ReasonTransportError)
	case errors.Is(err, errPacketType), errors.Is(err, errEmptyPacket), errors.Is(err, errBase64), errors.Is(err, errHeartbeatDirection):
		c.fail(err)
	default:
		c.close(ReasonTransportClose)
	}
}
