package engineio

import (
	"errors"
	"net"
	"net/http"
	"os"

	"github.com/gobwas/ws"
)

// webSocket is the WebSocket transport of one connection (section "WebSocket"). One
// goroutine reads it. The goroutines that send write to it.
type webSocket struct {
	conn   *Conn
	stream stream
	codec  codec // of packets to the client

	// Owned by the reading goroutine.
	frames     frameReader
	upgraded   bool // it is the transport
	gotMessage bool // the client has sent a message over it
	expectIdle bool // the client will probably send nothing more for a while

	probed       bool   // the client's probe was answered; changed under conn.mu by the reading goroutine
	draining     bool   // a goroutine waits for the full socket, and only it writes; guarded by conn.mu
	ended        bool   // no packet may be written any more; guarded by conn.mu
	lingers      bool   // the reading goroutine closes the socket after the end; changed under conn.mu by the reading goroutine
	pendingClose []byte // rest of the close frame, written last; guarded by conn.mu
}

// openWebSocket handles a handshake over WebSocket. The open packet is the first
// message, with no upgrades (section "Handshake").
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request, c *Conn) *requestError {
	sock, earlyData, ok := s.hijack(w, r, c)
	if !ok {
		c.close(ReasonTransportError)
		return nil
	}
	c.mu.Lock()
	if c.closed { // by Server.Close
		sock.closeNowLocked(ws.StatusGoingAway)
		c.mu.Unlock()
		return nil
	}
	c.ws = sock
	err := c.sendLocked(s.openPacket(c.sid))
	c.mu.Unlock()
	c.closeOnSendError(err)
	c.start()
	if !s.run(func() { sock.readLoop(earlyData, c.handleMessage) }) {
		c.close(ReasonShutdown)
	}
	return nil
}

// hijack upgrades the request to a WebSocket, or answers it with an error. earlyData
// are bytes that the client sent before the response.
func (s *Server) hijack(w http.ResponseWriter, r *http.Request, c *Conn) (sock *webSocket, earlyData []byte, ok bool) {
	netConn, rw, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		s.cfg.Log.Debug("websocket handshake refused", "err", err)
		s.refuseWebSocket(r, err)
		if netConn != nil {
			_ = netConn.Close() // the handshake failed, so an error changes nothing
		}
		return nil, nil, false
	}
	if n := rw.Reader.Buffered(); n > 0 {
		peeked, _ := rw.Peek(n) // buffered already: cannot fail
		earlyData = append([]byte(nil), peeked...)
		c.received.Add(int64(n))
	}
	setSocketOptions(netConn)
	limits := &s.cfg.Limits
	return &webSocket{
		conn:   c,
		stream: newStream(netConn),
		codec:  c.codec.webSocket(wantsBase64(r.URL.RawQuery)),
		frames: frameReader{maxPayload: limits.MaxPayload, maxFragments: limits.MaxFragments},
	}, earlyData, true
}

// readLoop runs in the reading goroutine. It passes every message to each, and closes
// the WebSocket after the first error.
//
// When the client will probably be idle, a new goroutine continues. Handling a message
// grows the stack, and the runtime never shrinks a stack of 4 KiB. The stack of a new
// goroutine has 2 KiB.
func (s *webSocket) readLoop(earlyData []byte, each func(*webSocket, message) error) {
	handle := func(m message) error { return each(s, m) }
	err := s.frames.feed(earlyData, handle)
	for err == nil {
		if s.expectIdle {
			s.expectIdle = false
			if s.conn.server.run(func() { s.readLoop(nil, each) }) {
				return
			}
		}
		err = s.readSome(handle)
	}
	s.closeAfterReadError(err)
	if s.lingers {
		s.linger()
	}
}

// readSome waits for data and handles the complete messages. In the middle of a frame it
// appends to the bytes that it has, so that a large message is not copied in steps of
// 16 KiB.
func (s *webSocket) readSome(handle func(message) error) error {
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

// handleMessage handles a message of the connection's transport.
func (c *Conn) handleMessage(s *webSocket, m message) error {
	switch m.op {
	case ws.OpText:
		p, err := c.codec.parseText(m.data)
		if err != nil {
			return err
		}
		s.expectIdle = p.Type != PacketMessage || !s.gotMessage // a heartbeat, or the first message of a client
		s.gotMessage = true
		return c.handle(p)
	case ws.OpBinary:
		p, err := c.codec.parseBinary(m.data)
		if err != nil {
			return err
		}
		return c.handle(p)
	default:
		return s.handleControl(m)
	}
}

func (c *Conn) handle(p Packet) error {
	c.inbound.Lock()
	defer c.inbound.Unlock()
	return c.handleLocked(p, controlSize(p))
}

// handleControl answers a WebSocket ping and the closing handshake (RFC 6455, section
// 5.5).
func (s *webSocket) handleControl(m message) error {
	if m.op == ws.OpClose {
		return errClientClosed
	}
	if err := s.conn.countControl(frameOverhead + len(m.data)); err != nil || m.op != ws.OpPing {
		return err // an unsolicited pong
	}
	err := s.conn.Send(prepareFrame(pongFrame(m.data)))
	if errors.Is(err, ErrClosed) {
		return nil // CloseWhenSent was called, and the connection is ending
	}
	return err
}

func pongFrame(data []byte) []byte { return ws.MustCompileFrame(ws.NewPongFrame(data)) }

// closeAfterReadError closes the WebSocket after an error of reading, parsing or
// handling, and closes the connection if the WebSocket is its transport.
func (s *webSocket) closeAfterReadError(err error) {
	c := s.conn
	var wsErr *wsError
	broken := errors.As(err, &wsErr)
	c.mu.Lock()
	s.lingers = broken
	current := c.ws == s
	switch {
	case broken:
		s.closeNowLocked(wsErr.code)
	case !current:
		s.closeNowLocked(ws.StatusNormalClosure)
	}
	if c.probing == s {
		c.probing = nil
		c.out.markProgress() // it could not poll during the probe
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
