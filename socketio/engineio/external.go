package engineio

import (
	"errors"
	"net/http"
	"time"

	"gifchat/socketio/internal/carrier"
)

// openExternal opens a registered connection whose packets the carrier of r moves.
func (s *Server) openExternal(w http.ResponseWriter, r *http.Request, q query, c *Conn) *requestError {
	via := carrier.FromContext(r.Context())
	ext := c.external
	if q.transport == transportPolling {
		t, err := via.Polling(ext)
		if err != nil || !ext.startTransport(t) {
			c.close(ReasonTransportError)
			return errClosing
		}
		return ext.servePoll(w, r) // the first response is the open packet
	}
	t, err := via.WebSocket(w, r, ext)
	if err != nil {
		s.cfg.Log.DebugContext(r.Context(), "websocket handshake refused", "err", err)
		s.refuseWebSocket(r, err)
		c.close(ReasonTransportError)
		return nil
	}
	if !ext.startTransport(t) {
		c.close(ReasonShutdown)
	}
	return nil
}

// startTransport starts t. It returns false if the connection has ended.
func (c *carrierConn) startTransport(t carrier.Transport) bool {
	c.conn.mu.Lock()
	closed := c.conn.closed
	c.transport = t
	c.conn.mu.Unlock()
	carry := func() {
		defer c.conn.server.trackWait(carrierWait{t})()
		t.Carry()
	}
	if closed || !c.conn.server.run(carry) {
		t.Close()
		return false
	}
	return true
}

// carrierWait makes Server.Close end Carry with Close.
type carrierWait struct{ carrier.Transport }

func (c carrierWait) abort() { c.Close() }

// serve handles a request with the sid of the connection. It supports no upgrade.
func (c *carrierConn) serve(w http.ResponseWriter, r *http.Request, q query) *requestError {
	switch {
	case q.codec.revision() != c.conn.codec.revision():
		return errUnknownSID // the revision of a connection never changes
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

// servePoll answers a GET. The carrier's Poll runs in its own goroutine, so that a late
// result is not written to a request that has ended.
func (c *carrierConn) servePoll(w http.ResponseWriter, r *http.Request) *requestError {
	t, err := c.beginPoll()
	if err != nil {
		return err
	}
	response := make(chan []byte, 1)
	answer := func() {
		body := t.Poll()
		response <- c.endPoll(body)
	}
	if !c.conn.server.run(answer) && !c.conn.run(answer) {
		c.endPoll(nil)
		return errClosing
	}
	c.conn.closeIfSent()
	select {
	case body := <-response:
		if c.conn.writePollResponse(w, r, pollResponse{body: body}) != nil {
			c.conn.close(ReasonTransportError)
		}
	case <-r.Context().Done():
		c.conn.close(ReasonTransportError)
	}
	return nil
}

func (c *carrierConn) beginPoll() (carrier.Polling, *requestError) {
	c.conn.mu.Lock()
	t, ok := c.transport.(carrier.Polling)
	switch {
	case c.conn.closed:
		c.conn.mu.Unlock()
		return nil, errUnknownSID
	case c.polling || !ok:
		c.conn.mu.Unlock()
		c.conn.close(ReasonTransportError)
		return nil, errBadRequest
	}
	c.polling = true
	c.conn.mu.Unlock()
	return t, nil
}

// endPoll appends the final packet to the response of a poll if the connection has
// ended. The transport is closed then, because nothing can be sent any more. Otherwise
// the queue is blocked until the response has been written, see pollWritten.
func (c *carrierConn) endPoll(body []byte) []byte {
	c.conn.mu.Lock()
	c.polling = false
	c.conn.writingPoll = true
	c.conn.out.setBlocked(true)
	closed, t := c.conn.closed, c.transport
	if closed {
		p := finalPacket(c.reason)
		body = appendText3(body, Packet{Type: PacketType(p.text[0])})
	}
	c.conn.mu.Unlock()
	if closed {
		t.Close()
	}
	return body
}

// servePost passes the packets of a POST to the carrier after checking all of them.
func (c *carrierConn) servePost(w http.ResponseWriter, r *http.Request) *requestError {
	if err := c.conn.beginPost(); err != nil {
		return err
	}
	defer c.conn.endPost()

	body, binary, reqErr := c.conn.readBody(w, r)
	if reqErr != nil {
		return reqErr
	}
	payload, closes, err := c.normalizePayload(body, binary)
	if err != nil {
		c.conn.fail(err)
		return errBadRequest
	}
	if closes {
		c.waitForPoll()
	}
	if err := c.post(payload); err != nil {
		c.conn.close(ReasonTransportError)
		return errBadRequest
	}
	writeOK(w)
	return nil
}

func (c *carrierConn) post(payload []byte) error {
	c.conn.mu.Lock()
	t, ok := c.transport.(carrier.Polling)
	c.conn.mu.Unlock()
	switch {
	case !ok:
		return errors.New("a POST before the handshake was answered")
	case len(payload) == 0:
		return nil
	}
	return t.Post(payload)
}

// normalizePayload decodes a body and encodes it in the simplest form: text, with
// lengths in UTF-16 code units, without the second UTF-8 encoding of clients 1.x, and
// without packets that have no meaning. closes reports whether a packet of it is a close
// packet.
func (c *carrierConn) normalizePayload(body []byte, binary bool) (payload []byte, closes bool, err error) {
	err = c.conn.codec.decode(body, binary, func(p Packet) error {
		switch p.Type {
		case PacketMessage, PacketPing, PacketClose:
			closes = closes || p.Type == PacketClose
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
	return payload, closes, err
}

// waitForPoll is Conn.waitForPoll for a carrier, whose Next is the waiting poll of Conn.
func (c *carrierConn) waitForPoll() {
	c.conn.mu.Lock()
	missing := !c.polling
	c.conn.mu.Unlock()
	if missing {
		time.Sleep(reorderWindow)
	}
}
