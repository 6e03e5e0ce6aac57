package engineio

import (
	"errors"
	"net/http"
)

// openCarried opens a connection whose packets the carrier moves. It is
// registered already.
func (s *Server) openCarried(w http.ResponseWriter, r *http.Request, q query, c *Conn) *handshakeError {
	cr := c.carried
	if q.transport == transportPolling {
		t, err := s.cfg.Carrier.Polling(cr)
		if err != nil || !cr.begin(t) {
			c.close(ReasonTransportError)
			return errClosing
		}
		return cr.servePoll(w, r) // the first answer is the open packet
	}
	t, err := s.cfg.Carrier.WebSocket(w, r, cr)
	if err != nil {
		s.cfg.Log.DebugContext(r.Context(), "websocket handshake refused", "err", err)
		c.close(ReasonTransportError)
		return nil
	}
	if !cr.begin(t) {
		c.close(ReasonShutdown)
	}
	return nil
}

// begin starts the transport; false if the connection has ended meanwhile.
func (c *Carried) begin(t CarriedTransport) bool {
	c.conn.mu.Lock()
	closed := c.conn.closed
	c.transport = t
	c.conn.mu.Unlock()
	carry := func() {
		defer c.conn.server.await(carriage{t})()
		t.Carry()
	}
	if closed || !c.conn.server.run(carry) {
		t.Close()
		return false
	}
	return true
}

// carriage ends with Close what Carry waits for.
type carriage struct{ CarriedTransport }

func (c carriage) abort() { c.Close() }

// serve answers a request that brought the sid. There is no upgrade.
func (c *Carried) serve(w http.ResponseWriter, r *http.Request, q query) *handshakeError {
	switch {
	case q.codec != carried:
		return errUnknownSID // a client does not change its revision
	case c.webSocket || q.transport == transportWebSocket:
		return errBadRequest
	case r.Method == http.MethodGet:
		return c.servePoll(w, r)
	case r.Method == http.MethodPost:
		return c.servePost(w, r)
	default:
		return errBadRequest
	}
}

// servePoll answers a GET. The carrier waits in a goroutine of its own, so that
// what it writes late, it writes to nobody.
func (c *Carried) servePoll(w http.ResponseWriter, r *http.Request) *handshakeError {
	t, refusal := c.beginPoll()
	if refusal != nil {
		return refusal
	}
	answered := make(chan []byte, 1)
	waits := c.conn.server.run(func() {
		body := t.Poll()
		answered <- c.endPoll(body)
	})
	if !waits {
		c.endPoll(nil)
		return errClosing
	}
	select {
	case body := <-answered:
		if writePoll(w, r, answer{body: body}, &c.conn.server.cfg.Limits, func() { c.conn.close(ReasonTooSlow) }) != nil {
			c.conn.close(ReasonTransportError)
		}
	case <-r.Context().Done():
		c.conn.close(ReasonTransportError)
	}
	return nil
}

func (c *Carried) beginPoll() (CarriedPolling, *handshakeError) {
	c.conn.mu.Lock()
	t, polls := c.transport.(CarriedPolling)
	switch {
	case c.conn.closed:
		c.conn.mu.Unlock()
		return nil, errUnknownSID
	case c.getting || !polls:
		c.conn.mu.Unlock()
		c.conn.close(ReasonTransportError)
		return nil, errBadRequest
	}
	c.getting = true
	c.conn.mu.Unlock()
	return t, nil
}

// endPoll adds the end of the connection to what a poll is answered with. The
// transport has nobody to talk to then.
func (c *Carried) endPoll(body []byte) []byte {
	c.conn.mu.Lock()
	c.getting = false
	closed, t := c.conn.closed, c.transport
	if closed {
		p := lastPacket(c.reason)
		body = appendText3(body, Packet{Type: PacketType(p.text[0])})
	}
	c.conn.mu.Unlock()
	if closed {
		t.Close()
	}
	return body
}

// servePost hands a POST's packets to the carrier, once all of them are known
// to be in order.
func (c *Carried) servePost(w http.ResponseWriter, r *http.Request) *handshakeError {
	if err := c.conn.beginPost(); err != nil {
		return err
	}
	defer c.conn.endPost()

	body, binary, refusal := c.conn.readBody(w, r)
	if refusal != nil {
		return refusal
	}
	payload, err := c.check(body, binary)
	if err != nil {
		c.conn.fail(err)
		return errBadRequest
	}
	if err := c.post(payload); err != nil {
		c.conn.close(ReasonTransportError)
		return errBadRequest
	}
	writeOK(w)
	return nil
}

func (c *Carried) post(payload []byte) error {
	c.conn.mu.Lock()
	t, polls := c.transport.(CarriedPolling)
	c.conn.mu.Unlock()
	switch {
	case !polls:
		return errors.New("a POST before the handshake was answered")
	case len(payload) == 0:
		return nil
	}
	return t.Post(payload)
}

// check decodes a body and encodes it anew in the one form that leaves a
// carrier no choice: text, with lengths in UTF-16 code units, without the
// second encoding of clients 1.x and without packets that mean nothing here.
func (c *Carried) check(body []byte, binary bool) ([]byte, error) {
	var payload []byte
	err := c.conn.codec.decode(body, binary, func(p Packet) error {
		switch p.Type {
		case PacketMessage, PacketPing, PacketClose:
			payload = appendText3(payload, p)
			return nil
		case PacketPong:
			return errHeartbeatDirection
		case PacketOpen, PacketUpgrade, PacketNoop:
			return nil
		default:
			return errPacketType
		}
	})
	return payload, err
}
